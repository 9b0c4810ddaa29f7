"""Records held against the rules of their annex; runs of plain lines a column at a time."""

from typing import Any

from reporting.annexes import Annex, Field, values
from reporting.annexes.cleaning import (
    Changed,
    Errors,
    are_of_one_text,
    by_column,
    changed_texts,
    changes,
    clean_rows,
)
from reporting.workbook.reading.records import Records, Run

_FEW = 5_000  # texts that are looked through together
_MOST_KNOWN = 20_000  # texts, and villages, of which it is remembered that they are right
_WORDS = ("text", "long_text")


class Checks:
    """The rules of one annex, for the files of a batch."""

    def __init__(self, annex: Annex) -> None:
        self.annex = annex
        #: What sound choices were told to mean, by field.
        self._choices: dict[str, dict[str, Any]] = {}
        #: Days, and blanks for them, that are right as they stand, by field.
        self._days: dict[str, set[str]] = {}
        #: Villages that are right as they stand, by field: (unit, text).
        self._villages: dict[str, set[tuple[Any, Any]]] = {}
        #: Texts that need no cleaning and are too long for no field.
        self._clean: set[str] = set()
        #: How long a text may be, by field.
        self._longest = {field.key: field.longest for field in annex.fields if field.kind in _WORDS}

    def check(self, records: Records) -> dict[int, Errors]:
        """Clean the values of ``records`` where they are; what is wrong, by number of the record."""
        wrong: dict[int, Errors] = {}
        for start, part in records.parts():
            if isinstance(part, Run) and by_column(self.annex):
                found = self._clean_run(part)
            else:
                rows, found = clean_rows(self.annex, [record.values for record in part])
                for record, row in zip(part, rows, strict=True):
                    record.values = row
            for at, errors in found.items():
                wrong[start + at] = errors
        return wrong

    def _clean_run(self, run: Run) -> dict[int, Errors]:
        wrong: dict[int, Errors] = {}
        clean = self._are_clean(run)
        for field in self.annex.fields:
            if field.kind == "village" and self._are_villages(field, run):
                continue
            if run.looked_at or not are_of_one_text(field):
                # Values that somebody changed meanwhile are not among the texts that were told at first.
                for at, found, errors in changes(field, run.column(field.key)):
                    run.put(field.key, at, found)
                    if errors:
                        wrong.setdefault(at, {})[field.key] = list(errors)
                continue
            texts = run.texts[field.key]
            if field.kind == "choice":
                changed = self._chosen(field, texts)
            elif field.kind == "date":
                changed = self._dated(field, texts)
            elif clean and field.kind in _WORDS and not (field.required and "" in texts):
                continue
            else:
                changed = changed_texts(field, texts)
            _change(run, field.key, changed, wrong)
        return wrong

    def _are_villages(self, field: Field, run: Run) -> bool:
        """Whether one village that is right stands in each line; in doubt, no."""
        column = run.column(field.key)
        try:
            found = {(value["unit"], value["text"]) for value in column}
        except (TypeError, KeyError):  # none, or several
            return False
        known = self._villages.setdefault(field.key, set())
        for unit, text in found - known:
            value = {"unit": unit, "text": text}
            cleaned, errors = field.clean(value)
            if errors or cleaned != value:
                return False
        if len(known) > _MOST_KNOWN:
            known.clear()
        known |= found
        return {*map(len, column)} == {2}

    def _are_clean(self, run: Run) -> bool:
        """Whether no text of a few lines needs cleaning or is too long; of many it is asked by the column."""
        if run.looked_at:
            return False
        if run.longest is not None:  # what is squeezed is clean
            return all(
                run.longest <= most or max(map(len, run.texts[key])) <= most
                for key, most in self._longest.items()
            )
        if sum(map(len, run.texts.values())) > _FEW:
            return False
        new = run.words - self._clean
        if not new:
            return True
        if max(map(len, new)) > min(self._longest.values(), default=0) or not values.all_clean(new):
            return False
        if len(self._clean) > _MOST_KNOWN:
            self._clean.clear()
        self._clean |= new
        return True

    def _dated(self, field: Field, texts: set[str]) -> Changed:
        """As ``changed_texts``: the same days come again in every file."""
        known = self._days.setdefault(field.key, set())
        new = texts - known
        changed = changed_texts(field, new) if new else {}
        if len(known) > _MOST_KNOWN:
            known.clear()
        known |= new - changed.keys()
        return changed

    def _chosen(self, field: Field, texts: set[str]) -> Changed:
        known = self._choices.setdefault(field.key, {})
        changed = changed_texts(field, texts - known.keys())
        known |= {text: value for text, (value, errors) in changed.items() if not errors}
        return {**changed, **{text: (known[text], []) for text in texts & known.keys()}}


def _change(run: Run, key: str, changed: Changed, wrong: dict[int, Errors]) -> None:
    if not changed:
        return
    column = run.columns[key]
    run.columns[key] = [changed[text][0] if text in changed else text for text in column]
    if any(errors for _, errors in changed.values()):
        for at, text in enumerate(column):
            if text in changed and changed[text][1]:
                wrong.setdefault(at, {})[key] = list(changed[text][1])
