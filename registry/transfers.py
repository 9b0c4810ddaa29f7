"""转移: one unit offers an archive, another takes it for a day; on that day it changes hands, once.

Until then it stays where it was and is read by who read it. What was recorded stays with it.
"""

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from federation import audit, scope
from federation.models import OrgUnit, User
from federation.row_security import everything
from federation.scope import ScopedModel
from registry import changing
from registry.models import Person, PersonChange, PersonState, Transfer
from registry.refusal import Refused

State = Transfer.State


# -- Who --------------------------------------------------------------------------------------------
def may_give(user: User, person: Person) -> bool:
    return Person.objects.visible_to(user, "edit").filter(pk=person.pk).exists()


def may_take(user: User, transfer: Transfer) -> bool:
    """Who keeps the archives of the unit that receives; of a minor, within the zone."""
    unit = transfer.to_unit
    if not scope.may(user, "registry_edit", unit):
        return False
    return not transfer.person.is_minor or scope.may(user, "registry_children", unit)


# -- Steps ------------------------------------------------------------------------------------------
@transaction.atomic
def offer(
    person: Person, *, to_unit: OrgUnit, on: dt.date, reason: str, by: User,
    version: int | None = None,
) -> Transfer:  # fmt: skip
    """Ask ``to_unit`` to take the archive from ``on``."""
    person = changing.locked(person, by=by, version=version)
    if person.state != PersonState.ACTIVE:
        raise Refused(f"档案为“{person.get_state_display()}”，不在册，不能转移。")
    if person.transfers.open().exists():
        raise Refused("这份档案已经在转移，请等答复，或先撤回。")
    if to_unit.pk == person.unit_id:
        raise Refused("档案本来就在这个单位，请另选转入单位。")
    if to_unit.is_closed:
        raise Refused(f"{to_unit}已撤销，请另选转入单位。")
    if on < timezone.localdate():
        raise Refused("生效日期不能早于今天，请改日期。")
    made = Transfer(
        person=person, unit=person.unit, to_unit=to_unit, effective_on=on, reason=reason,
        offered_by=by,
    )  # fmt: skip
    made.save()
    _recorded(made, "offer_transfer", by)
    return made


def _held(transfer: Transfer, by: User, *states: str) -> Transfer:
    found = Transfer.objects.visible_to(by).select_related("unit", "to_unit", "person__unit")
    transfer = found.select_for_update(of=("self",)).get(pk=transfer.pk)
    if transfer.state not in states:
        raise Refused(f"这次转移为“{transfer.get_state_display()}”，不能再这样办理。")
    return transfer


@transaction.atomic
def accept(transfer: Transfer, *, by: User, answer: str = "") -> Transfer:
    transfer = _held(transfer, by, State.OFFERED)
    _require(may_take(by, transfer), f"由{transfer.to_unit}接收，您可以查看。")
    _answered(transfer, State.ACCEPTED, by, answer)
    _recorded(transfer, "accept_transfer", by)
    if transfer.effective_on <= timezone.localdate():
        carry_out(transfer)
        transfer.refresh_from_db()
    return transfer


@transaction.atomic
def refuse(transfer: Transfer, *, by: User, answer: str) -> Transfer:
    transfer = _held(transfer, by, State.OFFERED)
    _require(may_take(by, transfer), f"由{transfer.to_unit}答复，您可以查看。")
    if not answer.strip():
        raise Refused("请写明不接收的原因。")
    _answered(transfer, State.REFUSED, by, answer)
    _recorded(transfer, "refuse_transfer", by)
    return transfer


@transaction.atomic
def withdraw(transfer: Transfer, *, by: User, answer: str = "") -> Transfer:
    """By who gives, until the day it takes effect."""
    transfer = _held(transfer, by, State.OFFERED, State.ACCEPTED)
    _require(may_give(by, transfer.person), f"由{transfer.unit}撤回，您可以查看。")
    _answered(transfer, State.WITHDRAWN, by, answer)
    _recorded(transfer, "withdraw_transfer", by)
    return transfer


def _require(allowed: bool, words: str) -> None:
    if not allowed:
        raise NotYours(words)


class NotYours(Exception):
    """The other unit does this."""


def _answered(transfer: Transfer, state: str, by: User, answer: str) -> None:
    transfer.state, transfer.answer = state, answer.strip()
    transfer.answered_by, transfer.answered_at = by, timezone.now()
    transfer.save(update_fields=["state", "answer", "answered_by", "answered_at"])


def _recorded(transfer: Transfer, verb: str, by: User | None) -> None:
    detail = {"to": transfer.to_unit.name, "on": str(transfer.effective_on)}
    audit.record(transfer.person, verb, by=by, unit=transfer.unit, detail=detail)


# -- The day ----------------------------------------------------------------------------------------
def carry_out_due(day: dt.date | None = None) -> int:
    """Every accepted transfer whose day has come; how many archives changed hands. Again: none."""
    day, done = day or timezone.localdate(), 0
    with everything(reason="an accepted transfer takes effect on its day, nobody acting"):
        due = _all(Transfer).filter(state=State.ACCEPTED, effective_on__lte=day).order_by("pk")
        for transfer in due.select_related("unit", "to_unit"):
            done += carry_out(transfer)
    return done


def _all(model: type[ScopedModel]) -> QuerySet:
    return model.objects.unscoped(reason="the day of a transfer has come, nobody acts")


@transaction.atomic
def carry_out(transfer: Transfer) -> bool:
    """The archive goes to the unit that took it; carers named by the old one end the day before."""
    with everything(reason="an archive changes hands between units that do not see each other"):
        person = _all(Person).select_for_update(of=("self",)).select_related("unit")
        person = person.get(pk=transfer.person_id)
        locked = _all(Transfer).select_for_update().get(pk=transfer.pk)
        if locked.state != State.ACCEPTED:
            return False
        to_unit = _standing(transfer.to_unit)
        if to_unit is None or person.state != PersonState.ACTIVE or person.unit_id == to_unit.pk:
            locked.state, locked.answer = State.WITHDRAWN, "生效前情况已变，没有转移"
            locked.save(update_fields=["state", "answer"])
            return False
        _hand_over(person, locked, to_unit)
    return True


def _standing(unit: OrgUnit) -> OrgUnit | None:
    """``unit``, or who succeeded it."""
    while unit is not None and unit.is_closed:
        unit = unit.successor
    return unit


def _hand_over(person: Person, transfer: Transfer, to_unit: OrgUnit) -> None:
    before = changing.standing(person) | {"transfer": str(transfer.uuid), "to": to_unit.pk}
    before["carers"] = changing.end_carers(person, transfer.effective_on - dt.timedelta(days=1))
    person.unit, person.household = to_unit, None
    person.version += 1
    person.save(update_fields=["unit", "household", "version"])
    PersonChange(
        person=person, kind=PersonChange.Kind.TRANSFER, on=transfer.effective_on,
        reason=transfer.reason, by=transfer.answered_by, before=before,
    ).save()  # fmt: skip
    transfer.state = State.DONE
    transfer.save(update_fields=["state"])
    _recorded(transfer, "person_transfer", None)
