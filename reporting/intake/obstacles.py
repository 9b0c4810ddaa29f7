"""What keeps a file from being taken over, however well it was read, and what opens the way."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import OuterRef, QuerySet, Subquery

from federation.models import User
from reporting import rights, workflow
from reporting.models import DONE_STATES, Collection, IncomingFile, State, Submission


def closed_by(state: str) -> str:
    """Why a report in ``state`` takes no rows, and what opens it; empty while it is open."""
    if state in DONE_STATES:
        return "已审核通过，请先退回"
    return "已提交待审，请先退回或撤回" if state == State.SUBMITTED else ""


def with_report(files: QuerySet[IncomingFile], call: Collection) -> QuerySet[IncomingFile]:
    """``files`` of ``call``, each with ``report_state``: the state of its unit's report, or None."""
    reports = call.submissions.filter(unit=OuterRef("unit")).values("state")[:1]
    return files.annotate(report_state=Subquery(reports))


def held(files: Iterable[IncomingFile]) -> dict[int, str]:
    """Of files :func:`with_report` that are read, those whose report takes no rows now, by key."""
    found = {}
    for file in files:
        state: str | None = getattr(file, "report_state", None)
        if reason := "不在本次应报单位中，请核对填报单位" if state is None else closed_by(state):
            found[file.pk] = reason if state is None else f"报表{reason}"
    return found


def in_the_way(file: IncomingFile, submission: Submission | None, by: User) -> str:
    """Why ``by`` cannot take ``file`` over, however well it was read; empty when she can."""
    if submission is None:
        return f"“{file.unit}”不在本次应报单位中，不能带入；请核对填报单位。"
    if not rights.may_fill(by, submission):
        return f"须由{submission.unit}带入，或由{submission.reviewer}代为带入；您可以查看。"
    if closed := closed_by(submission.state):
        return f"{submission.unit}的{submission.form.mark}{closed}，再带入。"
    if workflow.open_cells(submission):
        return "上级只退回了个别行或格，请在线修改退回的内容；整份重报请上级整份退回。"
    return ""
