"""Returns in formats that an office also mails, each with what a person would read in it."""

import io
import re
import zipfile

from tests.reading.binary import ole, xls
from tests.reading.cases import RA, RB, TABLE, TIANQIAN, UNIT, A, B, Case, asked, table
from tests.reading.offices import (
    HEAD,
    TITLE,
    Sheet,
    container,
    docx,
    ods,
    page,
    part,
    repacked,
    text,
    xlsx,
)
from tests.reading.older import dif, doc, mail, rtf, saved_book, sylk, xlsb

FORMATS: list[Case] = []
SHEET, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
BODY = [HEAD, A, B]
PARAGRAPH = {"found_in": "paragraph"}
BOTH = {"records": [(A[0], [TIANQIAN, "350521104216"], A[2]), RB]}


def case(name, file, data, **more):
    FORMATS.append(Case(name, file, data, **more))


# -- Word before 2007, RTF --------------------------------------------------------------------------
_JOINED = ((A[0], 1, False), "田墘村", (A[2], 1, False)), (("", 1, True), "梅岭村", ("", 1, True))
case("an old Word document", "a.doc", doc(TITLE, UNIT, BODY), **PARAGRAPH)
case(
    "an old Word document under WPS's name",
    "a.wps",
    doc([[(TITLE, 3, False)], [(UNIT, 3, False)], *BODY]),
)
case(
    "an old Word document with cells joined down",
    "a.doc",
    doc(UNIT, [HEAD, *_JOINED, B]),
    **PARAGRAPH,
    **BOTH,
)
case(
    "an old Word document with two tables and a page header",
    "a.doc",
    doc(TITLE, [HEAD, A], "续表", [HEAD, B], header=UNIT),
    **PARAGRAPH,
)
case(
    "an old Word document with deleted text and rare characters",
    "a.doc",
    doc(UNIT, [HEAD, ("𠮷" + A[0] + "（删）", A[1], A[2]), B], gone=["（删）"]),
    records=[("𠮷" + A[0], RA[1], RA[2]), RB],
    **PARAGRAPH,
)
case(
    "an old Word document with lines in its cells and a total",
    "a.doc",
    doc(UNIT, [HEAD, (A[0], "田墘村\n梅岭村", A[2]), B, [("合计", 1, False), ("3个村", 2, False)]]),
    skips={"合计行"},
    **PARAGRAPH,
    **BOTH,
)
case("rtf", "a.rtf", rtf(TITLE, UNIT, BODY), **PARAGRAPH)
case("rtf under the name of doc, in bytes", "a.doc", rtf(TITLE, UNIT, BODY, by="gbk"), **PARAGRAPH)
case(
    "rtf with cells joined",
    "a.rtf",
    rtf(
        [
            ((TITLE, 3, ""),),
            ((UNIT, 3, ""),),
            HEAD,
            ((A[0], 1, "first"), "田墘村", (A[2], 1, "first")),
            (("", 1, "down"), "梅岭村", ("", 1, "down")),
            B,
        ]
    ),
    **BOTH,
)
case("rtf with a page header", "a.rtf", rtf(TITLE, BODY, header=UNIT), **PARAGRAPH)

# -- Other workbooks --------------------------------------------------------------------------------
case("a binary workbook", "a.xlsb", xlsb(TABLE))
case(
    "a binary workbook with a hidden row and cells joined",
    "a.xlsb",
    xlsb(
        table((A[0], "田墘村", A[2]), ("", "梅岭村", ""), B),
        hidden_rows=(6,),
        merges=[(3, 4, 0, 0), (3, 4, 2, 2)],
    ),
    levels={("warning", "汇总表!A6:C6")},
    **BOTH,
)
case(
    "an .xls in a mini stream", "a.et", xls(TABLE[:4], hidden_rows=(4,), small=True),
    records=[RA], levels={("warning", "汇总表!A4:C4")},
)  # fmt: skip
case(
    "an .xls with an error in a cell",
    "a.xls",
    xls(table(A, (B[0], B[1], ValueError("#REF!")))),
    records=[RA, (B[0], RB[1], "")],
    **asked(("error", "汇总表!C5")),
)
case(
    "an .xls with a struck-out line",
    "a.xls",
    xls(table(A, ("惠安县演示供电所", "庄内村", "讲座2场。"), B), struck=[(4, 0), (4, 1), (4, 2)]),
    skips={"整行加了删除线"},
)
case(
    "an .xls with a village crossed out",
    "a.xls",
    xls(table(A, B), struck=[(4, 1)]),
    **asked(("question", "汇总表!B5")),
)
case("sylk", "a.slk", sylk(TABLE))
case("sylk with signs, in utf-8", "a.slk", sylk(table((A[0], A[1], "培训；a;b"), B), "utf-8"),
     records=[(A[0], RA[1], "培训；a;b"), RB])  # fmt: skip
case("dif", "a.dif", dif(TABLE))
case(
    "flat OpenDocument",
    "a.fods",
    (
        '<?xml version="1.0" encoding="UTF-8"?>\n<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
        ' xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">'
        '<office:automatic-styles><style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/>'
        "</style:style></office:automatic-styles>\n<office:body><office:spreadsheet>\n"
        '<table:table table:name="底稿" table:style-name="ta2"><table:table-row><table:table-cell><text:p>文明岗</text:p></table:table-cell></table:table-row></table:table>'
        '<table:table table:name="汇总表">\n'
        + "".join(
            "<table:table-row>\n"
            + "".join(
                f"    <table:table-cell>\n      <text:p>{cell}</text:p>\n    </table:table-cell>\n"
                for cell in row
            )
            + "</table:table-row>\n"
            for row in TABLE
        )
        + "</table:table></office:spreadsheet></office:body></office:document>"
    ).encode(),
    levels={("warning", "底稿")},
)


def _with_a_gap(cells):
    """An .ods that says once that 2,000 rows are blank, and goes on below them."""
    data = ods(table(A))
    row = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in cells)
    content = part(data, "content.xml").decode().replace("1048000", "2000")
    end = f"<table:table-row>{row}</table:table-row></table:table>"
    return repacked(data, {"content.xml": content.replace("</table:table>", end).encode()})


case(
    "opendocument with many blank rows in between",
    "a.ods",
    _with_a_gap((B[0], "不存在村", B[2])),
    records=[RA, (B[0], ["?"], B[2])],
    **asked(("question", "汇总表!B2005")),
)

# -- Workbooks of other programs --------------------------------------------------------------------


def each(change, data=None):
    """A workbook with ``change(name, content)`` over all of its parts."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data or xlsx(TABLE))) as old,
        zipfile.ZipFile(out, "w", 8) as new,
    ):
        for name in old.namelist():
            new.writestr(*change(name, old.read(name)))
    return out.getvalue()


def in_encoding(encoding, said):
    def change(name, content):
        words = re.sub(r"^<\?xml[^>]*\?>", "", content.decode())
        return name, f'<?xml version="1.0" encoding="{said}"?>{words}'.encode(encoding)

    return each(change)


def sheet_with(rows, data=None):
    data = data or xlsx(TABLE)
    end = f"{rows}</sheetData>".encode()
    return repacked(data, {SHEET: part(data, SHEET).replace(b"</sheetData>", end)})


def shared(change=lambda strings: strings):
    """A workbook with a table of shared texts."""
    texts: list[bytes] = []

    def share(found):
        texts.append(found[1])
        return b't="s"><v>%d</v></c>' % (len(texts) - 1)

    data = xlsx(TABLE)
    if "xl/sharedStrings.xml" in zipfile.ZipFile(io.BytesIO(data)).namelist():
        return repacked(data, {"xl/sharedStrings.xml": change(part(data, "xl/sharedStrings.xml"))})
    sheet = re.sub(rb't="inlineStr"><is><t>(.*?)</t></is></c>', share, part(data, SHEET))
    strings = b"".join(b"<si><t>" + words + b"</t></si>" for words in texts)
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rels = "xl/_rels/workbook.xml.rels"
    relation = b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>'
    return repacked(
        data,
        {
            SHEET: sheet,
            "xl/sharedStrings.xml": change(b'<sst xmlns="' + space + b'">' + strings + b"</sst>"),
            rels: part(data, rels).replace(b"</Relationships>", relation),
        },
    )


_STRICT = (
    (b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"),
    (b"http://schemas.openxmlformats.org/officeDocument/2006/relationships", b"http://purl.oclc.org/ooxml/officeDocument/relationships"),
)  # fmt: skip


def _strict(name, content):
    for old, new in _STRICT:
        content = content.replace(old, new)
    return name, content


def _streamed():
    class Stream(io.RawIOBase):
        def __init__(self):
            self.out = io.BytesIO()

        def writable(self):
            return True

        def write(self, piece):
            return self.out.write(bytes(piece))

    stream, data = Stream(), xlsx(TABLE)
    with zipfile.ZipFile(stream, "w", 8) as made:
        for name in zipfile.ZipFile(io.BytesIO(data)).namelist():
            made.writestr(name, part(data, name))
    return stream.out.getvalue()


def _of_64_bits():
    out, data = io.BytesIO(), xlsx(TABLE)
    with zipfile.ZipFile(out, "w", 8) as made:
        for name in zipfile.ZipFile(io.BytesIO(data)).namelist():
            with made.open(name, "w", force_zip64=True) as into:
                into.write(part(data, name))
    return out.getvalue()


case("the strict kind of workbook", "a.xlsx", each(_strict))
case("a workbook in utf-16", "a.xlsx", in_encoding("utf-16", "UTF-16"))
case("a workbook in gb2312", "a.xlsx", in_encoding("gb18030", "GB2312"))
case("a workbook with marks before its XML", "a.xlsx", each(lambda n, c: (n, b"\xef\xbb\xbf" + c)))
case(
    "a workbook with backslashes in its names",
    "a.xlsx",
    each(lambda n, c: (n, c)).replace(b"xl/work", b"xl\\work").replace(b"xl\\worksheets/", b"xl\\worksheets\\"),
)  # fmt: skip
case("a workbook packed as a stream", "a.xlsx", _streamed())
case("a workbook packed with 64 bits", "a.xlsx", _of_64_bits())
case("a workbook with bytes behind it", "a.xlsx", xlsx(TABLE) + b"\x00" * 300)
case(
    "a workbook with paths from the root",
    "a.xlsx",
    each(lambda n, c: (n, re.sub(rb'Target="/?(?:xl/)?', b'Target="/xl/', c) if n.endswith("workbook.xml.rels") else c)),
)  # fmt: skip
case("a workbook with shared texts", "a.xlsx", shared())
case(
    "a workbook with runs and readings in its shared texts",
    "a.xlsx",
    shared(
        lambda s: s.replace(
            "<t>梅岭村</t>".encode(),
            '<r><t>梅</t></r><r><rPr><b/></rPr><t>岭村</t></r><rPh sb="0" eb="1"><t>バイ</t></rPh><phoneticPr fontId="1"/>'.encode(),
        )
    ),
)
case("a sheet with signs in its name", "a.xlsx", xlsx(Sheet(TABLE, "汇总 & <表>'甲'!")))
case(
    "an error in a cell",
    "a.xlsx",
    sheet_with(
        '<row r="6"><c r="A6" t="inlineStr"><is><t>惠安县演示图书馆流通部</t></is></c><c r="B6" t="inlineStr"><is><t>庄内村</t></is></c>'
        '<c r="C6" t="e"><f>Sheet9!A1</f><v>#REF!</v></c></row>'
    ),
    records=[RA, RB, ("惠安县演示图书馆流通部", ["350521109208"], "")],
    **asked(("error", "Sheet1!C6")),
)
case(
    "a line of formulas without results",
    "a.xlsx",
    sheet_with('<row r="6"><c r="A6"><f>A4</f></c><c r="B6"><f>B4</f></c><c r="C6"><f>C4</f></c></row>'),
    **asked(("error", "Sheet1!A6"), ("error", "Sheet1!B6"), ("error", "Sheet1!C6")),
)  # fmt: skip

# -- Text -------------------------------------------------------------------------------------------
_RARE = ("惠安县演示" + "𠮷㐀" + "窗口", A[1], A[2])
case("csv with four-byte characters", "a.csv", text(table(_RARE, B), "gb18030"),
     records=[(_RARE[0], *RA[1:]), RB])  # fmt: skip
case("csv that names its separator", "a.csv", b"sep=;\r\n" + text(TABLE, "gb18030", ";"))
case(
    "csv that names its separator after a mark",
    "a.csv",
    "\ufeffsep=|\r\n".encode() + text(TABLE, "utf-8", "|"),
)
case("csv by full-width commas", "a.csv", text(table(A, B, above=((UNIT,),)), "gb18030", "，"))
case("csv with the line ends of old Macs", "a.csv", text(TABLE, "gb18030").replace(b"\r\n", b"\r"))
case("text by tabs", "a.txt", text(TABLE, "gb18030", "\t"))
case("tsv in utf-8 with a mark", "a.tsv", text(TABLE, "utf-8-sig", "\t"))
case("csv in utf-16, the high byte first", "a.csv", "\ufeff".encode("utf-16-be") + text(TABLE, "utf-16-be"))  # fmt: skip
case(
    "csv with quoted lines and quotes",
    "a.csv",
    text(table((A[0], "田墘村\n梅岭村", A[2]), B)),
    **BOTH,
)

# -- Pages and mails --------------------------------------------------------------------------------
case(
    "a page with a table inside a table",
    "a.htm",
    f"<html><body><table><tr><td><p>{TITLE}</p><p>{UNIT}</p>{page(BODY).decode().partition('<body>')[2].partition('</body>')[0]}</td></tr></table></body></html>".encode(
        "gb18030"
    ),
)
case("a book saved as one page", "a.mht", saved_book([("汇总表", TABLE, False)]))
case(
    "a book saved as one page, with a hidden sheet",
    "a.mht",
    saved_book([("汇总表", TABLE, False), ("底稿", TABLE, True)]),
    levels={("warning", "底稿")},
)
case("a mail with a workbook", "a.eml", mail(("汇总表.xlsx", xlsx(TABLE)), subject="报送"))
case(
    "a mail with a workbook named after the sender",
    "a.eml",
    mail(("惠安县妇联汇总表.xls", xls(table(A, B, above=()))), subject="报送"),
    found_in="title",
)
case(
    "a mail whose subject names the sender",
    "a.eml",
    mail(("附件2.doc", doc(BODY)), subject="惠安县妇联关于报送汇总表的函"),
    found_in="title",
)
case(
    "a mail with two files and a picture",
    "a.eml",
    mail(("1.xlsx", xlsx(table(A))), ("2.csv", text(table(B), "gb18030")), ("3.jpg", b"\xff\xd8\xff" + b"x" * 99)),
    levels={("warning", "")},
)  # fmt: skip
case("a mail with the table in its text", "a.eml", mail(html=page(TABLE).decode(), subject="报送"))
case(
    "a mail in a mail",
    "a.eml",
    mail(("转发.eml", mail(("汇总表.xlsx", xlsx(TABLE)))), subject="转发"),
)

# -- Word -------------------------------------------------------------------------------------------
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def word(change):
    """A Word document with its XML changed as text."""
    data = docx(TITLE, UNIT, BODY)
    content = part(data, "word/document.xml").decode()
    return repacked(data, {"word/document.xml": change(content).encode()})


def _run(words):
    return f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r>'


def word_case(name, old, new, **more):
    case(
        f"word with {name}",
        "a.docx",
        word(lambda c: c.replace(_run(old), new, 1)),
        **PARAGRAPH | more,
    )


word_case(
    "tracked changes",
    A[2],
    f'<w:del w:id="1"><w:r><w:delText>培训9期。</w:delText></w:r></w:del><w:ins w:id="2">{_run(A[2])}</w:ins>',
)
word_case("text moved away", A[2], f'<w:moveFrom w:id="1">{_run("旧的")}</w:moveFrom>{_run(A[2])}')
word_case(
    "the look of before a change",
    A[2],
    f'<w:r><w:rPr><w:b/><w:rPrChange w:id="1"><w:rPr><w:strike/><w:vanish/></w:rPr></w:rPrChange></w:rPr><w:t>{A[2]}</w:t></w:r>',
)
word_case("hidden text", A[2], f"<w:r><w:rPr><w:vanish/></w:rPr><w:t>内部</w:t></w:r>{_run(A[2])}")
word_case(
    "a field to fill in, filled",
    A[2],
    f"<w:sdt><w:sdtPr><w:text/></w:sdtPr><w:sdtContent>{_run(A[2])}</w:sdtContent></w:sdt>",
)
word_case(
    "a field that nobody filled in",
    A[2],
    f"{_run(A[2])}<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{_run('单击此处输入文字。')}</w:sdtContent></w:sdt>",
)
word_case(
    "a reading above the characters",
    "梅岭村",
    f"<w:r><w:ruby><w:rt>{_run('méi')}</w:rt><w:rubyBase>{_run('梅')}</w:rubyBase></w:ruby></w:r>{_run('岭村')}",
)
word_case(
    "a table inside a cell",
    A[2],
    f"{_run('举办')}</w:p><w:tbl><w:tr><w:tc><w:p>{_run('培训2期。')}</w:p></w:tc></w:tr></w:tbl><w:p>",
)
word_case(
    "the sender in a text box",
    UNIT,
    '<w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="wps"><w:drawing>'
    f"<w:txbxContent><w:p>{_run(UNIT)}</w:p></w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p>{_run('填报单位：晋江市妇联')}</w:p></w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r>",
)
case(
    "word with rows and cells as fields to fill in",
    "a.docx",
    word(
        lambda c: re.sub(
            r"(<w:tr>.*?</w:tr>)", r"<w:sdt><w:sdtContent>\1</w:sdtContent></w:sdt>", c
        )
    ),
    **PARAGRAPH,
)
case(
    "word with a section turned on its side",
    "a.docx",
    word(
        lambda c: c.replace(
            "<w:tbl>",
            '<w:p><w:pPr><w:sectPr><w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/></w:sectPr></w:pPr></w:p><w:tbl>',
        )
    ),
    **PARAGRAPH,
)
case(
    "word with its XML indented",
    "a.docx",
    word(lambda c: c.replace("><w:", ">\n    <w:")),
    **PARAGRAPH,
)
case(
    "word of the strict kind",
    "a.docx",
    word(lambda c: c.replace(_W, "http://purl.oclc.org/ooxml/wordprocessingml/main")),
    **PARAGRAPH,
)
case("word in one piece of XML", "a.xml", (
    '<?xml version="1.0"?><pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"><pkg:part pkg:name="/word/document.xml"><pkg:xmlData>'
    + part(docx(TITLE, UNIT, BODY), "word/document.xml").decode().partition("?>")[2]
    + "</pkg:xmlData></pkg:part></pkg:package>").encode(), **PARAGRAPH)  # fmt: skip

# -- Not read, with the remedy ----------------------------------------------------------------------
_LOCKED_ODS = container(
    {
        "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": b"<manifest><file-entry><encryption-data/></file-entry></manifest>",
        "content.xml": b"\x07" * 500,
    }
)
#: name, bytes, the code of the reason, and what the sentence says to do.
REFUSED = [
    ("a mail of Outlook", ole({"__substg1.0_0037001F": b"x" * 5_000}), "msg", "把附件另存出来"),
    ("a mail with nothing", mail(), "nothing", "附件"),
    ("a mail with a picture of the table", mail(("表.pdf", b"%PDF-1.4")), "pdf", "“表.pdf”"),
    ("mails in mails in mails", mail(("a.eml", mail(("a.eml", mail(("a.xlsx", xlsx(TABLE))))))), "deep", "复制"),
    ("slides", ole({"PowerPoint Document": b"x" * 5_000}), "slides", "上传 Excel 或 Word"),
    ("an old Word document with a password", doc(UNIT, BODY, flags=0x0100), "password", "取消密码"),
    ("a Word document of 95", doc(UNIT, BODY, version=0x68), "doc", "另存为"),
    ("a workbook with a password", ole({"EncryptionInfo": b"x", "EncryptedPackage": b"y" * 9_000}), "password", "取消密码"),
    ("an .ods with a password", _LOCKED_ODS, "password", "取消密码"),
    ("a workbook of Excel 4", b"\x09\x04\x06\x00" + b"\x00" * 600, "old", "另存为"),
    ("a photo of a telephone", b"\x00\x00\x00\x18ftypheic" + b"x" * 600, "picture", "原来的"),
    ("an OFD", container({"OFD.xml": b"<OFD/>"}), "pdf", "原来的"),
    ("a PDF with blanks before it", b"\r\n\r\n%PDF-1.7" + b"x" * 600, "pdf", "原来的"),
    ("a database", b"\x00\x01\x00\x00Standard Jet DB\x00" + b"x" * 600, "database", "导出"),
    ("a document of 标文通", b'<?xml version="1.0"?><uof:UOF xmlns:uof="x"/>', "uof", "另存为"),
    ("a workbook with macros", repacked(xlsx(TABLE), {"xl/vbaProject.bin": b"x"}), "macro", "另存为"),
    ("a binary workbook that reaches far", xlsb(TABLE, far=(1_048_575, 16_383)), "far", "删除"),
]  # fmt: skip
