"""What the pages remember: answered requests (so that a repeat is a replay) and saved queries."""

from django.db import models


class IdempotentRequest(models.Model):
    """The answer once given to an unsafe request, kept under the key its page carried.

    The same key with the same body is answered again without acting; with another body it is
    refused. Inserted in the transaction of the act itself.
    """

    key = models.UUIDField()
    user = models.ForeignKey("federation.User", models.CASCADE, related_name="+")
    route = models.CharField(max_length=120)
    body_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    location = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    content_type = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "已处理请求"
        constraints = [
            models.UniqueConstraint(fields=("user", "key"), name="federation_one_request_per_key")
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"


class SavedQuery(models.Model):
    """A list's query kept under a name by the person who uses it."""

    user = models.ForeignKey("federation.User", models.CASCADE, related_name="saved_queries")
    page = models.CharField("页面", max_length=120)
    name = models.CharField("名称", max_length=30)
    query = models.CharField("条件", max_length=1000, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "常用查询"
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(
                fields=("user", "page", "name"), name="federation_one_saved_query"
            )
        ]

    def __str__(self) -> str:
        return self.name
