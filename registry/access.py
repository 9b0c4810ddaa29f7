"""Opening archives and showing what is masked: who may, for what reason, and the line it leaves.

Reach decides which archives a person finds at all (``Person.objects.visible_to``). Here the second
question is asked: whether she may open one without giving a reason, and what she must give before a
masked value is shown. Each answer is written into the audit trail in the transaction that gives it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from federation import audit, scope, tree
from federation.encryption import Sealed
from federation.models import AuditEvent, User
from registry import consents
from registry.models import Authorisation, Carer, Person
from registry.refusal import Refused

# What can be revealed, one at a time, and how it is called.
FIELDS = {
    "name": "姓名",
    "id_number": "身份证号",
    "phone": "联系电话",
    "address": "住址",
    "health": "健康状况",
}
# 事由, to be chosen from; beside it she writes what for.
REASONS = {
    "visit": "走访、联系本人",
    "aid": "落实救助帮扶",
    "verify": "核对信息",
    "rights": "维权、信访办理",
    "report": "上级要求核报",
    "other": "其他",
}
SHORTEST_REASON = 4  # characters
SHOWN_SECONDS = 60
REVEALS_AN_HOUR = 30
HOUR = dt.timedelta(hours=1)
READING = ("open_archive", "open_search_hit", "reveal", "export_archive", "compare_persons")
# By what a search found the archive that is opened from it; what was typed is kept nowhere.
FOUND_BY = {
    "name": "按姓名",
    "pinyin": "按拼音",
    "number": "按证件号",
    "phone": "按联系电话",
    "alike": "按所录内容查重",
}


class ReasonNeeded(Refused):
    """The archive is a minor's and the person asking stands outside its caring unit."""

    def __init__(self) -> None:
        super().__init__("这份未成年人档案不由您所在单位管理，请先写明查阅事由（至少4个字）。")


# -- Whom one need not ask -------------------------------------------------------------------------
def caring(user: User, person: Person) -> bool:
    """Whether ``user`` is of the unit that cares for ``person`` or her named carer in force.

    For a minor the unit's people are those who hold the zone exactly there.
    """
    action = "registry_children" if person.is_minor else "registry_view"
    if person.unit_id in scope.units_held(user, action):
        return True
    held = {
        *scope.granted_paths(user, "registry_care"),
        *scope.granted_paths(user, "registry_view"),
    }
    if not any(person.unit.path.startswith(path) for path in held):
        return False
    return Carer.objects.in_force().filter(user=user, person=person).exists()


def in_reach(user: User, person: Person, action: str = "view") -> bool:
    return Person.objects.visible_to(user, action).filter(pk=person.pk).exists()


def may_open(user: User, person: Person) -> bool:
    """Without giving a reason: an adult in reach, a minor of her own unit or in her care."""
    if person.is_minor:
        return caring(user, person)
    return in_reach(user, person)


def checked_reason(person: Person, reason: str) -> str:
    """``reason`` as it may stand in the trail; :class:`Refused` where it holds what is private."""
    words = " ".join(reason.split())
    if len(words) < SHORTEST_REASON:
        return ""
    if audit.holds_private(words) or (person.is_minor and person.name in words):
        raise Refused("事由中请不要写姓名、身份证号或电话，写明用途即可。")
    return words[:200]


# -- Opening ---------------------------------------------------------------------------------------
@transaction.atomic
def opened(
    person: Person, *, by: User, reason: str = "", verb: str = "open_archive", found: str = ""
) -> None:
    """The line that ``by`` opened the archive, or by ``verb`` a sheet of it; call before it is shown.

    :class:`ReasonNeeded` for a minor outside one's caring unit without one. ``found``, one of
    :data:`FOUND_BY`, adds a second line: she came from a search. It comes from the address, so it
    takes nothing away from the first.
    """
    if not in_reach(by, person):
        raise PermissionDenied
    words = checked_reason(person, reason)
    near = caring(by, person)
    if person.is_minor and not near and not words:
        raise ReasonNeeded
    said: dict[str, Any] = {"caring": near, **({"reason": words} if words else {})}
    how = {"found": FOUND_BY[found]} if found in FOUND_BY else {}
    audit.record(person, verb, by=by, unit=person.unit, detail={**said, **how})
    if how:
        audit.record(person, "open_search_hit", by=by, unit=person.unit, detail={**said, **how})


# -- Revealing -------------------------------------------------------------------------------------
def authorisation_of(user: User, person: Person) -> Authorisation | None:
    """The 查阅授权 in force by which ``user`` may see masked values of ``person``; the longest."""
    above = Q(unit__path__in=tree.ancestor_paths(person.unit.path))
    return in_force().filter(above, user=user).order_by("-ends_on").first()


def in_force(day: dt.date | None = None) -> Any:
    """授权 of today, of anybody."""
    day = day or timezone.localdate()
    rows = Authorisation.objects.unscoped(reason="whether somebody is authorised is not a listing")
    return rows.filter(starts_on__lte=day, ends_on__gte=day, ended_at=None)


def why_no_reveal(person: Person, field: str, *, by: User) -> str:
    """ "" where ``by`` may see the value after giving a reason, or the sentence that says what lacks."""
    if field not in FIELDS or not in_reach(by, person, "reveal"):
        return "您没有查看这项内容的权限。"
    if field == "health" and not scope.may(by, "registry_children", person.unit):
        return "健康状况只对儿童、权益工作岗位和所在村（社区）开放。"
    if field in consents.hidden(person):
        return "同意已撤回或到期，这项内容不再显示。"
    if person.unit_id in scope.units_held(by, "registry_reveal"):
        return ""
    if authorisation_of(by, person) is None:
        return "查看其他单位管理的档案，须先由分管领导批准并登记查阅授权。"
    return ""


@transaction.atomic
def reveal(person: Person, field: str, *, by: User, reason: str) -> str:
    """The plain value of one field, with its line in the trail; a second sight is a second line."""
    if not in_reach(by, person, "reveal"):
        raise PermissionDenied
    person = Person.objects.visible_to(by, "reveal").select_related("unit").get(pk=person.pk)
    if why := why_no_reveal(person, field, by=by):
        raise Refused(why)
    words = checked_reason(person, reason)
    if not words:
        raise Refused("请写明查看的事由，至少4个字。")
    detail: dict[str, Any] = {"field": field, "reason": words, "caring": caring(by, person)}
    if authorised := authorisation_of(by, person):
        detail["authorisation"] = str(authorised.uuid)
    audit.record(person, "reveal", by=by, unit=person.unit, detail=detail)
    tell_of_many(person, by)
    value = getattr(person, field)
    return value.open() if isinstance(value, Sealed) else value or ""


def tell_of_many(person: Person, by: User) -> None:
    """More than 30 in an hour is told once an hour; 工作台 of the authority above shows it."""
    lately = AuditEvent.objects.filter(actor=by, at__gt=timezone.now() - HOUR)
    count = lately.filter(verb="reveal").count()
    if count > REVEALS_AN_HOUR and not lately.filter(verb="many_reveals").exists():
        audit.record(by, "many_reveals", by=by, unit=person.unit, detail={"count": count})


# -- A reason holds for an hour --------------------------------------------------------------------
GIVEN = "opened_archives"  # the session's word, kept on the server
REASON_HOLDS = dt.timedelta(minutes=60)


def give_reason(session: Any, person: Person, reason: str, *, by: User) -> None:
    """Keep a reason that :func:`opened` took, for further openings of this archive in the session."""
    audit.record(person, "give_reason", by=by, unit=person.unit, detail={"reason": reason})
    kept = {key: told for key, told in session.get(GIVEN, {}).items() if _holds(told)}
    until = timezone.now() + REASON_HOLDS
    session[GIVEN] = {**kept, str(person.uuid): [until.isoformat(), reason]}


def reason_given(session: Any, person: Person) -> str:
    """The reason given within the last hour, for ``opened(person, by=…, reason=…)``; "" without."""
    told = session.get(GIVEN, {}).get(str(person.uuid))
    return told[1] if told and _holds(told) else ""


def _holds(told: list[str]) -> bool:
    return dt.datetime.fromisoformat(told[0]) > timezone.now()
