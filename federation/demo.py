"""The invented people and bodies of the demo: 泉州 2014, marked 演示数据 and never real.

Units and accounts here; what they reported is made by the room that knows the forms.
"""

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction

from federation import code_lists, divisions, grants, tree
from federation.models import (
    Appointment,
    HookUpLink,
    LineSystem,
    OrgUnit,
    Post,
    PostLevel,
    UnitType,
    User,
)

FILE = settings.BASE_DIR / "fixtures" / "demo" / "quanzhou.json"
CITY = "泉州市妇联"
PASSWORD = "fulian2014"  # noqa: S105 -- printed on every demo's first page
UNIT_TYPES = {"post": "civilized_post", "committee": "organ_committee"}


SHANGHAI = ZoneInfo("Asia/Shanghai")


def hour(day: dt.date, at: int, minute: int = 0) -> dt.datetime:
    """That hour of that day where the demo plays."""
    return dt.datetime.combine(day, dt.time(at, minute), SHANGHAI)


def require_demo() -> None:
    """Raise ``ValidationError`` unless this installation is a demo."""
    if not getattr(settings, "DEMO", False):
        raise ValidationError(
            "这里不是演示环境（DEMO 未开启），不载入演示数据，以免与真实档案混在一起。",
            code="not_demo",
        )


def read() -> dict[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8"))


@transaction.atomic
def load(data: dict[str, Any]) -> tuple[int, int]:
    """Make the demo's units and accounts; returns how many of each are new.

    Loads code lists and divisions first where they are missing. Harmless when repeated. Raises
    ``ValidationError`` where a real unit or account stands under a name of the demo, which stays.
    """
    require_demo()
    _refuse_real(data)
    code_lists.load()
    for path in divisions.CITIES.values():
        if not OrgUnit.objects.filter(division_code=divisions.city_code(path)).exists():
            divisions.load(path)
    places = _places(data)
    made = _plant_posts(data["posts"], places)
    linked = False
    for link in data["hook_ups"]:
        _, new = HookUpLink.objects.get_or_create(
            department=places[link["department"]],
            unit=places[link["unit"]],
            kind=link["kind"],
            starts_on=dt.date.fromisoformat(data["starts_on"]),
        )
        linked = linked or new
    opened = _open_accounts(data, places)
    if linked or opened:
        grants.derive_all(User.objects.filter(synthetic=True))
    return made, opened


def _refuse_real(data: dict[str, Any]) -> None:
    """Raise ``ValidationError`` where something real bears a name of the demo."""
    names = [post["name"] for post in data["posts"]]
    units = OrgUnit.objects.filter(name__in=names, synthetic=False)
    if real := "、".join(units.values_list("name", flat=True)):
        raise ValidationError(f"已有同名的真实组织：{real}。演示数据未载入。", code="real_unit")
    usernames = [account["username"] for account in data["accounts"]]
    users = User.objects.filter(username__in=usernames, synthetic=False).order_by("username")
    if real := "、".join(users.values_list("username", flat=True)):
        raise ValidationError(f"已有同名的真实账号：{real}。演示数据未载入。", code="real_account")


def _places(data: dict[str, Any]) -> dict[str, OrgUnit]:
    """The units that the demo's lines name: by name above the townships, villages by code."""
    codes = {
        appointment["unit"]
        for account in data["accounts"]
        for appointment in account["appointments"]
        if appointment["unit"].isdecimal()
    }
    named = OrgUnit.objects.filter(depth__lte=3, synthetic=False)
    places = {unit.name: unit for unit in named}
    villages = OrgUnit.objects.filter(division_code__in=codes, synthetic=False)
    return places | {unit.division_code: unit for unit in villages}


def _plant_posts(posts: list[dict[str, Any]], places: dict[str, OrgUnit]) -> int:
    """Put 文明岗 and 妇委会 under their reporting units; adds them to ``places`` by number."""
    names = [post["name"] for post in posts]
    standing = {
        (unit.path[: -tree.STEP], unit.name): unit
        for unit in OrgUnit.objects.filter(name__in=names)
    }
    types = {unit_type.code: unit_type for unit_type in UnitType.objects.all()}
    levels = {level.code: level for level in PostLevel.objects.all()}
    systems = {system.code: system for system in LineSystem.objects.all()}
    new = []
    for post in posts:
        parent = places[post["unit"]]
        unit = standing.get((parent.path, post["name"]))
        if unit is None:
            unit = OrgUnit(
                name=post["name"],
                short_name=post["name"],
                unit_type=types[UNIT_TYPES[post["kind"]]],
                post_level=levels.get(post["level"]),
                line_system=systems.get(post["line_system"]),
                contact_email=post["email"],
                opened_on=dt.date(2012, 3, 8),
                synthetic=True,
            )
            new.append((parent, unit))
        places[post["number"]] = unit
    return len(tree.graft(new))


def _open_accounts(data: dict[str, Any], places: dict[str, OrgUnit]) -> int:
    """Accounts with their appointments; all share one password, hashed once."""
    starts_on = dt.date.fromisoformat(data["starts_on"])
    accounts = {account["username"]: account for account in data["accounts"]}
    standing = {user.username: user for user in User.objects.filter(username__in=accounts)}
    lacking = [account for name, account in accounts.items() if name not in standing]
    if not lacking:
        return 0
    hashed = make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(
            username=account["username"],
            display_name=account["name"],
            pinyin=tree.pinyin_key(account["name"])[0],
            initials=tree.pinyin_key(account["name"])[1],
            phone=account["phone"],
            email=account["email"],
            password=hashed,
            synthetic=True,
        )
        for account in lacking
    )
    posts = {post.code: post for post in Post.objects.all()}
    Appointment.objects.bulk_create(
        Appointment(
            user=user,
            unit=places[appointment["unit"]],
            post=posts[appointment["post"]],
            starts_on=starts_on,
        )
        for user in users
        for appointment in accounts[user.username]["appointments"]
    )
    return len(users)


MANY = {  # by how their usernames begin: shown as one line
    "gang": "个文明岗、妇委会的岗负责人",
    "hrb-": "个哈尔滨市妇联部室、区县（市）妇联干部",
}


def accounts_to_show(data: dict[str, Any], *others: dict[str, Any]) -> list[tuple[str, str]]:
    """``(username, what it shows)`` for the start-up page; the many of one kind as one line.

    Those of ``others``, files of the rooms above, are few and stand by themselves.
    """
    shown = [
        (account["username"], account["say"])
        for account in data["accounts"]
        if not account["username"].startswith(tuple(MANY))
    ]
    for beginning, words in MANY.items():
        some = [a["username"] for a in data["accounts"] if a["username"].startswith(beginning)]
        if some:
            shown.append((f"{some[0]}…{some[-1]} ", f"{len(some)}{words}"))
    shown += [
        (account["username"], account["say"]) for file in others for account in file["accounts"]
    ]
    return shown
