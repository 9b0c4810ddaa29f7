"""导出阵地、帮扶力量: a list as a workbook, telephones masked, marked with whose it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils import timezone

from federation import audit, scope
from federation.models import User
from federation.scope import OutOfReach
from registry import masking
from registry.filters import HelperFilter, SiteFilter
from registry.models import Helper, Site
from registry.place_imports import NOUNS, Noun
from registry.register_columns import leaks
from registry.watermark import watermark
from reporting.jobs import Denied, JobFailure, JobKind, Work, job_kind, request_job
from reporting.models import Job
from reporting.workbook import WorkbookError, safe_file_name, verify_ledger, write_ledger

KIND = "place_export"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 50_000
_CHUNK = 500
# What narrows a list and may be kept with a job: words and codes, no name of a person.
NARROWS = {
    "sites": ("q", "kind", "unit", "grade", "standing"),
    "helpers": ("role", "kind", "vetting", "team", "unit", "left"),
}


def chosen(noun: Noun, asked: Mapping[str, str]) -> dict[str, str] | None:
    """What narrows the list, or None where it cannot be kept: somebody is looked for by name."""
    if noun.code == "helpers" and asked.get("q"):
        return None
    kept = {key: asked[key][:80] for key in NARROWS[noun.code] if asked.get(key)}
    return None if any(audit.holds_private(word) for word in kept.values()) else kept


def request(noun: Noun, asked: Mapping[str, str], *, by: User) -> Job:
    roots = scope.roots(by, "registry_export")
    kept = chosen(noun, asked)
    if not roots or kept is None:
        raise OutOfReach("没有可以导出的内容。")
    params = {"noun": noun.code, "filter": kept}
    return request_job(KIND, requester=by, unit=roots[0], params=params)


@job_kind(KIND, title="导出阵地、帮扶力量", action="registry_export")
class PlaceExport(JobKind):
    """``params``: which list, and what narrows it."""

    def heading(self, job: Job) -> str:
        return f"导出{NOUNS[job.params['noun']].word}"

    def authorise(self, job: Job, user: User) -> None:
        if job.params.get("noun") not in NOUNS:
            raise Denied("没有这种名单，请重新导出。")
        super().authorise(job, user)

    def run(self, job: Job, work: Work) -> None:
        noun = NOUNS[job.params["noun"]]
        mark = watermark(job, work.user)
        headings = _headings(noun)
        rows = list(_rows(noun, job.params["filter"], work.user))
        if not rows:
            raise JobFailure(f"没有符合条件的{noun.word}，没有生成文件。", code="nothing")
        if len(rows) > MOST_ROWS:
            raise JobFailure(
                f"符合条件的有{len(rows):,}条，一次最多导出{MOST_ROWS:,}条，请按单位或类别分次导出。",
                code="too_many",
            )
        if leaks(rows):
            raise JobFailure(
                "内容里有没有隐去的证件号码或电话，没有生成文件。请把作业号告诉系统管理员。",
                code="leak",
            )
        title = f"{noun.word}（共{len(rows)}条） {mark}"
        try:
            with work.path.open("w+b") as out:
                write_ledger(
                    out, title=title, headings=headings, rows=rows,
                    properties={"job": job.number}, mark=mark,
                )  # fmt: skip
                out.seek(0)
                verify_ledger(out, headings=headings, rows=rows)
        except WorkbookError as error:
            raise JobFailure(str(error), code="workbook") from error
        work.file_name = safe_file_name(f"{noun.word}（{timezone.localdate():%Y年%m月%d日}）.xlsx")
        work.content_type = XLSX
        work.detail = {"rows": len(rows)}
        work.progress(len(rows), len(rows), "已完成")

    def conclude(self, job: Job, work: Work) -> None:
        said = {"noun": job.params["noun"], **job.params["filter"], "rows": work.detail["rows"]}
        audit.record(job, "export_places", by=work.user, unit=job.unit, detail=said)


def _headings(noun: Noun) -> list[str]:
    """Those that an import reads, without the parent, and the day that one ended."""
    own = [word for word, key, _ in noun.resource.columns if key != "parent"]
    return [*own, "停用日期" if noun.code == "sites" else "退出日期"]


def _rows(noun: Noun, narrowed: Mapping[str, str], user: User) -> Iterator[list[Any]]:
    return _sites(narrowed, user) if noun.code == "sites" else _helpers(narrowed, user)


def _sites(narrowed: Mapping[str, str], user: User) -> Iterator[list[Any]]:
    rows = Site.objects.visible_to(user, "export").select_related("unit", "kind")
    found = SiteFilter(narrowed, queryset=rows.prefetch_related("honours")).qs
    for one in _each(found.order_by("unit__path", "kind__position", "name", "pk")):
        honours = "；".join(str(honour) for honour in one.honours.all())
        yield [
            *_texts(one.name, one.kind.name, one.unit.name, one.grade, one.host, one.address, one.leader),
            _phone(one), one.opened_on, *_texts(honours, one.note), one.closed_on,
        ]  # fmt: skip


def _helpers(narrowed: Mapping[str, str], user: User) -> Iterator[list[Any]]:
    rows = Helper.objects.visible_to(user, "export").select_related("unit", "team")
    found = HelperFilter(narrowed, queryset=rows).qs
    for one in _each(found.order_by("unit__path", "pinyin", "pk")):
        yield [
            *_texts(one.name, one.get_role_display(), one.get_kind_display(), one.unit.name, one.contact),
            _phone(one),
            *_texts(one.strengths, one.team.name if one.team else "", one.get_vetting_display()),
            one.joined_on, *_texts(one.note), one.left_on,
        ]  # fmt: skip


def _each(rows: Any) -> Iterable[Any]:
    return rows[: MOST_ROWS + 1].iterator(chunk_size=_CHUNK)


def _texts(*words: str) -> list[str]:
    """Free words, with the numbers that somebody wrote into them hidden."""
    return [masking.scan(word) for word in words]


def _phone(row: Site | Helper) -> str:
    return masking.text("phone", row.phone.open()) if row.phone else ""
