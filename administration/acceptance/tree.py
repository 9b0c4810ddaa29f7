"""The tree: one province, 2 cities → 2 counties → 2 townships → 2 villages each, and around them.

A key says where a unit stands: ``A`` a city, ``A1`` its county, ``A11`` a township, ``A111`` a
village; ``A-dept`` a department, ``A1-post1`` … ``A1-post4`` posts, ``A1-committee`` a committee.
"""

import datetime as dt

from django.utils import timezone

from administration.acceptance.names import Names
from federation import code_lists
from federation import tree as federation_tree
from federation.models import OrgUnit, PostLevel, UnitType

HAN = {"A": "甲", "B": "乙", "1": "东", "2": "西"}
POSTS = 4
# One is the head of another, letter for letter: a scope that compared codes without an end would leak.
CODES = {"A": "3601", "B": "3602", "B1": "36010", "A1": "360111", "A2": "360112", "B2": "360202"}
Units = dict[str, OrgUnit]


def build(names: Names) -> Units:
    """Every unit by its key."""
    code_lists.load()
    planter = _Planter(names)
    planter.plant("P", None, "验收省妇联", "province_federation")
    for city in "AB":
        planter.city(city)
    planter.merge_away("A13", into="A11")
    planter.rename("A12", old="验收旧名乡妇联")
    return planter.units


class _Planter:
    def __init__(self, names: Names):
        self.names = names
        self.units: Units = {}
        self.types = {kind.code: kind for kind in UnitType.objects.all()}
        self.level = PostLevel.objects.get(code="municipal")

    def plant(self, key: str, parent: str | None, name: str, kind: str, **more) -> OrgUnit:
        unit = OrgUnit(
            uuid=self.names.uuid("unit", key),
            name=name,
            short_name=name.removesuffix("妇联"),
            unit_type=self.types[kind],
            division_code=CODES.get(key, ""),
            synthetic=True,
            **more,
        )
        self.units[key] = federation_tree.add(self.units[parent] if parent else None, unit)
        return self.units[key]

    def city(self, key: str) -> None:
        name = f"验收{HAN[key]}市"
        self.plant(key, "P", f"{name}妇联", "city_federation", area_name=name)
        self.plant(f"{key}-dept", key, f"{name}妇联发展部", "department")
        for number in "12":
            self.county(key, f"{key}{number}")

    def county(self, city: str, key: str) -> None:
        name = f"验收{HAN[city]}{HAN[key[-1]]}县"
        self.plant(key, city, f"{name}妇联", "county_federation", area_name=name)
        for number in range(1, POSTS + 1):
            at = f"{key}-post{number}"
            strong = self.names.canary(at, "strengths")
            self.plant(
                at,
                key,
                f"{name}验收岗{number}",
                "civilized_post",
                post_level=self.level,
                strengths=strong,
            )
        self.plant(f"{key}-committee", key, f"{name}验收局妇委会", "organ_committee")
        for town in "12":
            place = f"{name.removesuffix('县')}{HAN[town]}镇"
            self.plant(f"{key}{town}", key, f"{place}妇联", "township_federation", area_name=place)
            for village in "12":
                home = f"{place.removesuffix('镇')}{HAN[village]}村"
                self.plant(
                    f"{key}{town}{village}",
                    f"{key}{town}",
                    f"{home}妇联",
                    "village_federation",
                    area_name=home,
                )

    def merge_away(self, key: str, *, into: str) -> None:
        """A township that was closed yesterday, its village gone to its successor."""
        gone = self.plant(key, into[:2], "验收撤并镇妇联", "township_federation")
        self.plant(f"{key}1", key, "验收撤并村妇联", "village_federation")
        self.units[f"{key}1"] = federation_tree.move(self.units[f"{key}1"], self.units[into])
        gone = OrgUnit.objects.get(pk=gone.pk)
        gone.closed_on = timezone.localdate() - dt.timedelta(days=1)
        gone.successor = self.units[into]
        gone.save(update_fields=["closed_on", "successor"])
        self.units[key] = gone

    def rename(self, key: str, *, old: str) -> None:
        unit = OrgUnit.objects.get(pk=self.units[key].pk)
        unit.aliases = old
        unit.save(update_fields=["aliases"])
        self.units[key] = unit
