"""What one types for 阵地 and 帮扶力量."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from registry.fields import DateInput, PlaceField, PrivateField
from registry.forms import ArchiveForm
from registry.models import Helper, SiteKind


def _words(label: str, longest: int, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=longest, required=False, **more)


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=DateInput())


class PlaceForm(ArchiveForm):
    secrets = ("phone",)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.row is not None:
            del self.fields["unit"]


class SiteForm(PlaceForm):
    unit = PlaceField(label="所在单位")
    kind = forms.ModelChoiceField(SiteKind.objects.all(), label="类别", empty_label="请选择")
    name = forms.CharField(label="名称", max_length=80)
    grade = _words("等级", 20, help_text="如国家级、省级、市级、县级、示范、特色。")
    host = _words("依托", 40, help_text="如村（社区）、学校、企业、合作社。")
    address = _words("地址", 120)
    leader = _words("负责人", 30)
    phone = PrivateField(label="联系电话", max_length=30)
    opened_on = _day("建立日期")
    note = _words("备注", 200)


class HonourForm(ArchiveForm):
    name = forms.CharField(label="荣誉名称", max_length=80)
    level = forms.ChoiceField(
        label="级别", required=False,
        choices=[("", "—"), *((w, w) for w in ("国家级", "省级", "市级", "县级", "乡镇级"))],
    )  # fmt: skip
    year = forms.IntegerField(label="年度", initial=lambda: timezone.localdate().year)
    awarded_by = _words("授予单位", 60)


class StandingForm(ArchiveForm):
    on = forms.DateField(label="日期", widget=DateInput(), initial=timezone.localdate)


class HelperForm(PlaceForm):
    unit = PlaceField(label="所属单位")
    kind = forms.ChoiceField(label="类型", choices=Helper.Kind.choices)
    role = forms.ChoiceField(label="身份", choices=Helper.Role.choices)
    name = forms.CharField(label="姓名或名称", max_length=60)
    contact = _words("联系人", 30, help_text="企业、协会填写。")
    phone = PrivateField(label="联系电话", max_length=30)
    strengths = _words("特长、资源", 200)
    team = _words("志愿者队伍", 60, help_text="写队伍名称；本单位还没有的，随之建立。")
    vetting = forms.ChoiceField(
        label="审核", choices=Helper.Vetting.choices, help_text="接触儿童以前须先审核。"
    )
    user = _words("账号（用户名）", 150, help_text="要登录本系统的才填；没有账号的不填。")
    joined_on = _day("加入日期")
    note = _words("备注", 200)

    def held(self, row: Helper) -> dict[str, Any]:
        team, user = row.team, row.user
        names = {"team": team.name if team else "", "user": user.username if user else ""}
        return {**super().held(row), **names}
