"""T11: archives looked for and listed: by number, by name, by pinyin, a register page, who is alike.

Each question as SQL in one connection, beside a bare SELECT of the very rows that it finds.
"""

import datetime as dt
import random
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import connection

from benchmarks.rounds import at_most, compared, interleave
from benchmarks.scope_reach import statement
from federation import code_lists, encryption, grants, tree
from federation.models import OrgUnit, Post, UnitType, User
from registry import duplicates, identity_numbers
from registry.models import Person

ROWS = 50
SIZES = {"tiny": 200, "usual": 10_000, "full": 300_000}
ALLOWED = 4.0  # times a bare SELECT of the same rows, the scope and its two zones included
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
STEMS, BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
FLOOR = "floor: the same ids, bare"
OURS = "ours"


def run(*, rounds: int = 5, size: str = "usual") -> list[str]:
    """Printable rows; milliseconds."""
    with suppress(FileExistsError):
        encryption.new_ring_file(Path(settings.FIELD_KEYS_FILE))
    accounts, villages = plant_units(3 if size == "tiny" else 10)
    plant_people(villages, SIZES[size])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    lines = [f"T11 archives; PostgreSQL; {SIZES[size]:,} persons, {len(villages):,} villages; ms"]
    every = Person.objects.unscoped(reason="a benchmark's floor and examples")
    someone = every.select_related("unit").get(
        pk=every.order_by("pk").values_list("pk", flat=True)[SIZES[size] // 2]
    )
    for seat, user in accounts.items():
        reach = Person.objects.visible_to(user)
        questions = {"register page": reach.active().order_by("pinyin", "id")[:ROWS]}
        if seat == "city":
            questions |= {
                "by number": reach.numbered(someone.id_number.open())[:ROWS],
                "by name": reach.named(someone.name).order_by("pinyin", "id")[:ROWS],
                "by pinyin": reach.named(someone.initials).order_by("pinyin", "id")[:ROWS],
            }
        for words, asked in questions.items():
            lines += _beside(f"{words}, {seat}", statement(asked), asked, every, rounds)
    alike = [other.pk for other, _ in duplicates.near(someone)] or [someone.pk]
    bare = every.filter(pk__in=alike).select_related("unit")
    timings = interleave(
        {OURS: lambda: duplicates.near(someone), FLOOR: lambda: list(bare.all())},
        rounds=rounds, least=_least(rounds),
    )  # fmt: skip
    return [*lines, "near-duplicates of one person (with the ORM)",
            *compared(timings, OURS, unit=0.001, cpu=False)]  # fmt: skip


def _least(rounds: int) -> float:
    return 0.02 if rounds > 1 else 0.0


def _beside(words, ours, asked, every, rounds) -> list[str]:
    keys = [person.pk for person in asked]
    floor = statement(every.filter(pk__in=keys))
    timings = interleave({OURS: ours, FLOOR: floor}, rounds=rounds, least=_least(rounds))
    # The best of the rounds: what the work takes, with the least of what others did meanwhile.
    ratio = min(timings[OURS].wall) / min(timings[FLOOR].wall)
    return [
        f"{words}: {len(keys)} rows",
        *compared(timings, OURS, unit=0.001, cpu=False),
        at_most(f"{words}, beside a bare SELECT", ratio, ALLOWED),
    ]


def plant_units(wide: int) -> tuple[dict[str, User], list[OrgUnit]]:
    """A city of ``wide`` counties, as many towns each, as many villages each; who looks at them."""
    code_lists.load()
    types = {one.code: one for one in UnitType.objects.all()}

    def unit(parent, kind, name):
        return tree.add(
            parent,
            OrgUnit(
                name=name, short_name=name, unit_type=types[kind], opened_on=dt.date(2000, 1, 1)
            ),
        )

    city = unit(None, "city_federation", "演示市妇联（档案）")
    villages = []
    first = {"city": city}
    for c in range(wide):
        county = unit(city, "county_federation", f"演示{c}县妇联（档案）")
        for t in range(wide):
            town = unit(county, "township_federation", f"演示{c}县{t}镇妇联")
            villages += [
                unit(town, "village_federation", f"演示{c}县{t}镇{v}村妇联") for v in range(wide)
            ]
        first.setdefault("county", county)
    first["village"] = villages[0]
    accounts = {}
    for name, where in first.items():
        accounts[name] = User.objects.create_user(f"archives-{name}", display_name="演示乙")
        post = Post.objects.get(code="village_chair" if name == "village" else "rights_officer")
        grants.appoint(accounts[name], where, post, starts_on=dt.date(2014, 1, 1))
    return accounts, villages


def plant_people(villages: list[OrgUnit], count: int) -> None:
    """Invented women and children, one in a hundred in the first village."""
    chance = random.Random(7)
    pinyin: dict[str, tuple[str, str]] = {}
    batch: list[Person] = []
    for n in range(count):
        name = f"{chance.choice(SURNAMES)}演{chance.choice(STEMS)}{chance.choice(BRANCHES)}"
        if name not in pinyin:
            pinyin[name] = tree.pinyin_key(name)
        born_on = dt.date(1940, 1, 1) + dt.timedelta(days=chance.randrange(29_000))
        digits = f"99{n % 10_000:04}{born_on:%Y%m%d}{2 * chance.randrange(499):03}"
        person = Person(
            unit=villages[0 if n % 100 == 0 else chance.randrange(len(villages))],
            name=name, born_on=born_on, phone=f"1690000{n % 10_000:04}",
            id_number=digits + identity_numbers.check_digit(digits), synthetic=True,
        )  # fmt: skip
        person.pinyin, person.initials = pinyin[name]
        batch.append(person)
        if len(batch) == 5_000:
            Person.objects.bulk_create(batch)
            batch = []
            print(f"planted {n + 1:,} persons", flush=True)
    Person.objects.bulk_create(batch)
