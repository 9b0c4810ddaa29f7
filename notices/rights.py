"""Who answers a task and who judges it: by the node a grant is held at, not by reach.

Reach (``visible_to``) lets a city look at every task below it; to act belongs to one unit. A task is
answered at its own unit. It is judged where the answer goes: at the receiving department, or at the
issuer of the notice, whose duty it is. What a closed unit had to do, its successor does.
"""

from __future__ import annotations

from django.db.models import Q

from federation import scope
from federation.models import User
from notices.models import Duty, Task


def units_held(user: User, action: str) -> set[int]:
    """Ids of the units at exactly which ``user`` holds ``action``, and of those they succeeded."""
    if not user.is_active:
        return set()
    return {unit for held, unit, _ in scope.grants_of(user) if held == action}


def answers(user: User, task: Task) -> bool:
    return task.unit_id in units_held(user, "notices_sign")


def judges(user: User, duty: Duty) -> bool:
    held = units_held(user, "notices_issue")
    return duty.notice.issuer_id in held or duty.receiving_department_id in held


def judged_by(user: User, to_duty: str) -> Q:
    """Condition that ``user`` judges the duty at the end of the lookup ``to_duty``."""
    held = units_held(user, "notices_issue")
    if not held:
        return Q(pk__in=[])
    return Q(**{f"{to_duty}__notice__issuer__in": held}) | Q(
        **{f"{to_duty}__receiving_department__in": held}
    )
