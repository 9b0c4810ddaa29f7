"""What an annex asks, in the terms of the room that reads sheets."""

from reporting.annexes import Annex, Field, RegisterAnnex
from reporting.workbook.reading.cells import Wanted
from reporting.workbook.reading.words import squeezed


def wanted_of(annex: Annex) -> list[Wanted]:
    return [
        Wanted(
            field.key, field.label, field.kind, field.required,
            field.multiple or field.refers_to == "village",
            "village" if field.kind == "village" else field.refers_to,
        )
        for field in annex.fields
    ]  # fmt: skip


def names_of(annex: RegisterAnnex) -> list[tuple[str, tuple[str, ...]]]:
    printed = {column.key: column.heading for column in annex.columns}

    def names(field: Field) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys((printed.get(field.key, field.label), field.label, *field.synonyms))
        )

    return [(field.key, names(field)) for field in annex.fields]


def printed_of(annex: RegisterAnnex) -> frozenset[str]:
    """Words printed on the issued form below its lines: the note, which is nobody's record."""
    words = [
        issued
        for number, row in annex.issued.sheet.rows.items()
        if number >= annex.first_row
        for issued in row.words.values()
    ]
    return frozenset(squeezed(text) for text in words if text)
