"""台账: the register of archives in reach, and the record of one of them."""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import HttpResponseRedirect
from django.urls import reverse

from federation import frame, scope
from federation.frame import crumbs_to
from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.views.base import ScopedDetailView, ScopedListView
from registry import access, consents, history, panels_life, panels_zone
from registry.filters import COLUMNS, PersonFilter
from registry.models import Enrolment, Need, Person
from registry.models.persons import spelt
from registry.names import Names
from registry.tables import PersonTable
from registry.views import sections
from registry.views.opening import found_by, reason_url

VIEW = Policy("registry_view", or_action="registry_care", resource="person", sensitivity=4)


def person_url(person: Person) -> str:
    return reverse("registry:person", args=[person.uuid])


class PersonList(ScopedListView):
    """Archives in reach. A number or a telephone is asked for by POST: neither enters an address."""

    policy = VIEW.to(get="查看台账", post="按证件号、电话查找档案", resource="register")
    model = Person
    filterset_class = PersonFilter
    table_class = PersonTable
    template_name = "registry/persons.html"
    title = "台账"
    empty_text = "没有符合条件的档案。"
    capped, layout = True, ("order", "cols")
    sought = ""

    def get_queryset(self):
        user = self.request.user
        enrolled = Enrolment.objects.visible_to(user).current().select_related("programme")
        return (
            super()
            .get_queryset()
            .select_related("unit", "registered_unit")
            .prefetch_related(
                Prefetch("enrolments", enrolled, to_attr="enrolled"),
                Prefetch("needs", Need.objects.visible_to(user).unmet(), to_attr="unmet"),
            )
        )

    def get_tools(self):
        return frame.tools_for(self.request)

    def get_table(self, **kwargs):
        hidden = set(COLUMNS) - set(self.filterset.columns)
        more = {"user": self.request.user, "found": self.found(), "exclude": tuple(hidden)}
        return super().get_table(**more, **kwargs)

    def found(self) -> str:
        """By what the rows were searched for: goes with their links and into the trail."""
        words = self.request.GET.get("q", "").strip()
        return self.sought or (words and ("pinyin" if spelt(words) else "name"))

    def get_context_data(self, **kwargs):
        chosen = self.filterset.columns
        columns = [(name, word, name in chosen) for name, word in COLUMNS.items()]
        return super().get_context_data(
            columns=columns,
            scope_word=scope_word(self.request),
            idempotency_key=new_key(),
            sought=self.sought,
            **kwargs,
        )

    def get_primary_action(self):
        if not scope.may(self.request.user, "registry_edit"):
            return None
        return {"label": "建档", "url": reverse("registry:person_new"), "icon": "person-plus"}

    @idempotent
    def post(self, request, *args, **kwargs):
        typed = request.POST.get("number", "")[:40]
        found = self.get_queryset()
        self.sought = "phone" if request.POST.get("by") == "phone" else "number"
        found = found.phoned(typed) if self.sought == "phone" else found.numbered(typed)
        self.filterset = PersonFilter({"state": "all"}, queryset=found, request=request)
        self.object_list = self.filterset.qs if typed.strip() else found.none()
        context = self.get_context_data(filter=self.filterset, object_list=self.object_list)
        return self.render_to_response(context)


def scope_word(request) -> str:
    """本级 for who sits at a village, else 含下级."""
    unit = request.acting.unit if request.acting else None
    return "本级" if unit is not None and unit.level == "village" else "含下级"


class PersonPage(ScopedDetailView):
    """What every page of one archive shares: it is opened, on record, before it is shown."""

    policy = VIEW
    model = Person

    def get_queryset(self):
        return super().get_queryset().select_related("unit__unit_type", "registered_unit")

    def get(self, request, *args, **kwargs):
        self.object, found = self.get_object(), request.GET.get("found", "")
        try:
            told = access.reason_given(request.session, self.object)
            access.opened(self.object, by=request.user, reason=told, found=found)
        except access.ReasonNeeded:
            return HttpResponseRedirect(found_by(reason_url(self.object), found))
        return self.render_to_response(self.get_context_data(object=self.object))

    def get_title(self):
        return Names(self.request.user).of(self.object)

    def get_crumbs(self):
        units = crumbs_to(self.object.unit, self.request.user)
        return [("台账", reverse("registry:persons")), *units[-1:]]


class PersonRecord(PersonPage):
    policy = VIEW.to("查看一份档案")
    template_name = "registry/person.html"

    def get_context_data(self, **kwargs):
        person, user = self.object, self.request.user
        hidden, missing = consents.standing(person)
        may = {"editable": access.in_reach(user, person, "edit")}
        return super().get_context_data(
            state=f"person_{person.state}",
            events=history.events_of(person),
            idempotency_key=new_key(),
            **sections.of(person, user, hidden=hidden, **may),
            **panels_zone.context(self.request, person, hidden=hidden, missing=missing, **may),
            **panels_life.context(self.request, person, **may),
            **kwargs,
        )
