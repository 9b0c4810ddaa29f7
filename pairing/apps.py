"""pairing: 结对 of any two parties, what was agreed, what was done, and how it is tracked."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from federation.menu import MenuItem


class PairingConfig(AppConfig):
    name = "pairing"
    verbose_name = "结对帮扶"
    actions = {
        "view": "查看结对",
        "log": "登记联系记录",
        "edit": "建立、维护结对",
        "export": "导出结对台账",
    }
    resources = {
        "pairing": "结对",
        "agreement": "共建协议",
        "project": "帮扶项目",
        "log": "联系记录",
        "match": "牵线搭桥",
        "callback": "回访抽查",
        "case": "典型",
        "year_table": "结对年度统计",
    }
    menu = (
        MenuItem("台账", "结对", "pairing:pairs", "people-fill", "pairing_view", 40),
        MenuItem("工作", "我的对子", "pairing:phone", "phone", "pairing_log", 60),
        MenuItem("台账", "待处理的手机记录", "pairing:put_aside", "inbox", "pairing_edit", 48),
        MenuItem("汇总", "结对跟踪", "pairing:grid", "calendar3", "pairing_view", 58),
        MenuItem("汇总", "结对年度统计", "pairing:year", "bar-chart", "pairing_view", 60),
        MenuItem("台账", "典型", "pairing:cases", "award", "pairing_view", 45),
    )
    unit_records = "pairing.unit_records"
    handover = "pairing.handover.held_by"
    forgets_person = "pairing.persons.forget"
    code_lists = "pairing.code_lists.load"
    kept_files = "pairing.owned_files.owned"
    unscoped_models = {
        "pairing.RuleBundle": "code list",
        "pairing.Rule": "code list",
        "pairing.LogKind": "code list",
        "pairing.PairKind": "code list",
    }

    def ready(self) -> None:
        from pairing import persons  # noqa: F401, PLC0415 -- listens to what is saved

        autodiscover_modules("panels")
