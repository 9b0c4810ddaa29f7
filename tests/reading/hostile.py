"""The files of T31, made by code: what an office, an accident or an attacker may send, by group.

Each has the outcome an office would want: ``accept`` (rows, at most warnings), ``ask`` (rows or none,
with an error or question at its cell) or ``refuse`` with the code of the reason.
"""

import io
import random
import re
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from tests import battery
from tests.reading.binary import ole, xls
from tests.reading.offices import HEAD, TITLE, Sheet, container, page, part, repacked, text, xlsx

# A megabyte of bomb takes as long to make as to refuse.
MEGABYTES = battery.count(35, full=300)
BLANK_ROWS = battery.count(100_000, full=1_048_576)
UNIT = "填报单位：城东区妇联"
A = ("城东区演示税务窗口", "红旗村", "举办培训2期。")
B = ("城东区演示邮政储蓄所", "金井社区", "资助春蕾女童4名。")
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


@dataclass(frozen=True)
class Sent:
    name: str
    outcome: str  # accept, ask, or the code of a refusal
    make: Callable[[], bytes]
    records: int | None = None


SENT: list[Sent] = []


def sent(name, outcome, make, records=None):
    SENT.append(Sent(name, outcome, make, records))


def table(*rows, head=HEAD, above=((TITLE,), (UNIT,))):
    return [*above, head, *rows]


def good() -> bytes:
    return xlsx(table(A, B))


def with_sheet(change: Callable[[bytes], bytes], data: bytes | None = None) -> bytes:
    data = data or good()
    return repacked(data, {SHEET: change(part(data, SHEET))})


def goal(words) -> bytes:
    return xlsx(table(A, (B[0], B[1], words)))


# -- A structure ------------------------------------------------------------------------------------
sent(
    "A01 wrong headings",
    "ask",
    lambda: xlsx([(UNIT,), ("姓名", "性别", "年龄"), ("甲", "女", 30)]),
    0,
)
sent(
    "A02 a heading twice", "accept", lambda: xlsx(table((*A, ""), (*B, ""), head=(*HEAD, "结对村")))
)
sent("A03 a heading missing", "ask", lambda: xlsx(table(A[:2], B[:2], head=HEAD[:2])))
sent("A04 headings swapped", "accept", lambda: xlsx(table(A[::-1], B[::-1], head=HEAD[::-1])), 2)
sent(
    "A05 headings spaced",
    "accept",
    lambda: xlsx(table(A, B, head=("文 明 岗（妇 委 会）", "结 对 村", "结对帮扶项目、目标 "))),
    2,
)
sent(
    "A06 privileged columns",
    "accept",
    lambda: xlsx(
        table(
            (*A, 7, "approved", "city"),
            (*B, 8, "approved", "city"),
            head=(*HEAD, "id", "status", "approved_by"),
        )
    ),
    2,
)
sent(
    "A07 the table shifted",
    "accept",
    lambda: xlsx([(), *[("", "", *row) for row in table(A, B)]]),
    2,
)
sent(
    "A08 merged cells",
    "accept",
    lambda: xlsx(Sheet(table(A, ("", "金井社区", B[2])), merges=("A4:A5", "A1:C1"))),
    2,
)
sent(
    "A09 a hidden sheet",
    "accept",
    lambda: xlsx(Sheet(table(A), "汇总"), Sheet(table(B), "藏", state="hidden")),
    1,
)
sent(
    "A10 a very hidden sheet",
    "accept",
    lambda: xlsx(Sheet(table(A), "汇总"), Sheet(table(B), "藏", state="veryHidden")),
    1,
)
sent(
    "A11 notes on the active sheet",
    "accept",
    lambda: xlsx(Sheet([("说明",)], "填表说明"), Sheet(table(A, B), "表")),
    2,
)
sent("A12 hidden rows", "accept", lambda: xlsx(Sheet(table(A, B), hidden_rows=(5,))), 2)
sent("A13 hidden columns", "accept", lambda: xlsx(Sheet(table(A, B), hidden_columns=("C",))), 2)
sent(
    "A14 a filter",
    "accept",
    lambda: with_sheet(
        lambda x: x.replace(b"</sheetData>", b'</sheetData><autoFilter ref="A3:C5"/>')
    ),
    2,
)
sent("A15 empty", "ask", lambda: xlsx(table()), 0)
sent("A16 a total line", "accept", lambda: xlsx(table(A, B, ("合计", 2, 2))), 2)
sent(
    "A17 the wrong form",
    "ask",
    lambda: xlsx(
        [
            ("附件1",),
            ("巾帼文明岗（妇委会）名称", "甲岗"),
            ("巾帼文明岗级别", "全国级（√）"),
            ("电子邮箱", "a@example.com"),
        ]
    ),
    0,
)

# -- B values ---------------------------------------------------------------------------------------
for number, (name, words, outcome) in enumerate((
    ("a date as text", "2014.5.25", "accept"), ("a serial date", 41784, "accept"), ("full-width digits", "培训２期", "accept"),
    ("zero-width and non-breaking blanks", "培\u200b训\u00a02期\ufeff", "accept"), ("an apostrophe", "'001", "accept"),
    ("an identity number as number", 350521198001011234, "ask"), ("a negative number", -5, "accept"),
    ("a huge number", 1e308, "ask"), ("thousands", "1,200元", "accept"), ("circled digits", "①培训②助学", "accept"),
    ("an error cell", "#N/A", "ask"), ("a truth value", True, "accept"), ("32,767 characters", "长" * 32_767, "ask"),
    ("emoji", "培训👩‍🌾🎉2期", "accept"), ("rare Han", "𠮷田𪚥村培训", "accept"), ("right-to-left marks", "培训\u202e期2", "accept"),
    ("a script", "<script>alert(1)</script>", "accept"), ("a template", "{{ 7*7 }}{% now %}", "accept"),
    ("SQL", "'; DROP TABLE reporting_submission;--", "accept"), ("a decomposed letter", "cafe\u0301培训", "accept"),
    ("a village of others", A[2], "accept"), ("line ends", "培训\r\n2期\n\n助学", "accept"),
), start=1):  # fmt: skip
    sent(f"B{number:02} {name}", outcome, lambda words=words: goal(words), 2)
sent(
    "B23 a NUL escaped",
    "accept",
    lambda: with_sheet(
        lambda x: x.replace(
            b"</sheetData>",
            b'<row r="9"><c r="F9" t="inlineStr"><is><t>_x0000_</t></is></c></row></sheetData>',
        )
    ),
    2,
)
sent(
    "B24 a lone surrogate",
    "broken",
    lambda: with_sheet(
        lambda x: x.replace(
            b"</sheetData>",
            b'<row r="9"><c r="A9" t="inlineStr"><is><t>&#xD800;</t></is></c></row></sheetData>',
        )
    ),
)
sent(
    "B25 invalid UTF-8",
    "broken",
    lambda: with_sheet(
        lambda x: x.replace(
            b"</sheetData>",
            b'<row r="9"><c r="A9" t="inlineStr"><is><t>\xff\xfe\xfd</t></is></c></row></sheetData>',
        )
    ),
)
sent("B26 text in GB18030", "accept", lambda: text(table(A, B), "gb18030"), 2)
sent(
    "B27 a text of 10 MB",
    "long",
    lambda: with_sheet(
        lambda x: x.replace(
            b"</sheetData>",
            b'<row r="9"><c r="A9" t="inlineStr"><is><t>'
            + b"a1" * (5 << 20)
            + b"</t></is></c></row></sheetData>",
        )
    ),
)
sent(
    "B28 rows of another county",
    "ask",
    lambda: xlsx(table(A, B, above=(("填报单位：城北区妇联",),))),
)

# -- C active ---------------------------------------------------------------------------------------
_CT, _RELS = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"


def _more(name: str, content: bytes = b"x" * 200) -> bytes:
    return repacked(good(), {name: content})


sent("C01 formulas without results", "ask", lambda: goal('=A4&"x"'), 2)
sent(
    "C02 a formula with its result",
    "accept",
    lambda: with_sheet(
        lambda x: x.replace(
            b"</sheetData>",
            b'<row r="6"><c r="A6" t="str"><f>A4</f><v>\xe7\x94\xb2\xe5\xb2\x97</v></c><c r="B6" t="str"><f>B4</f><v>\xe7\xba\xa2\xe6\x97\x97\xe6\x9d\x91</v></c><c r="C6" t="str"><f>1+1</f><v>999</v></c></row></sheetData>',
        )
    ),
    3,
)
sent(
    "C03 texts that trigger",
    "accept",
    lambda: xlsx(table(("＝城东演示岗", "红旗村", "@SUM(1+1)*cmd|' /C calc'!A0"))),
    1,
)
sent("C04 a macro workbook renamed", "macro", lambda: _more("xl/vbaProject.bin"))
sent(
    "C05 a DDE link",
    "links",
    lambda: _more(
        "xl/externalLinks/externalLink1.xml",
        b"<externalLink><ddeLink ddeService='cmd' ddeTopic='/c calc'/></externalLink>",
    ),
)
sent("C06 an embedded object", "embedded", lambda: _more("xl/embeddings/oleObject1.bin"))
sent(
    "C07 links to shares and scripts",
    "accept",
    lambda: _more(
        "xl/worksheets/_rels/sheet1.xml.rels",
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="javascript:alert(1)" TargetMode="External"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="\\\\10.0.0.1\\x" TargetMode="External"/></Relationships>',
    ),
    2,
)
sent(
    "C08 comments",
    "accept",
    lambda: _more("xl/comments1.xml", b"<comments><commentList/></comments>"),
    2,
)
sent("C09 an ActiveX control", "macro", lambda: _more("xl/activeX/activeX1.bin"))
sent("C10 macros in an .xls", "macro", lambda: xls(table(A, B), streams={"_VBA_PROJECT_CUR": b"x"}))

# -- D containers -----------------------------------------------------------------------------------


def _zip_of(names: dict[str, bytes]) -> bytes:
    return container(names)


def bomb(
    name: str, megabytes: int, unit: bytes = b"<si><t>0</t></si>", base: bytes | None = None
) -> bytes:
    base = base or good()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(base)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info.filename, old.read(info.filename))
        with new.open(name, "w", force_zip64=True) as into:
            block = unit * ((1 << 20) // len(unit))
            for _ in range(megabytes):
                into.write(block)
    return out.getvalue()


def _lie(megabytes: int) -> bytes:
    """The sheet unpacks to much more than the directory says."""
    data = bytearray(bomb(SHEET, megabytes, b"<row/>"))
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(SHEET.encode()))
    struct.pack_into("<I", data, at + 24, 5_000)
    return bytes(data)


def _symlink() -> bytes:
    out = io.BytesIO(good())
    with zipfile.ZipFile(out, "a") as made:
        info = zipfile.ZipInfo("xl/media/a")
        info.external_attr = 0o120777 << 16
        made.writestr(info, "/etc/passwd")
    return out.getvalue()


def _twice() -> bytes:
    out = io.BytesIO(good())
    with zipfile.ZipFile(out, "a") as made:
        made.writestr("XL/worksheets/sheet1.xml", part(good(), SHEET))
    return out.getvalue()


def _many() -> bytes:
    out = io.BytesIO(good())
    with zipfile.ZipFile(out, "a", 0) as made:
        for number in range(battery.count(5_000, full=50_000)):
            made.writestr(f"xl/m/{number}", b"")
    return out.getvalue()


sent("D01 truncated", "broken", lambda: good()[:-300])
sent("D02 empty", "empty", lambda: b"")
sent("D03 random bytes", "encoding", lambda: random.Random(31).randbytes(20_000))  # noqa: S311 -- no secret
sent("D04 HTML renamed", "accept", lambda: page(table(A, B)), 2)
sent("D05 CSV renamed", "accept", lambda: text(table(A, B), "utf-8-sig"), 2)
sent("D06 PDF renamed", "pdf", lambda: b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF")
sent("D07 a polyglot of PDF and zip", "pdf", lambda: b"%PDF-1.4\n" + good())
sent("D08 a real .xls", "accept", lambda: xls(table(A, B)), 2)
sent(
    "D09 a password",
    "password",
    lambda: ole({"EncryptionInfo": b"x", "EncryptedPackage": b"y" * 9000}),
)
sent("D10 megabytes of rows", "bomb", lambda: bomb(SHEET, MEGABYTES, b"<row><c><v>1</v></c></row>"))
sent("D11 megabytes of texts", "bomb", lambda: bomb(STRINGS, MEGABYTES))
sent("D12 50,000 members", "parts", _many)
sent("D13 a zip in a zip", "archive", lambda: _zip_of({"a.zip": good(), "b.xlsx": good()}))
sent("D14 names that climb out", "path", lambda: _more("../../etc/cron.d/x"))
sent("D15 a symbolic link", "path", _symlink)
sent("D16 a member twice", "twice", _twice)
sent("D17 a lie about the size", "lie", lambda: _lie(60))
sent(
    "D18 a Word document of rubbish",
    "broken",
    lambda: ole({"WordDocument": b"x" * 5000, "1Table": b"y" * 5000}),
)
sent("D19 a program renamed", "program", lambda: b"MZ\x90\x00" + b"\x00" * 5000)

# -- E XML ------------------------------------------------------------------------------------------
LAUGHS = b'<!DOCTYPE w [<!ENTITY a "ha">' + b"".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(9)
) + b"]>"  # fmt: skip
_HEAD = re.compile(rb"^(<\?xml[^>]*\?>)?")


def _declared(doctype: bytes, name: str = SHEET) -> bytes:
    data = good()
    content = part(data, name) if name != STRINGS else b"<sst/>"
    return repacked(data, {name: b'<?xml version="1.0"?>' + doctype + _HEAD.sub(b"", content)})


sent("E01 a billion laughs", "entities", lambda: _declared(LAUGHS))
sent(
    "E02 a quadratic blow-up",
    "entities",
    lambda: _declared(b'<!DOCTYPE w [<!ENTITY a "' + b"a" * 100_000 + b'">]>', STRINGS),
)
sent(
    "E03 a file by entity",
    "entities",
    lambda: _declared(b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "xl/workbook.xml"),
)
sent(
    "E04 an address by entity",
    "entities",
    lambda: _declared(b'<!DOCTYPE w SYSTEM "http://127.0.0.1:9/x.dtd">', "xl/styles.xml"),
)
sent(
    "E05 nested deeply",
    "deep",
    lambda: repacked(good(), {"xl/styles.xml": b"<a>" * 200_000 + b"</a>" * 200_000}),
)
sent(
    "E06 a document type in .xml",
    "entities",
    lambda: b'<?xml version="1.0"?>' + LAUGHS + b"<Workbook/>",
)

# -- F dimensions -----------------------------------------------------------------------------------


def _row(xml: bytes) -> Callable[[bytes], bytes]:
    return lambda sheet: sheet.replace(b"</sheetData>", xml + b"</sheetData>")


def _blank_rows() -> bytes:
    rows = b"".join(
        b'<row r="%d"><c r="A%d" s="0"/></row>' % (n, n) for n in range(6, BLANK_ROWS + 1)
    )
    return with_sheet(_row(rows))


sent(
    "F01 a cell at XFD1048576",
    "far",
    lambda: with_sheet(_row(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
)
sent(
    "F02 a dimension too small",
    "accept",
    lambda: with_sheet(lambda x: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', x)),
    2,
)
sent(
    "F03 a dimension too large",
    "accept",
    lambda: with_sheet(
        lambda x: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', x)
    ),
    2,
)
sent(
    "F04 a merge over everything",
    "accept",
    lambda: with_sheet(
        lambda x: x.replace(
            b"</sheetData>",
            b'</sheetData><mergeCells count="1"><mergeCell ref="E1:XFD1048576"/></mergeCells>',
        )
    ),
    2,
)
sent("F05 blank rows without end", "accept", _blank_rows, 2)
sent(
    "F06 a bad reference",
    "far",
    lambda: with_sheet(_row(b'<row r="9"><c r="ZZZZZZ99999999999"><v>1</v></c></row>')),
)
sent(
    "F07 an index out of range",
    "accept or broken",
    lambda: with_sheet(_row(b'<row r="9"><c r="E9" t="s"><v>99999999</v></c></row>')),
)
sent(
    "F08 a row number beyond",
    "far",
    lambda: with_sheet(_row(b'<row r="9999999"><c r="A9999999"><v>1</v></c></row>')),
)
sent("F09 missing parts", "parts", lambda: _without("xl/_rels/workbook.xml.rels"))
sent("F10 the sheet is missing", "broken or ask", lambda: _without(SHEET))


def _without(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good())) as old, zipfile.ZipFile(out, "w", 8) as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info.filename, old.read(info.filename))
    return out.getvalue()
