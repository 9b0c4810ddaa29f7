"""administration: accounts in and audit trail out as workbooks, and the proof of who may do what."""

from django.apps import AppConfig

from federation.menu import MenuItem


class AdministrationConfig(AppConfig):
    name = "administration"
    verbose_name = "管理"
    resources = {"access": "谁能做什么"}
    # One page, two duties: nobody holds both, so nobody sees it twice.
    menu = tuple(
        MenuItem("管理", "谁能做什么", "administration:who_may", "person-check", action, 60)
        for action in ("federation_audit", "federation_grant")
    )
    unscoped_models = {"administration.AccountImport": "keyed by the administrator who uploaded it"}
    account_tools = (
        {"label": "导入", "url": "administration:import_upload", "icon": "file-earmark-arrow-up"},
    )
