"""T3: each id in a body or address is put in place of one of another relation; nothing foreign moves."""

import itertools
import random
import uuid
from collections import Counter
from dataclasses import dataclass

import pytest
from battery import count, report
from django.db.models import Model, Q

from administration import pages
from federation.models import (
    Appointment,
    LiveSession,
    OrgUnit,
    RecoveryCode,
    SavedQuery,
    SecondFactor,
    UnitGrant,
    User,
)
from notices.models import (
    CalendarFeed,
    Duty,
    ExpectedUnit,
    Extension,
    Material,
    MaterialFile,
    MaterialReport,
    Notice,
    NoticeReceipt,
    Supervision,
    SupervisionEvent,
    Task,
    TaskEvent,
    UnitChannel,
    Urging,
)
from reporting.models import CellChange, Job, Submission, SubmissionEvent, SubmissionRow
from tests.acceptance.columns import is_personal
from tests.acceptance.county import OWNERS, scene_of
from tests.access import matrix
from tests.access import scene as ground

pytestmark = [pytest.mark.django_db, pytest.mark.battery("T3")]
# Where the foreign id is from, seen from county A1: own is the clerk's own, for comparison.
RELATIONS = {
    "descendant": "A1-post2",
    "ancestor": "A",
    "sibling": "A2",
    "below the sibling": "A2-post1",
    "other city": "B1",
    "below the other city": "B1-post1",
}
NOBODY = str(uuid.UUID(int=7, version=4))
DONE = {"200", "302"}
# Acts on nobody's records: signing in and out, and what one does to one's own browser.
OWN_SESSION = {"login", "login_code", "logout", "password_change", "second_factor", "renew_codes",
               "end_second_factor", "confirm", "elder", "end_others", "act_as"}  # fmt: skip
KINDS = ("submission", "row", "appointment", "collection", "notice", "task", "material_file",
         "extension", "supervision")  # fmt: skip


@dataclass(frozen=True)
class Actor:
    """Who does an act that the matrix allows in ``column``, and the root of all that is hers."""

    name: str
    column: str
    home: str


ACTORS = (
    Actor("county_clerk", "own", "A1"),
    Actor("city_leader", "above", "A"),
    Actor("system_admin", "system_admin", "A"),
)
# A form of 附件1 is its post's own; its county stands above it.
OF_FORMS = (Actor("county_clerk", "above", "A1"),)


def acts() -> list[tuple[pages.Line, Actor]]:
    """Every act that somebody may do, with the first who may."""
    found = []
    for line in pages.lines():
        allowed = dict(line.expected)
        for actor in OF_FORMS if line.target == "form" else ACTORS:
            if line.method == "POST" and allowed.get(actor.column) in DONE:
                found.append((line, actor))
                break
    return [(line, actor) for line, actor in found if line.url not in OWN_SESSION]


def ids_of(stage, unit: str) -> dict[str, str]:
    """An id of every kind there is of ``unit``'s."""
    found = {"unit": stage.units[unit]["uuid"]}
    for kind in KINDS:
        things = stage.things(kind, unit=unit)
        if things:
            found[kind] = things[0]["uuid"]
            found[f"{kind} number"] = str(things[0]["pk"])
    return found


def looks_like_an_id(value: object) -> bool:
    text = str(value)
    return len(text) == 36 and text.count("-") == 4


NAMED = {"row", "unit", "appointment", "tasks", "acting_for", "ending", "unit_unit", "parent_unit",
         "successor_unit"}  # fmt: skip


def mutations(stage, body: dict) -> list[tuple[str, str, dict]]:
    """(field, whose, body): every id of ``body`` replaced, and every field nobody offered added."""
    found = []
    ids = {name: ids_of(stage, unit) for name, unit in RELATIONS.items()}
    ids["nobody"] = {"x": NOBODY}
    fields = [
        name
        for name, value in body.items()
        if name != "idempotency_key" and (name in NAMED or looks_like_an_id(value))
    ]
    for (whose, held), field in itertools.product(ids.items(), fields):
        found += [(field, whose, {**body, field: value}) for value in held.values()]
    for whose, held in ids.items():
        extra = dict.fromkeys(
            ("unit", "org", "submission", "row", "reviewer", "created_by", "approved_by", "id",
             "uuid", "source", "collection", "owner", "requester", "notice", "task", "duty",
             "issuer", "material", "user", "is_superuser", "signed_by"),
            held.get("unit", NOBODY),
        )  # fmt: skip
        more = {name: value for name, value in extra.items() if name not in body}
        found.append(("fields nobody offered", whose, {**more, "status": "approved", **body}))
    return found


# -- What must not move ----------------------------------------------------------------------------
def below(unit: OrgUnit, way: str = "unit") -> Q:
    return Q(**{f"{way}__path__startswith": unit.path})


def kept(actor: Actor, user: User, home: OrgUnit) -> dict[type[Model], Q]:
    """Of each model the rows that are the actor's own or her unit's: all others are foreign."""
    mine: dict[type[Model], Q] = {
        Submission: below(home),
        SubmissionRow: below(home, "submission__unit"),
        SubmissionEvent: below(home, "submission__unit"),
        CellChange: below(home, "row__submission__unit"),
        Job: Q(requester=user),
        SavedQuery: Q(user=user),
        LiveSession: Q(user=user),
        CalendarFeed: Q(user=user),
        Notice: below(home, "issuer"),
        Duty: below(home, "notice__issuer"),
        ExpectedUnit: below(home, "duty__notice__issuer"),
        NoticeReceipt: below(home),
        Task: below(home),
        TaskEvent: below(home, "task__unit"),
        Material: below(home, "task__unit"),
        MaterialFile: below(home, "material__task__unit"),
        MaterialReport: below(home, "material__task__unit"),
        Extension: below(home, "task__unit"),
        Urging: below(home, "task__unit"),
        Supervision: below(home),
        SupervisionEvent: below(home, "supervision__unit"),
        UnitChannel: below(home),
        OrgUnit: Q(path__startswith=home.path),
        Appointment: Q(user=user),
        UnitGrant: Q(user=user),
        User: Q(pk=user.pk),
        SecondFactor: Q(user=user),
        RecoveryCode: Q(user=user),
    }
    if actor.name == "system_admin":
        seated = Appointment.objects.filter(unit__path__startswith=home.path).values("user")
        mine |= {
            Appointment: below(home),
            UnitGrant: Q(user__in=seated),
            User: Q(pk__in=seated),
            LiveSession: Q(user__in=seated),
            SecondFactor: Q(user__in=seated),
            RecoveryCode: Q(user__in=seated),
        }
    return mine


PASSING = {"seen_at", "last_login"}


def foreign_rows(mine: dict[type[Model], Q], tables: set[str] | None = None) -> dict[str, list]:
    """Every foreign row as it stands, of the ``tables`` named."""
    found = {}
    for model, hers in mine.items():
        table = model._meta.db_table
        if tables is None or table in tables:
            names = [f.attname for f in model._meta.concrete_fields if f.attname not in PASSING]
            rows = model._base_manager.exclude(pk__in=model._base_manager.filter(hers).values("pk"))
            found[table] = sorted(map(repr, rows.values_list(*names)))
    return found


def touched(stage, actor: Actor, mine, path: str, body: dict) -> tuple[int, set[str]]:
    """The answer, and the tables of which a foreign row was changed, added or taken away."""
    before = ground.writes()
    with matrix.rolled_back():
        answer = stage.client(actor.name).post(path, body).status_code
        after = ground.writes()
        moved = {name for name, times in after.items() if times != before.get(name)}
        now = foreign_rows(mine, moved)
    then = foreign_rows(mine, moved)
    return answer, {table for table, rows in then.items() if rows != now[table]}


def in_turn(every: list[tuple], most: int) -> list[tuple]:
    """``most`` of ``every``, the acts taking turns, so that none is spared for another's many fields."""
    dice = random.Random(3)  # noqa: S311
    turns: Counter = Counter()
    ranked = []
    for one in dice.sample(every, len(every)):
        ranked.append((turns[str(one[0])], len(ranked), one))
        turns[str(one[0])] += 1
    return [one for _, _, one in sorted(ranked, key=lambda turn: turn[:2])[:most]]


def test_every_act_that_somebody_may_do_is_tried(stage):
    tried = {line.url for line, _ in acts()}
    doable = {
        line.url
        for line in pages.lines()
        if line.method == "POST" and DONE & set(dict(line.expected).values())
    }

    assert doable - tried == OWN_SESSION | {
        "administration:export_audit",  # the auditor's; it takes no id
        "administration:export_who_may",
        # The village's, who is none of the actors; tests/registry tries them with foreign archives.
        "registry:open",
        "registry:reveal",
        "registry:carers",
        # The volunteer's; tests/pairing tries it with pairs she does not carry.
        "pairing:phone_number",
    }


def test_no_foreign_id_in_a_body_moves_a_foreign_row(stage):
    scene = scene_of(stage, "A1")
    roots = {"A1": scene.org.east, "A": scene.org.city}
    every = []
    for line, actor in acts():
        with matrix.rolled_back():
            matrix.prepare(line, scene)
            path, body = matrix.address(line, scene), matrix.body(line, scene)
        body.pop("file", None)
        every += [(line, actor, path, *one) for one in mutations(stage, body)]
    chosen = in_turn(every, count(20, full=900))
    wrong, answers = [], Counter()
    for line, actor, path, field, whose, body in sorted(chosen, key=lambda one: str(one[0])):
        mine = kept(actor, stage.users[actor.name], roots[actor.home])
        with matrix.rolled_back():
            matrix.prepare(line, scene)
            body = {**body, "idempotency_key": str(uuid.uuid4())}
            answer, tables = touched(stage, actor, mine, path, body)
        answers[answer] += 1
        if answer >= 500 or tables:
            wrong.append((str(line), actor.name, field, whose, answer, sorted(tables)))

    assert wrong == []
    report(
        "T3",
        f"{len(chosen):,} of {len(every):,} mutations in {len(acts())} acts of {len(ACTORS)} people:"
        f" 0 foreign rows touched ({dict(sorted(answers.items()))})",
    )


def test_no_foreign_id_in_an_address_is_acted_on(stage):
    """The same bodies sent to addresses of others' records by those who stand beside them."""
    scenes = {county: scene_of(stage, county) for county in ("A2", "B1")}
    every = [
        (line, county)
        for line, actor in acts()
        for county in scenes
        if actor.name == "county_clerk"
        and takes_an_id(line.url)
        and (county in OWNERS or not is_personal(line))
    ]
    chosen = random.Random(4).sample(every, count(12, full=len(every)))  # noqa: S311
    answers: Counter = Counter()
    for line, county in chosen:
        scene = scenes[county]
        with matrix.rolled_back():
            matrix.prepare(line, scene)
            body, path = matrix.body(line, scene), matrix.address(line, scene)
            answers[stage.client("county_clerk").post(path, body).status_code] += 1

    assert set(answers) <= {403, 404}
    report("T3", f"{len(chosen)} addresses of others' records: only 403 and 404")


def takes_an_id(name: str) -> bool:
    (page,) = [page for page in pages.pages() if page.name == name]
    return any(kind in {"uuid", "int"} for _, kind in page.arguments)
