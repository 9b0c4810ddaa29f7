"""What reading one file comes to. Plain data: nothing here is a row of the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from reporting.workbook.reading.records import Records

Level = Literal["error", "question", "warning"]
Match = Literal["unique", "unique-by-base-name", "ambiguous", "not-found"]
#: What a level is called, the worst first.
LEVELS: dict[Level, str] = {"error": "错误", "question": "待确认", "warning": "提示"}


@dataclass(frozen=True)
class Problem:
    """``where`` is Sheet!C7, Sheet!A4:C4, 表1 第3行, a sheet's name, or empty for the file."""

    where: str
    level: Level
    message: str
    key: str = ""
    #: What a question offers, as ``{"uuid", "code", "name", "place"}``.
    candidates: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Skipped:
    where: str
    text: str
    why: str


@dataclass
class Resolved:
    """One name looked up in the register: exactly one unit, or why not."""

    text: str
    match: Match
    uuid: str | None = None
    code: str | None = None
    name: str | None = None
    place: str = ""
    candidates: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "text": self.text, "code": self.code, "name": self.name, "town": self.place,
            "uuid": self.uuid, "match": self.match, "candidates": self.candidates,
        }  # fmt: skip


@dataclass(slots=True)
class Record:
    """One row as understood. ``original`` holds the cells' own texts by field key.

    ``cells`` gives the place of each field for the page that colours them; ``names`` what names in
    the row were found to mean, by field key. ``villages`` are those of all its village fields.
    """

    where: str
    values: dict[str, Any]
    original: Mapping[str, str]
    cells: Mapping[str, str] = field(default_factory=dict)
    names: dict[str, list[Resolved]] = field(default_factory=dict)
    hidden: bool = False
    town: str = ""
    unit_text: str = ""
    rows: tuple[int, int] = (0, 0)

    @property
    def villages(self) -> list[Resolved]:
        return self.names.get("villages", [])


@dataclass
class SenderUnit:
    """Whose return it is. ``found_in``: option, property, cell, paragraph, title, sheet, column, file name."""

    name: str | None = None
    code: str | None = None
    uuid: str | None = None
    found_in: str | None = None
    text: str = ""
    candidates: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Reading:
    """One file, read. ``refused`` is the sentence of a file that was not read at all.

    ``folder`` is where it lay and ``bundle`` the .zip it came in. ``tables`` names where tables were found; ``submission`` what the file seems to be (original,
    supplement, replacement, duplicate) with ``because`` in words; ``late`` is None where the time it
    came is not known. Nothing is written anywhere by reading.
    """

    file: str
    folder: str = ""
    bundle: str = ""
    kind: str = ""
    digest: str = ""
    tables: list[str] = field(default_factory=list)
    unit: SenderUnit = field(default_factory=SenderUnit)
    records: Records = field(default_factory=Records)
    skipped: list[Skipped] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    #: Errors and questions that ``problems`` does not list, because they are too many.
    unlisted: int = 0
    properties: dict[str, str] = field(default_factory=dict)
    nil: bool = False
    refused: str = ""
    refused_code: str = ""
    own_template: bool = False
    unchanged: bool = False
    submission: str | None = None
    because: str = ""
    supersedes: str | None = None
    late: bool | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)
    #: The file in its grids, for a page that shows the sheet as sent; None once let go.
    document: Any = field(default=None, repr=False)

    def problem(
        self, where: str, level: Level, message: str, key: str = "", candidates: Any = ()
    ) -> None:
        self.problems.append(Problem(where, level, message, key, tuple(candidates)))

    @property
    def applicable(self) -> bool:
        """Whether nothing stands against taking the file over: no error, no open question."""
        return not self.refused and not any(p.level != "warning" for p in self.problems)
