"""What one types for a log: one form for every kind, with the blanks that the kind asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from pairing.logs import LINE
from pairing.models import ContactLog, LogKind, SupportLine
from registry.fields import DateInput
from registry.forms import ArchiveForm

LINES = 3  # of what was given; more is another log, or a project


class SupportForm(forms.Form):
    """One line of what was given; nothing typed is no line."""

    kind = forms.ChoiceField(
        label="类别", required=False, choices=[("", "—"), *SupportLine.Kind.choices]
    )
    name = forms.CharField(label="名称", required=False, max_length=60)
    quantity = forms.DecimalField(
        label="数量", required=False, min_value=0, max_digits=10, decimal_places=2
    )
    measure = forms.CharField(label="单位", required=False, max_length=10)
    value = forms.DecimalField(
        label="价值（元）", required=False, min_value=0, max_digits=12, decimal_places=2
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.told() and not cleaned.get("kind"):
            raise ValidationError("请选择这一项的类别，或清空这一行。")
        return cleaned

    def told(self) -> bool:
        return any(self.cleaned_data.get(name) not in (None, "") for name in LINE)


class LogForm(ArchiveForm):
    on = forms.DateField(label="日期", widget=DateInput(), initial=timezone.localdate)
    direction = forms.ChoiceField(
        label="方向", choices=ContactLog.Direction.choices[1:], widget=forms.RadioSelect
    )
    way = forms.ChoiceField(
        label="方式", required=False, choices=[("", "—"), *ContactLog.Way.choices]
    )
    summary = forms.CharField(
        label="内容", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="谈了什么、做了什么。不要写身份证号、电话和住址。",
    )  # fmt: skip
    value = forms.DecimalField(
        label="折合（元）", required=False, min_value=0, max_digits=12, decimal_places=2,
        help_text="全部价值，包括下面所列的；不填的，按下面所列合计。",
    )  # fmt: skip
    beneficiaries = forms.IntegerField(label="受益（人）", required=False, min_value=0)

    def __init__(self, data: Any = None, *, kind: LogKind, late: str = "", **kwargs: Any):
        self.kind = kind
        super().__init__(data, **kwargs)
        self.fields["on"].help_text = late
        if not kind.directed:
            del self.fields["direction"]
        for blank in ("value", "beneficiaries"):
            if blank not in kind.asks:
                del self.fields[blank]
        lines = range(1, LINES + 1) if "supports" in kind.asks else ()
        self.lines = [SupportForm(data, prefix=f"line{number}") for number in lines]

    def is_valid(self) -> bool:
        good = [line.is_valid() for line in self.lines]
        for number, line in enumerate(self.lines, start=1):
            if line.errors:
                words = "；".join(text for held in line.errors.values() for text in held)
                self.add_error(None, f"扶持明细第{number}行：{words}")
        return super().is_valid() and all(good)

    def values(self) -> dict[str, Any]:
        told = [line.cleaned_data for line in self.lines if line.told()]
        return {**self.cleaned_data, "supports": told}


class WithdrawForm(ArchiveForm):
    reason = forms.CharField(
        label="撤回原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="撤回后不再计入，这一行和原因仍留在页面上。不要写身份证号、电话。",
    )  # fmt: skip


class PhotoForm(ArchiveForm):
    photo = forms.FileField(
        label="照片", widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png"}),
        help_text="jpg 或 png，不超过 2 MB，每条最多三张。照片里的拍摄地点、手机型号不保存。",
    )  # fmt: skip
