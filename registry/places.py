"""阵地 and 帮扶力量: built and changed, closed and never deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation import audit, scope
from federation.models import Appointment, OrgUnit, User
from federation.scope import OutOfReach
from registry import phone_numbers
from registry.models import Helper, Site, SiteHonour, VolunteerTeam
from registry.refusal import Overtaken


@transaction.atomic
def save_site(
    row: Site | None, values: Mapping[str, Any], *, by: User, unit: OrgUnit | None = None,
    version: int | None = None,
) -> Site:  # fmt: skip
    """A new 阵地 of ``unit``, or ``row`` with other words."""
    return _save(Site, row, _checked(values), by=by, unit=unit, version=version, noun="site")


@transaction.atomic
def save_helper(
    row: Helper | None, values: Mapping[str, Any], *, by: User, unit: OrgUnit | None = None,
    version: int | None = None,
) -> Helper:  # fmt: skip
    """``team`` is the name of a team of the unit, made where there is none; ``user`` a user name."""
    held = _checked(values)
    at = row.unit if row is not None else unit
    if at is None or not _writes_at(at, by):
        raise OutOfReach("所选组织不在您的管辖范围内，未保存。")
    held["team"] = _team(held.pop("team", ""), at)
    held["user"] = _account(held.pop("user", ""), row, by)
    return _save(Helper, row, held, by=by, unit=unit, version=version, noun="helper")


def _save(model: Any, row: Any, values: Mapping[str, Any], *, by, unit, version, noun) -> Any:
    if row is None:
        if not _writes_at(unit, by):
            raise OutOfReach("所选组织不在您的管辖范围内，未保存。")
        row, verb, differing = model(unit=unit), f"create_{noun}", list(values)
    else:
        row, verb = _locked(row, by=by, version=version), f"change_{noun}"
        differing = [name for name in values if _plain(row, name) != (values[name] or None)]
        if not differing:
            return row
        row.version += 1
    for name in differing:
        setattr(row, name, values[name])
    row.clean_fields(exclude={"phone", "phone_index", "unit"})
    _check_name(row, by)
    row.save()
    scope.prove(row, by, "edit")
    fields = [str(model._meta.get_field(name).verbose_name) for name in differing]
    detail = {} if verb.startswith("create") else {"fields": fields}
    audit.record(row, verb, by=by, unit=row.unit, detail=detail)
    return row


def _check_name(row: Any, by: User) -> None:
    """One open 阵地 of a kind and name a unit; the default manager gives nothing, so it is asked here."""
    if not isinstance(row, Site) or row.closed_on is not None:
        return
    alike = Site.objects.visible_to(by, "edit").filter(unit=row.unit, kind=row.kind, name=row.name)
    if alike.filter(closed_on=None).exclude(pk=row.pk).exists():
        raise ValidationError({"name": "本单位已有同类同名的阵地，请改名称，或先停用原来的。"})


def _plain(row: Any, name: str) -> Any:
    held = getattr(row, name)
    return (held.open() if held is not None and name == "phone" else held) or None


def _writes_at(unit: OrgUnit | None, by: User) -> bool:
    units = scope.granted_units(by, "registry_edit").open_now()
    return unit is not None and units.filter(pk=unit.pk).exists()


def _locked(row: Any, *, by: User, version: int | None = None) -> Any:
    rows = type(row).objects.visible_to(by, "edit").select_related("unit")
    row = rows.select_for_update(of=("self",)).get(pk=row.pk)
    if version is not None and row.version != version:
        raise Overtaken
    return row


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    held = dict(values)
    if held.get("phone"):
        try:
            held["phone"] = phone_numbers.checked(held["phone"])
        except ValidationError as error:
            raise ValidationError({"phone": error.messages}) from error
    return held


def _team(name: str, unit: OrgUnit) -> VolunteerTeam | None:
    name = name.strip()
    if not name:
        return None
    found = unit.volunteer_teams.filter(name=name).first()
    if found is None:
        found = VolunteerTeam(unit=unit, name=name)
        found.save()
    return found


def _account(username: str, row: Helper | None, by: User) -> User | None:
    """Whoever is seated in her reach; the answer for all others is the same."""
    if not username:
        return None
    if row is not None and row.user is not None and row.user.username == username:
        return row.user
    within = scope.reach(scope.granted_paths(by, "registry_edit"), "unit__path")
    seated = Appointment.objects.live().filter(within).values("user")
    found = User.objects.filter(username=username, is_active=True, pk__in=seated).first()
    if found is None:
        raise ValidationError({"user": "您的范围内没有这个账号，请核对用户名；没有账号的不填。"})
    return found


# -- What becomes of them --------------------------------------------------------------------------
@transaction.atomic
def honour(site: Site, values: Mapping[str, Any], *, by: User) -> SiteHonour:
    site = _locked(site, by=by)
    if not 1949 <= values["year"] <= timezone.localdate().year:
        raise ValidationError({"year": "年度不合理，请核对。"})
    row = SiteHonour(site=site, **values)
    row.clean_fields(exclude={"site"})
    row.save()
    audit.record(site, "honour_site", by=by, unit=site.unit, detail={"what": str(row)})
    return row


@transaction.atomic
def end(row: Site | Helper, *, on: dt.date, by: User) -> None:
    """停用 a site, or a helper leaves."""
    row = _locked(row, by=by)
    field, began, verb = _standing(row)
    if getattr(row, field) is not None:
        raise ValidationError("已经停用或退出，不用再办。")
    if on > timezone.localdate() or (began and on < began):
        raise ValidationError({"on": "日期应在开始以后、今天以前，请改正。"})
    _stand(row, field, on, verb, by)


@transaction.atomic
def resume(row: Site | Helper, *, by: User) -> None:
    row = _locked(row, by=by)
    field, _, _ = _standing(row)
    if getattr(row, field) is None:
        raise ValidationError("没有停用或退出，不用恢复。")
    verb = "reopen_site" if isinstance(row, Site) else "helper_returned"
    setattr(row, field, None)
    _check_name(row, by)
    _stand(row, field, None, verb, by)


def _standing(row: Site | Helper) -> tuple[str, dt.date | None, str]:
    if isinstance(row, Site):
        return "closed_on", row.opened_on, "close_site"
    return "left_on", row.joined_on, "helper_left"


def _stand(row: Site | Helper, field: str, on: dt.date | None, verb: str, by: User) -> None:
    setattr(row, field, on)
    row.version += 1
    row.save()
    audit.record(row, verb, by=by, unit=row.unit, detail={"on": str(on)} if on else {})
