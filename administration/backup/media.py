"""Files of a backup: what people handed in and what jobs made and may still be fetched."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from administration.backup import Refused
from administration.backup.archive import Writer
from federation import kept_files
from reporting.jobs import files as job_files
from reporting.models import Job
from reporting.models.jobs import JobState

BLOCK = 1 << 20
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NAME = re.compile(rf"(kept|jobs)/{UUID}")  # a part's name, and where its file lies in MEDIA_ROOT


def owned() -> list[str]:
    """Names of all files that a row owns, as ``kept/<uuid>`` and ``jobs/<uuid>``."""
    kept = {f"{kept_files.folder().name}/{file}" for file in kept_files.owned()}
    done = Job.objects.filter(state=JobState.DONE, expires_at__gt=timezone.now())
    made = {
        f"{job_files.folder().name}/{artefact}"
        for artefact in done.exclude(artefact=None).values_list("artefact", flat=True)
    }
    return sorted(kept | made)


def path_of(name: str) -> Path:
    return Path(settings.MEDIA_ROOT) / name


def blocks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def sum_of(path: Path) -> str:
    digest = hashlib.sha256()
    for block in blocks_of(path):
        digest.update(block)
    return digest.hexdigest()


def write(writer: Writer) -> list[str]:
    """Add the files that rows own; returns the names of those that are not on disk."""
    missing = []
    for name in owned():
        blocks = blocks_of(path_of(name))
        try:
            first = next(blocks, b"")
        except FileNotFoundError:
            missing.append(name)
            continue
        writer.part(name, chain([first], blocks), pack=False)
    return missing


class Placing:
    """Puts files into ``MEDIA_ROOT``; ``undo`` takes away what this one put there."""

    def __init__(self) -> None:
        self._placed: list[Path] = []

    def clash(self, parts: dict[str, list]) -> None:
        """:class:`Refused` where another file has the name of one of ``parts``."""
        for name, (_, sha256) in parts.items():
            path = path_of(name)
            if path.exists() and sum_of(path) != sha256:
                raise Refused(
                    f"文件目录里已有内容不同的同名文件 {name}，请清空 MEDIA_ROOT 再恢复。"
                )

    def put(self, name: str, blocks: Iterator[bytes]) -> None:
        path = path_of(name)
        if path.exists():
            return  # the same, as `clash` has seen
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"{path.name}.part")
        self._placed += [aside, path]
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            for block in blocks:
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        aside.rename(path)

    def undo(self) -> None:
        for path in self._placed:
            path.unlink(missing_ok=True)
