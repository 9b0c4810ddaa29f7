"""Kinds of job that behave, and that misbehave in every way a worker must survive."""

import errno
import os
import signal
import time

from federation.models import OrgUnit
from reporting.jobs import Denied, JobFailure, JobKind, job_kind
from reporting.models import SubmissionRow

TEXT_TYPE = "text/plain; charset=utf-8"


class Lines(JobKind):
    """Writes ``lines`` lines, ``pause`` seconds apart."""

    def run(self, job, work):
        count = job.params.get("lines", 3)
        with work.path.open("w", encoding="utf-8") as file:
            for number in range(count):
                file.write(f"{job.uuid} {number}\n")
                file.flush()
                work.progress(number, count, "正在写第一张表")
                time.sleep(job.params.get("pause", 0))
        work.file_name = job.params.get("file_name", "附件1 结对共建意向表.txt")
        work.content_type = TEXT_TYPE


@job_kind("trial_lines", title="导出试表", action="reporting_export")
class TrialLines(Lines):
    pass


@job_kind("trial_picky", title="导出挑剔的试表", action="reporting_export")
class TrialPicky(Lines):
    """Asks something of its own: its unit must be open."""

    def authorise(self, job, user):
        super().authorise(job, user)
        if not OrgUnit.objects.open_now().filter(pk=job.unit_id).exists():
            raise Denied("该组织已撤销，不能导出。")


@job_kind("trial_dying", title="导出短命的试表", action="reporting_export")
class TrialDying(Lines):
    """Kills its own process, ``deaths`` times over, at the place named by ``at``."""

    def run(self, job, work):
        super().run(job, work)
        self._die(job, "before_publishing")

    def conclude(self, job, work):
        self._die(job, "while_publishing")

    def _die(self, job, place):
        if job.params["at"] == place and job.attempts <= job.params.get("deaths", 1):
            os.kill(os.getpid(), signal.SIGKILL)


@job_kind("trial_failing", title="导出不成的试表", action="reporting_export")
class TrialFailing(Lines):
    """Fails in the way named by ``how``, after it has begun to write."""

    def run(self, job, work):
        super().run(job, work)
        match job.params["how"]:
            case "accident":
                private = "350102200001010011"
                raise ValueError(f"duplicate key: Key (idno)=({private}) already exists")
            case "disk_full":
                raise OSError(errno.ENOSPC, "No space left on device")
            case "sentence":
                raise JobFailure("本期没有已审核的意向表，无法导出。", code="nothing_to_export")
            case "hungry":
                self.hoard = bytearray(64 << 30)
            case "empty":
                work.path.write_bytes(b"")
            case "second_time_lucky" if job.attempts == 1:
                raise ConnectionResetError


@job_kind("trial_adding", title="合计各行", action="reporting_export")
class TrialAdding(JobKind):
    """Adds up a figure of all rows, form by form, each by a question of its own."""

    def run(self, job, work):
        rows = SubmissionRow.objects.unscoped(reason="a test adds up all there is")
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        total = 0
        for number, key in enumerate(keys, start=1):
            work.progress(number, len(keys), "正在合计")
            total += rows.get(pk=key).values["figure"]
            time.sleep(job.params["pause"])
        work.path.write_text(f"{total} {work.snapshot}")


@job_kind("trial_reading", title="清点组织", action="reporting_export")
class TrialReading(JobKind):
    """Counts units twice, with a pause between; both counts go to the file and to ``detail``."""

    def run(self, job, work):
        first = OrgUnit.objects.count()
        work.progress(1, 2, "正在清点")
        time.sleep(job.params["pause"])
        counts = [first, OrgUnit.objects.count()]
        work.path.write_text(str(counts))
        work.detail = {"counts": counts}
