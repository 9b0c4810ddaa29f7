"""姓名、职务、联系电话 out of one cell, however an office parts them."""

import re

_LONGEST = 500  # characters of a cell that is parted
_SHORTEST = 7  # digits of a telephone number
_GAPS = r"[^\S\n]"
_PHONE = re.compile(
    rf"(?:[+＋]?86[-－]?{_GAPS}?)?[(（]?[0-9０-９](?:[0-9０-９()（）‐-―−－-]|{_GAPS})*[0-9０-９]"
    rf"(?:{_GAPS}*(?:转|分机|ext\.?){_GAPS}*[0-9０-９]{{1,6}})?"
)
_LABEL = re.compile(
    r"(?:(?<=^)|(?<=[\s，,、;；/／|（(]))"
    r"(?:(?:负责人)?(?:姓名|职务)\s*[:：]?|(?:负责人|联系电话|联系方式|办公电话|电话|手机号码|手机号?)\s*[:：])\s*"
)
_CALLED = re.compile(r"(?:联系|办公)?(?:电话|手机号码|手机号?|[Tt]el\.?)\s*[:：]?\s*$")
_PARTS = re.compile(r"[\s，,、;；/／|｜()（）\[\]【】]+")
_TITLE = re.compile(
    r".*(?:主任|书记|主席|经理|[岗所局处科院校园馆站队组班股部店行厂社会课台室]长|组长|主管|干事|干部|专干|会计|出纳|委员|科员|职员|"
    r"教师|老师|医师|医生|护士|法官|检察官|工程师|律师|助理|秘书|董事|总监|总裁|理事|督导|负责人|[级正副]职|代表|员|师|工)"
)
_OFFICE = re.compile(r".{2,}(?:室|科|部|处|局|会|站|所|院|组|队|岗|中心|公司|支行|分行)")
#: Common surnames: 张演示、李演示 is two persons, 张演示、护理 is not.
_PERSON = re.compile(
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦"
    "付方白邹孟熊秦邱江尹薛段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤温康施洪庄柯]"
    "[\u4e00-\u9fff]{1,2}"
)
_SPREAD = (
    re.compile("[\u4e00-\u9fff] [\u4e00-\u9fff]{1,2}"),
    re.compile("(?:[\u4e00-\u9fff] ){2}[\u4e00-\u9fff]"),
)


def read_leader(text: str) -> dict[str, str]:
    """The three fields of a cell; where it names two persons, all of it stays with the name."""
    text = text.strip()
    if len(text) > _LONGEST:
        return {"leader_name": text, "leader_title": "", "leader_phone": ""}
    phone, rest = _phone(text)
    rest = _LABEL.sub("\n", rest)
    name, title = _name_and_title(rest)
    if not name and rest.strip():
        return {"leader_name": text, "leader_title": "", "leader_phone": ""}
    return {"leader_name": name, "leader_title": title, "leader_phone": phone}


def _phone(text: str) -> tuple[str, str]:
    """What looks like a number, and the text without it; of two numbers one text, which is asked."""
    found = [
        match
        for match in _PHONE.finditer(text)
        if sum(sign.isdigit() for sign in match[0]) >= _SHORTEST
    ]
    if not found:
        return "", text
    start, end = found[0].start(), found[-1].end()
    between = text[found[0].end() : found[-1].start()] if len(found) > 1 else ""
    if _PARTS.sub("", _LABEL.sub("", between)):
        return "", text
    phone = text[start:end]
    if phone[0] in "(（" and not set(phone) & set(")）"):
        start, phone = start + 1, phone[1:]
    return phone, f"{_CALLED.sub('', text[:start])}\n\n{text[end:]}"


def _name_and_title(rest: str) -> tuple[str, str]:
    """Empty both where the parts are not one name and titles."""
    # Two blanks are how the form itself is printed: what stands between them is not parted again.
    printed = re.fullmatch(r"([^\s，,、;；]+)  (\S+)", rest.strip())
    if printed:
        return printed[1], printed[2]
    parts = [part for part in _PARTS.split(rest) if part.strip("-—－:：.。")]
    if _SPREAD[1].fullmatch(" ".join(parts[:3])):
        parts[:3] = ["".join(parts[:3])]
    elif _SPREAD[0].fullmatch(" ".join(parts[:2])) and not _is_title(parts[1]):
        parts[:2] = ["".join(parts[:2])]
    elif len(parts) == 2 and _is_title(parts[0]) and not _is_title(parts[1]):
        parts.reverse()
    if len(parts) < 2:
        return "".join(parts), ""
    name, *titles = parts
    if len(titles) == 1:
        two = _PERSON.fullmatch(titles[0]) and not _is_title(titles[0])
        return ("", "") if two else (name, titles[0])
    if _is_title(titles[-1]) and all(_is_title(one) or _OFFICE.fullmatch(one) for one in titles):
        return name, "、".join(titles)
    return "", ""


def _is_title(word: str) -> bool:
    return _TITLE.fullmatch(word) is not None
