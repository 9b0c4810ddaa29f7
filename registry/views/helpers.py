"""帮扶力量: volunteers, caring mothers, entrepreneurs …; persons, enterprises, associations."""

from __future__ import annotations

from typing import ClassVar

from django.urls import reverse

from federation.policy import Policy
from registry import masking, places
from registry.filters import HelperFilter
from registry.models import Helper
from registry.place_forms import HelperForm, StandingForm
from registry.place_imports import NOUNS
from registry.tables import HelperTable
from registry.views.sites import PlaceList, PlaceNew, PlaceRecord, PlaceStep

VIEW = Policy("registry_view", resource="helper", sensitivity=2)
EDIT = Policy("registry_edit", resource="helper", sensitivity=2)


class HelperList(PlaceList):
    policy = VIEW.to("查看帮扶力量")
    model = Helper
    filterset_class, table_class = HelperFilter, HelperTable
    title = "帮扶力量"
    empty_text = "没有符合条件的帮扶力量。"
    new, noun = ("登记帮扶力量", "registry:helper_new"), NOUNS["helpers"]

    def get_queryset(self):
        return super().get_queryset().select_related("unit", "team")


class HelperRecord(PlaceRecord):
    policy = VIEW.to("查看一个帮扶力量")
    model = Helper
    listed = ("帮扶力量", "registry:helpers")

    def get_queryset(self):
        return super().get_queryset().select_related("unit", "team", "user")

    def facts(self):
        helper = self.object
        return [
            ("身份", helper.get_role_display()), ("类型", helper.get_kind_display()),
            ("所属单位", helper.unit), ("联系人", helper.contact), ("联系电话", self.phone()),
            ("特长、资源", helper.strengths), ("志愿者队伍", helper.team), ("账号", helper.user),
            ("加入日期", helper.joined_on), ("退出日期", helper.left_on),
            ("备注", masking.scan(helper.note)),
        ]  # fmt: skip

    def acts(self):
        left = self.object.left_on
        last = ("return", "恢复", "arrow-repeat") if left else ("leave", "退出", "x-lg")
        return [
            {"url": reverse("registry:helper_step", args=[self.object.uuid, step]), "label": label, "icon": icon}
            for step, label, icon in (("edit", "修改", "pencil"), last)
        ]  # fmt: skip

    def get_context_data(self, **kwargs):
        state = "helper_left" if self.object.left_on else f"vetting_{self.object.vetting}"
        return super().get_context_data(state=state, **kwargs)


class HelperNew(PlaceNew):
    policy = EDIT.to(get="打开帮扶力量登记页", post="登记帮扶力量")
    title, form, listed = "登记帮扶力量", HelperForm, ("帮扶力量", "registry:helpers")
    save = staticmethod(places.save_helper)

    def after(self, made):
        return reverse("registry:helper", args=[made.uuid])


class HelperStep(PlaceStep):
    policy = EDIT.to(get="打开帮扶力量的一个表单", post="修改帮扶力量，登记退出")
    model = Helper
    sample: ClassVar = {"step": "edit"}
    save = staticmethod(places.save_helper)
    steps: ClassVar = {
        "edit": ("修改帮扶力量", HelperForm),
        "leave": ("退出", StandingForm),
        "return": ("恢复", StandingForm),
    }

    def after(self, made):
        return reverse("registry:helper", args=[self.object.uuid])
