"""Records held against the rules of their annex; runs of plain lines a column at a time."""

from reporting.annexes import Annex, values
from reporting.annexes.cleaning import (
    Errors,
    are_of_one_text,
    by_column,
    changed_texts,
    changes,
    clean_rows,
)
from reporting.workbook.reading.records import Records, Run

_FEW = 2_000  # texts that are looked through together


def checked(annex: Annex, records: Records) -> dict[int, Errors]:
    """Clean the values of ``records`` where they are; what is wrong, by number of the record."""
    wrong: dict[int, Errors] = {}
    for start, part in records.parts():
        if isinstance(part, Run) and by_column(annex):
            found = _clean_run(annex, part)
        else:
            rows, found = clean_rows(annex, [record.values for record in part])
            for record, row in zip(part, rows, strict=True):
                record.values = row
        for at, errors in found.items():
            wrong[start + at] = errors
    return wrong


def _clean_run(annex: Annex, run: Run) -> dict[int, Errors]:
    wrong: dict[int, Errors] = {}
    clean = not run.looked_at and _all_clean(run)
    for field in annex.fields:
        if run.looked_at or not are_of_one_text(field):
            # Values that somebody changed meanwhile are not among the texts that were told at first.
            for at, found, errors in changes(field, run.column(field.key)):
                run.put(field.key, at, found)
                if errors:
                    wrong.setdefault(at, {})[field.key] = list(errors)
        elif changed := changed_texts(field, run.texts[field.key], clean=clean):
            column = run.columns[field.key]
            run.columns[field.key] = [
                changed[text][0] if text in changed else text for text in column
            ]
            if any(errors for _, errors in changed.values()):
                for at, text in enumerate(column):
                    if text in changed and changed[text][1]:
                        wrong.setdefault(at, {})[field.key] = list(changed[text][1])
    return wrong


def _all_clean(run: Run) -> bool:
    """Whether no text of a few lines needs cleaning; those of many are asked by the column."""
    texts = run.texts.values()
    return sum(map(len, texts)) <= _FEW and values.all_clean(set().union(*texts))
