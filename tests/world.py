"""A small federation to test in: two counties of one city, posts, villages, a zone, another city.

``org.east`` and ``org.west`` are counties of ``org.city``; ``org.east_post``, ``org.east_post2``
(posts) and ``org.east_committee`` hang under ``org.east``, ``org.west_post`` under ``org.west``.
``people`` holds an account for each seat, named in :data:`SEATS`.

Each part is built once through the portal's own functions; every later test gets the very same
rows by a few bulk inserts (:func:`once`).
"""

import copy
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from days import today
from django.contrib.auth.models import Permission
from django.core.management.color import no_style
from django.db import connection, models

from federation import code_lists, grants, tree
from federation.models import (
    Appointment,
    HookUpLink,
    LineSystem,
    OrgUnit,
    Post,
    PostLevel,
    UnitGrant,
    UnitType,
    User,
)
from reporting import actions, annexes, workflow
from reporting.models import Collection, Submission, SubmissionRow

START = dt.date(2014, 1, 1)
# Each seat with its unit and its 岗位.
SEATS = {
    "post": ("east_post", "post_leader"),
    "post2": ("east_post2", "post_leader"),
    "committee": ("east_committee", "post_leader"),
    "sibling_post": ("west_post", "post_leader"),
    "county": ("east", "officer"),
    "county2": ("east", "vice_chair"),
    "sibling": ("west", "officer"),
    "sibling2": ("west", "vice_chair"),
    "city": ("department", "department_officer"),
    "leader": ("city", "vice_chair"),
    "other_department": ("other_department", "department_officer"),
    "village": ("east_village", "village_chair"),
    "volunteer": ("east_village", "volunteer"),
    "other_city": ("other_city", "officer"),
    "sysadmin": ("city", "system_admin"),
    "audit": ("city", "audit_admin"),
    "secadmin": ("city", "security_admin"),
    "eastadmin": ("east", "system_admin"),
}


@dataclass
class Kept:
    """A part of the world as it was built: what it stood on, its rows, the answer, and their SQL."""

    ground: list
    rows: list[list[models.Model]]
    made: SimpleNamespace
    sql: bytes = b""


_kept: dict[str, Kept] = {}


def once(name: str, rows_of: tuple[type[models.Model], ...], build: Callable, below=None):
    """``build()``, or the same rows and answer again when an earlier test has built them.

    ``below`` is the world the rows refer to. Nothing is kept of a database that held other rows of
    these models, and nothing is used after a flush, which numbers permissions anew, or after midnight. The making
    leaves no audit trail, so that tests may count theirs.
    """
    ground = [today()]  # what a world says of today is not said tomorrow
    ground += list(Permission.objects.order_by("pk").values_list("pk", flat=True))
    ground += [row.pk for row in vars(below).values()] if below else []
    before = {model: _highest(model) for model in rows_of}
    ground += before.values()
    kept = _kept.get(name)
    if kept and kept.ground == ground:
        _insert(kept, rows_of)
        return copy.deepcopy(kept.made)
    made = build()
    forget_audit()
    rows = [list(model._base_manager.filter(pk__gt=at)) for model, at in before.items()]
    _kept[name] = Kept(ground, rows, copy.deepcopy(made))
    return made


def _highest(model: type[models.Model]) -> int:
    return model._base_manager.order_by("-pk").values_list("pk", flat=True).first() or 0


def _insert(kept: Kept, rows_of: tuple[type[models.Model], ...]) -> None:
    """Put the rows back: on PostgreSQL by the very statements of the first time, in one message.

    That they refer to each other rightly was proved when they were built: some two thousand
    references need not be looked up again for every test.
    """
    if kept.sql:
        with connection.cursor() as cursor:
            cursor.execute(kept.sql)
        return
    said: list[tuple] = []

    def listen(execute, sql, params, many, context):
        said.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        for model, rows in zip(rows_of, kept.rows, strict=True):
            model._base_manager.bulk_create(rows)
        _number_on(rows_of)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            lines = [
                cursor.cursor.mogrify(sql, params)
                for sql, params in said
                if not sql.startswith(("SAVEPOINT", "RELEASE"))
            ]
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            if cursor.fetchone()[0]:
                trusting = b"SET LOCAL session_replication_role = "
                lines = [trusting + b"replica", *lines, trusting + b"origin"]
        kept.sql = b";".join(lines)


def _number_on(rows_of: tuple[type[models.Model], ...]) -> None:
    """Rows came with their keys: the next new one is numbered after them (a flush starts at 1)."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(rows_of)):
            cursor.execute(statement)


def forget_audit() -> None:
    """Empty the audit trail, which only the database of the tests lets anybody do.

    On SQLite nobody can: there the making of the world stays in the trail.
    """
    if connection.vendor == "sqlite":
        return
    with connection.cursor() as cursor:
        # A table with rows still to be checked cannot be emptied.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE federation_auditevent")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def build_units() -> SimpleNamespace:
    code_lists.load()
    types = {kind.code: kind for kind in UnitType.objects.all()}
    levels = {level.code: level for level in PostLevel.objects.all()}

    def unit(parent, name, kind, short=None, level=None, **more):
        made = OrgUnit(
            name=name,
            short_name=short or name,
            unit_type=types[kind],
            post_level=levels.get(level),
            **more,
        )
        return tree.add(parent, made)

    org = SimpleNamespace()
    org.province = unit(None, "演示省妇联", "province_federation")
    org.city = unit(org.province, "东海市妇联", "city_federation", "东海市")
    org.department = unit(org.city, "发展部", "department")
    org.other_department = unit(org.city, "宣传部", "department")
    org.east = unit(org.city, "城东区妇联", "county_federation", "城东区", area_name="城东区")
    org.town = unit(org.east, "临江镇妇联", "township_federation", "临江镇", area_name="临江镇")
    org.east_village = unit(
        org.town, "红旗村妇联", "village_federation", "红旗村", area_name="红旗村委会"
    )
    org.east_village2 = unit(
        org.town, "金井社区妇联", "village_federation", "金井社区", area_name="金井社区居委会"
    )
    org.east_post = unit(org.east, "城东区演示供电营业厅", "civilized_post", level="municipal")
    org.east_post2 = unit(org.east, "城东区演示办税服务厅", "civilized_post", level="national")
    org.east_county_post = unit(org.east, "城东区演示县级岗", "civilized_post", level="county")
    org.east_committee = unit(org.east, "城东区演示教育局妇委会", "organ_committee")
    org.west = unit(org.city, "城西县妇联", "county_federation", "城西县", area_name="城西县")
    org.west_town = unit(
        org.west, "山口乡妇联", "township_federation", "山口乡", area_name="山口乡"
    )
    org.west_village = unit(
        org.west_town, "红旗村妇联", "village_federation", "红旗村", area_name="红旗村委会"
    )
    org.west_post = unit(org.west, "城西县演示幼儿园", "civilized_post", level="provincial")
    org.silent = unit(
        org.city,
        "海岛县妇联",
        "county_federation",
        "海岛县",
        area_name="海岛县",
        owes_reports=False,
    )
    org.other_city = unit(org.province, "北山市妇联", "city_federation", "北山市")
    org.other_county = unit(org.other_city, "城北区妇联", "county_federation", "城北区")
    org.other_post = unit(org.other_county, "城北区演示邮政所", "civilized_post", level="municipal")
    return SimpleNamespace(
        **{
            name: OrgUnit.objects.select_related("unit_type", "post_level").get(pk=u.pk)
            for name, u in vars(org).items()
        }
    )


def seat(org, username, unit, post, **dates) -> User:
    """An account appointed to ``post`` at ``org.<unit>``."""
    user = User.objects.create_user(username, "test-password", display_name=f"{username}演")
    grants.appoint(
        user, getattr(org, unit), Post.objects.get(code=post), **{"starts_on": START, **dates}
    )
    return user


@pytest.fixture
def org(db):
    return once("org", (UnitType, PostLevel, LineSystem, Post, OrgUnit), build_units)


@pytest.fixture
def people(org):
    """One account a seat of :data:`SEATS`, and ``nobody`` without an appointment."""
    return once(
        "people", (User, HookUpLink, Appointment, UnitGrant), lambda: build_people(org), org
    )


def build_people(org) -> SimpleNamespace:
    grants.hook_up(org.department, org.city, kind="receiving", starts_on=START)
    grants.hook_up(org.other_department, org.west, kind="liaison", starts_on=START)
    found = {name: seat(org, name, unit, post) for name, (unit, post) in SEATS.items()}
    for name in ("city", "other_department"):
        grants.derive(found[name])
    found["nobody"] = User.objects.create_user("nobody", "test-password", display_name="无任职演")
    return SimpleNamespace(**found)


@pytest.fixture
def calls(org, people):
    """Both annexes of 泉妇〔2014〕28号 asked of ``org.city``: a draft for every unit that owes one."""
    return once("calls", (Collection, Submission, SubmissionRow), lambda: build_calls(org), org)


def build_calls(org) -> SimpleNamespace:
    asked = {
        code: actions.open_collection(
            annexes.get(code),
            period="2014",
            issuer=org.city,
            opened_on=dt.date(2014, 4, 24),
            due_on=dt.date(2014, 5, 25),
            doc_number="泉妇〔2014〕28号",
        )
        for code in ("pairing-intent", "pairing-summary")
    }
    return SimpleNamespace(intent=asked["pairing-intent"], summary=asked["pairing-summary"])


def of(unit, annex="pairing-intent") -> Submission:
    """The submission of ``unit`` as it is now."""
    everyone = Submission.objects.unscoped(reason="a test looks at the truth")
    return everyone.get(unit=unit, annex=annex, period="2014")


def typed(village=None, **more) -> dict:
    """A complete 附件1, but for what the register knows."""
    pair = {"unit": str(village.uuid), "text": village.short_name} if village else None
    return {
        "leader_name": "林演甲子",
        "leader_title": "岗长",
        "leader_phone": "16900000001",
        "email": "post@example.com",
        "existing_village": [],
        "intended_village": pair or {"unit": None, "text": "红旗村"},
        "offered_support": ["material", "project"],
        "project_goal": "捐赠电脑2台，开展农技培训3期",
        **more,
    }


def fill(unit, user, **more) -> Submission:
    """``user`` types a complete 附件1 for ``unit``."""
    submission = of(unit)
    row = submission.only_row
    values = typed(**more)
    if unit.post_level and "post_level" not in values:
        values["post_level"] = unit.post_level.code
    return actions.save_values(submission, row, values, by=user, version=submission.version)


def take(step, unit, user, annex="pairing-intent", **more) -> Submission:
    return workflow.perform(step, submission=of(unit, annex), actor=user, **more)


def approved(unit, filler, reviewer, **more) -> Submission:
    """A 附件1 all the way to 通过."""
    fill(unit, filler, **more)
    take("submit", unit, filler)
    return take("approve", unit, reviewer)
