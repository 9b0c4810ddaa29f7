"""Units that files come from, by what people call them: exactly one, or none."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from federation.models import OrgUnit
from reporting.incoming.village_register import place_base
from reporting.workbook.reading.result import SenderUnit
from reporting.workbook.reading.words import squeezed

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
_NO_COLON = re.compile(
    r"\s*(?:填报|报送|上报|填表)单位(?:名称)?(?:[（(][^)）]{1,8}[)）])?\s*(?![、，,及和和人（(])"
)
_NEXT_LABEL = re.compile(
    r"\s{2,}|\t|\n|(?:填报|填表|报送|上报|制表|统计)(?:时间|日期|人)|联系(?:人|电话)|负责人|审核人|日期[:：]|时间[:：]|电话[:：]|[（(]?(?:公|盖|签)章|20\d\d年|单位[:：]万?元"
)
_MOST_CALLED = 5_000  # texts of which it is remembered whom they mean, and what follows their label


@dataclass
class Senders:
    """Units a return may come from, by what they are called."""

    units: list[OrgUnit]
    cities: list[str] = field(default_factory=list)
    by_uuid: dict[str, OrgUnit] = field(default_factory=dict)
    by_name: dict[str, list[OrgUnit]] = field(default_factory=lambda: defaultdict(list))
    by_base: dict[str, list[OrgUnit]] = field(default_factory=lambda: defaultdict(list))
    _called: dict[str, list[OrgUnit]] = field(default_factory=dict)
    _within: dict[str, list[OrgUnit]] = field(default_factory=dict)

    @classmethod
    def among(cls, units: Iterable[OrgUnit], above: Iterable[OrgUnit] = ()) -> Senders:
        found = cls(list(units))
        for unit in above:
            for name in (unit.area_name, unit.short_name):
                if name:
                    found.cities += [squeezed(name), place_base(squeezed(name))]
        found.cities = sorted(set(found.cities), key=len, reverse=True)
        for unit in found.units:
            found.by_uuid[str(unit.uuid)] = unit
            names = {
                _folded(n)
                for n in (unit.name, unit.short_name, unit.area_name, *unit.former_names)
                if n
            }
            for name in names:
                found.by_name[name].append(unit)
            for name in {_ENDS.sub("", name) for name in names}:
                for base in {name, place_base(name)}:
                    # 泉州 is the city, in whose name many a table is headed, not 泉州开发区.
                    if len(base) >= 2 and base not in found.cities:
                        found.by_base[base].append(unit)
        return found

    def called(self, text: str) -> list[OrgUnit]:
        """Units that ``text`` as a whole may mean: by name, then by base name."""
        return _remembered(self._called, text, self._meant_by)

    def _meant_by(self, text: str) -> list[OrgUnit]:
        plain = _folded(text)
        for form in dict.fromkeys((plain, self._below_city(plain))):
            base = _ENDS.sub("", form)
            for table, words in (
                (self.by_name, form),
                (self.by_base, base),
                (self.by_base, place_base(base)),
            ):
                if words and (found := table.get(words)):
                    return list(dict.fromkeys(found))
        return []

    def within(self, text: str) -> list[OrgUnit]:
        """Units named somewhere in ``text``; the longest name counts, and what it holds does not."""
        return _remembered(self._within, text, self._named_in)

    def _named_in(self, text: str) -> list[OrgUnit]:
        plain = _folded(text)
        for table, shortest in ((self.by_name, 3), (self.by_base, 2)):
            hits: list[tuple[int, int, list[OrgUnit]]] = []
            for name, units in table.items():
                if len(name) < shortest:
                    continue
                at = plain.find(name)
                if at >= 0 and name not in self.cities:
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


def _remembered(
    known: dict[str, list[OrgUnit]], text: str, told: Callable[[str], list[OrgUnit]]
) -> list[OrgUnit]:
    if text not in known:
        if len(known) >= _MOST_CALLED:
            known.clear()
        known[text] = told(text)
    return known[text]


def _folded(text: str) -> str:
    plain = _STAMP.sub("", squeezed(text)).strip("“”\"'《》:：。.,，、_-")
    for long, short in _LONG:
        plain = plain.replace(long, short)
    return plain


@functools.lru_cache(maxsize=_MOST_CALLED)
def labelled(text: str) -> str | None:
    """What follows 填报单位： in a line, up to the next label; ``None`` without such words."""
    flat = text.replace("\u3000", " ").replace("\xa0", " ")
    loose = re.sub(r"(?<=[填报送上单位名称])\s+(?=[填报送上单位名称:：（(])", "", flat)
    found = _LABEL.search(loose)
    if found is None:
        # 填报单位 惠安县妇联, without a colon; the words alone are a heading.
        found = _NO_COLON.match(loose)
        if found is None or not loose[found.end() :].strip():
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
