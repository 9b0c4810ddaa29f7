"""What of 结对 leaves as a file: the list of pairs, and the table of a year."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from django.db.models import Count, Max, Min, Prefetch, Q
from django.urls import reverse
from django.utils import timezone

from federation import audit, scope
from federation.idempotency import new_key
from federation.models import OrgUnit, User
from pairing import parties
from pairing.annexes import PairingYear
from pairing.annexes.pairing_intent import SUPPORT
from pairing.filters import PairFilter
from pairing.models import Liaison, Pairing, PairKind
from registry import masking
from registry.exports import watermark
from reporting import annexes
from reporting.annexes import Asked
from reporting.jobs import Denied, JobFailure, JobKind, Work, job_kind
from reporting.models import Job
from reporting.workbook import WorkbookError, safe_file_name, verify_ledger, write_ledger

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAIRS, YEAR = "pairs_export", "pairing_year_export"
FILTERS = ("kind", "state", "county", "year", "q")
MOST = 50_000
_CHUNK = 500


class OfUnit(JobKind):
    """Files of a unit and all below it, for who may take its pairs out."""

    def authorise(self, job: Job, user: User) -> None:
        if job.unit is None or not scope.may(user, "pairing_export", job.unit):
            name = job.unit.short_name if job.unit else "该单位"
            raise Denied(f"您目前没有权限导出“{name}”的结对台账。")

    def conclude(self, job: Job, work: Work) -> None:
        said = {key: value for key, value in job.params.items() if value}
        audit.record(
            job, "export_pairs", by=work.user, unit=job.unit,
            detail={"kind": job.kind, **said, "rows": work.detail["rows"]},
        )  # fmt: skip


# -- 结对台账 ----------------------------------------------------------------------------------------
@job_kind(PAIRS, title="导出结对台账", action="pairing_export")
class PairsExport(OfUnit):
    """``params`` are what the list was narrowed by."""

    def run(self, job: Job, work: Work) -> None:
        rows = chosen(job.params, work.user, job.unit)
        keys = list(rows.values_list("pk", flat=True)[: MOST + 1])
        if not keys:
            raise JobFailure("没有符合条件的结对，没有生成文件。", code="nothing")
        if len(keys) > MOST:
            raise JobFailure(f"符合条件的结对超过{MOST:,}对，请加上条件分次导出。", code="too_many")
        headings = [heading for heading, _ in COLUMNS]
        mark = watermark(job, work.user)
        try:
            with work.path.open("w+b") as out:
                count = write_ledger(
                    out, title=f"结对台账（共{len(keys)}对） {mark}", headings=headings,
                    rows=lines(keys, work.user), properties={"job": job.number}, mark=mark,
                    progress=lambda done: work.progress(done, len(keys), "正在写入"),
                )  # fmt: skip
                out.seek(0)
                verify_ledger(out, headings=headings, rows=lines(keys, work.user))
        except WorkbookError as error:
            raise JobFailure(str(error), code="workbook") from error
        work.file_name = safe_file_name(f"结对台账（{timezone.localdate():%Y年%m月%d日}）.xlsx")
        work.content_type = XLSX
        work.detail = {"rows": count, "facts": [["对数", count]]}
        work.progress(count, count, "已完成")


def chosen(said: dict[str, Any], user: User, unit: OrgUnit) -> Any:
    """The pairs that the list shows for ``said``, of those she may take out; ``within``: of ``unit``."""
    rows = Pairing.objects.visible_to(user, "export")
    if said.get("within"):
        rows = rows.below(unit)
    asked = {key: said.get(key, "") for key in FILTERS}
    found = PairFilter(asked, queryset=rows, request=SimpleNamespace(user=user))
    return found.qs.order_by("unit__path", "pk")


def lines(keys: list[int], user: User) -> Iterator[list[Any]]:
    """The rows of the file, named as its reader may see them."""
    now = Liaison.objects.in_force().select_related("user")
    for start in range(0, len(keys), _CHUNK):
        ids = keys[start : start + _CHUNK]
        rows = (
            Pairing.objects.visible_to(user, "export")
            .select_related("kind", "unit", "recipient_unit")
            .prefetch_related(Prefetch("liaisons", queryset=now, to_attr="keepers"))
            .annotate(
                began=Min("terms__starts_on"), runs_until=Max("terms__ends_on"),
                signed=Max("agreements__signed_on"),
            )
            .in_bulk(ids)
        )  # fmt: skip
        counts = _counts(ids, user)
        named = parties.names(rows.values(), to=user)
        for pk in ids:
            if pk in rows:
                pair = rows[pk]
                pair.named, pair.counted = named.get(pk, ("", "")), counts.get(pk, {})
                yield [value(pair) for _, value in COLUMNS]


def tools(user: User, said: Any) -> list[dict[str, Any]]:
    """The export button of the list, for who may take pairs out: all of hers, as filtered."""
    if not scope.may(user, "pairing_export"):
        return []
    fields = {key: said.get(key, "") for key in FILTERS}
    return [
        {
            "label": "导出台账",
            "url": reverse("pairing:export"),
            "icon": "download",
            "method": "post",
            "fields": {**fields, "idempotency_key": new_key()},
        }
    ]


def _counts(ids: list[int], user: User) -> dict[int, dict[str, int]]:
    """Logs of each pair, by what they tell of; those withdrawn count nowhere."""
    standing = Q(logs__withdrawn_at=None)
    rows = Pairing.objects.visible_to(user, "export").filter(pk__in=ids).order_by()
    of = {
        name: Count("logs", filter=standing & condition)
        for name, condition in (
            ("every", Q()),
            ("visits", Q(logs__kind__code="mutual_visit")),
            ("deeds", Q(logs__kind__code="tangible_deed")),
        )
    }
    return {row["pk"]: row for row in rows.values("pk").annotate(**of)}


def _supports(pair: Pairing) -> str:
    return "、".join(label for code, label in SUPPORT if code in pair.supports)


COLUMNS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("类别", lambda pair: pair.kind.name),
    ("帮扶方", lambda pair: pair.named[0]),
    ("帮扶方所属单位", lambda pair: pair.unit.name),
    ("受助方", lambda pair: pair.named[1]),
    ("受助方所在", lambda pair: pair.recipient_unit.name),
    ("方式", lambda pair: pair.get_mode_display()),
    ("状态", lambda pair: pair.get_state_display()),
    ("开始日期", lambda pair: pair.began),
    ("结对期至", lambda pair: pair.ended_on or pair.runs_until),
    ("结束原因", lambda pair: masking.scan(pair.end_reason)),
    ("协议签订日期", lambda pair: pair.signed),
    ("牵手内容", _supports),
    ("帮扶项目、目标", lambda pair: masking.scan(pair.goal)),
    ("联系人", lambda pair: "、".join(one.user.display_name for one in pair.keepers)),
    ("最近联系", lambda pair: pair.last_contact_on),
    ("记录（条）", lambda pair: pair.counted.get("every", 0)),
    ("其中互访（次）", lambda pair: pair.counted.get("visits", 0)),
    ("其中实事（件）", lambda pair: pair.counted.get("deeds", 0)),
    ("来源", lambda pair: pair.get_origin_display()),
)


# -- 年度统计 ----------------------------------------------------------------------------------------
@job_kind(YEAR, title="导出结对年度统计", action="pairing_export")
class YearExport(OfUnit):
    """``params`` are {year, kind}: the page's own table, of what she may take out."""

    def heading(self, job: Job) -> str:
        return f"结对年度统计（{job.params['year']}年）"

    def run(self, job: Job, work: Work) -> None:
        annex = year_table()
        year, kind = job.params["year"], job.params.get("kind", "")
        asked = Asked(work.user, job.unit, year, "export", {"kind": kind})
        table = annex.lines(asked)
        only = PairKind.objects.filter(code=kind).first() if kind else None
        of = (
            f"{job.unit.name}    年度：{year}年    类别：{only or '全部'}    "
            f"截至：{timezone.localdate():%Y-%m-%d}    作业号：{job.number}"
        )
        said = {"unit": str(job.unit.uuid), "period": year, "job": job.number}
        try:
            data = annex.write(table, unit_name=of, properties=said)
            annex.verify(data, table, unit_name=of)
        except WorkbookError as error:
            raise JobFailure(str(error), code="workbook") from error
        work.path.write_bytes(data)
        work.file_name = safe_file_name(f"{job.unit.name}结对年度统计（{year}年）.xlsx")
        work.content_type = XLSX
        work.detail = {"rows": len(table), "facts": [["行数", len(table)]]}
        work.progress(len(table), len(table), "已完成")


def year_table() -> PairingYear:
    return annexes.get(PairingYear.code)  # type: ignore[return-value]
