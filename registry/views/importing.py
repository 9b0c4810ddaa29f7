"""导入台账: the file, what it would do or all that is wrong with it, and the confirmation."""

import io

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.generic import View
from django.views.generic.base import TemplateResponseMixin

from federation import scope
from federation.idempotency import idempotent, new_key
from federation.models import OrgUnit
from federation.policy import Policy
from federation.scope import OutOfReach
from federation.views.base import ForgivingPaginator, Page, uuid_or_404, whole_number
from registry import place_imports, register_imports, register_jobs
from registry.models import Programme, RegisterImport
from registry.register_forms import MOST_ROWS, RegisterForm
from registry.views.exporting import MOST_UNITS
from reporting.annexes.registers import LEDGER_BYTES
from reporting.views.jobs import progress_of
from reporting.workbook import write_ledger

EDIT = Policy("registry_edit", resource="register", sensitivity=4)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def units_of(user) -> list[OrgUnit]:
    """Whose register a file may be: her own units and those below, villages where they are few."""
    units = scope.granted_units(user, "registry_edit").open_now().order_by("path")
    units = units.filter(unit_type__group__in=("federation", "committee"))
    found = list(units.select_related("unit_type")[: MOST_UNITS + 1])
    return (
        found if len(found) <= MOST_UNITS else [u for u in found if u.depth <= found[0].depth + 1]
    )


class UploadForm(forms.Form):
    programme = forms.ModelChoiceField(
        Programme.objects.none(), label="专项", to_field_name="code", empty_label="请选择",
        error_messages={"required": "请选择这是哪个专项的台账。"},
    )  # fmt: skip
    unit = forms.ChoiceField(label="哪里的台账", help_text="表里写的村，在这个范围内查找。")
    file = forms.FileField(
        label="填好的表格",
        help_text="Excel、WPS、ODS、CSV、Word 表格都可以，不超过40MB；上传后先核对，确认以前什么也不会保存。",
        widget=forms.FileInput(attrs={"class": "form-control"}),
        error_messages={"required": "请选择填好的表格。", "empty": "这个文件是空的。"},
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.units = units_of(user)
        self.fields["programme"].queryset = Programme.objects.filter(is_active=True)
        self.fields["unit"].choices = [(str(unit.uuid), unit.name) for unit in self.units]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LEDGER_BYTES:
            raise ValidationError("文件超过40MB。请去掉图片，或分成几个文件。")
        return file

    def chosen_unit(self) -> OrgUnit:
        return next(u for u in self.units if str(u.uuid) == self.cleaned_data["unit"])


class Import(Page, TemplateResponseMixin, View):
    """The upload; with ``?template=<code>`` the empty sheet of a programme."""

    policy = EDIT.to(get="打开“导入台账”", post="上传台账核对")
    http_method_names = ("get", "post", "head", "options")
    template_name = "registry/import.html"
    title = "导入台账"

    def get_crumbs(self):
        return [("台账", reverse("registry:persons"))]

    def get(self, request):
        if "template" in request.GET:
            return template(get_object_or_404(Programme, code=request.GET["template"][:40]))
        return self.show(UploadForm(user=request.user))

    @idempotent
    def post(self, request):
        form = UploadForm(request.POST, request.FILES, user=request.user)
        if "unit" in request.POST:  # an id nobody is offered: out of reach, not a slip
            units = scope.granted_units(request.user, "registry_edit")
            uuid_or_404(OrgUnit, units, request.POST["unit"])
        if not form.is_valid():
            return self.show(form, status=422)
        file = form.cleaned_data["file"]
        try:
            found = register_imports.upload(
                file.read(), name=file.name, unit=form.chosen_unit(),
                programme=form.cleaned_data["programme"], by=request.user,
            )  # fmt: skip
        except OutOfReach as refusal:
            form.add_error("programme", str(refusal))
        except ValidationError as error:
            form.add_error("file", error)
        else:
            return redirect("registry:import_preview", found.uuid)
        return self.show(form, status=422)

    def show(self, form, status=200):
        context = self.get_context_data(
            form=form, programmes=form.fields["programme"].queryset, at_once=MOST_ROWS,
            most=settings.REGISTER_ROWS,
            idempotency_key=new_key(), submit_label="上传核对", no_paper_switch=True,
            cancel_url=reverse("registry:persons"),
        )  # fmt: skip
        return self.render_to_response(context, status=status)


def template(programme: Programme) -> FileResponse:
    made = io.BytesIO()
    form = RegisterForm(programme)
    headings = [f"{field.label}{'*' if field.required else ''}" for field in form.fields]
    write_ledger(made, title=form.title, headings=headings, rows=[], properties={})
    made.seek(0)
    name = f"{programme.name}台账导入模板.xlsx"
    return FileResponse(made, as_attachment=True, filename=name, content_type=XLSX)


class Lines:
    """The lines of a preview as a paginator asks for them: a page at a time."""

    def __init__(self, found: RegisterImport):
        self.found = found

    def __len__(self) -> int:
        outcome = self.found.outcome
        done = self.found.applied_at or outcome.get("faults")
        return 0 if done else outcome.get("count", 0)

    def __getitem__(self, asked: slice):
        return self.found.lines(asked)


class ImportPreview(Page, TemplateResponseMixin, View):
    """Of a register of persons, or of a list of places: what it would do, and doing it."""

    policy = EDIT.to(get="核对要导入的内容", post="导入核对过的内容")
    http_method_names = ("get", "post", "head", "options")
    template_name = "registry/import_preview.html"
    found: RegisterImport

    def dispatch(self, request, *args, **kwargs):
        self.found = get_object_or_404(RegisterImport.objects.of(request.user), uuid=kwargs["uuid"])
        self.noun = place_imports.NOUNS.get(self.found.noun)
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"核对{self.noun.word if self.noun else '台账'}"

    def get_crumbs(self):
        if self.noun:
            return [(self.noun.word, self.list_url()), (f"导入{self.noun.word}", self.again_url())]
        return [("台账", self.list_url()), ("导入台账", self.again_url())]

    def list_url(self) -> str:
        return reverse(self.noun.page if self.noun else "registry:persons")

    def again_url(self) -> str:
        if self.noun:
            return reverse("registry:import_places", args=[self.noun.code])
        return reverse("registry:import")

    def get(self, request, uuid):
        job = register_jobs.standing(self.found)
        size = whole_number(request.GET.get("per_page", ""))
        page = ForgivingPaginator(Lines(self.found), size).get_page(request.GET.get("page"))
        context = self.get_context_data(
            found=self.found, outcome=self.found.outcome, noun=self.noun, job=job, page=page,
            progress=progress_of(job) if job else None,
            idempotency_key=new_key(), again_url=self.again_url(), list_url=self.list_url(),
        )  # fmt: skip
        return self.render_to_response(context)

    @idempotent
    def post(self, request, uuid):
        imports = place_imports if self.noun else register_imports
        sha256 = request.POST.get("sha256", "")
        try:
            if register_jobs.is_long(self.found):
                register_jobs.ask_to_apply(self.found, by=request.user, sha256=sha256)
                return redirect("registry:import_preview", uuid)
            counts = imports.apply(self.found, by=request.user, sha256=sha256)
        except OutOfReach as error:
            raise Http404 from error
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect("registry:import_preview", uuid)
        if counts is None:
            messages.error(request, "核对以后情况有变，一行也没有导入。请看下面列出的各处。")
            return redirect("registry:import_preview", uuid)
        messages.success(request, self.said(counts))
        return HttpResponseRedirect(self.list_url())

    def said(self, counts: dict[str, int]) -> str:
        if self.noun:
            return f"已导入：新登记{counts['added']}条，已登记、没有改动的{counts['same']}条。"
        return f"已导入：新建档案{counts['added']}份，已有档案纳入专项{counts['enrolled']}份。"
