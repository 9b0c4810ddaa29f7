"""Villages as the register has them: what each may be called, and where it lies.

Read in two queries a unit, whatever the number of villages; nothing here looks names up. Who asks
for many units of one city keeps a ``Register``: it reads the city once and parts it.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import CharField, F, Q, QuerySet
from django.db.models.functions import Cast

from federation import tree
from federation.models import OrgUnit
from federation.models.units import UnitLevel
from reporting.workbook.reading.words import squeezed

_DIGITS_OF_A_CODE = 12
_MOST_NAMES = 8_192  # villages whose names are remembered
_MOST_ALONE = 3  # areas that are read one by one; from the next on the reader's own is read whole
_PARTED = (UnitLevel.CITY, UnitLevel.COUNTY)  # more than a city is too much to read for its parts
_COLUMNS = ("path", "name", "short_name", "area_name", "aliases", "division_code")
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


class Village(NamedTuple):
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
    if _has_villages(unit):
        return unit
    for above in unit.ancestors(include_self=False).order_by("-depth"):
        if _has_villages(above):
            return above
    return unit


def _has_villages(unit: OrgUnit) -> bool:
    return OrgUnit.objects.filter(within_area(unit), unit_type__level=UnitLevel.VILLAGE).exists()


def within_area(unit: OrgUnit) -> Q:
    """Below ``unit`` in the tree, or in its division by code: a zone's towns keep their county's."""
    found = tree.within(unit.path)
    if start := _start_of_codes(unit):
        found |= Q(division_code__startswith=start)
    return found


def _start_of_codes(unit: OrgUnit) -> str:
    """What all codes within its division start with; nothing where it has no division of its own."""
    code = unit.division_code
    if len(code) != _DIGITS_OF_A_CODE:
        return ""
    return code[: next((n for n in (2, 4, 6, 9) if not code[n:].strip("0")), len(code))]


@dataclass
class Listed:
    """The villages of some units, and the names of province and city that may stand in front."""

    villages: list[Village] = field(default_factory=list)
    in_front: list[str] = field(default_factory=list)


def listed(*units: OrgUnit) -> Listed:
    """All villages within the areas of ``units``, each once."""
    return Register().listed(*units)


class Register:
    """The register as one reader asks it: many areas of a city are parts of the city, read once.

    ``own`` is the area of the reader. Lives no longer than the reading: villages change.
    """

    def __init__(self, own: OrgUnit | None = None) -> None:
        self._own = own
        self._whole: _Rows | None = None  # of ``own``, once it is read
        self._parts: dict[int, _Rows | None] = {}
        self._alone = 0  # areas that were read one by one

    def area_of(self, unit: OrgUnit) -> OrgUnit:
        """As the function of that name."""
        part = self._part(unit)
        if part and any(row[7] == UnitLevel.VILLAGE for row in part.below):
            return unit
        return area_of(unit)

    def listed(self, *units: OrgUnit) -> Listed:
        """All villages within the areas of ``units``, each once."""
        rows: dict[str, Any] = {}
        known: dict[str, Any] = {}
        for unit in units:
            found = self._part(unit) or self._read(unit)
            rows |= {row[1]: row for row in found.below}
            known |= found.around
        return _listed(rows, known)

    def _read(self, unit: OrgUnit) -> _Rows:
        found = _read(unit)
        if unit == self._own:
            self._whole = found
        self._alone += 1
        return found

    def _part(self, unit: OrgUnit) -> _Rows | None:
        """What reading ``unit`` finds, out of the whole; ``None`` where it has to be read."""
        own = self._own
        if own and self._whole is None and self._alone >= _MOST_ALONE and own.level in _PARTED:
            self._whole = _read(own)
        if self._whole is None or unit == own:
            return self._whole
        if unit.pk not in self._parts:
            self._parts[unit.pk] = self._whole.part(unit)
        return self._parts[unit.pk]


def _listed(rows: dict[str, Any], known: dict[str, Any]) -> Listed:
    by_code = {row[6]: row for row in known.values() if row[6]}
    real = {squeezed(named(row)) for row in known.values() if row[7] == UnitLevel.TOWNSHIP}
    found, places = Listed(), _Places(known, by_code, real)
    found.villages = [_village(row, places) for row in rows.values() if row[7] == UnitLevel.VILLAGE]
    for row in known.values():
        if row[7] in (UnitLevel.PROVINCE, UnitLevel.CITY):
            found.in_front += written(row)
    found.in_front.sort(key=len, reverse=True)
    return found


@dataclass
class _Rows:
    """What the register holds of an area: rows of the units within and of what lies above those."""

    unit: OrgUnit
    below: list[Any]
    above: list[Any]
    codes: set[str]  # of the divisions above; every unit with one of them is among ``above``

    @functools.cached_property
    def around(self) -> dict[str, Any]:
        """All of them by path."""
        return {row[1]: row for row in (*self.above, *self.below)}

    def part(self, unit: OrgUnit) -> _Rows | None:
        """What ``_read(unit)`` finds, in its order; ``None`` where some of it may not be here."""
        path, start = unit.path, _start_of_codes(unit)
        paths = set(tree.ancestor_paths(path, include_self=True))
        if not self._covers(path, start) or not paths <= self.around.keys():
            return None
        below = [
            row
            for row in self.below
            if row[1].startswith(path) or (start and row[6].startswith(start))
        ]
        codes = _codes_above(unit, below)
        if not codes <= self.codes:
            return None
        paths |= {row[1] for row in self.above if row[6] in codes}
        return _Rows(unit, below, [self.around[path] for path in sorted(paths)], codes)

    def _covers(self, path: str, start: str) -> bool:
        whole = _start_of_codes(self.unit)
        by_code = not start or (whole != "" and start.startswith(whole))
        return by_code and path.startswith(self.unit.path)


def _read(unit: OrgUnit) -> _Rows:
    groups = ("federation", "committee")
    within = OrgUnit.objects.open_now().filter(within_area(unit), unit_type__group__in=groups)
    below = _rows(within)
    codes = _codes_above(unit, below)
    paths = tree.ancestor_paths(unit.path, include_self=True)
    above = _rows(OrgUnit.objects.filter(Q(path__in=paths) | Q(division_code__in=codes)))
    return _Rows(unit, below, above, codes)


def _rows(units: QuerySet[OrgUnit]) -> list[Any]:
    # PostgreSQL writes a UUID out sooner than Python; SQLite keeps it without its hyphens.
    uuid = Cast("uuid", CharField()) if connection.vendor == "postgresql" else F("uuid")
    return list(units.values_list(uuid, *_COLUMNS, "unit_type__level"))


def _codes_above(unit: OrgUnit, rows: list[Any]) -> set[str]:
    code = unit.division_code
    codes = {f"{code[:length]}".ljust(12, "0") for length in (2, 4, 6) if code}
    return codes | {f"{row[6][:6]}000000" for row in rows if row[6]}


_Around = tuple[str, frozenset[str], str, frozenset[str]]  # as the last four of a Village


class _Places:
    """What lies around the villages, and what it may be called: the same for all of one township."""

    def __init__(self, known: dict[str, Any], by_code: dict[str, Any], real: set[str]) -> None:
        self.known, self.by_code, self.real = known, by_code, real
        self._around: dict[tuple[str, str], _Around] = {}
        self._written: dict[tuple[str, ...], frozenset[str]] = {}

    def around(self, row: Any) -> _Around:
        """Township and county of a village, each with all that it may be called."""
        key = (row[1][: -tree.STEP], row[6][:9])
        return self._around.get(key) or self._around.setdefault(key, self._look_around(row))

    def _look_around(self, row: Any) -> _Around:
        above = self._above(row)
        towns = [place for place in above if place[7] == UnitLevel.TOWNSHIP]
        counties = [place for place in above if place[7] in (UnitLevel.COUNTY, "")]
        return (
            named(towns[0]) if towns else "",
            self._names(towns, towns=True),
            named(counties[-1]) if counties else "",
            self._names(counties),
        )

    def _above(self, row: Any) -> list[Any]:
        """By the tree and by its code: a zone's towns are still written under their county."""
        paths = tree.ancestor_paths(row[1], include_self=False)
        above = [self.known[path] for path in paths if path in self.known]
        codes = (f"{row[6][:6]}000000", f"{row[6][:9]}000") if row[6] else ()
        return above + [self.by_code[code] for code in codes if code in self.by_code]

    def _names(self, places: list[Any], *, towns: bool = False) -> frozenset[str]:
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
    names = _names(*row[2:6])
    return Village(str(row[0]), row[6], row[4] or row[2], row[3], names, *places.around(row))


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
