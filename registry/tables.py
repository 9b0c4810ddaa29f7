"""Tables of the registers: persons, sites, helpers, teams."""

from __future__ import annotations

import datetime as dt

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from federation.tables import PageTable, render_state
from registry.models import Helper, Person, Site
from registry.models.persons import STALE_AFTER
from registry.names import Names


class PersonTable(PageTable):
    """台账: one archive a row. Built for one user; the rows carry ``enrolled`` and ``unmet``."""

    name = tables.Column("姓名")
    sex = tables.Column()
    age = tables.Column("年龄", empty_values=(), attrs={"td": {"class": "num"}})
    born_on = tables.Column("出生日期", empty_values=())
    unit = tables.Column("居住地")
    registered = tables.Column("户籍地", empty_values=())
    programmes = tables.Column("专项", empty_values=())
    needs = tables.Column("未解决的困难", empty_values=(), accessor="pk")
    ethnicity = tables.Column()
    education = tables.Column()
    marriage = tables.Column()
    verified_on = tables.Column("最近核实", empty_values=())
    entered_at = tables.Column("建档日期")
    state = tables.Column("状态")

    class Meta:
        model = Person
        fields = (
            "name", "sex", "age", "born_on", "unit", "registered", "programmes", "needs",
            "ethnicity", "education", "marriage", "verified_on", "entered_at", "state",
        )  # fmt: skip
        order_by = ()
        orderable = False

    def __init__(self, *args, user, found="", **kwargs):
        super().__init__(*args, **kwargs)
        self.names, self.today, self.found = Names(user), timezone.localdate(), found

    def render_name(self, record):
        url = reverse("registry:person", args=[record.uuid])
        url += f"?found={self.found}" if self.found else ""
        return format_html('<a href="{}">{}</a>', url, self.names.of(record))

    def render_age(self, record):
        age = record.age(self.today)
        return "—" if age is None else age

    def render_born_on(self, record):
        return self.names.born(record) or "—"

    def render_registered(self, record):
        return record.registered_unit or record.registered_place or "—"

    def render_programmes(self, record):
        return "、".join(enrolment.programme.name for enrolment in record.enrolled) or "—"

    def render_needs(self, record):
        return "、".join(sorted({need.get_category_display() for need in record.unmet})) or "—"

    def render_entered_at(self, value):
        return f"{timezone.localtime(value):%Y-%m-%d}"

    def render_verified_on(self, record):
        day = f"{record.verified_on:%Y-%m-%d}" if record.verified_on else ""
        if record.state != "active" or not is_stale(record, self.today):
            return day or "—"
        return format_html("{} {}", day, render_state("to_verify"))

    def render_state(self, record):
        return render_state(f"person_{record.state}", record.get_state_display())


class SiteTable(PageTable):
    name = tables.Column("名称")
    kind = tables.Column("类别")
    unit = tables.Column("所在单位")
    grade = tables.Column("等级")
    leader = tables.Column("负责人")
    honours = tables.Column("荣誉", empty_values=(), accessor="pk")
    state = tables.Column("状态", empty_values=(), accessor="pk")

    class Meta:
        model = Site
        fields = ("name", "kind", "unit", "grade", "leader", "honours", "state")
        order_by = ()
        orderable = False

    def render_name(self, record):
        return format_html(
            '<a href="{}">{}</a>', reverse("registry:site", args=[record.uuid]), record.name
        )

    def render_honours(self, record):
        return "、".join(str(honour) for honour in record.honours.all()) or "—"

    def render_state(self, record):
        return render_state("site_closed" if record.closed_on else "site_open")


class HelperTable(PageTable):
    name = tables.Column("姓名或名称")
    role = tables.Column()
    kind = tables.Column()
    unit = tables.Column("所属单位")
    team = tables.Column("队伍")
    strengths = tables.Column("特长、资源")
    vetting = tables.Column("审核")

    class Meta:
        model = Helper
        fields = ("name", "role", "kind", "unit", "team", "strengths", "vetting")
        order_by = ()
        orderable = False

    def render_name(self, record):
        return format_html(
            '<a href="{}">{}</a>', reverse("registry:helper", args=[record.uuid]), record.name
        )

    def render_vetting(self, record):
        return render_state(f"vetting_{record.vetting}")


def is_stale(person: Person, today: dt.date) -> bool:
    """待核实 as ``PersonQuerySet.stale`` has it, of a row that carries ``enrolled``."""
    limits = (enrolment.programme.stale_after for enrolment in person.enrolled)
    known_on = person.verified_on or timezone.localdate(person.entered_at)
    return (today - known_on).days > min(limits, default=STALE_AFTER)
