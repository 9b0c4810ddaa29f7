"""Further returns, made by code, each with what a person would read in it.

A case names its file, its bytes, the sender with where it is found, and its records as
``(post, villages, goal)``; a village is its code, or ``?`` with the text for one that must be asked.
``levels`` are (level, place) of problems that must be said, ``skips`` the reasons of lines left out.
"""

import datetime as dt
import email.message
from dataclasses import dataclass, field

from tests.reading.binary import xls
from tests.reading.offices import (
    HEAD,
    TITLE,
    Sheet,
    docx,
    ods,
    page,
    spreadsheet_xml,
    text,
    xlsx,
)

# Villages of 惠安县, and what they are called there.
TIANQIAN, MEILING, ZHUANGNEI = "350521108207", "350521104216", "350521109208"
YUXIA, QIANJIAN, LANTIAN = "350521106227", "350521106229", "350521103204"
A = ("惠安县演示税务窗口", "山霞镇田墘村", "举办培训2期。")
B = ("惠安县演示邮政储蓄所", "梅岭村", "资助春蕾女童4名。")
C = ("惠安县演示图书馆流通部", "庄内村", "建立爱心书屋1间。")
RA, RB, RC = (A[0], [TIANQIAN], A[2]), (B[0], [MEILING], B[2]), (C[0], [ZHUANGNEI], C[2])
UNIT = "填报单位：惠安县妇联"
HUIAN = "惠安县妇联"


@dataclass
class Case:
    name: str
    file: str
    data: bytes
    records: list = field(default_factory=lambda: [RA, RB])
    unit: str | None = HUIAN
    found_in: str | None = "cell"
    levels: set = field(default_factory=set)
    skips: set = field(default_factory=set)
    clean: bool = True  # no error and no question


CASES: list[Case] = []


def case(name, file, data, **more):
    CASES.append(Case(name, file, data, **more))


def table(*rows, head=HEAD, above=((TITLE,), (UNIT,))):
    return [*above, head, *rows]


def asked(*levels):
    return {"levels": set(levels), "clean": False}


# -- Finding the table ------------------------------------------------------------------------------
case("plain", "a.xlsx", xlsx(table(A, B)))
case(
    "columns in another order",
    "a.xlsx",
    xlsx(table((A[2], A[1], A[0]), (B[2], B[1], B[0]), head=HEAD[::-1])),
)
case(
    "number, township and note columns",
    "a.xlsx",
    xlsx(
        table(
            (1, A[0], "山霞镇", "田墘村", A[2], "已联系"),
            (2, B[0], "洛阳镇", "梅岭村", B[2], ""),
            head=("序号", HEAD[0], "乡镇", HEAD[1], HEAD[2], "备注"),
        )
    ),
)
case(
    "spaces and stars in headings",
    "a.xlsx",
    xlsx(table(A, B, head=("*文 明 岗（妇委会）", "结　对　村", "结对帮扶 项目、目标（必填）"))),
)
case(
    "other words over the columns",
    "a.xlsx",
    xlsx(table(A, B, head=("巾帼文明岗名称", "被帮扶村（社区）", "帮扶内容及目标"))),
)
case(
    "half-width brackets",
    "a.xlsx",
    xlsx(table(A, B, head=("文明岗(妇委会)", "结对村(社区)", "结对帮扶项目,目标"))),
)
case(
    "project and target apart",
    "a.xlsx",
    xlsx(
        table(
            (A[0], A[1], "举办培训2期", "受益80人。"), head=(HEAD[0], HEAD[1], "帮扶项目", "目标")
        )
    ),
    records=[(A[0], [TIANQIAN], "举办培训2期；受益80人。")],
)
case(
    "two lines of heading, merged",
    "a.xlsx",
    xlsx(
        Sheet(
            table(
                ("", "", "项目", "目标"),
                (A[0], A[1], "举办培训2期", "受益80人。"),
                head=("文明岗", "结对村", "结对帮扶", ""),
            ),
            merges=("A3:A4", "B3:B4", "C3:D3"),
        )
    ),
    records=[(A[0], [TIANQIAN], "举办培训2期；受益80人。")],
)
case(
    "two lines of heading, not merged",
    "a.xlsx",
    xlsx(
        table(
            ("", "", "项目", "目标"),
            (A[0], A[1], "举办培训2期", "受益80人。"),
            head=("文明岗", "结对村", "帮扶项目及目标", ""),
        )
    ),
    records=[(A[0], [TIANQIAN], "举办培训2期；受益80人。")],
)
case(
    "a group over village and project",
    "a.xlsx",
    xlsx(
        Sheet(
            table(
                ("", "", "结对村", "帮扶项目、目标"),
                (1, *A),
                (2, *B),
                head=("序号", "文明岗（妇委会）", "结对情况", ""),
            ),
            merges=("A3:A4", "B3:B4", "C3:D3"),
        )
    ),
)
case(
    "one heading over two columns",
    "a.xlsx",
    xlsx(
        Sheet(
            table((A[0], A[1], A[2], ""), (B[0], B[1], B[2], ""), head=(*HEAD, "")),
            merges=("C3:D3", "C4:D4", "C5:D5"),
        )
    ),
)
case(
    "two tables one below the other",
    "a.xlsx",
    xlsx([*table(A), (), ("机关妇委会",), HEAD, B]),
    skips={"合计行"} - {"合计行"},
)
case(
    "two tables side by side",
    "a.xlsx",
    xlsx(table((1, *A, "", 2, *B), (3, *C), head=("序号", *HEAD, "", "序号", *HEAD))),
    records=[RA, RC, RB],
)
case("side by side without a gap", "a.xlsx", xlsx(table((*A, *B), head=(*HEAD, *HEAD))))
case("headings again on each page", "a.xlsx", xlsx(table(A, HEAD, B)))
case(
    "title and sender below the table",
    "a.xlsx",
    xlsx([HEAD, A, B, (), ("填报单位（盖章）：惠安县妇女联合会", "", "2014年5月20日")]),
)
case(
    "three sheets, one of them the table",
    "a.xlsx",
    xlsx(
        Sheet([("填表说明",), ("一、请按要求填写。",)], "说明"),
        Sheet(table(A, B), "汇总"),
        Sheet([], "Sheet3"),
    ),
)
case(
    "posts and committees on two sheets",
    "a.xlsx",
    xlsx(Sheet(table(A), "文明岗"), Sheet(table(B), "妇委会")),
)
case(
    "a sheet that repeats another",
    "a.xlsx",
    xlsx(Sheet(table(A, B), "汇总表"), Sheet(table(A, B), "打印用")),
    levels={("warning", "打印用")},
)
case(
    "a sheet that holds part of another",
    "a.xlsx",
    xlsx(Sheet(table(A), "第一批"), Sheet(table(A, B), "全部")),
    levels={("warning", "第一批")},
)
case(
    "a draft that differs",
    "a.xlsx",
    xlsx(Sheet(table((A[0], "玉霞村", A[2]), B), "初稿"), Sheet(table(A, B), "汇总表")),
    levels={("warning", "初稿")},
)
case(
    "two sheets that contradict each other",
    "a.xlsx",
    xlsx(Sheet(table(A, B), "Sheet1"), Sheet(table((A[0], "玉霞村", A[2]), B), "Sheet2")),
    **asked(("question", "Sheet2")),
)
case(
    "a hidden sheet is left out",
    "a.xlsx",
    xlsx(Sheet(table(A, B), "汇总表"), Sheet(table(C), "内部", state="hidden")),
    levels={("warning", "内部")},
    skips={"隐藏的工作表"},
)
case(
    "a very hidden sheet is left out",
    "a.xlsx",
    xlsx(Sheet(table(A, B), "汇总表"), Sheet(table(C), "x", state="veryHidden")),
    levels={("warning", "x")},
)
case(
    "hidden rows are read and told",
    "a.xlsx",
    xlsx(Sheet(table(A, B), hidden_rows=(5,))),
    levels={("warning", "Sheet1!A5:C5")},
)
case(
    "a hidden column of a field is read and told",
    "a.xlsx",
    xlsx(Sheet(table(A, B), hidden_columns=("B",))),
    levels={("warning", "Sheet1!B3")},
)
case(
    "the table begins far from the corner",
    "a.xlsx",
    xlsx(
        [
            (),
            (),
            ("", "", "", TITLE),
            ("", "", "", UNIT),
            (),
            ("", "", "", *HEAD),
            ("", "", "", *A),
            ("", "", "", *B),
        ]
    ),
)
case(
    "a post column is missing",
    "a.xlsx",
    xlsx([(TITLE,), (UNIT,), HEAD[1:], A[1:]]),
    records=[("", [TIANQIAN], A[2])],
    **asked(("error", "Sheet1!A3:B3")),
)
case("an empty template", "a.xlsx", xlsx(table(("", "", ""))), records=[], **asked(("error", "")))
case(
    "no table at all",
    "a.xlsx",
    xlsx([("各位领导：",), ("现将有关情况报告如下。",)]),
    records=[],
    unit=None,
    found_in=None,
    **asked(("error", "")),
)
case(
    "lines turned into columns",
    "a.xlsx",
    xlsx([(TITLE,), (UNIT,), (HEAD[0], A[0], B[0]), (HEAD[1], A[1], B[1]), (HEAD[2], A[2], B[2])]),
)

# -- Reading rows -----------------------------------------------------------------------------------
case(
    "a post merged over two villages",
    "a.xlsx",
    xlsx(Sheet(table((A[0], "田墘村", A[2]), ("", "梅岭村", ""), B), merges=("A4:A5", "C4:C5"))),
    records=[(A[0], [TIANQIAN, MEILING], A[2]), RB],
)
case(
    "a post merged over two projects",
    "a.xlsx",
    xlsx(Sheet(table(A, ("", "梅岭村", "资助女童1名。"), B), merges=("A4:A5",))),
    records=[RA, (A[0], [MEILING], "资助女童1名。"), RB],
)
case(
    "a township merged down",
    "a.xlsx",
    xlsx(
        Sheet(
            table(
                ("洛阳镇", B[0], "梅岭村", B[2]),
                ("", A[0], "堂头村", A[2]),
                head=("所属乡镇", *HEAD),
            ),
            merges=("A4:A5",),
        )
    ),
    records=[RB, (A[0], ["350521104214"], A[2])],
)
case(
    "a goal merged over all rows",
    "a.xlsx",
    xlsx(Sheet(table(A, (B[0], B[1], "")), merges=("C4:C5",))),
    records=[RA, (B[0], [MEILING], A[2])],
)
case(
    "a post left blank below without a merge",
    "a.xlsx",
    xlsx(table(A, ("", "梅岭村", "资助女童1名。"))),
    records=[RA, (A[0], [MEILING], "资助女童1名。")],
    **asked(("question", "Sheet1!A5")),
)
case(
    "the same again by 同上",
    "a.xlsx",
    xlsx(table(A, (B[0], B[1], "同上"))),
    records=[RA, (B[0], [MEILING], A[2])],
)
case(
    "ditto marks",
    "a.xlsx",
    xlsx(table(A, ("〃", "梅岭村", "〃"))),
    records=[RA, (A[0], [MEILING], A[2])],
)
case(
    "ditto marks with nothing above",
    "a.xlsx",
    xlsx(table(("〃", "田墘村", A[2]), ("同上", "梅岭村", A[2]))),
    records=[("〃", [TIANQIAN], A[2]), ("同上", [MEILING], A[2])],
    **asked(("error", "Sheet1!A4"), ("error", "Sheet1!A5")),
)
case("blank lines between", "a.xlsx", xlsx(table(A, (), ("", " ", "　"), B)))
case("a total line", "a.xlsx", xlsx(table(A, B, ("合计", "2个村", "2个项目"))), skips={"合计行"})
case(
    "a spaced total line with numbers",
    "a.xlsx",
    xlsx(table((1, *A), (2, *B), ("", "合  计", 2, 2), head=("序号", *HEAD))),
    skips={"合计行"},
)
case(
    "totals of groups",
    "a.xlsx",
    xlsx(table(A, ("小计", 1, ""), B, ("小计：1", "", ""), ("总计", 2, ""))),
    skips={"合计行"},
)
case(
    "a note and a signature below",
    "a.xlsx",
    xlsx(
        table(
            A,
            B,
            ("注：以上均为市级以上文明岗。",),
            ("填表人：林演甲", "审核人：陈演乙", "联系电话：16900000001"),
        )
    ),
    skips={"说明文字", "填表人、联系方式等"},
)
case(
    "a signature right below in one cell",
    "a.xlsx",
    xlsx(
        Sheet(
            table(
                A,
                B,
                ("单位负责人（签字）：         填表人：林演甲      联系电话：16900000002", "", ""),
            ),
            merges=("A6:C6",),
        )
    ),
    skips={"填表人、联系方式等"},
)
case(
    "the printed note of the form",
    "a.xlsx",
    xlsx(
        Sheet(
            table(
                A,
                B,
                (
                    "    请各县（市、区）妇联、泉州开发区、台商投资区、市直机关妇工委于5月25日前将电子版发送至市妇联发展部邮箱。",
                    "",
                    "",
                ),
            ),
            merges=("A6:C6",),
        )
    ),
    skips={"表样上印好的说明"},
)
case(
    "group headings between records",
    "a.xlsx",
    xlsx(Sheet(table(("一、巾帼文明岗",), A, ("二、机关妇委会",), B), merges=("A4:C4",))),
    skips={"分组标题"},
)
case(
    "townships as group headings",
    "a.xlsx",
    xlsx(
        Sheet(
            table(("洛阳镇",), (B[0], "梅岭村", B[2]), ("山霞镇",), (A[0], "田墘村", A[2])),
            merges=("A4:C4", "A6:C6"),
        )
    ),
    records=[RB, RA],
)
case(
    "an example line of the template",
    "a.xlsx",
    xlsx(table(("例：某某县演示窗口", "某某村", "举办培训1期"), A, B)),
    skips={"填写示例"},
)
case(
    "numbers filled in beforehand",
    "a.xlsx",
    xlsx(table((1, *A), (2, *B), (3,), (4,), (5,), head=("序号", *HEAD))),
)
case(
    "none at all", "a.xlsx", xlsx(table(("无", "无", "无"))), records=[], **asked(("question", ""))
)
case(
    "a dash for no goal",
    "a.xlsx",
    xlsx(table(A, (B[0], B[1], "—"))),
    records=[RA, (B[0], [MEILING], "")],
    **asked(("error", "Sheet1!C5")),
)
case(
    "full-width digits and letters",
    "a.xlsx",
    xlsx(table((A[0], A[1], "举办培训２期，ＩＴ班１个。"))),
    records=[(A[0], [TIANQIAN], "举办培训2期，IT班1个。")],
)
case(
    "a name broken by line ends and blanks",
    "a.xlsx",
    xlsx(table(("惠安县演示\n税 务 窗 口 ", A[1], A[2]), B)),
)
case(
    "a struck-out line",
    "a.xlsx",
    xlsx(Sheet(table(A, C, B), struck=("A5", "B5", "C5"))),
    skips={"整行加了删除线"},
)
case(
    "the same line twice",
    "a.xlsx",
    xlsx(table(A, B, A)),
    records=[RA, RB, RA],
    levels={("warning", "Sheet1!A6:C6")},
)
case(
    "a formula error in a cell",
    "a.xlsx",
    xlsx(table(A, (B[0], B[1], "#REF!"))),
    records=[RA, (B[0], [MEILING], "")],
    **asked(("error", "Sheet1!C5")),
)
case(
    "a formula without its result",
    "a.xlsx",
    xlsx(table(A, (B[0], B[1], "=A4&B4"))),
    records=[RA, (B[0], [MEILING], "")],
    **asked(("error", "Sheet1!C5")),
)
case(
    "a date where words belong",
    "a.xlsx",
    xlsx(table(A, (B[0], B[1], dt.date(2014, 5, 25)))),
    records=[RA, (B[0], [MEILING], "2014-05-25")],
)
case(
    "text of many lines",
    "a.xlsx",
    xlsx(table((A[0], A[1], "1.举办培训2期；\n2.资助女童1名。"), B)),
    records=[(A[0], [TIANQIAN], "1.举办培训2期；2.资助女童1名。"), RB],
)
case(
    "a missing village is named at its cell",
    "a.xlsx",
    xlsx(table(A, (B[0], "", B[2]))),
    records=[RA, (B[0], [], B[2])],
    **asked(("error", "Sheet1!B5")),
)

# -- Villages ---------------------------------------------------------------------------------------
VILLAGES = {
    "by 、": ("田墘村、梅岭村", [TIANQIAN, MEILING]),
    "by comma": ("田墘村，梅岭村,庄内村", [TIANQIAN, MEILING, ZHUANGNEI]),
    "by semicolon": ("田墘村；梅岭村;庄内村", [TIANQIAN, MEILING, ZHUANGNEI]),
    "by slash": ("田墘村/梅岭村", [TIANQIAN, MEILING]),
    "by line": ("田墘村\n梅岭村", [TIANQIAN, MEILING]),
    "by blank": ("田墘村  梅岭村", [TIANQIAN, MEILING]),
    "by 和": ("田墘村和梅岭村", [TIANQIAN, MEILING]),
    "numbered": ("1.田墘村 2.梅岭村", [TIANQIAN, MEILING]),
    "counted": ("田墘村、梅岭村等2个村", [TIANQIAN, MEILING]),
    "by base name": ("田墘、梅岭", [TIANQIAN, MEILING]),
    "township in front": ("山霞镇田墘村、洛阳镇梅岭村", [TIANQIAN, MEILING]),
    "township short": ("山霞田墘", [TIANQIAN]),
    "county in front": ("惠安县山霞镇田墘村", [TIANQIAN]),
    "full path": ("福建省泉州市惠安县山霞镇田墘村", [TIANQIAN]),
    "committee": ("田墘村村民委员会", [TIANQIAN]),
    "township in brackets": ("田墘村（山霞镇）", [TIANQIAN]),
    "spread and full-width": ("　田 墘 村　", [TIANQIAN]),
    "with a dash": ("山霞镇—田墘村", [TIANQIAN]),
    "wrong township": ("涂寨镇田墘村", ["?"]),
    "unknown": ("不存在村", ["?"]),
    "another county": ("晋江市东石镇井林村", ["?"]),
    "one known, one not": ("田墘村、不存在村", [TIANQIAN, "?"]),
}
for words, (typed, codes) in VILLAGES.items():
    case(
        f"village {words}",
        "a.xlsx",
        xlsx(table((A[0], typed, A[2]))),
        records=[(A[0], codes, A[2])],
        **(asked(("question", "Sheet1!B4")) if "?" in codes else {}),
    )
NANAN = (("填报单位：南安市妇联",),)
case(
    "two villages of one base name",
    "a.xlsx",
    xlsx(table((A[0], "水头", A[2]), above=NANAN)),
    unit="南安市妇联",
    records=[(A[0], ["?"], A[2])],
    **asked(("question", "Sheet1!B3")),
)
case(
    "a village beside its community",
    "a.xlsx",
    xlsx(table((A[0], "水头村", A[2]), above=NANAN)),
    unit="南安市妇联",
    records=[(A[0], ["350583119201"], A[2])],
)
case(
    "two villages in two townships",
    "a.xlsx",
    xlsx(table((A[0], "东山村", A[2]), above=(("填报单位：晋江市妇联",),))),
    unit="晋江市妇联",
    records=[(A[0], ["?"], A[2])],
    **asked(("question", "Sheet1!B3")),
)
case(
    "the township column decides",
    "a.xlsx",
    xlsx(
        table(
            (A[0], "深沪镇", "东山村", A[2]),
            head=(HEAD[0], "镇（街道）", *HEAD[1:]),
            above=(("填报单位：晋江市妇联",),),
        )
    ),
    unit="晋江市妇联",
    records=[(A[0], ["350582105209"], A[2])],
)

# -- Senders ----------------------------------------------------------------------------------------
for words, line in {
    "spaced": "填 报 单 位： 惠 安 县 妇 联",
    "stamped": "填报单位（盖章）:惠安县妇联（盖章）",
    "long": "填报单位：惠安县妇女联合会",
    "city in front": "填报单位：泉州市惠安县妇联",
    "county only": "报送单位：惠安县",
    "base name": "上报单位：惠安",
    "date behind": "填报单位：惠安县妇联        填报时间：2014年5月24日",
    "full-width": "填报单位　：　惠安县妇联　　　　联系人：林演甲",
}.items():
    case(f"sender {words}", "a.xlsx", xlsx(table(A, B, above=((TITLE,), (line,)))))
case(
    "sender without a colon",
    "a.xlsx",
    xlsx(table(A, B, above=((TITLE,), ("填报单位 惠安县妇联",)))),
)
case(
    "sender's label empty, title says it",
    "a.xlsx",
    xlsx(table(A, B, above=((f"惠安县{TITLE}",), ("填报单位：",)))),
    found_in="title",
)
case(
    "a total over merged cells",
    "a.xlsx",
    xlsx(
        Sheet(
            table((1, *A), (2, *B), ("合计", "", "2个村", "2个项目"), head=("序号", *HEAD)),
            merges=("A6:B6",),
        )
    ),
    skips={"合计行"},
)
case(
    "statistics under the table",
    "a.xlsx",
    xlsx([*table(A, B), (), ("本表共结对2个村，其中省级1个。",)]),
    skips={"说明文字"},
)
case(
    "sender in the next cell",
    "a.xlsx",
    xlsx(table(A, B, above=((TITLE,), ("填报单位：", "惠安县妇联")))),
)
case(
    "sender in the title",
    "a.xlsx",
    xlsx(table(A, B, above=((f"惠安县{TITLE}",),))),
    found_in="title",
)
case(
    "sender in the sheet's name",
    "a.xlsx",
    xlsx(Sheet(table(A, B, above=()), "惠安")),
    found_in="sheet",
)
case(
    "sender in the file's name",
    "惠安县汇总表（报市妇联）.xlsx",
    xlsx(table(A, B, above=())),
    found_in="file name",
)
case(
    "sender in a column",
    "a.xlsx",
    xlsx(table(("惠安县妇联", *A), ("惠安县妇联", *B), head=("填报单位", *HEAD), above=())),
    found_in="column",
)
case(
    "sender in the 落款",
    "a.xlsx",
    xlsx([*table(A, B, above=((TITLE,),)), (), ("", "", "惠安县妇联"), ("", "", "2014年5月24日")]),
)
case(
    "no sender",
    "a.xlsx",
    xlsx(table(A, B, above=((TITLE,),))),
    unit=None,
    found_in=None,
    records=[RA, (B[0], ["?"], B[2])],
    **asked(("question", "")),
)
case(
    "a sender nobody knows",
    "a.xlsx",
    xlsx(table(A, B, above=(("填报单位：不存在县妇联",),))),
    unit=None,
    found_in=None,
    records=[RA, (B[0], ["?"], B[2])],
    **asked(("question", "")),
)
case(
    "a zone's sender",
    "a.xlsx",
    xlsx(
        table((A[0], "洛阳镇梅岭村", A[2]), above=(("填报单位：泉州市台商投资区妇女工作委员会",),))
    ),
    unit="台商投资区妇工委",
    records=[(A[0], [MEILING], A[2])],
)
case(
    "city organs, villages anywhere",
    "a.xlsx",
    xlsx(table((A[0], "惠安县山霞镇田墘村", A[2]), above=(("填报单位：泉州市直机关妇工委",),))),
    unit="市直机关妇工委",
    records=[(A[0], [TIANQIAN], A[2])],
)

case(
    "sender a township, county in the file's name",
    "惠安县.xlsx",
    xlsx(table(A, B, above=(("填报单位：山霞镇妇联",),))),
    found_in="file name",
)
case(
    "sender by the county's label", "a.xlsx", xlsx(table(A, B, above=(("县（市、区）：惠安县",),)))
)
case(
    "village after a township and colon",
    "a.xlsx",
    xlsx(table((A[0], "洛阳镇：梅岭村、堂头村", A[2]))),
    records=[(A[0], [MEILING, "350521104214"], A[2])],
)
case(
    "village of a township under another rank",
    "a.xlsx",
    xlsx(table((A[0], "百崎乡白奇村", A[2]))),
    records=[(A[0], ["350521200202"], A[2])],
)
case(
    "village with a remark",
    "a.xlsx",
    xlsx(table((A[0], "田墘村（省级贫困村）", A[2]))),
    records=[(A[0], [TIANQIAN], A[2])],
)
case(
    "village's township in a column named after it",
    "a.xlsx",
    xlsx(
        table((A[0], "田墘村", "山霞镇", A[2]), head=(HEAD[0], HEAD[1], "结对村所在乡镇", HEAD[2]))
    ),
    records=[RA],
)
case(
    "numbers in front of the names",
    "a.xlsx",
    xlsx(table(("1、" + A[0], *A[1:]), ("2、" + B[0], *B[1:]))),
)

# -- Kinds of file ----------------------------------------------------------------------------------
TABLE = table(A, B)
case("csv in utf-8", "a.csv", text(TABLE))
case("csv in utf-8 with a mark", "a.csv", text(TABLE, "utf-8-sig"))
case("csv in gb18030", "a.csv", text(TABLE, "gb18030"))
case("csv in utf-16", "a.csv", text(TABLE, "utf-16"))
case("csv in utf-16 by tabs", "a.txt", text(TABLE, "utf-16-le", "\t"))
case("csv by semicolons", "a.csv", text(TABLE, "gb18030", ";"))
case("html as xls", "a.xls", page(TABLE))
case("html as xls in gb2312", "a.xls", page(TABLE, "gb18030", said="gb2312"))
case(
    "html with spans",
    "a.xls",
    page(
        [
            (f'<td colspan="3">{TITLE}</td>',),
            (f'<td colspan="3">{UNIT}</td>',),
            HEAD,
            (f'<td rowspan="2">{A[0]}</td>', "田墘村", f'<td rowspan="2">{A[2]}</td>'),
            ("梅岭村",),
            B,
        ]
    ),
    records=[(A[0], [TIANQIAN, MEILING], A[2]), RB],
)
case(
    "html with the sender before the table",
    "a.xls",
    page(table(A, B, above=()), before=f"<p>{TITLE}</p><p>{UNIT}</p>"),
    found_in="paragraph",
)
case(
    "excel's xml",
    "a.xls",
    spreadsheet_xml(
        [
            ((TITLE, 2, 0),),
            ((UNIT, 2, 0),),
            HEAD,
            (("惠安县演示税务窗口", 0, 1), "田墘村", (A[2], 0, 1)),
            ("梅岭村",),
            B,
        ]
    ),
    records=[(A[0], [TIANQIAN, MEILING], A[2]), RB],
)
case("opendocument", "a.ods", ods(TABLE))
case("word", "a.docx", docx(TITLE, UNIT, table(A, B, above=())), found_in="paragraph")
case(
    "word with the title inside the table",
    "a.docx",
    docx([((TITLE, 3, ""),), ((UNIT, 3, ""),), HEAD, A, B]),
)
case(
    "word with cells joined down",
    "a.docx",
    docx(
        UNIT,
        [
            HEAD,
            ((A[0], 1, "restart"), "田墘村", (A[2], 1, "restart")),
            (("", 1, "continue"), "梅岭村", ("", 1, "continue")),
            B,
        ],
    ),
    found_in="paragraph",
    records=[(A[0], [TIANQIAN, MEILING], A[2]), RB],
)
case(
    "word with two tables",
    "a.docx",
    docx(TITLE, UNIT, [HEAD, A], "续表", [HEAD, B]),
    found_in="paragraph",
)
case(
    "word with the sender in the page header",
    "a.docx",
    docx(TITLE, [HEAD, A, B], header=UNIT),
    found_in="paragraph",
)
case(
    "word under the name of excel", "a.xlsx", docx(TITLE, UNIT, [HEAD, A, B]), found_in="paragraph"
)
case("excel under the name of csv", "a.csv", xlsx(TABLE))


def _saved_page() -> bytes:
    message = email.message.EmailMessage()
    message.set_content(page(TABLE).decode(), subtype="html", cte="base64")
    return b"MIME-Version: 1.0\r\n" + message.as_bytes().replace(b"MIME-Version: 1.0\n", b"")


case("a saved web page", "a.mht", _saved_page())
case(
    "text aligned by blanks",
    "a.txt",
    "\n".join("    ".join(row) for row in TABLE).encode("gb18030"),
)
case(
    "word without a table, by tabs",
    "a.docx",
    docx(TITLE, UNIT, *["\t".join(row) for row in (HEAD, A, B)]),
    found_in="cell",
)
case(
    "a real .xls with a hidden row",
    "a.xls",
    xls([(TITLE,), (UNIT,), HEAD, A, B], hidden_rows=(5,)),
    levels={("warning", "汇总表!A5:C5")},
)
