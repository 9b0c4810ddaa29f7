"""``Annex.clean`` for the rows of a long table: each distinct text of a field is looked at once."""

from collections.abc import Sequence
from typing import Any

from reporting.annexes import values
from reporting.annexes.base import Annex
from reporting.annexes.fields import Field

Row = dict[str, Any]
Errors = dict[str, list[str]]
#: Kinds whose cleaned value is a text, which rows may share; the others make lists.
_OF_ONE_TEXT = frozenset({"text", "long_text", "phone", "email", "date", "choice"})


def clean_rows(annex: Annex, rows: Sequence[Row]) -> tuple[list[Row], dict[int, Errors]]:
    """What ``annex.clean`` says of each of ``rows``: cleaned ones, and errors by number where there are any.

    Rows are changed in place where they hold every field and no more.
    """
    keys = [field.key for field in annex.fields]
    if type(annex).clean is not Annex.clean:
        return _one_by_one(annex, rows)
    cleaned = [row if list(row) == keys else {key: row.get(key) for key in keys} for row in rows]
    wrong: dict[int, Errors] = {}
    for field in annex.fields:
        _clean_column(field, cleaned, wrong)
    if type(annex).rules is not Annex.rules:
        for number, row in enumerate(cleaned):
            for key, messages in annex.rules(row).items():
                wrong.setdefault(number, {}).setdefault(key, []).extend(messages)
    return cleaned, dict(sorted(wrong.items()))


def _one_by_one(annex: Annex, rows: Sequence[Row]) -> tuple[list[Row], dict[int, Errors]]:
    found = [annex.clean(row) for row in rows]
    return [row for row, _ in found], {at: wrong for at, (_, wrong) in enumerate(found) if wrong}


def _clean_column(field: Field, rows: list[Row], wrong: dict[int, Errors]) -> None:
    key = field.key
    column = [row[key] for row in rows]
    if field.kind in _OF_ONE_TEXT and set(map(type, column)) <= {str}:
        distinct = set(column)
        looked = {text: field.clean(text) for text in distinct - _sound(field, distinct)}
        changed = {text for text, (found, errors) in looked.items() if errors or found != text}
        if not changed:
            return
        numbered = [(at, *looked[text]) for at, text in enumerate(column) if text in changed]
    else:
        numbered = [(at, *field.clean(value)) for at, value in enumerate(column)]
    for at, found, errors in numbered:
        rows[at][key] = found
        if errors:
            wrong.setdefault(at, {})[key] = list(errors)


def _sound(field: Field, texts: set[str]) -> set[str]:
    """Those of ``texts`` that are right as they stand, where that is told of all at once."""
    filled = texts - {""} if field.required or field.kind == "phone" else texts
    if field.kind in ("text", "long_text"):
        sound = values.all_clean(filled) and max(map(len, filled), default=0) <= field.longest
        return filled if sound else set()
    if field.kind == "phone" and values.all_mobiles(filled):
        return filled
    return set()
