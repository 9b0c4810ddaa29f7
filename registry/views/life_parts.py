"""What the pages of 核实, 变动, 转移 and 疑似重复 share: names as one may read them, and forms."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from federation import scope
from federation.models import User
from federation.unit_field import UnitField
from federation.views.account_forms import Day
from registry import duplicates, identity_numbers, masking
from registry.models import Carer, Enrolment, Person
from registry.models.programmes import Zone
from registry.views.opening import found_by

MOST_WORDS = 200


def opener(user: User) -> Callable[[Person], bool]:
    """Whose archives ``user`` opens without a reason, asked once for a whole page."""
    held = scope.units_held(user, "registry_children")
    cared = set(Carer.objects.in_force().filter(user=user).values_list("person_id", flat=True))
    return lambda person: not person.is_minor or person.unit_id in held or person.pk in cared


def name_of(person: Person, *, to: User, opens: bool | None = None) -> str:
    return masking.shown(person, "name", to=to, opens=opens)


def sex_and_age(person: Person) -> str:
    age = person.age()
    return f"{person.get_sex_display()} {age}岁" if age is not None else person.get_sex_display()


def programmes_of(person: Person, *, health: bool) -> str:
    """The programmes she belongs to today; what is kept for health only for who may read that."""
    rows = person.enrolments.current().select_related("programme")
    if not health:
        rows = rows.exclude(programme__zone=Zone.HEALTH)
    return "、".join(row.programme.name for row in rows)


def enrolled_today(user: User):
    """Enrolments to be fetched with a list of archives, as ``user`` may read them."""
    return Enrolment.objects.visible_to(user).current().select_related("programme")


def person_url(person: Person) -> str:
    try:
        return reverse("registry:person", args=[person.uuid])
    except NoReverseMatch:
        return ""


def after(person: Person) -> str:
    """Where one is led after an act on ``person``."""
    return person_url(person) or reverse("registry:stale")


def alike(values: Mapping[str, Any], user: User) -> tuple[dict[str, str], ...]:
    """Archives in reach that may be the one about to be entered, likeliest first; for a look before."""
    named = {name: values.get(name) for name in ("unit", "name", "sex", "born_on", "phone")}
    with suppress(ValidationError):  # the number says the birthday, too
        named["born_on"] = identity_numbers.checked(values.get("id_number") or "").born_on
    typed = Person(**{name: value for name, value in named.items() if value})
    opens = opener(user)
    return tuple(
        {"url": found_by(person_url(one), "alike"), "name": name_of(one, to=user, opens=opens(one)),
         "note": f"{sex_and_age(one)}，{one.unit}"}
        for one, _ in duplicates.near(typed, to=user)[:5]
    )  # fmt: skip


# -- Forms ------------------------------------------------------------------------------------------
class Reason(forms.CharField):
    def __init__(self, label: str = "原因", **kwargs):
        area = forms.Textarea(attrs={"rows": 3, "maxlength": MOST_WORDS})
        kwargs.setdefault("help_text", "请不要写身份证号、电话。")
        super().__init__(label=label, max_length=MOST_WORDS, widget=area, **kwargs)


class OnForm(forms.Form):
    on = Day("日期", initial=timezone.localdate)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)


class ChangeForm(OnForm):
    reason = Reason()


class UndoForm(forms.Form):
    reason = Reason("撤销原因")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)


class OfferForm(forms.Form):
    to_unit = UnitField(label="转入单位", help_text="写村（社区）名称，从列出的里面选。")
    on = Day("生效日期", initial=timezone.localdate, help_text="到这一天，档案归转入单位管理。")
    reason = Reason()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)
