"""Lists of divisions to plant a whole country from: invented in its shape, or read from a file."""

import csv
import gzip
import random
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

LEVELS = ("province", "city", "county", "township", "village")
#: Mainland China in the 2023 statistical divisions, rounded to what the levels hold.
WHOLE_COUNTRY = (31, 342, 2_975, 41_351, 620_572)
_FEWEST = (1, 3, 9, 18, 54)
_SIGNS = ("省", "市", "县", "镇", "村")
_WORDS = "东西南北中新旧上下大小金石溪山湖头厝埔林泉晋惠安德永春云龙凤阳清平"


class Division(NamedTuple):
    code: str
    parent: str
    name: str
    level: str


def shape(units: int) -> tuple[int, ...]:
    """How many divisions of each level make about ``units`` with the country's own proportions."""
    share = min(units / sum(WHOLE_COUNTRY), 1)
    scaled = (round(count * share) for count in WHOLE_COUNTRY)
    return tuple(max(pair) for pair in zip(scaled, _FEWEST, strict=True))


def invented(units: int, seed: int = 1) -> list[Division]:
    """A country of about ``units`` divisions, uneven as countries are; the same for every seed."""
    chance = random.Random(seed)
    divisions: list[Division] = []
    parents: Sequence[str] = ("",)
    for rank, count in enumerate(shape(units)):
        found = []
        for parent, children in zip(parents, _spread(count, len(parents), chance), strict=True):
            for number in range(1, children + 1):
                code = f"{parent}{number:03}"
                name = "".join(chance.choices(_WORDS, k=2)) + _SIGNS[rank]
                divisions.append(Division(code, parent, name, LEVELS[rank]))
                found.append(code)
        parents = found
    return [d._replace(code=_twelve(d.code), parent=_twelve(d.parent)) for d in divisions]


def _spread(total: int, parents: int, chance: random.Random) -> list[int]:
    """``total`` children over ``parents``, at least one each, the largest thrice the smallest."""
    weights = [chance.uniform(0.5, 1.5) for _ in range(parents)]
    whole = sum(weights)
    shares = [max(1, int(total * weight / whole)) for weight in weights]
    step = 1 if sum(shares) < total else -1
    for turn in range(abs(total - sum(shares))):
        shares[turn % parents] += step if shares[turn % parents] + step > 0 else 0
    return shares


def _twelve(code: str) -> str:
    """Three digits a level, kept apart in base 36 so that twelve places hold all five levels."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    numbers = [int(code[start : start + 3]) for start in range(0, len(code), 3)]
    return "".join(digits[n // 36] + digits[n % 36] for n in numbers).ljust(12, "0") if code else ""


def listed(path: Path) -> list[Division]:
    """A list in the columns of ``fixtures/divisions`` (``code, parent_code, name, level``), also
    gzipped, of any number of provinces; the highest level first.

    A division whose parent is not in the file stands at the top.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        found = [
            Division(row["code"], row["parent_code"], row["name"], row["level"])
            for row in csv.DictReader(file)
        ]
    codes = {division.code for division in found}
    found.sort(key=lambda division: LEVELS.index(division.level))
    return [d if d.parent in codes else d._replace(parent="") for d in found]
