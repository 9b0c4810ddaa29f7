"""One cell of a table: where it comes from, what was done to it, and what may be done now."""

from itertools import groupby

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse

from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.views.base import ActView, PlainPage, ScopedDetailView, whole_number
from reporting import actions, annexes, rights, workflow
from reporting.models import IncomingFile, State, SubmissionRow
from reporting.views.submissions import VIEW, fill_url, record_url, version_in

REVIEW = Policy("reporting_review", resource="row", sensitivity=3)
ROW = VIEW.to("", resource="row")


class Cell(ScopedDetailView):
    """The source side panel; a whole page where there is no script."""

    policy = ROW.to("查看单元格的来源和更改")
    model = SubmissionRow

    def get_template_names(self):
        return ["reporting/_cell.html" if self.request.htmx else "reporting/cell.html"]

    def get_queryset(self):
        return (
            super()
            .get_queryset()
            .select_related("submission__unit", "submission__reviewer", "source__submission__unit")
        )

    def get_title(self):
        return f"{self.object.submission.unit} 第 {self.object.position} 行"

    def get_context_data(self, **kwargs):
        row, user = self.object, self.request.user
        submission = row.submission
        try:
            field = submission.form.field(self.kwargs["key"])
        except KeyError as error:
            raise Http404 from error
        open_keys = actions.open_keys(submission, row) if submission.is_open else set()
        may_fill = submission.is_open and rights.may_fill(user, submission)
        reviewable = submission.state in workflow.STEPS["return"].sources
        changes = row.changes.filter(key=field.key).select_related("by")
        return super().get_context_data(
            row=row,
            submission=submission,
            field=field,
            value=field.display(row.values.get(field.key)),
            raw=row.values.get(field.key) or "",
            source=self._source(row),
            origin=self._origin(row),
            changes=[
                {
                    "who": str(c.by or "系统"),
                    "at": c.at,
                    "word": c.get_kind_display(),
                    "reason": f"{field.display(c.before) or '（空）'} → {field.display(c.after) or '（空）'}"
                    + (f"（{c.reason}）" if c.reason else ""),
                }
                for c in changes.order_by("-id")
            ],
            flags=[c for c in workflow.open_cells(submission) if c.row_id == row.pk],
            may_correct=may_fill and field.key in open_keys,
            may_arrange=may_fill and not workflow.open_cells(submission),
            may_return=reviewable and rights.may_review(user, submission),
            long_text=field.kind == "long_text",
            idempotency_key=new_key(),
            **kwargs,
        )

    def _origin(self, row) -> dict | None:
        """The mailed file the row came by, with the words as they stood there."""
        said = row.origin
        if not said.get("incoming"):
            return None
        files = IncomingFile.objects.visible_to(self.request.user)
        seen = files.filter(uuid=said["incoming"]).exists()
        labels = {field.key: field.label for field in row.submission.form.fields}
        return {
            "file": said["file"],
            "where": said["where"],
            "url": reverse("reporting:incoming_file", args=[said["incoming"]]) if seen else "",
            "corrected": self.kwargs["key"] in said.get("corrected", ()),
            "original": [(labels[k], text) for k, text in said["original"].items() if k in labels],
        }

    def _source(self, row) -> dict | None:
        if row.source is None:
            return None
        source = row.source.submission
        taken = row.submission.form.row_from(row.source.values)
        seen = type(source).objects.visible_to(self.request.user).filter(pk=source.pk).exists()
        return {
            "name": f"{source.unit} {source.form.mark}",
            "state": source.state,
            "url": record_url(source) if seen else "",
            "moved_on": any(
                row.values.get(key) != value
                for key, value in taken.items()
                if key not in row.corrected_keys
            ),
            "values": [
                (f.label, f.display(row.source.values.get(f.key)))
                for f in source.form.fields
                if seen and not f.personal
            ],
        }


class RowAct(ActView):
    """An act on one row of an open table; errors are told on the table's page."""

    policy = ROW.to("改动一行")
    model = SubmissionRow
    done_word = "已保存。"

    def act(self, row, post, user) -> None:
        raise NotImplementedError

    def back(self, row) -> str:
        return fill_url(row.submission)

    @idempotent
    def post(self, request, *args, **kwargs):
        row = self.get_object()
        back = self.back(row)
        try:
            self.act(row, request.POST, request.user)
        except workflow.Stale:
            messages.error(
                request, "本表刚被他人修改，已显示最新内容。您填的：" + self.typed(request.POST)
            )
        except ValidationError as error:
            messages.error(request, f"{error.messages[0]} {self.typed(request.POST)}".strip())
        else:
            messages.success(request, self.done_word)
        return HttpResponseRedirect(back)

    def typed(self, post) -> str:
        """What the person wrote, so that a refusal does not lose it."""
        words = [post.get(name, "").strip() for name in ("value", "reason")]
        return "；".join(f"“{word}”" for word in words if word)


class CorrectRow(RowAct):
    policy = ROW.to("更正单元格")
    done_word = "已更正，更正与来源一并留存。"

    def act(self, row, post, user):
        key = post.get("key", "")
        try:
            field = row.submission.form.field(key)
        except KeyError as error:
            raise ValidationError("没有这一栏。") from error
        value, wrong = field.clean(post.get("value", ""))
        if wrong:
            raise ValidationError(wrong)
        actions.save_values(
            row.submission,
            row,
            {key: value},
            by=user,
            version=version_in(post),
            reason=post.get("reason", ""),
        )


class MoveRow(RowAct):
    policy = ROW.to("调整行的顺序")
    done_word = "已调整顺序。"

    def back(self, row):
        return f"{super().back(row)}#row-{row.uuid}"

    def act(self, row, post, user):
        place = whole_number(post.get("to", "").strip())
        if not place:
            raise ValidationError("请填写要移到的行号，从 1 起。")
        actions.move_row(row, place, by=user, version=version_in(post))


class RemoveRow(RowAct):
    policy = ROW.to("移出一行")
    done_word = "已移出本行；来源报表不变，可重新汇入。"

    def act(self, row, post, user):
        actions.remove_row(row, by=user, reason=post.get("reason", ""), version=version_in(post))


class ReturnRow(RowAct):
    """The city sends back one cell, or one whole row, of a unit's table."""

    policy = REVIEW.to("退回单元格或一行")
    done_word = "已退回，该行已移出合计，待填报单位改正。"

    def back(self, row):
        form = row.submission
        if not isinstance(form.form, annexes.RegisterAnnex):
            return record_url(form)
        return reverse("reporting:table", args=[form.annex, form.period])

    def act(self, row, post, user):
        key = post.get("key", "") if post.get("whole") != "1" else ""
        cell = workflow.Cell(row=str(row.uuid), key=key, reason=post.get("reason", ""))
        if not cell.reason.strip():
            raise ValidationError("退回须写明理由。")
        workflow.perform(
            "return", submission=row.submission, actor=user, cells=[cell], version=version_in(post)
        )


class ReturnRows(PlainPage):
    """退回所选行: asks for the reason with the rows named, then returns them table by table."""

    policy = REVIEW.to(post="选定要退回的行", confirmed="退回所选行")
    template_name = "reporting/return_rows.html"
    title = "退回所选行"
    http_method_names = ("post",)

    def chosen(self):
        ids = set(self.request.POST.getlist("row")[:200])
        reach = SubmissionRow.objects.visible_to(self.request.user, "review")
        try:
            rows = list(
                reach.filter(uuid__in=ids)
                .select_related("submission__unit", "submission__reviewer")
                .order_by("submission__unit__path", "position")
            )
        except ValidationError as error:  # malformed ids
            raise Http404 from error
        if len(rows) != len(ids):
            raise Http404
        if not all(rights.may_review(self.request.user, row.submission) for row in rows):
            raise PermissionDenied("所选的行里有不由您审核的，没有退回任何一行。")
        return rows

    def post(self, request, *args, **kwargs):
        rows = self.chosen()
        if not rows:
            messages.error(request, "请先在表中勾选要退回的行。")
            return HttpResponseRedirect(reverse("reporting:tables"))
        back = reverse(
            "reporting:table", args=[rows[0].submission.annex, rows[0].submission.period]
        )
        if "confirmed" not in request.POST:
            return self.render_to_response(self.get_context_data(**self._question(rows, back)))
        return self._return(request, rows, back)

    def _question(self, rows, back, error: str = "") -> dict:
        tables = {row.submission_id: row.submission for row in rows}
        return {
            "rows": rows,
            "tables": tables.values(),
            "back_url": back,
            "reason": self.request.POST.get("reason", ""),
            "error": error,
            "idempotency_key": new_key(),
        }

    def ask_again(self, rows, back, error: str, status: int):
        context = self.get_context_data(**self._question(rows, back, error))
        return self.render_to_response(context, status=status)

    def _return(self, request, rows, back):
        if not request.POST.get("reason", "").strip():
            return self.ask_again(rows, back, "退回须写明理由。", 422)
        return ReturnConfirmed(self).post(request, rows, back)


class ReturnConfirmed:
    """The act behind :class:`ReturnRows`, apart so that the question itself needs no key."""

    def __init__(self, page: ReturnRows):
        self.page = page

    @idempotent
    def post(self, request, rows, back):
        try:
            # All chosen rows or none: a table that moved on stops the others too.
            with transaction.atomic():
                units = self._each_table(request, rows)
        except workflow.Stale as stale:
            error = f"{stale.submission.unit}的表刚有变化，一行都没有退回。请核对后再退回。"
            return self.page.ask_again(self.page.chosen(), back, error, 409)
        except ValidationError as error:
            return self.page.ask_again(rows, back, error.messages[0], 422)
        messages.success(request, f"已退回 {len(rows)} 行：{'、'.join(units)}。")
        return HttpResponseRedirect(back)

    def _each_table(self, request, rows) -> list[str]:
        reason = request.POST["reason"].strip()
        units = []
        for submission, group in groupby(rows, key=lambda row: row.submission):
            cells = [workflow.Cell(row=str(row.uuid), key="", reason=reason) for row in group]
            if submission.state not in {State.SUBMITTED, State.APPROVED}:
                raise PermissionDenied(
                    f"{submission.unit}的表当前为“{submission.get_state_display()}”。"
                )
            seen = request.POST.get(f"version:{submission.uuid}", "")
            workflow.perform(
                "return",
                submission=submission,
                actor=request.user,
                cells=cells,
                version=whole_number(seen) or -1,
            )
            units.append(str(submission.unit))
        return units
