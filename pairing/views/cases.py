"""典型: those in reach, one of them, its form, its way up and down."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils.html import format_html

from federation.idempotency import idempotent
from federation.models import OrgUnit
from federation.policy import Policy
from federation.tables import DayColumn, PageTable, render_state
from federation.views.base import PlainPage, ScopedDetailView, ScopedListView, uuid_or_404
from pairing import cases, parties
from pairing.models import Pairing, TypicalCase
from registry import history, masking
from registry.forms import ArchiveForm
from registry.views.forms import FormPage, VersionedPage

VIEW = Policy("pairing_view", resource="case", sensitivity=3)


class CaseTable(PageTable):
    title = tables.Column("标题")
    unit = tables.Column("推荐单位")
    state = tables.Column("状态")
    published_by = tables.Column("推广单位")
    written_at = DayColumn("撰写日期")

    class Meta:
        model = TypicalCase
        fields = ("title", "unit", "state", "published_by", "written_at")
        order_by = ()
        orderable = False

    def render_title(self, record):
        url = reverse("pairing:case", args=[record.uuid])
        return format_html('<a href="{}">{}</a>', url, masking.scan(record.title))

    def render_state(self, record):
        return render_state(f"case_{record.state}")


class CaseFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="标题", field_name="title", lookup_expr="contains")
    state = django_filters.ChoiceFilter(
        label="状态", choices=TypicalCase.State.choices, empty_label="全部"
    )

    class Meta:
        model = TypicalCase
        fields = ("q", "state")


class CaseList(ScopedListView):
    policy = VIEW.to("查看典型")
    model = TypicalCase
    filterset_class, table_class = CaseFilter, CaseTable
    title = "典型"
    empty_text = "还没有典型。上级推广的、本单位推荐的都在这里。"

    def get_queryset(self):
        return super().get_queryset().select_related("unit", "published_by")

    def get_primary_action(self):
        if not cases.desks(self.request.user):
            return None
        return {"label": "写典型", "url": reverse("pairing:case_new"), "icon": "plus-lg"}


class CaseForm(ArchiveForm):
    title = forms.CharField(label="标题", max_length=80)
    text = forms.CharField(
        label="内容", max_length=4000, widget=forms.Textarea(attrs={"rows": 12}),
        help_text="写做法、成效和可以推广的经验。不写身份证号、电话；姓名写“林某”“一名儿童”。",
    )  # fmt: skip
    names_cleared = forms.BooleanField(
        label="已核对公开同意", required=False,
        help_text="内容里有姓名时才勾选：每个人（或监护人）都登记了“公示”的同意。",
    )  # fmt: skip


class AnswerForm(ArchiveForm):
    answer = forms.CharField(
        label="答复", max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="写明为什么不采用，或怎样修改后再推荐；推荐单位能看到。",
    )  # fmt: skip


class CaseNew(FormPage, PlainPage):
    """For one's own unit; ``?pair=`` names the pair it tells of."""

    policy = Policy("pairing_log", resource="case", sensitivity=3).to(
        get="打开“写典型”", post="写典型"
    )
    title = "写典型"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not cases.desks(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_crumbs(self):
        return [("典型", reverse("pairing:cases"))]

    def pair(self) -> Pairing | None:
        asked = self.request.POST.get("pair") or self.request.GET.get("pair")
        if not asked:
            return None
        return uuid_or_404(Pairing, Pairing.objects.visible_to(self.request.user), asked)

    def make_form(self, data=None):
        self.of = self.pair()
        form = CaseForm(data, user=self.request.user)
        if self.of is not None:
            form.fields["pair"] = forms.CharField(
                widget=forms.HiddenInput, initial=str(self.of.uuid), required=False
            )
            form.fields["title"].help_text = f"结对：{parties.shown(self.of, to=self.request.user)}"
        return form

    def form_context(self, form):
        return {**super().form_context(form), "cancel_url": reverse("pairing:cases")}

    def get(self, request):
        return self.show(self.make_form())

    @idempotent
    def post(self, request):
        return self.taken(self.make_form(request.POST))

    def act(self, form):
        held = cases.desks(self.request.user)
        acting = self.request.acting.unit if self.request.acting else None
        unit = (
            acting if acting and acting.pk in held else OrgUnit.objects.filter(pk__in=held).first()
        )
        return cases.save(None, form.values(), by=self.request.user, unit=unit, pairing=self.of)

    def after(self, made):
        return reverse("pairing:case", args=[made.uuid])


class CasePage(ScopedDetailView):
    policy = VIEW
    model = TypicalCase

    def get_queryset(self):
        return (
            super().get_queryset().select_related("unit", "published_by", "written_by", "pairing")
        )

    def get_title(self):
        return masking.scan(self.object.title)

    def get_crumbs(self):
        return [("典型", reverse("pairing:cases"))]

    def steps(self) -> dict[str, tuple[str, str]]:
        """Step → (its word, its icon): what ``user`` may do with the case as it stands."""
        case, user = self.object, self.request.user
        mine = TypicalCase.objects.visible_to(user, "log").filter(pk=case.pk).exists()
        found: dict[str, tuple[str, str]] = {}
        if mine and case.state in cases.WRITABLE:
            found |= {"edit": ("修改", "pencil"), "nominate": ("向上级推荐", "send")}
        if mine and case.state == cases.State.NOMINATED:
            found["withdraw"] = ("撤回推荐", "arrow-return-left")
        above = cases.judging_units(case, user)
        if above and case.state == cases.State.NOMINATED:
            found |= {"publish": (f"由{above[0]}推广", "megaphone"), "decline": ("不采用", "x-lg")}
        if above and case.state == cases.State.PUBLISHED and case.published_by == above[0]:
            found["decline"] = ("撤下", "x-lg")
        return found


class CaseRecord(CasePage):
    policy = VIEW.to("查看一篇典型")
    template_name = "pairing/case.html"

    def facts(self) -> list[tuple[str, Any]]:
        case, user = self.object, self.request.user
        near = Pairing.objects.visible_to(user).filter(pk=case.pairing_id).first()
        spread = [("推广单位", case.published_by)] if case.published_by else []
        told = [("结对", parties.shown(near, to=user))] if near else []
        answer = [("答复", masking.scan(case.answer))] if case.answer else []
        return [("推荐单位", case.unit), *told, ("撰写人", case.written_by), *spread, *answer]

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            state=f"case_{self.object.state}",
            facts=self.facts(),
            paragraphs=masking.scan(self.object.text).splitlines(),
            acts=[
                {"url": reverse("pairing:case_step", args=[self.object.uuid, step]), "label": word, "icon": icon}
                for step, (word, icon) in self.steps().items()
            ],
            events=history.events_of(self.object),
            **kwargs,
        )  # fmt: skip


class CaseStep(VersionedPage, CasePage):
    """修改, 推荐, 撤回, 推广, 不采用: one form each; three of them only ask to be confirmed."""

    policy = VIEW.to(get="打开典型的一个步骤", post="修改、推荐、推广典型，或不采用")
    sample: ClassVar = {"step": "nominate"}
    forms_of: ClassVar = {"edit": CaseForm, "decline": AnswerForm}

    def found(self) -> None:
        self.object, self.step = self.get_object(), self.kwargs["step"]
        words = {"edit", "nominate", "withdraw", "publish", "decline"}
        if self.step not in words:
            raise Http404

    def get_title(self):
        usual = {"edit": "修改典型", "nominate": "向上级推荐", "withdraw": "撤回推荐", "publish": "推广典型", "decline": "不采用"}  # fmt: skip
        return (
            self.steps().get(self.step, (usual[self.step],))[0]
            if self.step != "edit"
            else usual["edit"]
        )

    def get_crumbs(self):
        return [*super().get_crumbs(), (masking.scan(self.object.title), self.after(None))]

    def make_form(self, data=None):
        row = self.object if self.step == "edit" else None
        return self.forms_of.get(self.step, ArchiveForm)(data, user=self.request.user, row=row)

    def form_context(self, form):
        more = {"submit_label": self.get_title() if self.step != "edit" else "保存"}
        return {**super().form_context(form), "cancel_url": self.after(None), **more}

    def get(self, request, *args, **kwargs):
        self.found()
        if self.step not in self.steps():
            raise PermissionDenied
        return self.show(self.make_form())

    @idempotent
    def post(self, request, *args, **kwargs):
        self.found()
        return self.sent(request.POST)

    def act(self, form):
        more = {"by": self.request.user, "version": self.object.version}
        if self.step == "edit":
            return cases.save(self.object, form.values(), **more)
        if self.step == "decline":
            return cases.decline(self.object, answer=form.cleaned_data["answer"], **more)
        return getattr(cases, self.step)(self.object, **more)

    def after(self, made):
        return reverse("pairing:case", args=[self.object.uuid])
