"""Addresses of the phone: the pairs one carries, and what it sends."""

from django.urls import path

from pairing.views import phone, quarantine

urlpatterns = [
    path("m/", phone.Phone.as_view(), name="phone"),
    path("m/worker.js", phone.Worker.as_view(), name="phone_worker"),
    path("m/pairs/", phone.PhonePairs.as_view(), name="phone_pairs"),
    path("m/pairs/<uuid:uuid>/number/", phone.PhoneNumber.as_view(), name="phone_number"),
    path("m/logs/", phone.PhoneSend.as_view(), name="phone_send"),
    path("pairs/put-aside/", quarantine.PutAside.as_view(), name="put_aside"),
    path(
        "pairs/put-aside/<uuid:uuid>/<slug:step>/",
        quarantine.PutAsideStep.as_view(),
        name="put_aside_step",
    ),
]
