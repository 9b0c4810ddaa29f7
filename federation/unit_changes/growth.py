"""新设、修改、划转: changes after which every unit is still there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from federation import tree
from federation.models import OrgUnit, UnitType
from federation.models.units import UnitLevel
from federation.unit_changes.change import Change, Written

ORDER = {level: place for place, level in enumerate(UnitLevel.values)}
BEARING = (UnitType.Group.FEDERATION, UnitType.Group.COMMITTEE)  # may have units below them
ALIASES = 200  # characters kept of former names; the record of changes keeps them all
# Facts a unit may be given or changed in, and what they are called.
FACTS = {
    "name": "名称",
    "short_name": "简称",
    "area_name": "区划名称",
    "division_code": "区划代码",
    "post_level": "级别",
    "line_system": "系统",
    "owes_reports": "承担报送任务",
    "strengths": "资源优势、行业特色",
    "contact_email": "电子邮箱",
}


def check_place(kind: UnitType, name: str, parent: OrgUnit) -> None:
    """A unit of ``kind`` may hang directly below ``parent``."""
    above = parent.unit_type
    if above.group not in BEARING:
        raise ValidationError(
            f"“{parent.name}”是{above.name}，下面不能再设组织；请选择一个妇联或妇委会作上级。",
            code="place",
        )
    if kind.level and (not above.level or ORDER[above.level] >= ORDER[kind.level]):
        raise ValidationError(
            f"“{name}”是{kind.name}，不能设在“{parent.name}”（{above.name}）之下；"
            "请选择比它高一级的组织作上级。",
            code="place",
        )


@dataclass(kw_only=True)
class Add(Change):
    """A new unit of ``unit_type`` below ``unit``; ``facts`` by the names of :data:`FACTS`."""

    kind = "add"
    unit_type: UnitType
    facts: dict[str, Any] = field(default_factory=dict)

    def concerned(self) -> list[OrgUnit]:
        return []

    def check(self) -> None:
        self.check_asking()
        check_place(self.unit_type, self.facts["name"], self.unit)
        self.check_name(self.facts["name"], self.unit)

    def write(self) -> Written:
        facts = {"short_name": self.facts["name"], **_given(self.facts)}
        made = OrgUnit(unit_type=self.unit_type, opened_on=self.day, **facts)
        made = tree.add(self.unit, made)
        words = f"在“{self.unit.name}”下新设“{made.name}”"
        return Written(made, words, [self.unit], after=_shown(made), new=[made])


def _given(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts that say something: what was left blank is the model's own default."""
    return {name: value for name, value in facts.items() if value not in (None, "")}


def _shown(unit: OrgUnit) -> dict[str, str]:
    told = {word: getattr(unit, name) for name, word in FACTS.items()}
    return {word: _word(value) for word, value in told.items() if value not in (None, "")}


def _word(value: Any) -> str:
    return {True: "是", False: "否"}.get(value, str(value or "")) if value is not None else ""


@dataclass(kw_only=True)
class Rename(Change):
    """Other facts for ``unit``, its name among them; a former name stays and is found by search."""

    kind = "rename"
    facts: dict[str, Any]

    def concerned(self) -> list[OrgUnit]:
        return []

    def alone(self) -> list[OrgUnit]:
        return [self.unit]

    def changed(self) -> dict[str, Any]:
        return {n: value for n, value in self.facts.items() if getattr(self.unit, n) != value}

    def check(self) -> None:
        self.check_asking()
        changed = self.changed()
        if not changed:
            raise ValidationError("没有改动任何一项。", code="same")
        parent = self.unit.ancestors(include_self=False).last()
        if "name" in changed and parent:
            self.check_name(changed["name"], parent, besides=[self.unit.pk])

    def write(self) -> Written:
        changed, unit = self.changed(), self.unit
        before = {FACTS[name]: _word(getattr(unit, name)) for name in changed}
        after = {FACTS[name]: _word(value) for name, value in changed.items()}
        old = [getattr(unit, n) for n in ("name", "short_name", "area_name") if n in changed]
        was = unit.name
        for name, value in changed.items():
            setattr(unit, name, value)
        unit.aliases = former_names(unit, old)
        unit.save(update_fields=[*changed, "aliases"])
        words = (
            f"“{was}”更名为“{unit.name}”"
            if "name" in changed
            else f"修改“{was}”的{'、'.join(after)}"
        )
        return Written(unit, words, before=before, after=after)


def former_names(unit: OrgUnit, old: list[str]) -> str:
    """``aliases`` with ``old`` added; where there are too many, the oldest give way."""
    today = {unit.name, unit.short_name, unit.area_name, ""}
    kept = [name for name in dict.fromkeys((*unit.aliases.split("|"), *old)) if name not in today]
    while len("|".join(kept)) > ALIASES:
        kept.pop(0)
    return "|".join(kept)


@dataclass(kw_only=True)
class Move(Change):
    """``unit`` with all below it to another ``parent``; who may see it follows at once."""

    kind = "move"
    parent: OrgUnit

    def check(self) -> None:
        self.parent.refresh_from_db()
        self.check_asking(self.parent)
        if self.parent.is_within(self.unit):
            raise ValidationError({"parent": f"不能把“{self.unit.name}”划到它自己或它的下级之下。"})
        if self.unit.path[: -tree.STEP] == self.parent.path:
            raise ValidationError(
                {"parent": f"“{self.unit.name}”已在“{self.parent.name}”之下，不用划转。"}
            )
        check_place(self.unit.unit_type, self.unit.name, self.parent)
        self.check_name(self.unit.name, self.parent)

    def write(self) -> Written:
        left = self.unit.ancestors(include_self=False).last()
        moved = tree.move(self.unit, self.parent)
        words = f"“{moved.name}”由“{left.name}”划归“{self.parent.name}”"
        return Written(
            moved,
            words,
            [left, self.parent],
            before={"上级": left.name},
            after={"上级": self.parent.name},
            moved=[moved],
        )
