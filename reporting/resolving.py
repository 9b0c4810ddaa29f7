"""Names that people write, looked up in the register of units: exactly one is taken, never a guess.

``Area`` holds the villages within a sender's reach and finds villages by name, by base name, by
township and full path; ``Senders`` finds the unit whose return a file is. Both are read from the
register in a few queries and asked as often as a file has rows.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from federation import tree
from federation.models import OrgUnit
from federation.models.units import UnitLevel
from reporting.workbook.reading.result import Resolved, SenderUnit
from reporting.workbook.reading.words import is_none, squeezed

MOST_CANDIDATES = 10
_DIGITS_OF_A_CODE = 12
_VILLAGE_ENDS = re.compile(
    r"(?:村民委员会|社区居民委员会|社区居委会|社区委员会|居民委员会|村委会|居委会|社区居委|村居|行政村|社区|村)?"
    r"(?:妇女联合会|妇联|妇代会|妇女之家)?$"
)
_COUNTED = re.compile(
    r"等?(?:共)?[\d一二三四五六七八九十两]+个?(?:行政)?(?:村|社区|村居|村（社区）)$|等(?:村|社区)?$"
)
_PARTS = re.compile(r"([、，,；;/\n|｜＆&+]+)")
_NUMBERED = re.compile(r"(?:^|(?<=[\s、，,；;。]))[（(]?(?:\d{1,2}[.．、)）](?!\d)|[①-⑳])\s*")
_BRACKET = re.compile(r"^(.+?)[（(【\[](.+?)[)）】\]]$")
_AND = re.compile(r"(和|与|及|以及)")
_PLACE_ENDS = re.compile(
    r"(?:民族|回族|畲族|满族|朝鲜族|蒙古族|锡伯族)?(?:省|市|县|区|镇|乡|街道办事处|街道办|街道|街|开发区|农场|林场)$"
)
_LINKS = "-—/·.、 >→:：,，"


def _village_base(name: str) -> str:
    return _VILLAGE_ENDS.sub("", name, count=1) or name


def _place_base(name: str) -> str:
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
        if OrgUnit.objects.filter(_within(above), unit_type__level=UnitLevel.VILLAGE).exists():
            return above
    return unit


def _within(unit: OrgUnit) -> Q:
    """Below ``unit`` in the tree, or in its division by code: a zone's towns keep their county's."""
    found = tree.within(unit.path)
    code = unit.division_code
    if len(code) == _DIGITS_OF_A_CODE:
        length = next((n for n in (2, 4, 6, 9) if not code[n:].strip("0")), len(code))
        found |= Q(division_code__startswith=code[:length])
    return found


@dataclass
class Area:
    """The villages of one unit's area, by every name that may be written for them."""

    villages: list[Village]
    places: dict[str, set[str]] = field(default_factory=dict)  # written → places it may mean
    by_name: dict[str, list[Village]] = field(default_factory=lambda: defaultdict(list))
    by_base: dict[str, list[Village]] = field(default_factory=lambda: defaultdict(list))
    strip: list[str] = field(default_factory=list)
    _known: dict[tuple[str, str], Resolved] = field(default_factory=dict)

    @classmethod
    def of(cls, *units: OrgUnit) -> Area:
        """Read from the register: two queries a unit whatever the number of villages."""
        rows: dict[str, Any] = {}
        known: dict[str, Any] = {}
        for unit in units:
            below, around = cls._read(unit)
            rows |= {row[1]: row for row in below}
            known |= around
        by_code = {row[6]: row for row in known.values() if row[6]}
        return cls._build(list(rows.values()), known, by_code)

    @staticmethod
    def _read(unit: OrgUnit) -> tuple[list[Any], dict[str, Any]]:
        wanted = ("uuid", "path", "name", "short_name", "area_name", "aliases", "division_code")
        rows = list(
            OrgUnit.objects.open_now()
            .filter(_within(unit), unit_type__group__in=("federation", "committee"))
            .values_list(*wanted, "unit_type__level")
        )
        above = tree.ancestor_paths(unit.path, include_self=True)
        codes = [
            unit.division_code[:2] + "0" * 10,
            unit.division_code[:4] + "0" * 8,
            unit.division_code[:6] + "0" * 6,
        ]
        beyond = OrgUnit.objects.filter(
            Q(path__in=above) | Q(division_code__in=codes if unit.division_code else [])
            | Q(division_code__in={f"{row[6][:6]}000000" for row in rows if row[6]})
        ).values_list(*wanted, "unit_type__level")  # fmt: skip
        return rows, {row[1]: row for row in (*beyond, *rows)}

    @classmethod
    def _build(cls, rows: list[Any], known: dict[str, Any], by_code: dict[str, Any]) -> Area:
        villages = []
        real = {squeezed(_named(row)) for row in known.values() if row[7] == UnitLevel.TOWNSHIP}
        for row in rows:
            if row[7] != UnitLevel.VILLAGE:
                continue
            town, counties = "", []
            town_names: set[str] = set()
            ancestors = [
                known[path]
                for path in tree.ancestor_paths(row[1], include_self=False)
                if path in known
            ]
            coded = [
                by_code[code]
                for code in (f"{row[6][:6]}000000", f"{row[6][:9]}000") if row[6] and code in by_code
            ]  # fmt: skip
            for place in (*ancestors, *coded):
                if place[7] == UnitLevel.TOWNSHIP:
                    town = town or _named(place)
                    town_names |= _written(place) | _other_towns(place, real)
                elif place[7] in (UnitLevel.COUNTY, ""):
                    counties.append(place)
            county_names = frozenset(name for place in counties for name in _written(place))
            names = {
                squeezed(name) for name in (row[2], row[3], row[4], *row[5].split("|")) if name
            }
            names |= {form for name in (row[3], row[4]) if name for form in _forms(squeezed(name))}
            villages.append(
                Village(
                    uuid=str(row[0]),
                    code=row[6],
                    name=row[4] or row[2],
                    short=row[3],
                    names=frozenset(names),
                    town=town,
                    town_names=frozenset(town_names),
                    county=_named(counties[-1]) if counties else "",
                    county_names=county_names,
                )
            )
        area = cls(villages)
        for village in villages:
            for name in village.names:
                area.by_name[name].append(village)
            for base in {_village_base(name) for name in village.names}:
                area.by_base[base].append(village)
            for name in (*village.town_names, *village.county_names):
                area.places.setdefault(name, set()).add(name)
        area.places |= {
            form: {form}
            for village in villages
            for form in village.town_names | village.county_names
        }
        for row in known.values():
            if row[7] in (UnitLevel.PROVINCE, UnitLevel.CITY):
                area.strip += sorted(_written(row), key=len, reverse=True)
        area.strip.sort(key=len, reverse=True)
        return area

    # -- Townships -------------------------------------------------------------------------------
    def is_town(self, words: str) -> bool:
        plain = squeezed(words).rstrip("：:")
        return any(plain in village.town_names for village in self.villages) if plain else False

    # -- One village -----------------------------------------------------------------------------
    def village(self, text: str, *, town: str = "") -> Resolved:
        """The one village that ``text`` names; ``town`` is a township named beside it."""
        key = (text, town)
        if key not in self._known:
            self._known[key] = self._find(text, town)
        return self._known[key]

    def _find(self, text: str, town: str) -> Resolved:
        shown = " ".join(text.split())
        plain = squeezed(text).strip("。.；;，,、:：")
        near = self._in_town(town)
        for place, rest in self._readings(plain):
            pool = _meet(near, self._in_places(place)) if place else near
            if pool is not None and not pool:
                continue
            for table, how in ((self.by_name, "unique"), (self.by_base, "unique-by-base-name")):
                words = rest if table is self.by_name else _village_base(rest)
                found = [v for v in table.get(words, ()) if pool is None or v.uuid in pool]
                if table is self.by_base and rest != words and len(found) > 1:
                    # 水头村 where only 水头社区 and another 水头社区 are left.
                    found = list(found)
                if len(found) == 1:
                    return _one(shown, found[0], how)
                if found:
                    return Resolved(shown, "ambiguous", candidates=_candidates(found))
        return Resolved(shown, "not-found", candidates=self._like(plain))

    def _readings(self, plain: str) -> Iterable[tuple[list[str], str]]:
        """Ways to part the words into places and a village: none, the longest first, brackets."""
        yield [], plain
        rest = self._bare(plain)
        if rest != plain:
            yield [], rest
        yield from self._parted(rest, [])
        if found := _BRACKET.match(rest):
            inside = squeezed(found[2])
            if self._in_places([inside]):
                yield [inside], found[1]
                yield from self._parted(found[1], [inside])
            else:
                yield [], found[1]
                yield from self._parted(found[1], [])

    def _bare(self, plain: str) -> str:
        """Without the province and city that any village here has in front."""
        changed = True
        while changed:
            changed = False
            for name in self.strip:
                if plain.startswith(name) and len(plain) > len(name) + 1:
                    plain, changed = plain[len(name) :].lstrip(_LINKS), True
        return plain

    def _parted(self, rest: str, places: list[str]) -> Iterable[tuple[list[str], str]]:
        for length in range(min(len(rest) - 1, 14), 1, -1):
            head = rest[:length]
            if head in self.places:
                tail = rest[length:].lstrip(_LINKS)
                if tail:
                    yield [*places, head], tail
                    if len(places) < 3:
                        yield from self._parted(tail, [*places, head])

    def _in_places(self, places: Sequence[str]) -> set[str] | None:
        if not places:
            return None
        return {
            village.uuid
            for village in self.villages
            if all(place in village.town_names or place in village.county_names for place in places)
        }

    def _in_town(self, town: str) -> set[str] | None:
        plain = self._bare(squeezed(town)) if town else ""
        if not plain or is_none(plain):
            return None
        found = self._in_places([plain])
        if found:
            return found
        for places, tail in self._parted(plain, []):
            if tail in self.places and (found := self._in_places([*places, tail])):
                return found
        return None

    def _like(self, plain: str) -> list[dict[str, Any]]:
        """Villages of nearly that name, to choose from; never taken."""
        readings = [rest for _, rest in self._readings(plain)]
        found: list[Village] = []
        for rest in dict.fromkeys(_village_base(r) for r in reversed(readings)):
            found += self.by_base.get(rest, [])
            if len(rest) >= 2:
                for name in difflib.get_close_matches(rest, self.by_base, n=3, cutoff=0.66):
                    found += self.by_base[name]
        return _candidates(list(dict.fromkeys(found)))[:5]

    # -- Several villages ------------------------------------------------------------------------
    def villages_in(self, text: str, *, town: str = "") -> list[Resolved]:
        """The villages a cell names. The whole text is one name first: some names hold 、."""
        if not text.strip() or is_none(text):
            return []
        whole = self.village(text, town=town)
        if whole.match != "not-found":
            return [whole]
        plain = _COUNTED.sub("", _NUMBERED.sub("、", text.strip()).strip("、 \n"))
        parts = [part for part in _PARTS.split(plain) if part]
        names, signs = parts[0::2], parts[1::2]
        if parts and _PARTS.fullmatch(parts[0]):
            names, signs = parts[1::2], parts[2::2]
        found: list[Resolved] = []
        at = 0
        while at < len(names):
            taken = 1
            for upto in range(min(len(names), at + 4), at + 1, -1):
                joined = "".join(
                    names[i] + (signs[i] if i < upto - 1 else "") for i in range(at, upto)
                )
                if self.village(joined, town=town).match != "not-found":
                    taken = upto - at
                    break
            piece = "".join(
                names[i] + (signs[i] if i < at + taken - 1 else "") for i in range(at, at + taken)
            ).strip()
            at += taken
            if piece and not is_none(piece):
                found += self._piece(_COUNTED.sub("", piece) or piece, town)
        return found

    def _piece(self, piece: str, town: str) -> list[Resolved]:
        whole = self.village(piece, town=town)
        if whole.match != "not-found":
            return [whole]
        words = re.split(r"[\s\u3000]+", piece)
        if len(words) > 1:
            each = [self.village(word, town=town) for word in words]
            if all(one.match != "not-found" for one in each):
                return each
            if self._in_places([squeezed(words[0])]) is not None and len(words) > 2:
                each = [self.village(words[0] + word, town=town) for word in words[1:]]
                if all(one.match != "not-found" for one in each):
                    return each
        parted = _AND.split(piece)
        if len(parted) > 1:
            each = [self.village(word, town=town) for word in parted[0::2]]
            if all(one.match != "not-found" for one in each):
                return each
        ends = re.findall(r".+?(?:村委会|居委会|社区|村)(?=[^\s居委])", f"{squeezed(piece)} ")
        if len(ends) > 1 and "".join(ends) == squeezed(piece):
            each = [self.village(word, town=town) for word in ends]
            if all(one.match != "not-found" for one in each):
                return each
        return [whole]


def _meet(one: set[str] | None, other: set[str] | None) -> set[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _one(text: str, village: Village, how: Any) -> Resolved:
    return Resolved(text, how, village.uuid, village.code or None, village.name, village.town)


def _candidates(villages: Sequence[Village]) -> list[dict[str, Any]]:
    return [village.candidate() for village in villages[:MOST_CANDIDATES]]


def _named(row: Any) -> str:
    return row[4] or row[3] or row[2]


def _written(row: Any) -> set[str]:
    names = {squeezed(name) for name in (row[2], row[3], row[4], *row[5].split("|")) if name}
    return {form for name in names for form in (name, _place_base(name)) if len(form) >= 2}


def _other_towns(row: Any, real: set[str]) -> set[str]:
    """尚卿镇 for 尚卿乡: towns change their rank. Not where another town really has that name."""
    base = _place_base(squeezed(_named(row)))
    ends = ("镇", "乡", "街道", "街道办", "街道办事处", "镇政府", "乡政府")
    return {f"{base}{end}" for end in ends} - real


# -- Senders ----------------------------------------------------------------------------------------
_STAMP = re.compile(r"[（(]?(?:盖章|公章|签章|章)[)）]?")
_LONG = (
    ("妇女联合会", "妇联"), ("妇女工作委员会", "妇工委"), ("妇女委员会", "妇委会"), ("机关妇女工作委员会", "机关妇工委"),
    ("妇女联合", "妇联"),
)  # fmt: skip
_ENDS = re.compile(r"(?:妇联|妇工委|妇委会)$")
_LABEL = re.compile(
    r"(?:填报|报送|上报|填表|申报|制表|呈报|报告|推荐|组织|填写|报表|汇报|编报|呈送)单位(?:名称)?"
    r"(?:[（(][^)）]{1,8}[)）])?\s*[:：]\s*"
    r"|^(?:单位(?:名称)?|(?:填报|所在|所属)?(?:地区|县区|县市区|县（市、区）|县\(市、区\)))(?:妇联)?"
    r"(?:[（(][^)）]{1,8}[)）])?\s*[:：]\s*"
)
_NEXT_LABEL = re.compile(
    r"\s{2,}|\t|\n|(?:填报|填表|报送|上报|制表|统计)(?:时间|日期|人)|联系(?:人|电话)|负责人|审核人|日期[:：]|时间[:：]|电话[:：]|[（(]?(?:公|盖|签)章|20\d\d年|单位[:：]万?元"
)


@dataclass
class Senders:
    """Units a return may come from, by what they are called."""

    units: list[OrgUnit]
    cities: list[str] = field(default_factory=list)
    by_name: dict[str, list[OrgUnit]] = field(default_factory=lambda: defaultdict(list))
    by_base: dict[str, list[OrgUnit]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def among(cls, units: Iterable[OrgUnit], above: Iterable[OrgUnit] = ()) -> Senders:
        found = cls(list(units))
        for unit in above:
            for name in (unit.area_name, unit.short_name):
                if name:
                    found.cities += [squeezed(name), _place_base(squeezed(name))]
        found.cities = sorted(set(found.cities), key=len, reverse=True)
        for unit in found.units:
            names = {
                _folded(n)
                for n in (unit.name, unit.short_name, unit.area_name, *unit.former_names)
                if n
            }
            for name in names:
                found.by_name[name].append(unit)
            for name in {_ENDS.sub("", name) for name in names}:
                for base in {name, _place_base(name)}:
                    if len(base) >= 2:
                        found.by_base[base].append(unit)
        return found

    def called(self, text: str) -> list[OrgUnit]:
        """Units that ``text`` as a whole may mean: by name, then by base name."""
        plain = _folded(text)
        for form in dict.fromkeys((plain, self._below_city(plain))):
            base = _ENDS.sub("", form)
            for table, words in (
                (self.by_name, form),
                (self.by_base, base),
                (self.by_base, _place_base(base)),
            ):
                if words and (found := table.get(words)):
                    return list(dict.fromkeys(found))
        return []

    def within(self, text: str) -> list[OrgUnit]:
        """Units named somewhere in ``text``; the longest name counts, and what it holds does not."""
        plain = _folded(text)
        for table, shortest in ((self.by_name, 3), (self.by_base, 2)):
            hits: list[tuple[int, int, list[OrgUnit]]] = []
            for name, units in table.items():
                if len(name) < shortest:
                    continue
                at = plain.find(name)
                if at >= 0:
                    hits.append((at, at + len(name), units))
            whole = [
                (start, end, units)
                for start, end, units in hits
                if not any((s <= start and e >= end and (s, e) != (start, end)) for s, e, _ in hits)
            ]
            found = list(dict.fromkeys(unit for _, _, units in whole for unit in units))
            if found:
                return found
        return []

    def _below_city(self, plain: str) -> str:
        for name in self.cities:
            if plain.startswith(name) and len(plain) > len(name) + 1:
                return plain[len(name) :]
        return plain


def _folded(text: str) -> str:
    plain = _STAMP.sub("", squeezed(text)).strip("“”\"'《》:：。.,，、_-")
    for long, short in _LONG:
        plain = plain.replace(long, short)
    return plain


def labelled(text: str) -> str | None:
    """What follows 填报单位： in a line, up to the next label; ``None`` without such words."""
    flat = text.replace("\u3000", " ").replace("\xa0", " ")
    loose = re.sub(r"(?<=[填报送上单位名称])\s+(?=[填报送上单位名称:：（(])", "", flat)
    found = _LABEL.search(loose)
    if found is None:
        return None
    rest = loose[found.end() :].strip()
    # 丰 泽 区 妇 联: single characters spread over the line are one word.
    spread = re.match(r"(?:\S ){2,}\S(?=\s{2,}|$|\s*[^\S])", rest)
    if spread:
        return spread[0].replace(" ", "")
    cut = _NEXT_LABEL.search(rest)
    return (rest[: cut.start()] if cut else rest).strip()


def described(unit: OrgUnit) -> dict[str, Any]:
    return {
        "uuid": str(unit.uuid),
        "code": unit.division_code or None,
        "name": unit.name,
        "place": "",
    }


def taken(unit: OrgUnit, found_in: str, text: str = "") -> SenderUnit:
    return SenderUnit(unit.name, unit.division_code or None, str(unit.uuid), found_in, text)
