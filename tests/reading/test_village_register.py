"""Villages parted from their city's come to the same as read alone, and their city is read once."""

import gc

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from federation import tree
from federation.models import OrgUnit
from reporting import annexes
from reporting.incoming import Reader, read, village_register
from reporting.incoming.sweeping import unswept
from reporting.incoming.village_register import Register, area_of, listed
from reporting.incoming.villages import Area

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quanzhou")]
ANNEX = annexes.get("pairing-summary")


def unit_of(code, **more):
    return OrgUnit.objects.get(division_code=code, unit_type__group="federation", **more)


@pytest.fixture
def city():
    return unit_of("350500000000")


def counties_of(city):
    units = OrgUnit.objects.below(city, include_self=False).select_related("unit_type")
    return list(units.filter(unit_type__level="county", depth=city.depth + 1))


def parted(city):
    """The register after its city was read: what lies within is not asked for again."""
    register = Register(city)
    register.listed(city)
    return register


def differing(city):
    """Units of the city, its counties and towns, of which the parted city says another thing."""
    register, found = parted(city), []
    units = OrgUnit.objects.below(city).exclude(unit_type__level="village")
    for unit in units.select_related("unit_type"):
        alone, part = listed(unit), register.listed(unit)
        if (part, register.area_of(unit)) != (alone, area_of(unit)):
            found.append(unit.name)
    return found


def test_every_county_and_town_of_a_city_has_the_same_villages_parted_as_read_alone(city):
    assert len(counties_of(city)) > 10
    assert differing(city) == []


def test_what_is_parted_from_its_city_is_not_asked_for(city, django_assert_num_queries):
    with_villages = [unit for unit in counties_of(city) if area_of(unit) == unit]
    register = parted(city)

    with django_assert_num_queries(0):
        for unit in with_villages:
            assert register.area_of(unit) == unit
            assert register.listed(unit).villages


def below(unit, level):
    return OrgUnit.objects.below(unit).filter(unit_type__level=level)


def renumbered(units, code):
    OrgUnit.objects.filter(pk__in=[unit.pk for unit in units]).update(division_code=code)


def closed(units):
    pks = [unit.pk for unit in units]
    OrgUnit.objects.filter(pk__in=pks).update(closed_on=timezone.localdate())


OUT_OF_ORDER = {
    "itself closed": lambda city, county, other: closed([county]),
    "some villages closed": lambda city, county, other: closed(below(county, "village")[:3]),
    "all villages closed": lambda city, county, other: closed(below(county, "village")),
    "no code": lambda city, county, other: renumbered([county], ""),
    "a short code": lambda city, county, other: renumbered([county], "350621"),
    "another city's code": lambda city, county, other: renumbered([county], "350600000000"),
    "a city without a code": lambda city, county, other: renumbered([city], ""),
    "a village of another city's code": lambda city, county, other: renumbered(
        below(county, "village")[:1], "350602001001"
    ),
    "a town below another county": lambda city, county, other: tree.move(
        below(county, "township")[0], other
    ),
    "a town below the province": lambda city, county, other: tree.move(
        below(county, "township")[0], OrgUnit.objects.get(path=city.path[: -tree.STEP])
    ),
    "itself below another county": lambda city, county, other: tree.move(county, other),
}


@pytest.mark.parametrize("what", OUT_OF_ORDER)
def test_a_county_out_of_order_has_the_same_villages_parted_as_read_alone(city, what):
    county, other = unit_of("350521000000"), unit_of("350524000000")
    OUT_OF_ORDER[what](city, county, other)
    city, county = (OrgUnit.objects.get(pk=unit.pk) for unit in (city, county))
    register = parted(city)

    for unit in (city, county, *counties_of(city)):
        assert register.listed(unit) == listed(unit)
        assert register.area_of(unit) == area_of(unit)


def test_a_few_counties_are_read_alone_and_the_city_once_for_all_others(city, monkeypatch):
    asked = []
    found = village_register._read
    monkeypatch.setattr(
        village_register, "_read", lambda unit: (asked.append(unit.name), found(unit))[1]
    )
    register = Register(city)
    counties = [unit for unit in counties_of(city) if area_of(unit) == unit]

    for unit in counties:
        register.listed(register.area_of(unit))

    assert asked == [*[unit.name for unit in counties[:3]], city.name]


def test_a_province_is_not_read_for_its_cities(city, django_assert_max_num_queries):
    above = OrgUnit.objects.select_related("unit_type")
    province = above.get(path=city.path[: -tree.STEP])
    register = Register(province)

    for unit in counties_of(city)[:6]:
        with django_assert_max_num_queries(3):
            register.listed(register.area_of(unit))


# -- Read by files -----------------------------------------------------------------------------------
def returns(city):
    """A return of each county: a village of its own, one of the next county's, one of none."""
    units = counties_of(city)
    villages = [listed(unit).villages or listed(city).villages for unit in units]
    for n, unit in enumerate(units):
        own, next_one = villages[n], villages[(n + 1) % len(units)]
        names = [own[0].short, f"{own[-1].town}{own[-1].short}", next_one[-1].short, "没有的村"]
        rows = [{"post": f"演示{i}岗", "village": name, "project_goal": "助学"} for i, name in enumerate(names)]  # fmt: skip
        yield ANNEX.write(rows, unit_name=unit.name, properties={"unit": str(unit.uuid)})


def told(reading):
    return (
        reading.unit,
        [(record.values, record.names) for record in reading.records],
        reading.problems,
    )


def test_a_batch_of_a_citys_counties_is_read_as_its_files_one_by_one_with_few_questions(city):
    files = list(returns(city))
    alone = [told(read(file, ANNEX, area=city)) for file in files]

    with (
        Reader(ANNEX, area=city) as reader,
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        together = [told(reader.read(file)) for file in files]

    assert together == alone
    assert len(asked) < 25


def test_senders_without_villages_of_one_county_share_its_area(city):
    county = unit_of("350521000000")
    organs = [tree.add(county, OrgUnit(name=f"演示机关{n}", unit_type=county.unit_type)) for n in range(2)]  # fmt: skip
    with Reader(ANNEX, area=city) as reader:
        first, second = (reader.whose.area_of(unit) for unit in organs)

        assert first is second is reader.whose.area_of(county)


# -- Search for garbage ------------------------------------------------------------------------------
def test_garbage_is_searched_for_again_after_an_area_is_built(city, monkeypatch):
    during = []
    found = village_register._listed
    monkeypatch.setattr(
        village_register, "_listed", lambda *rows: (during.append(gc.isenabled()), found(*rows))[1]
    )
    Area.of(counties_of(city)[0])
    assert during == [False]
    assert gc.isenabled()


def test_garbage_stays_unsearched_where_it_was():
    with unswept():
        with unswept():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
