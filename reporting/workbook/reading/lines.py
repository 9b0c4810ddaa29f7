"""Lines of a table that are no records: totals, notes, signatures, examples, headings of groups."""

import re

from reporting.workbook.reading.words import Texts, date, is_none, squeezed

_TOTAL = re.compile(
    r"^(?:本页|本表|全县|全市|全区|各|以上|县级|市级|累计)?(?:合计|总计|小计|共计|累计|总数|汇总|合共|总和)(?:[:：(（].*|数|[\d.]*|\d.*|共.*)?$"
    r"|^(?:以上|全县|全市|全区)?共(?:有|计|结对)?[\d一二三四五六七八九十百]+(?:个|对|家|户|岗|村|条|项).{0,40}$"
    r"|^其中[:：]"
)
_NOTE = re.compile(
    r"^(?:[※*＊★▲#]|(?:备?注|说明|附注|填表说明|填报说明|填写说明|温馨提示|提示|要求|填报要求|备注说明)\d*[:：、.)）\s一1]|"
    r"(?:备?注|说明)$|(?:以下|下面|以上)(?:为|是|系|均)|请(?:各|于|将|在|认真|按|如实|务必)|本表|此表|该表|以上(?:文明岗|名单|数据|信息|内容|结对|均|为|是|情况))"
)
_SIGNATURE = re.compile(
    r"(?:填表|填报|制表|经办|审核|复核|报送|联系|统计|录入|校对|分管|主管|单位|部门)?(?:负责)?(?:人|领导|单位|员)?"
    r"(?:签名|签字|签章|盖章|公章)?(?:\(?(?:签名|签字|签章|盖章|公章)\)?)[:：]?"
    r"|(?:填表|填报|制表|经办|审核|复核|报送|联系|统计|录入|校对|报表|主要负责|单位负责|部门负责|分管|审批|核稿|签发)人?(?:员|领导)?"
    r"(?:姓名|签名|签字|签章)?(?:及(?:联系)?电话|\(.{1,8}\))?[:：]"
    r"|(?:联系|咨询|办公|手机)?(?:电话|传真|手机|邮箱|电子邮箱|e-?mail|地址|邮编|qq)(?:号码)?[:：]"
    r"|(?:填报|填表|上报|报送|制表|报出|统计)?(?:日期|时间)[:：]|负责人[:：]|(?:单位)?领导[:：]|盖\s*章",
    re.IGNORECASE,
)
_UNIT_LINE = re.compile(
    r"^(?:填报|报送|上报|填表|申报|制表|呈报|报告|推荐)?单位(?:名称)?(?:[（(].{1,6}[)）])?[:：]"
)
_LABEL = re.compile(
    r"^.{0,8}(?:人|员|电话|日期|时间|领导|单位|手机|邮箱|盖章|签字|签名|签章|传真)(?:[（(].{1,8}[)）])?[:：]"
)
# Who signs a form and how to reach them: the words in the first of several cells.
_BRACKETED = re.compile(r"\([^()]{0,8}\)")
_SIGNER = re.compile(
    r"(?:(?:(?:填表|填报|制表|经办|审核|审批|复核|核稿|校对|签发|制单)(?:人|员|人员)?"
    r"|(?:报送|上报|报表|统计|录入|联系|联络)(?:人|员|人员)"
    r"|(?:主要|单位|部门|科室|分管|主管|妇联)?(?:负责人|领导))"
    r"(?:姓名|签名|签字|签章|盖章|意见)?(?:及(?:联系)?电话)?"
    r"|(?:联系|办公|咨询|固定|移动)?(?:电话|手机|传真)(?:号码)?|手机号码?|(?:电子)?邮箱|(?:联系|通讯)?地址|邮编"
    r"|(?:填报|填表|上报|报送|制表|报出|统计)?(?:日期|时间)"
    r"|(?:填报|填表|上报|报送)?单位(?:名称|盖章|公章|签章)?|盖章|公章)(?::.{0,20})?"
)
_SIGNERS_BEGIN = frozenset(
    "填制经审复核校签报上统录联主单部科分妇负领办咨固移电手传邮地通日时盖公("
)
# What only a record says, beside whatever its post is called: a village, or what is done there.
_VILLAGE = re.compile(
    r"(?:村|社区|[村居]委会?|[村居]民委员会|社区委员会)(?:\(.*\))?(?:$|[、,;/])|^[1-9]\d{11}$"
)
_LONGEST_SIGNED = 20  # characters of a name, a telephone number or a day
_SENDER = re.compile(r"^.{2,20}(?:妇联|妇女联合会|妇工委|妇女工作委员会)(?:[（(].{1,4}[)）])?$")
_EXAMPLE = re.compile(
    r"^(?:[（(【\[]?(?:示例|样例|例|举例|范例|填写示例|例如|样表)[)）】\]]?\d*(?:[:：]|$)|如[:：])|[（(](?:示例|样例|例)[)）]$"
)
_GROUP = re.compile(
    r"^(?:[（(]?[一二三四五六七八九十]{1,3}[)）]?[、.．:：)）]|第[一二三四五六七八九十]+[类组部章节])"
)
_CONTINUED = re.compile(
    r"^[（(]?(?:接|转|续)(?:上|下)?(?:页|表|背面)[)）]?$|^第?\d+页(?:[,，/共]*第?\d*页?)?$|^(?:以下|下面)?(?:空白|无内容|无正文)$|^[-—=_…·.。*]{2,}$"
)
_WHOLLY_BRACKETED = re.compile(r"^[（(【\[].*[)）】\]]$")
HEADING_TAILS = 2  # lines below a heading that may belong to it
# What stands in the line right below a heading: numbers of columns, or units and hints in brackets.
_COLUMN_MARK = re.compile(r"^(?:[甲乙丙丁戊己庚辛]|[A-Za-z]|\d{1,2}|[①-⑳]|[一二三四五六七八九十])$")
_HINT = re.compile(
    r"^(?:[（(【\[].{1,20}[)）】\]]|单位|[个户人名元期场次家笔亩%]|万元|人次|人民币|个、?万元)$"
)
_HEADING_TAIL = re.compile(f"{_COLUMN_MARK.pattern}|{_HINT.pattern}", re.MULTILINE)
_LONGEST_HINT, _OPENING = 4, "（(【["  # characters of a hint without brackets; how others begin
_COUNT_ONLY = re.compile(r"^[\d.,，]+(?:个|对|家|户|岗|村|条|项|名|人)?$")


def why_total(text: str) -> bool:
    return bool(_TOTAL.match(squeezed(text)))


def is_unit_line(text: str) -> bool:
    return bool(_UNIT_LINE.match(squeezed(text)))


def is_note(text: str) -> bool:
    return bool(_NOTE.match(squeezed(text)))


def is_heading_tail(texts: list[str]) -> bool:
    """甲 1 2 3 or （全称） （个） right below a heading: numbers of the columns, units and hints."""
    plain = [squeezed(text) for text in texts]
    if len(plain) < 2:
        return False
    return all(map(_COLUMN_MARK.match, plain)) or all(map(_HINT.match, plain))


def may_be_heading_tails(texts: Texts) -> bool:
    """Whether one of them could stand in such a line."""
    if texts.squeezed:
        return _HEADING_TAIL.search(texts.joined) is not None
    plain = map(squeezed, texts.all)
    return any(
        _COLUMN_MARK.match(text) or _HINT.match(text)
        for text in plain
        if len(text) <= _LONGEST_HINT or text[0] in _OPENING
    )


def is_signature(text: str) -> bool:
    plain = squeezed(text)
    return bool(_SIGNATURE.match(plain)) or is_unit_line(plain)


def all_labels(texts: list[str]) -> bool:
    """填表人：… 审核人：… 联系电话：…, however many cells they fill."""
    return len(texts) > 1 and all(_LABEL.match(squeezed(text)) for text in texts)


def is_signer(text: str) -> bool:
    """填表人, 审核人（签字）：, 制表：王某: the whole text, since a post may be called 审核中心."""
    return bool(_SIGNER.fullmatch(_BRACKETED.sub("", squeezed(text))))


def signers(texts: Texts) -> set[str]:
    """Those of many tidy texts that are; most begin with other letters."""
    begins = {letter for letter in texts.firsts if squeezed(letter)[:1] in _SIGNERS_BEGIN}
    if not begins:
        return set()
    return {text for text in texts.all if text[0] in begins and is_signer(text)}


def is_signed(texts: list[str]) -> bool:
    """填表人 | 王某 | 0595-…: a signature over several cells, in which nothing is said of a village."""
    if len(texts) < 2 or not is_signer(texts[0]):
        return False
    others = (squeezed(text) for text in texts[1:] if not is_signer(text))
    return not any(_is_told(text) for text in others if not _LABEL.match(text))


def says_village(text: str) -> bool:
    """Whether it ends like the name of a village, or is a village's code."""
    return bool(_VILLAGE.search(squeezed(text)))


def _is_told(plain: str) -> bool:
    return len(plain) > _LONGEST_SIGNED or "。" in plain or ";" in plain or says_village(plain)


def is_example(text: str) -> bool:
    return bool(_EXAMPLE.search(squeezed(text)))


def why(texts: list[str], *, lone: bool) -> str:
    """Why a line that lacks required fields is no record; empty when it may be one.

    ``texts`` are its distinct texts from the left; ``lone`` says that they are one text only.
    """
    if not texts:  # what stands there lies under a cell that is merged over it
        return ""
    first = squeezed(texts[0])
    joined = squeezed(" ".join(texts))
    if _TOTAL.match(first) or (
        len(texts) > 1 and _TOTAL.match(squeezed(texts[1])) and _COUNT_ONLY.match(first)
    ):
        return "total"
    if _CONTINUED.match(joined):
        return "page mark"
    if _EXAMPLE.search(first):
        return "example"
    if _NOTE.match(first):
        return "note"
    if is_signature(first) or any(
        is_signature(text) for text in texts[1:] if len(squeezed(text)) <= 30
    ):
        return "signature"
    if date(texts[-1]) and lone:
        return "date"
    if lone and _SENDER.match(first):
        return "signature"
    if (
        lone
        and (_GROUP.match(first) or re.match(r"^\d+[、.．)）]\s*\S", first))
        and len(first) <= 30
    ):
        return "group heading"
    if lone and (len(first) > 45 or _WHOLLY_BRACKETED.match(first)):
        return "note"
    if all(_COUNT_ONLY.match(squeezed(text)) or is_none(text) for text in texts):
        return "numbers only"
    return ""


WORDS = {
    "total": "合计行",
    "page mark": "页码或续表标记",
    "example": "填写示例",
    "note": "说明文字",
    "signature": "填表人、联系方式等",
    "date": "日期行",
    "group heading": "分组标题",
    "numbers only": "只有数字，没有名称",
    "title": "标题",
    "heading": "重复的表头",
    "hidden sheet": "隐藏的工作表",
    "void sheet": "标明作废的工作表",
    "repeats": "与另一张表内容相同",
    "struck": "整行加了删除线",
    "nil": "注明本期无",
    "outside": "表格之外的文字",
    "no table": "没有要找的表格",
    "footer": "表样上印好的说明",
    "blank form": "没有填写的空白表",
}
