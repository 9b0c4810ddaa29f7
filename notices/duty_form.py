"""What one types for a 交办事项: the deliverable, who owes it, for what period, by when."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from federation import tree
from federation.models import OrgUnit, UnitType
from notices import deliverables, due_rules, liability
from notices.forms import AnyUnitField, DateInput, PartForm
from notices.models import Duty, Liability
from notices.spans import Cycle, spans

# Field of the form → parameter of the due rule.
RULE_FIELDS = {
    "due_date": "date",
    "due_month": "month",
    "due_to_month": "to_month",
    "due_day": "day",
    "due_reading": "reading",
    "due_days": "days",
    "due_duty": "duty",
    "due_months": "months",
}
SPACE = "、，,；;\n"


def _whole(label: str, low: int, high: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=low, max_value=high, required=False)


class DutyForm(PartForm):
    word = "交办事项"
    annex = forms.ChoiceField(label="对应表式", required=False, help_text="只用于“附件表格”。")
    receiving_department = forms.ModelChoiceField(
        OrgUnit.objects.none(), label="受理部室", required=False, empty_label="（由发文单位受理）"
    )
    due_kind = forms.ChoiceField(
        label="截止日期怎么定",
        choices=[(code, kind.words) for code, kind in due_rules.KINDS.items()],
    )
    due_date = forms.DateField(label="截止日期", widget=DateInput(), required=False)
    due_month = _whole("月份", 1, 12)
    due_to_month = _whole("至几月（同一个月不填）", 1, 12)
    due_day = _whole("几日", 1, 31)
    due_reading = forms.ChoiceField(
        label="“每季末10日前”指", widget=forms.RadioSelect, required=False
    )
    due_days = _whole("提前几个工作日", 0, 60)
    due_duty = forms.ChoiceField(label="早于哪一项", required=False)
    due_months = _whole("间隔几个月", 1, 120)
    owed_rule = forms.ChoiceField(
        label="由谁报", choices=Liability.choices, widget=forms.RadioSelect
    )
    owed_kinds = forms.MultipleChoiceField(
        label="哪几类组织", required=False, widget=forms.CheckboxSelectMultiple
    )
    owed_units = forms.CharField(
        label="哪些单位", required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="写全称，一行一个或用顿号隔开，如“鲤城区妇联、丰泽区妇联”。",
    )  # fmt: skip

    class Meta:
        model = Duty
        fields = (
            "title", "phrase", "deliverable", "annex", "minimum", "aim", "count_unit",
            "receiving_department", "cycle", "window_from", "window_to", "covers_from",
            "covers_to", "due_phrase", "lock_after", "owed_by_words",
        )  # fmt: skip
        widgets = {
            "phrase": forms.Textarea(attrs={"rows": 3}),
            **{
                name: DateInput()
                for name in ("window_from", "window_to", "covers_from", "covers_to")
            },
        }
        help_texts = {
            "phrase": "把通知里说这件事的原话抄在这里，各单位对照着看。",
            "due_phrase": "通知里写的期限，如“5月25日前”“每季末10日前”。",
            "lock_after": "截止日后第几天起不能再报；0 为不锁定。",
        }

    def __init__(self, *args: Any, **kwargs: Any):
        instance = kwargs.get("instance")
        initial = self._initial_of(instance) if instance else {
            "due_kind": "on_date", "due_reading": "last_month", "due_days": 5, "due_months": 24,
            "owed_rule": Liability.RECIPIENTS, "deliverable": Duty.Deliverable.NARRATIVE,
        }  # fmt: skip
        super().__init__(*args, **{**kwargs, "initial": {**initial, **kwargs.get("initial", {})}})
        issuer = self.notice.issuer
        self.fields["annex"].choices = [("", "（无）"), *deliverables.choices().items()]
        self.fields["receiving_department"].queryset = OrgUnit.objects.open_now().filter(
            tree.within(issuer.path), Q(unit_type__group="department")
        )
        self.fields["owed_kinds"].choices = list(UnitType.objects.values_list("code", "name"))
        others = self.notice.duties.exclude(pk=self.instance.pk).values_list("code", "title")
        self.fields["due_duty"].choices = [("", "（请选择）"), *others]
        self.fields["due_reading"].choices = readings(self._year())
        self.fields["minimum"].label, self.fields["aim"].label = "至少", "目标"
        self.fields["count_unit"].label = "计量单位"

    @staticmethod
    def _initial_of(duty: Duty) -> dict[str, Any]:
        rule, owed = duty.due_rule, duty.owed_by
        units = OrgUnit.objects.filter(uuid__in=owed.get("units", [])).order_by("path")
        return {
            "due_kind": rule.get("kind"),
            **{field: rule.get(name) or None for field, name in RULE_FIELDS.items()},
            "due_days": rule.get("days", 5),
            "due_reading": rule.get("reading", "last_month"),
            "owed_rule": owed.get("rule"),
            "owed_kinds": owed.get("kinds", []),
            "owed_units": "、".join(unit.name for unit in units),
        }

    def _year(self) -> int:
        start = self.notice.campaign_from or self.notice.issue_date
        return start.year if isinstance(start, dt.date) else dt.date.today().year  # noqa: DTZ011

    def sections(self) -> list[dict]:
        def part(title: str, note: str, *names: str) -> dict:
            return {"title": title, "note": note,
                    "fields": [self[name] for name in names if name in self.fields]}  # fmt: skip

        return [
            part("交办什么", "", "title", "phrase", "deliverable", "annex", "minimum", "aim",
                 "count_unit", "receiving_department"),
            part("由谁报", "", "owed_rule", "owed_kinds", "owed_units", "owed_by_words"),
            part("报哪一期", "开展时间不填时，用通知的活动时间，再没有就到当年年底。", "cycle",
                 "window_from", "window_to", "covers_from", "covers_to"),
            part("何时截止", "截止日当天 24 时以前都算按时。", "due_phrase", "due_kind", *RULE_FIELDS,
                 "lock_after", "position"),
        ]  # fmt: skip

    # -- Reading what was typed --------------------------------------------------------------------
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        day = "due_date" if cleaned.get("due_kind") == "on_date" else "due_kind"
        for name, shown, make in (
            ("due_kind", day, self._rule),
            ("owed_rule", "owed_rule", self._owed),
        ):
            if name in cleaned and shown not in self.errors:
                self._put(name, shown, make)
        self._check_order("window_from", "window_to", "开展时间止于开始之前，请核对。")
        self._check_order("covers_from", "covers_to", "统计期止于开始之前，请核对。")
        if cleaned.get("deliverable") == Duty.Deliverable.ANNEX:
            if not cleaned.get("annex"):
                self.add_error("annex", "报送内容为“附件表格”，请选择是哪一张表。")
            elif self._annex_taken(cleaned["annex"]):
                self.add_error(
                    "annex", "这份通知中已有交办事项使用这个附件，请换一张表或改那一项。"
                )
        return cleaned

    def _annex_taken(self, annex: str) -> bool:
        return self.notice.duties.filter(annex=annex).exclude(pk=self.instance.pk).exists()

    def _put(self, name: str, shown: str, make) -> None:
        """What ``make`` reads goes to ``made_<name>``; what is wrong is said beside ``shown``."""
        try:
            self.cleaned_data[f"made_{name}"] = make()
        except (due_rules.DueRuleError, liability.LiabilityError) as error:
            self.add_error(shown, str(error))

    def _check_order(self, first: str, last: str, sentence: str) -> None:
        start, end = self.cleaned_data.get(first), self.cleaned_data.get(last)
        if start and end and end < start:
            self.add_error(last, sentence)

    def _rule(self) -> dict[str, Any]:
        kind = self.cleaned_data["due_kind"]
        rule: dict[str, Any] = {"kind": kind}
        for field, name in RULE_FIELDS.items():
            value = self.cleaned_data.get(field)
            if name in due_rules.KINDS[kind].parameters and value not in (None, ""):
                rule[name] = str(value) if name == "date" else value
        made = due_rules.checked(rule)
        start = self.notice.issue_date
        if made.get("date") and start and made["date"] < str(start):
            raise due_rules.DueRuleError(
                f"截止日期 {made['date']} 早于成文日期 {start:%Y-%m-%d}，请核对。"
            )
        return made

    def _owed(self) -> dict[str, Any]:
        rule = self.cleaned_data["owed_rule"]
        units = self._named() if rule == Liability.UNITS else []
        kinds = self.cleaned_data.get("owed_kinds", []) if rule == Liability.KINDS else []
        if rule == Liability.RESPONDENTS and not self.cleaned_data.get("annex"):
            raise liability.LiabilityError("“按表式规定的单位”只用于附件表格，请先选表式。")
        return liability.checked({"rule": rule, "kinds": kinds, "units": units})

    def _named(self) -> list[str]:
        text = self.cleaned_data.get("owed_units", "")
        for mark in SPACE:
            text = text.replace(mark, "\n")
        field = AnyUnitField()
        found = []
        for name in filter(None, map(str.strip, text.split("\n"))):
            try:
                unit = field.clean({"unit": "", "text": name[:100]})
            except ValidationError as error:
                raise liability.LiabilityError(error.messages[0]) from error
            found.append(str(unit.uuid))
        return found

    def values(self) -> dict[str, Any]:
        values = {n: v for n, v in super().values().items() if n in {*self.Meta.fields, "position"}}
        values["due_rule"] = self.cleaned_data["made_due_kind"]
        values["owed_by"] = self.cleaned_data["made_owed_rule"]
        if values["deliverable"] != Duty.Deliverable.ANNEX:
            values["annex"] = ""
        if self.instance.pk is None:
            values["code"] = self._code(values["annex"])
        return values

    def _code(self, annex: str) -> str:
        """A code that no other duty of the notice has; a correction keeps it."""
        taken = set(self.notice.duties.values_list("code", flat=True))
        if annex and annex not in taken:
            return annex[:40]
        number = len(taken) + 1
        while f"duty-{number}" in taken:
            number += 1
        return f"duty-{number}"

    def duty_typed(self) -> Duty:
        """The duty as far as it is typed, unsaved: for a preview, once its due rule holds."""
        made = Duty(notice=self.notice, code=self.instance.code or "_")
        for name in self.Meta.fields:
            if name in self.cleaned_data:
                setattr(made, name, self.cleaned_data[name])
        made.due_rule = self.cleaned_data["made_due_kind"]
        made.owed_by = self.cleaned_data.get("made_owed_rule", {})
        made.title = made.title or "本事项"
        made.lock_after = made.lock_after or 0
        return made


def readings(year: int) -> list[tuple[str, str]]:
    """The three readings of 每季末10日前, each with the days it means in ``year``."""
    quarters = list(spans(Cycle.QUARTER, dt.date(year, 1, 1), dt.date(year, 12, 31)))
    found = []
    for code, words in due_rules.QUARTER_READINGS.items():
        rule = due_rules.checked({"kind": "quarter_end", "reading": code})
        days = [
            next(due_rules.occurrences(rule, cycle=Cycle.QUARTER, window=(q.starts_on, q.ends_on)))
            for q in quarters
        ]
        shown = "、".join(_shown(o.due_on, year) for o in days if o.due_on)
        found.append((code, f"{words.split('（')[0]}：{year}年为 {shown}"))
    return found


def _shown(day: dt.date, year: int) -> str:
    return f"{'' if day.year == year else f'{day.year}年'}{day.month}月{day.day}日"
