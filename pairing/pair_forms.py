"""What one types for a pair and for each step of its life."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from federation.models import User
from pairing import liaisons, renewing
from pairing.annexes.pairing_intent import SUPPORT
from pairing.fields import PartyField, PartyUnitField
from pairing.models import Mode, Pairing, PairKind
from registry.fields import DateInput, PersonField
from registry.forms import ArchiveForm

HELPERS = {"helper_unit": ("unit",), "helper": ("person", "enterprise", "association")}
RECIPIENTS = {
    "recipient_unit": "unit", "household": "household", "person": "person", "site": "site",
}  # fmt: skip


def _reason(label: str, *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=200, required=required, widget=forms.Textarea(attrs={"rows": 2})
    )


def _day(label: str, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DateInput(), initial=timezone.localdate, **more)


class PartiesForm(ArchiveForm):
    """Both sides as a kind of pair allows them; exactly one field of each side is filled."""

    helper_unit = PartyUnitField(label="帮扶单位", what="helping", required=False)
    helper = PartyField(label="帮扶力量", what="helpers", help_text="个人、企业、协会，须先登记。")
    recipient_unit = PartyUnitField(label="村（社区）、单位", what="places", required=False)
    household = PartyField(label="家庭", what="households")
    person = PersonField(label="个人", required=False, help_text="在册的档案。")
    site = PartyField(label="阵地", what="sites")
    needs_recipient = True

    def __init__(self, *args: Any, kind: PairKind, **kwargs: Any):
        self.kind = kind
        super().__init__(*args, **kwargs)
        for name, parties in HELPERS.items():
            if not set(parties) & set(kind.helpers):
                del self.fields[name]
        for name, party in RECIPIENTS.items():
            if party not in kind.recipients:
                del self.fields[name]

    def sides(self) -> dict[str, list[str]]:
        return {
            "帮扶方": [name for name in HELPERS if name in self.fields],
            "受助方": [name for name in RECIPIENTS if name in self.fields],
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for side, names in self.sides().items():
            filled = [name for name in names if cleaned.get(name)]
            if len(filled) > 1:
                self.add_error(filled[1], f"{side}只能选一个，请清空其余的。")
            elif not filled and self.needs_recipient and not set(names) & set(self.errors):
                self.add_error(names[0], f"请选定{side}。")
        return cleaned

    def parties(self) -> dict[str, Any]:
        names = (*HELPERS, *RECIPIENTS)
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name)}

    def side_sections(self) -> list[dict]:
        either = "以下只填一项。"
        return [
            {"title": side, "note": either if len(names) > 1 else "", "fields": [self[n] for n in names]}
            for side, names in self.sides().items()
        ]  # fmt: skip


class AgreedForm(ArchiveForm):
    """What is agreed beside the parties."""

    mode = forms.ChoiceField(label="方式", choices=[], widget=forms.RadioSelect)
    exception_reason = forms.CharField(
        label="例外原因", max_length=200, required=False,
        help_text="一帮一以外的、超过限额的，写明为什么。",
    )  # fmt: skip
    supports = forms.MultipleChoiceField(
        label="牵手内容", choices=SUPPORT, required=False, widget=forms.CheckboxSelectMultiple
    )
    goal = forms.CharField(
        label="帮扶项目、目标", max_length=1000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def allow(self, kind: PairKind) -> None:
        field: Any = self.fields["mode"]
        field.choices = [(code, Mode(code).label) for code in kind.modes]
        field.initial = kind.default_mode


class NewPairForm(PartiesForm, AgreedForm):
    """``seen`` are the hints she has read: once they are told, the same again is taken."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.allow(self.kind)

    def sections(self) -> list[dict]:
        agreed = [self[name] for name in AgreedForm.base_fields]
        return [*self.side_sections(), {"title": "约定", "fields": agreed}]

    def values(self) -> dict[str, Any]:
        return {
            **self.parties(),
            **{name: self.cleaned_data[name] for name in AgreedForm.base_fields},
        }


class EditForm(AgreedForm):
    """Of a pair in hand."""

    def __init__(self, *args: Any, row: Pairing, **kwargs: Any):
        super().__init__(*args, row=row, **kwargs)
        self.allow(row.kind)


# -- Steps -----------------------------------------------------------------------------------------
class StepForm(ArchiveForm):
    """A step of ``pair``; ``values`` are what its act takes."""

    def __init__(self, data: Any = None, *, user: User, pair: Pairing, **kwargs: Any):
        self.pair = pair
        super().__init__(data, user=user, **kwargs)


class ConfirmForm(StepForm):
    pass


class DeclineForm(StepForm):
    reason = _reason("不同意的原因")


class ActivateForm(StepForm):
    on = _day("开始日期", help_text="可以填已过去的日子；联系记录从这一天起计入。")


class EndForm(StepForm):
    on = _day("结束日期", help_text="结对的最后一天。")
    reason = _reason("结束原因")


class ReopenForm(StepForm):
    on = _day("恢复日期")
    reason = _reason("恢复原因")


class RenewForm(StepForm):
    year = forms.TypedChoiceField(label="续结年度", coerce=int)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        this = timezone.localdate().year
        field: Any = self.fields["year"]
        field.choices = [(year, f"{year}年") for year in (this, this + 1)]
        field.initial = renewing.year_in_question()


class TransferForm(PartiesForm):
    """One side or both; what is left blank stays."""

    on = _day("移交日期", help_text="从这一天起由新的一方接着结对，原有记录都保留。")
    reason = _reason("移交原因")
    exception_reason = forms.CharField(label="例外原因", max_length=200, required=False)
    needs_recipient = False

    def __init__(self, data: Any = None, *, user: User, pair: Pairing, **kwargs: Any):
        self.pair = pair
        super().__init__(data, user=user, kind=pair.kind, **kwargs)

    def sections(self) -> list[dict]:
        rest = [self[name] for name in ("on", "reason", "exception_reason")]
        sides = self.side_sections()
        for section in sides:
            section["title"] = f"新的{section['title']}"
            section["note"] = "不变的一方不填。"
        return [*sides, {"title": "办理", "fields": rest}]

    def values(self) -> dict[str, Any]:
        names = ("on", "reason", "exception_reason")
        return {**self.parties(), **{name: self.cleaned_data[name] for name in names}}


class LiaisonForm(StepForm):
    user = forms.ModelChoiceField(
        queryset=User.objects.none(), label="联系人", empty_label="请选择"
    )
    since = _day("开始日期")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["user"]
        field.queryset = liaisons.candidates(self.pair)


class EndLiaisonForm(StepForm):
    liaison = forms.ModelChoiceField(queryset=None, label="联系人", empty_label="请选择")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["liaison"]
        field.queryset = self.pair.liaisons.filter(until=None).select_related("user")

    def values(self) -> dict[str, Any]:
        if not self.cleaned_data.get("liaison"):
            raise ValidationError("请选定联系人。")
        return super().values()
