"""合并、拆分、撤销: changes after which a unit is closed. It is never deleted.

A closed unit with a successor hangs below it, its archive with it: whoever reads the successor reads
what it left, and what it still owed is done by the successor's people (``reporting.rights``). No
record is rewritten, so that a form stays the form of the unit which sent it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db.models import Q

from federation import grants, tree
from federation.models import Appointment, Duty, HookUpLink, OrgUnit, User
from federation.unit_changes.change import Change, Written, children, last_day
from federation.unit_changes.growth import ORDER, check_place

NAMED = 8  # units named in a refusal before it says how many more


def check_successor(unit: OrgUnit, heir: OrgUnit) -> None:
    if heir.is_within(unit):
        raise ValidationError({"successor": f"不能由“{unit.name}”自己或它的下级承接。"})
    mine, theirs = unit.unit_type, heir.unit_type
    if mine.level and (not theirs.level or ORDER[theirs.level] > ORDER[mine.level]):
        raise ValidationError(
            {
                "successor": f"“{heir.name}”是{theirs.name}，级别低于“{unit.name}”，不能承接；"
                "请选择同级或上级的组织。"
            }
        )


def of_one_kind(unit: OrgUnit, heir: OrgUnit) -> bool:
    """Whether a seat at ``unit`` means the same at ``heir``, so that people may keep theirs."""
    mine, theirs = unit.unit_type, heir.unit_type
    return (mine.group, mine.level) == (theirs.group, theirs.level)


def seats_of(unit: OrgUnit, day: dt.date):
    """Appointments at ``unit`` that would still run on ``day`` or later."""
    running = Q(ends_on__isnull=True) | Q(ends_on__gte=day)
    return unit.appointments.filter(running).select_related("user", "post").order_by("pk")


def _links_of(unit: OrgUnit, day: dt.date) -> list[HookUpLink]:
    links = HookUpLink.objects.filter(Q(unit=unit) | Q(department=unit))
    return list(links.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day)).order_by("pk"))


def retire(
    unit: OrgUnit,
    *,
    heir: OrgUnit | None,
    day: dt.date,
    by: User,
    seat_of: Callable[[Appointment], OrgUnit | None],
    keep_links: bool = False,
) -> list[User]:
    """Close ``unit`` as of ``day``: seats end or go on where ``seat_of`` says, hook-ups end or go on
    at ``heir``, its archive goes to ``heir``. Returns the people who sat there.
    """
    people = _reseat(unit, day=day, by=by, seat_of=seat_of)
    for link in _links_of(unit, day):
        department, other = link.department, link.unit
        kind, ends_on = link.kind, link.ends_on
        grants.end_hook_up(link, on=last_day(day), by=by)
        if keep_links and heir:
            department, other = (heir if u.pk == unit.pk else u for u in (department, other))
            if department.pk != other.pk:
                grants.hook_up(department, other, kind=kind, starts_on=day, ends_on=ends_on, by=by)
    unit.closed_on, unit.successor = day, heir
    unit.save(update_fields=["closed_on", "successor"])
    if heir:
        # The successor named is the one that answers today; the record of changes keeps the rest.
        OrgUnit.objects.filter(successor=unit).update(successor=heir)
        if not unit.is_within(heir):
            tree.move(unit, heir)
    return people


def _reseat(
    unit: OrgUnit, *, day: dt.date, by: User, seat_of: Callable[[Appointment], OrgUnit | None]
) -> list[User]:
    people = []
    for seat in seats_of(unit, day):
        place, ends_on = seat_of(seat), seat.ends_on
        if place and seat.post.kind != Duty.BUSINESS and place.pk != unit.pk:
            place = None  # an administrator's seat is given by the 安全管理员, never by a merger
        if place is not None and place.pk == unit.pk:
            continue
        people.append(seat.user)
        # One that began today cannot end yesterday: its unit is closed, which ends it as well.
        grants.end_appointment(seat, on=max(seat.starts_on, last_day(day)), by=by)
        held = place and seat.user.appointments.current().filter(unit=place, post=seat.post)
        if place is not None and not held.exists():
            starts_on = max(day, seat.starts_on)
            lent = {"basis": seat.basis, "acting_for": seat.acting_for}
            dates = {"starts_on": starts_on, "ends_on": ends_on}
            grants.appoint(seat.user, place, seat.post, **dates, **lent, by=by)
    return people


def _listed(units: list[OrgUnit]) -> str:
    names = "、".join(unit.name for unit in units[:NAMED])
    return f"{names}等 {len(units)} 个" if len(units) > NAMED else names


def _check_since(change: Change) -> None:
    opened = change.unit.opened_on
    if opened and change.day < opened:
        raise ValidationError({"day": f"变更日期不能早于成立日期 {opened:%Y-%m-%d}。"})


@dataclass(kw_only=True)
class Merge(Change):
    """``unit`` into ``successor``: units below it move there, its people go along or leave."""

    kind = "merge"
    successor: OrgUnit
    keep_people: bool = True
    keep_links: bool = False

    def concerned(self) -> list[OrgUnit]:
        return [self.unit, self.successor]

    def check(self) -> None:
        self.check_asking(self.successor)
        check_successor(self.unit, self.successor)
        _check_since(self)
        if self.keep_people and not of_one_kind(self.unit, self.successor):
            raise ValidationError(
                {
                    "keep_people": f"“{self.successor.name}”与“{self.unit.name}”不是同一类组织，"
                    "人员不能带着原岗位过去；请选“结束任职”，再由管理员另行任职。"
                }
            )
        for child in children(self.unit):
            check_place(child.unit_type, child.name, self.successor)
            if child.pk != self.successor.pk:
                self.check_name(child.name, self.successor)

    def write(self) -> Written:
        unit, heir = self.unit, self.successor
        moved = [tree.move(child, heir) for child in children(unit)]
        people = retire(
            OrgUnit.objects.get(pk=unit.pk),
            heir=heir,
            day=self.day,
            by=self.by,
            seat_of=lambda seat: heir if self.keep_people else None,
            keep_links=self.keep_links,
        )
        closed = OrgUnit.objects.get(pk=unit.pk)
        words = f"“{unit.name}”并入“{heir.name}”"
        after = {
            "承接": heir.name,
            "下级": _listed(moved),
            "人员": "转任" if self.keep_people else "结束任职",
        }
        return Written(closed, words, [heir], after=after, moved=[*moved, closed], people=people)


@dataclass(kw_only=True)
class Part:
    """One of the units another is split into; it is of the same kind and has the same parent."""

    name: str
    short_name: str = ""
    division_code: str = ""


@dataclass(kw_only=True)
class Split(Change):
    """``unit`` into ``parts``. ``keep`` leaves it standing beside them; otherwise it is closed and
    the part ``heir`` answers for what it left.

    ``places`` says into which part a unit directly below goes, ``seats`` into which a person does, by
    key; who is not named stays where ``unit`` stays, else goes with, or ends.
    """

    kind = "split"
    parts: list[Part]
    keep: bool = False
    heir: int = 0
    places: dict[int, int] = field(default_factory=dict)
    seats: dict[int, int] = field(default_factory=dict)

    def check(self) -> None:
        self.check_asking()
        _check_since(self)
        unit, names = self.unit, [part.name for part in self.parts]
        parent = unit.ancestors(include_self=False).last()
        if parent is None:
            raise ValidationError("最上一级的组织不能拆分。", code="root")
        if len(names) < (1 if self.keep else 2):
            least = "至少写一个新组织" if self.keep else "原组织撤销时，至少写两个新组织"
            raise ValidationError(f"{least}的名称。", code="parts")
        if len(set(names)) < len(names):
            raise ValidationError("新组织的名称不能相同。", code="parts")
        if not 0 <= self.heir < len(names):
            raise ValidationError("请选一个新组织承接原组织的档案。", code="heir")
        for name in names:
            self.check_name(name, parent, besides=() if self.keep else [unit.pk])
        wrong = [
            place for place in (*self.places.values(), *self.seats.values()) if place >= len(names)
        ]
        if wrong:
            raise ValidationError(
                f"下级或人员选到了没有填写的第 {wrong[0] + 1} 个新组织。", code="parts"
            )
        if not self.keep:
            left = [child for child in children(unit) if child.pk not in self.places]
            if left:
                raise ValidationError(
                    f"还要说明这些下级归哪个新组织：{_listed(left)}。", code="children"
                )

    def write(self) -> Written:
        unit = self.unit
        parent = unit.ancestors(include_self=False).last()
        made = [
            tree.add(
                parent,
                OrgUnit(
                    name=part.name,
                    short_name=part.short_name or part.name,
                    division_code=part.division_code,
                    unit_type=unit.unit_type,
                    post_level=unit.post_level,
                    line_system=unit.line_system,
                    owes_reports=unit.owes_reports,
                    synthetic=unit.synthetic,
                    opened_on=self.day,
                ),
            )
            for part in self.parts
        ]
        moved = [
            tree.move(child, made[self.places[child.pk]])
            for child in children(OrgUnit.objects.get(pk=unit.pk))
            if child.pk in self.places
        ]
        unit = OrgUnit.objects.get(pk=unit.pk)

        def seat_of(seat: Appointment) -> OrgUnit | None:
            if seat.pk in self.seats:
                return made[self.seats[seat.pk]]
            return unit if self.keep else None

        if self.keep:
            people = _reseat(unit, day=self.day, by=self.by, seat_of=seat_of)
        else:
            people = retire(unit, heir=made[self.heir], day=self.day, by=self.by, seat_of=seat_of)
            moved.append(unit)
        names = "、".join(f"“{part.name}”" for part in made)
        verb = "分设" if self.keep else "拆分为"
        made = list(OrgUnit.objects.filter(pk__in=[part.pk for part in made]))
        return Written(
            OrgUnit.objects.get(pk=unit.pk),
            f"“{unit.name}”{verb}{names}",
            made,
            after={"新组织": names, "划出下级": _listed(moved[: len(self.places)])},
            new=made,
            moved=moved,
            people=people,
        )


@dataclass(kw_only=True)
class Close(Change):
    """``unit`` ends. With a ``successor`` that one answers for what it left; without, it stays put."""

    kind = "close"
    successor: OrgUnit | None = None

    def concerned(self) -> list[OrgUnit]:
        return [self.unit, self.successor] if self.successor else [self.unit]

    def check(self) -> None:
        self.check_asking(*([self.successor] if self.successor else []))
        if self.successor:
            check_successor(self.unit, self.successor)
        _check_since(self)
        if left := list(children(self.unit)):
            told = (
                f"“{self.unit.name}”下面还有 {len(left)} 个组织，请先把它们划转或撤销，再来撤销它；"
                "要整个并到别处，请用“合并”。"
            )
            names = [f"{child.name}（{child.unit_type}）" for child in left[:50]]
            raise ValidationError([told, *names], code="children")

    def write(self) -> Written:
        unit, heir = self.unit, self.successor
        people = retire(
            OrgUnit.objects.get(pk=unit.pk),
            heir=heir,
            day=self.day,
            by=self.by,
            seat_of=lambda _seat: None,
        )
        closed = OrgUnit.objects.get(pk=unit.pk)
        words = f"撤销“{unit.name}”" + (f"，由“{heir.name}”承接" if heir else "")
        others = [heir] if heir else []
        after = {"承接": heir.name if heir else "无"}
        return Written(closed, words, others, after=after, moved=[closed], people=people)
