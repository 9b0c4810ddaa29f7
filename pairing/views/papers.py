"""共建协议, 帮扶方案, 帮扶项目: their forms, the agreement on paper, the files."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.views.generic.base import View

from federation import audit, kept_files
from federation.idempotency import idempotent
from federation.policy import Policy
from federation.views.base import ScopedMixin, uuid_or_404
from pairing import papers, parties, projects, wording
from pairing.models import AssistancePlan, AssistanceProject, PairingAgreement
from pairing.paper_forms import AgreementForm, PaperForm, PlanForm, ProjectForm
from pairing.views.pairs import PairPage
from registry.views.forms import VersionedPage

READ = Policy("pairing_view", or_action="pairing_log", resource="pairing", sensitivity=4)
WRITE = Policy("pairing_log", resource="pairing", sensitivity=4)
# part → (its model, its form, what saves it, a new one's title, another's)
PARTS: dict[str, tuple[Any, type[PaperForm], Any, str, str]] = {
    "agreement": (PairingAgreement, AgreementForm, papers.save_agreement, "登记共建协议", "共建协议"),
    "plan": (AssistancePlan, PlanForm, papers.save_plan, "登记帮扶方案", "帮扶方案"),
    "project": (AssistanceProject, ProjectForm, projects.save_project, "登记帮扶项目", "修改帮扶项目"),
}  # fmt: skip
FILES: dict[str, tuple[Any, str]] = {
    "agreement": (PairingAgreement, "scan"),
    "plan": (AssistancePlan, "file"),
}


class PaperPage(VersionedPage, PairPage):
    """``<part>/new`` or ``<part>/<uuid>`` of one pair."""

    policy = WRITE.to(get="打开协议、方案、项目的表单", post="登记、修改协议、方案、项目")
    sample: ClassVar = {"part": "project", "key": "new"}

    def dispatch(self, request, *args, **kwargs):
        if kwargs["part"] not in PARTS:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def found(self) -> None:
        """The pair, and its paper; a volunteer signs no agreement and writes no plan."""
        self.pair = self.get_object()
        self.model_of, self.form, self.save, *self.titles = PARTS[self.kwargs["part"]]
        if self.kwargs["part"] != "project" and not papers.may_write(self.pair, self.request.user):
            raise PermissionDenied
        self.row = None
        if self.kwargs["key"] != "new":
            rows = self.model_of.objects.visible_to(self.request.user, "log")
            self.row = uuid_or_404(
                self.model_of, rows.filter(pairing=self.pair), self.kwargs["key"]
            )
        self.object = self.row or self.pair

    def get_title(self):
        return self.titles[self.row is not None]

    def get_crumbs(self):
        shown = parties.shown(self.pair, to=self.request.user)
        return [*super().get_crumbs(), (shown, reverse("pairing:pair", args=[self.pair.uuid]))]

    def make_form(self, data=None):
        files = self.request.FILES if data is not None and data is self.request.POST else None
        return self.form(data, files=files, pair=self.pair, row=self.row, user=self.request.user)

    def form_context(self, form):
        return {**super().form_context(form), "cancel_url": self.after(self.row)}

    def get(self, request, *args, **kwargs):
        self.found()
        return self.show(self.make_form())

    @idempotent
    def post(self, request, *args, **kwargs):
        self.found()
        if self.row is None:
            return self.taken(self.make_form(request.POST))
        return self.sent(request.POST)

    def conflict(self, merged):
        if self.request.FILES:
            messages.warning(
                self.request, "有人先保存了，您选的文件还没有上传；选定各格后请重新选择文件。"
            )
        return super().conflict(merged)

    def act(self, form):
        version = self.row.version if self.row else None
        more = {"upload": form.cleaned_data["upload"]} if "upload" in form.fields else {}
        return self.save(
            self.pair, form.values(), by=self.request.user, row=self.row, version=version, **more
        )

    def after(self, made):
        if isinstance(made, AssistanceProject):
            return reverse("pairing:project", args=[made.uuid])
        return reverse("pairing:pair", args=[self.pair.uuid])


class AgreementPrint(PairPage):
    """A4, for both to sign: ``new`` before anything was entered, or the agreement as it stands."""

    policy = READ.to("打印共建协议")
    template_name = "pairing/agreement_print.html"
    sample: ClassVar = {"key": "new"}

    def get_context_data(self, **kwargs):
        row, user = self.agreement(), self.request.user
        both = parties.both(self.object, to=user)
        return super().get_context_data(
            document=wording.document(self.object, row),
            helper=(row and row.helper_name) or both[0],
            recipient=(row and row.recipient_name) or both[1],
            agreement=row,
            back_url=reverse("pairing:pair", args=[self.object.uuid]),
            **{**kwargs, "title": wording.title(self.object)},
        )

    def agreement(self):
        if self.kwargs["key"] == "new":
            return None
        rows = PairingAgreement.objects.visible_to(self.request.user)
        return uuid_or_404(PairingAgreement, rows.filter(pairing=self.object), self.kwargs["key"])


class PaperFile(ScopedMixin, View):
    """The scan of an agreement or the file of a plan; where a person is helped, to who may open her archive."""

    policy = READ.to("下载协议扫描件、方案文件", resource="agreement")
    http_method_names = ("get", "head", "options")
    sample: ClassVar = {"part": "agreement"}

    def get(self, request, part, uuid):
        if part not in FILES:
            raise Http404
        model, field = FILES[part]
        rows = model.objects.visible_to(request.user).select_related("pairing__unit")
        row = uuid_or_404(model, rows, uuid)
        if not parties.may_know(row.pairing, request.user):
            raise Http404
        kept_files.path_of(getattr(row, field))
        detail = {"pair": str(row.pairing.uuid)}
        with transaction.atomic():
            audit.record(
                row, "download_paper", by=request.user, unit=row.pairing.unit, detail=detail
            )
        suffix = PurePath(getattr(row, f"{field}_name")).suffix
        return kept_files.answer(getattr(row, field), f"{row}{suffix}")
