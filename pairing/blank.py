"""空白名单: who should be in a pair and is in none, and pairs that are there in name alone.

Each list is of what one person reaches with ``pairing_view``; the page and the workbook ask the same.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, ExtractMonth, ExtractYear

from federation import scope
from federation.models import OrgUnit, User
from pairing.eligibility import posts_and_committees
from pairing.models import AssistanceProject, Pairing, PairKind, Rule


def month_before(day: dt.date) -> dt.date:
    """The first day of the last month that is over."""
    return (day.replace(day=1) - dt.timedelta(days=1)).replace(day=1)


def _reach(user: User) -> list[str]:
    return scope.granted_paths(user, "pairing_view")


def asked(user: User) -> QuerySet:
    """Posts and committees in reach that 泉妇〔2014〕28号 asks to help."""
    paths = _reach(user)
    top = OrgUnit.objects.filter(depth=1, path__in={path[: OrgUnit.steplen] for path in paths})
    if (root := top.first()) is None:
        return OrgUnit.objects.none()
    found = posts_and_committees(root).filter(scope.reach(paths, "path"))
    return found.select_related("post_level", "unit_type")


def posts(user: User) -> QuerySet:
    """Of these, those that help in no open pair."""
    helping = Pairing.objects.visible_to(user).open().filter(helper_unit=OuterRef("pk"))
    return asked(user).filter(~Exists(helping))


def villages(user: User, township: OrgUnit | None = None) -> QuerySet:
    """Villages that no open pair helps, of one township where one is given."""
    paths = _reach(user)
    found = OrgUnit.objects.villages().open_now().filter(scope.reach(paths, "path"))
    if township is not None:
        found = found.below(township)
    helped = Pairing.objects.visible_to(user).open().filter(recipient_unit=OuterRef("pk"))
    return found.filter(~Exists(helped))


def townships(user: User) -> QuerySet:
    reach = scope.granted_units(user, "pairing_view").open_now()
    return reach.filter(unit_type__level="township", unit_type__group="federation")


def running(user: User) -> QuerySet:
    """Active pairs in reach with the day they ``began``."""
    pairs = Pairing.objects.visible_to(user).active()
    return pairs.annotate(began=Min("terms__starts_on")).select_related("kind")


def silent(user: User, day: dt.date) -> QuerySet:
    """久未联系: without contact for longer than their kind allows; ``since`` is the last or first day."""
    overdue = Q(pk__in=[])
    for kind in PairKind.objects.all():
        overdue |= Q(kind=kind, since__lt=day - dt.timedelta(days=kind.silent_after))
    pairs = running(user).annotate(since=Coalesce("last_contact_on", Min("terms__starts_on")))
    return pairs.filter(overdue).order_by("since", "pk")


def one_off(user: User, day: dt.date) -> QuerySet:
    """一次性结对: begun before last month, and no contact since the month they began in."""
    last_month = month_before(day)
    only_then = Q(last_contact_on=None) | Q(
        last_contact_on__year=F("began_year"), last_contact_on__month=F("began_month")
    )
    pairs = running(user).annotate(
        began_year=ExtractYear(Min("terms__starts_on")),
        began_month=ExtractMonth(Min("terms__starts_on")),
    )
    return pairs.filter(only_then, began__lt=last_month).order_by("began", "pk")


def without_project(user: User, day: dt.date) -> QuerySet:
    """Pairs whose rules ask for 帮扶项目 and that have none in the year of ``day``."""
    asking = {rule.bundle_id for rule in Rule.objects.all() if Rule.PROJECT in rule.counts}
    projects = AssistanceProject.objects.visible_to(user).filter(
        pairing=OuterRef("pk"), year=day.year
    )
    going = projects.exclude(state=AssistanceProject.State.ABANDONED)
    pairs = running(user).filter(kind__bundle__in=asking)
    return pairs.filter(~Exists(going)).order_by("began", "pk")
