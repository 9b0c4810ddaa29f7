"""One 帮扶项目: its aims and results, its steps and what was given, each changed in its place."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.views.base import ScopedDetailView, whole_number
from pairing import logs, parties, projects
from pairing.models import AssistanceProject
from pairing.paper_forms import ROWS
from registry import history, masking
from registry.two_at_once import base_of
from registry.views.forms import SAID, VersionedPage, as_validation, show_errors

READ = Policy("pairing_view", or_action="pairing_log", resource="project", sensitivity=4)
WRITE = Policy("pairing_log", resource="project", sensitivity=4)


class ProjectPage(ScopedDetailView):
    """What the pages of one project share."""

    policy = READ
    model = AssistanceProject

    def get_queryset(self):
        ends = ("pairing__unit", "pairing__recipient_unit", "pairing__kind__bundle")
        return super().get_queryset().select_related(*ends)

    def get_title(self):
        return self.object.name

    def get_crumbs(self):
        pair = self.object.pairing
        shown = parties.shown(pair, to=self.request.user)
        return [
            ("结对", reverse("pairing:pairs")),
            (shown, reverse("pairing:pair", args=[pair.uuid])),
        ]


class ProjectRecord(ProjectPage):
    policy = READ.to("查看一个帮扶项目")
    template_name = "pairing/project.html"

    def facts(self) -> list[tuple[str, Any]]:
        row, scan = self.object, masking.scan
        return [
            ("年度", row.year), ("领域", row.get_sector_display()), ("帮扶性质", row.get_nature_display()),
            ("目标", scan(row.goal)), ("运用政策", scan(row.policy_used)),
            ("开始日期", row.starts_on), ("完成日期", row.finished_on),
            ("成效", scan(row.results)), ("受益（人）", row.beneficiaries),
        ]  # fmt: skip

    def rows_of(self, part: str, rows: Any, editable: bool) -> list[tuple[Any, Any, str]]:
        """Each row with the form that changes it and what stands in it; an empty form at the end."""
        if not editable:
            return [(row, None, "") for row in rows]
        user, form = self.request.user, ROWS[part]
        made = [(row, form(user=user, row=row, mark=f"{part}{row.pk}_")) for row in rows]
        made.append((None, form(user=user, mark=f"{part}_")))
        return [(row, one, base_of(one)) for row, one in made]

    def get_context_data(self, **kwargs):
        project, user = self.object, self.request.user
        editable = logs.may_log(project.pairing, user)
        milestones, lines = list(project.milestones.all()), list(project.support_lines.all())
        return super().get_context_data(
            state=f"project_{project.state}",
            facts=self.facts(),
            events=history.events_of(project),
            milestones=self.rows_of("milestone", milestones, editable),
            lines=self.rows_of("support", lines, editable),
            sums=projects.sums(lines),
            editable=editable,
            today=timezone.localdate(),
            idempotency_key=new_key(),
            edit_url=reverse("pairing:paper", args=[project.pairing.uuid, "project", project.uuid]),
            **kwargs,
        )


class ProjectRow(VersionedPage, ProjectPage):
    """A step or a line of what was given: ``<part>/new`` or ``<part>/<number>``, also taken away here."""

    policy = WRITE.to(get="打开项目步骤、扶持明细的表单", post="登记、修改、删除步骤和扶持明细")
    template_name = "pairing/project_row.html"
    sample: ClassVar = {"part": "milestone", "key": "new"}

    def dispatch(self, request, *args, **kwargs):
        if kwargs["part"] not in ROWS:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def found(self) -> None:
        self.object, self.part = self.get_object(), self.kwargs["part"]
        self.row = None
        if self.kwargs["key"] != "new":
            rows = projects.PARTS[self.part].objects.visible_to(self.request.user, "log")
            number = whole_number(self.kwargs["key"])
            self.row = rows.filter(project=self.object, pk=number).first() if number else None
            if self.row is None:
                raise Http404

    def get_title(self):
        return f"{'登记' if self.row is None else '修改'}{projects.PART_WORDS[self.part]}"

    def get_crumbs(self):
        return [*super().get_crumbs(), (self.object.name, self.after(None))]

    def make_form(self, data=None):
        return ROWS[self.part](data, user=self.request.user, row=self.row)

    def form_context(self, form):
        more = {"cancel_url": self.after(None), "removable": self.row is not None}
        return {**super().form_context(form), **more}

    def get(self, request, *args, **kwargs):
        self.found()
        return self.show(self.make_form())

    @idempotent
    def post(self, request, *args, **kwargs):
        self.found()
        if "remove" in request.POST and self.row is not None:
            return self.removed(request)
        if self.row is None:  # a further row takes nothing from anybody
            return self.taken(self.make_form(request.POST))
        return self.sent(request.POST)

    def removed(self, request):
        form = self.make_form()
        try:
            version = whole_number(request.POST.get("version", ""))
            projects.remove_part(
                self.object, self.part, self.row, by=request.user, version=version or 0
            )
        except SAID as error:
            form = self.make_form(request.POST)
            form.is_valid()
            show_errors(form, as_validation(error))
            return self.show(form, status=409)
        messages.success(request, f"已删除{projects.PART_WORDS[self.part]}。")
        return HttpResponseRedirect(self.after(None))

    def act(self, form):
        version = self.object.version if self.row else None
        return projects.save_part(
            self.object,
            self.part,
            form.values(),
            by=self.request.user,
            row=self.row,
            version=version,
        )

    def after(self, made):
        return reverse("pairing:project", args=[self.object.uuid])
