"""年度台账: the books of one's units, opened and closed here."""

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from federation import scope
from federation.idempotency import idempotent, new_key
from federation.models import OrgUnit
from federation.policy import Policy
from federation.tables import PageTable, render_state
from federation.unit_field import UnitField
from federation.views.base import ScopedListView, uuid_or_404, whole_number
from registry import books
from registry.models import Programme, RegisterBook
from registry.refusal import Refused


class OpenForm(forms.Form):
    programme = forms.ModelChoiceField(
        Programme.objects.filter(is_active=True, yearly=True), label="专项",
        to_field_name="code", empty_label="请选择",
    )  # fmt: skip
    unit = UnitField(OrgUnit.objects.open_now(), label="单位", url=reverse_lazy("unit_pick"))
    year = forms.IntegerField(label="年度", min_value=books.FIRST_YEAR)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)


class BookFilter(django_filters.FilterSet):
    year = django_filters.NumberFilter(label="年度")
    programme = django_filters.ModelChoiceFilter(
        label="专项", queryset=Programme.objects.filter(yearly=True), empty_label="全部"
    )
    unit = django_filters.CharFilter(label="单位", field_name="unit__name", lookup_expr="contains")

    class Meta:
        model = RegisterBook
        fields = ("year", "programme", "unit")


class BookTable(PageTable):
    unit = tables.Column("单位", accessor="unit__name", order_by=("unit__path",))
    programme = tables.Column("专项", accessor="programme__name", orderable=False)
    year = tables.Column("年度")
    state = tables.Column("状态", empty_values=(), orderable=False)
    figures = tables.Column("封册数字", empty_values=(), orderable=False)
    acts = tables.Column("", empty_values=(), orderable=False, attrs={"td": {"class": "acts"}})

    class Meta:
        model = RegisterBook
        fields = ("unit", "programme", "year", "state", "figures", "acts")
        order_by = ()

    def before_render(self, request):
        self.request, self.key = request, new_key()

    def render_state(self, record):
        return render_state("book_closed" if record.closed_on else "book_open")

    def render_figures(self, record):
        if not record.closed_on:
            return "封册时计算"
        if not books.may_read_figures(self.request.user, record):
            return "不显示"
        said = ((word, record.counts.get(key)) for key, word in books.COUNTED.items())
        return "，".join(f"{word} {value}" for word, value in said if value is not None)

    def render_acts(self, record):
        user = self.request.user
        step = "reopen" if record.closed_on else "close"
        may = books.may_reopen if record.closed_on else books.may_keep
        if not may(user, record.unit):
            return ""
        context = {"book": record, "step": step, "key": f"{self.key}-{step}{record.pk}"}
        return render_to_string("registry/parts/book_act.html", context, self.request)


class BookList(ScopedListView):
    """POST: ``step`` open (with the form above the list), close or reopen (with the book)."""

    policy = Policy("registry_edit", resource="register", sensitivity=3).to(
        get="查看年度台账", post="开册、封册、重开年度台账"
    )
    model = RegisterBook
    filterset_class = BookFilter
    table_class = BookTable
    template_name = "registry/books.html"
    title = "年度台账"
    scope_word = "含下级"
    empty_text = "还没有年度台账。选定专项、单位和年度，点“开册”。"
    form: OpenForm | None = None

    def get_queryset(self):
        found = super().get_queryset().select_related("unit", "programme")
        return found.order_by("-year", "unit__path", "programme__position")

    def get_context_data(self, **kwargs):
        start = {"year": timezone.localdate().year}
        if acting := getattr(self.request, "acting", None):
            start["unit"] = acting.unit
        form = self.form or OpenForm(initial=start)
        return super().get_context_data(form=form, idempotency_key=new_key(), **kwargs)

    @idempotent
    def post(self, request):
        step = request.POST.get("step", "")
        if step not in {"open", "close", "reopen"}:
            raise Http404
        try:
            said = self._open() if step == "open" else self._act(step)
        except scope.OutOfReach as error:
            raise Http404 from error
        except Refused as error:
            said = ""
            if self.form:
                self.form.add_error(None, str(error))
            messages.error(request, str(error))
        if self.form and self.form.errors:
            return self._again()
        if said:
            messages.success(request, said)
        return HttpResponseRedirect(reverse("registry:books"))

    def _open(self) -> str:
        self.form = OpenForm(self.request.POST)
        if not self.form.is_valid():
            return ""
        return f"{books.open_book(**self.form.cleaned_data, by=self.request.user)}已开册。"

    def _act(self, step: str) -> str:
        sent = self.request.POST
        unit = uuid_or_404(OrgUnit, OrgUnit.objects.all(), sent.get("unit", ""))
        book = self.get_queryset().filter(
            unit=unit, programme__code=sent.get("programme", ""),
            year=whole_number(sent.get("year", "")[:6]) or 0,
        ).first()  # fmt: skip
        if book is None:
            raise Http404
        if step == "close":
            return f"{books.close(book, by=self.request.user)}已封册，数字不再变动。"
        reason = sent.get("reason", "")[:200]
        return f"{books.reopen(book, reason=reason, by=self.request.user)}已重开。"

    def _again(self):
        response = self.get(self.request)
        response.status_code = 422
        return response
