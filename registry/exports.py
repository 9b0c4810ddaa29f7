"""导出台账: a register as a workbook, marked with whose it is, checked again when it is fetched."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from federation import audit
from federation.encryption import KeyProblem, ring
from federation.models import User
from registry import place_exports as place_exports  # registers its kind
from registry import register_jobs as register_jobs  # registers its kinds
from registry.models import Person
from registry.models.persons import ADULT, born_after
from registry.register_choice import Choice, Mode
from registry.register_columns import NAME, PLACE, Columns, leaks
from registry.watermark import watermark
from reporting.jobs import Denied, JobFailure, JobKind, Work, job_kind
from reporting.models import Job
from reporting.workbook import WorkbookError, lock, safe_file_name, verify_ledger, write_ledger

KIND = "register_export"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 50_000
MOST_CLEAR = 2_000  # archives in clear in one file: each gets its line in the reading log
ORDERED = 2_000  # rows whose order is remembered
SPENT = "spent"


@job_kind(KIND, title="导出台账", action="registry_export")
class RegisterExport(JobKind):
    """``params`` are those of a :class:`Choice`, the reason, and the sealed password of the file."""

    def heading(self, job: Job) -> str:
        programme = job.detail.get("title") or job.params.get("title") or self.title
        return f"导出{programme}（{Mode(job.params['mode']).label}）"

    def authorise(self, job: Job, user: User) -> None:
        try:
            choice = Choice.of(job.params)
        except (ObjectDoesNotExist, ValueError, KeyError):
            raise Denied("所选的单位或专项已不在，请重新导出。") from None
        if why := choice.why_not(user):
            raise Denied(why)
        if job.detail.get("minors") and not choice.zone_is_hers(user):
            raise Denied("文件中有未成年人，您目前没有查看未成年人档案的权限。")

    def run(self, job: Job, work: Work) -> None:
        choice = Choice.of(job.params)
        password = _password(job)
        people = choice.persons(work.user)
        left_out = 0
        if choice.mode == Mode.PUBLIC:
            every = people.count()
            people = choice.may_be_published(people, work.user)
            left_out = every - people.count()
        order = _order(people, job)
        _check_count(len(order), choice, left_out)
        columns = Columns(choice, work.user)
        _write(job, work, choice, columns, order)
        if password:
            lock(work.path, password)
        minors = people.filter(born_on__gt=born_after(ADULT)).count()
        facts = [["方式", str(Mode(choice.mode).label)], ["人数", len(order)]]
        if left_out:
            facts.append(["未经同意公示、没有列入", f"{left_out}人"])
        if password:
            facts.append(["打开密码", "已设置，只在申请时显示过一次"])
        work.file_name = safe_file_name(
            f"{choice.title}（{Mode(choice.mode).label}，{timezone.localdate():%Y年%m月%d日}）.xlsx"
        )
        work.content_type = XLSX
        work.detail = {
            "title": choice.title, "rows": len(order), "minors": minors, "facts": facts,
            "order": _marks(columns, order), "clear": order if choice.clear else [],
        }  # fmt: skip
        work.progress(len(order), len(order), "已完成")

    def conclude(self, job: Job, work: Work) -> None:
        """The lines of the trail, and the password gone, with the file that they are about."""
        params = {**job.params, **({"password": SPENT} if job.params.get("password") else {})}
        detail = {key: value for key, value in work.detail.items() if key != "clear"}
        Job.objects.filter(pk=job.pk).update(params=params, detail=detail)
        said = {key: job.params[key] for key in ("mode", "programme", "clear", "reason")}
        counts = {key: work.detail[key] for key in ("rows", "minors")}
        audit.record(job, "export_register", by=work.user, unit=job.unit, detail={**said, **counts})
        opened = Person.objects.visible_to(work.user, "export").filter(pk__in=work.detail["clear"])
        for person in opened.select_related("unit"):
            audit.record(
                person, "export_archive", by=work.user, unit=person.unit,
                detail={"job": job.number, "reason": job.params["reason"]},
            )  # fmt: skip


# -- The rows --------------------------------------------------------------------------------------
def _order(people: Any, job: Job) -> list[int]:
    """Ids by village, and within it in an order that is this file's own."""
    found = people.order_by().values_list("unit__path", "pk")
    return [pk for _, _, pk in sorted((path, _mark(job, pk), pk) for path, pk in found)]


def _mark(job: Job, pk: int) -> bytes:
    return hashlib.sha256(f"{job.uuid}:{pk}".encode()).digest()


def _check_count(count: int, choice: Choice, left_out: int) -> None:
    if not count:
        why = f"，{left_out}人没有同意公示" if left_out else ""
        raise JobFailure(f"没有符合条件的档案{why}，没有生成文件。", code="nothing")
    most = MOST_CLEAR if choice.clear else MOST_ROWS
    if count > most:
        raise JobFailure(
            f"符合条件的档案有{count:,}份，一次最多导出{most:,}份，没有导出。请按乡镇或专项分次导出。",
            code="too_many",
        )


def row_digest(name: str, place: str) -> str:
    """What is remembered of a row: keyed, so that nobody reads the names out of it."""
    return ring().index("export row", f"{name}\0{place}")[:4].hex()


def _marks(columns: Columns, order: list[int]) -> str:
    headings = columns.headings()
    name, place = headings.index(NAME), headings.index(PLACE)
    rows = columns.rows(order[:ORDERED])
    return "".join(row_digest(str(row[name]), str(row[place])) for row in rows)


# -- The file --------------------------------------------------------------------------------------
def _write(job: Job, work: Work, choice: Choice, columns: Columns, order: list[int]) -> None:
    """Write, re-open and compare. What must not leave in clear is looked for once more."""
    mark, headings, count = watermark(job, work.user), columns.headings(), len(order)
    if not choice.clear and leaks(columns.rows(order)):
        raise JobFailure(
            "内容里有没有隐去的证件号码或电话，没有生成文件。请把作业号告诉系统管理员。",
            code="leak",
        )
    plain = choice.mode == Mode.PUBLIC
    try:
        with work.path.open("w+b") as out:
            written = write_ledger(
                out,
                title=choice.title if plain else f"{choice.title}（共{count}人） {mark}",
                headings=headings,
                rows=columns.rows(order),
                properties={"job": job.number},
                progress=lambda done: work.progress(done, count, "正在写入"),
                mark=mark,
            )
            out.seek(0)
            work.progress(written, count, "正在核对")
            verify_ledger(out, headings=headings, rows=columns.rows(order))
    except WorkbookError as error:
        raise JobFailure(str(error), code="workbook") from error


# -- The password ----------------------------------------------------------------------------------
def bound_to(nonce: str) -> str:
    return f"export password.{nonce}"


def _password(job: Job) -> str:
    """The opening password of the file, sealed in the job until the file is there; "" without one."""
    held = job.params.get("password")
    if not held:
        return ""
    try:
        return ring().open(held["token"], bound_to(held["nonce"])) if held != SPENT else _gone()
    except KeyProblem:
        return _gone()


def _gone() -> str:
    raise JobFailure("这次导出的打开密码已不再保存，请重新导出，会给出新的密码。", code="password")
