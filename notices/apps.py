"""notices: what is asked by when. Notices, their duties, due rules, tasks, reminders and 督办."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from federation.menu import MenuItem


class NoticesConfig(AppConfig):
    name = "notices"
    verbose_name = "通知与任务"
    unit_records = "notices.unit_records"
    actions = {
        "view": "查看通知与任务",
        "sign": "签收通知、办理任务",
        "issue": "发布通知、审核材料、批准延期",
        "supervise": "催报、督办",
    }
    resources = {
        "notice": "通知",
        "draft_notice": "通知草稿",
        "attachment": "通知附件",
        "duty": "交办事项",
        "task": "任务",
        "extension": "延期申请",
        "material_file": "材料文件",
        "feed": "日历订阅",
        "message": "消息",
        "channel": "提醒方式",
        "supervision": "督办单",
    }
    menu = (
        MenuItem(
            "工作", "我的待办", "notices:todo", "check2-circle", "notices_view", 5, bottom=True
        ),
        MenuItem("工作", "通知", "notices:notices", "megaphone", "notices_view", 8, bottom=True),
        MenuItem("汇总", "任务进度", "notices:boards", "bar-chart-steps", "notices_supervise", 5),
        MenuItem("工作", "消息", "notices:messages", "bell", "notices_view", 45),
        MenuItem(
            "汇总", "督办", "notices:supervisions", "envelope-exclamation", "notices_supervise", 7
        ),
        MenuItem("管理", "提醒方式", "notices:channels", "broadcast", "notices_issue", 40),
    )
    kept_files = "notices.owned_files.owned"
    # Reached through the notice, duty or task they are part of, each of them scoped.
    unscoped_models = {
        "notices.Addressee": "part of a notice",
        "notices.Contact": "part of a notice",
        "notices.Attachment": "part of a notice",
        "notices.Duty": "part of a notice",
        "notices.ExpectedUnit": "part of a duty",
        "notices.TaskEvent": "part of a task",
        "notices.Extension": "part of a task",
        "notices.Urging": "part of a task",
        "notices.Reminder": "told to one person; read by her alone",
        "notices.Digest": "told to one person; read by her alone",
        "notices.Delivery": "how a digest went out; shown to nobody but in counts",
        "notices.SupervisionEvent": "part of a 督办单",
        "notices.UnitChannel": "reached through its unit by who may issue there",
        "notices.MaterialFile": "part of a material",
        "notices.MaterialReport": "part of a material",
        "notices.CalendarFeed": "keyed by its person",
    }

    def ready(self) -> None:
        autodiscover_modules("panels")
