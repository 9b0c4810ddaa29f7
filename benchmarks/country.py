"""A country to measure in: its tree of units, the submissions of its villages, a few accounts.

The submissions are skewed as real ones are: one busy city holds a heap of them, and one county's
are all older than everybody else's, which is the worst case of "the newest fifty".
"""

import datetime as dt
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from guardian.models import UserObjectPermission

from benchmarks import bulk
from benchmarks.divisions import Division
from federation import code_lists, grants
from federation.models import OrgUnit, Post, UnitType, User
from federation.tree import ALPHABET, STEP, path_after, pinyin_key
from reporting.models import Collection, Submission

ANNEX = "pairing-intent"
DAY = dt.date(2014, 5, 25)
_STATES = ("draft", "submitted", "returned", "approved")
_WEIGHTS = (20, 30, 5, 45)
_UNIT_COLUMNS = (
    "id", "path", "depth", "numchild", "uuid", "name", "short_name", "area_name", "aliases",
    "unit_type_id", "division_code", "strengths", "contact_email", "owes_reports", "pinyin",
    "initials", "synthetic",
)  # fmt: skip
_SUBMISSION_COLUMNS = (
    "id", "uuid", "collection_id", "annex", "annex_version", "period", "unit_id", "reviewer_id",
    "state", "version", "due_on", "nil_report", "filled_on_behalf", "first_submitted_on",
    "submitted_at", "approved_at",
)  # fmt: skip
POSTS = {"village": "village_chair", "township": "officer", "county": "officer"}


@dataclass
class Country:
    """What was planted. ``accounts`` and ``places`` have the same keys, see :func:`choose`."""

    units: int
    records: int = 0
    places: dict[str, OrgUnit] = field(default_factory=dict)
    accounts: dict[str, User] = field(default_factory=dict)


def plant(
    divisions: Sequence[Division], *, busiest: int, rounds: int = 1, seed: int = 7
) -> Country:
    """Fill the empty, migrated database: a unit a division, ``rounds`` submissions a village.

    The busy city's villages have as many more as make ``busiest`` submissions there.
    """
    code_lists.load()
    keys = {division.code: number for number, division in enumerate(divisions, start=1)}
    paths = _paths(divisions)
    bulk.fill(OrgUnit, _UNIT_COLUMNS, _unit_rows(divisions, keys, paths, random.Random(seed)))
    country = Country(units=len(divisions))
    chosen = choose(divisions)
    country.places = {
        name: OrgUnit.objects.select_related("unit_type").get(pk=keys[code])
        for name, code in chosen.items()
    }
    owed = _owed(divisions, keys, paths, country.places, busiest, rounds, random.Random(seed))
    periods = max(period for _, _, period in owed) + 1
    issuer = OrgUnit.objects.order_by("path").first()
    Collection.objects.bulk_create(
        Collection(annex=ANNEX, period=_period(n), issuer=issuer, opened_on=DAY, due_on=DAY)
        for n in range(periods)
    )
    bulk.fill(Submission, _SUBMISSION_COLUMNS, _submission_rows(owed, random.Random(seed)))
    country.records = len(owed)
    for name, unit in country.places.items():
        user = User.objects.create_user(name, display_name="演示甲")
        post = Post.objects.get(code=POSTS.get(unit.level, "vice_chair"))
        grants.appoint(user, unit, post, starts_on=dt.date(2014, 1, 1))
        country.accounts[name] = user
    bulk.settle()
    return country


def choose(divisions: Sequence[Division]) -> dict[str, str]:
    """Division codes of the places that are asked about, by the name they have in the figures."""
    by_code = {division.code: division for division in divisions}
    villages: Counter[str] = Counter()
    for division in divisions:
        if division.level == "village":
            above = division.parent
            while above:
                villages[above] += 1
                above = by_code[above].parent

    def ranked(level: str, within: str = "") -> list[str]:
        """Largest first; only of places below ``within``."""
        found = [d.code for d in divisions if d.level == level and villages[d.code]]
        below = [code for code in found if not within or within in _above(code, by_code)]
        return sorted(below, key=lambda code: (-villages[code], code))

    busy, ordinary, old = ranked("city")[0], ranked("city")[1], ranked("city")[-1]
    county = _middle(ranked("county", ordinary))
    township = _middle(ranked("township", county) or ranked("township", ordinary))
    return {
        "province": _above(busy, by_code)[0] if by_code[busy].parent else busy,
        "city": busy,
        "county": ranked("county", busy)[0],
        "ordinary county": county,
        "old county": _middle(ranked("county", old)),
        "township": township,
        "village": next(d.code for d in divisions if d.parent == township),
    }


def _middle(codes: list[str]) -> str:
    return codes[len(codes) // 2]


def _above(code: str, by_code: dict[str, Division]) -> list[str]:
    """Codes of the parents, nearest first."""
    found = []
    while code := by_code[code].parent:
        found.append(code)
    return found


def _paths(divisions: Sequence[Division]) -> dict[str, str]:
    paths: dict[str, str] = {}
    last: dict[str, str] = {}
    for division in divisions:
        base = paths.get(division.parent, "")
        before = last.get(division.parent, base + ALPHABET[0] * STEP)
        paths[division.code] = last[division.parent] = path_after(before) or ""
    return paths


def _unit_rows(divisions, keys, paths, chance) -> Iterator[tuple]:
    types = {kind.code: kind.pk for kind in UnitType.objects.all()}
    children = Counter(division.parent for division in divisions)
    for division in divisions:
        path = paths[division.code]
        pinyin, initials = pinyin_key(division.name)
        yield (
            keys[division.code], path, len(path) // STEP, children[division.code],
            _uuid(chance), f"{division.name}妇联", division.name, division.name, "",
            types[f"{division.level}_federation"], division.code, "", "", 1, pinyin, initials, 1,
        )  # fmt: skip


def _owed(divisions, keys, paths, places, busiest, rounds, chance) -> list[tuple[int, int, int]]:
    """(unit, reviewer, period) of every submission in the order they came to be."""
    by_path = {path: keys[code] for code, path in paths.items()}
    counties = {paths[division.code] for division in divisions if division.level == "county"}
    busy, old = places["city"].path, places["old county"].path
    villages = [d.code for d in divisions if d.level == "village"]
    inside = sum(paths[code].startswith(busy) for code in villages) or 1
    more = max(rounds, -(-busiest // inside))
    early: list[tuple[int, int, int]] = []
    late: list[tuple[int, int, int]] = []
    for code in villages:
        path = paths[code]
        above = (path[:end] for end in range(len(path) - STEP, 0, -STEP))
        reviewer = next((by_path[p] for p in above if p in counties), by_path[path[:STEP]])
        heap = early if path.startswith(old) else late
        count = more if path.startswith(busy) else rounds
        heap += ((keys[code], reviewer, period) for period in range(count))
    chance.shuffle(late)
    return early + late


def _submission_rows(owed, chance) -> Iterator[tuple]:
    calls = dict(Collection.objects.values_list("period", "pk"))
    states = chance.choices(_STATES, _WEIGHTS, k=len(owed))
    for number, ((unit, reviewer, period), state) in enumerate(zip(owed, states, strict=True), 1):
        sent = None if state == "draft" else DAY + dt.timedelta(days=chance.randrange(-20, 5))
        moment = f"{sent} 02:00:00" if sent else None
        yield (
            number, _uuid(chance), calls[_period(period)], ANNEX, 1, _period(period), unit, reviewer,
            state, 1, str(DAY), 0, 0, sent and str(sent), moment,
            moment if state == "approved" else None,
        )  # fmt: skip


def _period(number: int) -> str:
    return str(2014 + number)


def _uuid(chance: random.Random) -> str:
    return uuid.UUID(int=chance.getrandbits(128), version=4).hex


def grant_rows(country: Country, name: str, *, most: int = 100_000) -> int:
    """Give the account ``name`` guardian's permission on each row in its reach; returns how many."""
    user = country.accounts[name]
    if held := UserObjectPermission.objects.filter(user=user).count():
        return held
    content_type = ContentType.objects.get_for_model(Submission)
    permission = Permission.objects.get(content_type=content_type, codename="view_submission")
    rows = Submission.objects.visible_to(user).order_by("pk").values_list("pk", flat=True)
    keys = list(rows[:most])
    bulk.fill(
        UserObjectPermission,
        ("permission_id", "content_type_id", "object_pk", "user_id"),
        ((permission.pk, content_type.pk, key, user.pk) for key in keys),
    )
    bulk.settle(UserObjectPermission)
    return len(keys)
