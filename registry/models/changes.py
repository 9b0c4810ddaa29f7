"""What becomes of an archive: transfers, deaths and moves, duplicates and their merging."""

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from federation import scope
from federation.encryption import EncryptedTextField, SealedModel
from federation.models import OrgUnit, User
from federation.scope import ScopedModel, ScopedQuerySet
from registry.models.persons import ADULT, OfPersonQuerySet, Person, born_after


class PersonChange(ScopedModel):
    """死亡、迁出、退出、恢复、转出…: one change of an archive's standing, reversible with a reason.

    ``before`` is what putting it back needs (state, days, unit ids); never a private value.
    """

    class Kind(models.TextChoices):
        DEATH = "death", "死亡"
        MOVE = "move", "迁出"
        EXIT = "exit", "退出"
        RETURN = "return", "恢复"
        TRANSFER = "transfer", "转移"

    scope_unit = "person__unit"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="changes")
    kind = models.CharField("变动", max_length=10, choices=Kind.choices)
    on = models.DateField("日期")
    reason = models.CharField("原因", max_length=200)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField("登记时间", default=timezone.now)
    before = models.JSONField(default=dict, editable=False)
    undone_at = models.DateTimeField(null=True, editable=False)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    undone_reason = models.CharField("撤销原因", max_length=200, blank=True, editable=False)

    objects: ClassVar = OfPersonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "变动"
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.on}"


class TransferQuerySet(ScopedQuerySet):
    def visible_to(self, user: User, action: str = "view") -> Self:
        """Where ``user`` reaches the unit that gives or the one that receives; of a minor, where she
        also holds the zone at that one."""
        paths = scope.granted_paths(user, f"registry_{action}")
        zone = scope.granted_paths(user, "registry_children")
        grown = Q(person__born_on=None) | Q(person__born_on__lte=born_after(ADULT))
        ends = Q(pk__in=[])
        for end in ("unit__path", "to_unit__path"):
            ends |= scope.reach(paths, end) & (grown | scope.reach(zone, end))
        return self.filter(ends) if paths else self.none()

    def waiting(self) -> Self:
        return self.filter(state=Transfer.State.OFFERED)

    def open(self) -> Self:
        """Offered or accepted, and not carried out yet."""
        return self.filter(state__in=(Transfer.State.OFFERED, Transfer.State.ACCEPTED))


class Transfer(ScopedModel):
    """转移: one unit offers an archive to another, which accepts it for a day; scope follows that day.

    Until then the archive is where it was; ``unit`` is the unit that gives.
    """

    class State(models.TextChoices):
        OFFERED = "offered", "待接收"
        ACCEPTED = "accepted", "已接收"
        DONE = "done", "已转移"
        REFUSED = "refused", "未接收"
        WITHDRAWN = "withdrawn", "已撤回"

    # Read by two units, of which one does not hold the archive yet.
    behind_the_wall = False

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="transfers")
    unit = models.ForeignKey(OrgUnit, models.PROTECT, verbose_name="转出", related_name="+")
    to_unit = models.ForeignKey(OrgUnit, models.PROTECT, verbose_name="转入", related_name="+")
    effective_on = models.DateField("生效日期")
    reason = models.CharField("原因", max_length=200)
    state = models.CharField(
        "状态", max_length=10, choices=State.choices, default=State.OFFERED, editable=False
    )
    offered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    offered_at = models.DateTimeField("发起时间", default=timezone.now)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField("答复时间", null=True)
    answer = models.CharField("答复", max_length=200, blank=True)

    objects: ClassVar = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "转移"
        ordering = ("-offered_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("person",),
                condition=Q(state__in=("offered", "accepted")),
                name="registry_one_transfer_at_a_time",
            ),
            models.CheckConstraint(
                name="registry_transfer_goes_elsewhere", condition=~Q(unit=F("to_unit"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} → {self.to_unit}"


class DuplicatePairQuerySet(ScopedQuerySet):
    def visible_to(self, user: User, action: str = "adjudicate") -> Self:
        """Pairs of which ``user`` may judge both archives, where they lie today."""
        both = Person.objects.visible_to(user, action).values("pk")
        return self.filter(low__in=both, high__in=both)

    def waiting(self) -> Self:
        """To be judged: not those one of which has left by another merging or was erased."""
        gone = ("merged", "erased")
        found = self.filter(state=DuplicatePair.State.OPEN)
        return found.exclude(low__state__in=gone).exclude(high__state__in=gone)


class DuplicatePair(ScopedModel):
    """疑似重复: two archives that may be one person, judged at the lowest unit that may see both.

    ``low`` is the older archive. ``unit`` is the lowest unit above both.
    """

    class Why(models.TextChoices):
        NUMBER = "number", "身份证号相同"
        NEAR = "near", "姓名、生日等相近"

    class State(models.TextChoices):
        OPEN = "open", "待核对"
        SAME = "same", "同一人"
        DIFFERENT = "different", "不同的人"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    low = models.ForeignKey(Person, models.CASCADE, related_name="+")
    high = models.ForeignKey(Person, models.CASCADE, related_name="+")
    why = models.CharField("原因", max_length=10, choices=Why.choices)
    points = models.PositiveSmallIntegerField("相近程度", default=0)
    state = models.CharField(
        "状态", max_length=10, choices=State.choices, default=State.OPEN, editable=False
    )
    found_at = models.DateTimeField("发现时间", default=timezone.now)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField("处理时间", null=True)
    decision = models.CharField("说明", max_length=200, blank=True)

    objects: ClassVar = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "疑似重复"
        ordering = ("-found_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=("low", "high"), name="registry_one_pair_of_two"),
            models.CheckConstraint(name="registry_pair_is_of_two", condition=Q(low__lt=F("high"))),
        ]

    def __str__(self) -> str:
        return f"{self.low} / {self.high}"


class Merge(ScopedModel, SealedModel):
    """并档: ``gone`` went into ``kept``; what moved is remembered, so that it can be taken apart again.

    ``moved`` is ``{"model label.field": [ids]}``, ``values`` lists the columns of ``kept`` that were
    changed; what they said before and after is ``sealed``, as text of the row itself, so that a change
    of keys reaches it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    kept = models.ForeignKey(Person, models.CASCADE, related_name="merges")
    gone = models.ForeignKey(Person, models.CASCADE, related_name="+")
    moved = models.JSONField(default=dict, editable=False)
    values = models.JSONField(default=dict, editable=False)
    sealed = EncryptedTextField("原值", editable=False)
    reason = models.CharField("理由", max_length=200)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间", default=timezone.now)
    undone_at = models.DateTimeField(null=True, editable=False)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    undone_reason = models.CharField("拆分理由", max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "并档"
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.gone} → {self.kept}"


class DuplicateLook(models.Model):
    """An archive that was saved and has still to be compared with all others, at the next turn.

    Whoever saves leaves exactly this behind, whether another archive exists or not (SECURITY U5).
    """

    person = models.OneToOneField(
        Person, models.CASCADE, primary_key=True, related_name="duplicate_look"
    )
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "待查重"

    def __str__(self) -> str:
        return str(self.person)
