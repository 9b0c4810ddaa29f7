"""一份来件: the sheet as sent beside the rows as understood, questions in place, one button."""

from typing import ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from federation import audit, kept_files
from federation.idempotency import idempotent, new_key
from federation.views.base import ActView, ScopedDetailView, whole_number
from reporting import workflow
from reporting.intake import answering, obstacles, preview, taking_over
from reporting.intake.answering import Overtaken, Said
from reporting.intake.taking_over import AlreadyTaken
from reporting.models import FileState, IncomingFile
from reporting.views.incoming import SEE, TAKE, SeenMixin, batch_url, file_url
from reporting.views.submissions import record_url
from reporting.workbook.errors import WorkbookError
from reporting.workbook.reading.marked import marked_copy


class FilePage(SeenMixin, ScopedDetailView):
    """What was sent, what was understood, what would change."""

    policy = SEE.to("查看来件的内容和差异")
    model = IncomingFile
    template_name = "reporting/incoming_file.html"

    def get_queryset(self):
        related = ("batch__by", "batch__unit", "batch__sender", "collection", "unit", "place")
        return super().get_queryset().select_related(*related, "submission__unit", "settled_by")

    def get_title(self):
        return self.object.name

    def get_crumbs(self):
        home = ("收表", reverse("reporting:incoming"))
        batch = self.object.batch
        seen = type(batch).objects.visible_to(self.request.user).filter(pk=batch.pk).exists()
        return [home, *([("本批来件", batch_url(batch))] if seen else []), (self.object.name, "")]

    def get_context_data(self, **kwargs):
        file, user = self.object, self.request.user
        first = whole_number(self.request.GET.get("from", "")) or 0
        shown = preview.of(file, user, sheet=self.request.GET.get("sheet", ""), first=first)
        return super().get_context_data(
            file=file,
            form=file.form,
            view=shown,
            state=f"file_{file.state}",
            may_settle=file.is_open and answering.may_settle(user, file),
            facts=preview.facts(file),
            record_url=record_url(file.submission) if file.submission else "",
            download_url=reverse("reporting:incoming_download", args=[file.uuid]),
            marked_url=reverse("reporting:incoming_marked", args=[file.uuid])
            if shown.points
            else "",
            step_url=reverse("reporting:incoming_step", args=[file.uuid, "answer"]),
            apply_url=reverse("reporting:incoming_step", args=[file.uuid, "apply"]),
            decline_url=reverse("reporting:incoming_step", args=[file.uuid, "decline"]),
            again_url=reverse("reporting:incoming_step", args=[file.uuid, "reopen"]),
            idempotency_key=new_key(),
            **kwargs,
        )


class FileStep(SeenMixin, ActView):
    """回答、带入、不予带入、重新办理: one act on one file, at the version the page showed."""

    policy = TAKE.to(
        "办理来件",
        answer="回答来件中的疑问",
        apply="带入来件",
        decline="不予带入来件",
        reopen="重新办理来件",
    )
    model = IncomingFile
    sample: ClassVar = {"step": "answer"}

    def get_queryset(self):
        related = ("batch__unit", "batch__collection", "collection", "unit", "place")
        return super().get_queryset().select_related(*related)

    @idempotent
    def post(self, request, uuid, step):
        file = self.get_object()
        acts = {
            "answer": self.answer,
            "apply": self.apply,
            "decline": self.decline,
            "reopen": self.reopen,
        }
        if step not in acts:
            raise PermissionDenied("没有这个步骤。")
        if not answering.may_settle(request.user, file):
            raise PermissionDenied(
                obstacles.in_the_way(file, file.submission_of_unit, request.user)
                or "来件由填报单位或其上一级办理；您可以查看。"
            )
        try:
            return acts[step](file)
        except AlreadyTaken as same:
            messages.info(request, str(same))
        except (workflow.Stale, Overtaken):
            return self.moved_on(file)
        except ValidationError as error:
            for sentence in error.messages[:5]:
                messages.error(request, sentence)
        return HttpResponseRedirect(file_url(file))

    def version(self, name: str = "file_version") -> int:
        version = whole_number(self.request.POST.get(name, ""))
        return -1 if version is None else version

    def answer(self, file):
        post, by = self.request.POST, self.request.user
        if (unit := self.other_unit(file)) is not None:
            answering.choose_unit(file, unit, by=by, version=self.version())
            messages.info(self.request, f"已定为“{unit}”，正在按该单位的辖区重新读取。")
            return HttpResponseRedirect(batch_url(file.batch))
        row = answering.answer(file, said_in(post), by=by, version=self.version())
        left = row.errors + row.questions
        words = f"还有 {left} 处没有处理。" if left else "请看过差异，再点“带入”。"
        messages.success(self.request, f"已保存。{words}")
        return HttpResponseRedirect(file_url(file))

    def other_unit(self, file):
        """The unit that was chosen, when it is another than the file's."""
        asked = self.request.POST.get("unit", "")
        if not asked or (file.unit and str(file.unit.uuid) == asked):
            return None
        units = answering.possible_units(file, self.request.user)
        found = next((unit for unit in units if str(unit.uuid) == asked), None)
        if found is None:
            raise ValidationError("所选单位不在本次应报单位中，或不由您代填，请重新选择。")
        return found

    def apply(self, file):
        if self.changed(file):
            return self.answer(file)
        submission = file.submission_of_unit
        if submission is None:
            raise ValidationError(obstacles.in_the_way(file, None, self.request.user))
        done = taking_over.take_over(
            file,
            submission,
            by=self.request.user,
            file_version=self.version(),
            version=self.version("version"),
            hand_in=bool(self.request.POST.get("hand_in")),
        )
        words = "并提交审核" if done.state == "submitted" else "，请核对后提交"
        messages.success(self.request, f"“{file.name}”已带入{done.unit}的{done.form.mark}{words}。")
        return HttpResponseRedirect(file_url(file))

    def changed(self, file) -> bool:
        """Whether the page says more than what its preview showed: that is looked at first."""
        if file.state != FileState.READY or self.version() != file.version:
            return False
        if "meaning" not in self.request.POST:  # nothing but the button was sent
            return False
        return self.other_unit(file) is not None or answering.says_more(
            file, said_in(self.request.POST)
        )

    def decline(self, file):
        answering.decline(file, by=self.request.user, version=self.version())
        messages.success(self.request, f"“{file.name}”不予带入；原件仍保留，可以重新办理。")
        return HttpResponseRedirect(file_url(file))

    def reopen(self, file):
        answering.take_up_again(file, by=self.request.user, version=self.version())
        return HttpResponseRedirect(file_url(file))

    def moved_on(self, file):
        """409 with the difference as it is now; nothing was written."""
        page = FilePage()
        page.setup(self.request, uuid=file.uuid)
        page.object = page.get_object()
        context = page.get_context_data(overtaken=True, typed=said_in(self.request.POST))
        return page.render_to_response(context, status=409)


def said_in(post) -> Said:
    """What the form of the page says: ``q-3=c0``, ``cell-7-village=…``, ``out=2``, ``stay=5``."""
    questions, values = {}, {}
    for name, text in post.items():
        head, _, rest = name.partition("-")
        number, _, key = rest.partition("-")
        if head == "q" and (at := whole_number(rest)) is not None:
            questions[at] = text
        elif head == "cell" and key and (at := whole_number(number)) is not None:
            values[at, key] = text
    return Said(
        questions=questions,
        values=values,
        left_out=_numbers(post.getlist("out")),
        kept=_numbers(post.getlist("stay")),
        meaning=post.get("meaning", ""),
        replaces=post.get("replaces", ""),
    )


def _numbers(texts: list[str]) -> list[int]:
    return [number for text in texts if (number := whole_number(text)) is not None]


class FileDownload(SeenMixin, ScopedDetailView):
    """The file as it was sent, for whoever sees it; logged like other downloads."""

    policy = SEE.to("下载来件原件")
    model = IncomingFile

    def get(self, request, *args, **kwargs):
        file = self.get_object()
        answer = kept_files.answer(file.file, file.name)
        detail = {"sha256": file.sha256}
        audit.record(file, "download_file", by=request.user, unit=file.place, detail=detail)
        return answer


class FileMarked(SeenMixin, ScopedDetailView):
    """The same workbook with a column 问题 and a comment at each cell, to be sent back for correction."""

    policy = SEE.to("下载标出问题的来件")
    model = IncomingFile

    def get(self, request, *args, **kwargs):
        file = self.get_object()
        if not file.reading:
            raise Http404
        content = kept_files.path_of(file.file).read_bytes()
        try:
            name, data = marked_copy(content, file.name, preview.still_open(file))
        except WorkbookError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(file_url(file))
        detail = {"sha256": file.sha256, "marked": True}
        audit.record(file, "download_file", by=request.user, unit=file.place, detail=detail)
        response = HttpResponse(data, content_type="application/octet-stream")
        response["Content-Disposition"] = kept_files.disposition(name)
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response
