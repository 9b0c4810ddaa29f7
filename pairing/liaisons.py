"""联系人: accounts that keep in touch for a pair, named by who organises it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from federation import audit, scope, tree
from federation.models import UnitGrant, User
from federation.scope import OutOfReach
from pairing import conflicts
from pairing.acting import held, require_edit
from pairing.models import Liaison, Pairing
from pairing.refusal import Refused


def candidates(pair: Pairing) -> QuerySet[User]:
    """Who holds ``pairing_log`` at or above one of the pair's units today."""
    paths = {*tree.ancestor_paths(pair.unit.path), *tree.ancestor_paths(pair.recipient_unit.path)}
    grants = UnitGrant.objects.in_force(timezone.localdate()).filter(
        permission__codename="pairing_log", content_object__path__in=paths
    )
    return User.objects.filter(pk__in=grants.values("user_id"), is_active=True).order_by(
        "display_name", "pk"
    )


@transaction.atomic
def name_liaison(
    pair: Pairing, *, user: User, by: User, since: dt.date | None = None, until: dt.date | None = None
) -> Liaison:  # fmt: skip
    """``user`` keeps in touch from ``since`` on, and reads the recipient's name by it."""
    pair = held(pair, by=by, states=Pairing.OPEN)
    require_edit(pair, by)
    since = since or timezone.localdate()
    if user.pk == by.pk and pair.unit_id not in scope.units_held(by, "pairing_edit"):
        raise Refused("不能指定自己为下级结对的联系人，请由帮扶方所属单位指定。")
    if not candidates(pair).filter(pk=user.pk).exists():
        raise Refused(f"{user}没有登记这个结对的岗位，不能担任联系人；请先任职。")
    if until is not None and until < since:
        raise Refused("结束日期早于开始日期，请改正。")
    if pair.person is not None and pair.person.is_minor:
        _require_for_a_child(pair, user, by)
    if pair.liaisons.filter(Q(until=None) | Q(until__gte=since), user=user).exists():
        raise Refused(f"{user}已经是联系人。")
    made = Liaison(pairing=pair, user=user, since=since, until=until, named_by=by)
    made.save()
    _recorded(made, "name_liaison", by)
    return made


def _require_for_a_child(pair: Pairing, user: User, by: User) -> None:
    """Who names somebody to a child is of the zone herself; the child's side consented, she is vetted."""
    person = pair.person
    if person is None or not scope.may(by, "registry_children", person.unit):
        raise Refused("与儿童的结对，联系人由儿童、权益工作岗位或所在村（社区）指定。")
    helper = pair.helper if pair.helper and pair.helper.user_id == user.pk else None
    if problem := conflicts.for_a_child(person, helper):
        raise Refused(problem.words)


@transaction.atomic
def end_liaison(liaison: Liaison, *, by: User, on: dt.date | None = None) -> Liaison:
    """``on`` is her last day, default yesterday: from today she reaches the pair no more by it."""
    rows = Liaison.objects.visible_to(by).select_for_update(of=("self",))
    row = rows.select_related("pairing__unit", "user").filter(pk=liaison.pk).first()
    if row is None:
        raise OutOfReach("这个结对不在您的管辖范围内。")
    if row.until is not None:
        raise Refused("这位联系人已经结束。")
    require_edit(row.pairing, by)
    end_by(row, on or timezone.localdate() - dt.timedelta(days=1))
    _recorded(row, "end_liaison", by)
    return row


def end_by(row: Liaison, day: dt.date) -> None:
    row.until = day
    row.since = min(row.since, day)
    row.save(update_fields=["until", "since"])


def end_those_out_of_reach(pair: Pairing, day: dt.date) -> list[int]:
    """After the parties changed: who may log at neither unit now stops the day before; their keys."""
    left = pair.liaisons.filter(until=None).exclude(user__in=candidates(pair))
    found = list(left)
    for row in found:
        end_by(row, day - dt.timedelta(days=1))
    return [row.user_id for row in found]


def _recorded(row: Liaison, verb: str, by: User) -> None:
    detail = {"liaison": str(row.user), "since": str(row.since), "until": str(row.until or "")}
    audit.record(row.pairing, verb, by=by, unit=row.pairing.unit, detail=detail)
