"""Pages of the administrators that need the workbooks and jobs of reporting."""

from django.urls import path

from administration.views import auditing, imports, who_may

app_name = "administration"
urlpatterns = [
    path("accounts/import/", imports.Upload.as_view(), name="import_upload"),
    path("accounts/import/template/", imports.Template.as_view(), name="import_template"),
    path("accounts/import/<uuid:uuid>/", imports.Preview.as_view(), name="import_preview"),
    path("accounts/import/<uuid:uuid>/confirm/", imports.Confirm.as_view(), name="import_confirm"),
    path("audit/export/", auditing.ExportAudit.as_view(), name="export_audit"),
    path("who-may/", who_may.WhoMay.as_view(), name="who_may"),
    path("who-may/export/", who_may.ExportWhoMay.as_view(), name="export_who_may"),
]
