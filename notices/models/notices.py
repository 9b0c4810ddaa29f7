"""通知: an official document that asks for something, its recipients and their 签收."""

from typing import ClassVar, Self
from uuid import uuid4

from django.apps import apps
from django.db import models
from django.db.models import Q

from federation import scope
from federation.models import OrgUnit, UnitType, User
from federation.scope import ScopedModel, ScopedQuerySet
from notices import doc_numbers


class NoticeState(models.TextChoices):
    DRAFT = "draft", "草稿"
    PUBLISHED = "published", "已发布"
    WITHDRAWN = "withdrawn", "已撤回"
    SUPERSEDED = "superseded", "已更正"


class NoticeQuerySet(ScopedQuerySet):
    def visible_to(self, user: User, action: str = "view") -> Self:
        """Notices of the units one reaches; and, to read, those sent to a unit one reaches.

        So are those that ask something of a unit one reaches without having been sent to it. A draft
        is its issuer's alone, and not for the units above. What was withdrawn stays readable for who
        had received it.
        """
        paths = scope.granted_paths(user, f"notices_{action}")
        if not paths:
            return self.none()
        seats = scope.units_held(user, f"notices_{action}")
        readable = self.filter(~Q(state=NoticeState.DRAFT) | Q(issuer__in=seats))
        if action != "view":
            return readable.filter(scope.reach(paths, "issuer__path"))
        received = NoticeReceipt.objects.unscoped(reason="notices sent to units in reach").filter(
            scope.reach(paths, "unit__path")
        )
        tasks = apps.get_model("notices", "Task").objects.unscoped(reason="what units in reach owe")
        owing = tasks.filter(scope.reach(paths, "unit__path")).values("duty__notice")
        sent = ~Q(state=NoticeState.DRAFT) & (Q(pk__in=received.values("notice")) | Q(pk__in=owing))
        return readable.filter(scope.reach(paths, "issuer__path") | sent)


class Notice(ScopedModel):
    """One version of one notice. A published version is frozen; a correction is the next version.

    ``series`` is the uuid all versions share. ``doc_number`` is kept as GB/T 9704 writes it, with
    its three parts beside it to sort and search by; a notice may have none (下基层 of 2014).
    """

    scope_unit = "issuer"
    behind_the_wall = False  # read by its recipients, who lie anywhere; it holds no archive

    class DocType(models.TextChoices):
        NOTICE = "notice", "通知"
        OPINION = "opinion", "意见"
        PLAN = "implementation_plan", "实施方案"
        LETTER = "letter", "函"

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    series = models.UUIDField(default=uuid4, editable=False, db_index=True)
    version = models.PositiveSmallIntegerField("版本", default=1, editable=False)
    changes = models.TextField("更正说明", blank=True)
    state = models.CharField(
        "状态", max_length=20, choices=NoticeState.choices, default=NoticeState.DRAFT
    )
    title = models.CharField("标题", max_length=200)
    doc_type = models.CharField(
        "文种", max_length=30, choices=DocType.choices, default=DocType.NOTICE
    )
    doc_number = models.CharField("发文字号", max_length=40, blank=True)
    doc_agency = models.CharField(max_length=20, blank=True, editable=False)
    doc_year = models.PositiveSmallIntegerField(null=True, editable=False)
    doc_serial = models.PositiveIntegerField(null=True, editable=False)
    issuer = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="发文单位", related_name="notices"
    )
    signer = models.CharField("签发人", max_length=30, blank=True)
    issue_date = models.DateField("成文日期")
    print_date = models.DateField("印发日期", null=True, blank=True)
    basis = models.TextField("依据", blank=True, help_text="依据的会议或上级文件，一行一件。")
    body = models.TextField("正文", blank=True)
    enclosure_title = models.CharField("印发的文件", max_length=200, blank=True)
    enclosure = models.TextField("印发文件正文", blank=True)
    campaign_from = models.DateField("活动开始", null=True, blank=True)
    campaign_to = models.DateField("活动结束", null=True, blank=True)
    ladder = models.JSONField(
        "提醒安排", null=True, blank=True, help_text="空为通常的安排；见 notices.ladder。"
    )
    published_at = models.DateTimeField("发布时间", null=True, editable=False)
    published_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+"
    )
    withdrawn_at = models.DateTimeField("撤回时间", null=True, editable=False)
    withdrawn_why = models.CharField("撤回原因", max_length=300, blank=True, editable=False)

    objects: ClassVar = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        ordering = ("-issue_date", "-pk")
        constraints = [
            models.UniqueConstraint(fields=("series", "version"), name="notices_one_version"),
            models.UniqueConstraint(
                fields=("issuer", "doc_number"),
                # Later versions carry the number of the first; what was withdrawn frees it.
                condition=Q(version=1) & ~Q(state="withdrawn") & ~Q(doc_number=""),
                name="notices_one_doc_number",
                violation_error_message="本单位已有这个发文字号的通知。",
            ),
            models.CheckConstraint(
                name="notices_campaign_ends_after_start",
                condition=Q(campaign_to__isnull=True)
                | Q(campaign_from__isnull=True)
                | Q(campaign_to__gte=models.F("campaign_from")),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args, **kwargs):
        number = doc_numbers.parse(self.doc_number)
        self.doc_number = str(number) if number else ""
        self.doc_agency = number.agency if number else ""
        self.doc_year = number.year if number else None
        self.doc_serial = number.serial if number else None
        super().save(*args, **kwargs)

    @property
    def is_draft(self) -> bool:
        return self.state == NoticeState.DRAFT


class Part(models.Model):
    """What belongs to one version of a notice, and is reached through it alone."""

    notice: models.ForeignKey
    position = models.PositiveSmallIntegerField(default=1)

    class Meta:
        abstract = True
        ordering = ("position", "pk")


class Addressee(Part):
    """One line of 主送 or 抄送: a kind of unit below the issuer, or one unit by name."""

    class Role(models.TextChoices):
        MAIN = "main", "主送"
        COPY = "copy", "抄送"

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="addressees")
    role = models.CharField("方式", max_length=10, choices=Role.choices, default=Role.MAIN)
    unit_type = models.ForeignKey(UnitType, models.PROTECT, null=True, blank=True)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, null=True, blank=True, related_name="+")
    words = models.CharField("文中称谓", max_length=100, blank=True)

    class Meta(Part.Meta):
        verbose_name = verbose_name_plural = "主送、抄送"
        constraints = [
            models.CheckConstraint(
                name="notices_addressee_is_kind_or_unit",
                condition=Q(unit_type__isnull=True) ^ Q(unit__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.words or str(self.unit or self.unit_type)


class Contact(Part):
    """联系人. A notice may name several."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="contacts")
    name = models.CharField("姓名", max_length=30)
    phone = models.CharField("联系电话", max_length=40, blank=True)
    email = models.EmailField("电子邮箱", blank=True)

    class Meta(Part.Meta):
        verbose_name = verbose_name_plural = "联系人"

    def __str__(self) -> str:
        return self.name


class Attachment(Part):
    """附件: a numbered file of the notice, and the annex code it is bound to where it is a form."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    notice = models.ForeignKey(Notice, models.CASCADE, related_name="attachments")
    title = models.CharField("名称", max_length=200)
    annex = models.CharField("对应表式", max_length=60, blank=True)
    file = models.UUIDField(null=True, editable=False)
    file_name = models.CharField(max_length=200, blank=True, editable=False)
    file_size = models.PositiveIntegerField(null=True, editable=False)

    class Meta(Part.Meta):
        verbose_name = verbose_name_plural = "附件"
        constraints = [
            models.UniqueConstraint(
                fields=("notice", "annex"),
                condition=~Q(annex=""),
                name="notices_annex_attached_once",
                violation_error_message="同一通知中这个表式已经附过。",
            )
        ]

    def __str__(self) -> str:
        return f"附件{self.position}：{self.title}"


class NoticeReceipt(ScopedModel):
    """签收: one recipient unit has the notice; by whom and when it was signed for. Not a read mark."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="receipts")
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="notice_receipts")
    role = models.CharField(max_length=10, choices=Addressee.Role.choices)
    signed_at = models.DateTimeField("签收时间", null=True, editable=False)
    signed_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="签收人", null=True, editable=False, related_name="+"
    )
    # A unit that was closed or left before it signed: nobody waits for it any more.
    ended_on = models.DateField("不再签收自", null=True, editable=False)
    ended_why = models.CharField("不再签收的原因", max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "签收"
        constraints = [
            models.UniqueConstraint(fields=("notice", "unit"), name="notices_one_receipt"),
            models.CheckConstraint(
                name="notices_signed_with_name",
                condition=Q(signed_at__isnull=True, signed_by__isnull=True)
                | Q(signed_at__isnull=False, signed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.notice}"

    @property
    def waits(self) -> bool:
        """Whether a signature is still waited for."""
        return self.signed_at is None and self.ended_on is None
