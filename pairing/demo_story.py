"""What befalls whom in the demo: fates of forms, verdicts on tables, and the days they fall on."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from federation.demo import hour

# 附件1 come in on these days; all are judged before the first unit reports on 2014-05-16.
WORKDAYS = [dt.date(2014, 5, day) for day in (5, 6, 7, 8, 9, 12, 13, 14, 15)]
LATE_DAYS = [dt.date(2014, 5, day) for day in (21, 22, 23, 26, 27)]


class Fate(Enum):
    """How far one 附件1 has come."""

    UNTOUCHED = auto()
    DRAFT = auto()
    WAITING = auto()
    RETURNED = auto()
    CORRECTED = auto()  # returned once, then approved
    ON_BEHALF = auto()  # filled by the county (代填), approved by its vice chair
    APPROVED = auto()


# By unit: the fates of its submitted forms by place (from 0); all others are approved.
FATES = {
    "鲤城区妇联": {1: Fate.CORRECTED, 4: Fate.ON_BEHALF},
    "丰泽区妇联": {2: Fate.CORRECTED},
    "洛江区妇联": {3: Fate.RETURNED, 6: Fate.WAITING},
    "惠安县妇联": {2: Fate.RETURNED, 5: Fate.ON_BEHALF, 7: Fate.WAITING},
    "安溪县妇联": {1: Fate.WAITING, 4: Fate.CORRECTED},
    "永春县妇联": {0: Fate.RETURNED, 3: Fate.WAITING},
    "德化县妇联": {2: Fate.CORRECTED, 5: Fate.RETURNED} | dict.fromkeys(range(6, 13), Fate.WAITING),
    "石狮市妇联": {1: Fate.RETURNED, 3: Fate.ON_BEHALF, 7: Fate.RETURNED}
    | dict.fromkeys(range(8, 12), Fate.WAITING),
    "晋江市妇联": {5: Fate.CORRECTED, 9: Fate.ON_BEHALF},
    "南安市妇联": {2: Fate.WAITING},
    "市直机关妇工委": {3: Fate.CORRECTED},
}
# The one draft of 鲤城区 that the account post1 goes on with.
BEGUN = "QZ-0002"


def fate(data: dict[str, Any], post: dict[str, Any]) -> Fate:
    siblings = [p for p in data["posts"] if p["unit"] == post["unit"]]
    if not post["submitted"]:
        idle = [p["number"] for p in siblings if not p["submitted"]]
        begun = post["number"] == BEGUN or idle.index(post["number"]) % 2 == 0
        return Fate.DRAFT if begun else Fate.UNTOUCHED
    place = [p["number"] for p in siblings if p["submitted"]].index(post["number"])
    return FATES.get(post["unit"], {}).get(place, Fate.APPROVED)


@dataclass(frozen=True)
class Slip:
    """A cell filled so that it passes the form's rules and not the county's eye."""

    key: str
    value: Any
    reason: str


def slip(number: int, values: dict[str, Any]) -> Slip:
    slips = (
        Slip("project_goal", "开展结对帮扶活动。", "目标不具体，请写明做什么、做多少、何时完成。"),
        Slip("leader_title", "负责人", "请填写在单位的职务，不要只写“负责人”。"),
        Slip(
            "offered_support",
            [
                code
                for code in ("material", "project", "culture")
                if code not in values["offered_support"]
            ][:1],
            "所选扶持内容与帮扶目标不一致，请核对。",
        ),
    )
    return slips[number % len(slips)]


@dataclass(frozen=True)
class Correction:
    """What a county changed in the first row of its table, against the source."""

    key: str
    addition: str
    reason: str


CORRECTIONS = {
    "晋江市妇联": Correction("project_goal", "，年底前完成。", "已与该岗电话核实，补充完成时限"),
}


@dataclass(frozen=True)
class Verdict:
    """What 市妇联发展部 did with a table; ``row`` from 1 and ``key`` when it sent back one cell."""

    step: str
    on: dt.date
    reason: str = ""
    row: int = 0
    key: str = ""


VERDICTS = {
    "市直机关妇工委": Verdict("approve", dt.date(2014, 5, 19)),
    "丰泽区妇联": Verdict("approve", dt.date(2014, 5, 20)),
    "晋江市妇联": Verdict("approve", dt.date(2014, 5, 21)),
    "鲤城区妇联": Verdict(
        "return", dt.date(2014, 5, 23), "农技推广站、办税服务厅两个岗尚未填报，请催报后一并报送。"
    ),
    "泉港区妇联": Verdict(
        "return", dt.date(2014, 5, 27), "请写明帮扶的户数（人数）和完成时间。", 3, "project_goal"
    ),
    "泉州开发区妇工委": Verdict("approve", dt.date(2014, 5, 26)),
}


NOTICE = hour(dt.date(2014, 4, 24), 9)


def signed_on(place: int) -> dt.date:
    """Recipients sign on one of the three working days after the notice."""
    return (dt.date(2014, 4, 25), dt.date(2014, 4, 28), dt.date(2014, 4, 29))[place % 3]


def workday(place: int) -> dt.date:
    return WORKDAYS[place]


def next_workday(day: dt.date) -> dt.date:
    return WORKDAYS[WORKDAYS.index(day) + 1]


def late_day(number: int) -> dt.date:
    return LATE_DAYS[number % len(LATE_DAYS)]


def moments(
    number: int,
) -> tuple[Callable[[dt.date], dt.datetime], Callable[[dt.date], dt.datetime]]:
    """When in the day the person of form ``number`` begins, and when she is done."""
    began, minute = 8 + number % 4, number * 13 % 60
    return (lambda day: hour(day, began, minute)), (lambda day: hour(day, began + 5, minute))
