"""Names of units and villages as offices write them: counts and numbers beside them, titles in another's name.

Each case is like those of :mod:`tests.reading.cases`.
"""

from tests.reading.cases import (
    HEAD,
    LANTIAN,
    MEILING,
    RA,
    TIANQIAN,
    A,
    B,
    Case,
    asked,
    table,
)
from tests.reading.offices import text, xlsx

NAMES: list[Case] = []
NUMBERED = ("序号", *HEAD)
CITY_TITLE = ("泉州市“岗村、委村”结对帮扶汇总表",)
ANXI = {"above": (("填报单位：安溪县妇联",),)}
LANYI, LANER, JINSHI = "350524207206", "350524207204", "350524107205"
HUYI, HUER, HUSAN = "350524102201", "350524102202", "350524102203"
LINGSHAN, ZHUANGNEI, WEISHAN = "350521109204", "350521109208", "350521103207"
YAOYANG, NANYAN = "350524112208", "350524112209"
WORDED = "<html><head><!--[if gte mso 9]><xml><w:WordDocument><w:View>Print</w:View></w:WordDocument></xml><![endif]--></head>"


def case(name, rows, file="a.xlsx", data=b"", **more):
    NAMES.append(Case(name, file, data or xlsx(rows), **more))


def cell(row):
    return "".join(f"<td>{said}</td>" for said in row)


# -- Villages ---------------------------------------------------------------------------------------
for said, codes in {
    "蓝一村、金狮村": [LANYI, JINSHI],
    "蓝田乡蓝一村、蓝二村": [LANYI, LANER],
    "湖一、湖二、湖三村": [HUYI, HUER, HUSAN],
    "湖一、湖二两村": [HUYI, HUER],
    "蓝一村、蓝二村，等2个村": [LANYI, LANER],
}.items():
    case(
        f"a village called like a count: {said}",
        table((A[0], said, A[2]), **ANXI),
        unit="安溪县妇联",
        records=[(A[0], codes, A[2])],
    )
for said in (
    "一、涂寨镇灵山村；二、涂寨镇庄内村",
    "（一）涂寨镇灵山村（二）庄内村",
    "1、灵山村2、庄内村",
):
    case(
        f"villages with numbers: {said}",
        table((A[0], said, A[2])),
        records=[(A[0], [LINGSHAN, ZHUANGNEI], A[2])],
    )
for said in ("西坪镇（尧阳、南岩）", "安溪县西坪镇（尧阳村、南岩村）"):
    case(
        f"villages of a township in brackets: {said}",
        table((A[0], said, A[2]), **ANXI),
        unit="安溪县妇联",
        records=[(A[0], [YAOYANG, NANYAN], A[2])],
    )
case(
    "a township with the count of its villages in front",
    table((A[0], "紫山镇（2个村）：蓝田村、尾山村", A[2])), records=[(A[0], [LANTIAN, WEISHAN], A[2])],
)  # fmt: skip
case(
    "further villages in lines without a number",
    table((1, *A), ("", "", "梅岭村", ""), (2, *B), head=NUMBERED),
    records=[(A[0], [TIANQIAN, MEILING], A[2]), (B[0], [MEILING], B[2])],
    **asked(("question", "Sheet1!C5")),
)
case(
    "a further village with its goal in a line without a number",
    table((1, *A), ("", "", "梅岭村", B[2]), head=NUMBERED),
    records=[RA, (A[0], [MEILING], B[2])],
    **asked(("question", "Sheet1!B5")),
)
case(
    "a village broken over two lines",
    table((1, A[0], "山霞镇田", A[2]), ("", "", "墘村", ""), head=NUMBERED),
    records=[RA],
    **asked(("question", "Sheet1!C5")),
)

# -- Units ------------------------------------------------------------------------------------------
case(
    "a title in the name of the city, and no sender",
    table(A, above=(CITY_TITLE,)),
    unit=None, found_in=None, records=[RA], **asked(("question", "")),
)  # fmt: skip
case(
    "a title in the name of the city, the sender in the name of the file",
    table(A, above=(CITY_TITLE,)), file="惠安县.xlsx", found_in="file name", records=[RA],
)  # fmt: skip
case(
    "named after another county",
    table(A), file="洛江区妇联汇总.xlsx", records=[RA], levels={("warning", "")},
)  # fmt: skip
case(
    "the sender beside its label without a colon",
    table(A, above=(CITY_TITLE, ("填报单位", "惠安县妇联"))), records=[RA],
)  # fmt: skip
case(
    "a label without a colon as a heading",
    table((*A, "惠安县妇联"), head=(*HEAD, "填报单位"), above=()), found_in="column", records=[RA],
)  # fmt: skip
case(
    "a table in plain text with a rule below its heading",
    (), data=text(table(("---", ":--:", "---"), A, B), "utf-8", "|"),
)  # fmt: skip
case(
    "a page that Word saved",
    (),
    file="惠安县妇联.doc",
    data=(
        f"{WORDED}<body><table>{''.join(f'<tr>{cell(row)}</tr>' for row in (HEAD, A, B))}</table></body></html>"
    ).encode(),
    found_in="file name",
)
