"""An uploaded register between its preview and its confirmation."""

import datetime as dt
import uuid
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from federation.encryption import EncryptedTextField, SealedModel
from federation.models import OrgUnit, User
from federation.scope import OutOfReach
from registry.models.programmes import Programme

KEPT = dt.timedelta(hours=1)


class RegisterImportQuerySet(models.QuerySet["RegisterImport"]):
    def of(self, user: User) -> Self:
        """Her own uploads of the last hour; nobody is shown another's."""
        return self.filter(by=user, created_at__gt=timezone.now() - KEPT)

    def to_apply(self, found: "RegisterImport", *, by: User, sha256: str) -> "RegisterImport":
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
        return self.filter(created_at__lte=timezone.now() - KEPT)


class RegisterImport(SealedModel):
    """One upload, kept for an hour: the file itself never, its rows sealed, emptied when applied.

    ``outcome`` is what the preview shows, masked: it holds no private value.
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
    applied_at = models.DateTimeField("导入时间", null=True)

    objects = RegisterImportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "台账导入"

    def __str__(self) -> str:
        return f"台账导入 {self.uuid.hex[:8]}"
