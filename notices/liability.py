"""Who receives a notice and who owes a duty: rules computed once, at publication, then frozen."""

from typing import Any

from django.db import models

from federation.models import OrgUnit, UnitType
from notices import deliverables
from notices.models import Addressee, Duty, Liability, Notice

# A 部室 owes no regular report, but a notice that names the departments asks something of them
# (下基层 of 2014). A unit that reports to nobody (金门县) receives what it owes nothing for.
TAKES_PART = models.Q(owes_reports=True) | models.Q(unit_type__group="department")


def recipients(notice: Notice) -> dict[OrgUnit, str]:
    """Open units the notice is addressed to → ``main`` or ``copy``; 主送 wins over 抄送.

    A kind means every unit of it below the issuer; a unit by name may lie anywhere. The issuer
    itself is nobody's recipient.
    """
    found: dict[OrgUnit, str] = {}
    below = OrgUnit.objects.below(notice.issuer, include_self=False).open_now()
    lines = sorted(
        notice.addressees.select_related("unit", "unit_type"),
        key=lambda line: line.role != Addressee.Role.MAIN,
    )
    for line in lines:
        units = [line.unit] if line.unit else below.filter(unit_type=line.unit_type)
        for unit in units:
            if unit.pk != notice.issuer_id and unit.closed_on is None:
                found.setdefault(unit, line.role)
    return found


class LiabilityError(ValueError):
    """``owed_by`` names nobody we know, with a sentence."""


def checked(owed_by: Any) -> dict[str, Any]:
    """``owed_by`` complete: ``{"rule": …, "kinds": [code], "units": [uuid]}``."""
    if not isinstance(owed_by, dict) or owed_by.get("rule") not in Liability.values:
        raise LiabilityError(f"责任单位须为以下之一：{'、'.join(Liability.labels)}。")
    kinds, units = owed_by.get("kinds", []), owed_by.get("units", [])
    if owed_by["rule"] == Liability.KINDS:
        known = set(UnitType.objects.filter(code__in=kinds).values_list("code", flat=True))
        if not kinds or (unknown := sorted(set(kinds) - known)):
            raise LiabilityError(
                f"没有这类组织：{'、'.join(unknown)}。" if kinds else "请选择组织类型。"
            )
    if owed_by["rule"] == Liability.UNITS:
        found = {
            str(u) for u in OrgUnit.objects.filter(uuid__in=units).values_list("uuid", flat=True)
        }
        if not units or set(map(str, units)) - found:
            raise LiabilityError(
                "责任单位中有不认识的组织，请重新选择。" if units else "请选择责任单位。"
            )
    return {"rule": owed_by["rule"], "kinds": kinds, "units": [str(unit) for unit in units]}


def liable(duty: Duty) -> models.QuerySet[OrgUnit]:
    """Open units that owe ``duty`` by its rule today, in the order of the tree."""
    owed_by = checked(duty.owed_by)
    issuer = duty.notice.issuer
    below = OrgUnit.objects.below(issuer, include_self=False).open_now().filter(TAKES_PART)
    match owed_by["rule"]:
        case Liability.RECIPIENTS:
            main = [u.pk for u, role in recipients(duty.notice).items() if role == "main"]
            return OrgUnit.objects.filter(TAKES_PART, pk__in=main).order_by("path")
        case Liability.KINDS:
            return below.filter(unit_type__code__in=owed_by["kinds"]).order_by("path")
        case Liability.UNITS:
            # Named in the notice's own words, they owe whatever the register says of them.
            named = OrgUnit.objects.open_now().filter(uuid__in=owed_by["units"])
            return named.order_by("path")
        case _:
            return deliverables.respondents(duty.annex, issuer).order_by("path")
