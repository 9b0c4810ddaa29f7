"""Records held against the rules of their annex; runs of plain lines a column at a time."""

from reporting.annexes import Annex
from reporting.annexes.cleaning import Errors, by_column, changes, clean_rows
from reporting.workbook.reading.records import Records, Run


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
    for field in annex.fields:
        # Values that somebody changed meanwhile are not among the texts that were told at first.
        texts = None if run.looked_at else run.texts[field.key]
        for at, found, errors in changes(field, run.column(field.key), texts):
            run.put(field.key, at, found)
            if errors:
                wrong.setdefault(at, {})[field.key] = list(errors)
    return wrong
