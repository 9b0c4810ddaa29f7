"""registry: persons, households, sites and helpers. One person, one archive."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from federation.menu import MenuItem


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = "档案"
    actions = {
        "view": "查看档案",
        "care": "查看自己负责的档案",
        "edit": "建立、维护档案",
        "children": "查看未成年人和健康档案",
        "reveal": "查看隐去的内容",
        "adjudicate": "核对重复档案",
        "export": "导出台账",
    }
    resources = {
        "person": "个人档案",
        "household": "家庭",
        "register": "台账",
        "site": "阵地",
        "helper": "帮扶力量",
        "consent": "同意",
        "transfer": "转移",
        "duplicate": "疑似重复",
        "erasure": "删除",
        "authorisation": "查阅授权",
    }
    kept_files = "registry.consents.owned_scans"
    menu = (
        # One register for two duties: who works for a unit, and the volunteer with those she cares for.
        MenuItem("台账", "档案", "registry:persons", "person-vcard", "registry_view", 10),
        MenuItem("台账", "阵地", "registry:sites", "geo-alt", "registry_view", 30),
        MenuItem("台账", "帮扶力量", "registry:helpers", "people", "registry_view", 32),
        MenuItem("台账", "我负责的档案", "registry:persons", "person-heart", "registry_care", 11),
        MenuItem("台账", "待核实", "registry:stale", "check2-circle", "registry_edit", 20),
        MenuItem("台账", "档案转移", "registry:transfers", "arrow-left-right", "registry_view", 22),
        MenuItem("台账", "疑似重复", "registry:duplicates", "union", "registry_adjudicate", 24),
        MenuItem("台账", "年度台账", "registry:books", "journal", "registry_edit", 26),
        MenuItem("台账", "是否已建档", "registry:registered", "person-check", "registry_edit", 28),
        MenuItem("汇总", "档案统计", "registry:figures", "bar-chart", "registry_view", 60),
        MenuItem("管理", "查阅授权", "registry:authorisations", "key", "registry_children", 50),
        MenuItem("管理", "到期删除", "registry:erasures", "trash", "registry_adjudicate", 55),
    )
    unit_records = "registry.unit_records"
    code_lists = "registry.code_lists.load"
    handover = "registry.handover.held_by"
    unscoped_models = {
        "registry.Programme": "code list",
        "registry.ProgrammeDefinition": "code list",
        "registry.SiteKind": "code list",
        "registry.RegisterImport": "an upload of one person; read by her alone",
        "registry.RegisterImportPart": "a piece of it, reached through the upload alone",
        "registry.DuplicateLook": "which archives the search has still to compare; shown to nobody",
    }

    def ready(self) -> None:
        from registry import duplicates  # noqa: F401, PLC0415 -- listens to what is saved

        autodiscover_modules("panels")
