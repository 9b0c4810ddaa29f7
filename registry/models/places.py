"""阵地 and the people who help: sites with honours, volunteers and their teams, helpers."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from federation import tree
from federation.encryption import BlindIndexField, EncryptedTextField, SealedModel
from federation.models import OrgUnit, User
from federation.scope import ScopedModel, ScopedQuerySet
from registry import phone_numbers
from registry.models.persons import PHONE, Person


class SiteKind(models.Model):
    """A kind of 阵地 (妇女之家, 儿童之家 …); ``grades`` are the names its grades go by."""

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=40)
    grades = models.JSONField("等级", default=list, blank=True)
    hosts = models.JSONField("依托", default=list, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "阵地类别"
        ordering = ("position", "code")

    def __str__(self) -> str:
        return self.name


class Site(ScopedModel, SealedModel):
    """阵地: a place where the federation works. Closed, never deleted."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, verbose_name="所在单位", related_name="sites")
    kind = models.ForeignKey(SiteKind, models.PROTECT, verbose_name="类别")
    name = models.CharField("名称", max_length=80)
    grade = models.CharField("等级", max_length=20, blank=True)
    host = models.CharField("依托", max_length=40, blank=True)
    address = models.CharField("地址", max_length=120, blank=True)
    leader = models.CharField("负责人", max_length=30, blank=True)
    phone = EncryptedTextField("联系电话")
    phone_index = BlindIndexField(of="phone", kind=PHONE, normalise=phone_numbers.normalised)
    opened_on = models.DateField("建立日期", null=True, blank=True)
    closed_on = models.DateField("停用日期", null=True, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    synthetic = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "阵地"
        ordering = ("unit", "kind", "name")
        constraints = [
            models.UniqueConstraint(
                fields=("unit", "kind", "name"),
                condition=Q(closed_on=None),
                name="registry_one_site_of_a_name",
            )
        ]

    def __str__(self) -> str:
        return self.name


class SiteHonour(ScopedModel):
    """荣誉: what a site was named, by whom, in which year."""

    scope_unit = "site__unit"

    site = models.ForeignKey(Site, models.CASCADE, related_name="honours")
    name = models.CharField("荣誉名称", max_length=80)
    level = models.CharField("级别", max_length=10, blank=True)
    year = models.PositiveSmallIntegerField("年度")
    awarded_by = models.CharField("授予单位", max_length=60, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "阵地荣誉"
        ordering = ("-year", "name")

    def __str__(self) -> str:
        return f"{self.year} {self.name}"


class VolunteerTeam(ScopedModel):
    """志愿者队伍."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="所属单位", related_name="volunteer_teams"
    )
    name = models.CharField("队伍名称", max_length=60)
    leader = models.CharField("负责人", max_length=30, blank=True)
    formed_on = models.DateField("成立日期", null=True, blank=True)
    disbanded_on = models.DateField("解散日期", null=True, blank=True)
    synthetic = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "志愿者队伍"
        ordering = ("unit", "name")
        constraints = [
            models.UniqueConstraint(fields=("unit", "name"), name="registry_one_team_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class HelperQuerySet(ScopedQuerySet):
    def active(self) -> "HelperQuerySet":
        return self.filter(left_on=None)


class Helper(ScopedModel, SealedModel):
    """帮扶力量: a person, an enterprise or an association that helps. A log-in is optional.

    A 志愿者 is a helper with the role ``volunteer``; ``vetting`` is what the pool needs to know before
    she meets a child.
    """

    class Kind(models.TextChoices):
        PERSON = "person", "个人"
        ENTERPRISE = "enterprise", "企业"
        ASSOCIATION = "association", "协会"

    class Role(models.TextChoices):
        VOLUNTEER = "volunteer", "志愿者"
        CARING_MOTHER = "caring_mother", "爱心妈妈"
        CARING_DAUGHTER = "caring_daughter", "贴心女儿"
        ENTREPRENEUR = "entrepreneur", "女企业家"
        PROSPERITY_LEADER = "prosperity_leader", "致富带头人"
        BROKER = "broker", "女经纪人"
        CAPABLE_WOMAN = "capable_woman", "女能人"
        LARGE_HOUSEHOLD = "large_household", "女大户"

    class Vetting(models.TextChoices):
        NOT_YET = "not_yet", "未审核"
        PASSED = "passed", "已审核"
        REFUSED = "refused", "不适合"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="所属单位", related_name="helpers"
    )
    kind = models.CharField("类型", max_length=12, choices=Kind.choices, default=Kind.PERSON)
    role = models.CharField("身份", max_length=20, choices=Role.choices)
    name = models.CharField("姓名或名称", max_length=60)
    pinyin = models.CharField(max_length=200, editable=False, default="", db_index=True)
    initials = models.CharField(max_length=60, editable=False, default="", db_index=True)
    contact = models.CharField("联系人", max_length=30, blank=True)
    phone = EncryptedTextField("联系电话")
    phone_index = BlindIndexField(of="phone", kind=PHONE, normalise=phone_numbers.normalised)
    strengths = models.CharField("特长、资源", max_length=200, blank=True)
    team = models.ForeignKey(
        VolunteerTeam,
        models.SET_NULL,
        verbose_name="队伍",
        null=True,
        blank=True,
        related_name="helpers",
    )
    vetting = models.CharField(
        "审核", max_length=10, choices=Vetting.choices, default=Vetting.NOT_YET
    )
    person = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="helps_as"
    )
    user = models.ForeignKey(
        User, models.PROTECT, verbose_name="账号", null=True, blank=True, related_name="helps_as"
    )
    joined_on = models.DateField("加入日期", null=True, blank=True)
    left_on = models.DateField("退出日期", null=True, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    synthetic = models.BooleanField("演示数据", default=False, editable=False)

    objects: ClassVar = HelperQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "帮扶力量"
        ordering = ("pinyin", "id")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        kept = kwargs.get("update_fields")
        if kept is None or "name" in kept:
            self.pinyin, self.initials = tree.pinyin_key(self.name)
            if kept is not None:
                kwargs["update_fields"] = {*kept, "pinyin", "initials"}
        super().save(*args, **kwargs)
