"""Villages that people write, looked up in the register: exactly one is taken, never a guess.

``Area`` holds the villages within a sender's reach and finds them by name, by base name, by township
and full path. It is read once and asked as often as a file has rows.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from federation.models import OrgUnit
from reporting.incoming.sweeping import unswept
from reporting.incoming.village_register import Register, Village, village_base, village_bases
from reporting.workbook.reading.result import Resolved
from reporting.workbook.reading.words import chinese_number, is_none, squeezed, tidy

MOST_CANDIDATES = 10
_MOST_NAMED, _MOST_SHEETS = 20_000, 100  # texts of a sheet of which it is remembered what they name
_LIKE, _COMPARED = 0.66, 12  # least likeness of a name that is offered; names compared for it
_COUNTED = re.compile(
    r"等?(?:共)?[\d一二三四五六七八九十两]+个?(?:行政)?(?:村|社区|村居|村（社区）)$|等(?:村|社区)?$"
)
_NUMERALS = "一二三四五六七八九十"
_PARTS = re.compile(r"([、，,；;/\n|｜＆&+]+)")
_NUMBERED = re.compile(
    r"(?:^|(?<=[\s、，,；;。村区]))(?:[（(]?\d{1,2}[.．、)）](?!\d)|[一二三四五六]是)\s*|[（(]?[①-⑳][)）]?\s*"
)
# 一、甲村；二、乙村: numbers, where they follow one another from the first on.
_IN_ORDER = re.compile(
    r"(?:^|(?<=[\s，,；;。村区]))(?:[（(](?=[一二三四五六七八九十][)）])|(?=[一二三四五六七八九十]、))"
    r"([一二三四五六七八九十])[)）]?、?"
)
# Nothing but the last bracket: 甲村（3户）、乙村（2户） is two villages, not one with a remark.
_BRACKET = re.compile(r"^([^（(【\[]+)[（(【\[]([^（(【\[)）】\]]+)[)）】\]]$")
# 西坪镇（尧阳、南岩）, and what stands in front of a list: 紫山镇（2个村）：
_LISTED = re.compile(
    r"([^（(【\[]+)[（(【\[]([^（(【\[)）】\]]+[、，,；;][^（(【\[)）】\]]+)[)）】\]]"
)
_COUNT_AHEAD = re.compile(
    r"[（(](?:共)?[\d一二三四五六七八九十两]+个(?:行政)?(?:村|社区|村居)?[)）](?=[:：])"
)
_LABEL = re.compile(
    r"^(?:所?(?:结对|帮扶|联系|挂钩))?(?:行政)?(?:村|社区|村居|村（社区）)(?:名称?)?[:：]"
)
_MARKS = "。.；;，,、:：*＊★☆▲△※●○◆◇√✓→《》“”\"'"
_AMOUNT = re.compile(r"(?<=[村区])\s*[\d一二三四五六七八九十两]+[户人名]$")
_AND = re.compile(r"(和|与|及|以及)")
_NONE: frozenset[str] = frozenset()
_LINKS = "-—/·.、 >→:：,，"


Named = tuple[list[Resolved], bool]  # villages, and whether nothing is asked about them


def counted(text: str) -> int:
    """How many villages a text says it means: 东山村等3个村 → 3; 0 where it does not say."""
    if not any(sign in text for sign in "个等共"):
        return 0
    found = _COUNTED.search(text.strip())
    number = re.search(r"[\d一二三四五六七八九十两]+", found[0]) if found else None
    if number is None:
        return 0
    return int(number[0]) if number[0].isdigit() else int(chinese_number(number[0]) or 0)


def _without_numbers(text: str) -> str:
    """With 、 for the numbers in front of several names."""
    told = "".join(_IN_ORDER.findall(text))
    if len(told) > 1 and _NUMERALS.startswith(told):
        text = _IN_ORDER.sub("、", text)
    return _NUMBERED.sub("、", text)


def is_asked(one: Resolved) -> bool:
    """Whether something is to be said about a name that was looked up."""
    if one.match == "unique-by-base-name":
        return is_other_kind(one)
    return one.match != "unique"


def is_other_kind(one: Resolved) -> bool:
    """水头村 written for 水头社区, or the other way round."""
    text, name = tidy(one.text), one.name or ""
    return ("社区" in name and text.endswith("村")) or (
        "社区" not in name and text.endswith("社区")
    )


@dataclass
class Area:
    """The villages of one unit's area, by every name that may be written for them."""

    villages: list[Village]
    in_front: list[str] = field(default_factory=list)
    _known: dict[tuple[str, str], Resolved] = field(default_factory=dict)
    #: By the sheet: what texts name, and whether all of it is clear.
    _named: dict[str, dict[str, Named]] = field(default_factory=dict)
    _by_character: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, *units: OrgUnit, register: Register | None = None) -> Area:
        """The areas of ``units``, read from the register: by ``register`` where one is kept."""
        with unswept():
            found = (register or Register()).listed(*units)
            return cls(found.villages, found.in_front)

    # -- Names -----------------------------------------------------------------------------------
    # Each table is made when it is first asked: for a city's counties most are not.
    @functools.cached_property
    def by_name(self) -> dict[str, tuple[Village, ...]]:
        """The villages by all that each may be called, and by its code."""
        found: dict[str, tuple[Village, ...]] = {}
        for village in self.villages:
            alone = (village,)
            _add(found, village.names, alone)
            if village.code and village.code not in village.names:
                _add(found, (village.code,), alone)
        found.pop("", None)
        return found

    @functools.cached_property
    def by_base(self) -> dict[str, tuple[Village, ...]]:
        """The villages by their names without 村, 社区 and the like."""
        found: dict[str, tuple[Village, ...]] = {}
        for village in self.villages:
            _add(found, village_bases(village.names), (village,))
        return found

    @functools.cached_property
    def towns(self) -> dict[str, frozenset[str]]:
        """The villages by all that their township may be called."""
        return _by_place((village.town_names, village.uuid) for village in self.villages)

    @functools.cached_property
    def places(self) -> dict[str, frozenset[str]]:
        """And by all that their county may be called."""
        towns = ((village.town_names, village.uuid) for village in self.villages)
        counties = ((village.county_names, village.uuid) for village in self.villages)
        return _by_place(chain(towns, counties))

    # -- Townships -------------------------------------------------------------------------------
    def is_town(self, words: str) -> bool:
        plain = self._bare(squeezed(words).rstrip("：:"))
        return plain in self.towns or any(tail in self.towns for _, tail in self._parted(plain, []))

    # -- One village -----------------------------------------------------------------------------
    def village(self, text: str, *, town: str = "") -> Resolved:
        """The one village that ``text`` names; ``town`` is a township named beside it."""
        key = (text, town)
        if key not in self._known:
            self._known[key] = self._find(text, town)
        return self._known[key]

    def _find(self, text: str, town: str) -> Resolved:
        shown = " ".join(text.split())
        plain = squeezed(_AMOUNT.sub("", _LABEL.sub("", text.strip()))).strip(_MARKS)
        near = self._in_town(town)
        for place, rest in self._readings(plain):
            pool = _meet(near, self._in_places(place)) if place else near
            if pool is not None and not pool:
                continue
            for called, how in self._called(rest):
                found = [v for v in called if pool is None or v.uuid in pool]
                if len(found) == 1:
                    return _one(shown, found[0], how)
                if found:
                    return Resolved(shown, "ambiguous", candidates=_candidates(found))
        return Resolved(shown, "not-found", candidates=self._like(plain))

    def _called(self, words: str) -> Iterator[tuple[tuple[Village, ...], str]]:
        """The villages of that name, then those of that base name, and how they were found."""
        yield self.by_name.get(words, ()), "unique"
        yield self.by_base.get(village_base(words), ()), "unique-by-base-name"

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
            for name in self.in_front:
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

    def _in_places(self, places: Sequence[str]) -> frozenset[str] | None:
        if not places:
            return None
        return frozenset.intersection(*(self.places.get(place, _NONE) for place in places))

    def _in_town(self, town: str) -> frozenset[str] | None:
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
        for rest in dict.fromkeys(village_base(r) for r in reversed(readings)):
            found += self.by_base.get(rest, [])
            for name in difflib.get_close_matches(rest, self._near(rest), n=3, cutoff=_LIKE):
                found += self.by_base[name]
        return _candidates(list(dict.fromkeys(found)))[:5]

    def _near(self, base: str) -> list[str]:
        """The few names that share most characters with ``base``: comparing all takes too long."""
        if not self._by_character:
            for name in self.by_base:
                for character in set(name):
                    self._by_character[character].append(name)
        shared: Counter[str] = Counter()
        for character in set(base) if len(base) > 1 else ():
            shared.update(self._by_character.get(character, ()))
        return [name for name, _ in shared.most_common(_COMPARED)]

    # -- Several villages ------------------------------------------------------------------------
    def villages_in(self, text: str, *, town: str = "") -> list[Resolved]:
        """The villages a cell names. The whole text is one name first: some names hold 、."""
        if not text.strip() or is_none(text):
            return []
        whole = self.village(text, town=town)
        if whole.match != "not-found":
            return [whole]
        listed = _LISTED.fullmatch(text.strip())
        if listed and self._in_town(listed[1]):
            return self.villages_in(listed[2], town=listed[1])
        plain = _without_numbers(_COUNT_AHEAD.sub("", text.strip())).strip("、 \n")
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
                found += self._counted_piece(piece, town, alone=not found)
        return found

    def _counted_piece(self, piece: str, town: str, *, alone: bool) -> list[Resolved]:
        """蓝一村 is a village though 一村 is a count; of 西山两村 and 西山村等3个村 only the name is looked up."""
        count = _COUNTED.search(piece)
        if count is None or self.village(piece, town=town).match != "not-found":
            return self._piece(piece, town)
        if count.start() == 0:
            return self._piece(piece, town) if alone else []
        # 湖二两村: a numeral that belongs to the name.
        ends = (end for end in range(count.start() + 1, count.end()) if piece[end - 1] in _NUMERALS)
        named = (end for end in ends if self.village(piece[:end], town=town).match != "not-found")
        return self._piece(piece[: next(named, count.start())], town)

    def named(self, texts: set[str], sheet: str) -> dict[str, Named]:
        """``villages_of`` lines of ``sheet`` without a township that say ``texts``, and perhaps more."""
        known = self._named.setdefault(sheet, {})
        # A few are looked for among many: ``texts - known.keys()`` would go through the many.
        new = [text for text in texts if text not in known]
        if new:
            if len(known) + len(new) > _MOST_NAMED or len(self._named) > _MOST_SHEETS:
                known = {}
                self._named = {sheet: known}
                new = [*texts]
            for text in new:
                villages = self.villages_of(text, "", f"{sheet}!")
                clear = not any(map(is_asked, villages)) and counted(text) <= len(villages)
                known[text] = villages, clear
        return known

    def villages_of(self, text: str, town: str, where: str) -> list[Resolved]:
        """The villages a line names, with the township of the line; of several, the one of the sheet's name."""
        found = self.villages_in(text, town=town)
        if town or all(one.match != "ambiguous" for one in found):
            return found
        sheet = where.rpartition("!")[0]
        return self.villages_in(text, town=sheet) if self.is_town(sheet) else found

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


def _add(
    table: dict[str, tuple[Village, ...]], names: Iterable[str], alone: tuple[Village]
) -> None:
    """One village more by each of its names; few share a name, so that most need no copy."""
    for name in names:
        others = table.setdefault(name, alone)
        if others is not alone:
            table[name] = others + alone


def _by_place(lying: Iterable[tuple[frozenset[str], str]]) -> dict[str, frozenset[str]]:
    """Villages by each name of a place, told of each village which names its place has."""
    within: dict[frozenset[str], list[str]] = defaultdict(list)
    for names, uuid in lying:
        within[names].append(uuid)
    found: dict[str, frozenset[str]] = {}
    for names, uuids in within.items():
        villages = frozenset(uuids)
        for name in names:
            found[name] = found[name] | villages if name in found else villages
    return found


def _meet(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _one(text: str, village: Village, how: Any) -> Resolved:
    return Resolved(text, how, village.uuid, village.code or None, village.name, village.town)


def _candidates(villages: Sequence[Village]) -> list[dict[str, Any]]:
    return [village.candidate() for village in villages[:MOST_CANDIDATES]]
