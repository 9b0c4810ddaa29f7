"""Which column answers which field: headings compared by normalised words and synonyms."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from reporting.workbook.reading.words import Texts, is_squeezed, squeezed

LONGEST = 40  # characters of a heading
_SHORTEST_HELD = 3  # of a name that counts inside other words
_FIGURES = b"0123456789-./:"
_MOST_TOLD = 20_000  # texts of which it is remembered whether they are headings
_SIGNS = re.compile(r"[、，,。.:：;；·・\-—_/\\|*＊★☆“”\"'‘’《》<>&+\d①-⑳]+")
_MARKS = re.compile(rf"{_SIGNS.pattern}|[（(\[【〔）)\]】〕]")
_BRACKET = re.compile(r"[（）()\[\]【】〔〕]")
_BRACKETS = re.compile(r"[（(\[【〔].*?[)）\]】〕]")
# Columns that offices add, by the words they end in; they are told apart from fields first.
_NUMBER = {"序号", "编号", "序", "号", "no", "项号", "排序", "顺序号"}
_TOWN = {
    "乡镇", "镇", "镇街", "街道", "乡", "乡镇街道", "镇街道", "镇乡", "乡镇街", "所在乡镇", "所属乡镇", "所属镇街",
    "所在镇", "镇乡街道", "乡镇名称", "街镇", "镇街名称", "乡街道", "所在镇街", "所属乡镇街道", "所在乡镇街道", "镇办",
}  # fmt: skip
_TOWN_END = re.compile(r"(?:所在|所属|的)(?:乡镇|镇街|街道|乡|镇|镇乡|乡镇街道|镇街道)$")
_UNIT = {
    "填报单位", "报送单位", "上报单位", "县市区", "县区", "区县", "县", "所在县市区", "所属县市区", "县市区妇联",
    "推荐单位", "申报单位", "地区", "所属县区", "区域", "归口单位", "组织单位",
}  # fmt: skip
_OTHER_ENDS = (
    "级别|等级|负责人|联系人|电话|手机|号码|邮箱|备注|说明|时间|日期|户数|人数|职务|姓名|地址|金额|"
    "资金|系统|类别|类型|数量|个数|签名|签字|盖章|进度|完成情况|照片|性质|人口|书记|主任|单位性质|授牌|获评|年度|编码|代码"
)
_OTHER = re.compile(rf"(?:{_OTHER_ENDS})$")
_OTHER_LASTS = {word[-1] for word in _OTHER_ENDS.split("|")} | set("乡镇街道")  # of both patterns


SURE = 3  # tier: not only words that hold a heading
LIKELY = 2  # tier: words that hold one, at least
# Counts and signs behind a heading belong to none; what stands before them ends it.
_BEHIND = "0123456789、，,。.:：;；-"


@dataclass(frozen=True)
class Heading:
    """What one heading says: a field by key, or a column of another sort."""

    key: str = ""
    sort: str = "other"  # field, number, town, unit, other
    tier: int = 0  # 4 the very words, 3 without brackets, 2 holds them

    @property
    def is_field(self) -> bool:
        return self.sort == "field"


_STRANGE = Heading()


FIRST = itemgetter(slice(0, 1))  # letter of a text, or nothing where there is none
_LAST = itemgetter(slice(-1, None))


def full(text: str) -> str:
    """Comparable words, brackets' contents included."""
    return _BRACKET.sub("", _SIGNS.sub("", squeezed(text).lower()))


def bare(text: str) -> str:
    """Comparable words without what stands in brackets."""
    plain = squeezed(text).lower()
    return _SIGNS.sub("", _BRACKETS.sub("", plain)) or full(plain)


def _ending(texts: Iterable[str], ends: set[str]) -> list[str]:
    """The few of ``texts`` whose last letter is one of ``ends``, or is another sign than these."""
    texts = list(texts)
    lasts = [text.rstrip(_BEHIND)[-1:] for text in texts]
    others = {""} | _other_letters(set(lasts), lambda letter: letter.lower()[-1:] not in ends)
    return [text for text, last in zip(texts, lasts, strict=True) if last not in others]


def _beginning(texts: Iterable[str], begins: set[str]) -> list[str]:
    """Those of ``texts`` whose first letter is one of ``begins``, or is another sign than these."""
    texts = list(texts)
    firsts = set(map(FIRST, texts))
    others = _other_letters(firsts, lambda letter: letter.lower()[:1] not in begins)
    if firsts <= others:
        return []
    return [text for text in texts if text[:1] not in others]


def _comparable(text: str) -> bool:
    """Whether it is so as it stands, but for signs: no brackets, no blanks."""
    return is_squeezed(text) and _BRACKET.search(text) is None


def _without_signs(joined: str) -> str:
    """Lines of text without signs, of which none is a line end; figures, which are most of them, first."""
    joined = joined.encode().translate(None, _FIGURES).decode()
    return _SIGNS.sub("", joined) if _SIGNS.search(joined) else joined


def _other_letters(letters: set[str], is_other: Callable[[str], bool]) -> set[str]:
    """Those that stay what they are in any comparable form, and are others."""
    return {
        letter
        for letter in letters
        if letter.isalpha() and unicodedata.is_normalized("NFKC", letter) and is_other(letter)
    }


class Headings:
    """The fields of one annex by the words that may stand over their columns."""

    def __init__(
        self, fields: Iterable[tuple[str, Sequence[str]]], unit_headings: Iterable[str] = ()
    ) -> None:
        self._exact: dict[str, str] = {}
        self._bare: dict[str, str] = {}
        self._known: dict[str, Heading] = {}
        self._likely: set[str] = set()
        self._unlikely: set[str] = set()
        self._units = _UNIT | {full(words) for words in unit_headings}
        for key, names in fields:
            for name in names:
                self._exact.setdefault(full(name), key)
            for name in names:
                self._bare.setdefault(bare(name), key)

        self._own_ends: dict[str, set[str]] = {}
        self._own_begins: dict[str, set[str]] = {}
        for words in (self._exact, self._bare):
            for name, key in words.items():
                self._own_ends.setdefault(key, set()).add(name[-1:])
                # A letter typed with its accent behind it counts as the one that holds both.
                begins = {name[:1], unicodedata.normalize("NFKD", name)[:1]}
                self._own_begins.setdefault(key, set()).update(begins)
        known = (_NUMBER, _TOWN, self._units, _OTHER_ENDS.split("|"), "镇街道乡")
        self._ends = set().union(*self._own_ends.values())
        self._ends |= {word[-1] for words in known for word in words if word}
        self._held = [name for name in self._bare if len(name) >= _SHORTEST_HELD]
        self._begins = {name[0] for name in self._held}
        self._any = re.compile("|".join(map(re.escape, self._held)) or r"(?!)")
        #: Whatever holds one of the others holds one of these.
        self._shortest = [
            name
            for name in self._held
            if not any(other in name for other in self._held if other != name)
        ]
        self._whole = {*self._exact, *self._bare, *_NUMBER, *_TOWN, *self._units}

    def own_words(self, key: str, texts: Iterable[str]) -> set[str]:
        """Those of many ``texts`` that are headings of ``key`` itself."""
        return {
            text
            for text in _ending(
                _beginning(texts, self._own_begins.get(key, set())),
                self._own_ends.get(key, set()),
            )
            if (found := self.match(text)).key == key and found.tier >= SURE
        }

    def sure(self, texts: Iterable[str]) -> set[str]:
        """Those of many ``texts`` that are headings of any sort, and surely."""
        return {text for text in _ending(texts, self._ends) if self.match(text).tier >= SURE}

    def likely(self, texts: set[str]) -> set[str]:
        """Those of many ``texts`` that ``match`` says are likely headings, or surely."""
        new = texts - self._unlikely
        new -= self._likely
        if new:
            if len(self._unlikely) + len(new) > _MOST_TOLD:
                self._unlikely.clear()
                self._likely.clear()
                new = texts
            found = self.likely_among(Texts(new))
            self._likely |= found
            self._unlikely |= new - found
        return texts & self._likely

    def likely_among(self, texts: Texts) -> set[str]:
        """As ``likely``, of texts that are not remembered."""
        return {text for text in self._maybe(texts) if self.match(text).tier >= LIKELY}

    def _maybe(self, texts: Texts) -> Iterator[str]:
        """Those of ``texts`` that could be a heading, or hold one, whatever signs stand in it."""
        plain, joined = texts.all, texts.joined
        if not texts.squeezed or _BRACKET.search(joined):
            yield from (text for text in plain if not _comparable(text))
            plain = list(filter(_comparable, plain))
            joined = "\n".join(plain)
        if not plain:
            return
        joined = _without_signs(joined.lower())
        words = joined.split("\n")
        # What is looked for is in a few of them at most, and mostly in none.
        for name in filter(joined.__contains__, self._shortest):
            yield from (text for text, word in zip(plain, words, strict=True) if name in word)
        if not _OTHER_LASTS.isdisjoint(map(_LAST, words)):
            yield from (
                text for text, word in zip(plain, words, strict=True) if word[-1:] in _OTHER_LASTS
            )
        if not self._whole.isdisjoint(words):
            yield from (
                text for text, word in zip(plain, words, strict=True) if word in self._whole
            )

    def match(self, cell: Any) -> Heading:
        if not isinstance(cell, str) or not cell or len(cell) > LONGEST * 2:
            return _STRANGE
        found = self._known.get(cell)
        if found is None:
            found = self._match(cell)
            if len(self._known) < _MOST_TOLD:
                self._known[cell] = found
        return found

    def _match(self, cell: str) -> Heading:
        plain = squeezed(cell).lower()
        signs = _MARKS.search(plain) is not None
        brackets = signs and _BRACKET.search(plain) is not None
        words = _SIGNS.sub("", plain) if signs else plain
        if brackets:
            words = _BRACKET.sub("", words)
        if not words or len(words) > LONGEST:
            return _STRANGE
        if words in self._exact:
            return Heading(self._exact[words], "field", 4)
        if words in _NUMBER:
            return Heading(sort="number", tier=4)
        short = bare(plain) if brackets else words
        if short in _TOWN or words in _TOWN:
            return Heading(sort="town", tier=4)
        if short in self._units or words in self._units:
            return Heading(sort="unit", tier=4)
        if short in self._exact:
            return Heading(self._exact[short], "field", SURE)
        if short in self._bare:
            return Heading(self._bare[short], "field", SURE)
        if short[-1:] in _OTHER_LASTS:
            if _TOWN_END.search(short):
                return Heading(sort="town", tier=SURE)
            if _OTHER.search(short):
                return Heading(sort="other", tier=SURE)
        return _STRANGE if self._begins.isdisjoint(short) else self._holding(short)

    def _holding(self, words: str) -> Heading:
        """The field whose words it holds last: 文明岗结对村 asks for the village."""
        if self._any.search(words) is None:
            return _STRANGE
        best = (0, 0, "")
        for name, key in self._bare.items():
            if len(name) < _SHORTEST_HELD or len(words) > len(name) + 8:
                continue
            at = words.rfind(name)
            if at >= 0:
                best = max(best, (at + len(name), len(name), key))
        return Heading(best[2], "field", 2) if best[2] else _STRANGE
