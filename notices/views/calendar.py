"""月历: the month with what is due on its days."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from federation.policy import Policy
from federation.views.base import PlainPage
from notices import dated, working_days
from notices.month import Month, month_in
from notices.views.tasks import signs_of, task_url


def board_url(duty, period: str = "") -> str:
    query = f"?{urlencode({'period': period})}" if period else ""
    return reverse("notices:board", args=[duty.uuid]) + query


def entries_of(user, month: Month) -> list[tuple]:
    """(day, entry) of the month's page: own tasks first, then what others owe to one's own unit."""
    found = []
    for task in dated.own_tasks(user, month.starts_on, month.ends_on):
        sign, words = signs_of(task)[-1]
        meta = f"{task.unit} {task.period_words}".strip()
        entry = {
            "title": str(task.duty),
            "url": task_url(task),
            "meta": meta,
            "sign": sign,
            "words": words,
        }
        found.append((task.due_on, entry))
    for each in dated.deadlines(user, month.starts_on, month.ends_on):
        meta = f"{each.expected} 个单位应报，{each.missing} 个未报"
        entry = {
            "title": str(each.duty),
            "url": board_url(each.duty, each.period),
            "meta": meta,
            "sign": "",
            "words": "",
        }
        found.append((each.due_on, entry))
    return found


class Calendar(PlainPage):
    policy = Policy("notices_view").to("查看任务月历", resource="task", sensitivity=2)
    template_name = "notices/calendar.html"

    def get_title(self):
        return f"{self.month.first.year}年{self.month.first.month}月"

    def get_crumbs(self):
        return [("我的待办", reverse("notices:todo")), ("月历", "")]

    def get_context_data(self, **kwargs):
        today = timezone.localdate()
        self.month = month_in(self.request.GET.get("month", ""), today)
        weeks = list(self.month.weeks(entries_of(self.request.user, self.month)))
        before, after = self.month.turns(*dated.walk(self.request.user, today))
        return super().get_context_data(
            month=self.month,
            before=before,
            after=after,
            weeks=weeks,
            listed=[
                day for week in weeks for day in week if day.in_month and (day.entries or day.mark)
            ],
            today=today,
            unknown_year=not working_days.known(self.month.first.year),
            **kwargs,
        )
