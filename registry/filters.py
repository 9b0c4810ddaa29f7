"""What a register is narrowed by: programme, place, name, standing, age, 待核实, needs."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q

from federation import scope
from registry.models import (
    Enrolment,
    Helper,
    Need,
    Person,
    PersonState,
    Programme,
    Site,
    SiteKind,
)
from registry.models.persons import born_after
from registry.names import Names

# Where an archive may stand to be listed: what was erased is no archive any more.
STATES = [
    *((s.value, s.label) for s in PersonState if s not in {PersonState.ACTIVE, PersonState.ERASED}),
    ("all", "全部状态"),
]
ORDERS = {
    "": ("按姓名拼音", ("pinyin", "id")),
    "newest": ("新建档的在前", ("-entered_at", "-id")),
    "oldest": ("年长的在前", ("born_on", "id")),
    "youngest": ("年幼的在前", ("-born_on", "-id")),
    "unverified": ("久未核实的在前", ("verified_on", "id")),
}
# Columns one may choose, and those shown to who has not.
COLUMNS = {
    "sex": "性别",
    "age": "年龄",
    "born_on": "出生日期",
    "unit": "居住地",
    "registered": "户籍地",
    "programmes": "专项",
    "needs": "未解决的困难",
    "ethnicity": "民族",
    "education": "文化程度",
    "marriage": "婚姻状况",
    "verified_on": "最近核实",
    "entered_at": "建档日期",
    "state": "状态",
}
USUAL = ("sex", "age", "unit", "programmes", "verified_on", "state")
LIVES = 130  # years


class UnitNamed:
    """A filter by the place: the name, pinyin or initials of a unit, with all that lies below it."""

    def at_unit(self, queryset, name, value):
        return queryset.filter(scope.named(value[:40], "unit__path"))


class PersonFilter(UnitNamed, django_filters.FilterSet):
    q = django_filters.CharFilter(label="姓名、拼音", method="named", max_length=30)
    programme = django_filters.ModelChoiceFilter(
        label="专项", queryset=Programme.objects.filter(is_active=True), to_field_name="code",
        method="in_programme", empty_label="全部",
    )  # fmt: skip
    unit = django_filters.CharFilter(label="村（社区）、单位", method="at_unit", max_length=40)
    state = django_filters.ChoiceFilter(
        label="状态", choices=STATES, method="standing", empty_label="在册"
    )
    age_from = django_filters.NumberFilter(
        label="年龄从", method="at_least", min_value=0, max_value=LIVES
    )
    age_to = django_filters.NumberFilter(
        label="年龄到", method="at_most", min_value=0, max_value=LIVES
    )
    stale = django_filters.ChoiceFilter(
        label="核实", choices=[("1", "待核实")], method="not_verified", empty_label="全部"
    )
    needs = django_filters.ChoiceFilter(
        label="困难需求", choices=[("1", "有未解决的")], method="in_need", empty_label="全部"
    )
    consent = django_filters.ChoiceFilter(
        label="同意", choices=[("own", "满14周岁缺本人同意")], method="to_ask", empty_label="全部"
    )
    order = django_filters.ChoiceFilter(
        label="排序", choices=[(key, word) for key, (word, _) in ORDERS.items() if key],
        method="ordered", empty_label=ORDERS[""][0],
    )  # fmt: skip
    cols = django_filters.MultipleChoiceFilter(
        choices=list(COLUMNS.items()), method="as_it_is", widget=forms.MultipleHiddenInput
    )

    class Meta:
        model = Person
        fields = ("q", "programme", "unit", "state", "age_from", "age_to", "stale", "needs",
                  "consent", "order", "cols")  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.data.get("state") not in dict(STATES):
            self.queryset = self.queryset.active()
        self.queryset = self.queryset.exclude(state=PersonState.ERASED)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that were chosen, in our order."""
        chosen = self.form.cleaned_data.get("cols") if self.form.is_valid() else None
        return tuple(name for name in COLUMNS if name in (chosen or USUAL))

    def as_it_is(self, queryset, name, value):
        return queryset

    def named(self, queryset, name, value):
        """A minor is found by her name only by who may read it: a search is a way of reading."""
        words = value.replace("\x00", "")
        return queryset.named(words).filter(Names(self.request.user).readable())

    def in_programme(self, queryset, name, value):
        enrolled = Enrolment.objects.visible_to(self.request.user).current()
        return queryset.filter(Exists(enrolled.filter(programme=value, person=OuterRef("pk"))))

    def standing(self, queryset, name, value):
        return queryset if value == "all" else queryset.filter(state=value)

    def at_least(self, queryset, name, value):
        return queryset.filter(born_on__lte=born_after(int(value)))

    def at_most(self, queryset, name, value):
        return queryset.filter(born_on__gt=born_after(int(value) + 1))

    def not_verified(self, queryset, name, value):
        return queryset.stale()

    def to_ask(self, queryset, name, value):
        return queryset.to_ask_herself()

    def in_need(self, queryset, name, value):
        unmet = Need.objects.visible_to(self.request.user).unmet()
        return queryset.filter(Exists(unmet.filter(person=OuterRef("pk"))))

    def ordered(self, queryset, name, value):
        return queryset.order_by(*ORDERS[value][1])


class SiteFilter(UnitNamed, django_filters.FilterSet):
    q = django_filters.CharFilter(label="名称", field_name="name", lookup_expr="contains")
    kind = django_filters.ModelChoiceFilter(
        label="类别", queryset=SiteKind.objects.all(), to_field_name="code", empty_label="全部"
    )
    unit = django_filters.CharFilter(label="单位", method="at_unit", max_length=40)
    grade = django_filters.CharFilter(label="等级", field_name="grade", max_length=20)
    standing = django_filters.ChoiceFilter(
        label="状态", choices=[("closed", "停用"), ("all", "全部")], method="as_it_is",
        empty_label="在用",
    )  # fmt: skip

    class Meta:
        model = Site
        fields = ("q", "kind", "unit", "grade", "standing")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        standing = self.data.get("standing")
        if standing != "all":
            self.queryset = self.queryset.filter(closed_on__isnull=standing != "closed")

    def as_it_is(self, queryset, name, value):
        return queryset


class HelperFilter(UnitNamed, django_filters.FilterSet):
    q = django_filters.CharFilter(label="姓名、拼音", method="named", max_length=30)
    role = django_filters.ChoiceFilter(
        label="身份", choices=Helper.Role.choices, empty_label="全部"
    )
    kind = django_filters.ChoiceFilter(
        label="类型", choices=Helper.Kind.choices, empty_label="全部"
    )
    vetting = django_filters.ChoiceFilter(
        label="审核", choices=Helper.Vetting.choices, empty_label="全部"
    )
    team = django_filters.CharFilter(label="队伍", field_name="team__name", lookup_expr="contains")
    unit = django_filters.CharFilter(label="单位", method="at_unit", max_length=40)
    left = django_filters.ChoiceFilter(
        label="状态", choices=[("1", "已退出")], method="as_it_is", empty_label="在册"
    )

    class Meta:
        model = Helper
        fields = ("q", "role", "kind", "vetting", "team", "unit", "left")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.queryset = self.queryset.filter(left_on__isnull=self.data.get("left") != "1")

    def as_it_is(self, queryset, name, value):
        return queryset

    def named(self, queryset, name, value):
        words = value.replace("\x00", "").strip()
        latin = words.lower().replace(" ", "")
        if latin.isascii() and latin.isalpha():
            return queryset.filter(Q(initials__startswith=latin) | Q(pinyin__startswith=latin))
        return queryset.filter(name__contains=words)
