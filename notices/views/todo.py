"""我的待办: what the person's units owe, by date, and what waits for her decision."""

from django.utils import timezone

from federation import scope
from federation.policy import Policy
from federation.views.base import PlainPage
from notices import todo
from notices.models import Task
from notices.views.extensions import extension_url
from notices.views.tasks import notice_url, signs_of, task_url

PAGE = Policy("notices_view", resource="task", sensitivity=2)


def line_of(task: Task) -> dict:
    """A task as a line of 我的待办 and of 工作台."""
    meta = [str(task.unit), task.period_words, task.duty.notice.doc_number]
    return {
        "title": str(task.duty),
        "url": task_url(task),
        "meta": " · ".join(filter(None, meta)),
        "signs": signs_of(task),
        "dates": task.date_words,
        "late": task.is_late(),
    }


def signing_lines(user, most: int = todo.SHOWN) -> list[dict]:
    receipts = todo.to_sign(user).select_related("notice__issuer", "unit")
    return [
        {
            "title": str(receipt.notice),
            "url": notice_url(receipt.notice),
            "meta": f"{receipt.notice.doc_number} · {receipt.notice.issuer} · 由{receipt.unit}签收",
            "signs": [("unsigned", "")],
        }
        for receipt in receipts.order_by("-notice__issue_date", "pk")[:most]
    ]


def judging_lines(user, most: int = todo.SHOWN) -> list[dict]:
    reports = todo.to_judge(user).select_related(
        "material__task__duty__notice", "material__task__unit"
    )
    found = []
    for report in reports.order_by("sent_at")[:most]:
        task = report.material.task
        meta = [
            str(task.duty),
            task.period_words,
            f"第{report.ordinal}次报送 {report.sent_at:%Y-%m-%d}",
        ]
        found.append(
            {
                "title": str(task.unit),
                "url": task_url(task),
                "meta": " · ".join(filter(None, meta)),
                "signs": [("submitted", ""), *signs_of(task)[1:]],
            }
        )
    return found


def deciding_lines(user, most: int = todo.SHOWN) -> list[dict]:
    asked = todo.to_decide(user).select_related("task__duty__notice", "task__unit")
    return [
        {
            "title": f"{extension.task.unit}申请延至 {extension.wanted_on:%Y-%m-%d}",
            "url": extension_url(extension),
            "meta": f"{extension.task.duty} · {extension.reason}",
            "signs": [("asked", "")],
        }
        for extension in asked.order_by("asked_at")[:most]
    ]


class Todo(PlainPage):
    policy = PAGE.to("查看我的待办")
    template_name = "notices/todo.html"
    title = "我的待办"

    def get_context_data(self, **kwargs):
        user, today = self.request.user, timezone.localdate()
        return super().get_context_data(
            blocks=[block for block in blocks(user, today) if block["lines"]],
            signs_somewhere=bool(scope.units_held(user, "notices_sign")),
            today=today,
            **kwargs,
        )


def blocks(user, today) -> list[dict]:
    """Groups of lines in the order in which they want to be done."""
    found = []
    if scope.units_held(user, "notices_sign"):
        mine = todo.groups(user, today)
        found += [
            block("逾期", "clock", mine.late, "late"),
            block("退回给我", "arrow-return-left", mine.back, "warn"),
            {
                "title": "待签收的通知",
                "icon": "envelope",
                "lines": signing_lines(user),
                "tone": "info",
            },
            block("本周截止", "calendar-week", mine.week, "warn"),
        ]
    if scope.units_held(user, "notices_issue"):
        found += [
            {
                "title": "待我审核的材料",
                "icon": "check2-square",
                "lines": judging_lines(user),
                "tone": "info",
            },
            {
                "title": "待批的延期申请",
                "icon": "hourglass",
                "lines": deciding_lines(user),
                "tone": "info",
            },
        ]
    if scope.units_held(user, "notices_sign"):
        found += [
            block("以后截止", "calendar3", mine.later, "muted"),
            block("近期办结", "check-lg", mine.done, "muted"),
        ]
    return found


def block(title: str, icon: str, tasks: list[Task], tone: str) -> dict:
    return {"title": title, "icon": icon, "lines": [line_of(task) for task in tasks], "tone": tone}
