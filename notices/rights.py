"""Who answers a task, judges it, writes and signs: by the node a grant is held at, not by reach.

Reach (``visible_to``) lets a city look at every task below it; to act belongs to one unit. A task is
answered at its own unit. It is judged where the answer goes: at the receiving department, or at the
issuer of the notice, whose duty it is. A notice is written and published at its issuer alone, and
signed for at the unit that received it. What a closed unit had to do, its successor does.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q

from federation import scope
from federation.models import OrgUnit, UnitType, User
from notices.models import Duty, Notice, NoticeReceipt, NoticeState, Task


def answers(user: User, task: Task) -> bool:
    return task.unit_id in scope.units_held(user, "notices_sign")


def judges(user: User, duty: Duty) -> bool:
    held = scope.units_held(user, "notices_issue")
    return duty.notice.issuer_id in held or duty.receiving_department_id in held


def judged_by(user: User, to_duty: str) -> Q:
    """Condition that ``user`` judges the duty at the end of the lookup ``to_duty``."""
    held = scope.units_held(user, "notices_issue")
    if not held:
        return Q(pk__in=[])
    return Q(**{f"{to_duty}__notice__issuer__in": held}) | Q(
        **{f"{to_duty}__receiving_department__in": held}
    )


# -- Notices ---------------------------------------------------------------------------------------
def issuing_units(user: User) -> models.QuerySet[OrgUnit]:
    """Open units in whose name ``user`` may issue a notice: a department has no name of its own."""
    held = OrgUnit.objects.open_now().filter(pk__in=scope.units_held(user, "notices_issue"))
    return held.exclude(unit_type__group=UnitType.Group.DEPARTMENT)


def may_issue(user: User, notice: Notice) -> bool:
    return notice.issuer_id in scope.units_held(user, "notices_issue")


def check_issue(user: User, notice: Notice) -> None:
    """``PermissionDenied`` unless ``user`` writes and publishes for the issuer of ``notice``."""
    if not may_issue(user, notice):
        raise PermissionDenied(f"这份通知由{notice.issuer}办理；您可以查看。")


def to_sign(user: User, notice: Notice) -> list[NoticeReceipt]:
    """Receipts of ``notice`` that wait for ``user``, in the order of the tree."""
    if notice.state != NoticeState.PUBLISHED:
        return []
    held = scope.units_held(user, "notices_sign")
    waiting = notice.receipts.filter(unit__in=held, signed_at=None, ended_on=None).select_related(
        "unit"
    )
    return list(waiting.order_by("unit__path"))


def readable_receipts(user: User, notice: Notice) -> models.QuerySet[NoticeReceipt]:
    """Who has signed, as far as ``user`` may know: the issuer of all, a recipient of those below it."""
    if scope.may(user, "notices_view", notice.issuer):
        return notice.receipts.all()
    return NoticeReceipt.objects.visible_to(user).filter(notice=notice)
