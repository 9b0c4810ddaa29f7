"""Reminders, channels and 督办."""

from django.urls import URLPattern, path

from notices.views import channels, ladders, messages, supervisions

patterns: list[URLPattern] = [
    path("messages/", messages.Messages.as_view(), name="messages"),
    path("channels/", channels.Channels.as_view(), name="channels"),
    path("notices/<uuid:uuid>/ladder/", ladders.LadderPage.as_view(), name="ladder"),
    path("supervisions/", supervisions.SupervisionList.as_view(), name="supervisions"),
    path("supervisions/new/", supervisions.SupervisionNew.as_view(), name="supervision_new"),
    path("supervisions/<uuid:uuid>/", supervisions.SupervisionPage.as_view(), name="supervision"),
    path(
        "supervisions/<uuid:uuid>/print/",
        supervisions.SupervisionPrint.as_view(),
        name="supervision_print",
    ),
    path(
        "supervisions/<uuid:uuid>/<slug:step>/",
        supervisions.SupervisionStep.as_view(),
        name="supervision_step",
    ),
]
