"""One person, one archive; the household she lives in, and who cares for her."""

import datetime as dt
import uuid
from typing import Any, ClassVar, Self

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils import timezone

from federation import scope, tree
from federation.encryption import BlindIndexField, EncryptedTextField, SealedModel, blind_indexes
from federation.models import OrgUnit, User
from federation.scope import ScopedModel, ScopedQuerySet
from registry import identity_numbers, phone_numbers
from registry.models.programmes import Programme, Zone, age_at

# Years: 未成年人保护法; below 14 a guardian consents (儿童个人信息网络保护规定).
ADULT, CONSENTS = 18, 14
IDENTITY, PHONE = "identity_number", "phone"  # kinds of blind index
CHILDHOOD = dt.timedelta(days=CONSENTS * 365 + 3)  # of fourteen years, three have a day more
MONTH = dt.timedelta(days=30)
STALE_AFTER = 365  # days without 核实, for who belongs to no programme


def _unverified_since(day: dt.date) -> Q:
    """Last verified before ``day``, or entered before it and never verified."""
    began = timezone.make_aware(dt.datetime.combine(day, dt.time.min))
    return Q(verified_on__lt=day) | Q(verified_on=None, entered_at__lt=began)


def born_after(years: int, day: dt.date | None = None) -> dt.date:
    """Who was born after this day is younger than ``years`` on ``day`` (default today)."""
    day = day or timezone.localdate()
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return dt.date(day.year - years, 2, 28)


def spelt(words: str) -> str:
    """``words`` as a search by pinyin takes them; "" where they are no pinyin."""
    latin = words.strip().lower().replace(" ", "").replace("'", "")
    return latin if latin.isascii() and latin.isalpha() else ""


PREFIX = "varchar_pattern_ops"


class Sex(models.TextChoices):
    FEMALE = "F", "女"
    MALE = "M", "男"


class PersonState(models.TextChoices):
    """Where an archive stands. What is not active leaves the registers, and stays on record."""

    ACTIVE = "active", "在册"
    MOVED = "moved", "迁出"
    DEAD = "dead", "死亡"
    EXITED = "exited", "退出"
    MERGED = "merged", "已并入"
    ERASED = "erased", "已删除"


class PersonQuerySet(ScopedQuerySet):
    """Archives. Minors are a separate zone (SECURITY S4): reach of a unit alone does not open theirs."""

    def visible_to(self, user: User, action: str = "view") -> Self:
        """Adults where ``user`` holds ``registry_<action>``, minors where she holds
        ``registry_children`` as well (儿童、权益 posts and the village); to look at (``view``), also
        those whose named carer she is, as long as she holds ``registry_care`` or more over them."""
        with scope.asked_once():
            return self._reached(user, action)

    def _reached(self, user: User, action: str) -> Self:
        paths = scope.granted_paths(user, f"registry_{action}")
        zone = scope.granted_paths(user, "registry_children")
        here = scope.reach(paths, "unit__path", scope.ends_of(user))
        all_ages = all(any(path.startswith(wide) for wide in zone) for path in paths)
        grown = Q(born_on=None) | Q(born_on__lte=born_after(ADULT))
        of_age = grown | scope.reach(zone, "unit__path")
        reached = here if all_ages else here & of_age
        if action != "view":
            return self.filter(reached) if paths else self.none()
        care = tree.topmost([*paths, *scope.granted_paths(user, "registry_care")])
        if not care:
            return self.none()
        # Said as narrowly as it can be, because a place to start from is what the database needs:
        # an "or" over two ways of reaching an archive would have it look at all of them.
        if care == paths and all_ages:
            return self.filter(here)
        cared = Q(pk__in=Carer.objects.in_force().filter(user=user).values("person_id"))
        if care == paths:
            return self.filter(here & (of_age | cared))
        return self.filter(reached | (cared & scope.reach(care, "unit__path")))

    def counted_for(self, user: User, action: str = "view") -> Self:
        """Every archive in the reach of the unit, minors too: for figures alone, never for rows."""
        return super().visible_to(user, action)

    def held_by(self, user: User, action: str) -> Self:
        return self.visible_to(user, action).filter(
            unit__in=scope.units_held(user, f"registry_{action}")
        )

    def active(self) -> Self:
        return self.filter(state=PersonState.ACTIVE)

    def minors(self) -> Self:
        return self.filter(born_on__gt=born_after(ADULT))

    def grown_up(self) -> Self:
        return self.filter(Q(born_on=None) | Q(born_on__lte=born_after(ADULT)))

    def stale(self, day: dt.date | None = None) -> Self:
        """待核实: in the registers, and not verified (or, if never, not entered) for longer than the
        shortest limit of the programmes she belongs to; who belongs to none, :data:`STALE_AFTER`."""
        day = day or timezone.localdate()
        enrolments = apps.get_model("registry", "Enrolment").objects  # defined on top of persons
        current = enrolments.unscoped(reason="asked of archives already narrowed")
        current = current.current(day).filter(person=models.OuterRef("pk"))
        late: Any = _unverified_since(day - dt.timedelta(days=STALE_AFTER)) & ~models.Exists(
            current
        )
        limits = Programme.objects.order_by().values_list("stale_after", flat=True).distinct()
        for limit in limits:
            bound = current.filter(programme__stale_after=limit)
            late |= _unverified_since(day - dt.timedelta(days=limit)) & models.Exists(bound)
        return self.active().filter(late)

    def to_ask_herself(self, day: dt.date | None = None) -> Self:
        """Minors whose archive rests on what a guardian gave for a child, and on nothing else, from a
        month before their fourteenth birthday on: her own consent is to be asked for."""
        day = day or timezone.localdate()
        standing = Q(consents__withdrawn_on=None) & (
            Q(consents__until=None) | Q(consents__until__gte=day)
        )
        grown = models.F("born_on") + CHILDHOOD
        child = Q(consents__by_guardian=True, consents__given_on__lt=grown)
        later = Q(consents__by_guardian=False) | Q(consents__given_on__gte=grown)
        given = self.order_by().filter(standing & child).values("pk")
        other = self.order_by().filter(standing & later).values("pk")
        born = born_after(CONSENTS, day + MONTH)
        found = self.active().minors().filter(born_on__lte=born, pk__in=given)
        return found.exclude(pk__in=other)

    def numbered(self, typed: str) -> Self:
        """Whose identity number is ``typed``, however it is written."""
        number = identity_numbers.normalised(typed)
        return self.filter(id_number_index__in=blind_indexes(IDENTITY, number))

    def phoned(self, typed: str) -> Self:
        return self.filter(phone_index__in=blind_indexes(PHONE, phone_numbers.normalised(typed)))

    def named(self, words: str) -> Self:
        """By the beginning of the name, of its pinyin or its initials."""
        words = words.strip()
        if latin := spelt(words):
            return self.filter(Q(initials__startswith=latin) | Q(pinyin__startswith=latin))
        return self.filter(name__startswith=words) if words else self


class PersonManager(scope.ScopedManager.from_queryset(PersonQuerySet)):  # type: ignore[misc]
    def counted_for(self, user: User, action: str = "view") -> Any:
        return self.unscoped(reason="figures of a user's reach").counted_for(user, action)


class Household(ScopedModel, SealedModel):
    """户: who lives together. ``number`` is the one the office uses (建档立卡户编号), if it has one."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="所在村（社区）", related_name="households"
    )
    number = models.CharField("户编号", max_length=30, blank=True)
    head = models.ForeignKey(
        "registry.Person",
        models.SET_NULL,
        verbose_name="户主",
        null=True,
        blank=True,
        related_name="+",
    )
    address = EncryptedTextField("住址")
    note = models.CharField("备注", max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    synthetic = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "家庭"
        constraints = [
            models.UniqueConstraint(
                fields=("unit", "number"),
                condition=~Q(number=""),
                name="registry_one_household_number",
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit} 户{self.number or self.pk}"


class Person(ScopedModel, SealedModel):
    """An archive. ``unit`` is where she lives and who holds the archive; 户籍 may be elsewhere.

    ``name`` of a minor, ``id_number``, ``phone``, ``address`` and ``health`` carry labels of the data
    dictionary: show them through :mod:`registry.masking` alone.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, verbose_name="居住地", related_name="persons")
    registered_unit = models.ForeignKey(
        OrgUnit,
        models.PROTECT,
        verbose_name="户籍地",
        null=True,
        blank=True,
        related_name="+",
        help_text="与居住地不同时填写。",
    )
    registered_place = models.CharField("户籍地（外省市）", max_length=60, blank=True)
    household = models.ForeignKey(
        Household,
        models.SET_NULL,
        verbose_name="家庭",
        null=True,
        blank=True,
        related_name="members",
    )
    name = models.CharField("姓名", max_length=30)
    pinyin = models.CharField(max_length=120, editable=False, default="")
    initials = models.CharField(max_length=30, editable=False, default="")
    sex = models.CharField("性别", max_length=1, choices=Sex.choices, default=Sex.FEMALE)
    born_on = models.DateField("出生日期", null=True, blank=True)
    ethnicity = models.CharField("民族", max_length=20, blank=True)
    education = models.CharField("文化程度", max_length=20, blank=True)
    marriage = models.CharField("婚姻状况", max_length=20, blank=True)
    id_number = EncryptedTextField("身份证号")
    id_number_index = BlindIndexField(
        of="id_number", kind=IDENTITY, normalise=identity_numbers.normalised
    )
    phone = EncryptedTextField("联系电话")
    phone_index = BlindIndexField(of="phone", kind=PHONE, normalise=phone_numbers.normalised)
    address = EncryptedTextField("住址")
    health = EncryptedTextField("健康状况")
    note = models.CharField("备注", max_length=200, blank=True)
    state = models.CharField(
        "状态",
        max_length=10,
        choices=PersonState.choices,
        default=PersonState.ACTIVE,
        editable=False,
    )
    state_since = models.DateField("状态日期", null=True, editable=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="merged_from"
    )
    verified_on = models.DateField("最近核实", null=True, blank=True, editable=False)
    verified_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+"
    )
    entered_at = models.DateTimeField("建档时间", default=timezone.now, editable=False)
    entered_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="建档人", null=True, editable=False, related_name="+"
    )
    source = models.CharField("来源", max_length=120, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    synthetic = models.BooleanField("演示数据", default=False, editable=False)

    objects: ClassVar = PersonManager()

    class Meta:
        verbose_name = verbose_name_plural = "个人档案"
        ordering = ("pinyin", "id")
        indexes = [
            models.Index(fields=("unit", "state", "pinyin"), name="registry_person_unit"),
            models.Index(fields=("pinyin", "id"), name="registry_person_pinyin"),
            # By their beginnings (``named``): for LIKE, whatever the collation of the database.
            models.Index(fields=("initials",), name="registry_person_initials", opclasses=[PREFIX]),
            models.Index(fields=("pinyin",), name="registry_person_spelt", opclasses=[PREFIX]),
            models.Index(fields=("name",), name="registry_person_name", opclasses=[PREFIX]),
            models.Index(fields=("born_on",), name="registry_person_born"),
            models.Index(fields=("id_number_index",), name="registry_person_number"),
            models.Index(fields=("phone_index",), name="registry_person_phone"),
            models.Index(fields=("verified_on",), name="registry_person_verified"),
        ]
        constraints = [
            models.CheckConstraint(
                name="registry_merged_says_into_whom",
                condition=Q(state="merged", merged_into__isnull=False)
                | (~Q(state="merged") & Q(merged_into=None)),
            )
        ]

    def __str__(self) -> str:
        """Without a word of hers: this reaches logs, messages and the audit trail."""
        return f"档案 {str(self.uuid)[:8]}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        kept = kwargs.get("update_fields")
        if kept is None or "name" in kept:
            self.spell()
            if kept is not None:
                kwargs["update_fields"] = {*kept, "pinyin", "initials"}
        super().save(*args, **kwargs)

    def spell(self) -> None:
        """Her name in pinyin; for rows that are made in bulk, which ``save`` does not see."""
        self.pinyin, self.initials = tree.pinyin_key(self.name)

    def age(self, day: dt.date | None = None) -> int | None:
        """Whole years on ``day`` (default today), None where the birthday is unknown."""
        return age_at(self.born_on, day or timezone.localdate()) if self.born_on else None

    @property
    def is_minor(self) -> bool:
        age = self.age()
        return age is not None and age < ADULT

    @property
    def needs_guardians_consent(self) -> bool:
        age = self.age()
        return age is not None and age < CONSENTS


class OfPersonQuerySet(ScopedQuerySet):
    """Rows that belong to an archive: in reach exactly if the archive is."""

    zone_field = ""

    def visible_to(self, user: User, action: str = "view") -> Self:
        rows = self.filter(person__in=Person.objects.visible_to(user, action))
        return rows.filter(self._readable(user)) if self.zone_field else rows

    def _readable(self, user: User) -> Q:
        """What is kept for health is for the posts and carers of the zone alone."""
        zone = scope.reach(scope.granted_paths(user, "registry_children"), "person__unit__path")
        cared = Q(person__in=Carer.objects.in_force().filter(user=user).values("person_id"))
        return ~Q(**{self.zone_field: Zone.HEALTH}) | zone | cared


class CarerQuerySet(OfPersonQuerySet):
    def in_force(self, day: dt.date | None = None) -> Self:
        day = day or timezone.localdate()
        return self.filter(
            Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day, user__is_active=True
        )


class CarerManager(scope.ScopedManager.from_queryset(CarerQuerySet)):  # type: ignore[misc]
    def in_force(self, day: dt.date | None = None) -> Any:
        return self.unscoped(reason="asked by the scope itself").in_force(day)


class Carer(ScopedModel):
    """关爱责任人: an account named by the holding unit for one person, with days.

    It opens that archive as long as the account also holds ``registry_care`` or ``registry_view`` over
    the person's unit.
    """

    scope_unit = "person__unit"

    person = models.ForeignKey(Person, models.CASCADE, related_name="carers")
    user = models.ForeignKey(User, models.PROTECT, verbose_name="责任人", related_name="cares_for")
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期", null=True, blank=True)
    named_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects: ClassVar = CarerManager()

    class Meta:
        verbose_name = verbose_name_plural = "关爱责任人"
        constraints = [
            models.UniqueConstraint(
                fields=("person", "user", "starts_on"), name="registry_one_carer"
            )
        ]
        indexes = [models.Index(fields=("user", "person"), name="registry_carer_user")]

    def __str__(self) -> str:
        return f"{self.user} → {self.person}"
