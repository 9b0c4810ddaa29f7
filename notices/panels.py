"""What notices put on 工作台 and at the top bar: what is owed, what waits for signature or judgement.

Forms of the rooms above have panels of their own there: tasks of kind 附件表格 are left to them.
"""

from django.urls import reverse
from django.utils import timezone

from federation import frame
from federation.frame import Panel
from notices import supervision_panels, todo
from notices.views.todo import deciding_lines, judging_lines, signing_lines

SHOWN = 8
__all__ = ["supervision_panels"]  # registered by being imported


@frame.counted
def counted(request) -> dict:
    user, today = request.user, timezone.localdate()
    counted = todo.waiting(user, today)
    if "tasks" in counted:
        counted["tasks_shown"] = _tasks(user, today)  # those that wait for a signature, too
    return counted


def _tasks(user, today):
    return todo.no_forms(todo.owed(user, today))


def _panel(request, name: str, title: str, icon: str, lines_of, position: int):
    """A panel of what is counted as ``name``; ``lines_of(user, most)`` is asked where there is any."""
    count = frame.counts_of(request).get(name, 0)
    if not count:
        return None
    lines = lines_of(request.user, SHOWN)
    items = [{**line, "state": line["signs"][0][0]} for line in lines]
    tone = "late" if any(line.get("late") for line in lines) else "info"
    more = reverse("notices:todo") if count > SHOWN else ""
    return Panel(title, icon, items, count, tone, more_url=more, position=position)


@frame.panel
def tasks_owed(request):
    """The earliest first: where anything is late, it stands among those shown."""
    return _panel(request, "tasks_shown", "待办任务", "check2-circle", _task_lines, 8)


def _task_lines(user, most: int) -> list[dict]:
    return [_line(task) for task in _tasks(user, timezone.localdate())[:most]]


def _line(task) -> dict:
    return {
        "title": f"{task.duty}{task.period_words}",
        "url": reverse("notices:task", args=[task.uuid]),
        "meta": f"{task.unit} · {task.duty.notice.doc_number}".rstrip(" ·"),
        "signs": [(task.state, "")],
        "late": task.is_late(),
        "due": task.due_on,
    }


@frame.panel
def notices_to_sign(request):
    return _panel(request, "to_sign", "待签收的通知", "envelope", signing_lines, 6)


@frame.panel
def materials_to_judge(request):
    return _panel(request, "to_judge", "待我审核的材料", "check2-square", judging_lines, 21)


@frame.panel
def extensions_to_decide(request):
    return _panel(request, "to_decide", "待批的延期申请", "hourglass", deciding_lines, 22)


frame.todo("tasks", "to_sign", "to_judge", "to_decide")(todo.waiting)


@frame.tool("unit")
def tasks_of_the_unit(request):
    """On a unit's page: all that it owes."""
    if "notices_view" not in frame.actions_held(request.user):
        return None
    url = reverse("notices:unit_tasks", args=[request.resolver_match.kwargs["uuid"]])
    return {"label": "任务", "url": url, "icon": "list-check"}
