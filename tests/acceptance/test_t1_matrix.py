"""T1: the matrix over the seeded world, 16 principals at every address; T28: nothing done unrecorded.

The lines of ``who_may_do_what.csv`` are tried at three counties, two of one city and one of another,
by each principal from where she stands towards them, as a page and as a panel.
"""

import random
from collections import Counter
from functools import cache
from types import SimpleNamespace

import pytest
from battery import count, report

from administration import pages
from administration.acceptance.people import PRINCIPALS, Principal
from federation.models import AuditEvent, OrgUnit, SavedQuery
from reporting.models import Collection, Job, Submission, SubmissionRow
from tests.access import matrix
from tests.access import scene as ground

pytestmark = [pytest.mark.django_db, pytest.mark.battery("T1")]
COUNTIES = ("A1", "A2", "B1")
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/units/"}
OWNERS = {"A1": "county_clerk", "A2": "county_clerk_sibling"}
# About one person's own things, not about a unit's.
PERSONAL = {"act_as", "end_session", "drop_query"}
# Acts that leave no line in the audit trail, and why.
UNRECORDED = {
    "save_query": "a query kept for oneself",
    "drop_query": "a query kept for oneself",
    "reporting:autosave": "a draft as it is typed; submitting it is recorded",
    "reporting:form_fill": "a draft as it is typed; submitting it is recorded",
    "reporting:correct_row": "the record's own history holds who, from what, to what and why",
    "reporting:move_row": "the order of a draft; submitting it is recorded",
    "reporting:table_fill": "rows taken from approved forms, each with its source",
}


def standing(principal: Principal, line: pages.Line, county: str) -> str | None:
    """The column of the matrix that speaks of ``principal``; None where it speaks of nobody like her."""
    personal = line.url in PERSONAL or line.url.startswith("reporting:job")
    if personal and county not in OWNERS:
        return None
    if principal.name in {"anonymous", "disabled"}:
        return "anonymous"
    if principal.post in {"volunteer", "system_admin", "audit_admin"}:
        plain = {"volunteer": "volunteer", "system_admin": "system_admin"}
        # Directory pages reach as far as the post: another city's units are not there.
        away = line.url in REACHED and county[0] != principal.unit[0]
        return "other_city" if away else plain.get(principal.post, "audit_admin")
    here = _of_records(principal, line.target, county)
    if personal:
        mine = principal.name == OWNERS[county]
        return "own" if mine or line.url == "reporting:jobs" else "other_city"
    if line.url == "reporting:table" and principal.unit != "A11":
        return "own"  # both cities have tables: each sees her part
    return here


def _of_records(principal: Principal, target: str, county: str) -> str:
    city, seat = county[0], principal.unit
    if seat == "P":
        return "top"
    if seat == f"{city}-dept":
        return "receiving"
    if seat == city:
        return "top" if target == "form" else "above"
    if seat == county:
        return "above" if target == "form" else "own"
    if len(seat) == 2 and seat[0] == city and target == "table":
        return "beside"
    return "other_city"


REACHED = {"unit"}


def scenes(stage) -> dict[str, SimpleNamespace]:
    return {county: scene_of(stage, county) for county in COUNTIES}


def scene_of(stage, county: str) -> SimpleNamespace:
    """The county as the access tests see theirs: who sits where, and what is at hand."""
    city = county[0]
    unit = {key: OrgUnit.objects.get(uuid=said["uuid"]) for key, said in stage.units.items()}
    owner = stage.users[OWNERS.get(county, f"{county}-officer".lower().replace("-", "_"))]
    seats = {
        "county": owner,
        "county2": stage.users[f"{county}_vice".lower()],
        "post": stage.users[f"{county}_post1".lower()],
    }
    return SimpleNamespace(
        org=SimpleNamespace(
            east=unit[county], east_post=unit[f"{county}-post1"], city=unit[city],
            department=unit[f"{city}-dept"], town=unit[f"{county}1"],
        ),
        people=SimpleNamespace(**seats),
        calls=SimpleNamespace(
            summary=Collection.objects.get(issuer=unit[city], annex="pairing-summary")
        ),
        job=Job.objects.filter(requester=owner, state="done").first(),
        query=SavedQuery.objects.filter(user=owner).first(),
    )  # fmt: skip


def drafted(scene) -> None:
    """Whatever became of them: the form and the table are drafts again."""
    forms = [scene.org.east_post.pk, scene.org.east.pk]
    everyone = Submission.objects.unscoped(reason="a test sets the stage")
    everyone.filter(unit__in=forms).update(
        state="draft", submitted_by=None, submitted_at=None, approved_by=None, approved_at=None
    )
    rows = SubmissionRow.objects.unscoped(reason="a test sets the stage")
    rows.filter(submission__unit__in=forms).update(review="none")


@cache
def addressed(name: str) -> bool:
    """Pages whose address and body the access tests know from the scene of this module."""
    return name.startswith("reporting:") or name in KNOWN


KNOWN = {"account", "act_as", "audit", "drop_query", "elder", "end_others", "end_session", "home",
         "login", "logout", "password_change", "save_query", "search", "session", "unit",
         "unit_pick", "units", "administration:who_may", "administration:export_who_may",
         "administration:export_audit"}  # fmt: skip


def cells() -> list[tuple]:
    """(line, county, principal, as a panel) wherever the matrix speaks."""
    found = []
    for line in pages.lines():
        if not addressed(line.url):
            continue
        for county in COUNTIES:
            for principal in PRINCIPALS:
                column = standing(principal, line, county)
                if column and column in dict(line.expected):
                    found += [(line, county, principal, column, htmx) for htmx in (False, True)]
    return found


def expected(line, column, htmx) -> str:
    answer = dict(line.expected)[column]
    return "401:login" if htmx and answer == "302:login" else answer


def tried(stage, scene, line, principal, htmx) -> tuple[str, bool, Counter]:
    """The answer, whether a row changed, and the verbs recorded meanwhile."""
    verbs: Counter = Counter()
    with matrix.rolled_back():
        drafted(scene)
        matrix.prepare(line, scene)
        client = stage.client(principal.name, **(HTMX if htmx else {}))
        last = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0

        def act():
            response = matrix.send(client, line, scene)
            new = AuditEvent.objects.filter(id__gt=last)
            verbs.update(new.values_list("verb", flat=True))
            return response

        if line.method == "GET":
            response, changed = act(), False
        else:
            response, changed = ground.changed_by(act)
    return matrix.word(response, line, changed=changed), changed, verbs


def test_sixteen_principals_are_answered_as_the_matrix_says(stage):
    """Every cell: the answer; of each act not done, no row changed and one line of the refusal."""
    every = cells()
    chosen = random.Random(1).sample(every, min(len(every), count(150, full=len(every))))  # noqa: S311
    scene = scenes(stage)
    wrong, refused, recorded, unrecorded = [], 0, 0, Counter()
    for line, county, principal, column, htmx in chosen:
        wanted = expected(line, column, htmx)
        answer, changed, verbs = tried(stage, scene[county], line, principal, htmx)
        where = (str(line), county, principal.name, column, "htmx" if htmx else "page")
        if answer != wanted:
            wrong.append((*where, f"{answer} and not {wanted}"))
        if line.method == "GET":
            continue
        if changed and answer not in {"200", "302"}:
            wrong.append((*where, f"{answer}, and rows changed"))
        known = principal.name not in {"anonymous", "disabled"}
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

    assert wrong == []
    report(
        "T1",
        f"{len(chosen):,} cells of {len(every):,} (16 principals × 3 counties × page and panel):"
        f" 0 mismatches; {refused:,} refused acts, each with one line and no row changed",
    )
    report(
        "T28",
        f"{recorded:,} acts done, each with its line; {sum(unrecorded.values())} drafts and own"
        f" queries without, for reasons given ({len(UNRECORDED)} addresses)",
    )


def test_no_principal_finds_another_method(stage):
    scene = scene_of(stage, "A1")
    lines = [
        ln
        for ln in pages.lines()
        if addressed(ln.url) and ln.method == "GET" and ln.target == "table"
    ]
    every = [(line, p, m) for line in lines for p in PRINCIPALS for m in ("put", "patch", "delete")]
    chosen = random.Random(2).sample(every, count(24, full=len(every)))  # noqa: S311
    wrong = []
    for line, principal, method in chosen:
        with matrix.rolled_back():
            client = stage.client(principal.name)
            path = matrix.address(line, scene)
            response, changed = ground.changed_by(
                lambda c=client, m=method, p=path: getattr(c, m)(p)
            )
            answer = matrix.word(response, line, changed=changed)
        if changed or answer not in {"405", "403", "404", "302", "302:login", "401"}:
            wrong.append((str(line), principal.name, method, answer))

    assert wrong == []
    report("T1", f"{len(chosen):,} requests by PUT, PATCH, DELETE: none done")
