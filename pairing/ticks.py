"""Which of the printed choices in one cell were ticked, however the office ticks.

A mark belongs to the label it touches. Where it stands between two, the whole cell says whether marks
stand before or behind; what still cannot be told is told to be so, since a wrong choice is silent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_YES, _NO, _BOX, _CROSSED = "√✓✔☑■●◆◉", "×✗✘✕╳", "□☐○◯❏", "☒⊠"
_NOT = (
    r"(?:暂时?|尚|均|都)?(?:不|没有?|无|未|非)"
    r"(?:能|法|予|再|需要?|考虑|愿意?|选择?|提供|开展|参与|参加)*|否"
)
_DO = r"(?:可以?|能够?|愿意?|将|拟|还)?(?:提供|开展|选择?|参与|参加)|是|有|可以?|能够?"
_BRACKET = r"[（(\[【〔][^（(\[【〔）)\]】〕]*[）)\]】〕]"
_SAID_NO = re.compile(
    r"(?:[0０〇Nn/\\xX—–-]|——|否|(?:暂|尚)?(?:无|没有?|不))|(?:暂|尚)?(?:不(?:能|予|再|需|选|提供|开展|参)|没有|未|无法|无力).*"
)
_OPEN_QUESTION = re.compile(r"[?？]+|待定|未定|再定|是[/／]?否|有[/／]?无")
_LONGEST = 500  # characters of a cell that is looked at; the printed one has 40
#: How far a mark is from a label when this stands between them.
_FAR = {"colon": 0, "word": 0, "bracket": 0, "blank": 1, "line": 2, "comma": 3, "other": 4}


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    code: str = ""
    yes: bool | None = None


class _CannotTell(Exception):
    """The cell says two things, or neither."""


def ticked(
    text: str, labels: Mapping[str, str], short: Mapping[str, str] | None = None
) -> list[str] | None:
    """Codes of the choices a cell says yes to, in order of ``labels``; ``None`` if it cannot be told.

    ``labels`` and ``short`` give the code of a label; a short one counts only where it stands alone.
    """
    if len(text) > _LONGEST:
        return None
    try:
        tokens = _tokens(text, labels, short or {})
        named = {token.code for token in tokens if token.kind == "label"}
        if not named:
            return []
        said = _said(tokens, set(labels.values()))
    except _CannotTell:
        return None
    return [code for code in dict.fromkeys(labels.values()) if said.get(code)]


def _tokens(text: str, labels: Mapping[str, str], short: Mapping[str, str]) -> list[_Token]:
    def any_of(words: Mapping[str, str]) -> str:
        return "|".join(sorted(map(re.escape, words), key=len, reverse=True)) or "(?!)"

    pattern = re.compile(
        rf"(?P<bracket>{_BRACKET})|(?P<label>{any_of(labels)})"
        rf"|(?P<sign>[{_YES}{_NO}{_BOX}{_CROSSED}]+)|(?P<comma>[①-⑳]|\d{{1,2}}[.、．]|[，,；;。、/／|]|以?及|和|与)"
        rf"|(?P<word>{_NOT}|{_DO})|(?P<short>{any_of(short)})(?:帮扶|扶持|支持|类|方面)?"
        r"|(?P<colon>[:：])|(?P<line>[\n\r]+)|(?P<blank>\s)|(?P<other>.)"
    )
    found = [
        _Token(str(match.lastgroup), match[str(match.lastgroup)])
        for match in pattern.finditer(text)
    ]
    crossed = _crossed(text)
    tokens: list[_Token] = []
    alone = True
    for at, token in enumerate(found):
        kind = token.kind
        if kind == "short":
            beside = {one.kind for one in found[max(at - 1, 0) : at + 2]}
            standing = "other" not in beside
            alone &= standing
            kind = "label" if standing else "other"
            token = _Token(kind, token.text, short[token.text])
        elif kind == "label":
            token = _Token(kind, token.text, labels[token.text])
        elif kind == "sign":
            token = _Token(kind, token.text, yes=_sign(token.text, crossed))
        elif kind == "word":
            token = _word(token, found, at)
        tokens.append(token)
    if not alone and not any(token.text in labels for token in tokens):
        raise _CannotTell  # 培训项目一个: the word is there, the choice perhaps not
    return tokens


def _word(token: _Token, found: list[_Token], at: int) -> _Token:
    """是, 无, 不提供 directly before a label, or between one and the next sign; else a mere word."""

    def near(step: int) -> str:
        place = at + step
        while 0 <= place < len(found) and found[place].kind in ("colon", "blank"):
            place += step
        return found[place].kind if 0 <= place < len(found) else ""

    names = ("label", "short")
    yes = re.fullmatch(_NOT, token.text) is None
    behind = near(-1) in names
    if near(1) in names or (behind and near(1) not in ("other", "word")):
        return _Token("word", token.text, yes=yes)
    # 物质牵手没有资金: a no of some kind.
    return _Token("doubt" if behind and not yes else "other", token.text)


def _crossed(text: str) -> bool | None:
    """What ☒ means: beside empty boxes the ticked one, beside ☑ nobody knows."""
    return True if re.search("[☐□]", text) and not re.search("[√✓✔☑]", text) else None


def _sign(run: str, crossed: bool | None) -> bool:
    if set(run) & set(_CROSSED) and crossed is None:
        raise _CannotTell
    yes = [sign in _YES or sign in _CROSSED for sign in run]
    # □√ is a printed box and the tick beside it; √□ may be the ends of two choices.
    if yes[0] and not all(yes):
        raise _CannotTell
    return yes[-1]


def _bracketed(text: str) -> tuple[str, bool] | None:
    """What brackets say, as ("mark" | "words" | "empty", yes); ``None`` for an instruction."""
    inside = re.sub(r"\s+", "", text[1:-1])
    signs = "".join(re.findall(f"[{_YES}{_NO}{_BOX}{_CROSSED}]", inside))
    if re.search("可多选|多项|[打划].*[√✓✔]|[√✓✔].*选", inside):
        return None
    if not inside:
        return "empty", False
    if signs:
        return "mark", _sign(signs, _crossed(text) if len(signs) > 1 else None)
    if _OPEN_QUESTION.fullmatch(inside):
        raise _CannotTell
    if _SAID_NO.fullmatch(inside):
        return "mark", False
    if re.fullmatch(r"[是有可能对１1yYvV]|可以|能够|提供|可提供|选", inside):
        return "mark", True
    return "words", True


def _said(tokens: list[_Token], codes: set[str]) -> dict[str, bool]:
    signs = any(token.kind == "sign" for token in tokens)
    brackets = {
        at: said
        for at, token in enumerate(tokens)
        if token.kind == "bracket" and (said := _bracketed(token.text))
    }
    named = {token.code for token in tokens if token.kind == "label"}
    if not signs and not brackets:
        return _in_words(tokens, named, codes)
    # 提供 before signs or brackets says nothing of one choice.
    open_marks = {
        at: bool(token.yes)
        for at, token in enumerate(tokens)
        if token.kind == "sign"
        or (token.kind == "word" and not (token.yes and len(token.text) > 1))
    }
    found: dict[str, bool] = {}
    for at, code in _owners(tokens, set(open_marks)).items():
        _agree(found, code, open_marks[at])
    worded: set[str] = set()
    emptied: set[str] = set()
    for at, code in _owners(tokens, set(brackets), behind=True).items():
        kind, yes = brackets[at]
        if kind == "mark":
            _agree(found, code, yes)
        else:
            (worded if kind == "words" else emptied).add(code)
    if signs:
        if (worded - found.keys()) and emptied:
            raise _CannotTell
    else:
        for code in worded - found.keys():
            found[code] = True
        marked = {code for code in found if code not in worded}
        bare = named - found.keys() - emptied
        if bare and not marked and not emptied:
            raise _CannotTell  # 物质牵手、项目牵手（培训）: a list with a remark, or one choice of two
    if named - found.keys() - emptied and found and not any(found.values()):
        raise _CannotTell  # only the others were crossed out
    return found


def _agree(found: dict[str, bool], code: str, yes: bool) -> None:
    if found.setdefault(code, yes) is not yes:
        raise _CannotTell


def _owners(tokens: list[_Token], marks: set[int], *, behind: bool = False) -> dict[int, str]:
    """For each mark the code of its label. ``behind`` says where a mark stands that may be either's."""
    order = [at for at, token in enumerate(tokens) if at in marks or token.kind == "label"]
    shape = "".join("M" if at in marks else "L" for at in order)
    step = {"ML": 1, "LM": -1}.get(shape[:2])
    if step and shape == shape[:2] * (len(shape) // 2):
        sides = dict.fromkeys(marks, step)
    else:
        first, last = shape[0] == "M", shape[-1] == "M"
        tied = 0 if first and last else 1 if first else -1 if last or behind else 0
        past = marks if behind else set()
        sides = {at: _side(tokens, order, at, marks, past) or tied for at in marks}
    owners: dict[int, str] = {}
    for at in sorted(marks):
        place = order.index(at) + sides[at]
        while behind and 0 <= place < len(order) and order[place] in marks:
            place += sides[at]  # 物质牵手（衣物）（√）
        if not sides[at] or not 0 <= place < len(order) or order[place] in marks:
            raise _CannotTell
        owners[at] = tokens[order[place]].code
    return owners


def _side(tokens: list[_Token], order: list[int], at: int, marks: set[int], past: set[int]) -> int:
    """-1 or 1 to the nearer label, 0 where both are as near; marks ``past`` may stand between."""

    def distance(step: int) -> int:
        place = order.index(at) + step
        while 0 <= place < len(order) and order[place] in past:
            place += step
        if not 0 <= place < len(order) or order[place] in marks:
            return 99
        low, high = sorted((at, order[place]))
        return max((_FAR.get(token.kind, 0) for token in tokens[low + 1 : high]), default=0)

    left, right = distance(-1), distance(1)
    return (left > right) - (left < right)


def _in_words(tokens: list[_Token], named: set[str], codes: set[str]) -> dict[str, bool]:
    """A list that names the chosen ones, or says 提供 and 不提供 of them."""
    words = {at: bool(token.yes) for at, token in enumerate(tokens) if token.kind == "word"}
    if any(token.kind == "doubt" for token in tokens):
        raise _CannotTell
    if not words and named == codes:
        raise _CannotTell  # all of them and no mark: as printed, or all offered
    found: dict[str, bool] = {}
    for at, code in _owners(tokens, set(words)).items():
        _agree(found, code, words[at])
    carried = True
    for token in tokens:
        if token.kind != "label":
            continue
        if token.code in found:
            carried = found[token.code] and not any(_behind(tokens, mark) for mark in words)
        elif not carried:
            raise _CannotTell  # 不提供物质、项目, 物质有、项目: of the second nothing is said
        else:
            found[token.code] = True
    return found


def _behind(tokens: list[_Token], at: int) -> bool:
    """Whether the word stands right behind a label: 物质有、项目."""
    left = [token.kind for token in tokens[:at] if token.kind not in ("colon", "blank")]
    return bool(left) and left[-1] == "label"
