"""关爱责任人: named for one person by the posts of the zone, to open her archive without a reason."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from federation import audit, scope
from federation.models import User
from registry import readers
from registry.models import Carer, Person
from registry.refusal import Refused


def may_name(user: User, person: Person) -> bool:
    """Who holds the zone at the person's unit or above, and may edit her archive."""
    return (
        scope.may(user, "registry_children", person.unit)
        and Person.objects.visible_to(user, "edit").filter(pk=person.pk).exists()
    )


def candidates(person: Person) -> QuerySet[User]:
    """Accounts that may look at archives of her unit, of which one is chosen."""
    held = readers.grants_over(person.unit, ("registry_view", "registry_care"))
    return User.objects.filter(pk__in=held, is_active=True).order_by("display_name", "pk")


@transaction.atomic
def name(
    person: Person,
    *,
    user: User,
    by: User,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
) -> Carer:
    """``user`` cares for ``person`` from a day on. Nobody above the unit names herself."""
    if not may_name(by, person):
        raise PermissionDenied
    person = Person.objects.visible_to(by, "edit").select_for_update(of=("self",)).get(pk=person.pk)
    starts_on = starts_on or timezone.localdate()
    if user == by and person.unit_id not in scope.units_held(by, "registry_children"):
        raise Refused("不能指定自己为其他单位档案的责任人，请由所在村（社区）指定。")
    if not candidates(person).filter(pk=user.pk).exists():
        raise Refused(f"{user}在{person.unit}没有查看档案的岗位，不能担任责任人。")
    if ends_on and ends_on < starts_on:
        raise Refused("结束日期早于开始日期，请改正。")
    if Carer.objects.in_force(starts_on).filter(person=person, user=user).exists():
        raise Refused(f"{user}已经是责任人。")
    carer = Carer(person=person, user=user, starts_on=starts_on, ends_on=ends_on, named_by=by)
    carer.save()
    audit.record(person, "name_carer", by=by, unit=person.unit, detail={"carer": str(user)})
    return carer


@transaction.atomic
def end(carer: Carer, *, by: User, on: dt.date | None = None) -> Carer:
    """From ``on`` (default today) she cares no more; her last day is the one before."""
    rows = Carer.objects.visible_to(by, "edit").select_for_update(of=("self",))
    carer = rows.select_related("person__unit").get(pk=carer.pk)
    if not may_name(by, carer.person):
        raise PermissionDenied
    today = on or timezone.localdate()
    if carer.ends_on and carer.ends_on < today:
        raise Refused("这位责任人已经结束。")
    carer.ends_on = today - dt.timedelta(days=1)
    if carer.starts_on > carer.ends_on:
        carer.starts_on = carer.ends_on
    carer.save(update_fields=["starts_on", "ends_on"])
    audit.record(
        carer.person, "end_carer", by=by, unit=carer.person.unit, detail={"carer": str(carer.user)}
    )
    return carer
