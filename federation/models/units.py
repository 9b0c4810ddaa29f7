"""The tree of units. Kinds, levels and honours are rows, because cities differ."""

import datetime as dt
import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from federation import tree


class UnitLevel(models.TextChoices):
    """Rank of a unit in the reporting line; the names a city uses for it are data of UnitType."""

    PROVINCE = "province", "省级"
    CITY = "city", "市级"
    COUNTY = "county", "县级"
    TOWNSHIP = "township", "乡镇级"
    VILLAGE = "village", "村级"


class UnitType(models.Model):
    """A kind of unit, such as 县（市、区）妇联 or 巾帼文明岗."""

    class Group(models.TextChoices):
        FEDERATION = "federation", "妇联组织"
        COMMITTEE = "committee", "妇委会、妇工委"
        POST = "post", "巾帼文明岗"
        DEPARTMENT = "department", "部室"
        DIRECT = "direct", "直属单位"

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=40)
    group = models.CharField("类别", max_length=20, choices=Group.choices)
    level = models.CharField("层级", max_length=20, choices=UnitLevel.choices, blank=True)
    reviews = models.BooleanField(
        "审核下级报表", default=False, help_text="本类组织是其下属报表的审核单位（上一级）。"
    )
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "组织类型"
        ordering = ("position", "code")

    def __str__(self) -> str:
        return self.name


class PostLevel(models.Model):
    """Honour level of a 巾帼文明岗: 全国级, 省级, 市级, and 县级 where a county awards its own."""

    code = models.SlugField("代码", max_length=20, unique=True)
    name = models.CharField("名称", max_length=20)
    rank = models.PositiveSmallIntegerField("级次", help_text="数字越小级别越高。")

    class Meta:
        verbose_name = verbose_name_plural = "文明岗级别"
        ordering = ("rank",)

    def __str__(self) -> str:
        return self.name


class LineSystem(models.Model):
    """系统: the line of business a 文明岗 belongs to beside its territory (卫生系统, 金融系统 …)."""

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=40)

    class Meta:
        verbose_name = verbose_name_plural = "系统"
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class OrgUnitQuerySet(MP_NodeQuerySet):
    """Units as a public directory: names are not secret, records of them are scoped elsewhere."""

    def below(self, unit: "OrgUnit", *, include_self: bool = True) -> Self:
        """Units of the subtree of ``unit``, by path range."""
        found = self.filter(tree.within(unit.path))
        return found if include_self else found.exclude(pk=unit.pk)

    def open_on(self, day: dt.date) -> Self:
        return self.filter(
            Q(opened_on__isnull=True) | Q(opened_on__lte=day),
            Q(closed_on__isnull=True) | Q(closed_on__gt=day),
        )

    def open_now(self) -> Self:
        return self.open_on(timezone.localdate())

    def matching(self, words: str) -> Self:
        """Units whose name, short name, initials or full pinyin begin with or hold ``words``."""
        words = words.strip()
        latin = words.lower().replace(" ", "").replace("'", "")
        if not words:
            return self
        if latin.isascii() and latin.isalpha():
            return self.filter(Q(initials__startswith=latin) | Q(pinyin__startswith=latin))
        return self.filter(
            Q(name__contains=words) | Q(area_name__contains=words) | Q(aliases__contains=words)
        )

    def closed(self) -> Self:
        return self.filter(closed_on__isnull=False)

    def villages(self) -> Self:
        return self.filter(unit_type__level=UnitLevel.VILLAGE, unit_type__group="federation")


class OrgUnitManager(MP_NodeManager.from_queryset(OrgUnitQuerySet)):  # type: ignore[misc]
    def get_queryset(self):
        return OrgUnitQuerySet(self.model, using=self._db).order_by("path")


class OrgUnit(MP_Node):
    """One organisation: a federation, committee, 文明岗, department or directly run unit.

    ``path`` is written by :mod:`federation.tree` alone. ``division_code`` is an attribute, never a
    key: two ministries number the same town differently and codes change. A unit is closed, never
    deleted, and its ``uuid`` is never given to another.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField("组织名称", max_length=100)
    short_name = models.CharField("简称", max_length=100)
    area_name = models.CharField("区划名称", max_length=100, blank=True)
    aliases = models.CharField("别名", max_length=200, blank=True, help_text="多个用“|”分开。")
    unit_type = models.ForeignKey(UnitType, models.PROTECT, verbose_name="组织类型")
    post_level = models.ForeignKey(
        PostLevel, models.PROTECT, verbose_name="文明岗级别", null=True, blank=True
    )
    line_system = models.ForeignKey(
        LineSystem, models.PROTECT, verbose_name="系统", null=True, blank=True
    )
    division_code = models.CharField("区划代码", max_length=12, blank=True, db_index=True)
    strengths = models.CharField("资源优势、行业特色", max_length=200, blank=True)
    contact_email = models.EmailField("电子邮箱", blank=True)
    owes_reports = models.BooleanField("承担报送任务", default=True)
    opened_on = models.DateField("成立日期", null=True, blank=True)
    closed_on = models.DateField("撤销日期", null=True, blank=True)
    successor = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name="承接单位",
        null=True,
        blank=True,
        related_name="predecessors",
    )
    pinyin = models.CharField(max_length=300, editable=False, db_index=True)
    initials = models.CharField(max_length=60, editable=False, db_index=True)
    synthetic = models.BooleanField("演示数据", default=False, editable=False)

    objects = OrgUnitManager()

    class Meta:
        verbose_name = verbose_name_plural = "组织"
        ordering = ("path",)
        constraints = [
            models.CheckConstraint(
                name="federation_unit_closes_after_opening",
                condition=Q(closed_on__isnull=True)
                | Q(opened_on__isnull=True)
                | Q(closed_on__gte=models.F("opened_on")),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs):
        self.pinyin, self.initials = tree.pinyin_key(self.area_name or self.short_name or self.name)
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = {*kwargs["update_fields"], "pinyin", "initials"}
        super().save(*args, **kwargs)

    def ancestors(self, *, include_self: bool = True) -> models.QuerySet["OrgUnit"]:
        """From the root down to the unit; one query."""
        paths = tree.ancestor_paths(self.path, include_self=include_self)
        return OrgUnit.objects.filter(path__in=paths).select_related("unit_type")

    def is_within(self, other: "OrgUnit") -> bool:
        return self.path.startswith(other.path)

    @property
    def level(self) -> str:
        return self.unit_type.level

    @property
    def former_names(self) -> list[str]:
        return [name for name in self.aliases.split("|") if name]

    @property
    def is_closed(self) -> bool:
        return self.closed_on is not None

    def reviewer(self) -> "OrgUnit | None":
        """The unit exactly one level up that reviews this one's submissions, or None at the top.

        A closed unit hangs below its successor; one of its own level is not one level up.
        """
        above = self.ancestors(include_self=False).filter(unit_type__reviews=True)
        if self.is_closed and self.level:
            above = above.exclude(unit_type__level=self.level)
        return above.order_by("-depth").first()


class HookUpLink(models.Model):
    """挂钩: a department of a federation answers for units outside its own subtree, for a time.

    ``LIAISON`` (挂钩联系) lets the department read; ``RECEIVING`` (归口受理) also lets it review,
    export and take over what was mailed (代填), as 市妇联发展部 receives 附件2 of 泉妇〔2014〕28号.
    """

    class Kind(models.TextChoices):
        LIAISON = "liaison", "挂钩联系"
        RECEIVING = "receiving", "归口受理"

    department = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="部室", related_name="hook_ups"
    )
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="挂钩单位", related_name="hooked_up_by"
    )
    kind = models.CharField("方式", max_length=20, choices=Kind.choices, default=Kind.LIAISON)
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "挂钩联系"
        constraints = [
            models.UniqueConstraint(
                fields=("department", "unit", "kind", "starts_on"), name="federation_one_hook_up"
            ),
            models.CheckConstraint(
                name="federation_hook_up_ends_after_start",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.department} → {self.unit}"
