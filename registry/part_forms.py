"""What one types for what hangs on an archive: relations, household, needs, the end of things."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from registry import enrolling
from registry.fields import DateInput, PersonField, PrivateField
from registry.forms import ArchiveForm
from registry.models import Enrolment, Need, NeedState, Relation


def _today(label: str) -> forms.DateField:
    return forms.DateField(label=label, widget=DateInput(), initial=timezone.localdate)


class RelationForm(ArchiveForm):
    secrets = ("phone",)

    kind = forms.ChoiceField(label="关系", choices=Relation.Kind.choices)
    called = forms.CharField(
        label="称谓", required=False, max_length=20, help_text="如姑姑、外祖父。"
    )
    other = PersonField(
        label="已建的档案", required=False, help_text="此人在本系统有档案的，按姓名找。"
    )
    name = forms.CharField(
        label="姓名", required=False, max_length=30, help_text="没有档案的，填姓名和电话。"
    )
    phone = PrivateField(label="联系电话", max_length=30)
    away = forms.BooleanField(label="外出", required=False)
    away_place = forms.CharField(label="外出地", required=False, max_length=60)
    starts_on = forms.DateField(label="开始日期", required=False, widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.row is not None:
            # Who it is stands; another person is another relation.
            del self.fields["other"]
            if self.row.other_id:
                del self.fields["name"]


class EndForm(ArchiveForm):
    """The day on which a relation ended."""

    on = _today("结束日期")


class LeaveForm(ArchiveForm):
    """退出专项."""

    on = _today("退出日期")
    reason = forms.ChoiceField(label="退出原因", required=False)
    other_reason = forms.CharField(label="其他原因", required=False, max_length=40)

    def __init__(self, *args: Any, enrolment: Enrolment, **kwargs: Any):
        super().__init__(*args, **kwargs)
        words = enrolment.programme.exit_reasons
        self.fields["reason"].choices = [("", "请选择"), *((w, w) for w in words)]

    def values(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {"on": cleaned["on"], "reason": cleaned["reason"] or cleaned["other_reason"]}


class HouseholdForm(ArchiveForm):
    secrets = ("address",)

    with_whom = PersonField(
        label="与谁一户", required=False, help_text="同村（社区）已建档的家人；没有的不填。"
    )
    number = forms.CharField(
        label="户编号", required=False, max_length=30, help_text="如建档立卡户编号；没有的不填。"
    )
    address = PrivateField(label="住址", max_length=120)
    is_head = forms.BooleanField(label="本人是户主", required=False)
    note = forms.CharField(label="备注", required=False, max_length=200)


class NeedForm(ArchiveForm):
    secrets = ("text",)

    category = forms.ChoiceField(label="类别", choices=Need.Category.choices)
    programme = forms.ModelChoiceField(None, label="专项", required=False, empty_label="—")
    text = PrivateField(label="内容", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    opened_on = _today("提出日期")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["programme"].queryset = enrolling.offered(self.user)

    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data}


class CloseForm(ArchiveForm):
    """What became of a need."""

    state = forms.ChoiceField(
        label="结果", required=False, widget=forms.RadioSelect,
        choices=[(s.value, s.label) for s in (
            NeedState.UNDER_WAY, NeedState.MET, NeedState.DROPPED)],
    )  # fmt: skip
    how = forms.CharField(
        label="办结情况", required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="怎样解决的，或为什么不再需要；转为办理中的不用填。",
    )  # fmt: skip
    on = _today("日期")
