"""The matrix in words: what one can do, and whether someone standing there may.

Answers of pages (200, 403, 404 …) become the three words an auditor reads: ✓, 无权, 不可见.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from administration import pages
from federation.permissions import known_actions

MAY, NO_RIGHT, UNSEEN, SIGN_IN, NOBODY = "✓", "无权", "不可见", "先登录", "—"
# The tone each word is shown in; the word itself says all.
TONES = {MAY: "ok", NO_RIGHT: "warn", UNSEEN: "muted", SIGN_IN: "muted", NOBODY: "muted"}
ANSWERS = {
    "200": MAY,
    "204": MAY,
    "302": MAY,
    "403": NO_RIGHT,
    "404": UNSEEN,
    "302:login": SIGN_IN,
    "401": SIGN_IN,
}
SHORT = {"form": "附件1", "table": "附件2"}
FIXED = ("办什么事", "对象", "所属", "所需权限", "敏感级")
HEADINGS = (*FIXED, *pages.RELATIONS.values())


@dataclass(frozen=True)
class Thing:
    """One thing people do, on one kind of record: 退回 附件1."""

    words: str
    about: str
    room: str
    action: str
    sensitivity: int
    cells: tuple[str, ...]

    @property
    def action_word(self) -> str:
        return known_actions().get(self.action, "") or "登录即可" if self.action else "登录即可"

    @property
    def shown(self) -> list[tuple[str, str, str]]:
        """(relation in words, cell, tone) in the order of the columns."""
        words = pages.RELATIONS.values()
        return [(said, cell, TONES[cell]) for said, cell in zip(words, self.cells, strict=True)]


def things(*, room: str = "", action: str = "", sensitivity: int = 0) -> list[Thing]:
    """What anybody may do at all, in the order of the URLconf; a thing nobody may do is left out."""
    return [
        thing
        for thing in _all()
        if (not room or thing.room == room)
        and (not action or thing.action == action)
        and (not sensitivity or thing.sensitivity == sensitivity)
    ]


def _all() -> Iterator[Thing]:
    by_page: dict[str, list[pages.Line]] = {}
    for line in pages.lines():
        by_page.setdefault(line.url, []).append(line)
    resources = pages.resources()
    for page in pages.pages():
        lines = [line for line in by_page.get(page.name, []) if line.method in page.methods]
        of_records = {line.target for line in lines} == set(SHORT)
        for line in lines:
            cells = tuple(ANSWERS.get(dict(line.expected).get(name, "-"), NOBODY)
                          for name in pages.RELATIONS)  # fmt: skip
            words = page.policy.word_for(line.method, line.case)
            if MAY not in cells or not words or page.policy.public:
                continue
            yield Thing(
                words=words,
                about=SHORT[line.target] if of_records else resources[page.policy.resource],
                room=page.room,
                action=page.policy.action or "",
                sensitivity=page.policy.sensitivity,
                cells=cells,
            )


def rows() -> Iterator[Sequence[str | int]]:
    """The whole matrix as lines of a table under :data:`HEADINGS`."""
    rooms = pages.rooms()
    for thing in things():
        fixed = (thing.words, thing.about, rooms[thing.room], thing.action_word, thing.sensitivity)
        yield (*fixed, *thing.cells)
