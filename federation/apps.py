"""federation: units, people, scope, audit and the page frame."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate

from federation.menu import MenuItem


class FederationConfig(AppConfig):
    name = "federation"
    verbose_name = "组织与人员"
    actions = {
        "view": "查看组织资料",
        "manage": "管理组织与账号",
        "grant": "管理授权",
        "audit": "查看审计记录",
    }

    resources = {
        "home": "工作台",
        "account": "账号",
        "appointment": "任职",
        "session": "登录",
        "unit": "组织",
        "query": "常用查询",
        "audit": "审计记录",
    }

    menu = (
        MenuItem("工作", "工作台", "home", "house", None, 0, bottom=True),
        MenuItem("组织", "组织", "units", "diagram-3", "federation_view", 10),
        # One page for two duties; nobody holds both, so nobody sees it twice.
        *(
            MenuItem("管理", "账号与任职", "accounts", "people", action, 10, bottom=True)
            for action in ("federation_manage", "federation_grant")
        ),
        MenuItem("管理", "审计记录", "audit", "journal-check", "federation_audit", 50),
    )

    def ready(self) -> None:
        # Registers the system checks, and what begins and ends with a log-in.
        from federation import checks, duties, second_factor, sessions  # noqa: F401, PLC0415
        from federation.permissions import ensure_permissions  # noqa: PLC0415 -- needs loaded apps

        post_migrate.connect(ensure_permissions, sender=self, dispatch_uid="federation.permissions")
        pre_migrate.connect(duties.lift, sender=self, dispatch_uid="federation.duties.lift")
        post_migrate.connect(duties.set_up, sender=self, dispatch_uid="federation.duties.set_up")
