"""What offices make of a form: workbooks, documents and texts generated as their programs save them."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import openpyxl
from openpyxl.styles import Font

Rows = Sequence[Sequence[Any]]
HEAD = ("文明岗（妇委会）", "结对村", "结对帮扶项目、目标")
TITLE = "“岗村、委村”结对帮扶汇总表"


@dataclass
class Sheet:
    rows: Rows
    name: str = "Sheet1"
    merges: Sequence[str] = ()
    hidden_rows: Sequence[int] = ()
    hidden_columns: Sequence[str] = ()
    state: str = "visible"
    struck: Sequence[str] = ()
    formats: dict[str, str] = field(default_factory=dict)


def xlsx(*sheets: Sheet | Rows, **parts: bytes) -> bytes:
    """A workbook; ``parts`` replace or add parts of the container by name."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for given in sheets:
        sheet = given if isinstance(given, Sheet) else Sheet(given)
        made = book.create_sheet(sheet.name)
        for number, row in enumerate(sheet.rows, start=1):
            for column, value in enumerate(row, start=1):
                if value not in ("", None):
                    made.cell(number, column, value)
        for merge in sheet.merges:
            made.merge_cells(merge)
        for number in sheet.hidden_rows:
            made.row_dimensions[number].hidden = True
        for letter in sheet.hidden_columns:
            made.column_dimensions[letter].hidden = True
        for address in sheet.struck:
            made[address].font = Font(strike=True)
        for address, words in sheet.formats.items():
            made[address].number_format = words
        made.sheet_state = sheet.state
    out = io.BytesIO()
    book.save(out)
    return repacked(out.getvalue(), parts) if parts else out.getvalue()


def repacked(data: bytes, parts: dict[str, bytes]) -> bytes:
    """``data`` with parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for info in old.infolist():
            if info.filename not in parts:
                new.writestr(info.filename, old.read(info.filename))
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        return container.read(name)


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(*blocks: str | Rows, header: str = "") -> bytes:
    """Paragraphs (text) and tables (rows). A cell ``(text, span, merge)`` spans columns or joins down."""
    body = "".join(_paragraph(b) if isinstance(b, str) else _table(b) for b in blocks)
    return container(
        {
            "[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>',
            "word/document.xml": f'<?xml version="1.0" encoding="UTF-8"?><w:document {_W}><w:body>{body}</w:body></w:document>'.encode(),
            **({"word/header1.xml": f"<w:hdr {_W}>{_paragraph(header)}</w:hdr>".encode()} if header else {}),
        }
    )  # fmt: skip


def container(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def _paragraph(text: str) -> str:
    runs = "<w:r><w:br/></w:r>".join(
        f'<w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r>' for line in text.split("\n")
    )
    return f"<w:p>{runs}</w:p>"


def _table(rows: Rows) -> str:
    made = ""
    for row in rows:
        cells = ""
        for cell in row:
            text, span, merge = cell if isinstance(cell, tuple) else (str(cell), 1, "")
            given = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
            given += f'<w:vMerge w:val="{merge}"/>' if merge else ""
            cells += f"<w:tc><w:tcPr>{given}</w:tcPr>{_paragraph(text)}</w:tc>"
        made += f"<w:tr>{cells}</w:tr>"
    return f"<w:tbl>{made}</w:tbl>"


def text(rows: Rows, encoding: str = "utf-8", separator: str = ",") -> bytes:
    lines = [
        separator.join(f'"{cell}"' if separator in str(cell) or "\n" in str(cell) else str(cell) for cell in row)
        for row in rows
    ]  # fmt: skip
    return "\r\n".join(lines).encode(encoding)


def page(rows: Rows, encoding: str = "utf-8", before: str = "", said: str = "") -> bytes:
    """A table as HTML, as systems export it under the name of .xls."""
    lines = "".join(
        "<tr>" + "".join(c if str(c).startswith("<t") else f"<td>{escape(str(c))}</td>" for c in row) + "</tr>"
        for row in rows
    )  # fmt: skip
    head = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={said or encoding}"></head>'
    return f"{head}<body>{before}<table border=1>{lines}</table></body></html>".encode(encoding)


def spreadsheet_xml(rows: Rows) -> bytes:
    """Excel's XML of 2003. A cell ``(text, across, down)`` is merged over that many further ones."""
    lines = ""
    for row in rows:
        cells = ""
        for cell in row:
            words, across, down = cell if isinstance(cell, tuple) else (cell, 0, 0)
            given = f' ss:MergeAcross="{across}"' if across else ""
            given += f' ss:MergeDown="{down}"' if down else ""
            sort = "Number" if isinstance(words, int | float) else "String"
            cells += f'<Cell{given}><Data ss:Type="{sort}">{escape(str(words))}</Data></Cell>'
        lines += f"<Row>{cells}</Row>"
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="{space}" xmlns:ss="{space}">'
        f'<Worksheet ss:Name="汇总表"><Table>{lines}</Table></Worksheet></Workbook>'
    ).encode()


def ods(rows: Rows) -> bytes:
    lines = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{escape(str(c))}</text:p></table:table-cell>" for c in row)
        + '<table:table-cell table:number-columns-repeated="16300"/></table:table-row>'
        for row in rows
    )  # fmt: skip
    space = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {space}><office:body><office:spreadsheet>"
        f'<table:table table:name="汇总表">{lines}'
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/>'
        "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
    )
    return container(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
        }
    )
