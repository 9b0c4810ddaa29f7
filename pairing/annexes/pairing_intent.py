"""附件1 of 泉妇〔2014〕28号: what a 文明岗 or 妇委会 offers the village it would pair with."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pairing import eligibility
from pairing.leaders import read_leader
from pairing.ticks import ticked
from reporting.annexes import Field, FormAnnex, Period, is_blank

_NONE = frozenset(
    {"无", "没有", "暂无", "暂没有", "尚无", "0", "０", "〇", "-", "—", "——", "/", "\\"}
)
_LEADER = "负责人姓名、职务及联系电话"
_OFFER = "可提供扶持内容（可多项选择）"
_GOAL_HEADING = "牵手帮扶项目目标、具体内容："
LEVELS = (("national", "全国级"), ("provincial", "省级"), ("municipal", "市级"))
SUPPORT = (
    ("material", "物质牵手"),
    ("project", "项目牵手"),
    ("culture", "文化牵手"),
    ("compassion", "爱心牵手"),
)
_LEVELS_READ = {label: code for code, label in LEVELS} | {"国家级": "national"}
_LEVELS_SHORT = {label.removesuffix("级"): code for label, code in _LEVELS_READ.items()}
_SUPPORT_READ = {label: code for code, label in SUPPORT}
_SUPPORT_SHORT = {label.removesuffix("牵手"): code for label, code in _SUPPORT_READ.items()}

Values = Mapping[str, Any]


def _printed_level(values: Values) -> str:
    """The three brackets as issued; a tick takes the two blanks' place and their width."""
    marks = {code: "√" if values.get("post_level") == code else "  " for code, _ in LEVELS}
    return "  ".join(f"{label}（{marks[code]}）" for code, label in LEVELS)


def _printed_leader(values: Values) -> str:
    parts = (values.get(key) for key in ("leader_name", "leader_title", "leader_phone"))
    return "  ".join(str(part) for part in parts if part)


def _printed_support(values: Values) -> str:
    """The four choices in printed order, broken after the second as issued."""
    chosen = values.get("offered_support") or ()
    material, project, culture, compassion = (
        f"{label}（{'√' if code in chosen else ' '}）" for code, label in SUPPORT
    )
    return f"{material}、{project}、\n{culture}、{compassion}；"


def _printed_goal(values: Values) -> str:
    goal = values.get("project_goal")
    return f"{_GOAL_HEADING}\n{goal}" if goal else ""


def _level(text: str) -> str:
    """The level ticked; of several or of a doubtful one words that no choice has, so that it is asked."""
    found = ticked(text, _LEVELS_READ, _LEVELS_SHORT)
    return text.strip() if found is None else "、".join(found)


def _read_composites(texts: Mapping[str, str]) -> dict[str, Any]:
    goal = texts.get("B12", "").strip()
    for heading in (_GOAL_HEADING, _GOAL_HEADING.rstrip("：") + ":", _GOAL_HEADING.rstrip("：")):
        goal = goal.removeprefix(heading).strip()
    return {
        **read_leader(texts.get("B7", "")),
        "post_level": _level(texts.get("B6", "")),
        "offered_support": ticked(texts.get("B11", ""), _SUPPORT_READ, _SUPPORT_SHORT) or [],
        "project_goal": goal,
    }


def _shown(key: str) -> Callable[[Values], str]:
    return lambda values: PairingIntent.by_key[key].display(values.get(key))


class PairingIntent(FormAnnex):
    """附件1 征求意见表, one a post and year.

    Two readings the notice does not spell out: a committee has no level, and 拟结对村 may stay blank
    when 现已有结对村 is filled.
    """

    code = "pairing-intent"
    title = "泉州市巾帼文明岗、机关妇委会参与“岗村、委村”结对帮扶征求意见表"
    mark = "附件1"
    notice = "泉妇〔2014〕28号"
    period = Period.YEAR
    workbook = "pairing_intent.xlsx"
    fields = (
        Field(
            "post_name", "巾帼文明岗（妇委会）名称", "text",
            required=True, max_length=100, readonly=True, width=40,
        ),
        Field(
            "post_kind", "类别", "choice", required=True, readonly=True,
            choices=(("post", "巾帼文明岗"), ("committee", "机关妇委会")),
        ),
        Field(
            "post_level", "巾帼文明岗级别", "choice", choices=LEVELS,
            help_text="填所获的最高级别；机关妇委会不填。",
        ),
        Field(
            "leader_name", "负责人姓名", "text",
            required=True, max_length=30, personal=True, section=_LEADER, width=10,
        ),
        Field(
            "leader_title", "职务", "text",
            required=True, max_length=50, section=_LEADER, width=16,
        ),
        Field(
            "leader_phone", "联系电话", "phone", required=True, personal=True,
            section=_LEADER, width=16, help_text="11位手机号，或座机号。",
        ),
        Field("email", "电子邮箱", "email", width=30),
        Field(
            "existing_village", "现已有结对村（若无则不填写）", "village", multiple=True,
            help_text="可填多个；没有则留空。",
        ),
        Field(
            "intended_village", "拟结对村", "village",
            help_text="一岗（委）结一村；已有结对村的可不填。",
        ),
        Field(
            "offered_support", _OFFER, "multichoice",
            required=True, choices=SUPPORT, min_choices=1,
        ),
        Field(
            "project_goal", "牵手帮扶项目目标、具体内容", "long_text",
            required=True, max_length=1000, section=_OFFER, help_text="落实1—2个帮扶项目。",
        ),
    )  # fmt: skip
    by_key: ClassVar[dict[str, Field]] = {field.key: field for field in fields}
    headings = {
        "A1": "附件1",
        "A2": "泉州市巾帼文明岗、机关妇委会参与“岗村、委村”",
        "A3": "结对帮扶征求意见表",
        "A5": "巾帼文明岗（妇委会）名称",
        "A6": "巾帼文明岗级别",
        "A7": _LEADER,
        "A8": "电子邮箱",
        "A9": "现已有结对村（若无则不填写）",
        "A10": "拟结对村",
        "A11": _OFFER,
        "B6": _printed_level({}),
        "B11": _printed_support({}),
        "B12": _GOAL_HEADING,
    }
    cells = {
        "B5": _shown("post_name"),
        "B6": _printed_level,
        "B7": _printed_leader,
        "B8": _shown("email"),
        "B9": _shown("existing_village"),
        "B10": _shown("intended_village"),
        "B11": _printed_support,
        "B12": _printed_goal,
    }
    cell_keys = {
        "B5": ("post_name",),
        "B6": ("post_level",),
        "B7": ("leader_name", "leader_title", "leader_phone"),
        "B8": ("email",),
        "B9": ("existing_village",),
        "B10": ("intended_village",),
        "B11": ("offered_support",),
        "B12": ("project_goal",),
    }

    labels = {"B12": "B12"}

    def read_cells(self, texts: Mapping[str, str]) -> dict[str, Any]:
        return {**super().read_cells(texts), **_read_composites(texts)}

    def respondents(self, issuer: Any) -> Any:
        return eligibility.posts_and_committees(issuer)

    def known(self, unit: Any) -> dict[str, Any]:
        is_post = unit.unit_type.group == "post"
        return {"post_name": unit.name, "post_kind": "post" if is_post else "committee"}

    def prefill(self, unit: Any) -> dict[str, Any]:
        level = unit.post_level.code if unit.post_level else None
        found = {"post_level": level, "email": unit.contact_email}
        return {**self.known(unit), **{key: value for key, value in found.items() if value}}

    def rules(self, values: dict[str, Any]) -> dict[str, list[str]]:
        errors: dict[str, list[str]] = {}
        existing = values.get("existing_village")
        if isinstance(existing, list):
            values["existing_village"] = existing = [
                village for village in existing if village["text"] not in _NONE
            ]
        kind, level = values.get("post_kind"), values.get("post_level")
        if kind == "post" and not level:
            errors["post_level"] = ["“巾帼文明岗级别”未填写，请选择全国级、省级或市级。"]
        if kind == "committee" and level:
            errors["post_level"] = ["机关妇委会没有文明岗级别，请清除“巾帼文明岗级别”。"]
        if is_blank(values.get("intended_village")) and is_blank(existing):
            errors["intended_village"] = [
                "“拟结对村”未填写，也没有现已有结对村；请选择或输入一个村（社区）。"
            ]
        return errors
