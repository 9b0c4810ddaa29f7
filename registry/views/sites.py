"""阵地: the list, one of them, its forms. 帮扶力量 are shown in the same way (``views/helpers.py``)."""

from __future__ import annotations

from typing import ClassVar

from django.http import Http404
from django.urls import reverse

from federation import scope
from federation.idempotency import idempotent
from federation.policy import Policy
from federation.views.base import PlainPage, ScopedDetailView, ScopedListView
from registry import history, masking, places
from registry.filters import SiteFilter
from registry.models import Site
from registry.place_forms import HonourForm, SiteForm, StandingForm
from registry.place_imports import NOUNS, Noun
from registry.tables import SiteTable
from registry.views import place_lists
from registry.views.forms import FormPage, VersionedPage
from registry.views.persons import scope_word

VIEW = Policy("registry_view", resource="site", sensitivity=2)
EDIT = Policy("registry_edit", resource="site", sensitivity=2)


class PlaceList(ScopedListView):
    """A list of places or helpers; ``new`` is the address of a new one."""

    policy = VIEW
    new: ClassVar[tuple[str, str]]
    noun: ClassVar[Noun]

    def get_tools(self):
        return place_lists.tools(self.request, self.noun)

    def get_context_data(self, **kwargs):
        return super().get_context_data(scope_word=scope_word(self.request), **kwargs)

    def get_primary_action(self):
        if not scope.may(self.request.user, "registry_edit"):
            return None
        return {"label": self.new[0], "url": reverse(self.new[1]), "icon": "plus-lg"}


class SiteList(PlaceList):
    policy = VIEW.to("查看阵地")
    model = Site
    filterset_class, table_class = SiteFilter, SiteTable
    title = "阵地"
    empty_text = "没有符合条件的阵地。"
    new, noun = ("登记阵地", "registry:site_new"), NOUNS["sites"]

    def get_queryset(self):
        return super().get_queryset().select_related("unit", "kind").prefetch_related("honours")


class PlaceRecord(ScopedDetailView):
    """One place or helper: its facts, what may be done, its history."""

    policy = VIEW
    template_name = "registry/place.html"
    listed: ClassVar[tuple[str, str]]

    def get_title(self):
        return self.object.name

    def get_crumbs(self):
        return [(self.listed[0], reverse(self.listed[1]))]

    def phone(self) -> str:
        held = self.object.phone
        return masking.text("phone", held.open()) if held else ""

    def editable(self) -> bool:
        rows = self.model.objects.visible_to(self.request.user, "edit")
        return rows.filter(pk=self.object.pk).exists()

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            facts=self.facts(),
            events=history.events_of(self.object),
            acts=self.acts() if self.editable() else [],
            **kwargs,
        )


class SiteRecord(PlaceRecord):
    policy = VIEW.to("查看一个阵地")
    model = Site
    listed = ("阵地", "registry:sites")

    def get_queryset(self):
        return super().get_queryset().select_related("unit", "kind")

    def facts(self):
        site = self.object
        return [
            ("类别", site.kind), ("所在单位", site.unit), ("等级", site.grade), ("依托", site.host),
            ("地址", site.address), ("负责人", site.leader), ("联系电话", self.phone()),
            ("建立日期", site.opened_on), ("停用日期", site.closed_on),
            ("备注", masking.scan(site.note)),
        ]  # fmt: skip

    def acts(self):
        last = (
            ("reopen", "恢复使用", "arrow-repeat")
            if self.object.closed_on
            else ("close", "停用", "x-lg")
        )
        steps = (("edit", "修改", "pencil"), ("honour", "登记荣誉", "award"), last)
        return [
            {"url": reverse("registry:site_step", args=[self.object.uuid, step]), "label": label, "icon": icon}
            for step, label, icon in steps
        ]  # fmt: skip

    def get_context_data(self, **kwargs):
        state = "site_closed" if self.object.closed_on else "site_open"
        return super().get_context_data(state=state, honours=self.object.honours.all(), **kwargs)


class PlaceNew(FormPage, PlainPage):
    policy = EDIT
    form: ClassVar[type]
    listed: ClassVar[tuple[str, str]]

    def get_crumbs(self):
        return [(self.listed[0], reverse(self.listed[1]))]

    def make_form(self, data=None):
        acting = self.request.acting.unit if self.request.acting else None
        held = scope.units_held(self.request.user, "registry_edit")
        here = acting if acting is not None and acting.pk in held else None
        return self.form(data, user=self.request.user, initial={"unit": here})

    def form_context(self, form):
        return {**super().form_context(form), "cancel_url": reverse(self.listed[1])}

    def get(self, request):
        return self.show(self.make_form())

    @idempotent
    def post(self, request):
        return self.taken(self.make_form(request.POST))

    def act(self, form):
        values = form.values()
        return self.save(None, values, by=self.request.user, unit=values.pop("unit"))


class SiteNew(PlaceNew):
    policy = EDIT.to(get="打开阵地登记页", post="登记阵地")
    title, form, listed = "登记阵地", SiteForm, ("阵地", "registry:sites")
    save = staticmethod(places.save_site)

    def after(self, made):
        return reverse("registry:site", args=[made.uuid])


class PlaceStep(VersionedPage, ScopedDetailView):
    """修改, or what becomes of it; ``steps`` is step → (title, form)."""

    policy = EDIT
    steps: ClassVar[dict[str, tuple[str, type]]]
    sample: ClassVar = {"step": "edit"}

    def dispatch(self, request, *args, **kwargs):
        if kwargs["step"] not in self.steps:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self):
        return super().get_queryset().select_related("unit")

    @property
    def step(self) -> str:
        return self.kwargs["step"]

    def get_title(self):
        return self.steps[self.step][0]

    def get_crumbs(self):
        return [(self.object.name, self.after(self.object))]

    def make_form(self, data=None):
        row = self.object if self.step == "edit" else None
        return self.steps[self.step][1](data, user=self.request.user, row=row)

    def form_context(self, form):
        return {**super().form_context(form), "cancel_url": self.after(self.object)}

    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        return self.show(self.make_form())

    @idempotent
    def post(self, request, *args, **kwargs):
        self.object = self.get_object()
        sent = self.sent if self.step == "edit" else lambda post: self.taken(self.make_form(post))
        return sent(request.POST)

    def act(self, form):
        by = {"by": self.request.user}
        if self.step == "edit":
            return self.save(self.object, form.values(), version=self.object.version, **by)
        if self.step == "honour":
            return places.honour(self.object, form.cleaned_data, **by)
        if self.step in {"close", "leave"}:
            return places.end(self.object, on=form.cleaned_data["on"], **by)
        return places.resume(self.object, **by)


class SiteStep(PlaceStep):
    policy = EDIT.to(get="打开阵地的一个表单", post="修改、停用阵地，登记荣誉")
    model = Site
    sample: ClassVar = {"step": "edit"}
    save = staticmethod(places.save_site)
    steps: ClassVar = {
        "edit": ("修改阵地", SiteForm),
        "honour": ("登记荣誉", HonourForm),
        "close": ("停用阵地", StandingForm),
        "reopen": ("恢复使用", StandingForm),
    }

    def after(self, made):
        return reverse("registry:site", args=[self.object.uuid])
