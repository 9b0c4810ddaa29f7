"""汇总: a unit's own table as it writes itself, and the consolidated table over all units."""

import django_filters
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from federation import scope
from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.views.base import PAGE_SIZES, ForgivingPaginator, PlainPage, whole_number
from reporting import actions, annexes, consolidation, exports, rights, workflow
from reporting.history import events_of, return_reason
from reporting.models import COUNTED, Collection, Review, State, Submission, SubmissionRow
from reporting.progress import progress, progress_by_call, standing
from reporting.views.submissions import VIEW, SubmissionPage, record_url, version_in

REVIEW = Policy("reporting_review", resource="table", sensitivity=3)


def cell_url(row: SubmissionRow, key: str) -> str:
    return reverse("reporting:cell", args=[row.uuid, key])


def cells_of(row: SubmissionRow, form: annexes.RegisterAnnex, flags: dict) -> list[dict]:
    """The cells of one line for the grid: value, where it opens, and whether it was touched."""
    corrected = row.corrected_keys
    found = []
    for field in form.fields:
        note = flags.get((row.pk, field.key)) or flags.get((row.pk, ""))
        found.append(
            {
                "value": field.display(row.values.get(field.key)),
                "url": cell_url(row, field.key),
                "flag": "flagged" if note else "corrected" if field.key in corrected else "",
                "note": f"退回：{note}" if note else "已更正" if field.key in corrected else "",
            }
        )
    return found


class TableFill(SubmissionPage):
    """附件2 of one unit: rows taken from approved forms, to be put in order, corrected, submitted."""

    policy = VIEW.to(get="打开整理页", post="汇入已通过的报表")
    template_name = "reporting/table_fill.html"

    def get_queryset(self):
        codes = [a.code for a in annexes.all() if isinstance(a, annexes.RegisterAnnex)]
        return super().get_queryset().filter(annex__in=codes)

    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        if not rights.may_fill(request.user, self.object):
            raise PermissionDenied(f"本表由{self.object.unit}填报，您可以查看。")
        if not self.object.is_open:
            messages.info(request, f"报表当前为“{self.object.get_state_display()}”，只能查看。")
            return redirect(record_url(self.object))
        return self.render_to_response(self.get_context_data())

    def get_title(self):
        return f"{self.object.form.mark} {self.object.form.title}"

    def get_context_data(self, **kwargs):
        table = self.object
        events = events_of(table)
        flags = {(c.row_id, c.key): c.reason for c in workflow.open_cells(table)}
        rows = list(
            table.rows.select_related("source__submission__unit").prefetch_related("changes")
        )
        stale = [
            r
            for r in rows
            if r.source and r.source.submission.state not in consolidation.TAKEN_STATES
        ]
        return super().get_context_data(
            state=table.state,
            submission=table,
            version=table.version,
            idempotency_key=new_key(),
            columns=[{"label": f.label} for f in table.form.fields],
            rows=[
                {
                    "id": row.uuid,
                    "number": place,
                    "cells": cells_of(row, table.form, flags),
                    "move_url": reverse("reporting:move_row", args=[row.uuid]),
                }
                for place, row in enumerate(rows, start=1)
            ],
            arrange_key="" if flags or len(rows) < 2 else new_key(),
            total=len(rows),
            fresh=consolidation.pending_sources(table).count(),
            stale=stale,
            partial=bool(flags),
            return_reason=return_reason(events) if table.state == State.RETURNED else "",
            flags=[
                {"label": f"第 {c.row.position} 行 {c.label}", "reason": c.reason}
                for c in workflow.open_cells(table)
            ],
            owed=progress(
                Submission.objects.visible_to(self.request.user).filter(
                    annex=table.form.consolidates or "", period=table.period, reviewer=table.unit
                )
            ),
            tools=[exports.tool(table.form, table.unit, table.period)]
            if scope.may(self.request.user, "reporting_export", table.unit)
            else [],
            events=events,
            empty={"text": "还没有通过的征求意见表。通过一份，这里自动多一行。", "action": None},
            **kwargs,
        )

    @idempotent
    def post(self, request, *args, **kwargs):
        """汇入: take newly approved forms in."""
        table = self.get_object()
        try:
            added = actions.take_in(table, by=request.user, version=version_in(request.POST))
        except workflow.Stale:
            messages.error(request, "本表刚被他人修改，已显示最新内容，请再操作一次。")
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            messages.success(request, f"已汇入 {added} 行。")
        return HttpResponseRedirect(reverse("reporting:table_fill", args=[table.uuid]))


class TableList(PlainPage):
    """The consolidated tables there are: one a register annex and period in reach."""

    policy = REVIEW.to("查看汇总表目录", sensitivity=2)
    template_name = "reporting/tables.html"
    title = "汇总表"
    scope_word = "含下级"

    def get_context_data(self, **kwargs):
        codes = [a.code for a in annexes.all() if isinstance(a, annexes.RegisterAnnex)]
        reach = Submission.objects.visible_to(self.request.user, "review").filter(annex__in=codes)
        rows = SubmissionRow.objects.visible_to(self.request.user, "review")
        counts, totals = progress_by_call(reach), rows.totals_by_call()
        lines = [
            {
                "form": call.form,
                "period": call.period,
                "url": reverse("reporting:table", args=[call.annex, call.period]),
                "progress": counts[call.pk],
                "totals": totals.get(call.pk, {"approved": 0, "pending": 0}),
            }
            for call in Collection.objects.filter(pk__in=counts)
        ]
        own = [
            (s, record_url(s)) for s in reach.filter(pk__in=self._own(reach)).select_related("unit")
        ]
        return super().get_context_data(lines=lines, own=own, **kwargs)

    def _own(self, reach):
        held = rights.reviewed_units(self.request.user)
        return reach.filter(unit__in=held).values("pk")


# Within any order, rows keep the order of the tree and of their own table.
TREE_ORDER = ("submission__unit__path", "position")
SORTS = {
    "": ("填报单位", TREE_ORDER),
    "first": ("首列", ("search_text", *TREE_ORDER)),
    "review": ("未审在前", ("-review", *TREE_ORDER)),
    "newest": ("最近报送在前", ("-submission__submitted_at", *TREE_ORDER)),
}


class RowFilter(django_filters.FilterSet):
    """The query bar of a consolidated table."""

    q = django_filters.CharFilter(label="内容", method="holding")
    unit = django_filters.CharFilter(label="填报单位", method="of_unit")
    review = django_filters.ChoiceFilter(
        label="审核",
        choices=[(r.value, r.label) for r in (Review.PENDING, Review.APPROVED)],
        empty_label="全部",
    )

    order = django_filters.ChoiceFilter(
        label="排序",
        choices=[(code, label) for code, (label, _) in SORTS.items() if code],
        empty_label="按填报单位",
        method="in_order",
    )

    class Meta:
        model = SubmissionRow
        fields = ("q", "unit", "review", "order")

    def in_order(self, queryset, name, value):
        return queryset.order_by(*SORTS[value][1])

    def holding(self, queryset, name, value):
        return queryset.filter(search_text__contains=value.strip())

    def of_unit(self, queryset, name, value):
        words = value.strip()
        latin = words.lower()
        if latin.isascii() and latin.isalpha():
            return queryset.filter(submission__unit__initials__startswith=latin) | queryset.filter(
                submission__unit__pinyin__startswith=latin
            )
        return queryset.filter(
            Q(submission__unit__name__contains=words) | Q(submission__unit__short_name=words)
        )


class ConsolidatedTable(PlainPage):
    """All reported rows of one register annex over the units in reach, each with 填报单位.

    Totals count exactly the rows listed: 已审 and 未审 apart; what was returned is in neither.
    """

    policy = REVIEW.to("查看汇总表")
    template_name = "reporting/table.html"
    scope_word = "含下级"

    def dispatch(self, request, *args, **kwargs):
        try:
            self.form = annexes.get(kwargs["code"])
        except annexes.UnknownAnnex as error:
            raise Http404 from error
        if not isinstance(self.form, annexes.RegisterAnnex):
            raise Http404
        self.period = kwargs["period"]
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"{self.form.mark} {self.form.title}（{self.period}）"

    def get_crumbs(self):
        return [("汇总表", reverse("reporting:tables")), (self.form.mark, "")]

    def submissions(self):
        return (
            Submission.objects.visible_to(self.request.user, "review")
            .for_annex(self.form.code, self.period)
            .select_related("unit", "reviewer")
            .order_by("unit__path")
        )

    def rows(self):
        return (
            SubmissionRow.objects.visible_to(self.request.user, "review")
            .order_by()
            .filter(
                submission__annex=self.form.code, submission__period=self.period, review__in=COUNTED
            )
            .select_related("submission__unit")
            .prefetch_related("changes")
        )

    def get_context_data(self, **kwargs):
        submissions = list(self.submissions())
        if not submissions:
            raise Http404
        query = RowFilter(self.request.GET, queryset=self.rows())
        chosen = query.qs if query.is_valid() else query.queryset
        if not chosen.query.order_by:
            chosen = chosen.order_by(*TREE_ORDER)
        asked = whole_number(self.request.GET.get("per_page", ""))
        size = asked if asked in PAGE_SIZES else PAGE_SIZES[0]
        pages = ForgivingPaginator(chosen, size)
        page = pages.page(whole_number(self.request.GET.get("page", "")) or 1)
        totals = chosen.totals()
        counts = self._counts()
        mine = rights.reviewed_units(self.request.user)
        return super().get_context_data(
            form=self.form,
            period=self.period,
            filter=query,
            chips=[],
            page=page,
            per_page=size,
            page_sizes=PAGE_SIZES,
            total=pages.count,
            columns=[
                {"label": "填报单位"},
                *({"label": f.label} for f in self.form.fields),
                {"label": "审核"},
            ],
            rows=[self._line(row, page.start_index() + i, mine) for i, row in enumerate(page)],
            selectable=any(s.reviewer_id in mine for s in submissions),
            bulk_actions=[
                {
                    "label": "退回所选行",
                    "url": reverse("reporting:return_rows"),
                    "icon": "arrow-return-left",
                }
            ],
            totals=[
                {"label": "已审", "value": totals["approved"], "tone": "ok", "unit": "行"},
                {"label": "未审", "value": totals["pending"], "tone": "info", "unit": "行"},
                {"label": "合计", "value": totals["total"], "unit": "行"},
            ],
            units=[self._unit(s, counts) for s in submissions],
            progress=progress(self.submissions()),
            tools=self._tools(),
            empty={"text": "还没有单位报送。各单位提交后，这里自动出现。", "action": None},
            **kwargs,
        )

    def _line(self, row, number, mine) -> dict:
        cells = cells_of(row, self.form, {})
        unit = {"value": row.submission.unit.name, "url": cell_url(row, self.form.fields[0].key)}
        return {
            "id": row.uuid,
            "number": number,
            "selectable": row.submission.reviewer_id in mine,
            "cells": [unit, *cells, {"value": row.get_review_display()}],
        }

    def _counts(self) -> dict[int, int]:
        from django.db.models import Count  # noqa: PLC0415 -- one aggregate of this page alone

        rows = self.rows().order_by().prefetch_related(None)
        return dict(rows.values_list("submission").annotate(n=Count("pk")))

    def _unit(self, submission, counts) -> dict:
        may_review = submission.state == State.SUBMITTED
        name = "review" if may_review else "submission"
        shown = "returned" if submission.state == State.RETURNED else standing(submission)
        return {
            "name": submission.unit.name,
            "state": shown,
            "count": counts.get(submission.pk, 0),
            "url": reverse(f"reporting:{name}", args=[submission.uuid]),
        }

    def _tools(self) -> list[dict]:
        roots = scope.roots(self.request.user, "reporting_export")
        if not roots:
            return []
        root, made = roots[0], []
        made.append(
            exports.tool(self.form, root, self.period, label=f"下载{self.form.mark}（全部）")
        )
        made.append(
            exports.tool(self.form, root, self.period, only="approved", label="下载已审部分")
        )
        source = self.form.consolidates
        if source:
            made.append(
                exports.tool(
                    annexes.get(source),
                    root,
                    self.period,
                    label=f"下载全部{annexes.get(source).mark}（压缩包）",
                )
            )
        return made
