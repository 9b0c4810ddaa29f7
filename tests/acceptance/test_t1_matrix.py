"""T1: the matrix over the seeded world, 16 principals at every address; T28: nothing done unrecorded.

Every line of ``who_may_do_what.csv`` is tried at three counties, two of one city and one of another,
by each principal from where she stands towards them (:mod:`columns`), as a page and as a panel.
"""

import random
from collections import Counter

import pytest
from battery import FULL, count, report

from administration import pages
from administration.acceptance.people import PRINCIPALS
from federation.models import AuditEvent
from tests.acceptance.columns import ELSEWHERE, answer_of, standing
from tests.acceptance.county import COUNTIES, scene_of
from tests.access import matrix
from tests.access import scene as ground

pytestmark = [pytest.mark.django_db, pytest.mark.battery("T1")]
USUAL = {"GET", "POST"}
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/units/"}
# Acts that leave no line in the audit trail, and why.
UNRECORDED = {
    "save_query": "a query kept for oneself",
    "drop_query": "a query kept for oneself",
    "administration:import_upload": "a list kept for its preview; confirming it is recorded",
    "registry:import_places": "a list kept for its preview; taking it over is recorded",
    "reporting:autosave": "a draft as it is typed; submitting it is recorded",
    "reporting:form_fill": "a draft as it is typed; submitting it is recorded",
    "reporting:correct_row": "the record's own history holds who, from what, to what and why",
    "reporting:move_row": "the order of a draft; submitting it is recorded",
    "notices:material": "a draft as it is typed; handing it in is recorded",
    "notices:material_autosave": "a draft as it is typed; handing it in is recorded",
    "reporting:table_fill": "rows taken from approved forms, each with its source",
}
Cell = tuple[pages.Line, str, str, str, bool]


def cells() -> list[Cell]:
    """(line, county, principal, column, as a panel) wherever the matrix speaks.

    Page and panel turn about, so that each principal tries every line as both.
    """
    return [
        (line, county, principal.name, column, bool((at + number) % 2))
        for line in pages.lines()
        for at, county in enumerate(COUNTIES)
        for number, principal in enumerate(PRINCIPALS)
        if (column := standing(principal, line, county)) in {*dict(line.expected), ELSEWHERE}
    ]


def sampled(every: list[Cell], each: int) -> list[Cell]:
    """``each`` cells of every line, so that none is left out of the daily run either."""
    dice = random.Random(1)  # noqa: S311
    by_line: dict[str, list[Cell]] = {}
    for cell in every:
        by_line.setdefault(str(cell[0]), []).append(cell)
    return [c for of in by_line.values() for c in dice.sample(of, min(each, len(of)))]


def two_of_three(every: list[Cell]) -> list[Cell]:
    """Each principal at each line, towards two of the three counties in turn."""
    lines = {str(line): at for at, line in enumerate(pages.lines())}
    numbers = {principal.name: number for number, principal in enumerate(PRINCIPALS)}
    return [
        cell
        for cell in every
        if (lines[str(cell[0])] + [*COUNTIES].index(cell[1]) + numbers[cell[2]]) % 3
    ]


def together(chosen: list[Cell]) -> list[tuple[pages.Line, str, list[Cell]]]:
    """The cells of one line at one county stand on the same stage, which is set once."""
    found: dict[tuple[str, str], list[Cell]] = {}
    for cell in chosen:
        found.setdefault((str(cell[0]), cell[1]), []).append(cell)
    return [(cells[0][0], cells[0][1], cells) for cells in found.values()]


def tried(stage, line, path, body, principal, panel) -> tuple[str, bool, Counter]:
    """The answer, whether a row changed, and the verbs recorded meanwhile; all of it undone."""
    client = stage.reader(principal, **(HTMX if panel else {}))
    if line.method == "GET":
        with matrix.rolled_back():
            response = client.get(path)
            response.content_read = (
                b"".join(response.streaming_content) if response.streaming else b""
            )
        return matrix.word(response, line, changed=False), False, Counter()
    last = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
    verbs: Counter = Counter()

    def act():
        matrix.rewind(body)
        response = client.post(path, body)
        verbs.update(AuditEvent.objects.filter(id__gt=last).values_list("verb", flat=True))
        return response

    response, changed = ground.changed_by(act)
    return matrix.word(response, line, changed=changed), changed, verbs


def test_no_line_is_left_out_and_each_is_tried_by_all_sixteen():
    every = cells()
    who = {}
    for line, _county, principal, _column, _panel in every:
        who.setdefault(str(line), set()).add(principal)

    assert list(who) == [str(line) for line in pages.lines()]
    assert {line: names for line, names in who.items() if len(names) < len(PRINCIPALS)} == {}
    assert {str(cell[0]) for cell in sampled(every, 1)} == set(who)
    full = Counter((str(line), principal) for line, _, principal, *_ in two_of_three(every))
    assert full.total() >= 10_080
    assert set(full) == {(line, name) for line, names in who.items() for name in names}


def test_sixteen_principals_are_answered_as_the_matrix_says(stage):
    """Every cell: the answer; of each act not done, no row changed and one line of the refusal."""
    every = cells()
    chosen = two_of_three(every) if FULL else sampled(every, 1)
    scenes = {county: scene_of(stage, county) for county in COUNTIES}
    wrong, refused, recorded, unrecorded = [], 0, 0, Counter()
    for line, county, alike in together(chosen):
        with matrix.rolled_back():
            matrix.prepare(line, scenes[county])
            path = matrix.address(line, scenes[county])
            body = matrix.body(line, scenes[county]) if line.method == "POST" else {}
            for _, _, principal, column, panel in alike:
                wanted = answer_of(line, column, panel=panel)
                answer, changed, verbs = tried(stage, line, path, body, principal, panel)
                where = (str(line), county, principal, column, "panel" if panel else "page")
                if answer != wanted:
                    wrong.append((*where, f"{answer} and not {wanted}"))
                if line.method == "GET":
                    continue
                if changed and answer not in {"200", "302"}:
                    wrong.append((*where, f"{answer}, and rows changed"))
                known = principal not in {"anonymous", "disabled"}
                if known and answer in {"403", "404"}:
                    refused += 1
                    if verbs["denied"] != 1:
                        wrong.append((*where, f"{answer} with {verbs['denied']} lines of refusal"))
                elif changed:
                    if sum(verbs.values()):
                        recorded += 1
                    elif line.url in UNRECORDED:
                        unrecorded[line.url] += 1
                    else:
                        wrong.append((*where, f"{answer}, done and not recorded"))

    assert not wrong, "\n".join(map(str, wrong))  # all of them: pytest cuts a list
    report(
        "T1",
        f"{len(chosen):,} cells of {len(every):,} (16 principals × 3 counties, page and panel turn about,"
        f" {len(pages.lines())} lines, none left out): 0 mismatches;"
        f" {refused:,} refused acts, each with one line and no row changed",
    )
    report(
        "T28",
        f"{recorded:,} acts done, each with its line; {sum(unrecorded.values())} drafts and own"
        f" queries without, for reasons given ({len(UNRECORDED)} addresses)",
    )


def test_no_page_answers_another_method():
    """Where a view says nothing of a method Django answers 405; its form views do say ``put``."""
    assert {page.name: page.methods for page in pages.pages() if not page.methods} == {}
    assert {page.name: more for page in pages.pages() if (more := {*page.methods} - USUAL)} == {}


def test_no_principal_finds_another_method(stage):
    """Each principal at each page by PUT, PATCH and DELETE."""
    scene = scene_of(stage, "A1")
    lines = [ln for ln in pages.lines() if ln.method == "GET" and ln.target == "table"]
    every = [
        (line, principal, method)
        for line in lines
        for principal in PRINCIPALS
        for method in ("put", "patch", "delete")
    ]
    chosen = random.Random(2).sample(every, count(24, full=len(every)))  # noqa: S311
    wrong, of_line = [], {}
    for line, principal, method in chosen:
        of_line.setdefault(str(line), (line, []))[1].append((principal, method))
    for line, tries in of_line.values():
        with matrix.rolled_back():  # the stage of a line is set once
            matrix.prepare(line, scene)
            path = matrix.address(line, scene)
            for principal, method in tries:
                client = stage.reader(principal.name)
                response, changed = ground.changed_by(
                    lambda c=client, m=method, p=path: getattr(c, m)(p)
                )
                answer = matrix.word(response, line, changed=changed)
                if changed or answer not in {"405", "403", "404", "302", "302:login", "401"}:
                    wrong.append((str(line), principal.name, method, answer))

    assert not wrong, "\n".join(map(str, wrong))  # all of them: pytest cuts a list
    report("T1", f"{len(chosen):,} requests by PUT, PATCH, DELETE: none done")
