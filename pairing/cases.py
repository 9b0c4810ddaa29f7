"""典型: written where it happened, nominated upwards, published downwards or declined with an answer.

A case names no person: neither who is helped nor who helps, nor anybody of the archives that its writer
or publisher can see. With consent to publish (``publish``, :mod:`registry.consents`) of each archive it
names, the writer ticks that she has checked it. Numbers never stand in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Q, Value
from django.utils import timezone

from federation import audit, scope
from federation.models import OrgUnit, User
from federation.scope import OutOfReach
from pairing.models import Pairing, TypicalCase
from registry import consents, masking
from registry.models import Person
from registry.refusal import Overtaken, Refused

State = TypicalCase.State
WRITABLE = (State.DRAFT, State.DECLINED)
SHORTEST = 20  # characters of a text that tells something


# -- Writing ---------------------------------------------------------------------------------------
def desks(user: User) -> set[int]:
    """Ids of the units for which ``user`` writes cases: who only logs for pairs writes none."""
    return scope.units_held(user, "pairing_log") & scope.units_held(user, "pairing_view")


@transaction.atomic
def save(
    row: TypicalCase | None, values: Mapping[str, Any], *, by: User, unit: OrgUnit | None = None,
    pairing: Pairing | None = None, version: int | None = None,
) -> TypicalCase:  # fmt: skip
    """A draft of ``unit`` on ``pairing`` (or none), or ``row`` with other words, while it is the writer's."""
    if row is None:
        if unit is None or unit.pk not in desks(by):
            raise OutOfReach("所选组织不在您的管辖范围内，未保存。")
        if pairing and not Pairing.objects.visible_to(by).filter(pk=pairing.pk).exists():
            raise OutOfReach("这个对子不在您的管辖范围内，未保存。")
        held, verb = TypicalCase(unit=unit, pairing=pairing, written_by=by), "write_case"
    else:
        held, verb = _held(row, by, "log", version), "change_case"
        if held.state not in WRITABLE:
            raise Refused(
                f"这篇典型“{held.get_state_display()}”，不能修改；已推荐的可以先撤回推荐。"
            )
    if verb == "change_case" and all(getattr(held, name) == values[name] for name in values):
        return held
    for name in ("title", "text", "names_cleared"):
        setattr(held, name, values[name])
    check(held, by=by)
    held.version += row is not None
    held.clean_fields(exclude={"unit", "pairing", "written_by", "published_by", "published_at"})
    held.save()
    scope.prove(held, by, "log")
    audit.record(held, verb, by=by, unit=held.unit)
    return held


def check(case: TypicalCase, *, by: User) -> None:
    """:class:`ValidationError`: too short, with numbers, or with names that nobody agreed to."""
    if len(case.text.strip()) < SHORTEST:
        raise ValidationError({"text": f"内容太短，请写明做法和成效，至少{SHORTEST}个字。"})
    for name in ("title", "text"):
        if masking.scan(getattr(case, name)) != getattr(case, name):
            raise ValidationError({name: "请删去身份证号和电话；推广的典型不带这些内容。"})
    named = list(_named(case, by))
    if not named:
        return
    if not case.names_cleared:
        raise ValidationError({"text": "内容里有姓名。请改用“林某”“一名儿童”等说法；本人（监护人）同意公开并核对过的，请勾选“已核对公开同意”。"})  # fmt: skip
    lacking = [one for one in named if isinstance(one, Person) and "publish" not in consents.purposes_of(one)]  # fmt: skip
    if lacking:
        raise ValidationError({"names_cleared": f"内容里有{len(lacking)}人没有登记“公示”的同意，请先在档案的“同意”里登记，或改用“林某”等说法。"})  # fmt: skip


def _named(case: TypicalCase, by: User) -> Iterator[Any]:
    """Whoever is named in the case: of the pair, and of the archives that ``by`` can see around it."""
    words = f"{case.title}\n{case.text}"
    pair = case.pairing
    around = Q(unit=case.unit)
    if pair is not None:
        around |= Q(unit__in=(pair.unit_id, pair.recipient_unit_id))
        yield from _said(_of_pair(pair), words)
    seen = Person.objects.visible_to(by).filter(around).annotate(words=Value(words))
    known = {one.pk for one in _of_pair(pair) if isinstance(one, Person)} if pair else set()
    yield from seen.filter(words__contains=F("name")).exclude(name="").exclude(pk__in=known)


def _of_pair(pair: Pairing) -> list[Any]:
    people: list[Any] = list(pair.household.members.all()) if pair.household else []
    people += [pair.person] if pair.person else []
    return people + ([pair.helper] if pair.helper and pair.helper.kind == "person" else [])


def _said(people: Iterable[Any], words: str) -> Iterator[Any]:
    return (one for one in people if one.name and one.name in words)


# -- Up and down -----------------------------------------------------------------------------------
@transaction.atomic
def nominate(row: TypicalCase, *, by: User, version: int | None = None) -> TypicalCase:
    """To the levels above; again after it was declined and mended."""
    held = _held(row, by, "log", version)
    if held.state not in WRITABLE:
        raise Refused(f"这篇典型“{held.get_state_display()}”，不用再推荐。")
    check(held, by=by)
    held.answer = ""
    return _stand(held, State.NOMINATED, "nominate_case", by)


@transaction.atomic
def withdraw(row: TypicalCase, *, by: User, version: int | None = None) -> TypicalCase:
    """Back to the writer, as long as nobody has judged it."""
    held = _held(row, by, "log", version)
    if held.state != State.NOMINATED:
        raise Refused(f"这篇典型“{held.get_state_display()}”，不能撤回推荐。")
    return _stand(held, State.DRAFT, "withdraw_case", by)


def judging_units(row: TypicalCase, user: User) -> list[OrgUnit]:
    """Units above the case's at which ``user`` judges it, the nearest first."""
    held = scope.units_held(user, "pairing_edit")
    above = row.unit.ancestors(include_self=False).filter(pk__in=held)
    return list(above.order_by("-path"))


@transaction.atomic
def publish(row: TypicalCase, *, by: User, version: int | None = None) -> TypicalCase:
    """For everybody below the unit that chooses it; checked anew with the publisher's eyes."""
    held, unit = _judged(row, by, version)
    check(held, by=by)
    held.published_by, held.published_at = unit, timezone.now()
    return _stand(held, State.PUBLISHED, "publish_case", by)


@transaction.atomic
def decline(row: TypicalCase, *, by: User, answer: str, version: int | None = None) -> TypicalCase:
    """未采用, or no longer to be spread; the writer reads why."""
    held, _ = _judged(row, by, version, also=State.PUBLISHED)
    words = " ".join(answer.split())
    if not words:
        raise ValidationError({"answer": "请写明为什么不采用，或怎样修改后再推荐。"})
    if masking.scan(words) != words:
        raise ValidationError({"answer": "请不要写身份证号和电话。"})
    held.answer, held.published_by, held.published_at = words[:200], None, None
    return _stand(held, State.DECLINED, "decline_case", by)


def _judged(
    row: TypicalCase, by: User, version: int | None, *, also: str = ""
) -> tuple[TypicalCase, OrgUnit]:
    held = _held(row, by, "edit", version)
    units = judging_units(held, by)
    if not units:
        raise PermissionDenied
    if held.state == State.PUBLISHED and also and held.published_by != units[0]:
        raise Refused(f"这篇典型由{held.published_by}推广，请由它撤下。")
    if held.state not in (State.NOMINATED, also):
        raise Refused(f"这篇典型“{held.get_state_display()}”，不能再办。")
    return held, units[0]


def _held(row: TypicalCase, by: User, action: str, version: int | None) -> TypicalCase:
    rows = TypicalCase.objects.visible_to(by, action).select_for_update(of=("self",))
    held = rows.select_related("unit").filter(pk=row.pk).first()
    if held is None:
        raise PermissionDenied
    if version is not None and held.version != version:
        raise Overtaken
    return held


def _stand(row: TypicalCase, state: str, verb: str, by: User) -> TypicalCase:
    row.state = state
    row.version += 1
    row.save()
    audit.record(row, verb, by=by, unit=row.unit)
    return row
