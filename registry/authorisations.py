"""查阅授权: recorded for somebody else, given by a named leader, from a day to a day."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from federation import audit, scope
from federation.models import OrgUnit, UnitGrant, User
from registry.models import Authorisation
from registry.refusal import Refused

LONGEST = dt.timedelta(days=366)


def units(by: User) -> QuerySet[OrgUnit]:
    """For which units ``by`` may record one: where she holds the zone."""
    return scope.granted_units(by, "registry_children")


def candidates(by: User) -> QuerySet[User]:
    """Whom ``by`` may record one for: accounts with a post that reveals, at her units or below."""
    grants = UnitGrant.objects.in_force(timezone.localdate()).filter(
        scope.reach(scope.granted_paths(by, "registry_children"), "content_object__path"),
        permission__codename="registry_reveal",
    )
    found = User.objects.filter(pk__in=grants.values("user_id"), is_active=True)
    return found.exclude(pk=by.pk).order_by("display_name", "pk")


@transaction.atomic
def give(
    *,
    by: User,
    user: User,
    unit: OrgUnit,
    given_by: str,
    purpose: str,
    starts_on: dt.date,
    ends_on: dt.date,
) -> Authorisation:
    """Record that ``given_by`` (the leader, by name) lets ``user`` see masked values at ``unit`` and below."""
    if not scope.may(by, "registry_children", unit):
        raise PermissionDenied
    if user == by:
        raise Refused("不能给自己登记查阅授权，请由另一位儿童、权益工作人员登记。")
    if not scope.may(user, "registry_reveal", unit):
        raise Refused(f"{user}在{unit}没有可授权的岗位。")
    given_by = given_by.strip()
    if given_by == user.display_name:
        raise Refused("批准人不能是被授权人本人，请填写分管领导姓名。")
    if ends_on < starts_on or ends_on < timezone.localdate():
        raise Refused("结束日期应不早于开始日期和今天，请改正。")
    if ends_on - starts_on > LONGEST:
        raise Refused("一次授权最长一年，请缩短结束日期。")
    row = Authorisation(
        unit=unit, user=user, given_by=given_by, purpose=purpose, starts_on=starts_on,
        ends_on=ends_on, recorded_by=by,
    )  # fmt: skip
    row.save()
    scope.prove(row, by, "children")
    detail = {"account": str(user), "given_by": given_by, "until": str(ends_on)}
    audit.record(row, "authorise_reading", by=by, unit=unit, detail=detail)
    return row


@transaction.atomic
def end(row: Authorisation, *, by: User) -> Authorisation:
    rows = Authorisation.objects.visible_to(by, "children").select_for_update(of=("self",))
    row = rows.select_related("unit", "user").get(pk=row.pk)
    if row.ended_at or row.ends_on < timezone.localdate():
        raise Refused("这项授权已经结束。")
    row.ended_at = timezone.now()
    row.save(update_fields=["ended_at"])
    audit.record(row, "end_authorisation", by=by, unit=row.unit, detail={"account": str(row.user)})
    return row
