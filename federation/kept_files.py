"""Files that people hand in: checked by content, written aside, served by scope-asking views alone.

``MEDIA_ROOT/kept/<uuid>``; the row that owns a file holds its uuid, name and size. An app that owns
files names a function in ``kept_files`` of its config, ``owned() → iterable of uuids``: what nobody
owns is swept a day later. No web server may serve this folder.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePath
from urllib.parse import quote
from uuid import UUID, uuid4

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404

LARGEST = 20 << 20  # bytes
ORPHAN_AFTER = 24 * 3600  # seconds: the row of a file may be about to commit
FORBIDDEN = set('\\/:*?"<>|')
LONGEST_NAME = 80  # characters: 240 bytes in Chinese, and many disks end at 255
# Suffix → what its first bytes must be. The container of Office 2007 is looked into below.
_OLE, _ZIP = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",), (b"PK\x03\x04",)
DOCUMENTS: dict[str, tuple[bytes, ...]] = {
    ".pdf": (b"%PDF-",),
    ".doc": _OLE,
    ".xls": _OLE,
    ".wps": (*_OLE, *_ZIP),
    ".et": (*_OLE, *_ZIP),
    ".docx": _ZIP,
    ".xlsx": _ZIP,
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
}


@dataclass(frozen=True)
class Kept:
    """A file that is on disk for good; ``size`` in bytes."""

    file: UUID
    name: str
    size: int
    sha256: str


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "kept"


def shown_name(name: str) -> str:
    """``name`` without what Windows, macOS or a header would stumble over; at most 80 characters."""
    clean = "".join("_" if c in FORBIDDEN or not c.isprintable() else c for c in name).strip(" .")
    suffix = PurePath(clean).suffix[:10]
    return clean if len(clean) <= LONGEST_NAME else clean[: LONGEST_NAME - len(suffix)] + suffix


def keep(
    upload: UploadedFile,
    *,
    largest: int = LARGEST,
    kinds: Mapping[str, tuple[bytes, ...]] = DOCUMENTS,
) -> Kept:
    """Write ``upload`` to disk, whole or not at all.

    ``ValidationError`` naming the file: empty, larger than ``largest`` bytes, of a kind we do not
    take, not of the kind its name says, or a document with macros. ``kinds`` are suffixes with
    what the first bytes must be; none named, the content is told by whoever opens the file, as the
    reader of returns does: half of the .xls that come by mail are pages of HTML.
    """
    name = shown_name(upload.name or "未命名")
    _check(upload, name, largest, kinds)
    folder().mkdir(parents=True, exist_ok=True)
    file, digest, size = uuid4(), hashlib.sha256(), 0
    aside = folder() / f"{file}.part"
    with aside.open("wb") as out:
        for chunk in upload.chunks():
            out.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        out.flush()
        os.fsync(out.fileno())
    aside.chmod(0o600)
    aside.rename(folder() / str(file))
    return Kept(file, name, size, digest.hexdigest())


def _check(
    upload: UploadedFile, name: str, largest: int, kinds: Mapping[str, tuple[bytes, ...]]
) -> None:
    suffix = PurePath(name).suffix.lower()
    if suffix not in kinds:
        known = "、".join(kind.lstrip(".") for kind in kinds)
        raise ValidationError(f"“{name}”不能上传；可以上传：{known}。")
    if not upload.size:
        raise ValidationError(f"“{name}”是空文件，请重新选择。")
    if upload.size > largest:
        raise ValidationError(f"“{name}”超过 {largest >> 20} MB，请压缩图片或分开上传。")
    if not kinds[suffix]:
        return
    upload.seek(0)
    first = upload.read(16)
    upload.seek(0)
    if not first.startswith(kinds[suffix]):
        raise ValidationError(f"“{name}”的内容不是 {suffix.lstrip('.')} 文件，请另存后再上传。")
    if first.startswith(_ZIP):
        _look_inside(upload, name)


def _look_inside(upload: UploadedFile, name: str) -> None:
    """Names of parts stand unpacked in a container: looked for as bytes, nothing is parsed here."""
    content = upload.read()
    upload.seek(0)
    if b"PK\x05\x06" not in content[-66_000:]:
        raise ValidationError(f"“{name}”打不开，可能没有传完整，请重新上传。")
    if b"[content_types].xml" not in content.lower():
        raise ValidationError(f"“{name}”的内容不是办公文档，请另存后再上传。")
    if b"vbaproject.bin" in content.lower():
        raise ValidationError(f"“{name}”含有宏，请另存为不含宏的格式后再上传。")


def path_of(file: UUID | None) -> Path:
    """Where ``file`` lies; ``Http404`` when it does not."""
    path = folder() / str(file)
    if file is None or not path.is_file():
        raise Http404
    return path


def answer(file: UUID | None, name: str) -> FileResponse:
    """The file as a download under ``name``. The caller has asked scope."""
    response = FileResponse(path_of(file).open("rb"), content_type="application/octet-stream")
    response["Content-Disposition"] = disposition(name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    # Should a browser show the file all the same, nothing in it may run or call out.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def disposition(name: str, plain: str = "download") -> str:
    """Attachment under its Chinese name (RFC 5987), with ``plain`` for browsers that know none."""
    suffix = "".join(c for c in PurePath(name).suffix if c.isascii() and (c.isalnum() or c == "."))
    chinese = quote(name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{plain}{suffix}\"; filename*=UTF-8''{chinese}"


def forget(file: UUID | None) -> None:
    """Take ``file`` off the disk; harmless when it is not there."""
    if file is not None:
        (folder() / str(file)).unlink(missing_ok=True)


def owned() -> Iterator[UUID]:
    """Every file that a row of some app owns."""
    for config in apps.get_app_configs():
        if name := getattr(config, "kept_files", ""):
            module, function = name.rsplit(".", 1)
            yield from _files_of(getattr(import_module(module), function)())


def _files_of(files: Iterable[UUID | None]) -> Iterator[UUID]:
    return (file for file in files if file is not None)


def sweep() -> int:
    """Remove what nobody owns and is a day old; how many files."""
    if not folder().is_dir():
        return 0
    theirs, limit = {str(file) for file in owned()}, time.time() - ORPHAN_AFTER
    gone = [p for p in folder().iterdir() if p.name not in theirs and p.stat().st_mtime < limit]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
