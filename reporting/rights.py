"""Who may fill, and who may review, one submission: by the node a grant is held at, not by reach.

Reach (``visible_to``) lets a city look into every form below it; *acting* belongs to one level. A
form is filled at its own unit, or on its behalf (代填) by the unit one level up; it is reviewed
by the unit one level up and by no other. What a closed unit still had to do, its successor does.
"""

from federation import scope
from federation.models import OrgUnit, User
from reporting.models import Submission


def holds_at(user: User, action: str, unit: OrgUnit | None) -> bool:
    """Whether ``user`` holds ``action`` through a grant at exactly ``unit``, or its successor, today."""
    return unit is not None and unit.pk in scope.units_held(user, action)


def fills_own(user: User, submission: Submission) -> bool:
    return holds_at(user, "reporting_fill", submission.unit)


def fills_on_behalf(user: User, submission: Submission) -> bool:
    return holds_at(user, "reporting_proxy", submission.reviewer)


def may_fill(user: User, submission: Submission) -> bool:
    return fills_own(user, submission) or fills_on_behalf(user, submission)


def may_review(user: User, submission: Submission) -> bool:
    return holds_at(user, "reporting_review", submission.reviewer)


def acting_unit(user: User, submission: Submission) -> OrgUnit | None:
    """The unit in whose name the person acts on this submission, for the record."""
    if fills_own(user, submission):
        return _for(submission.unit)
    if may_review(user, submission) or fills_on_behalf(user, submission):
        return _for(submission.reviewer)
    return None


def _for(unit: OrgUnit | None) -> OrgUnit | None:
    """Whoever acts for a closed unit acts in the name of its successor."""
    return unit.successor if unit and unit.successor_id else unit


def reviewed_units(user: User) -> set[int]:
    return scope.units_held(user, "reporting_review")
