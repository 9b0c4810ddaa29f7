"""What one types for a notice: its head, its addressees, contacts and attachments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy

from federation.models import OrgUnit, UnitType
from federation.scope import OutOfReach
from federation.unit_field import UnitField
from notices import deliverables, doc_numbers, drafting
from notices.models import Addressee, Attachment, Contact, Notice

NOT_THERE = "没有这个组织，或者已经撤销，请从列出的里面重新选。"


class DateInput(forms.DateInput):
    """A date as the portal writes it, 2014-05-25."""

    def __init__(self, **attrs: Any):
        super().__init__(format="%Y-%m-%d", attrs={"autocomplete": "off", **attrs})


class AnyUnitField(UnitField):
    """Any open unit there is: names are public, and a letter may go to a unit anywhere."""

    def __init__(self, **kwargs: Any):
        super().__init__(url=reverse_lazy("unit_pick"), **kwargs)

    def clean(self, value):
        self.queryset = OrgUnit.objects.open_now()
        try:
            return super().clean(value)
        except OutOfReach as error:
            raise ValidationError(NOT_THERE) from error


def canonical(form: forms.BaseForm, name: str, raw: Any) -> str:
    """``raw`` of the field ``name`` as one text, however it was typed; as it is where it is wrong."""
    text = "" if raw is None else str(raw).replace("\r\n", "\n")
    try:
        value = form.fields[name].clean(text)
        if name == "doc_number":
            value = doc_numbers.parse(text) or ""
    except (ValidationError, ValueError):
        return text
    return "" if value is None else str(value)


class HeadForm(forms.ModelForm):
    """The notice itself. What is wrong stays in the form; the rest can be kept without it."""

    class Meta:
        model = Notice
        fields = drafting.HEAD
        widgets = {
            "title": forms.Textarea(attrs={"rows": 2}),
            "issue_date": DateInput(),
            "print_date": DateInput(),
            "campaign_from": DateInput(),
            "campaign_to": DateInput(),
            "basis": forms.Textarea(attrs={"rows": 2}),
            "body": forms.Textarea(attrs={"rows": 22, "class": "form-control draft-body"}),
            "enclosure": forms.Textarea(attrs={"rows": 8, "class": "form-control draft-body"}),
        }
        help_texts = {
            "doc_number": "如：泉妇〔2014〕28号。方括号、空格都认得；没有字号可以不填。",
            "title": "需要分行时在标题中回车。",
            "signer": "上报的文件印在红线上方右侧；下发的只留存，不印。",
            "body": "一行一段，不用空格缩进。“一、”“（一）”“1.”开头的自动排成各级标题。"
            "主送单位在下面选，正文里不用写。",
            "enclosure": "随通知印发的方案、办法，另起一页。",
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, use_required_attribute=False, **kwargs)

    def sections(self) -> list[dict]:
        def part(title: str, *names: str, note: str = "") -> dict:
            return {"title": title, "note": note, "fields": [self[name] for name in names]}

        return [
            part(
                "文头", "doc_type", "doc_number", "title", "signer", "issue_date", "print_date",
            ),
            part("正文", "basis", "body"),
            part("活动时间", "campaign_from", "campaign_to", note="没有活动期限的不填。"),
            part("印发的文件", "enclosure_title", "enclosure", note="没有的不填。"),
        ]  # fmt: skip

    def texts(self) -> dict[str, str]:
        """Every field as one text: what was typed, or what the draft holds."""
        return {
            name: canonical(
                self, name, self.data.get(name) if self.is_bound else self[name].value()
            )
            for name in self.fields
        }

    def good(self) -> dict[str, Any]:
        """Fields without an error, for keeping what can be kept."""
        self.is_valid()
        return {name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data}

    def clean_doc_number(self) -> str:
        try:
            number = doc_numbers.parse(self.cleaned_data["doc_number"])
        except ValueError as error:
            raise ValidationError(str(error)) from error
        return str(number) if number else ""

    def _get_validation_exclusions(self) -> set[str]:
        # The rules of the row are asked by drafting, in its transaction.
        return {*super()._get_validation_exclusions(), *self.fields}

    def validate_constraints(self) -> None:
        """Asked in the transaction of the writing."""


class NewForm(HeadForm):
    """The few lines a new notice begins with."""

    issuer = forms.ModelChoiceField(
        OrgUnit.objects.none(), label="发文单位", to_field_name="uuid", empty_label=None
    )

    class Meta(HeadForm.Meta):
        fields = ("doc_type", "doc_number", "title", "issue_date")

    def __init__(self, *args: Any, units: list[OrgUnit], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["issuer"].queryset = OrgUnit.objects.filter(pk__in=[u.pk for u in units])
        if len(units) == 1:
            self.fields["issuer"].initial = units[0].uuid
            self.fields["issuer"].widget = forms.HiddenInput()
        self.order_fields(["issuer", "doc_type", "doc_number", "title", "issue_date"])

    def sections(self) -> list[dict]:
        return [{"fields": self.visible_fields()}]


class PartForm(forms.ModelForm):
    """Base of the forms of parts; the rules of the row are asked by drafting."""

    word = ""
    position = forms.IntegerField(label="顺序", min_value=1, max_value=999, required=False)

    def __init__(self, *args: Any, notice: Notice, **kwargs: Any):
        super().__init__(*args, use_required_attribute=False, **kwargs)
        self.notice = notice
        if self.instance.pk is None:
            del self.fields["position"]
        else:
            self.fields["position"].initial = self.instance.position
            self.order_fields([*(n for n in self.fields if n != "position"), "position"])

    def sections(self) -> list[dict]:
        return [{"fields": self.visible_fields()}]

    def values(self) -> dict[str, Any]:
        """What drafting takes; call when valid."""
        values = dict(self.cleaned_data)
        if not values.get("position"):
            values.pop("position", None)
        return values

    def _post_clean(self) -> None:
        """Nothing: the row is filled and validated in the transaction of the writing."""


class AddresseeForm(PartForm):
    word = "主送、抄送"
    unit_type = forms.ModelChoiceField(
        UnitType.objects.all(), label="一类组织", required=False, empty_label="（不按类）",
        help_text="发给本单位辖区内的所有这类组织，如“县（市、区）妇联”。",
    )  # fmt: skip
    unit = AnyUnitField(
        label="或一个组织", required=False, help_text="按名称、拼音或首字母找；可以是上级。"
    )

    class Meta:
        model = Addressee
        fields = ("role", "unit_type", "unit", "words")
        help_texts = {"words": "印在文件上的称谓，如“各县（市、区）妇联”；不填就用组织名称。"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        if bool(cleaned.get("unit_type")) == bool(cleaned.get("unit")):
            raise ValidationError("“一类组织”和“一个组织”选一样，另一样留空。")
        return cleaned


class ContactForm(PartForm):
    word = "联系人"

    class Meta:
        model = Contact
        fields = ("name", "phone", "email")


class AttachmentForm(PartForm):
    word = "附件"
    annex = forms.ChoiceField(
        label="对应表式", required=False,
        help_text="选了表式的，各单位在网上填报；不选的只供下载。",
    )  # fmt: skip
    upload = forms.FileField(
        label="文件", required=False, help_text="pdf、Word、Excel、WPS 或图片，不超过 20 MB。"
    )

    class Meta:
        model = Attachment
        fields = ("title", "annex")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["annex"].choices = [
            ("", "（不是网上填报的表）"),
            *deliverables.choices().items(),
        ]
        if self.instance.file_name:
            self.fields["upload"].help_text += f"已有“{self.instance.file_name}”，不换就不选。"

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values().items() if name != "upload"}
