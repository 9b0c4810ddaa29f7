"""What notices put on 工作台 and at the top bar: what is owed, what waits for signature or judgement.

Forms of the rooms above have panels of their own there: tasks of kind 附件表格 are left to them.
"""

from django.urls import reverse
from django.utils import timezone

from federation import frame, scope
from federation.frame import Panel
from notices import supervision_panels, todo
from notices.models import Duty
from notices.views.todo import deciding_lines, judging_lines, signing_lines

SHOWN = 8
__all__ = ["supervision_panels"]  # registered by being imported


def _panel(title: str, icon: str, lines: list[dict], position: int, tone: str = "info"):
    if not lines:
        return None
    items = [{**line, "state": line["signs"][0][0]} for line in lines[:SHOWN]]
    more = reverse("notices:todo") if len(lines) > SHOWN else ""
    return Panel(title, icon, items, len(lines), tone, more_url=more, position=position)


@frame.panel
def tasks_owed(request):
    if not scope.units_held(request.user, "notices_sign"):
        return None
    owed = todo.owed(request.user, timezone.localdate())
    tasks = owed.exclude(duty__deliverable=Duty.Deliverable.ANNEX)[: todo.SHOWN]
    lines = [_line(task) for task in tasks]
    late = any(line["late"] for line in lines)
    return _panel("待办任务", "check2-circle", lines, 8, "late" if late else "info")


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
    if not scope.units_held(request.user, "notices_sign"):
        return None
    return _panel("待签收的通知", "envelope", signing_lines(request.user), 6)


@frame.panel
def materials_to_judge(request):
    if not scope.units_held(request.user, "notices_issue"):
        return None
    return _panel("待我审核的材料", "check2-square", judging_lines(request.user), 21)


@frame.panel
def extensions_to_decide(request):
    if not scope.units_held(request.user, "notices_issue"):
        return None
    return _panel("待批的延期申请", "hourglass", deciding_lines(request.user), 22)


@frame.todo
def todo_count(request) -> int:
    return todo.count(request.user)


@frame.tool("unit")
def tasks_of_the_unit(request):
    """On a unit's page: all that it owes."""
    if "notices_view" not in frame.actions_held(request.user):
        return None
    url = reverse("notices:unit_tasks", args=[request.resolver_match.kwargs["uuid"]])
    return {"label": "任务", "url": url, "icon": "list-check"}
