"""材料: written at the unit, handed in, judged where it goes. A draft loses nothing; a report is frozen.

Each function asks the right itself (``PermissionDenied``) and lets the same befall the task in its
own transaction. What the words lack is :class:`Refused` with a sentence; a page that was overtaken
raises :class:`Stale`.
"""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from federation import audit, kept_files
from federation.models import User
from notices import fulfilment, locks, rights
from notices.fulfilment import Refused
from notices.models import Duty, Material, MaterialFile, MaterialReport, Task, TaskEvent, TaskState

Kind, Outcome = TaskEvent.Kind, MaterialReport.Outcome
MOST_FILES = 20
LARGEST_NUMBER = 2**31 - 1  # the largest the column holds


class Stale(Exception):
    """Somebody saved in between; carries the material as it is now."""

    def __init__(self, material: Material):
        self.material = material
        super().__init__("材料已被他人更新。")


def of(task: Task) -> Material:
    """The material of ``task``, or an empty one that is not kept yet (``version`` 0)."""
    found = Material.objects.unscoped(reason="the task was reached in scope already")
    return found.filter(task=task).first() or Material(task=task, version=0)


def _locked(task: Task, by: User) -> Task:
    """``task`` locked for writing by one of its own unit."""
    row = locks.task(task)
    if not rights.answers(by, row):
        raise PermissionDenied(f"须由{row.unit}办理。")
    if row.duty.deliverable == Duty.Deliverable.ANNEX:
        raise Refused(f"“{row.duty}”是附件表格，请到报表中填写、报送。")
    return row


def _for_typing(task: Task, by: User, version: int | None) -> tuple[Task, Material]:
    row = _locked(task, by)
    if not row.is_open:
        raise Refused(
            f"“{row.duty}”当前为“{row.get_state_display()}”，材料不能修改；如需修改，请先撤回或请上级退回。"
        )
    material = of(row)
    if version is not None and version != material.version:
        raise Stale(material)
    material.task = row
    return row, material


def _touched(material: Material, by: User) -> Material:
    material.version += 1
    material.edited_by, material.edited_at = by, timezone.now()
    material.save()
    return material


# -- The draft -------------------------------------------------------------------------------------
@transaction.atomic
def save(
    task: Task, *, text: str, number: int | None, by: User, version: int | None = None
) -> Material:
    """Keep what was typed, complete or not. Unchanged input changes nothing, not even the version."""
    _, material = _for_typing(task, by, version)
    if (material.text, material.number) == (text, number):
        return material
    material.text, material.number = text, number
    return _touched(material, by)


@transaction.atomic
def add_files(task: Task, uploads: list[UploadedFile], *, by: User) -> Material:
    """Keep ``uploads`` with the draft, all or none. ``ValidationError`` names the file that is not taken.

    No version is asked: a file added takes nothing away from what another has typed.
    """
    _, material = _for_typing(task, by, None)
    if not uploads:
        raise Refused("请先选择文件。")
    material = _touched(material, by)
    if material.files.filter(in_draft=True).count() + len(uploads) > MOST_FILES:
        raise Refused(f"一份材料最多 {MOST_FILES} 个文件，请合并后再上传。")
    for upload in uploads:
        kept = kept_files.keep(upload)
        MaterialFile.objects.create(
            material=material,
            file=kept.file,
            name=kept.name,
            size=kept.size,
            sha256=kept.sha256,
            added_by=by,
        )
    return material


@transaction.atomic
def take_out(file: MaterialFile, *, by: User) -> Material:
    """Take ``file`` out of the draft. A report that holds it keeps it; one that nobody holds is swept."""
    _, material = _for_typing(file.material.task, by, None)
    if file.reports.exists():
        MaterialFile.objects.filter(pk=file.pk).update(in_draft=False)
    else:
        file.delete()
    return _touched(material, by)


# -- Handing in ------------------------------------------------------------------------------------
def lacking(task: Task, material: Material) -> str:
    """What stands in the way of handing in, as a sentence; empty when nothing does."""
    duty, has_files = task.duty, material.pk and material.files.filter(in_draft=True).exists()
    if duty.deliverable == Duty.Deliverable.FILE and not has_files:
        return "请先上传文件，再报送。"
    if (
        duty.deliverable == Duty.Deliverable.NARRATIVE
        and not material.text.strip()
        and not has_files
    ):
        return "请填写内容，或上传文件，再报送；若本期确无，请选“本期无”。"
    if duty.deliverable == Duty.Deliverable.COUNT:
        unit = duty.count_unit
        if material.number is None:
            return "请填写数量；若本期确无，请选“本期无”。"
        if (
            duty.minimum is not None
            and material.number < duty.minimum
            and not material.text.strip()
        ):
            return f"通知要求至少 {duty.minimum} {unit}，您填的是 {material.number} {unit}；请在说明中写明原因，或核对数量。"
    return ""


@transaction.atomic
def send(task: Task, *, by: User, version: int | None = None) -> MaterialReport:
    """报送: freeze the draft as the next report."""
    row, material = _for_typing(task, by, version)
    if words := lacking(row, material):
        raise Refused(words)
    fulfilment.befall(row, Kind.REPORTED, by=by)
    report = MaterialReport.objects.create(
        material=material,
        ordinal=material.reports.count() + 1,
        text=material.text,
        number=material.number,
        sent_by=by,
        written_by=material.edited_by,
    )
    report.files.set(material.files.filter(in_draft=True))
    audit.record(
        report.material, "send_material", by=by, unit=row.unit, detail={"ordinal": report.ordinal}
    )
    return report


@transaction.atomic
def say_nil(task: Task, *, reason: str, by: User) -> Task:
    """本期无, said explicitly. What stands in the draft stays there."""
    row = fulfilment.befall(_locked(task, by), Kind.EXEMPTED, by=by, reason=reason)
    audit.record(row, "say_nil", by=by, unit=row.unit, detail={"reason": reason.strip()[:200]})
    return row


@transaction.atomic
def withdraw(task: Task, *, by: User) -> Task:
    """Take back what nobody has judged yet, a report or a 本期无; it is owed again.

    Not after a return: what was reported once would then count as never reported.
    """
    row = _locked(task, by)
    if row.is_locked():
        raise Refused("任务已锁定，撤回后不能再报；请与受理单位联系。")
    if row.events.filter(kind=Kind.RETURNED).exists():
        raise Refused("曾被退回的材料不能撤回；如需修改，请受理单位再次退回。")
    row = fulfilment.befall(row, Kind.REOPENED, by=by)
    _judge(row, Outcome.WITHDRAWN, by, "")
    audit.record(row, "withdraw_material", by=by, unit=row.unit)
    return row


# -- Judging ---------------------------------------------------------------------------------------
def _for_judging(task: Task, by: User) -> Task:
    row = locks.task(task)
    if not rights.judges(by, row.duty):
        who = row.duty.receiving_department or row.duty.notice.issuer
        raise PermissionDenied(f"须由{who}审核。")
    if row.duty.deliverable == Duty.Deliverable.ANNEX:
        raise Refused(f"“{row.duty}”是附件表格，请到报表中审核。")
    return row


@transaction.atomic
def accept(task: Task, *, by: User, ordinal: int | None = None) -> Task:
    """通过. ``ordinal`` is the report the page showed. Nobody accepts what she wrote or handed in."""
    row = _for_judging(task, by)
    report = _waiting(row, ordinal)
    if report and by.pk in {report.sent_by_id, report.written_by_id}:
        raise PermissionDenied("这份材料由您填写或报送，须由另一人审核。")
    row = fulfilment.befall(row, Kind.DONE, by=by)
    _judge(row, Outcome.ACCEPTED, by, "")
    audit.record(row, "accept_material", by=by, unit=row.unit)
    return row


@transaction.atomic
def give_back(
    task: Task, *, by: User, reason: str, due_on: dt.date | None = None, ordinal: int | None = None
) -> Task:
    """退回 with a reason and, where wanted, a new day; the draft opens again at the unit."""
    row = _for_judging(task, by)
    if row.state == TaskState.REPORTED:
        _waiting(row, ordinal)
    if due_on is not None and due_on < timezone.localdate():
        raise Refused("重新报送的截止日期已经过去，请另选一天。")
    if due_on is None and row.is_locked():
        raise Refused("任务已锁定，退回时须给出新的截止日期，否则该单位不能再报。")
    row = fulfilment.befall(row, Kind.RETURNED, by=by, reason=reason[:300], due_on=due_on)
    _judge(row, Outcome.RETURNED, by, reason)
    audit.record(row, "return_material", by=by, unit=row.unit, detail={"reason": reason[:200]})
    return row


def _waiting(task: Task, ordinal: int | None) -> MaterialReport | None:
    """The report that waits; refused when it is another one than the page showed."""
    report = MaterialReport.objects.filter(material__task=task, outcome=Outcome.WAITING).first()
    if ordinal is not None and (report is None or report.ordinal != ordinal):
        raise Refused("材料在您打开页面以后已有变化，请看过现在的材料再办理。")
    return report


def _judge(task: Task, outcome: str, by: User, reason: str) -> None:
    """Write what became of the last report, where it stands open to that."""
    last = MaterialReport.objects.filter(material__task=task).order_by("-ordinal").first()
    open_to = (
        {Outcome.WAITING, Outcome.ACCEPTED} if outcome == Outcome.RETURNED else {Outcome.WAITING}
    )
    if last is None or last.outcome not in open_to:
        return
    last.outcome, last.reason = outcome, reason.strip()[:300]
    last.judged_at, last.judged_by = timezone.now(), by
    last.save(update_fields=["outcome", "reason", "judged_at", "judged_by"])
