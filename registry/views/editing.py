"""建档 and 修改档案, and the picker of places and people for every form of this room."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.generic import View

from federation import scope
from federation.idempotency import idempotent
from federation.policy import Policy
from federation.views.base import PlainPage, ScopedDetailView
from federation.views.units import PICKED, as_choice, with_places
from registry import access, archives
from registry.fields import people_named
from registry.forms import ConsentForm, PersonForm, enrolment_forms
from registry.models import Person
from registry.names import Names
from registry.views.forms import FormPage, VersionedPage
from registry.views.life_parts import alike
from registry.views.opening import reason_url
from registry.views.persons import person_url

EDIT = Policy("registry_edit", resource="person", sensitivity=4)


class PersonNew(FormPage, PlainPage):
    """The whole paper on one page: the person, her programmes, who consents."""

    policy = EDIT.to(get="打开建档页", post="建立档案")
    template_name = "registry/person_new.html"
    title = "建档"
    submit_label = "建立档案"
    done = "档案已建立。"
    alike: tuple[dict, ...] = ()

    def get_crumbs(self):
        return [("台账", reverse("registry:persons"))]

    def make_form(self, data=None):
        held = scope.units_held(self.request.user, "registry_edit")
        acting = self.request.acting.unit if self.request.acting else None
        here = (
            acting
            if acting is not None and acting.pk in held and acting.level == "village"
            else None
        )
        self.consent = ConsentForm(data, user=self.request.user, prefix="consent")
        self.programmes = enrolment_forms(data, self.request.user)
        return PersonForm(data, user=self.request.user, initial={"unit": here, "sex": "F"})

    def form_context(self, form):
        return {
            **super().form_context(form),
            "consent": self.consent,
            "programmes": self.programmes,
            "alike": self.alike,
            "cancel_url": reverse("registry:persons"),
        }

    @idempotent
    def post(self, request):
        form = self.make_form(request.POST)
        wrong = [one for one in (self.consent, *self.programmes) if not one.is_valid()]
        if wrong:
            form.is_valid()
            form.add_error(None, "下面的专项或同意有填错的地方，请按红字改正。")
            return self.show(form, status=422)
        return self.taken(form)

    def get(self, request):
        return self.show(self.make_form())

    def act(self, form):
        values = form.values()
        if "although" not in self.request.POST:
            self.alike = alike(values, self.request.user)
            if self.alike:
                raise ValidationError(
                    "可能已有她的档案，请先看下面列出的；确实是另一个人，勾选“仍然建档”再提交。"
                )
        try:
            return archives.create(
                unit=values.pop("unit"), values=values, by=self.request.user,
                programmes=[p.asked() for p in self.programmes if p.wanted],
                guardian=self.consent.guardian(), consent=self.consent.given(),
            )  # fmt: skip
        except ValidationError as error:
            raise self.beside(error) from error

    def beside(self, error: ValidationError) -> ValidationError:
        """Faults of the programmes and the consent go to their blanks, with a word on top."""
        if not hasattr(error, "error_dict"):
            return error
        rest = {}
        for name, sentences in error.message_dict.items():
            code, _, field = name.partition("-")
            of_it = next((p for p in self.programmes if p.prefix == code), None)
            if of_it is not None and field in of_it.fields:
                of_it.add_error(field, sentences)
                rest.setdefault("__all__", []).extend(sentences)
            else:
                rest[name] = sentences
        return ValidationError(rest)

    def after(self, made):
        return person_url(made)


class OwnArchive(ScopedDetailView):
    """An archive she keeps and may open without a reason; else she is asked for one first."""

    policy = EDIT
    model = Person

    def get_queryset(self):
        return (
            super().get_queryset().select_related("unit__unit_type", "registered_unit", "household")
        )

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and request.method in {"GET", "POST"}:
            self.object = self.get_object()
            if not access.may_open(request.user, self.object):
                return HttpResponseRedirect(reason_url(self.object))
        return super().dispatch(request, *args, **kwargs)

    def get_crumbs(self):
        name = Names(self.request.user).of(self.object)
        return [("台账", reverse("registry:persons")), (name, person_url(self.object))]

    def after(self, made):
        return person_url(self.object)


class PersonEdit(VersionedPage, OwnArchive):
    policy = EDIT.to(get="打开修改页", post="修改档案")
    done = "档案已修改。"

    def get_title(self):
        return "修改档案"

    def make_form(self, data=None):
        return PersonForm(data, user=self.request.user, row=self.object)

    def form_context(self, form):
        return {**super().form_context(form), "cancel_url": person_url(self.object)}

    def get(self, request, *args, **kwargs):
        return self.show(self.make_form())

    @idempotent
    def post(self, request, *args, **kwargs):
        return self.sent(request.POST)

    def act(self, form):
        user, version = self.request.user, self.object.version
        return archives.change(self.object, form.values(), by=user, version=version)


class Pick(View):
    """Places one may write for, or people in reach: JSON ``{results: [{id, label, note}]}``, at most 20."""

    policy = EDIT.to("在表格里挑选村（社区）、家人", sensitivity=3)
    sample = {"what": "persons"}
    http_method_names = ("get", "head", "options")

    def get(self, request, what):
        words = request.GET.get("q", "")[:30]
        if what == "units":
            units = scope.granted_units(request.user, "registry_edit").open_now().matching(words)
            found = with_places(units.order_by("-depth", "pinyin", "path")[:PICKED])
            return JsonResponse({"results": [as_choice(unit, place) for unit, place in found]})
        if what != "persons":
            raise Http404
        people = people_named(request.user, words)[:PICKED] if words.strip() else []
        return JsonResponse({"results": [self.choice(person) for person in people]})

    def choice(self, person: Person) -> dict[str, str]:
        age = f"{person.age()}周岁 · " if person.born_on else ""
        note = f"{person.get_sex_display()} · {age}{person.unit}"
        return {"id": str(person.uuid), "label": person.name, "note": note}
