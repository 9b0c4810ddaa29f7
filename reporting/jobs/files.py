"""Finished files on disk: written aside, published by rename, swept when nobody owns them.

``MEDIA_ROOT/jobs/<artefact uuid>`` are finished files, ``MEDIA_ROOT/jobs/tmp/<job uuid>.<token>``
those of running attempts. No web server may serve this folder.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

from reporting.models import Job
from reporting.models.jobs import JobState

ORPHAN_AFTER = 3600  # seconds a file without a row may live: its row may be about to commit


@dataclass(frozen=True)
class Stored:
    """A file that is on disk for good; ``size`` in bytes."""

    artefact: UUID
    size: int
    sha256: str


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "jobs"


def temporary(job: Job) -> Path:
    return folder() / "tmp" / f"{job.uuid}.{job.token}"


def finished(artefact: UUID) -> Path:
    return folder() / str(artefact)


def store(path: Path) -> Stored:
    """Move ``path`` to its final name so that it is whole there or not there at all."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
        os.fsync(file.fileno())
        size = file.tell()
    path.chmod(0o600)
    artefact = uuid4()
    path.rename(finished(artefact))
    _sync_folder()
    return Stored(artefact, size, digest.hexdigest())


def _sync_folder() -> None:
    handle = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweepable() -> Iterator[Path]:
    """Files that may go: expired ones at once, those without an owner after an hour."""
    limit = time.time() - ORPHAN_AFTER
    kept = {
        str(a) for a in Job.objects.filter(state=JobState.DONE).values_list("artefact", flat=True)
    }
    ended = set(
        map(str, Job.objects.exclude(state=JobState.DONE).values_list("artefact", flat=True))
    )
    working = {
        f"{uuid}.{token}"
        for uuid, token in Job.objects.filter(state=JobState.RUNNING).values_list("uuid", "token")
    }
    for path in _files(folder()):
        if path.name not in kept and (path.name in ended or _older_than(path, limit)):
            yield path
    for path in _files(folder() / "tmp"):
        if path.name not in working and _older_than(path, limit):
            yield path


def _files(where: Path) -> list[Path]:
    return sorted(p for p in where.iterdir() if p.is_file()) if where.is_dir() else []


def _older_than(path: Path, limit: float) -> bool:
    try:
        return path.stat().st_mtime < limit
    except FileNotFoundError:
        return False
