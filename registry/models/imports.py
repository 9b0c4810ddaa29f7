"""An uploaded register between its preview and its confirmation."""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from federation.encryption import EncryptedTextField, SealedModel
from federation.models import OrgUnit, User
from federation.scope import OutOfReach
from registry.models.programmes import Programme

KEPT = dt.timedelta(hours=1)
CHUNK = 1_000  # rows, or lines of a preview, that lie in one place
Row = dict[str, Any]


class RegisterImportQuerySet(models.QuerySet["RegisterImport"]):
    def of(self, user: User) -> Self:
        """Her own uploads of the last hour; nobody is shown another's."""
        return self.filter(_lately(), by=user)

    def to_apply(self, found: RegisterImport, *, by: User, sha256: str) -> RegisterImport:
        """``found`` held until the act is done, if it is ``by``'s, as previewed and without a fault.

        Raises ``OutOfReach`` for another's or a lapsed one, ``ValidationError`` (``applied``, ``faults``).
        """
        held = self.select_for_update().of(by).filter(pk=found.pk).first()
        if held is None or held.sha256 != sha256:
            raise OutOfReach("没有这次导入，或已超过一小时；请重新上传。")
        if held.applied_at:
            raise ValidationError("这份表格已经导入过了。", code="applied")
        if held.rows is None:
            raise ValidationError("表格里还有错，请改好重新上传。", code="faults")
        return held

    def past_keeping(self) -> Self:
        return self.exclude(_lately())


def _lately() -> Q:
    """Uploaded, or confirmed, within the hour: what was confirmed may wait its turn."""
    began = timezone.now() - KEPT
    return Q(created_at__gt=began) | Q(confirmed_at__isnull=False, confirmed_at__gt=began)


class RegisterImport(SealedModel):
    """One upload, kept for an hour: the file itself never, its rows sealed, emptied when applied.

    ``outcome`` is what the preview shows, masked: it holds no private value. Of a register too long for
    one request, ``parts`` hold the file until it is read, the rows after the first thousand, and the
    lines of the preview.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    by = models.ForeignKey(User, models.CASCADE, verbose_name="上传人", related_name="+")
    unit = models.ForeignKey(OrgUnit, models.CASCADE, verbose_name="范围", related_name="+")
    # "" for a register of persons, else which of place_imports.NOUNS.
    noun = models.CharField("内容种类", max_length=10, blank=True, default="")
    programme = models.ForeignKey(Programme, models.CASCADE, verbose_name="专项", null=True)
    sha256 = models.CharField("文件校验值", max_length=64)
    rows = EncryptedTextField("内容")
    outcome = models.JSONField("预览", default=dict)
    created_at = models.DateTimeField("上传时间", auto_now_add=True, db_index=True)
    confirmed_at = models.DateTimeField("确认时间", null=True)
    applied_at = models.DateTimeField("导入时间", null=True)

    objects = RegisterImportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "台账导入"

    def __str__(self) -> str:
        return f"台账导入 {self.uuid.hex[:8]}"

    # -- What lies in parts ----------------------------------------------------------------------
    def keep(self, kind: str, pieces: Iterable[bytes]) -> None:
        """Seal ``pieces``, one a row: each may be a megabyte, so that they are not written at once."""
        for number, piece in enumerate(pieces):
            packed = base64.b64encode(piece).decode()
            RegisterImportPart.objects.create(found=self, kind=kind, number=number, content=packed)

    def pieces(self, kind: str, numbers: range | None = None) -> Iterator[bytes]:
        kept = self.parts.filter(kind=kind).order_by("number")
        if numbers is not None:
            kept = kept.filter(number__gte=numbers.start, number__lt=numbers.stop)
        for part in kept.iterator(chunk_size=1):
            sealed: Any = part.content
            yield base64.b64decode(sealed.open())

    def thousands(self) -> Iterator[list[Row]]:
        """The rows as they were read, a thousand at a time."""
        sealed: Any = self.rows
        if sealed is not None:
            yield json.loads(sealed.open())
        yield from (unpacked(piece) for piece in self.pieces(RegisterImportPart.Kind.ROWS))

    def lines(self, asked: slice) -> list[Row]:
        """Lines of the preview; only those thousands are opened in which they lie."""
        if shown := self.outcome.get("lines"):
            return shown[asked]
        first = asked.start // CHUNK
        places = range(first, (asked.stop - 1) // CHUNK + 1)
        kept = self.pieces(RegisterImportPart.Kind.LINES, places)
        found = [line for piece in kept for line in unpacked(piece)]
        return found[asked.start - first * CHUNK : asked.stop - first * CHUNK]

    def empty(self) -> None:
        """Nothing of what was uploaded is kept any longer; ``rows`` is still to be saved."""
        self.rows = ""
        self.parts.all().delete()


def packed(rows: list[Row]) -> bytes:
    return zlib.compress(json.dumps(rows, ensure_ascii=False).encode(), 1)


def unpacked(piece: bytes) -> list[Row]:
    return json.loads(zlib.decompress(piece))


class RegisterImportPart(SealedModel):
    """A piece of what was uploaded, sealed like the rest of it."""

    class Kind(models.TextChoices):
        FILE = "file", "文件"
        ROWS = "rows", "内容"
        LINES = "lines", "预览"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    found = models.ForeignKey(RegisterImport, models.CASCADE, related_name="parts")
    kind = models.CharField("种类", max_length=5, choices=Kind.choices)
    number = models.PositiveIntegerField("序号")
    content = EncryptedTextField("内容")

    class Meta:
        verbose_name = verbose_name_plural = "台账导入的分段"
        constraints = [
            models.UniqueConstraint(
                fields=("found", "kind", "number"), name="registry_one_import_part"
            )
        ]

    def __str__(self) -> str:
        return f"{self.found} {self.kind} {self.number}"
