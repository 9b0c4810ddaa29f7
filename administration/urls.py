"""Pages of the administrators that need the workbooks and jobs of reporting."""

from django.urls import path

from administration.views import auditing, who_may

app_name = "administration"
urlpatterns = [
    path("audit/export/", auditing.ExportAudit.as_view(), name="export_audit"),
    path("who-may/", who_may.WhoMay.as_view(), name="who_may"),
    path("who-may/export/", who_may.ExportWhoMay.as_view(), name="export_who_may"),
]
