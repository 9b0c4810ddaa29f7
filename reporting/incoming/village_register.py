"""Villages as the register has them: what each may be called, and where it lies.

Read in two queries a unit, whatever the number of villages; nothing here looks names up.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from federation import tree
from federation.models import OrgUnit
from federation.models.units import UnitLevel
from reporting.workbook.reading.words import squeezed

_DIGITS_OF_A_CODE = 12
_MOST_NAMES = 8_192  # villages whose names are remembered
_COLUMNS = ("uuid", "path", "name", "short_name", "area_name", "aliases", "division_code")
_VILLAGE_ENDS = re.compile(
    r"(?:村民委员会|社区居民委员会|社区居委会|社区委员会|居民委员会|村委会|居委会|社区居委|村居|行政村|村委|村两委|社区|村)?"
    r"(?:妇女联合会|妇联|妇代会|妇女之家|党支部|党总支|党委|支部)?$"
)
_PLACE_ENDS = re.compile(
    r"(?:民族|回族|畲族|满族|朝鲜族|蒙古族|锡伯族)?(?:省|市|县|区|镇|乡|街道办事处|街道办|街道|街|开发区|农场|林场)$"
)


def village_base(name: str) -> str:
    return _VILLAGE_ENDS.sub("", name, count=1) or name


@functools.lru_cache(maxsize=_MOST_NAMES)
def village_bases(names: frozenset[str]) -> frozenset[str]:
    return frozenset(map(village_base, names))


def place_base(name: str) -> str:
    base = _PLACE_ENDS.sub("", name)
    return base if len(base) >= 2 else name


def _forms(name: str) -> set[str]:
    """The ways a village's name is written out: 田墘村, 田墘村委会, 田墘村村民委员会."""
    if found := re.fullmatch(r"(.+?)(?:村村民委员会|村民委员会|村委会|村)", name):
        base = found[1]
        return {
            f"{base}{end}"
            for end in ("村", "村委会", "村民委员会", "村村民委员会", "村村委会", "行政村")
        }
    if found := re.fullmatch(r"(.+?)(?:社区居民委员会|社区居委会|社区委员会|社区)", name):
        base = found[1]
        return {
            f"{base}{end}"
            for end in ("社区", "社区居委会", "社区居民委员会", "居委会", "居民委员会", "社区居委")
        }
    return {name}


@dataclass(frozen=True)
class Village:
    """A village or community as the register has it."""

    uuid: str
    code: str
    name: str
    short: str
    names: frozenset[str]
    town: str
    town_names: frozenset[str]
    county: str
    county_names: frozenset[str]

    def candidate(self) -> dict[str, Any]:
        place = f"{self.county}{self.town}"
        return {
            "uuid": self.uuid,
            "code": self.code,
            "name": self.name,
            "place": place,
            "town": self.town,
        }


def area_of(unit: OrgUnit) -> OrgUnit:
    """The nearest unit at or above ``unit`` that has villages: a post's county, a city organ's city."""
    for above in unit.ancestors().order_by("-depth"):
        if OrgUnit.objects.filter(within_area(above), unit_type__level=UnitLevel.VILLAGE).exists():
            return above
    return unit


def within_area(unit: OrgUnit) -> Q:
    """Below ``unit`` in the tree, or in its division by code: a zone's towns keep their county's."""
    found = tree.within(unit.path)
    code = unit.division_code
    if len(code) == _DIGITS_OF_A_CODE:
        length = next((n for n in (2, 4, 6, 9) if not code[n:].strip("0")), len(code))
        found |= Q(division_code__startswith=code[:length])
    return found


@dataclass
class Listed:
    """The villages of some units, and the names of province and city that may stand in front."""

    villages: list[Village] = field(default_factory=list)
    in_front: list[str] = field(default_factory=list)


def listed(*units: OrgUnit) -> Listed:
    """All villages within the areas of ``units``, each once."""
    rows: dict[str, Any] = {}
    known: dict[str, Any] = {}
    for unit in units:
        below, around = _read(unit)
        rows |= {row[1]: row for row in below}
        known |= around
    by_code = {row[6]: row for row in known.values() if row[6]}
    real = {squeezed(named(row)) for row in known.values() if row[7] == UnitLevel.TOWNSHIP}
    found, places = Listed(), _Places(known, by_code, real)
    for row in rows.values():
        if row[7] == UnitLevel.VILLAGE:
            found.villages.append(_village(row, places))
    for row in known.values():
        if row[7] in (UnitLevel.PROVINCE, UnitLevel.CITY):
            found.in_front += written(row)
    found.in_front.sort(key=len, reverse=True)
    return found


def _read(unit: OrgUnit) -> tuple[list[Any], dict[str, Any]]:
    """Rows of the units of its area, and by path those together with what lies above them."""
    rows = list(
        OrgUnit.objects.open_now()
        .filter(within_area(unit), unit_type__group__in=("federation", "committee"))
        .values_list(*_COLUMNS, "unit_type__level")
    )
    code = unit.division_code
    codes = {f"{code[:length]}".ljust(12, "0") for length in (2, 4, 6) if code}
    codes |= {f"{row[6][:6]}000000" for row in rows if row[6]}
    above = tree.ancestor_paths(unit.path, include_self=True)
    beyond = OrgUnit.objects.filter(Q(path__in=above) | Q(division_code__in=codes))
    found = beyond.values_list(*_COLUMNS, "unit_type__level")
    return rows, {row[1]: row for row in (*found, *rows)}


class _Places:
    """What lies around the villages, and what it may be called: the same for all of one township."""

    def __init__(self, known: dict[str, Any], by_code: dict[str, Any], real: set[str]) -> None:
        self.known, self.by_code, self.real = known, by_code, real
        self._written: dict[tuple[str, ...], frozenset[str]] = {}

    def above(self, row: Any) -> list[Any]:
        """By the tree and by its code: a zone's towns are still written under their county."""
        paths = tree.ancestor_paths(row[1], include_self=False)
        above = [self.known[path] for path in paths if path in self.known]
        codes = (f"{row[6][:6]}000000", f"{row[6][:9]}000") if row[6] else ()
        return above + [self.by_code[code] for code in codes if code in self.by_code]

    def names(self, places: list[Any], *, towns: bool = False) -> frozenset[str]:
        key = tuple(place[1] for place in places)
        if key not in self._written:
            self._written[key] = frozenset(
                name
                for place in places
                for name in written(place) | (_other_towns(place, self.real) if towns else set())
            )
        return self._written[key]


@functools.lru_cache(maxsize=_MOST_NAMES)
def _names(name: str, short: str, area: str, aliases: str) -> frozenset[str]:
    """All that a village may be called: the same in its county's list and in its city's."""
    names = {squeezed(each) for each in (name, short, area, *aliases.split("|")) if each}
    return frozenset(
        names | {form for each in (short, area) if each for form in _forms(squeezed(each))}
    )


def _village(row: Any, places: _Places) -> Village:
    above = places.above(row)
    towns = [place for place in above if place[7] == UnitLevel.TOWNSHIP]
    counties = [place for place in above if place[7] in (UnitLevel.COUNTY, "")]
    return Village(
        uuid=str(row[0]),
        code=row[6],
        name=row[4] or row[2],
        short=row[3],
        names=_names(*row[2:6]),
        town=named(towns[0]) if towns else "",
        town_names=places.names(towns, towns=True),
        county=named(counties[-1]) if counties else "",
        county_names=places.names(counties),
    )


def named(row: Any) -> str:
    return row[4] or row[3] or row[2]


def written(row: Any) -> set[str]:
    names = {squeezed(name) for name in (row[2], row[3], row[4], *row[5].split("|")) if name}
    return {form for name in names for form in (name, place_base(name)) if len(form) >= 2}


def _other_towns(row: Any, real: set[str]) -> set[str]:
    """尚卿镇 for 尚卿乡: towns change their rank. Not where another town really has that name."""
    base = place_base(squeezed(named(row)))
    ends = ("镇", "乡", "街道", "街道办", "街道办事处", "镇政府", "乡政府")
    return {f"{base}{end}" for end in ends} - real
