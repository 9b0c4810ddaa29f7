"""Keeping files as they were sent: a batch is opened, files are added, reading is asked for.

Limits are settings: a city sends 500 files in a morning, and nobody should fill the disk.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import transaction
from django.db.models import Max, QuerySet, Sum
from django.utils import timezone

from federation import audit, kept_files, scope
from federation.models import OrgUnit, User
from reporting.incoming import bundles
from reporting.jobs import request_job
from reporting.models import Collection, FileState, IncomingBatch, IncomingFile, Job, Submission

# Suffixes taken in. What is inside is told by the reader, never by the name.
KINDS: dict[str, tuple[bytes, ...]] = dict.fromkeys(
    (".xlsx", ".xls", ".et", ".docx", ".doc", ".wps", ".zip", ".csv", ".xlsb", ".xlsm", ".txt", ".rtf", ".htm",
     ".html", ".mht", ".mhtml", ".eml", ".msg", ".xml", ".ods", ".odt", ".fods", ".fodt", ".slk", ".dif", ".tsv",
     ".pdf"),
    (),
)  # fmt: skip
LARGEST = 40 << 20  # bytes a file; each annex has its own, smaller cap


def calls_of(user: User) -> QuerySet[Collection]:
    """Calls that somebody could answer by a file of hers: her own unit's, or those she may fill for."""
    return Collection.objects.filter(pk__in=_mine(user).values("collection"))


def _mine(user: User) -> QuerySet[Submission]:
    own, above = (scope.units_held(user, f"reporting_{word}") for word in ("fill", "proxy"))
    reach = Submission.objects.visible_to(user)
    return reach.filter(unit__in=own) | reach.filter(reviewer__in=above)


def desks(user: User, collection: Collection) -> list[tuple[OrgUnit, bool]]:
    """Units at which ``user`` may hand in files for ``collection``; whether for that unit alone.

    The nearest first: one who reviews drops the files of all below, one who only fills her own.
    """
    mine = _mine(user).filter(collection=collection)
    above = scope.units_held(user, "reporting_proxy")
    own = scope.units_held(user, "reporting_fill")
    found = dict.fromkeys(mine.filter(reviewer__in=above).values_list("reviewer", flat=True), False)
    for unit in mine.filter(unit__in=own).values_list("unit", flat=True):
        found.setdefault(unit, True)
    units = OrgUnit.objects.filter(pk__in=found).select_related("unit_type").order_by("path")
    return [(unit, found[unit.pk]) for unit in units]


@transaction.atomic
def open_batch(
    collection: Collection,
    *,
    unit: OrgUnit,
    by: User,
    received_on: dt.date | None = None,
    alone: bool = False,
) -> IncomingBatch:
    """Begin a batch at ``unit``. ``alone``: all files are of that unit itself.

    What one hands in for one's own unit came today. For others it came when the mail came:
    ``received_on`` may lie before today, after the call was opened.
    """
    allowed = dict(desks(by, collection))
    if unit not in allowed or (not alone and allowed[unit]):
        raise PermissionDenied(f"您不能为“{unit}”带入{collection.form.mark}。")
    today = timezone.localdate()
    received = today if alone or received_on is None else received_on
    if not collection.opened_on <= received <= today:
        raise ValidationError(
            f"收到日期应在{collection.opened_on:%Y-%m-%d}至{today:%Y-%m-%d}之间，请核对。",
            code="received_on",
        )
    batch = IncomingBatch.objects.create(
        collection=collection,
        unit=unit,
        sender=unit if alone else None,
        by=by,
        received_on=received,
    )
    audit.record(batch, "open_batch", by=by, unit=unit, detail={"received_on": str(received)})
    return batch


def require_desk(batch: IncomingBatch, by: User) -> None:
    """A batch is handled where it came in, by whoever hands in files there."""
    if not any(unit.pk == batch.unit_id for unit, _ in desks(by, batch.collection)):
        raise PermissionDenied(f"这批来件由{batch.unit}办理；您可以查看。")


def add_files(batch: IncomingBatch, upload: UploadedFile, *, by: User) -> list[str]:
    """Keep one file, or each file of a .zip, which remembers its folder; sentences of those refused.

    ``ValidationError`` as :func:`add_file` where what was sent is one file and is not kept.
    """
    first = upload.read(8)
    upload.seek(0)
    if not bundles.may_be_one(first) or (upload.size or 0) > LARGEST:
        add_file(batch, upload, by=by)
        return []
    inside = list(bundles.unpacked(upload.name or "未命名", upload.read()))
    upload.seek(0)
    if len(inside) == 1 and not inside[0].bundle and not inside[0].refused:
        add_file(batch, upload, by=by)
        return []
    refused = []
    for sent in inside:
        try:
            if sent.refused:
                raise ValidationError(sent.refused)
            one = SimpleUploadedFile(sent.name, sent.content)
            add_file(batch, one, by=by, folder=sent.folder)
        except ValidationError as error:
            refused.append(error.messages[0])
    return refused


@transaction.atomic
def add_file(
    batch: IncomingBatch, upload: UploadedFile, *, by: User, folder: str = ""
) -> IncomingFile:
    """Keep one file of ``batch``; the same bytes twice in a batch are one file.

    ``ValidationError`` names the file and says what to do; then nothing is kept of it.
    """
    batch = IncomingBatch.objects.visible_to(by).select_for_update(of=("self",)).get(pk=batch.pk)
    require_desk(batch, by)
    files = batch.files.all()
    _require_room(batch, upload, by)
    kept = kept_files.keep(upload, largest=LARGEST, kinds=KINDS)
    if same := files.filter(sha256=kept.sha256).first():
        kept_files.forget(kept.file)
        return same
    last = files.aggregate(last=Max("position"))["last"] or 0
    file = IncomingFile.objects.create(
        batch=batch,
        collection=batch.collection,
        position=last + 1,
        place=batch.sender or batch.unit,
        name=kept.name,
        folder=folder[:300],
        file=kept.file,
        size=kept.size,
        sha256=kept.sha256,
    )
    audit.record(
        file,
        "receive_file",
        by=by,
        unit=file.place,
        detail={"sha256": kept.sha256, "size": kept.size},
    )
    return file


def _require_room(batch: IncomingBatch, upload: UploadedFile, by: User) -> None:
    name = kept_files.shown_name(upload.name or "未命名")
    most = settings.INCOMING_FILES
    if batch.files.count() >= most:
        raise ValidationError(f"“{name}”没有收下：一批最多 {most} 个文件，请分成几批上传。")
    held = batch.files.aggregate(sum=Sum("size"))["sum"] or 0
    if held + (upload.size or 0) > settings.INCOMING_MEGABYTES << 20:
        raise ValidationError(
            f"“{name}”没有收下：一批合计最多 {settings.INCOMING_MEGABYTES} MB，请分成几批上传。"
        )
    hour = timezone.now() - dt.timedelta(hours=1)
    sent = IncomingFile.objects.visible_to(by).filter(batch__by=by, batch__created_at__gte=hour)
    if sent.count() >= settings.INCOMING_AN_HOUR:
        raise ValidationError(
            f"“{name}”没有收下：一小时内最多上传 {settings.INCOMING_AN_HOUR} 个文件，请稍后再传。"
        )


def start_reading(batch: IncomingBatch, *, by: User) -> Job | None:
    """Ask for a job that reads what waits in ``batch``; the open one where there is one already."""
    if not batch.files.filter(state=FileState.WAITING).exists():
        return batch.job
    job = request_job(
        "read_incoming",
        requester=by,
        unit=batch.unit,
        params={"batch": str(batch.uuid)},
        dedupe_key=str(batch.uuid),
    )
    batch.job = job
    batch.save(update_fields=["job"])
    return job
