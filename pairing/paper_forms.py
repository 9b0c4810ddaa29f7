"""What one types for what a pair puts in writing: agreement, plan, project, its steps and gifts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from federation import kept_files
from pairing import papers, wording
from pairing.models import AssistanceProject, Pairing, SupportLine
from registry.fields import DateInput
from registry.forms import ArchiveForm

EXAMPLE = "如 2026-05-01"


def _day(label: str, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=DateInput(placeholder=EXAMPLE), **more
    )


def _words(label: str, longest: int, *, rows: int = 0, **more: Any) -> forms.CharField:
    if rows:
        more["widget"] = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=longest, required=False, **more)


def _file(label: str, kinds: Any, help_text: str) -> forms.FileField:
    widget = forms.FileInput(attrs={"accept": ",".join(kinds)})
    return forms.FileField(label=label, required=False, widget=widget, help_text=help_text)


def _yuan(label: str, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=0, max_digits=12, decimal_places=2, **more)


class PaperForm(ArchiveForm):
    """``pair`` is whose paper it is; ``row`` None a new one."""

    def __init__(self, *args: Any, pair: Pairing, **kwargs: Any):
        self.pair = pair
        super().__init__(*args, **kwargs)

    def values(self) -> dict[str, Any]:
        """What the act takes, the file apart."""
        return {name: held for name, held in self.cleaned_data.items() if name != "upload"}

    def upload_says(self, name: str) -> None:
        if name:
            self.fields["upload"].help_text = f"已有：{name}。重新选择会换掉它；不换就不用选。"


class AgreementForm(PaperForm):
    signed_on = _day("签订日期", help_text="还没有签的不填：先打印、签字盖章，再回来登记。")
    valid_until = _day("有效期至", help_text="期满前30天提醒续签。")
    terms = _words(
        "双方责任", 4000, rows=12,
        help_text="已填好通用文字，可以修改。双方名称、目标、牵手内容、规则要求和期限由系统印在协议上。",
    )  # fmt: skip
    upload = _file("扫描件", papers.SCANS, "签字盖章的协议，PDF 或照片，不超过 20 MB。")

    def __init__(self, *args: Any, pair: Pairing, **kwargs: Any):
        super().__init__(*args, pair=pair, **kwargs)
        if not (self.row and self.row.terms):
            self.initial["terms"] = wording.terms(pair)

    def about(self, row: Any) -> None:
        self.upload_says(row.scan_name)


class PlanForm(PaperForm):
    year = forms.IntegerField(label="年度", initial=lambda: timezone.localdate().year)
    text = _words(
        "方案内容",
        4000,
        rows=10,
        help_text="写明项目、措施、完成时间和经办人岗位；已有文件的可以只上传。",
    )
    upload = _file("方案文件", kept_files.DOCUMENTS, "Word、WPS、PDF、表格或照片，不超过 20 MB。")

    def about(self, row: Any) -> None:
        self.upload_says(row.file_name)


class ProjectForm(PaperForm):
    year = forms.IntegerField(label="年度", initial=lambda: timezone.localdate().year)
    name = forms.CharField(label="项目名称", max_length=80)
    goal = _words("目标", 500, rows=3, help_text="做什么、做多少、何时完成。")
    sector = forms.ChoiceField(label="领域", choices=list(AssistanceProject.SECTORS.items()))
    nature = forms.ChoiceField(
        label="帮扶性质", choices=AssistanceProject.Nature.choices, widget=forms.RadioSelect,
        initial="capacity_building", help_text="造血：培训、产业、就业等；输血：送钱、送物。",
    )  # fmt: skip
    policy_used = _words("运用政策", 200, help_text="如妇女小额担保贷款、农村实用技术培训。")
    budget = _yuan("预算（元）", required=False)
    state = forms.ChoiceField(label="进度", choices=AssistanceProject.State.choices)
    starts_on = _day("开始日期")
    finished_on = _day("完成日期")
    results = _words("成效", 1000, rows=3)
    beneficiaries = forms.IntegerField(label="受益（人）", required=False, min_value=0)

    def sections(self) -> list[dict]:
        aims = ("year", "name", "goal", "sector", "nature", "policy_used", "budget")
        parts = (("目标", aims), ("实施和成效", [n for n in self.fields if n not in aims]))
        return [{"title": title, "fields": [self[n] for n in names]} for title, names in parts]


class RowForm(ArchiveForm):
    """A row of a project, beside others on one page: the ids of its fields carry ``mark``."""

    def __init__(self, *args: Any, mark: str = "", **kwargs: Any):
        super().__init__(*args, auto_id=f"id_{mark}%s", **kwargs)


class MilestoneForm(RowForm):
    name = forms.CharField(label="步骤", max_length=100)
    due_on = _day("时限")
    done_on = _day("完成日期")


class SupportForm(RowForm):
    kind = forms.ChoiceField(label="类别", choices=SupportLine.Kind.choices)
    name = _words("名称", 60)
    quantity = forms.DecimalField(
        label="数量", required=False, min_value=0, max_digits=10, decimal_places=2
    )
    measure = _words("单位", 10, help_text="如台、册、套。")
    value = _yuan("价值（元）", help_text="物资按折价。")
    given_on = _day("日期")


ROWS: dict[str, type[RowForm]] = {"milestone": MilestoneForm, "support": SupportForm}
