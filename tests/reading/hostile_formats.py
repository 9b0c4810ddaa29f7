"""More of T31: bombs, loops and lies in every format that is read, beside those of workbooks.

Importing this module adds them to ``SENT`` under the groups D (containers), E (nesting and entities)
and F (dimensions).
"""

import base64
import random
import re
import struct
from html import escape

from tests import battery
from tests.reading.binary import xls
from tests.reading.cases import CASES
from tests.reading.formats import FORMATS, shared, sheet_with
from tests.reading.hostile import (
    BLANK_ROWS,
    LAUGHS,
    MEGABYTES,
    SHEET,
    A,
    B,
    bomb,
    good,
    sent,
    table,
    with_sheet,
)
from tests.reading.offices import container, docx, ods, page, part, repacked, spreadsheet_xml, xlsx
from tests.reading.older import dif, doc, mail, sylk, xlsb

STRINGS = battery.count(200_000, full=1_600_000)
MANY = battery.count(100_000, full=400_000)
ROWS = table(A, B)


def zeros(name, data, megabytes=MEGABYTES):
    """``data`` with its part ``name`` blown up by nothing."""
    return bomb(name, megabytes, b" " * 1024, data)


# -- D containers -----------------------------------------------------------------------------------
sent("D20 an .ods blown up", "bomb", lambda: zeros("content.xml", ods(ROWS)))
sent("D21 a .docx blown up", "bomb", lambda: zeros("word/document.xml", docx(ROWS)))
sent("D22 an .xlsb blown up", "bomb", lambda: zeros("xl/worksheets/sheet1.bin", xlsb(ROWS)))
sent("D23 styles blown up", "bomb", lambda: zeros("xl/styles.xml", good()))
sent("D24 shared texts that just pass", "ask", lambda: shared(lambda s: s.replace(b"</sst>", b"<si><t>0</t></si>" * STRINGS + b"</sst>")))  # fmt: skip


def _circle(data):
    """Every sector followed by itself."""
    made = bytearray(data)
    start = (struct.unpack_from("<I", data, 76)[0] + 1) * 512
    count = (len(data) - start) // 4
    struct.pack_into(f"<{count}I", made, start, *range(count))
    return bytes(made)


sent("D25 an .xls whose sectors go round", "broken", lambda: _circle(xls(ROWS)))
sent("D26 a .doc whose sectors go round", "broken", lambda: _circle(doc([*ROWS])))
sent("D27 a .doc that says it is endless", "broken", lambda: _said_longer(doc([*ROWS])))
sent("D28 a mail of many parts", "parts", lambda: _mail(b"\r\n--x\r\n\r\n" * MANY))
sent("D29 a mail of line ends", "nothing", lambda: _mail(b"\n" * (9 << 20)))
sent("D30 a mail with a bomb", "bomb", lambda: mail(("a.xlsx", bomb(SHEET, MEGABYTES))))
sent("D31 a mail with a zip of bombs", "archive", lambda: mail(("a.zip", container({"a.xlsx": b"x" * (9 << 20)}))))  # fmt: skip
sent("D32 base64 without sense", "nothing or empty or encoding", lambda: mail(("a.xlsx", base64.b64decode("AAAA") * 2_000_000)))  # fmt: skip
sent("D33 a table of shared texts that lies", "accept or broken", lambda: xls(ROWS, more=_endless_strings()))  # fmt: skip
sent("D34 text of zeros", "empty", lambda: b"\x00" * (9 << 20))


def _mail(body):
    return (
        b'From: a\r\nTo: b\r\nSubject: c\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n'
        + body
    )


def _endless_strings():
    return struct.pack("<HHII", 0x00FC, 8, 0xFFFFFFFF, 0xFFFFFFFF)


def _said_longer(data):
    made = bytearray(data)
    struct.pack_into("<i", made, 512 + 76, 0x7FFFFFFF)
    at = made.index(b"\x02\x10\x00\x00\x00")  # the pieces: one, as long as can be said
    struct.pack_into("<I", made, at + 9, 0x7FFFFFF0)
    return bytes(made)


# -- E nesting and entities -------------------------------------------------------------------------
_START = re.compile(rb"^(<\?xml[^>]*\?>)?")


def _laughing(content):
    return b'<?xml version="1.0"?>' + LAUGHS + _START.sub(b"", content)


def _deep(tag, times=MANY):
    return f"<{tag}>".encode() * times + f"</{tag}>".encode() * times


sent("E07 laughs in an .ods", "entities", lambda: repacked(ods(ROWS), {"content.xml": _laughing(part(ods(ROWS), "content.xml"))}))  # fmt: skip
sent("E08 laughs in a .docx", "entities", lambda: repacked(docx(ROWS), {"word/document.xml": _laughing(part(docx(ROWS), "word/document.xml"))}))  # fmt: skip
sent("E09 laughs in Excel's XML", "entities", lambda: _laughing(spreadsheet_xml(ROWS)))
sent("E10 laughs in a page", "entities", lambda: LAUGHS + page(ROWS))
sent("E11 laughs in UTF-16", "entities", lambda: repacked(good(), {SHEET: (LAUGHS.decode() + part(good(), SHEET).decode()).encode("utf-16")}))  # fmt: skip
sent("E12 a page of tables in tables", "deep", lambda: _deep("table><tr><td", 20_000).replace(b"</table><tr><td>", b""))  # fmt: skip
sent("E13 a page of blocks in blocks", "accept", lambda: page(ROWS, before="<div>" * MANY), 2)
sent("E14 an .ods nested deeply", "deep", lambda: repacked(ods(ROWS), {"content.xml": _deep("a")}))
sent("E15 a .docx nested deeply", "deep", lambda: repacked(docx(ROWS), {"word/document.xml": _deep("w")}))  # fmt: skip
sent("E16 Excel's XML nested deeply", "deep", lambda: b"<Workbook>" + _deep("Table"))
sent("E17 flat OpenDocument nested deeply", "deep", lambda: b"<office:document>" + _deep("a"))
sent("E18 an .rtf nested deeply", "deep", lambda: b"{\\rtf1" + b"{" * MANY)
sent("E19 mails in mails", "deep", lambda: _mails(60))
sent("E20 parts in parts", "deep", lambda: _parts(400))
sent("E21 a quadratic page", "accept", lambda: page(ROWS, before="<" * MANY + ">"), 2)
sent("E22 a comment that never ends", "nothing or ask or accept", lambda: b"<html><!--" + b"<!-- -" * MANY + b"<table></table>")  # fmt: skip


def _mails(times):
    made = mail(("a.xlsx", good()))
    for _ in range(times):
        made = b"From: a\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n" + made
    return made


def _parts(times):
    made = b"x"
    for number in range(times):
        head = f'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b{number}"\r\n\r\n'
        made = head.encode() + b"--b%d\r\n" % number + made + b"\r\n--b%d--\r\n" % number
    return b"From: a\r\nTo: b\r\nSubject: c\r\n" + made


# -- F dimensions -----------------------------------------------------------------------------------
def _ods_rows(
    attributes,
    cell='<table:table-cell office:value-type="string"><text:p>甲</text:p></table:table-cell>',
):
    row = f"<table:table-row {attributes}>{cell}</table:table-row></table:table>"
    content = (
        part(ods(ROWS), "content.xml")
        .decode()
        .replace("1048000", "1")
        .replace("</table:table>", row)
    )
    return repacked(ods(ROWS), {"content.xml": content.encode()})


def _merges(count, area):
    cells = "".join(f'<mergeCell ref="{area}"/>' for _ in range(count)).encode()
    return with_sheet(
        lambda x: x.replace(b"</sheetData>", b"</sheetData><mergeCells>" + cells + b"</mergeCells>"),
        sheet_with("".join(f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>甲</t></is></c></row>' for n in range(6, 2_006))),
    )  # fmt: skip


sent("F11 rows of an .ods repeated a million times", "rows", lambda: _ods_rows('table:number-rows-repeated="1048576"'))  # fmt: skip
sent("F12 cells of an .ods repeated to the right", "far", lambda: _ods_rows("", '<table:table-cell table:number-columns-repeated="16384" office:value-type="string"><text:p>甲</text:p></table:table-cell>'))  # fmt: skip
sent("F13 Excel's XML with a row far down", "far", lambda: spreadsheet_xml(ROWS).replace(b"<Row>", b'<Row ss:Index="1048576">', 1))  # fmt: skip
sent("F14 an .xls with a cell in its last corner", "rows", lambda: xls(ROWS, more=struct.pack("<HHHHHd", 0x0203, 14, 65_535, 255, 0, 1.0)))  # fmt: skip
sent("F15 an .xlsb with a cell far out", "rows", lambda: xlsb(ROWS, far=(1_048_575, 3)))
sent("F16 an .xlsb that lies about its dimension", "accept", lambda: xlsb(ROWS, dimension=(0, 1_048_575, 0, 16_383)), 2)  # fmt: skip
sent("F17 an .xlsb whose dimension is too small", "accept", lambda: xlsb(ROWS, dimension=(0, 0, 0, 0)), 2)  # fmt: skip
sent("F18 sylk with a cell far out", "far", lambda: sylk(ROWS).replace(b"\r\nE\r\n", b"\r\nC;Y1048576;X16384;K1\r\nE\r\n"))  # fmt: skip
sent("F19 dif without end", "far", lambda: dif(ROWS).replace(b"-1,0\r\nEOD", b"-1,0\r\nBOT\r\n1,0\r\n\"a\"\r\n" * MANY))  # fmt: skip
sent("F20 a page of a million rows", "rows", lambda: page(ROWS).replace(b"</table>", b"<tr><td>1" * MANY + b"</table>"))  # fmt: skip
sent("F21 a page with spans without end", "far", lambda: page([(f'<td rowspan="99999" colspan="999">{escape("甲")}</td>',) * 3]))  # fmt: skip
sent("F22 an .rtf of many rows", "rows", lambda: _rtf_rows(30_000))
sent("F23 an .rtf of cells only", "deep", lambda: b"{\\rtf1\\trowd" + b"\\cell" * MANY)
sent("F24 csv of separators", "far", lambda: b"," * (9 << 20))
sent("F25 csv of quotes", "long or ask", lambda: b'"' * (5 << 20) + b"a" * (4 << 20))
sent("F26 csv of lines", "rows", lambda: b"a\n" * (4 << 20))
sent("F27 a million lines of a sheet", "rows", lambda: _full_rows(BLANK_ROWS))
sent("F28 merges over each other", "far", lambda: _merges(20_000, "A1:IV2000"))
sent("F29 one cell of ten thousand villages", "ask", lambda: xlsx(table((A[0], "演村、" * 10_000, A[2]))))  # fmt: skip
sent("F30 one name of brackets", "ask", lambda: xlsx(table(("（" * 30_000, A[1], A[2]))))
sent("F31 one goal of blanks", "ask or accept", lambda: xlsx(table((A[0], A[1], "1" + " " * 30_000 + "1" + "、" * 2_000))))  # fmt: skip


def _rtf_rows(count):
    row = b"\\trowd\\cellx100\\cellx200\\pard\\intbl a\\cell b\\cell\\row\n"
    return b"{\\rtf1\\ansi " + row * count + b"}"


def _full_rows(count):
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(6, count))
    return with_sheet(lambda x: x.replace(b"</sheetData>", rows + b"</sheetData>"))


# -- Good files spoilt ------------------------------------------------------------------------------
_KINDS = ("plain", "an .xls in a mini stream", "a real .xls with a hidden row", "a binary workbook", "an old Word document",
          "rtf with cells joined", "word", "opendocument", "flat OpenDocument", "excel's xml", "html with spans",
          "csv in gb18030", "sylk", "dif", "a book saved as one page", "a mail with two files and a picture",
          "word with tracked changes", "a workbook in utf-16")  # fmt: skip


def spoilt(seed: int, each: int):
    """(name, bytes) of good files of every kind with bytes changed, lost, doubled or cut off."""
    chance = random.Random(seed)  # noqa: S311 -- no secret
    whole = {case.name: case.data for case in [*CASES, *FORMATS]}
    for kind in _KINDS:
        for number in range(each):
            data = bytearray(whole[kind])
            how = chance.randrange(5)
            for _ in range(chance.choice((1, 3, 20))):
                at = chance.randrange(len(data))
                if how == 0:
                    data[at] ^= 1 << chance.randrange(8)
                elif how == 1:
                    data[at : at + 4] = chance.choice(
                        (b"\xff" * 4, b"\x00" * 4, b"\x7f\xff\xff\xff")
                    )
                elif how == 2:
                    del data[at : at + chance.randrange(1, 64)]
                elif how == 3:
                    data[at:at] = data[at : at + chance.randrange(1, 200)]
                if len(data) < 10:
                    break
            if how == 4:
                del data[chance.randrange(len(data)) :]
            yield f"{kind} {number}", bytes(data)
