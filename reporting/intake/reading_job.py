"""The job that reads a batch: one child process, file by file, each kept as soon as it is read.

Killed at any moment, the next attempt goes on with what still waits. A file that ends the worker
itself is tried twice, then it is the file that is given up, not the batch.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.http import Http404

from federation import kept_files
from federation.models import OrgUnit, User
from reporting import file_meaning
from reporting.incoming import Reader
from reporting.intake import kept, sheets
from reporting.intake.understanding import understand
from reporting.jobs import Denied, JobKind, Work, job_kind
from reporting.models import FileState, IncomingBatch, IncomingFile, Submission
from reporting.workbook.reading.result import Reading

if TYPE_CHECKING:
    from reporting.models import Job

MOST_TRIES = 2
_BROKE = "读这个文件时程序中断了，没有读取。请把内容复制到一个新建的工作簿里再上传。"


@job_kind("read_incoming", title="读取来件", action="reporting_view")
class ReadIncoming(JobKind):
    """Reads the waiting files of one batch and proposes what each means."""

    makes_file = False

    def heading(self, job: Job) -> str:
        return self.title

    def authorise(self, job: Job, user: User) -> None:
        super().authorise(job, user)
        if not IncomingBatch.objects.visible_to(user).filter(uuid=job.params["batch"]).exists():
            raise Denied("这批来件已不在您的管辖范围内，没有读取。")

    def run(self, job: Job, work: Work) -> None:
        reach = IncomingBatch.objects.visible_to(work.user).select_related(
            "collection__issuer", "unit__unit_type", "sender__unit_type"
        )
        _Run(reach.get(uuid=job.params["batch"]), work).all()


class _Run:
    def __init__(self, batch: IncomingBatch, work: Work) -> None:
        self.batch, self.work = batch, work
        self.readers: dict[int | None, Reader] = {}
        self.readings: dict[int, Reading] = {}

    def all(self) -> None:
        files = list(self.batch.files.with_words().order_by("position").select_related("unit"))
        waiting = [file for file in files if file.state == FileState.WAITING]
        done = len(files) - len(waiting)
        self.work.progress(done, len(files), "正在读取")
        try:
            for number, file in enumerate(waiting, start=done):
                self.work.progress(number, len(files), f"正在读“{file.name}”"[:60])
                self._one(file)
        finally:
            for reader in self.readers.values():
                reader.__exit__()
        self.work.progress(len(files), len(files), "正在比对")
        self._propose(files)
        self.work.detail = {"facts": [["文件", f"{len(files)} 个"]]}

    def _reader(self, unit: OrgUnit | None) -> Reader:
        key = unit.pk if unit else None
        if key not in self.readers:
            self.readers[key] = Reader(self.batch.form, area=self.batch.unit, unit=unit)
        return self.readers[key]

    def _one(self, file: IncomingFile) -> None:
        row = self.batch.files.filter(pk=file.pk, state=FileState.WAITING)
        if file.tries >= MOST_TRIES:
            refused = Reading(file.name, digest=file.sha256, refused=f"“{file.name}”：{_BROKE}")
            self.work.aside(partial(_keep, row, file, refused, [], None))
            return
        self.work.aside(lambda: row.update(tries=F("tries") + 1))
        unit = file.unit if file.unit_chosen else self.batch.sender
        try:
            path = kept_files.path_of(file.file)
        except Http404:
            reading = Reading(file.name, refused=f"“{file.name}”：文件已不在服务器上，请重新上传。")
        else:
            reading = self._reader(unit).read(
                path, name=file.name, folder=file.folder, keep_document=True
            )
        shown, reading.document = sheets.kept(reading.document), None
        sender = self._sender(reading)
        self.work.aside(partial(_keep, row, file, reading, shown, sender))
        self.readings[file.pk] = reading

    def _sender(self, reading: Reading) -> OrgUnit | None:
        if reading.unit.uuid is None:
            return None
        return OrgUnit.objects.filter(uuid=reading.unit.uuid).first()

    # -- What each means -------------------------------------------------------------------------
    def _propose(self, files: list[IncomingFile]) -> None:
        """Every file of the batch beside what its unit has reported and beside the others."""
        open_files = [f for f in files if f.pk in self.readings or f.is_open]
        readings = [self.readings.get(f.pk) or self._kept(f) for f in open_files]
        known = {r.unit.uuid for r in readings if r is not None and r.unit.uuid}
        reach = Submission.objects.visible_to(self.work.user).filter(
            collection=self.batch.collection, unit__uuid__in=known
        )
        held = {
            str(s.unit.uuid): file_meaning.on_server(s)
            for s in reach.select_related("unit").prefetch_related("rows")
        }
        pairs = [(f, r) for f, r in zip(open_files, readings, strict=True) if r is not None]
        file_meaning.Batch(self.batch.form, held).propose([reading for _, reading in pairs])
        self.work.aside(lambda: [_keep_meaning(f, r) for f, r in pairs])

    def _kept(self, file: IncomingFile) -> Reading | None:
        return kept.loaded(file.reading) if file.reading else None


def _keep(row: Any, file: IncomingFile, reading: Reading, shown: list, unit: OrgUnit | None) -> int:
    found = understand(file.form, reading, {}, unit)
    if reading.refused:
        state = FileState.UNREADABLE
    else:
        state = FileState.READY if found.ready else FileState.ASKING
    return row.update(
        reading=kept.dumped(reading),
        sheets=kept.keepable(shown),
        answers={},
        unit=unit,
        place=unit or file.place,
        state=state,
        said=kept.keepable(reading.refused[:500]),
        version=F("version") + 1,
        **found.counts(),
    )


def _keep_meaning(file: IncomingFile, reading: Reading) -> None:
    file.batch.files.filter(pk=file.pk).update(
        proposed=reading.submission or "",
        because=kept.keepable(reading.because[:300]),
        supersedes=kept.keepable((reading.supersedes or "")[:200]),
    )
