"""T3: each id in a body or address is put in place of one of another relation; nothing foreign moves."""

import itertools
import uuid

import pytest
from battery import count, report

from federation.models import Appointment, LiveSession, SavedQuery
from reporting.models import CellChange, Job, Submission, SubmissionEvent, SubmissionRow
from tests.acceptance.test_t1_matrix import addressed, drafted, scene_of
from tests.access import matrix

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
ACTORS = ("county_clerk", "county_clerk_sibling", "volunteer", "city_leader")


def ids_of(stage, unit: str) -> dict[str, str]:
    """An id of every kind there is of ``unit``'s."""
    found = {"unit": stage.units[unit]["uuid"]}
    for kind in ("submission", "row", "appointment", "collection"):
        things = stage.things(kind, unit=unit)
        if things:
            found[kind] = things[0]["uuid"]
            found[f"{kind} number"] = str(things[0]["pk"])
    return found


def looks_like_an_id(value: object) -> bool:
    text = str(value)
    return len(text) == 36 and text.count("-") == 4


def mutations(stage, body: dict) -> list[tuple[str, str, dict]]:
    """(field, whose, body): every id of ``body`` replaced, and every field nobody offered added."""
    found = []
    ids = {name: ids_of(stage, unit) for name, unit in RELATIONS.items()} | {
        "nobody": {"x": NOBODY}
    }
    fields = [n for n, v in body.items() if n != "idempotency_key" and looks_like_an_id(v)]
    fields += [n for n in ("row", "unit", "appointment") if n in body and n not in fields]
    for (whose, held), field in itertools.product(ids.items(), fields):
        found += [(field, whose, {**body, field: value}) for value in held.values()]
    for whose, held in ids.items():
        extra = dict.fromkeys(
            ("unit", "org", "submission", "row", "reviewer", "created_by", "approved_by", "id",
             "uuid", "source", "collection", "owner", "requester"),
            held.get("unit", NOBODY),
        )  # fmt: skip
        more = {name: value for name, value in extra.items() if name not in body}
        found.append(("fields nobody offered", whose, {**more, "status": "approved", **body}))
    return found


def foreign_rows(scene) -> list:
    """Every row that is not the county's own, as it stands."""
    own = scene.org.east.path
    county = {"submission__unit__path__startswith": own}
    models = (
        (Submission, {"unit__path__startswith": own}),
        (SubmissionRow, county),
        (SubmissionEvent, county),
        (CellChange, {"row__submission__unit__path__startswith": own}),
    )
    rows = [
        list(m._base_manager.exclude(**mine).order_by("pk").values_list()) for m, mine in models
    ]
    hers = scene.people.county
    rows += [list(Job.objects.exclude(requester=hers).order_by("pk").values_list())]
    for model in (Appointment, SavedQuery, LiveSession):
        kept = model.objects.exclude(user=hers).order_by("pk")
        names = [f.attname for f in model._meta.fields if f.attname not in {"seen_at"}]
        rows.append(list(kept.values_list(*names)))
    return rows


def test_no_foreign_id_in_a_body_moves_a_foreign_row(stage):
    scene = scene_of(stage, "A1")
    acts = [
        line
        for line in matrix.lines()
        if line.method == "POST"
        and addressed(line.url)
        and line.url not in {"login", "logout", "password_change", "end_others"}
        and {"200", "302"} & {dict(line.expected).get("own"), dict(line.expected).get("above")}
    ]
    tried, wrong = 0, []
    every = [
        (line, field, whose, body)
        for line in acts
        for field, whose, body in mutations(stage, matrix.body(line, scene))
    ]
    step = max(1, len(every) // count(30, full=len(every)))
    for line, field, whose, body in every[::step]:
        with matrix.rolled_back():
            drafted(scene)
            matrix.prepare(line, scene)
            before = foreign_rows(scene)
            body = {**body, "idempotency_key": str(uuid.uuid4())}
            answer = stage.client("county_clerk").post(matrix.address(line, scene), body)
            if answer.status_code >= 500 or foreign_rows(scene) != before:
                wrong.append((str(line), field, whose, answer.status_code))
        tried += 1

    assert wrong == []
    report(
        "T3", f"{tried:,} of {len(every):,} mutations in {len(acts)} acts: 0 foreign rows touched"
    )


def test_no_foreign_id_in_an_address_is_acted_on(stage):
    """The same bodies sent to addresses of others' records by those who stand beside them."""
    scenes = {county: scene_of(stage, county) for county in ("A2", "B1")}
    acts = [
        line
        for line in matrix.lines()
        if line.method == "POST" and line.url.startswith("reporting:") and "job" not in line.url
        and {"200", "302"} & {dict(line.expected).get("own"), dict(line.expected).get("above")}
        and line.url not in {"reporting:export"}
    ]  # fmt: skip
    every = list(itertools.product(acts, scenes))
    step = max(1, len(every) // count(12, full=len(every)))
    answers = []
    for line, county in every[::step]:
        scene = scenes[county]
        with matrix.rolled_back():
            drafted(scene)
            matrix.prepare(line, scene)
            body, path = matrix.body(line, scene), matrix.address(line, scene)
            answers.append(stage.client("county_clerk").post(path, body).status_code)

    assert set(answers) <= {403, 404}
    report("T3", f"{len(answers)} addresses of others' records: only 403 and 404")
