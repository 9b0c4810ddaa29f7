"""The chores of this room: tasks that come, reminders that are due, letters that wait."""

from federation.housekeeping import chore
from notices import deliveries, reminding, schedule


@chore("create_coming_tasks", title="生成下期任务", hour=1)
def create_coming_tasks() -> str:
    return f"{schedule.create_coming_tasks()} 项"


@chore("remind", title="汇总到期提醒", every=60)
def remind() -> str:
    return f"{reminding.gather()} 人"


@chore("deliver_reminders", title="发送提醒", every=30)
def deliver_reminders() -> str:
    return deliveries.deliver().words
