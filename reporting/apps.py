"""reporting: annexes, submissions, review, consolidation, workbooks and jobs."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from federation.menu import MenuItem


class ReportingConfig(AppConfig):
    name = "reporting"
    verbose_name = "填报与汇总"
    deliverables = "reporting.deliverables"
    actions = {
        "view": "查看报表",
        "fill": "填报",
        "proxy": "代填",
        "review": "审核",
        "export": "导出附件",
    }
    resources = {
        "submission": "报表",
        "row": "报表行",
        "collection": "填报进度",
        "table": "汇总表",
        "incoming": "来件",
        "incoming_batch": "来件批次",
        "job": "作业",
        "service": "运行状态",
    }
    menu = (
        MenuItem(
            "工作",
            "报表",
            "reporting:submissions",
            "file-earmark-text",
            "reporting_view",
            10,
            bottom=True,
        ),
        MenuItem(
            "工作", "作业", "reporting:jobs", "hourglass-split", "reporting_view", 40, bottom=True
        ),
        MenuItem("工作", "收表", "reporting:incoming", "inboxes", "reporting_proxy", 35),
        MenuItem(
            "汇总",
            "填报进度",
            "reporting:collections",
            "list-check",
            "reporting_review",
            10,
            bottom=True,
        ),
        MenuItem("汇总", "汇总表", "reporting:tables", "table", "reporting_review", 20),
    )
    unit_records = "reporting.unit_records"
    handover = "reporting.handover.held_by"
    kept_files = "reporting.intake.kept.owned"
    unscoped_models = {
        "reporting.Collection": "a call is public to all who may owe it; the answers are scoped",
        "reporting.Job": "keyed by its requester",
    }

    def ready(self) -> None:
        autodiscover_modules("annexes")
        autodiscover_modules("panels")
