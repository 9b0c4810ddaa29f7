"""附件 out: the file of one annex for one unit and period, exactly what one person may see.

The same function makes the file for the page's job and for ``manage.py annex export``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from federation import scope
from federation.idempotency import new_key
from federation.models import OrgUnit, User
from reporting import annexes, rights
from reporting.intake import reading_job as reading_job  # registers its kind
from reporting.jobs import Denied, JobFailure, JobKind, Work, job_kind
from reporting.models import COUNTED, Review, Submission, SubmissionRow
from reporting.workbook import WorkbookError, safe_file_name, write_zip

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"
# Blank is not zero: a nil report says so on paper too.
NIL = "本期无"
Progress = Callable[[int, int, str], None]


class NothingToExport(Exception):
    """There is no such file for this person; carries the sentence she reads."""


@dataclass
class Made:
    """A finished file. ``rows`` counts what stands in it, ``pending`` those not yet approved."""

    file_name: str
    content_type: str
    rows: int
    pending: int = 0
    data: bytes = b""
    files: Iterator[tuple[str, bytes]] | None = field(default=None, repr=False)

    def write_to(self, out) -> None:
        if self.files is None:
            out.write(self.data)
        else:
            write_zip(out, self.files)


def silent(done: int, total: int, doing: str) -> None:
    """Progress nobody watches."""


def make(
    annex: annexes.Annex,
    *,
    unit: OrgUnit,
    period: str,
    user: User,
    only: str = "",
    progress: Progress = silent,
    snapshot: str = "",
) -> Made:
    """The file of ``annex`` for ``unit``: its own form or table, or everything below it.

    A table of several units keeps 填报单位 on each row; forms of several respondents come as a zip.
    ``only="approved"`` leaves out what nobody approved yet. A unit's own people get its draft;
    from above only what was reported counts. Raises :class:`NothingToExport`; the finished
    workbook is re-opened and compared with its rows before it is returned. Its properties name
    ``snapshot``, the moment of the database that all its figures are of.
    """
    if not annex.filed:
        raise NothingToExport(f"“{annex.title}”由系统汇总，请在它自己的页面导出。")
    period = annex.period.check(period)
    reach = Submission.objects.visible_to(user, "export").for_annex(annex.code, period)
    if not scope.may(user, "reporting_export", unit):
        raise NothingToExport(f"您没有权限导出“{unit.name}”的{annex.mark}。")
    own = reach.filter(unit=unit).select_related("unit__unit_type", "unit__post_level").first()
    if isinstance(annex, annexes.RegisterAnnex):
        return _table(annex, own, unit, period, user, only, progress, snapshot)
    if own is not None:
        return _form(annex, own, user, snapshot)
    return _forms(annex, unit, period, user, only, progress, snapshot)


def _properties(
    unit: OrgUnit, period: str, snapshot: str, version: int | None = None
) -> dict[str, object]:
    found: dict[str, object] = {"unit": str(unit.uuid), "period": period}
    if version:
        found["submission_version"] = version
    return {**found, "snapshot": snapshot} if snapshot else found


def _name(annex: annexes.Annex, unit: OrgUnit, period: str, suffix: str) -> str:
    return safe_file_name(f"{annex.mark}：{unit.name}{annex.title}（{period}）{suffix}")


def _table(annex, own, unit, period, user, only, progress, snapshot) -> Made:
    rows = SubmissionRow.objects.visible_to(user, "export").filter(
        submission__annex=annex.code, submission__period=period
    )
    if own is not None:
        rows = rows.filter(submission=own)
        if not rights.holds_at(user, "reporting_fill", unit):
            if own.submitted_at is None:
                raise NothingToExport(f"“{unit.name}”{period}年的{annex.mark}尚未报送。")
            rows = rows.filter(review__in=COUNTED)
    else:
        rows = rows.below(unit).filter(review__in=COUNTED)
    if only == "approved":
        rows = rows.filter(review=Review.APPROVED)
    found = list(
        rows.order_by("submission__unit__path", "position").values_list(
            "values", "submission__unit__name", "review"
        )
    )
    if own is None and not found:
        raise NothingToExport(f"“{unit.name}”{period}年没有已报的{annex.mark}。")
    progress(0, len(found), "正在写入表格")
    values = [value for value, _, _ in found]
    if own is not None and own.nil_report:
        values = [{annex.fields[0].key: NIL}]
    units = None if own is not None else [name for _, name, _ in found]
    version = own.version if own is not None else None
    data = annex.write(
        values,
        unit_name=unit.name,
        properties=_properties(unit, period, snapshot, version),
        row_units=units,
    )
    progress(len(found), len(found), "正在核对成表")
    annex.verify(data, values, unit_name=unit.name, row_units=units)
    pending = sum(review != Review.APPROVED for _, _, review in found)
    return Made(_name(annex, unit, period, ".xlsx"), XLSX, len(found), pending, data)


def _form(annex, submission: Submission, user: User, snapshot: str) -> Made:
    if submission.submitted_at is None and not rights.fills_own(user, submission):
        raise NothingToExport(f"“{submission.unit}”{submission.period}年的{annex.mark}尚未报送。")
    data = _write_form(annex, submission, snapshot)
    name = _name(annex, submission.unit, submission.period, ".xlsx")
    return Made(name, XLSX, 1, int(submission.only_row.review != Review.APPROVED), data)


def _write_form(annex, submission: Submission, snapshot: str) -> bytes:
    values = submission.only_row.values
    values = {**values, **annex.known(submission.unit)}
    properties = _properties(submission.unit, submission.period, snapshot, submission.version)
    data = annex.write(values, properties=properties)
    annex.verify(data, values)
    return data


def _forms(annex, unit, period, user, only, progress, snapshot) -> Made:
    wanted = (Review.APPROVED,) if only == "approved" else COUNTED
    found = (
        Submission.objects.visible_to(user, "export")
        .for_annex(annex.code, period)
        .below(unit)
        .filter(rows__review__in=wanted)
        .select_related("unit__unit_type", "unit__post_level", "reviewer")
        .prefetch_related("rows")
        .order_by("unit__path")
    )
    submissions = list(found)
    if not submissions:
        raise NothingToExport(f"“{unit.name}”{period}年没有已报的{annex.mark}。")

    def files() -> Iterator[tuple[str, bytes]]:
        for number, submission in enumerate(submissions, start=1):
            progress(number, len(submissions), f"正在写入{submission.unit.name}"[:60])
            folder = f"{submission.reviewer.name}-" if submission.reviewer else ""
            yield (
                f"{folder}{submission.unit.name}-{annex.mark}.xlsx",
                _write_form(annex, submission, snapshot),
            )

    pending = sum(s.only_row.review != Review.APPROVED for s in submissions)
    name = safe_file_name(f"{annex.mark}：{unit.name}全部{annex.title}（{period}）.zip")
    return Made(name, ZIP, len(submissions), pending, files=files())


@job_kind("annex_export", title="导出附件", action="reporting_export")
class AnnexExport(JobKind):
    """Makes the file of ``params`` {annex, period, only} for the job's unit."""

    def heading(self, job) -> str:
        annex = annexes.get(job.params["annex"])
        only = "（已审部分）" if job.params.get("only") == "approved" else ""
        return f"{annex.mark} {job.unit.name if job.unit else ''}{only}"

    def authorise(self, job, user) -> None:
        if job.unit is None or not scope.may(user, "reporting_export", job.unit):
            name = job.unit.name if job.unit else "该单位"
            raise Denied(f"您目前没有权限导出“{name}”的附件，作业没有执行。")

    def run(self, job, work: Work) -> None:
        params: dict[str, Any] = job.params
        annex = annexes.get(params["annex"])
        try:
            made = make(
                annex,
                unit=job.unit,
                period=params["period"],
                user=work.user,
                only=params.get("only", ""),
                progress=work.progress,
                snapshot=work.snapshot,
            )
            with work.path.open("wb") as out:
                made.write_to(out)
        except NothingToExport as nothing:
            raise JobFailure(str(nothing), code="nothing") from nothing
        except WorkbookError as error:
            raise JobFailure(str(error), code="workbook") from error
        work.file_name, work.content_type = made.file_name, made.content_type
        work.detail = {"rows": made.rows, "pending": made.pending, "snapshot": work.snapshot}
        work.progress(made.rows, made.rows, "已完成")


def offer(submission: Submission, user: User) -> dict | None:
    """The export button of a submission's page, for those who may."""
    if not scope.may(user, "reporting_export", submission.unit):
        return None
    if submission.submitted_at is None and not rights.fills_own(user, submission):
        return None
    return tool(submission.form, submission.unit, submission.period)


def tool(
    annex: annexes.Annex, unit: OrgUnit, period: str, *, only: str = "", label: str = ""
) -> dict:
    """A tool-bar action that asks for the file."""
    return {
        "label": label or f"导出{annex.mark}",
        "url": reverse("reporting:export"),
        "icon": "download",
        "method": "post",
        "fields": {
            "annex": annex.code,
            "period": period,
            "unit": str(unit.uuid),
            "only": only,
            "idempotency_key": new_key(),
        },
    }
