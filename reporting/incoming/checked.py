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

_FEW = 2_000  # texts that are looked through together


class Checks:
    """The rules of one annex, for the files of a batch."""

    def __init__(self, annex: Annex) -> None:
        self.annex = annex
        #: What sound choices were told to mean, by field.
        self._choices: dict[str, dict[str, Any]] = {}

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
        longest = _longest_clean(run)
        for field in self.annex.fields:
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
            elif (
                0 <= longest <= field.longest
                and field.kind in ("text", "long_text")
                and not (field.required and "" in texts)
            ):
                continue
            else:
                changed = changed_texts(field, texts)
            _change(run, field.key, changed, wrong)
        return wrong

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


def _longest_clean(run: Run) -> int:
    """Characters of the longest text of a few lines, where none needs cleaning; else -1.

    Those of many lines are looked at by the column.
    """
    several = run.texts.values()
    if run.looked_at or sum(map(len, several)) > _FEW:
        return -1
    texts = set().union(*several)
    return max(map(len, texts), default=0) if values.all_clean(texts) else -1
