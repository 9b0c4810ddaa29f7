"""What hangs on an archive, one form each: programmes, relations, household, needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import Http404

from federation.idempotency import idempotent
from federation.views.base import uuid_or_404
from registry import enrolling, families, needs
from registry.forms import ArchiveForm, EnrolmentForm, enrolment_forms
from registry.models import Enrolment, Need, NeedState, Relation
from registry.part_forms import (
    CloseForm,
    EndForm,
    HouseholdForm,
    LeaveForm,
    NeedForm,
    RelationForm,
)
from registry.views.editing import EDIT, OwnArchive
from registry.views.forms import FormPage

# part → (title of a new one, title of one that is there, its model)
PARTS: dict[str, tuple[str, str, type | None]] = {
    "programmes": ("纳入专项", "", None),
    "enrolment": ("", "修改专项登记", Enrolment),
    "leave": ("", "退出专项", Enrolment),
    "relation": ("登记亲属、监护人", "修改亲属、监护人", Relation),
    "end": ("", "亲属、监护关系终止", Relation),
    "household": ("登记家庭", "", None),
    "need": ("登记困难需求", "修改困难需求", Need),
    "close": ("", "办理困难需求", Need),
}


class PersonPart(FormPage, OwnArchive):
    """``<part>/new`` or ``<part>/<uuid>``."""

    policy = EDIT.to(get="打开档案的一个部分", post="登记、修改专项、亲属、家庭、困难需求")
    sample: ClassVar = {"part": "need", "key": "new"}
    template_name = "registry/part.html"

    def dispatch(self, request, *args, **kwargs):
        new, old, _ = PARTS.get(kwargs["part"], ("", "", None))
        if not (new if kwargs["key"] == "new" else old):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @property
    def part(self) -> str:
        return self.kwargs["part"]

    def get_title(self):
        return PARTS[self.part][0 if self.kwargs["key"] == "new" else 1]

    def row(self) -> Any:
        if self.kwargs["key"] == "new":
            return self.object.household if self.part == "household" else None
        model = PARTS[self.part][2]
        rows = model.objects.visible_to(self.request.user, "edit")  # type: ignore[union-attr]
        return uuid_or_404(model, rows.filter(person=self.object), self.kwargs["key"])

    def make_form(self, data=None) -> ArchiveForm:
        self.kept, self.programmes = self.row(), []
        return FORMS[self.part](self, data)

    def form_context(self, form):
        return {
            **super().form_context(form),
            "part": self.part,
            "programmes": self.programmes,
            "cancel_url": self.after(None),
            "leavable": self.part == "household" and self.object.household_id is not None,
        }

    def get(self, request, *args, **kwargs):
        return self.show(self.make_form())

    @idempotent
    def post(self, request, *args, **kwargs):
        form = self.make_form(request.POST)
        if "move_out" in request.POST:
            form = HouseholdForm({}, user=request.user)
        if [programme for programme in self.programmes if not programme.is_valid()]:
            return self.show(form, status=422)
        return self.taken(form)

    def act(self, form):
        return ACTS[self.part](self, form)


# -- Forms -----------------------------------------------------------------------------------------
def _plain(kind: type[ArchiveForm]) -> Callable[[PersonPart, Any], ArchiveForm]:
    return lambda page, data: kind(data, user=page.request.user, row=page.kept)


def _of(kind: type[ArchiveForm]) -> Callable[[PersonPart, Any], ArchiveForm]:
    """A form about a row of which it shows nothing."""
    return lambda page, data: kind(data, user=page.request.user)


def _programmes(page: PersonPart, data: Any) -> ArchiveForm:
    page.programmes = enrolment_forms(data, page.request.user, page.object)
    return ArchiveForm(data, user=page.request.user)


def _household(page: PersonPart, data: Any) -> ArchiveForm:
    home = page.object.household
    head = {"is_head": home is not None and home.head_id == page.object.pk}
    form = HouseholdForm(data, user=page.request.user, row=home, initial=head)
    if home is not None:
        del form.fields["with_whom"]
    return form


FORMS: dict[str, Callable[[PersonPart, Any], ArchiveForm]] = {
    "programmes": _programmes,
    "enrolment": lambda page, data: EnrolmentForm(
        data, user=page.request.user, row=page.kept, programme=page.kept.programme
    ),
    "leave": lambda page, data: LeaveForm(data, user=page.request.user, enrolment=page.kept),
    "relation": _plain(RelationForm),
    "end": _of(EndForm),
    "household": _household,
    "need": _plain(NeedForm),
    "close": _of(CloseForm),
}


# -- Acts ------------------------------------------------------------------------------------------
def _enrol(page: PersonPart, form: ArchiveForm) -> None:
    wanted = [programme for programme in page.programmes if programme.wanted]
    if not wanted:
        raise ValidationError("请至少勾选一个专项。")
    for programme in wanted:
        try:
            enrolling.enrol(page.object, programme.asked(), by=page.request.user)
        except ValidationError as error:
            raise beside(programme, error) from error


def beside(programme: EnrolmentForm, error: ValidationError) -> ValidationError:
    """The fault goes to its blank, and its sentence on top of the page."""
    for name, sentences in getattr(error, "error_dict", {}).items():
        field = name.removeprefix(f"{programme.prefix}-")
        if field in programme.fields:
            programme.add_error(field, sentences)
    return ValidationError(error.messages)


def _change_enrolment(page: PersonPart, form: EnrolmentForm) -> None:
    enrolling.change(
        page.kept,
        starts_on=form.cleaned_data["starts_on"] or page.kept.starts_on,
        source=form.cleaned_data["source"],
        particulars=form.particulars(),
        by=page.request.user,
    )


def _live(page: PersonPart, form: ArchiveForm) -> None:
    if "move_out" in page.request.POST:
        families.move_out(page.object, by=page.request.user)
        return
    values = form.values()
    with_whom = values.pop("with_whom", None)
    families.live_together(page.object, values=values, by=page.request.user, with_whom=with_whom)


def _close(page: PersonPart, form: ArchiveForm) -> None:
    said = form.cleaned_data
    if said["state"] == NeedState.UNDER_WAY:
        needs.start(page.kept, by=page.request.user)
    else:
        needs.close(page.kept, **said, by=page.request.user)


ACTS: dict[str, Callable[[PersonPart, Any], Any]] = {
    "programmes": _enrol,
    "enrolment": _change_enrolment,
    "leave": lambda page, form: enrolling.leave(page.kept, **form.values(), by=page.request.user),
    "relation": lambda page, form: families.relate(
        page.object, form.values(), by=page.request.user, row=page.kept
    ),
    "end": lambda page, form: families.end_relation(
        page.kept, on=form.cleaned_data["on"], by=page.request.user
    ),
    "household": _live,
    "need": lambda page, form: needs.tell(
        page.object, **form.values(), by=page.request.user, row=page.kept
    ),
    "close": _close,
}
