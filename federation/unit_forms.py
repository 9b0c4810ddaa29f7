"""What an administrator types for each kind of 组织变更; the rules are federation.unit_changes."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.urls import reverse
from django.utils import timezone

from federation import scope
from federation.models import LineSystem, OrgUnit, PostLevel, UnitType, User
from federation.unit_changes import Add, Change, Close, Merge, Move, Part, Rename, Split
from federation.unit_changes.change import FROM_ABOVE, MANAGE, children, may_change
from federation.unit_changes.endings import seats_of
from federation.unit_changes.growth import BEARING, FACTS, ORDER

PARTS = 6  # new units one split may make
ORDINALS = "一二三四五六"


class UnitWidget(forms.Widget):
    """A combobox of the units one manages (parts/combobox.html); without script, a text field."""

    template_name = "federation/widgets/unit.html"

    def value_from_datadict(self, data, files, name):
        return {
            "unit": data.get(f"{name}_unit", ""),
            "text": data.get(f"{name}_text", "").strip(),
        }

    def value_omitted_from_data(self, data, files, name):
        return f"{name}_text" not in data

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        given = context["widget"]["attrs"]
        return {
            **context,
            "items": [value] if isinstance(value, dict) and value.get("text") else [],
            "url": f"{reverse('unit_pick')}?manage=1",
            "described": given.get("aria-describedby", ""),
            "invalid": bool(given.get("aria-invalid")),
        }


class UnitField(forms.Field):
    """An open unit within the reach of whoever is asked: picked, or named in full."""

    widget = UnitWidget
    by: User

    def clean(self, value: dict[str, str]) -> OrgUnit | None:
        if not value["text"]:
            if self.required:
                raise ValidationError("请输入组织名称，从列出的组织中选一个。", code="required")
            return None
        reach = scope.granted_units(self.by, MANAGE).open_now().select_related("unit_type")
        found = list(self._meant(reach, value)[:9])
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(
                f"您管理的范围内没有“{value['text']}”，请从列出的组织中选一个。", code="unknown"
            )
        places = "；".join(" › ".join(u.name for u in unit.ancestors()) for unit in found[:8])
        raise ValidationError(
            f"有不止一个“{value['text']}”，请从列出的组织中选一个：{places}。", code="ambiguous"
        )

    def _meant(self, reach, value):
        try:
            picked = reach.filter(uuid=value["unit"]) if value["unit"] else reach.none()
        except (ValidationError, ValueError):
            picked = reach.none()
        return picked if picked.exists() else reach.filter(name=value["text"])


class ChangeForm(forms.Form):
    """Base: the day, the reason, and the answer to whether a namesake is meant."""

    title: ClassVar[str]
    icon: ClassVar[str]
    lead: ClassVar[str]
    submit: ClassVar[str] = "下一步：预览"

    same_name = forms.BooleanField(
        label="确是另一个组织", required=False, help_text="名称相同，但不是同一个组织。"
    )
    day = forms.DateField(
        label="变更日期",
        widget=forms.DateInput(attrs={"autocomplete": "off"}),
        help_text="批复或文件上的日期，不晚于今天。权限在确认时立即变更。",
    )
    reason = forms.CharField(
        label="依据、原因",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="如批复的文号，写入变更记录。",
    )

    def __init__(self, data=None, *, unit: OrgUnit, by: User, **kwargs: Any):
        super().__init__(data, use_required_attribute=False, **kwargs)
        self.unit, self.by = unit, by
        self.fields["day"].initial = timezone.localdate()
        for field in self.fields.values():
            if isinstance(field, UnitField):
                field.by = by
        # Asked only once there is a namesake: before, nobody knows what it is about.
        if not self.data.get("same_name"):
            self.fields["same_name"].widget = forms.HiddenInput()
        self.order_fields([*(n for n in self.fields if n not in LAST), *LAST])

    def ask_same_name(self) -> None:
        self.fields["same_name"].widget = forms.CheckboxInput()

    def sections(self) -> list[dict]:
        return [{"fields": self.visible_fields()}]

    def _asked(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        asked = {name: cleaned[name] for name in ("day", "reason", "same_name")}
        return {"unit": self.unit, "by": self.by, **asked}

    def change(self) -> Change:
        """What was asked for; call when valid."""
        raise NotImplementedError


LAST = ("same_name", "day", "reason")
code = RegexValidator(r"^\d{6,12}$", "区划代码是 6 到 12 位数字。")


class FactsForm(ChangeForm):
    name = forms.CharField(label="组织名称", max_length=100, help_text="全称，如“临江镇妇联”。")
    short_name = forms.CharField(
        label="简称", max_length=100, required=False, help_text="留空则与名称相同。"
    )
    area_name = forms.CharField(label="区划名称", max_length=100, required=False)
    division_code = forms.CharField(label="区划代码", required=False, validators=[code])
    post_level = forms.ModelChoiceField(
        PostLevel.objects.all(), label="文明岗级别", required=False, empty_label="（不是文明岗）"
    )
    line_system = forms.ModelChoiceField(
        LineSystem.objects.all(), label="系统", required=False, empty_label="（无）"
    )
    strengths = forms.CharField(label="资源优势、行业特色", max_length=200, required=False)
    contact_email = forms.EmailField(label="电子邮箱", required=False)
    owes_reports = forms.BooleanField(label="承担报送任务", required=False, initial=True)

    def facts(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        facts = {name: cleaned[name] for name in FACTS if name in cleaned}
        return {**facts, "short_name": cleaned["short_name"] or cleaned["name"]}


class AddForm(FactsForm):
    title, icon = "新增下级组织", "plus-lg"
    lead = "新组织设在这个组织之下，今后由它管理。"
    unit_type = forms.ModelChoiceField(
        UnitType.objects.all(), label="组织类型", empty_label="请选择", initial=None
    )
    field_order = ("name", "unit_type")

    def __init__(self, data=None, *, unit: OrgUnit, **kwargs: Any):
        super().__init__(data, unit=unit, **kwargs)
        self.order_fields(["name", "unit_type", *(n for n in self.fields if n not in LAST), *LAST])
        self.fields["unit_type"].queryset = types_below(unit)

    def change(self) -> Change:
        return Add(**self._asked(), unit_type=self.cleaned_data["unit_type"], facts=self.facts())


def types_below(unit: OrgUnit):
    """Kinds of unit that may hang directly below ``unit``."""
    if unit.unit_type.group not in BEARING:
        return UnitType.objects.none()
    rank = ORDER.get(unit.level, len(ORDER))
    lower = [level for level, place in ORDER.items() if place > rank]
    return UnitType.objects.filter(level__in=["", *lower])


class RenameForm(FactsForm):
    title, icon = "修改名称与资料", "pencil"
    lead = "改名以后，原来的名称留作曾用名，照样查得到；档案、人员、权限都不变。"

    def __init__(self, data=None, *, unit: OrgUnit, **kwargs: Any):
        held = {name: getattr(unit, name) for name in FACTS}
        super().__init__(data, unit=unit, initial=held, **kwargs)
        if unit.unit_type.group != UnitType.Group.POST:
            for name in ("post_level", "strengths"):
                del self.fields[name]

    def change(self) -> Change:
        return Rename(**self._asked(), facts=self.facts())


class MoveForm(ChangeForm):
    title, icon = "划转", "arrow-left-right"
    lead = "整个划到另一个上级之下，下级、档案、人员一起过去；原上级从此看不到，新上级从此看得到。"
    parent = UnitField(label="新的上级", help_text="只能选您管理范围内的组织。")

    def change(self) -> Change:
        return Move(**self._asked(), parent=self.cleaned_data["parent"])


def _yes(choices: tuple[tuple[str, str], ...], label: str, initial: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=choices,
        coerce=lambda chosen: chosen == "yes",
        widget=forms.RadioSelect,
        initial=initial,
    )


class MergeForm(ChangeForm):
    title, icon = "合并", "sign-merge-right"
    lead = (
        "并入另一个组织：下级划过去，本组织撤销。已报的报表原样保留，由并入的组织接着看、接着办。"
    )
    successor = UnitField(label="并入哪个组织", help_text="同级或上级的组织，在您管理的范围内。")
    keep_people = _yes((("yes", "转到并入的组织，岗位不变"), ("no", "结束任职")), "人员", "yes")
    keep_links = _yes((("no", "结束"), ("yes", "改挂并入的组织")), "挂钩、归口", "no")

    def change(self) -> Change:
        chosen = {n: self.cleaned_data[n] for n in ("successor", "keep_people", "keep_links")}
        return Merge(**self._asked(), **chosen)


class CloseForm(ChangeForm):
    title, icon = "撤销", "x-lg"
    lead = "撤销以后不再承担任务，人员任职结束；档案永久保留。下面还有组织的，先把它们划走或撤销。"
    successor = UnitField(
        label="由谁承接", required=False, help_text="接着看它的档案、办它没办完的事；可不填。"
    )

    def change(self) -> Change:
        return Close(**self._asked(), successor=self.cleaned_data["successor"])


class SplitForm(ChangeForm):
    title, icon = "拆分", "signpost-split"
    lead = "拆成几个新组织，类型和上级与原组织相同。"
    keep = _yes((("no", "撤销，由新组织接替"), ("yes", "保留，只分出一部分")), "原组织", "no")

    def __init__(self, data=None, *, unit: OrgUnit, **kwargs: Any):
        super().__init__(data, unit=unit, **kwargs)
        day = timezone.localdate()
        self.below, self.seats = list(children(unit)[:500]), list(seats_of(unit, day)[:200])
        for number in range(PARTS):
            self.fields[f"part{number}"] = forms.CharField(
                label=f"新组织{ORDINALS[number]}", max_length=100, required=number == 0
            )
        places = [(str(number), f"新组织{ORDINALS[number]}") for number in range(PARTS)]
        self.fields["heir"] = forms.ChoiceField(
            label="原组织的档案归", choices=places, help_text="原组织保留时不用选。"
        )
        stay = [("", "留在原组织"), *places]
        for child in self.below:
            self.fields[f"child{child.pk}"] = forms.ChoiceField(
                label=child.name, choices=stay, required=False
            )
        stay = [("", "随原组织（原组织撤销则结束任职）"), *places]
        for seat in self.seats:
            self.fields[f"seat{seat.pk}"] = forms.ChoiceField(
                label=f"{seat.user} {seat.post}", choices=stay, required=False
            )

    def sections(self) -> list[dict]:
        own = [self[name] for name in ("keep", *(f"part{n}" for n in range(PARTS)), "heir")]
        below = [self[f"child{child.pk}"] for child in self.below]
        seats = [self[f"seat{seat.pk}"] for seat in self.seats]
        last = [self[name] for name in LAST if not self[name].is_hidden]
        found = [
            {"title": "新组织", "note": "从第一个起依次填写，用不着的留空。", "fields": own},
            {"title": "下级归谁", "fields": below},
            {"title": "人员去向", "fields": seats},
            {"title": "依据", "fields": last},
        ]
        return [section for section in found if section["fields"]]

    def change(self) -> Change:
        cleaned = self.cleaned_data
        names = [cleaned[f"part{n}"] for n in range(PARTS) if cleaned[f"part{n}"]]
        places = {c.pk: cleaned[f"child{c.pk}"] for c in self.below}
        seats = {s.pk: cleaned[f"seat{s.pk}"] for s in self.seats}
        return Split(
            **self._asked(),
            keep=cleaned["keep"],
            parts=[Part(name=name) for name in names],
            heir=int(cleaned["heir"]),
            places={pk: int(place) for pk, place in places.items() if place},
            seats={pk: int(place) for pk, place in seats.items() if place},
        )


FORMS: dict[str, type[ChangeForm]] = {
    "add": AddForm,
    "rename": RenameForm,
    "move": MoveForm,
    "merge": MergeForm,
    "split": SplitForm,
    "close": CloseForm,
}


def offered(unit: OrgUnit, user: User) -> list[dict]:
    """The changes of ``unit`` that ``user`` may begin, as links."""
    if unit.is_closed or may_change("", unit, user):
        return []
    held_back = bool(may_change("close", unit, user))
    return [
        {
            "label": form.title,
            "icon": form.icon,
            "url": reverse("unit_change", args=[unit.uuid, kind]),
        }
        for kind, form in FORMS.items()
        if not (held_back and kind in FROM_ABOVE)
    ]
