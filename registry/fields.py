"""Blanks of the registry's forms: a person picked within reach, private values, particulars."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy

from federation import scope
from federation.models import OrgUnit, User
from federation.scope import OutOfReach
from federation.unit_field import UnitField, UnitWidget
from registry.models import Person
from registry.names import Names

NOBODY = "没有叫这个姓名的档案。请从列出的里面选；没有建档的，在下面填姓名。"
CLEARED = "无"


class DateInput(forms.DateInput):
    def __init__(self, **attrs: Any):
        super().__init__(
            format="%Y-%m-%d",
            attrs={"autocomplete": "off", "placeholder": "如 1980-05-01", **attrs},
        )


class PlaceField(UnitField):
    """A unit at or below which she holds ``registry_edit``."""

    def __init__(self, **kwargs: Any):
        super().__init__(url=reverse_lazy("registry:pick", args=["units"]), **kwargs)

    def asked_by(self, user: User) -> None:
        self.queryset = scope.granted_units(user, "registry_edit").open_now()


class AnyPlaceField(UnitField):
    """Any open unit: a 户籍 may be anywhere, and names of units are public."""

    def __init__(self, **kwargs: Any):
        super().__init__(url=reverse_lazy("unit_pick"), **kwargs)

    def asked_by(self, user: User) -> None:
        self.queryset = OrgUnit.objects.open_now()


def people_named(user: User, words: str):
    """Active archives in reach by name; of minors only those whose name she may read."""
    found = Person.objects.visible_to(user).active().filter(Names(user).readable())
    return found.named(words.replace("\x00", "")).select_related("unit")


class PersonField(forms.Field):
    """One archive out of those in reach; sent as a unit is, by id and text."""

    user: User

    def __init__(self, **kwargs: Any):
        self.widget = UnitWidget(reverse_lazy("registry:pick", args=["persons"]))
        super().__init__(**kwargs)

    def asked_by(self, user: User) -> None:
        self.user = user

    def clean(self, value: Any) -> Person | None:
        chosen, text = (value or {}).get("unit", ""), (value or {}).get("text", "")
        if not text:
            return None
        if chosen:
            try:
                return Person.objects.visible_to(self.user).active().get(uuid=chosen)
            except (Person.DoesNotExist, ValueError, ValidationError) as error:
                raise OutOfReach("所选的人不在您的管辖范围内。") from error
        found = [p for p in people_named(self.user, text)[:9] if p.name == text]
        if not found:
            raise ValidationError(NOBODY)
        if len(found) > 1:
            raise ValidationError("叫这个姓名的不止一个，请从列出的里面选，看清年龄和住处。")
        return found[0]


class PrivateField(forms.CharField):
    """A sealed value: shown to nobody, kept where left empty, taken away by 无."""

    def __init__(self, **kwargs: Any):
        super().__init__(required=False, **kwargs)
        self.widget.attrs["autocomplete"] = "off"

    def says(self, held: str) -> None:
        if held:
            self.help_text = f"已填：{held}。不修改就不用填；要清除请填“{CLEARED}”。"


def particular_field(line: dict[str, Any]) -> forms.Field:
    """The blank for one particular of a programme."""
    common: dict[str, Any] = {"label": line["label"], "required": False}
    kind = line["kind"]
    if kind == "number":
        return forms.IntegerField(min_value=0, max_value=99_999_999, **common)
    if kind == "date":
        return forms.DateField(widget=DateInput(), **common)
    if kind == "choice":
        return forms.ChoiceField(choices=[("", "—"), *((c, c) for c in line["choices"])], **common)
    if kind == "yes_no":
        return forms.TypedChoiceField(
            choices=[("", "—"), ("1", "是"), ("0", "否")], coerce=lambda v: v == "1",
            empty_value=None, **common,
        )  # fmt: skip
    return forms.CharField(max_length=100, **common)


def initial_of(line: dict[str, Any], held: Any) -> Any:
    """What stands in that blank for what is kept."""
    if isinstance(held, bool):
        return "1" if held else "0"
    if line["kind"] == "date" and held:
        return dt.date.fromisoformat(held)
    return held
