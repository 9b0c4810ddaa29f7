"""阵地 and 帮扶力量 as lists in and out: the template, the upload, the export."""

from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic import View
from django.views.generic.base import TemplateResponseMixin

from federation import frame, scope
from federation.confirmation import confirmed_recently
from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.scope import OutOfReach
from federation.views.base import Page
from registry import place_exports, place_imports
from registry.models import SiteKind
from registry.place_imports import NOUNS, Noun
from reporting.template_lists import ListForm, template
from reporting.workbook import UnreadableWorkbook


def noun_or_404(what: str) -> Noun:
    if what not in NOUNS:
        raise Http404
    return NOUNS[what]


class ImportPlaces(Page, TemplateResponseMixin, View):
    """The upload; with ``?template`` the empty sheet."""

    policy = Policy("registry_edit", resource="site", sensitivity=2).to(
        get="打开阵地、帮扶力量的导入页", post="上传阵地、帮扶力量核对"
    )
    http_method_names = ("get", "post", "head", "options")
    template_name = "registry/import_places.html"
    sample = {"what": "sites"}

    def dispatch(self, request, *args, **kwargs):
        self.noun = noun_or_404(kwargs["what"])
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"导入{self.noun.word}"

    def get_crumbs(self):
        return [(self.noun.word, reverse(self.noun.page))]

    def get(self, request, what):
        if "template" in request.GET:
            return template(f"{self.noun.word}导入", self.noun.resource.columns)
        return self.show(ListForm())

    @idempotent
    def post(self, request, what):
        form = ListForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.show(form, status=422)
        file = form.cleaned_data["file"]
        try:
            found = place_imports.upload(
                file.read(), name=file.name, noun=self.noun, by=request.user
            )
        except UnreadableWorkbook as error:
            form.add_error("file", str(error))
            return self.show(form, status=422)
        return redirect("registry:import_preview", found.uuid)

    def show(self, form, status=200):
        resource = self.noun.resource
        context = self.get_context_data(
            form=form, noun=self.noun, most=place_imports.MOST_ROWS, columns=resource.columns,
            choices=choices_of(self.noun), idempotency_key=new_key(), submit_label="上传核对",
            no_paper_switch=True, cancel_url=reverse(self.noun.page),
        )  # fmt: skip
        return self.render_to_response(context, status=status)


def choices_of(noun: Noun) -> list[tuple[str, list[str]]]:
    """The columns in which one of some words is to be written."""
    if noun.code == "sites":
        return [("类别", [kind.name for kind in SiteKind.objects.all()])]
    model = noun.resource._meta.model
    lists = (("身份", model.Role), ("类型", model.Kind), ("审核", model.Vetting))
    return [(word, [str(label) for label in choices.labels]) for word, choices in lists]


class ExportPlaces(View):
    """All of a list in her reach, narrowed as the list was: a job."""

    policy = Policy("registry_export", resource="site", sensitivity=3).to("导出阵地、帮扶力量")
    http_method_names = ("post", "options")
    sample = {"what": "sites"}

    @confirmed_recently("export")
    @idempotent
    def post(self, request, what):
        asked = {key: value for key, value in request.POST.items() if value}
        try:
            job = place_exports.request(noun_or_404(what), asked, by=request.user)
        except OutOfReach as error:
            raise Http404 from error
        return HttpResponseRedirect(reverse("reporting:job", args=[job.uuid]))


def tools(request, noun: Noun) -> list[dict]:
    """导入 and 导出 above a list."""
    made = frame.tools_for(request)
    if scope.may(request.user, "registry_edit"):
        url = reverse("registry:import_places", args=[noun.code])
        made.append({"label": "导入", "url": url, "icon": "upload"})
    chosen = place_exports.chosen(noun, request.GET.dict())
    if chosen is not None and scope.may(request.user, "registry_export"):
        url = reverse("registry:export_places", args=[noun.code])
        fields = {**chosen, "idempotency_key": new_key()}
        made.append(
            {"label": "导出", "url": url, "icon": "download", "method": "post", "fields": fields}
        )
    return made
