"""An uploaded list of people between its preview and its confirmation."""

import uuid

from django.db import models


class AccountImport(models.Model):
    """One upload, kept for an hour: what its rows say and what they would do.

    Belongs to who uploaded it. ``rows`` is emptied with the confirmation; no password is kept.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    by = models.ForeignKey(
        "federation.User", models.CASCADE, verbose_name="上传人", related_name="+"
    )
    sha256 = models.CharField("文件校验值", max_length=64)
    sheet = models.CharField("工作表", max_length=100)
    rows = models.JSONField("内容", default=list)
    outcome = models.JSONField("预览", default=dict)
    created_at = models.DateTimeField("上传时间", auto_now_add=True, db_index=True)
    confirmed_at = models.DateTimeField("导入时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "账号导入"

    def __str__(self) -> str:
        return f"账号导入 {self.uuid.hex[:8]}"
