"""Workbooks for administrators: the audit trail as filtered, a year of it counted, and 谁能做什么.

Each carries on its first line who took it and when. What is written was masked when it was recorded.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from administration import audit_pack, things
from federation import audit
from federation.models import AuditEvent, User
from federation.views.audit import detail_words, rows_for
from reporting.jobs import JobFailure, JobKind, Work, job_kind
from reporting.workbook import WorkbookError, safe_file_name, verify_ledger, write_ledger

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 200_000  # of one export; more is refused and never cut
AUDIT_HEADINGS = ("编号", "时间", "人员", "用户名", "操作", "组织", "对象", "内容")
Rows = Callable[[], Iterator[Sequence[Any]]]


def _stamp(work: Work, what: str, count: int) -> str:
    """The watermark: it is the title of the sheet and is repeated on every printed page."""
    user, now = work.user, timezone.localtime()
    return (
        f"{what}（共{count}条） 导出人：{user.display_name}（{user.username}） "
        f"导出时间：{now:%Y-%m-%d %H:%M} 作业号：{work.job.number}"
    )


def _write(work: Work, *, what: str, headings: Sequence[str], rows: Rows, count: int) -> None:
    """Write, re-open and compare; the file is named for what it is and the day."""
    title = _stamp(work, what, count)
    properties = {"exported_by": work.user.username, "job": work.job.number}
    try:
        with work.path.open("w+b") as out:
            written = write_ledger(
                out,
                title=title,
                headings=headings,
                rows=rows(),
                properties=properties,
                progress=lambda done: work.progress(done, count, "正在写入"),
            )
            out.seek(0)
            work.progress(written, count, "正在核对")
            verify_ledger(out, headings=headings, rows=rows())
    except WorkbookError as error:
        raise JobFailure(str(error), code="workbook") from error
    work.file_name = safe_file_name(f"{what}（{timezone.localdate():%Y年%m月%d日}）.xlsx")
    work.content_type, work.detail = XLSX, {"rows": written}
    work.progress(written, written, "已完成")


@job_kind("audit_export", title="导出审计记录", action="federation_audit")
class AuditExport(JobKind):
    """Rows of ``params["query"]``, an address of the page 审计记录, that the requester may read."""

    def run(self, job, work: Work) -> None:
        found = rows_for(work.user, QueryDict(job.params.get("query", "")))
        count = found.order_by().count()
        if count > MOST_ROWS:
            raise JobFailure(
                f"符合条件的审计记录有{count:,}条，一次最多导出{MOST_ROWS:,}条，没有导出。"
                "请用起始日期、截止日期缩小范围，分次导出。",
                code="too_many",
            )
        if not count:
            raise JobFailure("没有符合条件的审计记录，没有生成文件。", code="nothing")
        # What is recorded while the file is made stays out, so that both passes see the same.
        newest = found.values_list("id", flat=True).first()
        found = found.filter(id__lte=newest)
        _write(
            work,
            what="审计记录",
            headings=AUDIT_HEADINGS,
            rows=lambda: map(_audit_row, found.iterator(chunk_size=2000)),
            count=count,
        )


def _audit_row(event: AuditEvent) -> Sequence[Any]:
    actor: User | None = event.actor
    return (
        event.pk,
        timezone.localtime(event.at).replace(microsecond=0, tzinfo=None),
        actor.display_name if actor else "系统",
        actor.username if actor else "",
        audit.verb_word(event.verb),
        event.unit.name if event.unit else "",
        audit.record_word(event.record),
        detail_words(event.detail)[:32_000],
    )


@job_kind("audit_pack", title="编制年度审计材料", action="federation_audit")
class AuditPack(JobKind):
    """What the requester may audit of ``params["year"]``; what is recorded meanwhile is of no matter:
    it is counted once and written from there."""

    def run(self, job, work: Work) -> None:
        year = int(job.params["year"])
        found = list(audit_pack.rows(work.user, year))
        _write(
            work,
            what=f"{year}年审计材料",
            headings=audit_pack.HEADINGS,
            rows=lambda: iter(found),
            count=len(found),
        )


@job_kind("who_may_export", title="导出谁能做什么", action=None)
class WhoMayExport(JobKind):
    """The whole matrix in words; it names no person and no record."""

    def run(self, job, work: Work) -> None:
        found = list(things.rows())
        _write(
            work,
            what="谁能做什么",
            headings=things.HEADINGS,
            rows=lambda: iter(found),
            count=len(found),
        )
