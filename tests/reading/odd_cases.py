"""Further things that offices do to a table: lines that go on, cells that hold several records, marks.

Each case is like those of :mod:`tests.reading.cases`; most are asked, since they can be read two ways.
"""

from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from tests.reading.cases import (
    CASES,
    HUIAN,
    MEILING,
    RA,
    RB,
    RC,
    TABLE,
    TIANQIAN,
    UNIT,
    ZHUANGNEI,
    A,
    B,
    C,
    Case,
    asked,
    table,
)
from tests.reading.offices import (
    HEAD,
    TITLE,
    Sheet,
    docx,
    page,
    part,
    repacked,
    text,
    xlsx,
)

ODD: list[Case] = []
NUMBERED = ("序号", *HEAD)
TANGTOU = "350521104214"


def case(name, data, file="a.xlsx", **more):
    ODD.append(Case(name, file, data, **more))


def lines(*rows, **more):
    return xlsx(table(*rows, **more))


STRUCK = "<rPr><strike/></rPr>"


def crossed(*runs):
    """A text of which the runs in ~ are struck out."""
    fonts = [InlineFont(strike=True if run[0] == "~" else None) for run in runs]
    return CellRichText(
        *(TextBlock(font, run.strip("~")) for font, run in zip(fonts, runs, strict=True))
    )


_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LISTED = (
    (
        "[Content_Types].xml",
        b"</Types>",
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>',
    ),
    (
        "xl/_rels/workbook.xml.rels",
        b"</Relationships>",
        b'<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/>',
    ),
)


def with_shared(runs, **more):
    """The village of the second line as ``runs``, in the second of the texts that sheets share."""
    data = xlsx(Sheet(table(A, (B[0], "b5", B[2])), **more))
    sheet = part(data, "xl/worksheets/sheet1.xml")
    inline = b't="inlineStr"><is><t>b5</t></is>'
    assert inline in sheet
    strings = f"<sst {_MAIN}><si><t>{B[1]}</t></si><si>{runs}</si></sst>"
    parts = {
        "xl/worksheets/sheet1.xml": sheet.replace(inline, b't="s"><v>1</v>'),
        "xl/sharedStrings.xml": strings.encode(),
    }
    for name, end, entry in _LISTED:
        parts[name] = part(data, name).replace(end, entry + end)
    return repacked(data, parts)


# -- One record over several lines --------------------------------------------------------------------
case(
    "a project that goes on in the next line",
    lines((A[0], A[1], "1.举办培训2期；"), ("", "", "2.资助女童1名。"), B),
    records=[(A[0], [TIANQIAN], "1.举办培训2期；2.资助女童1名。"), RB],
    levels={("warning", "Sheet1!C5")},
)
case(
    "a project over four lines",
    lines((A[0], A[1], "举办培训2期，"), ("", "", "受益80人，"), ("", "", "发放"), ("", "", "资料。"), B),
    records=[(A[0], [TIANQIAN], "举办培训2期，受益80人，发放资料。"), RB],
)  # fmt: skip
case(
    "further villages in the lines below",
    lines(A, ("", "梅岭村", ""), ("", "庄内村", ""), B),
    records=[(A[0], [TIANQIAN, MEILING, ZHUANGNEI], A[2]), RB],
    **asked(("question", "Sheet1!B5"), ("question", "Sheet1!B6")),
)
case(
    "a name broken over two numbered lines",
    lines((1, "惠安县演示", "田墘村", "举办培训"), ("", "税务窗口", "", "2期。"), (2, *B), head=NUMBERED),
    records=[RA, RB],
    **asked(("question", "Sheet1!B5")),
)  # fmt: skip
case(
    "only the name goes on in a line without a number",
    lines((1, "惠安县演示税务", A[1], A[2]), ("", "窗口", "", ""), (2, *B), head=NUMBERED),
    records=[RA, RB],
    **asked(("question", "Sheet1!B5")),
)
case(
    "a date and a signature below are no project",
    lines(A, B, ("", "", "惠安县妇联"), ("", "", "2014年5月20日")),
    skips={"填表人、联系方式等", "日期行"},
)
case(
    "a note below in the project's column is no project",
    lines(A, B, ("", "", "注：以上均为市级。")),
    skips={"说明文字"},
)
case(
    "a record whose project is blank is not the end of another",
    lines(A, (B[0], "梅岭村", ""), C),
    records=[RA, (B[0], [MEILING], ""), RC],
    **asked(("error", "Sheet1!C5")),
)

case(
    "a village in front with two posts, typed once",
    lines((A[1], A[0], A[2]), ("", B[0], B[2]), head=(HEAD[1], HEAD[0], HEAD[2])),
    records=[RA, (B[0], [TIANQIAN], B[2])],
    **asked(("question", "Sheet1!A5")),
)

# -- Several records in one line ----------------------------------------------------------------------
case(
    "two posts and two villages line by line in one cell",
    lines((f"{A[0]}\n{B[0]}", "田墘村\n梅岭村", A[2])),
    records=[RA, (B[0], [MEILING], A[2])],
    **asked(("question", "Sheet1!A4")),
)
case(
    "two posts, villages and projects line by line",
    lines((f"1.{A[0]}\n2.{B[0]}", "1.田墘村\n2.梅岭村", f"1.{A[2]}\n2.{B[2]}"), C),
    records=[RA, RB, RC],
    **asked(("question", "Sheet1!A4")),
)
case(
    "two posts and one village",
    lines((f"{A[0]}\n{B[0]}", "田墘村", A[2])),
    records=[RA, (B[0], [TIANQIAN], A[2])],
    **asked(("question", "Sheet1!A4")),
)
case(
    "two posts by semicolon",
    lines((f"{A[0]}；{B[0]}", "田墘村；梅岭村", A[2])),
    records=[RA, (B[0], [MEILING], A[2])],
    **asked(("question", "Sheet1!A4")),
)
case(
    "two posts and three villages are left together and asked",
    lines((f"{A[0]}\n{B[0]}", "田墘村\n梅岭村\n庄内村", A[2])),
    records=[(f"{A[0]}{B[0]}", [TIANQIAN, MEILING, ZHUANGNEI], A[2])],
    **asked(("question", "Sheet1!A4")),
)
case(
    "as many posts as villages by 、 are asked",
    lines((f"{A[0]}、{B[0]}", "田墘村、梅岭村", A[2])),
    records=[(f"{A[0]}、{B[0]}", [TIANQIAN, MEILING], A[2])],
    **asked(("question", "Sheet1!A4")),
)
case(
    "a post below its unit in one cell",
    lines(("惠安县税务局\n演示办税服务厅", A[1], A[2]), B),
    records=[("惠安县税务局演示办税服务厅", [TIANQIAN], A[2]), RB],
)
case(
    "a post with its unit in brackets below",
    lines(("演示办税服务厅\n（惠安县税务局）", A[1], A[2]), B),
    records=[("演示办税服务厅（惠安县税务局）", [TIANQIAN], A[2]), RB],
)
case(
    "one post and villages each on a line",
    lines((A[0], "田墘村\n梅岭村", A[2]), B),
    records=[(A[0], [TIANQIAN, MEILING], A[2]), RB],
)

# -- Headings -----------------------------------------------------------------------------------------
case(
    "numbers of the columns below the heading",
    lines(("甲", 1, 2, 3), (1, *A), (2, *B), head=NUMBERED),
    skips={"重复的表头"},
)
case("letters of the columns below the heading", lines(("A", "B", "C"), A, B), skips={"重复的表头"})
case(
    "units and hints in brackets below the heading",
    lines(("（全称）", "（镇、村）", "（个、万元）"), A, B),
    skips={"重复的表头"},
)
case(
    "a heading of two lines with units",
    xlsx(
        Sheet(
            table(
                ("", "", "（项目）", "（人）"),
                (A[0], A[1], A[2], 80),
                (B[0], B[1], B[2], 4),
                head=("文明岗", "结对村", "帮扶项目、目标", "受益人数"),
            ),
            merges=("A3:A4", "B3:B4"),
        )
    ),
)
case(
    "title, sender and heading again on page two",
    lines(A, (TITLE,), (UNIT,), HEAD, B),
    skips={"标题"},
)
case(
    "a page mark and the heading again",
    lines(A, ("第1页 共2页",), ("附件2（续）",), HEAD, B),
)
case(
    "two columns of the same heading",
    lines((A[0], "田墘村", "梅岭村", A[2]), (B[0], "梅岭村", "", B[2]), head=(HEAD[0], "结对村", "结对村", HEAD[2])),
    records=[(A[0], [TIANQIAN, MEILING], A[2]), RB],
)  # fmt: skip
case(
    "villages in numbered columns",
    lines((A[0], "田墘村", "梅岭村", A[2]), head=(HEAD[0], "结对村1", "结对村2", HEAD[2])),
    records=[(A[0], [TIANQIAN, MEILING], A[2])],
)
case(
    "a table of a document goes on in another without a heading",
    docx(TITLE, UNIT, [HEAD, A], [B, C]),
    "a.docx",
    found_in="paragraph",
    records=[RA, RB, RC],
    **asked(("question", "表2")),
)
case(
    "a table of names and telephones below is none of ours",
    docx(TITLE, UNIT, [HEAD, A, B], [("姓名", "职务", "电话"), ("林演甲", "主任", "16900000001")]),
    "a.docx",
    found_in="paragraph",
)
case(
    "a second sheet goes on without a heading",
    xlsx(Sheet(table(A), "第1页"), Sheet([B, C], "第2页")),
    records=[RA, RB, RC],
    **asked(("question", "第2页")),
)
case(
    "a lying table above seventy lines of letter",
    xlsx([(TITLE,), (UNIT,), (HEAD[0], A[0], B[0]), (HEAD[1], A[1], B[1]), (HEAD[2], A[2], B[2]),
          *[(f"第{n}点说明，请阅。",) for n in range(70)]]),
)  # fmt: skip
case(
    "cards one below the other",
    xlsx([(TITLE,), (UNIT,), *[line for one in (A, B) for line in (*zip(HEAD, one, strict=True), ())]]),
)  # fmt: skip

# -- Groups and numbers -------------------------------------------------------------------------------
DONGSHAN = (("填报单位：晋江市妇联",),)
for name, heading in {
    "with a number": "一、深沪镇",
    "with a count": "深沪镇（1个）",
    "with a colon": "深沪镇：",
    "in brackets with a number": "（一）深沪镇",
    "with the county in front": "晋江市深沪镇",
}.items():
    case(
        f"a township heads its records {name}",
        lines((heading,), (A[0], "东山村", A[2]), above=DONGSHAN),
        unit="晋江市妇联",
        records=[(A[0], ["350582105209"], A[2])],
        skips={"分组标题"},
    )
case(
    "a sheet named after a township",
    xlsx(Sheet(table((A[0], "东山村", A[2]), above=DONGSHAN), "深沪镇")),
    unit="晋江市妇联",
    records=[(A[0], ["350582105209"], A[2])],
)
case(
    "a sheet named after a township that its villages contradict",
    xlsx(Sheet(table((A[0], "梅岭村", A[2])), "山霞镇")),
    records=[(A[0], [MEILING], A[2])],
)
for name, (first, second) in {
    "Chinese": ("一、", "二、"),
    "bracketed Chinese": ("（一）", "（二）"),
    "circled": ("①", "②"),
    "bracketed": ("(1)", "(2)"),
    "dotted": ("1.", "2."),
    "full-width": ("１．", "２．"),
    "of two digits": ("01.", "02."),
    "with a word": ("No.1 ", "No.2 "),
}.items():
    case(
        f"names with {name} numbers",
        lines((first + A[0], *A[1:]), (second + B[0], *B[1:])),
    )
case("one name with a circled number", lines(("①" + A[0], *A[1:])), records=[RA])
case(
    "numbers that begin again in each group",
    lines(("一、文明岗",), ("1." + A[0], *A[1:]), ("2." + B[0], *B[1:]), ("二、妇委会",), ("1." + C[0], *C[1:])),
    records=[RA, RB, RC],
)  # fmt: skip
case(
    "a number that belongs to the name",
    lines(("110演示报警台", *A[1:]), ("12345演示热线组", *B[1:])),
    records=[("110演示报警台", [TIANQIAN], A[2]), ("12345演示热线组", [MEILING], B[2])],
)

# -- Villages -----------------------------------------------------------------------------------------
for name, (typed, codes) in {
    "each with a remark in brackets": ("田墘村（3户）、梅岭村（2户）", [TIANQIAN, MEILING]),
    "each with its township and a remark": (
        "山霞镇田墘村（贫困村）、洛阳镇梅岭村（老区村）", [TIANQIAN, MEILING],
    ),
    "by code": ("350521108207", [TIANQIAN]),
    "with a star": ("★田墘村*", [TIANQIAN]),
    "with a label": ("结对村：田墘村", [TIANQIAN]),
    "with households": ("田墘村1户、梅岭村2户", [TIANQIAN, MEILING]),
    "circled without blanks": ("①田墘村②梅岭村", [TIANQIAN, MEILING]),
    "told one by one": ("一是田墘村，二是梅岭村", [TIANQIAN, MEILING]),
    "by its committee's short word": ("田墘村委", [TIANQIAN]),
    "by its party branch": ("田墘村党支部", [TIANQIAN]),
    "in quotes": ("“田墘村”", [TIANQIAN]),
    "two by 两村": ("田墘、梅岭两村", [TIANQIAN, MEILING]),
}.items():  # fmt: skip
    case(f"villages {name}", lines((A[0], typed, A[2])), records=[(A[0], codes, A[2])])
case(
    "a village of that name inside another is not taken for it",
    lines((A[0], "田墘自然村", A[2])),
    records=[(A[0], ["?"], A[2])],
    **asked(("question", "Sheet1!B4")),
)

# -- Notes, marks, what is crossed out ----------------------------------------------------------------
case(
    "remarks between the records",
    lines(A, ("（以下为第二批）",), B, ("以上为省级文明岗",), C),
    records=[RA, RB, RC],
)
case(
    "a ditto sign in many forms",
    lines(A, ("″", "梅岭村", "如上"), ("々", "庄内村", "同上。")),
    records=[RA, (A[0], [MEILING], A[2]), (A[0], [ZHUANGNEI], A[2])],
)
case(
    "a village counted but not named",
    lines((A[0], "田墘村等3个村", A[2]), B),
    records=[(A[0], [TIANQIAN], A[2]), RB],
    **asked(("question", "Sheet1!B4")),
)
case(
    "villages counted rightly",
    lines((A[0], "田墘村、梅岭村、庄内村共三个村", A[2]), B),
    records=[(A[0], [TIANQIAN, MEILING, ZHUANGNEI], A[2]), RB],
)
case(
    "a village crossed out",
    xlsx(Sheet(table(A, B), struck=("B5",))),
    **asked(("question", "Sheet1!B5")),
)
case(
    "a village and a project crossed out in part",
    xlsx(table(A, (B[0], crossed("~田墘村~", "、", "梅岭村"), crossed("~讲座5场。~", B[2])))),
    levels={("warning", "Sheet1!B5"), ("warning", "Sheet1!C5")},
)
case(
    "words crossed out in a text that sheets share",
    with_shared(f"<r>{STRUCK}<t>庄内村、</t></r><r><rPr><b/></rPr><t>梅岭&#26449;</t></r>"),
    levels={("warning", "Sheet1!B5")},
)
case(
    "words in a shared text that say they are not crossed out",
    with_shared('<r><rPr><strike val="0"/></rPr><t>梅岭</t></r><r><t>村</t></r>'),
)
case(
    "all words of a cell crossed out one by one",
    with_shared(f"<r>{STRUCK}<t>梅岭</t></r><r>{STRUCK}<t>村</t></r>"),
    **asked(("question", "Sheet1!B5")),
)
case(
    "all words of a line crossed out one by one",
    xlsx(table(A, [crossed(f"~{words}~") for words in C], B)),
    skips={"整行加了删除线"},
)
case(
    "a cell crossed out, but for some of its words",
    with_shared("<r><t>庄内村、</t></r><r><rPr><b/></rPr><t>梅岭村</t></r>", struck=("B5",)),
    levels={("warning", "Sheet1!B5")},
)
case(
    "lines that a filter hides are read and told",
    xlsx(Sheet(table(A, B, C), hidden_rows=(4, 6))),
    records=[RA, RB, RC],
    levels={("warning", "Sheet1!A4:C4"), ("warning", "Sheet1!A6:C6")},
)

# -- Signatures over several cells --------------------------------------------------------------------
SIGNED = (
    ("填表人：", "王演示", "联系电话：0595-23880000"),
    ("审核人", "林演示", "13800000000"),
    ("联系人：陈演示", "电话", "23880001"),
    ("制 表", "王演示", "2014年5月"),
    ("单位负责人（签字）", "林演示", "2014.5.20"),
    ("经办人", "王演示", ""),
)
case(
    "signatures over the cells of a line",
    lines(A, B, *SIGNED),
    skips={"填表人、联系方式等"},
)
case(
    "signatures beside and under the numbers",
    lines(
        (1, *A),
        (2, *B),
        ("填表人", "王演示", "联系电话", "87380000"),
        ("审核：", "林演示", "日期：", "2014-05-20"),
        ("", "制表：王演示", "审批：林演示", "2014年5月"),
        ("", "联络员", "陈演示", "13800000000"),
        (3, "经办人", "王演示", ""),
        head=NUMBERED,
    ),
    skips={"填表人、联系方式等"},
)
case(
    "signatures between two tables",
    lines(A, SIGNED[1], SIGNED[0], (), HEAD, B, SIGNED[2]),
    skips={"填表人、联系方式等"},
)
SOUNDING = ("小计量检定所", "联系群众办公室", "审核中心", "制表印刷厂", "联络员办公室", "负责人培训中心", "日期印章厂")  # fmt: skip
case(
    "posts that begin like a signature",
    lines(*((name, *A[1:]) for name in SOUNDING)),
    records=[(name, [TIANQIAN], A[2]) for name in SOUNDING],
)
case(
    "posts called like who signs, of which a village or a project is told",
    lines(("审核", *A[1:]), ("审核（巾帼岗）", "350521108207", "讲座"), ("联络员", "田墘", A[2])),
    records=[
        ("审核", [TIANQIAN], A[2]),
        ("审核（巾帼岗）", [TIANQIAN], "讲座"),
        ("联络员", [TIANQIAN], A[2]),
    ],
)

# -- Words beside the table ---------------------------------------------------------------------------
case(
    "words in a column without a heading",
    lines(A, (*B, "另资助女童3名"), ("合计", "", "", "共2个岗")),
    levels={("warning", "Sheet1!D5")},
)
case(
    "a comma that parts a project in two",
    "\n".join(
        [UNIT, ",".join(HEAD).replace("项目、", "项目"), ",".join(A), f"{B[0]},{B[1]},讲座,2场"]
    ).encode(),
    "a.csv",
    records=[RA, (B[0], [MEILING], "讲座")],
    levels={("warning", "表1 第4行第4列")},
)


def _boxed(words: str) -> bytes:
    """A workbook with a text box over its table."""
    drawing = (
        '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:twoCellAnchor><xdr:sp>'
        f"<xdr:txBody><a:p><a:r><a:t>{words[:5]}</a:t></a:r><a:r><a:t>{words[5:]}</a:t></a:r></a:p>"
        "</xdr:txBody></xdr:sp></xdr:twoCellAnchor></xdr:wsDr>"
    )
    data = xlsx(table(A, B, above=((TITLE,),)))
    return repacked(data, {"xl/drawings/drawing1.xml": drawing.encode()})


case("the sender in a text box", _boxed(UNIT), found_in="paragraph")


def _headed(words: str) -> bytes:
    sheet = "xl/worksheets/sheet1.xml"
    data = xlsx(table(A, B, above=((TITLE,),)))
    header = f'<headerFooter><oddHeader>&amp;L&amp;"宋体,常规"&amp;10{words}&amp;R第&amp;P页</oddHeader></headerFooter>'
    content = part(data, sheet).decode()
    return repacked(
        data, {sheet: content.replace("</worksheet>", f"{header}</worksheet>").encode()}
    )


case("the sender in the page header", _headed(UNIT), found_in="paragraph")
case(
    "a web page with the heading in th and a caption",
    page(
        [tuple(f"<th>{words}</th>" for words in HEAD), A, B],
        before=f"<h3>{TITLE}</h3><div>{UNIT}</div>",
    ),
    "a.xls",
    found_in="paragraph",
)
case("a table by full-width commas", text(TABLE, "gb18030", "，"), "a.txt", unit=HUIAN)


ALL = [*CASES, *ODD]
