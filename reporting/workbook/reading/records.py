"""The records of a file in their order. Those of plain lines are made when somebody looks at one.

A register of a hundred thousand lines is checked, compared and written a column at a time; a record
with its place and what was typed there is wanted of the few lines that a page or a problem shows.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, MutableSequence
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from reporting.workbook.reading.result import Record, Resolved

Values = dict[str, Any]


class Run:
    """Plain lines one below the other, as columns of texts by field key."""

    def __init__(
        self,
        columns: dict[str, list[str]],
        texts: dict[str, set[str]],
        units: list[str],
        make: Callable[[int, Values], Record],
        place: Callable[[int, str], str],
        first: int = 0,
        *,
        named_town: bool = False,
    ) -> None:
        self.columns = columns
        #: All that stands in each column, and perhaps more: what stands in the lines around.
        self.texts = texts
        self.units = units  # the sender each line names, or nothing at all
        self.place = place  # of a field of one line
        self.first = first  # row of the grid
        self.named_town = named_town  # whether one of them stands under or beside a township
        #: Letters of the longest of ``words``, or more, where each is ``squeezed``; else nothing.
        self.longest: int | None = None
        #: Whether nothing stands in these lines that no column says.
        self.whole = False
        #: What names in the lines were found to mean, as ``Record.names``, line by line.
        self.names: dict[str, list[list[Resolved]]] = {}
        self._make = make
        self._made: dict[int, Record] = {}

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __iter__(self) -> Iterator[Record]:
        return map(self.record, range(len(self)))

    @functools.cached_property
    def words(self) -> set[str]:
        """All that stands in the columns at first, and perhaps more, as ``texts``."""
        return set().union(*self.texts.values())

    @property
    def looked_at(self) -> bool:
        """Whether somebody has had a record of it, and may have changed it."""
        return bool(self._made)

    def record(self, at: int) -> Record:
        """The record of one line: always the same, since whoever asks may change it."""
        if at not in self._made:
            values = {key: column[at] for key, column in self.columns.items()}
            made = self._made[at] = self._make(at, values)
            made.names |= {key: [*found[at]] for key, found in self.names.items()}
        return self._made[at]

    def column(self, key: str) -> list[Any]:
        """What the lines say in one field."""
        if not self._made:
            return self.columns[key]
        found: list[Any] = list(self.columns[key])
        for at, record in self._made.items():
            found[at] = record.values.get(key)
        return found

    def with_columns(self, columns: dict[str, list[str]]) -> Run:
        """Lines of the same table that say something else, and perhaps not in every field."""
        return Run(columns, {}, [], self._make, self.place, self.first)

    def put(self, key: str, at: int, value: Any) -> None:
        self.columns[key][at] = value
        if at in self._made:
            self._made[at].values[key] = value


class Records(MutableSequence["Record"]):
    """Like a list of records, of which runs of plain lines are kept as columns."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._parts: list[Run | list[Record]] = []
        self._starts: list[int] = []
        self._count = 0
        self.extend(records)

    @classmethod
    def of(cls, run: Run) -> Records:
        made = cls()
        made.add(run)
        return made

    def parts(self) -> Iterator[tuple[int, Run | list[Record]]]:
        """Runs, and lists of the records between them, with the number each begins at."""
        return zip(self._starts, self._parts, strict=True)

    def column(self, key: str) -> list[Any]:
        """What all of them say in one field."""
        found: list[Any] = []
        for part in self._parts:
            if isinstance(part, Run):
                found += part.column(key)
            else:
                found += [record.values.get(key) for record in part]
        return found

    def place(self, number: int, key: str) -> str | None:
        """Where the field of one record stands; ``None`` where its table has no such column."""
        part, at = self._part(number)
        return part.place(at, key) if isinstance(part, Run) else part[at].cells.get(key)

    @property
    def last_row(self) -> int:
        """Where the last of them ends; of a plain line without a record of it."""
        part = self._parts[-1]
        if isinstance(part, Run) and not part.looked_at:
            return part.first + len(part) - 1
        return self[-1].rows[1]

    def units(self) -> list[str]:
        """The senders that the lines name, each once."""
        found: dict[str, None] = {}
        for part in self._parts:
            named = part.units if isinstance(part, Run) else [record.unit_text for record in part]
            found |= dict.fromkeys(filter(None, named))
        return list(found)

    def add(self, part: Run | list[Record]) -> None:
        """Put a run behind the others, or several records."""
        last = self._parts[-1] if self._parts else None
        if isinstance(part, list) and isinstance(last, list):
            last += part
        elif part:
            self._starts.append(self._count)
            self._parts.append(part)
        self._count += len(part)

    # -- As a list -------------------------------------------------------------------------------
    def append(self, value: Record) -> None:
        self.add([value])

    def extend(self, values: Iterable[Record]) -> None:
        if isinstance(values, Records):
            for _, part in list(values.parts()):
                self.add(part if isinstance(part, Run) else list(part))
        else:
            self.add(list(values))

    def clear(self) -> None:
        self._parts, self._starts, self._count = [], [], 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Record]:
        for part in self._parts:
            yield from part

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Records | list) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Records({list(self)})"

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(self._count))]
        at = index + self._count if index < 0 else index
        if not 0 <= at < self._count:
            raise IndexError(index)
        part, at = self._part(at)
        return part.record(at) if isinstance(part, Run) else part[at]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._as_one()[index] = value

    def __delitem__(self, index: int | slice) -> None:
        held = self._as_one()
        del held[index]
        self._count = len(held)

    def insert(self, index: int, value: Record) -> None:
        self._as_one().insert(index, value)
        self._count += 1

    def _part(self, number: int) -> tuple[Run | list[Record], int]:
        """Where a record is kept, and its number there."""
        place = bisect_right(self._starts, number) - 1
        return self._parts[place], number - self._starts[place]

    def _as_one(self) -> list[Record]:
        """All records made, in one list."""
        held = list(self)
        self._parts, self._starts, self._count = [held], [0], len(held)
        return held
