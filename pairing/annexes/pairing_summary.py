"""附件2 of 泉妇〔2014〕28号: a unit's pairs on one page."""

from collections.abc import Mapping
from typing import Any

from pairing import eligibility
from pairing.annexes.pairing_intent import PairingIntent
from reporting.annexes import Column, Field, Period, RegisterAnnex, is_blank


class PairingSummary(RegisterAnnex):
    """附件2 汇总表, one a reporting unit and year; one row from each approved 附件1."""

    code = "pairing-summary"
    title = "“岗村、委村”结对帮扶汇总表"
    mark = "附件2"
    notice = "泉妇〔2014〕28号"
    period = Period.YEAR
    workbook = "pairing_summary.xlsx"
    consolidates = "pairing-intent"
    fields = (
        Field(
            "post", "文明岗（妇委会）", "text", required=True, max_length=100, width=20,
            synonyms=(
                "巾帼文明岗（妇委会）", "文明岗", "妇委会", "巾帼文明岗", "巾帼岗（委）名称", "岗（委）名称",
                "文明岗（妇委会）名称", "巾帼文明岗（妇委会）名称", "文明岗名称", "妇委会名称", "岗委", "巾帼岗",
                "岗（妇委会）", "文明岗、机关妇委会", "巾帼文明岗、机关妇委会", "文明岗或妇委会", "岗位名称",
                "岗名", "岗名称", "文明岗单位", "帮扶单位", "帮扶单位名称", "结对单位", "结对岗", "结对岗（委）",
                "帮扶岗（委）", "牵手单位", "参与单位", "挂钩单位", "帮扶方", "结对方", "单位名称", "单位",
                "文明岗（委）", "结对文明岗", "帮扶文明岗", "机关妇委会", "岗位", "名称", "岗位（妇委会）", "结对帮扶单位",
            ),
        ),
        Field(
            "village", "结对村", "text", required=True, max_length=500, width=16,
            help_text="有多个村时用“、”隔开。", refers_to="village",
            synonyms=(
                "结对村（社区）", "结对村名称", "结对村居", "结对社区", "结对行政村", "村", "村名", "村（居）", "村居",
                "村（社区）", "村社区", "行政村", "帮扶村", "被帮扶村", "受帮扶村", "结对帮扶村", "结对对象", "帮扶对象",
                "结对村（居）", "拟结对村", "联系村", "挂钩村", "所在村", "村庄", "对口村", "牵手村", "村名称",
                "受援村", "结对的村", "结对村庄", "被结对村", "社区", "村委会", "村（居）委会", "所结对村", "镇、村", "乡镇、村", "所在乡镇、村", "乡镇（街道）、村（社区）", "镇（街道）、村（社区）",
            ),
        ),
        Field(
            "project_goal", "结对帮扶项目、目标", "long_text",
            required=True, max_length=1000, width=40,
            synonyms=(
                "帮扶项目", "帮扶目标", "项目", "目标", "帮扶项目及目标", "帮扶项目、目标", "项目、目标", "项目及目标",
                "项目目标", "结对帮扶项目", "结对帮扶目标", "结对帮扶项目及目标", "帮扶内容", "结对帮扶内容", "结对内容",
                "项目内容", "项目名称", "主要内容", "帮扶措施", "具体内容", "目标任务", "扶持内容", "扶持项目", "结对项目",
                "帮扶事项", "帮扶计划", "帮扶项目内容", "项目和目标", "结对项目、目标", "内容", "具体措施", "主要措施",
                "帮扶项目（目标）", "牵手帮扶项目目标、具体内容", "预期目标", "工作目标", "项目（目标）", "帮扶情况",
            ),
        ),
    )  # fmt: skip
    columns = tuple(Column(field.key, field.label) for field in fields)
    headings = {"A1": "附件2", "A2": "“岗村、委村”结对帮扶汇总表"}
    heading_row = 4
    first_row = 5
    printed_rows = 7
    unit_cell = "A3"

    def respondents(self, issuer: Any) -> Any:
        return eligibility.reporting_units(issuer)

    def row_from(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """拟结对村 is the pair of the row; a post that keeps its old villages names those."""
        intended = values.get("intended_village")
        village = "existing_village" if is_blank(intended) else "intended_village"
        return {
            "post": values.get("post_name") or "",
            "village": PairingIntent.by_key[village].display(values.get(village)),
            "project_goal": values.get("project_goal") or "",
        }
