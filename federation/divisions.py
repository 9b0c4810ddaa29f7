"""Administrative divisions into the tree of units, again and again as the lists change.

A list is data of a day: codes are re-used, towns renamed, villages merged. So a unit found again is
renamed or re-coded in place, nothing is deleted, and nothing moved by hand is moved back.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import transaction

from federation import audit, division_list, tree
from federation.division_list import LEVELS, ListedDivision, SeedUnit
from federation.models import OrgUnit, UnitType
from federation.models.units import UnitLevel

FOLDER = settings.BASE_DIR / "fixtures" / "divisions"
CITIES = {"quanzhou": FOLDER / "quanzhou_orgs.csv", "harbin": FOLDER / "harbin_orgs.csv"}
SEEDS = FOLDER / "seed_units.csv"
# 金门县: in the list, but no federation there reports to 泉州.
OWE_NO_REPORT = frozenset({"350527000000"})
NO_DUTIES = frozenset({"department"})  # 部室 receive reports, they owe none
UPDATED = ["name", "short_name", "area_name", "aliases", "division_code", "pinyin", "initials"]


@dataclass
class Report:
    """What loading one list did, and what a person should look at."""

    city: str
    rows: int
    added: int = 0
    kept: int = 0
    seeds_added: int = 0
    renamed: list[tuple[str, str, str]] = field(default_factory=list)  # code, old name, new name
    recoded: list[tuple[str, str, str]] = field(default_factory=list)  # unit, old code, new code
    elsewhere: list[tuple[str, str]] = field(default_factory=list)  # unit, parent by the list
    vanished: list[tuple[str, str]] = field(default_factory=list)  # code, unit


def short_name(name: str, level: str) -> str:
    """The everyday name of a division: 洛阳村委会 → 洛阳村, 金山社区居委会 → 金山社区.

    Other villages' names (第一居委会, 湖头茶场生活区) stay as they are, because shortening them
    would invent a village or a community.
    """
    if level != UnitLevel.VILLAGE:
        return name
    if found := re.fullmatch(r"(.+)社区[居民委员会]+", name):
        return f"{found[1]}社区"
    if found := re.fullmatch(r"(.+?)(?:村民委员会|村委会)", name):
        return found[1] if found[1].endswith("村") else f"{found[1]}村"
    return name


def federation_name(name: str, level: str) -> str:
    return f"{short_name(name, level)}妇联"


def city_code(path: Path) -> str:
    """Division code of the city whose list stands at ``path``."""
    return next(row.code for row in division_list.read(path) if row.level == UnitLevel.CITY)


class _Pool:
    """Units of one level already in the tree, given out once each to the rows that mean them."""

    def __init__(self, units: Iterable[OrgUnit]):
        self.units = {unit.pk: unit for unit in units}
        self.by_key: dict[tuple, list[OrgUnit]] = {}
        for unit in self.units.values():
            place = unit.path[: -tree.STEP]
            for key in (
                ("same", unit.division_code, unit.area_name),
                ("name", place, unit.area_name),
                ("anywhere", unit.area_name),
                ("code", unit.division_code),
            ):
                # The code of a closed unit may be given to another, which is not it.
                if key[0] != "code" or not unit.is_closed:
                    self.by_key.setdefault(key, []).append(unit)

    def left(self, key: tuple) -> list[OrgUnit]:
        return [unit for unit in self.by_key.get(key, ()) if unit.pk in self.units]

    def take(self, key: tuple) -> OrgUnit | None:
        units = self.left(key)
        return self.units.pop(units[0].pk) if len(units) == 1 else None


def _match(
    rows: list[ListedDivision], pool: _Pool, parents: dict[str, OrgUnit | None]
) -> dict[str, OrgUnit]:
    """Which unit each row means, by row code.

    Name within the parent goes before code: ministries number towns differently (350582101 is 安海镇
    in one list, 陈埭镇 in another), and code first would swap two towns' archives.
    """
    found: dict[str, OrgUnit] = {}

    def attempt(key_of) -> None:
        for row in rows:
            if row.code not in found and (unit := pool.take(key_of(row))):
                found[row.code] = unit

    attempt(lambda row: ("same", row.code, row.name))
    attempt(lambda row: ("name", getattr(parents[row.code], "path", ""), row.name))
    # A town moved by hand and re-coded since; villages' names repeat too often for this.
    names = Counter(row.name for row in rows if row.level != UnitLevel.VILLAGE)
    attempt(lambda row: ("anywhere", row.name) if names[row.name] == 1 else ())
    attempt(lambda row: ("code", row.code))
    return found


def _apply(unit: OrgUnit, row: ListedDivision, report: Report) -> bool:
    """Rename and re-code ``unit`` to ``row``; a name someone chose by hand stays."""
    changed = False
    if unit.area_name != row.name:
        old = unit.area_name
        report.renamed.append((row.code, old, row.name))
        audit.record(
            unit, "rename_division", by=None, unit=unit, detail={"from": old, "to": row.name}
        )
        if unit.name == federation_name(old, row.level):
            unit.name = federation_name(row.name, row.level)
        if unit.short_name == short_name(old, row.level):
            unit.short_name = short_name(row.name, row.level)
        aliases = [alias for alias in (*unit.aliases.split("|"), old) if alias]
        unit.aliases = "|".join(dict.fromkeys(aliases))[:200]
        unit.area_name = row.name
        unit.pinyin, unit.initials = tree.pinyin_key(row.name)
        changed = True
    if unit.division_code != row.code:
        old = unit.division_code
        report.recoded.append((unit.name, old, row.code))
        audit.record(
            unit, "recode_division", by=None, unit=unit, detail={"from": old, "to": row.code}
        )
        unit.division_code = row.code
        changed = True
    return changed


def _plant_seeds(
    city: OrgUnit, seeds: list[SeedUnit], types: dict[str, UnitType], report: Report
) -> dict[str, OrgUnit]:
    """Zones, committees, 部室 and direct units of ``city`` by name; creates those it lacks."""
    held: dict[str, OrgUnit] = {}
    for unit in OrgUnit.objects.below(city, include_self=False).filter(division_code=""):
        for name in (unit.name, *unit.aliases.split("|")):
            held.setdefault(name, unit)
    new = [
        OrgUnit(
            name=seed.name,
            short_name=seed.short_name,
            area_name=seed.area_name,
            aliases=seed.aliases,
            unit_type=types[seed.unit_type],
            owes_reports=seed.unit_type not in NO_DUTIES,
        )
        for seed in seeds
        if seed.name not in held
    ]
    for unit in tree.graft((city, unit) for unit in new):
        held[unit.name] = unit
    report.seeds_added = len(new)
    return {seed.name: held[seed.name] for seed in seeds}


@transaction.atomic
def load(path: Path) -> Report:
    """Load the list at ``path`` (one province, one city) and the city's bodies without a code.

    The code lists must be loaded. Raises ``ValidationError`` with the line when the list is broken,
    before anything is written.
    """
    listed = division_list.read(path)
    (city_row,) = (row for row in listed if row.level == UnitLevel.CITY)
    seeds = [seed for seed in division_list.read_seeds(SEEDS) if seed.city == city_row.name]
    types = {unit_type.code: unit_type for unit_type in UnitType.objects.all()}
    owners = division_list.owners(seeds, listed)
    report = Report(city=city_row.name, rows=len(listed))
    homes: dict[str, OrgUnit] = {}
    zones: dict[str, OrgUnit] = {}
    changed: list[OrgUnit] = []
    for level in LEVELS:
        rows = [row for row in listed if row.level == level]
        if level == UnitLevel.TOWNSHIP:
            zones = _plant_seeds(homes[city_row.code], seeds, types, report)
        parents = {
            row.code: zones[owners[row.code]] if row.code in owners else homes.get(row.parent_code)
            for row in rows
        }
        pool = _Pool(_standing(level, homes.get(city_row.code)))
        found = _match(rows, pool, parents)
        new = []
        for row in rows:
            parent, unit = parents[row.code], found.get(row.code)
            if unit is None:
                unit = OrgUnit(
                    name=federation_name(row.name, level),
                    short_name=short_name(row.name, level),
                    area_name=row.name,
                    unit_type=types[f"{level}_federation"],
                    division_code=row.code,
                    owes_reports=row.code not in OWE_NO_REPORT,
                )
                new.append((parent, unit))
            else:
                if _apply(unit, row, report):
                    changed.append(unit)
                else:
                    report.kept += 1
                if parent and unit.path[: -tree.STEP] != parent.path:
                    report.elsewhere.append((unit.name, parent.name))
            homes[row.code] = unit
        report.added += len(tree.graft(new))
        if homes.get(city_row.code) and level != UnitLevel.CITY:
            report.vanished += [
                (unit.division_code, unit.name)
                for unit in pool.units.values()
                if unit.division_code and unit.closed_on is None
            ]
    OrgUnit.objects.bulk_update(changed, UPDATED, batch_size=100)
    return report


def _standing(level: str, city: OrgUnit | None) -> Iterable[OrgUnit]:
    """Federations of ``level`` in the tree: of the city, or anywhere above the city level."""
    units = OrgUnit.objects.filter(
        unit_type__group=UnitType.Group.FEDERATION, unit_type__level=level
    )
    return units.below(city) if city else units
