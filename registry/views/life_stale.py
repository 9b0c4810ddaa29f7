"""待核实: archives that nobody has looked at for too long, the longest first; verified by the tick."""

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F, Prefetch
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from federation import scope
from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.tables import PageTable
from federation.views.base import ScopedListView
from registry import verifying
from registry.models import Person, Programme
from registry.refusal import Refused
from registry.views.life_parts import enrolled_today, name_of, opener, person_url, sex_and_age


class StaleFilter(django_filters.FilterSet):
    unit = django_filters.CharFilter(label="单位", field_name="unit__name", lookup_expr="contains")
    programme = django_filters.ModelChoiceFilter(
        label="专项", queryset=Programme.objects.filter(is_active=True), method="of_programme",
        empty_label="全部",
    )  # fmt: skip

    class Meta:
        model = Person
        fields = ("unit", "programme")

    def of_programme(self, queryset, name, value):
        rows = enrolled_today(self.request.user).filter(programme=value)
        return queryset.filter(pk__in=rows.values("person"))


class StaleTable(PageTable):
    row = tables.Column("选择", accessor="uuid", orderable=False, attrs={"td": {"class": "tick"}})
    name = tables.Column("姓名", order_by=("pinyin",))
    who = tables.Column("性别年龄", empty_values=(), orderable=False)
    unit = tables.Column("居住地", accessor="unit__name", order_by=("unit__path",))
    programmes = tables.Column("专项", empty_values=(), orderable=False)
    verified_on = tables.Column("最近核实", empty_values=())
    waiting = tables.Column("未核实", empty_values=(), orderable=False)

    class Meta:
        model = Person
        fields = ("row", "name", "who", "unit", "programmes", "verified_on", "waiting")
        order_by = ()

    def before_render(self, request):
        self.user, self.opens = request.user, opener(request.user)

    def name_of(self, record):
        return name_of(record, to=self.user, opens=self.opens(record))

    def render_row(self, record):
        box = '<input class="form-check-input" type="checkbox" name="row" value="{}" form="bulk-form" aria-label="选择{}">'
        return format_html(box, record.uuid, self.name_of(record))

    def render_name(self, record):
        url = person_url(record)
        name = self.name_of(record)
        return format_html('<a href="{}">{}</a>', url, name) if url else name

    def render_who(self, record):
        return sex_and_age(record)

    def render_programmes(self, record):
        return "、".join(row.programme.name for row in record.belongs) or "—"

    def render_verified_on(self, record):
        return f"{record.verified_on:%Y-%m-%d}" if record.verified_on else "从未核实"

    def render_waiting(self, record):
        since = record.verified_on or timezone.localdate(record.entered_at)
        return f"{(timezone.localdate() - since).days} 天"


class StaleList(ScopedListView):
    policy = Policy("registry_edit", resource="person", sensitivity=4).to(
        get="查看待核实的档案", post="核实所选档案"
    )
    model = Person
    filterset_class = StaleFilter
    table_class = StaleTable
    title = "待核实"
    scope_word = "含下级"
    empty_text = "没有待核实的档案：在册的都在规定时间内核实过。"

    def get_queryset(self):
        longest = F("verified_on").asc(nulls_first=True)
        belongs = Prefetch("enrolments", enrolled_today(self.request.user), to_attr="belongs")
        found = super().get_queryset().stale().select_related("unit").prefetch_related(belongs)
        return found.order_by(longest, "entered_at", "pk")

    def get_context_data(self, **kwargs):
        verify = {
            "label": "核实所选",
            "url": reverse("registry:stale"),
            "icon": "check2-circle",
            "confirm": "所选档案各项与实际相符，登记为今天核实？",
        }
        return super().get_context_data(bulk_actions=[verify], idempotency_key=new_key(), **kwargs)

    @idempotent
    def post(self, request):
        try:
            done = verifying.verify_all(request.POST.getlist("row")[:500], by=request.user)
        except (ValidationError, scope.OutOfReach) as error:  # malformed, or not hers
            raise Http404 from error
        except Refused as error:
            messages.error(request, str(error))
        else:
            said = f"已核实 {len(done)} 份档案。" if done else "请先勾选要核实的档案。"
            (messages.success if done else messages.error)(request, said)
        return HttpResponseRedirect(reverse("registry:stale"))
