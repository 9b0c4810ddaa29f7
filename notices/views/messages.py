"""消息: what one was reminded of, day by day, and 催报. One's own alone; nobody sees who has read."""

from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.urls import reverse

from federation.policy import Policy
from federation.views.base import PlainPage
from notices.models import Delivery, Digest, Reminder, Task

PAGE = 20
MISSED = (Delivery.State.FAILED, Delivery.State.DOUBT)


def task_url(task: Task) -> str:
    return reverse("notices:task", args=[task.uuid])


def shown(reminders):
    """Lines to show: not overtaken, and not turned off at her unit unless her letter was lost."""
    wanted = Q(in_app=True) | Q(digest__deliveries__state__in=MISSED)
    return (
        reminders.filter(wanted, overtaken=False)
        .select_related("task__duty__notice", "urging")
        .order_by("due_on", "pk")
        .distinct()
    )


class Messages(PlainPage):
    policy = Policy("notices_view", resource="message", sensitivity=2).to("查看自己的消息")
    template_name = "notices/messages.html"
    title = "消息"

    def get_context_data(self, **kwargs):
        mine = Digest.objects.filter(person=self.request.user).prefetch_related(
            Prefetch("reminders", shown(Reminder.objects.all()), to_attr="lines")
        )
        page = Paginator(mine, PAGE).get_page(self.request.GET.get("page"))
        urged = shown(Reminder.objects.filter(person=self.request.user, digest=None))
        days = [
            {"day": digest.day, "lines": [line_of(row) for row in digest.lines]}
            for digest in page
            if digest.lines
        ]
        fresh = [line_of(row) for row in urged] if page.number == 1 else []
        return super().get_context_data(days=days, fresh=fresh, page=page, **kwargs)


def line_of(row: Reminder) -> dict:
    return {
        "words": row.words,
        "url": task_url(row.task),
        "notice": row.task.duty.notice.title,
        "sign": f"lamp_{row.lamp}",
        "done": not row.task.is_open,
        "state": row.task.get_state_display(),
    }
