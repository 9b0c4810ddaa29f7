"""台账导入 of more rows than a request takes: one job reads and tries the file, another takes it in.

A job is told which upload and nothing of what is in it. Both ask anew what the person may do.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from federation.models import User
from federation.scope import OutOfReach
from registry import register_imports
from registry.models import RegisterImport
from registry.register_forms import MOST_ROWS
from registry.register_imports import APPLY, READ, Parts, Tried, may_import, params_of
from reporting.jobs import Denied, JobFailure, JobKind, Work, job_kind, request_job
from reporting.models import Job
from reporting.models.jobs import JobState

LAPSED = "没有这次导入，或已超过一小时；请重新上传。"


def latest(found: RegisterImport) -> Job | None:
    """The job that last worked on ``found``, or does, or will; None of what a request did."""
    keys = [f"{kind}:{found.uuid}" for kind in (READ, APPLY)]
    return Job.objects.of(found.by).filter(dedupe_key__in=keys).order_by("-pk").first()


def is_long(found: RegisterImport) -> bool:
    return found.outcome.get("count", 0) > MOST_ROWS


def ask_to_apply(found: RegisterImport, *, by: User, sha256: str) -> Job:
    """The job that takes ``found`` in, or the one that does already; raises as ``apply`` does."""
    job = latest(found)
    if job is not None and job.is_open:
        return job
    with transaction.atomic():
        held = RegisterImport.objects.to_apply(found, by=by, sha256=sha256)
        if why := may_import(by, held.unit, held.programme):  # type: ignore[arg-type]
            raise OutOfReach(why)
        held.confirmed_at = timezone.now()
        held.save(update_fields=["confirmed_at"])
        return request_job(
            APPLY, requester=by, unit=held.unit, params=params_of(held),
            dedupe_key=str(held.uuid),
        )  # fmt: skip


class _OfImport(JobKind):
    makes_file = False

    def heading(self, job: Job) -> str:
        return f"{self.title}：{job.params['title']}"

    def page(self, job: Job) -> str:
        kept = RegisterImport.objects.of(job.requester).filter(uuid=job.params["import"])
        return reverse("registry:import_preview", args=[job.params["import"]]) if kept else ""

    def authorise(self, job: Job, user: User) -> None:
        found = self.found(job, user)
        if why := may_import(user, found.unit, found.programme):  # type: ignore[arg-type]
            raise Denied(why)

    def found(self, job: Job, user: User) -> RegisterImport:
        kept = RegisterImport.objects.of(user).filter(uuid=job.params["import"])
        if (found := kept.select_related("unit__unit_type", "programme", "by").first()) is None:
            raise JobFailure(LAPSED, code="lapsed")
        return found


@job_kind(READ, title="核对台账", action="registry_edit")
class ReadRegister(_OfImport):
    """Reads the file that was put aside, tries its rows, and keeps what the preview shows."""

    def run(self, job: Job, work: Work) -> None:
        found = self.found(job, work.user)
        data = b"".join(found.pieces(Parts.FILE))
        if not data:
            raise JobFailure("上传的文件已不再保存，请重新上传。", code="gone")
        work.progress(0, 0, "正在读取表格")
        reading = register_imports.read(found, data, long=True)
        if said := register_imports.unreadable(reading):
            work.held = Tried(nothing(found, said))
        else:
            work.held = register_imports.tried(
                found, reading, by=work.user,
                told=lambda done, count: work.progress(done, count, "正在核对"),
            )  # fmt: skip
        outcome = work.held.outcome
        facts = [["行数", outcome["count"]], ["要改的地方", outcome["fault_count"]]]
        work.detail = {"facts": facts}

    def conclude(self, job: Job, work: Work) -> None:
        register_imports.keep(self.found(job, work.user), work.held, by=work.user)


def nothing(found: RegisterImport, sentence: str) -> dict[str, Any]:
    """The preview of a file that cannot be read."""
    return {
        "name": found.outcome["name"], "count": 0, "minors": 0, "does": [], "lines": [],
        "faults": [["", sentence]], "fault_count": 1, "notes": [], "skipped": [],
    }  # fmt: skip


@job_kind(APPLY, title="导入台账", action="registry_edit")
class ApplyRegister(_OfImport):
    """Takes in what was confirmed: in one transaction, fenced at its end, or not at all."""

    writes_long = True

    def run(self, job: Job, work: Work) -> None:
        count = self.found(job, work.user).outcome["count"]
        work.progress(0, count, "正在登记")

    def conclude(self, job: Job, work: Work) -> None:
        found = self.found(job, work.user)
        try:
            done = register_imports.apply(
                found, by=work.user, sha256=found.sha256,
                told=lambda done, count: work.progress(done, count, "正在登记"),
            )  # fmt: skip
        except OutOfReach as refusal:
            raise Denied(str(refusal)) from refusal
        except ValidationError as refusal:
            raise JobFailure(refusal.messages[0]) from refusal
        words = {"added": "新建档案", "enrolled": "已有档案纳入专项"}
        facts = [[words[key], n] for key, n in (done or {}).items()]
        work.detail = {"facts": facts or [["结果", "核对以后情况有变，一行也没有导入"]]}


def standing(found: RegisterImport) -> Job | None:
    """The job that the page of ``found`` tells of: at work, or ended without its result."""
    job = latest(found)
    return None if job is None or job.state == JobState.DONE else job
