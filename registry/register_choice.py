"""Which archives of a register leave, in which of the three ways: 内部, 上报, 公示."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models
from django.utils import timezone

from federation import scope
from federation.models import OrgUnit, User
from registry import access, consents
from registry.models import Consent, Enrolment, Person, PersonState, Programme, Zone

# What can be left of an archive in a register; who was merged or erased is in none.
STANDING = (PersonState.ACTIVE, PersonState.MOVED, PersonState.DEAD, PersonState.EXITED)
EVERYBODY, ADULTS, MINORS = "", "adults", "minors"


class Mode(models.TextChoices):
    INTERNAL = "internal", "内部使用"
    REPORT = "report", "上报"
    PUBLIC = "public", "公示"


@dataclass(frozen=True)
class Choice:
    """What one export asks for, as ids and words: it is kept with the job."""

    mode: str
    unit: OrgUnit
    programme: Programme | None = None
    people: str = EVERYBODY
    former: bool = False
    clear: bool = False

    def params(self) -> dict[str, Any]:
        return {
            "mode": str(self.mode),
            "unit": str(self.unit.uuid),
            "programme": self.programme.code if self.programme else "",
            "people": self.people,
            "former": self.former,
            "clear": self.clear,
        }

    @classmethod
    def of(cls, params: dict[str, Any]) -> Choice:
        """The choice of a job; ``DoesNotExist`` where its unit or programme is no more."""
        code = params["programme"]
        return cls(
            mode=Mode(params["mode"]),
            unit=OrgUnit.objects.get(uuid=UUID(params["unit"])),
            programme=Programme.objects.get(code=code) if code else None,
            people=params["people"],
            former=bool(params["former"]),
            clear=bool(params["clear"]),
        )

    @property
    def title(self) -> str:
        return f"{self.programme.name if self.programme else '个人档案'}台账"

    # -- Who -----------------------------------------------------------------------------------
    def persons(self, user: User) -> models.QuerySet[Person]:
        """The archives that ``user`` may take out, minors only where she may see their zone."""
        rows = Person.objects.visible_to(user, "export").below(self.unit)
        rows = rows.filter(state__in=STANDING) if self.former else rows.active()
        if self.programme is not None:
            enrolled = self.enrolments(user)
            rows = rows.filter(pk__in=enrolled.values("person_id"))
        if self.people == MINORS:
            rows = rows.minors()
        elif self.people == ADULTS:
            rows = rows.grown_up()
        return rows

    def enrolments(self, user: User) -> models.QuerySet[Enrolment]:
        """Those of the programme, or all that are running; what is kept for health only for its zone."""
        rows = Enrolment.objects.visible_to(user, "export").select_related("programme")
        if self.programme is None:
            return rows.current()
        rows = rows.filter(programme=self.programme)
        return rows if self.former else rows.current()

    def may_be_published(
        self, rows: models.QuerySet[Person], user: User
    ) -> models.QuerySet[Person]:
        """Of ``rows``, those whose consent names 公示, where the programme needs one at all."""
        if self.programme is not None and not self.programme.consent_needed:
            return rows
        given = Consent.objects.visible_to(user, "export").in_force(timezone.localdate())
        asked = rows.filter(pk__in=given.values("person_id")).prefetch_related("consents")
        named = [one.pk for one in asked if "publish" in consents.purposes_of(one)]
        return rows.filter(pk__in=named)

    # -- Whether -------------------------------------------------------------------------------
    def why_not(self, user: User) -> str:
        """ "" where ``user`` may have this file now, or the sentence that says what lacks."""
        if not scope.may(user, "registry_export", self.unit):
            return f"您目前没有权限导出“{self.unit.short_name}”的台账。"
        if self.programme is not None and self.programme.zone and not self.zone_is_hers(user):
            return f"“{self.programme.name}”只由儿童、权益工作岗位和所在村（社区）导出。"
        if self.people == MINORS and not self.zone_is_hers(user):
            return "未成年人台账只由儿童、权益工作岗位和所在村（社区）导出。"
        if self.mode == Mode.REPORT and self.programme is None:
            return "上报的台账请选定一个专项。"
        if self.mode == Mode.PUBLIC:
            if self.programme is None:
                return "公示的名单请选定一个专项。"
            if self.programme.zone == Zone.HEALTH:
                return f"“{self.programme.name}”涉及健康状况，名单本身就不能公示。"
        if self.clear:
            return self._why_not_clear(user)
        return ""

    def zone_is_hers(self, user: User) -> bool:
        return scope.may(user, "registry_children", self.unit)

    def _why_not_clear(self, user: User) -> str:
        if self.mode != Mode.REPORT:
            return "只有上报的台账可以列明证件号码。"
        if not scope.may(user, "registry_reveal", self.unit):
            return "您没有查看隐去内容的权限，不能列明证件号码。"
        hers = scope.units_held(user, "registry_reveal")
        others = self.persons(user).exclude(unit__in=hers)
        for row in access.in_force().filter(user=user).select_related("unit"):
            others = others.exclude(scope.reach([row.unit.path], "unit__path"))
        if others.exists():
            return (
                "其中有其他单位管理的档案：列明证件号码，须先由分管领导批准并登记查阅授权；"
                "也可以不列明，按隐去的样子上报。"
            )
        return ""
