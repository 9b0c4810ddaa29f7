"""The forms of 账号与任职. What may be chosen is already the administrator's own."""

from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from federation.administrators import Administrator
from federation.appointments import to_act_for
from federation.handover import ending_with
from federation.models import Appointment, Post, User
from federation.unit_field import UnitField


class Day(forms.DateField):
    """A day typed as offices write it: a browser's own picker takes one form only."""

    def __init__(self, label: str, **kwargs):
        attrs = {"placeholder": "如 2026年11月22日", "autocomplete": "off", "inputmode": "text"}
        kwargs.setdefault("error_messages", {"invalid": "日期写成 2026-11-22 或 2026年11月22日。"})
        super().__init__(label=label, widget=forms.DateInput(attrs=attrs), **kwargs)


class AccountForm(forms.Form):
    """Base: knows who administers (``admin``) and whom (``user``; None when she is new)."""

    lead: ClassVar[str] = ""

    def __init__(self, *args, admin: Administrator, user: User | None = None, **kwargs):
        self.admin, self.user = admin, user
        super().__init__(*args, **kwargs)
        if "unit" in self.fields:
            self.fields["unit"].queryset = admin.units()
        if "post" in self.fields:
            self.fields["post"].queryset = admin.posts()

    def show(self, error: ValidationError) -> None:
        """Put the words of a rule beside their fields."""
        said = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, messages in said.items():
            for words in messages:
                self.add_error(name if name in self.fields else None, words)


class Seat(forms.Form):
    """A unit and a post."""

    unit = UnitField(label="单位", help_text="只列出您管辖的组织。")
    post = forms.ModelChoiceField(
        Post.objects.none(), label="岗位", empty_label="请选择", help_text="岗位决定能办什么。"
    )


class Person(forms.Form):
    display_name = forms.CharField(label="姓名", max_length=30)
    phone = forms.CharField(
        label="联系电话", max_length=20, required=False, help_text="只供本级和上级联系，可以不填。"
    )


class OpenForm(AccountForm, Person, Seat):
    username = forms.CharField(
        label="用户名",
        max_length=30,
        required=False,
        help_text="登录用。不填就用姓名的拼音；重名时自动加数字。",
    )
    starts_on = Day("任职日期", initial=timezone.localdate)
    ends_on = Day("任期到", required=False, help_text="没有确定的日期就不填。")
    field_order = (
        "display_name", "username", "phone", "unit", "post", "starts_on", "ends_on",
    )  # fmt: skip


class ChangeForm(AccountForm, Person):
    field_order = ("display_name", "phone")


class AppointForm(AccountForm, Seat):
    starts_on = Day("任职日期", initial=timezone.localdate)
    ends_on = Day("任期到", required=False, help_text="没有确定的日期就不填。")
    field_order = ("unit", "post", "starts_on", "ends_on")


class SecondForm(AccountForm, Seat):
    starts_on = Day("借调自", initial=timezone.localdate)
    ends_on = Day("借调到", help_text="最后一天。到期自动结束，原任职不变。")
    field_order = ("unit", "post", "starts_on", "ends_on")


class SeatChoice(forms.ModelChoiceField):
    def label_from_instance(self, seat: Appointment) -> str:
        return f"{seat.user}（{seat.unit} {seat.post}）"


class DeputiseForm(AccountForm):
    acting_for = SeatChoice(
        Appointment.objects.none(),
        label="代理谁",
        empty_label="请选择",
        help_text="代理人在期限内能办被代理人这个岗位的事，被代理人照常。",
    )
    starts_on = Day("代理自", initial=timezone.localdate)
    ends_on = Day("代理到", help_text="最后一天。到期自动结束。")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["acting_for"].queryset = to_act_for(self.user, self.admin)


class SeatTicks(forms.ModelMultipleChoiceField):
    def label_from_instance(self, seat: Appointment) -> str:
        return f"{seat.seat}（{seat.starts_on}起）"


class TransferForm(AccountForm, Seat):
    ending = SeatTicks(
        Appointment.objects.none(),
        label="结束的任职",
        widget=forms.CheckboxSelectMultiple,
        help_text="没有勾的继续保留。",
        error_messages={"required": "请勾选随调动结束的任职。"},
    )
    from_day = Day(
        "到任日期", initial=timezone.localdate, help_text="原任职到前一天为止；填今天的，立即生效。"
    )
    field_order = ("ending", "unit", "post", "from_day")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        seats = ending_with(self.user, self.admin)
        self.fields["ending"].queryset = self.user.appointments.filter(
            pk__in=[seat.pk for seat in seats]
        ).select_related("unit", "post")
        self.fields["ending"].initial = [seat.pk for seat in seats]
        self.fields["unit"].label, self.fields["post"].label = "新单位", "新岗位"


class FromDayForm(AccountForm):
    """离任, 结束任职: the first day without."""

    from_day = Day(
        "从哪天起不再任职",
        initial=timezone.localdate,
        help_text="填今天的，立即生效；正在登录的，下一步操作就会要求重新登录。",
    )


class NothingForm(AccountForm):
    """A question that is only answered."""
