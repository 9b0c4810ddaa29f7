"""What one types for an archive, in the words and the order of the paper form."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from federation import data_dictionary
from federation.models import User
from registry import archives, enrolling, masking
from registry.fields import (
    CLEARED,
    AnyPlaceField,
    DateInput,
    PlaceField,
    PrivateField,
    initial_of,
    particular_field,
)
from registry.models import Consent, Enrolment, Person, Programme, Relation, Sex

EDUCATION = ("文盲", "小学", "初中", "高中（中专）", "大专", "本科及以上")
MARRIAGE = ("未婚", "已婚", "离异", "丧偶")


def show_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Sentences of the rules beside the fields they are about; the rest on top."""
    told = error.message_dict if hasattr(error, "error_dict") else {None: error.messages}
    for name, sentences in told.items():
        for sentence in sentences:
            if sentence not in form.errors.get(name, []):
                form.add_error(name if name in form.fields else None, sentence)


class ArchiveForm(forms.Form):
    """Base: asked by somebody, about a row or a new one. ``secrets`` are shown to nobody."""

    secrets: ClassVar[tuple[str, ...]] = ()

    def __init__(self, data: Any = None, *, user: User, row: Any = None, **kwargs: Any):
        self.user, self.row = user, row
        if row is not None:
            kwargs["initial"] = {**self.held(row), **kwargs.get("initial", {})}
        super().__init__(data, use_required_attribute=False, **kwargs)
        for field in self.fields.values():
            if hasattr(field, "asked_by"):
                field.asked_by(user)
        if row is not None:
            self.about(row)

    def held(self, row: Any) -> dict[str, Any]:
        names = [n for n in self.base_fields if hasattr(row, n) and n not in self.secrets]
        return {name: getattr(row, name) for name in names}

    def about(self, row: Any) -> None:
        """What the form says of the row beside its values."""
        for name in self.secrets:
            kept = getattr(row, name)
            label = data_dictionary.label_of(row, name).code
            self.fields[name].says(masking.text(label, kept.open()) if kept else "")

    def sections(self) -> list[dict]:
        return [{"fields": self.visible_fields()}]

    def values(self) -> dict[str, Any]:
        """What the act takes; call when valid. Of what is sealed only what was typed."""
        cleaned = dict(self.cleaned_data)
        for name in self.secrets:
            typed = cleaned[name].strip()
            if typed == CLEARED:
                cleaned[name] = ""
            elif not typed and self.row is not None:
                del cleaned[name]
        return cleaned


def _chosen(words: tuple[str, ...], held: str) -> list[tuple[str, str]]:
    """The usual words, and the one that is kept if it is none of them."""
    return [
        ("", "—"),
        *((w, w) for w in words),
        *([(held, held)] if held not in ("", *words) else []),
    ]


class PersonForm(ArchiveForm):
    """An archive; ``unit`` is asked for of a new one alone: later it moves by 转移."""

    secrets = archives.SECRETS

    unit = PlaceField(label="居住地", help_text="所在村（社区），由它管理这份档案。")
    name = forms.CharField(label="姓名", max_length=30)
    id_number = PrivateField(
        label="身份证号", max_length=40, help_text="填了证件号，性别、出生日期可以不填。"
    )
    sex = forms.ChoiceField(
        label="性别", required=False, choices=Sex.choices, widget=forms.RadioSelect
    )
    born_on = forms.DateField(label="出生日期", required=False, widget=DateInput())
    ethnicity = forms.CharField(label="民族", required=False, max_length=20)
    education = forms.ChoiceField(label="文化程度", required=False)
    marriage = forms.ChoiceField(label="婚姻状况", required=False)
    registered_unit = AnyPlaceField(
        label="户籍地", required=False, help_text="与居住地不同时填写。"
    )
    registered_place = forms.CharField(label="户籍地（外省市）", required=False, max_length=60)
    address = PrivateField(label="住址", max_length=120)
    phone = PrivateField(label="联系电话", max_length=30)
    health = PrivateField(
        label="健康状况", max_length=200, help_text="须先取得记录健康状况的同意。"
    )
    source = forms.CharField(
        label="来源", required=False, max_length=120, help_text="如入户走访、村里上报。"
    )
    note = forms.CharField(
        label="备注", required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, words in (("education", EDUCATION), ("marriage", MARRIAGE)):
            held = getattr(self.row, name, "") or ""
            self.fields[name].choices = _chosen(words, held)
        if self.row is not None:
            del self.fields["unit"]

    def sections(self) -> list[dict]:
        who = ("unit", "name", "id_number", "sex", "born_on", "ethnicity", "education", "marriage")
        where = ("registered_unit", "registered_place", "address", "phone")
        parts = (("基本情况", who), ("户籍与联系", where), ("其他", ("health", "source", "note")))
        return [
            {"title": title, "fields": [self[n] for n in names if n in self.fields]}
            for title, names in parts
        ]


class ConsentForm(ArchiveForm):
    """同意 and 监护人, as far as one building an archive can tell them; the scan is added later."""

    guardian_kind = forms.ChoiceField(
        label="监护人关系", required=False,
        choices=[("", "—"), *((k.value, k.label) for k in (
            Relation.Kind.GUARDIAN, Relation.Kind.TEMPORARY_GUARDIAN, Relation.Kind.PARENT))],
    )  # fmt: skip
    guardian_name = forms.CharField(label="监护人姓名", required=False, max_length=30)
    guardian_phone = forms.CharField(label="监护人电话", required=False, max_length=30)
    basis = forms.ChoiceField(
        label="同意", required=False,
        choices=[("", "还没有取得"), ("consent", "本人（不满14周岁的由监护人）已同意"),
                 ("statutory_duty", "履行法定职责，不须同意")],
    )  # fmt: skip
    given_on = forms.DateField(label="同意日期", required=False, widget=DateInput())
    purposes = forms.MultipleChoiceField(
        label="同意的范围", required=False, widget=forms.CheckboxSelectMultiple,
        choices=list(Consent.PURPOSES.items()), initial=["register", "contact"],
    )  # fmt: skip
    citation = forms.CharField(
        label="法定依据", required=False, max_length=200, help_text="选“履行法定职责”的，写明文号。"
    )

    def guardian(self) -> dict[str, Any] | None:
        cleaned = self.cleaned_data
        if not cleaned["guardian_name"]:
            return None
        return {
            "kind": cleaned["guardian_kind"] or Relation.Kind.GUARDIAN,
            "name": cleaned["guardian_name"],
            "phone": cleaned["guardian_phone"],
        }

    def given(self) -> archives.Given | None:
        cleaned = self.cleaned_data
        if not cleaned["basis"]:
            return None
        return archives.Given(
            cleaned["basis"], tuple(cleaned["purposes"]),
            cleaned["given_on"] or timezone.localdate(), cleaned["citation"],
        )  # fmt: skip


class EnrolmentForm(ArchiveForm):
    """What one programme asks beside the person; with ``choose``, also whether she belongs to it."""

    chosen = forms.BooleanField(label="纳入", required=False)
    starts_on = forms.DateField(label="纳入日期", widget=DateInput(), required=False)
    source = forms.CharField(label="来源", required=False, max_length=120)
    override = forms.CharField(label="不符合口径仍须纳入的理由", required=False, max_length=200)

    def __init__(
        self, *args: Any, programme: Programme, row: Enrolment | None = None, **kwargs: Any
    ):
        self.programme = programme
        super().__init__(*args, row=row, prefix=programme.code, **kwargs)
        self.fields["starts_on"].initial = timezone.localdate()
        self.keys = [line["key"] for line in programme.particulars]
        for line in programme.particulars:
            self.fields[f"in_{line['key']}"] = particular_field(line)
        if row is not None:
            del self.fields["chosen"], self.fields["override"]
            self._fill(row)
        self.order_fields(
            ["chosen", "starts_on", *(f"in_{k}" for k in self.keys), "source", "override"]
        )

    def _fill(self, row: Enrolment) -> None:
        for line in self.programme.particulars:
            field, held = self.fields[f"in_{line['key']}"], row.particulars.get(line["key"])
            if line.get("private") and held not in (None, ""):
                field.help_text = (
                    f"已填：{masking.text(line['private'], str(held))}。不修改就不用填。"
                )
            else:
                field.initial = initial_of(line, held)

    @property
    def wanted(self) -> bool:
        return bool(self.cleaned_data.get("chosen"))

    def particulars(self) -> dict[str, Any]:
        """What was typed; of a private particular that was left empty, what is kept."""
        typed = {key: self.cleaned_data.get(f"in_{key}") for key in self.keys}
        if self.row is not None:
            for line in self.programme.particulars:
                if line.get("private") and typed[line["key"]] in (None, ""):
                    typed[line["key"]] = self.row.particulars.get(line["key"])
        return typed

    def asked(self) -> enrolling.Asked:
        cleaned = self.cleaned_data
        return enrolling.Asked(
            self.programme, cleaned["starts_on"] or timezone.localdate(), cleaned["source"],
            self.particulars(), cleaned["override"],
        )  # fmt: skip


def enrolment_forms(data: Any, user: User, person: Person | None = None) -> list[EnrolmentForm]:
    """One for each programme she may enrol in and the person does not belong to."""
    programmes = enrolling.offered(user)
    if person is not None:
        programmes = programmes.exclude(enrolment__person=person, enrolment__ends_on=None)
    return [EnrolmentForm(data, user=user, programme=programme) for programme in programmes]
