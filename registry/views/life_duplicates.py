"""疑似重复: the queue, two archives side by side, and asking whether somebody is kept already."""

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Value, When
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from federation import audit
from federation.idempotency import done, idempotent, new_key
from federation.policy import Policy
from federation.scope import OutOfReach
from federation.tables import DayColumn, PageTable, render_state
from federation.views.base import PlainPage, ScopedDetailView, ScopedListView
from registry import duplicates, identity_numbers, masking, merging
from registry.models import DuplicatePair, Merge, Person
from registry.refusal import Refused
from registry.views.life_parts import Reason, name_of, opener, person_url, sex_and_age
from registry.views.opening import found_by

JUDGE = Policy("registry_adjudicate", resource="duplicate", sensitivity=4)


# -- The queue --------------------------------------------------------------------------------------
class PairFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(
        label="状态", choices=DuplicatePair.State.choices, empty_label="全部"
    )
    why = django_filters.ChoiceFilter(
        label="原因", choices=DuplicatePair.Why.choices, empty_label="全部"
    )

    class Meta:
        model = DuplicatePair
        fields = ("state", "why")


class PairTable(PageTable):
    pair = tables.Column("两份档案", empty_values=(), orderable=False)
    units = tables.Column("所在单位", empty_values=(), orderable=False)
    why = tables.Column("原因", orderable=False)
    points = tables.Column("相近程度", attrs={"td": {"class": "num"}})
    state = tables.Column("状态", orderable=False)
    found_at = DayColumn("发现")

    class Meta:
        model = DuplicatePair
        fields = ("pair", "units", "why", "points", "state", "found_at")
        order_by = ()

    def before_render(self, request):
        self.user, self.opens = request.user, opener(request.user)

    def render_pair(self, record):
        url = reverse("registry:duplicate", args=[record.uuid])
        names = [name_of(p, to=self.user, opens=self.opens(p)) for p in (record.low, record.high)]
        return format_html('<a href="{}">{} / {}</a>', url, *names)

    def render_units(self, record):
        return " / ".join(dict.fromkeys((record.low.unit.name, record.high.unit.name)))

    def render_state(self, record):
        return render_state(f"pair_{record.state}")


class PairList(ScopedListView):
    policy = JUDGE.to("查看疑似重复的档案")
    model = DuplicatePair
    filterset_class = PairFilter
    table_class = PairTable
    title = "疑似重复"
    scope_word = "含下级"
    empty_text = "没有疑似重复的档案。同一身份证号，或姓名、生日、住村、电话相近的，会列在这里。"

    def get_queryset(self):
        first = Case(
            When(state="open", then=Value(0)), default=Value(1), output_field=IntegerField()
        )
        found = super().get_queryset().select_related("low__unit", "high__unit")
        return found.order_by(first, "-points", "-found_at", "-pk")


# -- One pair ---------------------------------------------------------------------------------------
class DecideForm(forms.Form):
    reason = Reason("理由")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)


class PairRecord(ScopedDetailView):
    """POST: ``step`` same (with ``keep`` and ``take:<field>``), different or unmerge."""

    policy = JUDGE.to(
        get="打开一对疑似重复的档案", same="合并档案", different="认定为不同的人",
        unmerge="拆分档案", post="核对重复档案",
    )  # fmt: skip
    model = DuplicatePair
    template_name = "registry/duplicate.html"
    title = "核对疑似重复"

    def get_queryset(self):
        joined = [f"{end}__{field}" for end in ("low", "high") for field in ("unit", "household")]
        return super().get_queryset().select_related(*joined, "decided_by")

    def get_crumbs(self):
        return [("疑似重复", reverse("registry:duplicates")), ("核对", "")]

    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        for person in (self.object.low, self.object.high):
            audit.record(person, "compare_persons", by=request.user, unit=person.unit)
        return self.show(DecideForm())

    @idempotent
    def post(self, request, *args, **kwargs):
        self.object = self.get_object()
        step, form = request.POST.get("step", ""), DecideForm(request.POST)
        if step not in STEPS:
            raise Http404
        if form.is_valid() and self.act(step, form):
            messages.success(request, STEPS[step][1])
            return HttpResponseRedirect(reverse("registry:duplicates"))
        return self.show(form, status=422)

    def act(self, step: str, form) -> bool:
        try:
            STEPS[step][0](self, form.cleaned_data["reason"])
        except OutOfReach as error:
            raise PermissionDenied(str(error)) from error
        except Refused as error:
            form.add_error(None, str(error))
            return False
        return True

    def last_merge(self) -> Merge | None:
        keys = (self.object.low_id, self.object.high_id)
        rows = self.object.low.merges.all() | self.object.high.merges.all()
        return rows.filter(kept__in=keys, gone__in=keys, undone_at=None).first()

    def merge(self, reason: str) -> None:
        sent, pair = self.request.POST, self.object
        keep, other = (pair.high, "low") if sent.get("keep") == "high" else (pair.low, "high")
        take = {name for name in merging.FIELDS if sent.get(f"take:{name}") == other}
        merging.merge(pair, keep=keep, take=take, reason=reason, by=self.request.user)

    def tell_apart(self, reason: str) -> None:
        merging.tell_apart(self.object, reason=reason, by=self.request.user)

    def unmerge(self, reason: str) -> None:
        merge = self.last_merge()
        if merge is None:
            raise Refused("这一对没有合并，不用拆分。")
        merging.unmerge(merge, reason=reason, by=self.request.user)

    def show(self, form, status: int = 200):
        pair, user, opens = self.object, self.request.user, opener(self.request.user)
        ends = [
            {"key": key, "person": person, "name": name_of(person, to=user, opens=opens(person)),
             "url": person_url(person), "who": sex_and_age(person)}
            for key, person in (("low", pair.low), ("high", pair.high))
        ]  # fmt: skip
        context = self.get_context_data(
            form=form, pair=pair, ends=ends, state=f"pair_{pair.state}", lines=self.lines(opens),
            idempotency_key=new_key(), decision=masking.scan(pair.decision),
            is_open=pair.state == "open", is_merged=pair.state == "same",
            keep=self.request.POST.get("keep", "low"),
        )  # fmt: skip
        return self.render_to_response(context, status=status)

    def lines(self, opens) -> list[dict]:
        """Each field as both archives say it; where they differ, one is chosen."""
        pair, sent = self.object, self.request.POST
        differ = set(merging.differing(pair.low, pair.high))
        found = []
        for name in merging.FIELDS:
            low, high = (self.said(person, name, opens) for person in (pair.low, pair.high))
            if not (low or high):
                continue
            empty = low in ("", None) and name in differ
            found.append({
                "name": name, "label": Person._meta.get_field(name).verbose_name, "low": low,
                "high": high, "differs": name in differ,
                "choice": sent.get(f"take:{name}", "high" if empty else "low"),
            })  # fmt: skip
        return found

    def said(self, person: Person, name: str, opens) -> str:
        if name in masking.FIELDS:
            return masking.shown(person, name, to=self.request.user, opens=opens(person))
        value = getattr(person, f"get_{name}_display", lambda: getattr(person, name))()
        return masking.scan(str(value)) if value else ""


STEPS = {
    "same": (PairRecord.merge, "已合并。两份档案的登记都在保留的档案里，可以拆分。"),
    "different": (PairRecord.tell_apart, "已记为不同的人，不再提示。"),
    "unmerge": (PairRecord.unmerge, "已拆分，两份档案恢复到合并之前。"),
}


# -- Asking by number -------------------------------------------------------------------------------
class NumberForm(forms.Form):
    number = forms.CharField(
        label="身份证号", max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)

    def clean_number(self) -> str:
        typed = self.cleaned_data["number"]
        identity_numbers.checked(typed)
        return typed


class Registered(PlainPage):
    """是否已建档: the archive if one reaches it; otherwise the same words, whether there is one or not."""

    policy = Policy("registry_edit").to(
        get="打开“是否已建档”", post="按身份证号查是否已建档", resource="person", sensitivity=4
    )
    template_name = "registry/registered.html"
    title = "是否已建档"

    def show(self, form, status: int = 200, **more):
        context = self.get_context_data(
            form=form, idempotency_key=new_key(), submit_label="查", no_paper_switch=True, **more
        )
        return self.render_to_response(context, status=status)

    def get(self, request):
        return self.show(NumberForm())

    @idempotent
    def post(self, request):
        form = NumberForm(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            found = duplicates.registered(form.cleaned_data["number"], by=request.user)
        except duplicates.TooOften as error:
            form.add_error(None, str(error))
            return self.show(form, status=429)
        name = name_of(found, to=request.user) if found else ""
        url = found_by(person_url(found), "number") if found else ""
        response = self.show(NumberForm(), asked=True, name=name, url=url, found=found)
        return done(response, again_at=reverse("registry:registered"))
