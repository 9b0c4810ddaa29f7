"""``Annex.clean`` for the rows of a long table: each distinct text of a field is looked at once."""

from collections.abc import Sequence
from typing import Any

from reporting.annexes import values
from reporting.annexes.base import Annex
from reporting.annexes.fields import Field

Row = dict[str, Any]
Errors = dict[str, list[str]]
Changed = dict[str, tuple[Any, list[str]]]  # texts, each with its value and what is wrong
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
        for at, found, errors in changes(field, [row[field.key] for row in cleaned]):
            cleaned[at][field.key] = found
            if errors:
                wrong.setdefault(at, {})[field.key] = list(errors)
    if type(annex).rules is not Annex.rules:
        for number, row in enumerate(cleaned):
            for key, messages in annex.rules(row).items():
                wrong.setdefault(number, {}).setdefault(key, []).extend(messages)
    return cleaned, dict(sorted(wrong.items()))


def _one_by_one(annex: Annex, rows: Sequence[Row]) -> tuple[list[Row], dict[int, Errors]]:
    found = [annex.clean(row) for row in rows]
    return [row for row, _ in found], {at: wrong for at, (_, wrong) in enumerate(found) if wrong}


def by_column(annex: Annex) -> bool:
    """Whether what ``annex`` says of a row is what its fields say, each for itself."""
    return type(annex).clean is Annex.clean and type(annex).rules is Annex.rules


def changes(field: Field, column: Sequence[Any]) -> list[tuple[int, Any, list[str]]]:
    """Where ``field`` says otherwise than ``column`` or has errors: number, cleaned value, errors."""
    if field.kind not in _OF_ONE_TEXT or not set(map(type, column)) <= {str}:
        return _changes_one_by_one(field, column)
    changed = changed_texts(field, set(column))
    return [(at, *changed[text]) for at, text in enumerate(column) if text in changed]


def changed_texts(field: Field, texts: set[str]) -> Changed:
    """Those of ``texts`` of which ``field`` says otherwise, or that are wrong."""
    looked = {text: field.clean(text) for text in texts - _sound(field, texts)}
    return {text: said for text, said in looked.items() if said[1] or said[0] != text}


def are_of_one_text(field: Field) -> bool:
    """Whether what ``field`` says of a text is one text."""
    return field.kind in _OF_ONE_TEXT


def _changes_one_by_one(field: Field, column: Sequence[Any]) -> list[tuple[int, Any, list[str]]]:
    """As ``changes``, of values that are no texts; a village that stands in many lines is looked at once."""
    known: dict[tuple[Any, Any], bool] = {}
    found: list[tuple[int, Any, list[str]]] = []
    for at, value in enumerate(column):
        key = _village_key(value) if field.kind == "village" else None
        if key is None or not known.get(key):
            cleaned, errors = field.clean(value)
            if key is not None:
                known[key] = not errors and cleaned == value
            if errors or cleaned != value or type(cleaned) is not type(value):
                found.append((at, cleaned, errors))
    return found


def _village_key(value: Any) -> tuple[str, str] | None:
    """What tells a village from others, where that is all that ``value`` says."""
    if type(value) is not dict or value.keys() != {"unit", "text"}:
        return None
    unit, text = value["unit"], value["text"]
    return (unit, text) if type(unit) is str and type(text) is str else None


def _sound(field: Field, texts: set[str]) -> set[str]:
    """Those of ``texts`` that are right as they stand, where that is told of all at once."""
    filled = texts - {""} if field.required or field.kind == "phone" else texts
    if field.kind in ("text", "long_text"):
        sound = values.all_clean(filled) and max(map(len, filled), default=0) <= field.longest
        return filled if sound else set()
    if field.kind == "date":
        return {text for text in texts if values.iso_date(text) == text}
    return values.mobiles_among(filled) if field.kind == "phone" else set()
