"""What a workbook that came back still says of its making: marks on its pages, properties, its rows."""

import io
from dataclasses import dataclass, field

from reporting.workbook.errors import UnreadableWorkbook
from reporting.workbook.opened import opened

MOST_ROWS = 20_000
_PLACES = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")
_SIDES = ("left", "center", "right")


@dataclass
class Traces:
    """``marks`` are texts on the pages and in the first lines; ``tables`` rows of text, by sheet."""

    marks: list[str] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    tables: list[list[list[str]]] = field(default_factory=list)


def traces_of(data: bytes) -> Traces:
    """The traces in a workbook of whoever's making. Raises ``UnreadableWorkbook``."""
    try:
        book = opened(io.BytesIO(data))
    except Exception as error:  # whatever a broken file raises means the same to the reader
        raise UnreadableWorkbook("这个文件打不开，要用 .xlsx 文件。") from error
    found = Traces()
    for prop in book.custom_doc_props.props:
        found.properties[str(prop.name)] = str(prop.value)
    for sheet in book.worksheets:
        for place in _PLACES:
            printed = getattr(sheet, place)
            found.marks += [text for side in _SIDES if (text := getattr(printed, side).text)]
        rows = [
            ["" if value is None else str(value) for value in row]
            for row in sheet.iter_rows(max_row=min(sheet.max_row, MOST_ROWS), values_only=True)
        ]
        found.tables.append(rows)
        found.marks += [text for row in rows[:3] for text in row if text]
    return found
