"""What becomes of an archive: transfers, deaths and moves, duplicates and their merging."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from federation.models import OrgUnit, User
from federation.scope import ScopedModel
from registry.models.persons import OfPersonQuerySet, Person


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

    class Meta:
        verbose_name = verbose_name_plural = "疑似重复"
        ordering = ("-found_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=("low", "high"), name="registry_one_pair_of_two"),
            models.CheckConstraint(name="registry_pair_is_of_two", condition=Q(low__lt=F("high"))),
        ]

    def __str__(self) -> str:
        return f"{self.low} / {self.high}"


class Merge(ScopedModel):
    """并档: ``gone`` went into ``kept``; what moved is remembered, so that it can be taken apart again.

    ``moved`` is ``{model label: [ids]}``, ``values`` the columns of ``kept`` that were changed, as they
    were: sealed tokens, never plain text.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    kept = models.ForeignKey(Person, models.CASCADE, related_name="merges")
    gone = models.ForeignKey(Person, models.CASCADE, related_name="+")
    moved = models.JSONField(default=dict, editable=False)
    values = models.JSONField(default=dict, editable=False)
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
