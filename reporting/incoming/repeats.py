"""Records of one file that say the same in every field."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import compress

from reporting.workbook.reading.result import Record
from reporting.workbook.reading.words import squeezed


def repeats(records: Sequence[Record], keys: Sequence[str]) -> Iterator[tuple[Record, Record]]:
    """Each record that repeats an earlier one, with that one; blanks and width do not count."""
    seen: dict[str, Record] = {}
    for record in _alike(records, keys):
        same = squeezed("|".join(str(record.values.get(key)) for key in keys))
        if same in seen:
            yield record, seen[same]
        seen.setdefault(same, record)


def _alike(records: Sequence[Record], keys: Sequence[str]) -> Sequence[Record]:
    """Those that share with another what they say in the field that tells most of them apart."""
    telling: list[str] = []
    kinds = 0
    for key in keys:
        column = [str(record.values.get(key)) for record in records]
        if (distinct := len(set(column))) > kinds:
            telling, kinds = column, distinct
        if kinds == len(records):
            break
    plain = {text: squeezed(text) for text in set(telling)}
    counts = Counter(map(plain.__getitem__, telling))
    return list(compress(records, (counts[plain[text]] > 1 for text in telling)))
