"""Photos of a log: at most three, never asked for, kept without what a camera writes beside the picture.

A camera tells where and when, on which device, and often the name of its owner. The picture itself is
not touched: segments (JPEG) and chunks (PNG) that draw nothing are left out, and whatever hangs on
behind its end.
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import PurePath

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404

from federation import audit, kept_files
from federation.models import User
from pairing import logs
from pairing.models import ContactLog, LogPhoto, Pairing

MOST = 3
LARGEST = 2 << 20  # bytes
KINDS = {suffix: kept_files.DOCUMENTS[suffix] for suffix in (".jpg", ".jpeg", ".png")}
TYPES = {".jpg": "image/jpeg", ".png": "image/png"}
SPOILT = "这张照片打不开，请重新拍照或另选一张。"

# -- JPEG ------------------------------------------------------------------------------------------
SOI, EOI, SOS, EXIF, ADOBE, COMMENT = 0xD8, 0xD9, 0xDA, 0xE1, 0xEE, 0xFE
ORIENTATION = 0x0112
# Which way up: all of EXIF that the picture needs, in a block of its own.
UPRIGHT = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0%c\0\0\0\0\0\0"
# -- PNG -------------------------------------------------------------------------------------------
PNG = b"\x89PNG\r\n\x1a\n"
DRAWN = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs")  # fmt: skip


def found(rows: QuerySet[LogPhoto], file: object) -> LogPhoto:
    """The photo among ``rows`` with that file, or 404."""
    try:
        return rows.get(file=file)
    except (LogPhoto.DoesNotExist, ValueError, ValidationError) as error:
        raise Http404 from error


def type_of(photo: LogPhoto) -> str:
    return TYPES[PurePath(photo.name).suffix]


@transaction.atomic
def add(log: ContactLog, upload: UploadedFile, *, by: User) -> LogPhoto:
    """One photo more; the same picture again is the one that is there."""
    pair, log = _held(log, by)
    if log.withdrawn_at:
        raise ValidationError("这条记录已经撤回，不能再添照片。")
    content = _read(upload)
    suffix = ".png" if content.startswith(PNG) else ".jpg"
    name = hashlib.sha256(content).hexdigest()[:16] + suffix
    photos = list(log.photos.all())
    for photo in photos:
        if photo.name == name:
            return photo
    if len(photos) >= MOST:
        raise ValidationError({"photo": f"每条记录最多{MOST}张照片，请先删去一张。"})
    kept = kept_files.keep(SimpleUploadedFile(name, content), largest=LARGEST, kinds=KINDS)
    photo = LogPhoto(pairing=pair, log=log, file=kept.file, name=name, size=kept.size)
    photo.save()
    audit.record(log, "add_log_photo", by=by, unit=pair.unit)
    return photo


@transaction.atomic
def remove(photo: LogPhoto, *, by: User) -> ContactLog:
    """Off the disk as well, as soon as this is done for good."""
    pair, log = _held(photo.log, by)
    found = log.photos.select_for_update(of=("self",)).filter(pk=photo.pk).first()
    if found is not None:
        found.delete()
        transaction.on_commit(lambda: kept_files.forget(photo.file))
        audit.record(log, "remove_log_photo", by=by, unit=pair.unit)
    return log


def _held(log: ContactLog, by: User) -> tuple[Pairing, ContactLog]:
    """Who may take the log back may change its photos."""
    rows = Pairing.objects.visible_to(by).select_related("unit").select_for_update(of=("self",))
    pair = rows.filter(pk=log.pairing_id).first()
    if pair is None or not logs.may_withdraw(log, by):
        raise PermissionDenied
    return pair, pair.logs.get(pk=log.pk)


def _read(upload: UploadedFile) -> bytes:
    suffix = PurePath(upload.name or "").suffix.lower()
    if suffix not in KINDS:
        raise ValidationError({"photo": "照片须是 jpg 或 png 格式，请另选一张。"})
    if (upload.size or 0) > LARGEST:
        raise ValidationError({"photo": f"照片超过 {LARGEST >> 20} MB，请缩小后再传。"})
    try:
        return bare(upload.read())
    except (ValueError, IndexError, struct.error) as error:
        raise ValidationError({"photo": SPOILT}) from error


def bare(content: bytes) -> bytes:
    """The picture alone; ``ValueError`` where ``content`` is none, or stops in the middle."""
    return _bare_png(content) if content.startswith(PNG) else _bare_jpeg(content)


def _bare_jpeg(content: bytes) -> bytes:
    if content[:2] != bytes((0xFF, SOI)):
        raise ValueError("no JPEG")
    kept, place, drawn = [content[:2]], 2, False
    while True:
        if content[place] != 0xFF:
            raise ValueError("no marker")
        marker = content[place + 1]
        if marker == 0xFF:  # filling
            place += 1
            continue
        if marker == EOI:
            if not drawn:
                raise ValueError("no picture")
            return b"".join([*kept, content[place : place + 2]])
        (length,) = struct.unpack_from(">H", content, place + 2)
        end = place + 2 + length
        if length < 2 or end > len(content):
            raise ValueError("cut short")
        segment = content[place:end]
        if marker == EXIF and (way := _orientation(segment[4:])) > 1:
            turned = UPRIGHT % way
            kept.append(b"\xff\xe1" + struct.pack(">H", len(turned) + 2) + turned)
        if not (0xE1 <= marker <= 0xEF or marker == COMMENT) or marker == ADOBE:
            kept.append(segment)
        place = end
        if marker == SOS:
            drawn = True
            place = _end_of_scan(content, place)
            kept.append(content[end:place])


def _end_of_scan(content: bytes, place: int) -> int:
    """Where the next marker stands that is none of a scan's own (stuffing, restarts)."""
    while True:
        place = content.index(b"\xff", place)
        if content[place + 1] != 0 and not 0xD0 <= content[place + 1] <= 0xD7:
            return place
        place += 2


def _orientation(block: bytes) -> int:
    """1 to 8, 0 where the block says nothing of it."""
    if not block.startswith(b"Exif\0\0"):
        return 0
    tiff = block[6:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 0
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, first)
        for number in range(entries):
            tag, _, _, way = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * number)
            if tag == ORIENTATION:
                return way if 1 <= way <= 8 else 0
    except struct.error:
        pass
    return 0


def _bare_png(content: bytes) -> bytes:
    kept, place = [PNG], len(PNG)
    while True:
        (length,) = struct.unpack_from(">I", content, place)
        kind, end = content[place + 4 : place + 8], place + 12 + length
        if end > len(content):
            raise ValueError("cut short")
        if kind in DRAWN:
            kept.append(content[place:end])
        if kind == b"IEND":
            return b"".join(kept)
        place = end
