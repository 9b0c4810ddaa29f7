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
        Field("post", "文明岗（妇委会）", "text", required=True, max_length=100, width=20),
        Field(
            "village", "结对村", "text", required=True, max_length=500, width=16,
            help_text="有多个村时用“、”隔开。",
        ),
        Field(
            "project_goal", "结对帮扶项目、目标", "long_text",
            required=True, max_length=1000, width=40,
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
