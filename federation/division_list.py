"""Lists of divisions as files: read and judged here, put into the tree by :mod:`divisions`."""

import csv
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError

from federation.models.units import UnitLevel

LEVELS = tuple(UnitLevel)  # province first
COLUMNS = ("code", "parent_code", "name", "level")


@dataclass(frozen=True, slots=True)
class ListedDivision:
    """One line of a list; codes of 12 digits (统计用区划代码)."""

    code: str
    parent_code: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class SeedUnit:
    """A body without a division code; ``areas`` are the townships it owns, as (code, name)."""

    city: str
    unit_type: str
    name: str
    short_name: str
    area_name: str
    aliases: str
    areas: tuple[tuple[str, str], ...]


def _broken(line: int, what: str) -> ValidationError:
    return ValidationError(f"区划名单第{line}行：{what}", code="broken_list")


def read(path: Path) -> list[ListedDivision]:
    """The rows of a list in file order.

    Raises ``ValidationError`` naming the line: a code that is not 12 digits or comes twice, an
    unknown level, a parent that is missing or does not stand higher, not exactly one city.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
            raise ValidationError(f"区划名单缺少列：{'、'.join(missing)}。", code="broken_list")
        rows = [
            ListedDivision(*((line[name] or "").strip() for name in COLUMNS)) for line in reader
        ]
    seen: dict[str, ListedDivision] = {}
    for line, row in enumerate(rows, start=2):
        if len(row.code) != 12 or not row.code.isdecimal() or not row.code.isascii():
            raise _broken(line, f"代码“{row.code}”不是12位数字。")
        if row.code in seen:
            raise _broken(line, f"代码{row.code}重复。")
        if row.level not in LEVELS:
            raise _broken(line, f"层级“{row.level}”不存在。")
        if not row.name:
            raise _broken(line, "名称为空。")
        seen[row.code] = row
    rank = {level: position for position, level in enumerate(LEVELS)}
    for line, row in enumerate(rows, start=2):
        if row.level == UnitLevel.PROVINCE:
            continue
        parent = seen.get(row.parent_code)
        if parent is None or rank[parent.level] >= rank[row.level]:
            raise _broken(
                line, f"“{row.name}”的上级{row.parent_code or '（空）'}不在名单中或层级不符。"
            )
    for level, name in ((UnitLevel.PROVINCE, "省"), (UnitLevel.CITY, "市")):
        if sum(row.level == level for row in rows) != 1:
            raise ValidationError(f"区划名单应当只有一个{name}级行。", code="broken_list")
    return rows


def read_seeds(path: Path) -> list[SeedUnit]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            SeedUnit(
                **{
                    **line,
                    "areas": tuple(
                        (area[:12], area[13:]) for area in line["areas"].split(";") if area
                    ),
                }
            )
            for line in csv.DictReader(file)
        ]


def owners(seeds: list[SeedUnit], listed: list[ListedDivision]) -> dict[str, str]:
    """Row code → name of the zone that owns the division, though its code lies in another county.

    An area is sought by its name inside the county of its code, and by code only when the name is
    gone: codes move between towns more easily than names do.
    """
    by_name = {(row.code[:6], row.name): row.code for row in listed}
    codes = {row.code for row in listed}
    return {
        code: seed.name
        for seed in seeds
        for area_code, name in seed.areas
        if (code := by_name.get((area_code[:6], name), area_code)) in codes
    }
