"""Records of one file that say the same in every field."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from reporting.workbook.reading.records import Records
from reporting.workbook.reading.result import Record
from reporting.workbook.reading.words import squeezed


def repeats(records: Sequence[Record], keys: Sequence[str]) -> Iterator[tuple[Record, Record]]:
    """Each record that repeats an earlier one, with that one; blanks and width do not count."""
    seen: dict[str, Record] = {}
    for number in _alike(records if isinstance(records, Records) else Records(records), keys):
        record = records[number]
        same = squeezed("|".join(str(record.values.get(key)) for key in keys))
        if same in seen:
            yield record, seen[same]
        seen.setdefault(same, record)


def any_alike(records: Records, keys: Sequence[str]) -> bool:
    """Whether some of them may say the same in every field; in doubt, yes."""
    return next(_alike(records, keys), None) is not None


def _alike(records: Records, keys: Sequence[str]) -> Iterator[int]:
    """Numbers of those that share with another what they say in the field that tells most of them apart."""
    telling: list[str] = []
    texts: set[str] = set()
    for key in keys:
        column = list(map(str, records.column(key)))
        if len(distinct := set(column)) > len(texts):
            telling, texts = column, distinct
        if len(texts) == len(records):
            break
    joined = "|".join(texts)  # a sign that changes nothing about those beside it
    comparable = joined.isprintable() and " " not in joined
    if comparable and unicodedata.is_normalized("NFKC", joined):
        if len(texts) < len(records):
            counts = Counter(telling)
            yield from (at for at, text in enumerate(telling) if counts[text] > 1)
        return
    plain = {text: squeezed(text) for text in texts}
    counts = Counter(map(plain.__getitem__, telling))
    yield from (at for at, text in enumerate(telling) if counts[plain[text]] > 1)
