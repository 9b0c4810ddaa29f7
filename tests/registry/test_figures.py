"""T13. Figures for the levels above: nobody can be told from them, whatever is laid side by side."""

import itertools
import random

import pytest
from django.utils import timezone

from registry import figures
from registry.figures import Cell, Shown, cell, total
from registry.models import Enrolment, Person

TABLES = 50
EVERYBODY = {"reason": "a test sets the stage"}


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (1, "<5"), (2, "<5"), (4, "<5"), (5, "5"), (312, "312")]
)
def test_how_one_cell_is_shown(count, text):
    assert str(cell(count)) == text


def test_how_a_sum_is_shown():
    assert str(cell(7) + cell(3) + cell(0)) == "8–11"
    assert str(cell(2) + cell(4)) == "2–8"
    assert str(cell(7) + cell(5)) == "12"
    assert str(cell(0) + cell(3)) == "<5"


# -- What a reader can conclude --------------------------------------------------------------------
def shown_of(table):
    """Everything a page shows of a table: cells, totals of rows and columns, the grand total."""
    cells = [[cell(count) for count in row] for row in table]
    rows = [total(row) for row in cells]
    columns = [total(column) for column in zip(*cells, strict=True)]
    return [[str(one) for one in row] for row in cells], [
        *map(str, rows), *map(str, columns), str(total(rows)),
    ]  # fmt: skip


def tables(seed=13):
    draw = random.Random(seed)  # noqa: S311 -- the same tables each time
    for _ in range(TABLES):
        rows, columns = draw.randint(2, 4), draw.randint(2, 4)
        yield [[draw.choice((0, 1, 2, 3, 4, 5, 6, 9, 40)) for _ in range(columns)]
               for _ in range(rows)]  # fmt: skip


def withheld(table):
    return [(r, c) for r, row in enumerate(table) for c, n in enumerate(row) if 0 < n < 5]


@pytest.mark.parametrize("table", list(tables()), ids=str)
def test_every_withheld_cell_could_be_anything_from_1_to_4(table):
    """Exact: for each withheld cell and each number there is a table that shows the very same."""
    seen = shown_of(table)
    for r, c in withheld(table):
        feasible = []
        for guess in range(8):
            other = [list(row) for row in table]
            other[r][c] = guess
            if shown_of(other) == seen:
                feasible.append(guess)
        assert feasible == [1, 2, 3, 4]


def test_even_together_they_could_be_anything():
    """By brute force over all tables that show the same: every combination is among them."""
    table = [[3, 7, 1], [0, 2, 6]]
    seen, places = shown_of(table), withheld(table)
    found = set()
    for guess in itertools.product(range(7), repeat=len(places)):
        other = [list(row) for row in table]
        for (r, c), number in zip(places, guess, strict=True):
            other[r][c] = number
        if shown_of(other) == seen:
            found.add(guess)
    assert found == set(itertools.product(range(1, 5), repeat=len(places)))


def test_with_exact_totals_the_check_would_fail():
    """The guard itself: a page that summed the true numbers would give a cell away."""
    table = [[3, 7], [6, 5]]
    others = [guess for guess in range(1, 5) if guess + 7 == sum(table[0])]
    assert others == [3]


# -- On the database -------------------------------------------------------------------------------
def grow(archives, programme, unit, count, years=10):
    """``count`` more children of ``unit``."""
    born = archives.child.born_on.replace(year=timezone.localdate().year - years)
    for number in range(count):
        person = Person(unit=unit, name=f"孙演{number}", sex="F", born_on=born)
        person.save()
        Enrolment(person=person, programme=programme, starts_on=timezone.localdate()).save()


def page(user, unit):
    columns = list(figures.programmes())
    rows = figures.by_unit(figures.enrolled(user, unit), unit, columns)
    return {row.label: dict(zip(columns, map(str, row.figures), strict=True)) for row in rows}


def test_a_county_clerk_counts_children_whose_archives_she_does_not_see(
    org, people, archives, programmes
):
    grow(archives, programmes.left_behind_child, org.east_village2, 6)

    seen = page(people.county, org.east)

    assert not Person.objects.visible_to(people.county).minors().exists()
    assert seen["合计"]["left_behind_child"] == "8–11"  # 7 in one village, 1 in the other
    assert seen["合计"]["two_cancers"] == "<5"
    assert seen["合计"]["single_poor_mother"] == "0"


def test_every_level_shows_what_its_villages_show(org, people, archives, programmes):
    grow(archives, programmes.left_behind_child, org.east_village2, 6)
    grow(archives, programmes.left_behind_child, org.east_village, 2, years=15)
    before = {unit.pk: page(people.leader, unit) for unit in vars(org).values()
              if figures.scope_of(people.leader, unit)}  # fmt: skip
    twin = archives.west_child.enrolments.get()
    grow(archives, twin.programme, org.west_village, 2, years=8)  # 1 child becomes 3

    after = {pk: page(people.leader, unit) for pk, unit in
             ((unit.pk, unit) for unit in vars(org).values()) if pk in before}  # fmt: skip

    assert after == before


def test_nobody_counts_beyond_her_reach(org, people, archives):
    assert figures.enrolled(people.sibling, org.east) == []
    assert figures.enrolled(people.sysadmin, org.city) == []


def test_needs_are_counted_by_category(org, people, archives):
    found = figures.unmet(people.county, org.east)
    assert found == [Cell(org.east_village.path, "training", "", Shown(1, 4))]


def test_figures_ask_the_database_once(org, people, archives, django_assert_num_queries):
    with django_assert_num_queries(2):  # her grants, the counts
        figures.enrolled(people.county, org.east)
