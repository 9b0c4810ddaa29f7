"""收表: files are dropped, the batch says how far reading is, the list says what came when and from whom."""

import json

import django_filters
import django_tables2 as tables
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html

from federation.idempotency import done, idempotent, new_key
from federation.policy import Policy
from federation.tables import DayColumn, MomentColumn, PageTable, render_state
from federation.views.base import ActView, PlainPage, ScopedDetailView, ScopedListView
from reporting.intake import in_bulk, obstacles, receiving
from reporting.jobs.kinds import Denied, JobFailure
from reporting.models import Collection, FileState, IncomingBatch, IncomingFile
from reporting.views.jobs import progress_of

SEE = Policy("reporting_view", resource="incoming", sensitivity=3)
BATCH = "incoming_batch"
TAKE = Policy("reporting_fill", or_action="reporting_proxy", resource="incoming", sensitivity=3)
ACCEPT = ",".join(receiving.KINDS)


def file_url(file: IncomingFile) -> str:
    return reverse("reporting:incoming_file", args=[file.uuid])


def batch_url(batch: IncomingBatch) -> str:
    return reverse("reporting:incoming_batch", args=[batch.uuid])


def new_url(call: Collection) -> str:
    return f"{reverse('reporting:incoming_new')}?call={call.uuid}"


class SeenMixin:
    """Whoever sees reports at the place of a file sees the file; acts ask their own right."""

    def scope_action(self) -> str:
        return "view"


# -- History -----------------------------------------------------------------------------------------
class FileFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="文件名", field_name="name", lookup_expr="contains")
    unit = django_filters.CharFilter(
        label="填报单位", field_name="unit__name", lookup_expr="contains"
    )
    state = django_filters.ChoiceFilter(label="状态", choices=FileState.choices, empty_label="全部")

    class Meta:
        model = IncomingFile
        fields = ("q", "unit", "state")


class FileTable(PageTable):
    """What came when, by whom, what it is and what became of it."""

    name = tables.Column("文件")
    unit = tables.Column("填报单位", empty_values=(), orderable=False)
    annex = tables.Column("附件", accessor="collection__form__mark", orderable=False)
    received = DayColumn("收到", accessor="batch__received_on")
    by = tables.Column("上传", accessor="batch__by", orderable=False)
    at = MomentColumn("上传时间", accessor="batch__created_at")
    sha256 = tables.Column("校验值", orderable=False)
    state = tables.Column("结果", order_by=("state",))
    download = tables.Column("", empty_values=(), orderable=False, attrs={"td": {"class": "acts"}})

    class Meta:
        model = IncomingFile
        fields = ("name", "unit", "annex", "received", "by", "at", "sha256", "state", "download")
        order_by = ()

    def render_name(self, record):
        return format_html('<a href="{}">{}</a>', file_url(record), record.name)

    def render_unit(self, record):
        return record.unit.name if record.unit else "（待确认）"

    def render_sha256(self, value):
        return format_html('<span class="hash" title="SHA-256：{}">{}…</span>', value, value[:8])

    def render_state(self, record):
        return render_state(f"file_{record.state}")

    def render_download(self, record):
        url = reverse("reporting:incoming_download", args=[record.uuid])
        return format_html('<a class="btn btn-quiet" href="{}" download>下载原件</a>', url)


class IncomingList(SeenMixin, ScopedListView):
    policy = SEE.to("查看收表记录")
    model = IncomingFile
    filterset_class = FileFilter
    table_class = FileTable
    title = "收表"
    scope_word = "含下级"
    empty_text = (
        "还没有收过表。各单位寄来的 Excel、WPS、Word 表格，可以在这里直接带入系统，不用重新录入。"
    )

    def get_queryset(self):
        found = super().get_queryset().with_words().order_by("-batch_id", "position")
        return found.select_related("unit", "collection", "batch__by")

    def get_primary_action(self):
        if not TAKE.allows(self.request.user):
            return None
        return {"label": "带入来件", "url": reverse("reporting:incoming_new"), "icon": "upload"}


# -- Dropping files ----------------------------------------------------------------------------------
class IncomingNew(PlainPage):
    """Choose files for one call. Without script they come in one request; with it one by one."""

    policy = TAKE.to(get="打开带入来件页", post="上传来件")
    http_method_names = ("get", "post", "head", "options")
    template_name = "reporting/incoming_new.html"
    title = "带入来件"

    def get_crumbs(self):
        return [("收表", reverse("reporting:incoming")), ("带入来件", "")]

    def call(self, asked: str) -> Collection | None:
        """The call asked for; the only one there is when none is asked for."""
        calls = receiving.calls_of(self.request.user)
        if not asked:
            found = list(calls[:2])
            return found[0] if len(found) == 1 else None
        try:
            return get_object_or_404(calls.select_related("issuer"), uuid=asked)
        except ValidationError as error:  # a malformed id
            raise Http404 from error

    def get_context_data(self, **kwargs):
        call = self.call(self.request.POST.get("call") or self.request.GET.get("call", ""))
        desks = receiving.desks(self.request.user, call) if call else []
        return super().get_context_data(
            **{
                "call": call,
                "calls": [] if call else receiving.calls_of(self.request.user)[:50],
                "desks": desks,
                "above": any(not alone for _, alone in desks),
                "received_on": self.request.POST.get(
                    "received_on", f"{timezone.localdate():%Y-%m-%d}"
                ),
                "today": timezone.localdate(),
                "accept": ACCEPT,
                "most_files": settings.INCOMING_FILES,
                "idempotency_key": new_key(),
                **kwargs,
            }
        )

    @idempotent
    def post(self, request):
        call = self.call(request.POST.get("call", ""))
        try:
            batch = self.opened(call)
            refused = [] if "begin" in request.POST else self.keep(batch)
        except ValidationError as error:
            return self.again(error.messages[0])
        if "begin" in request.POST:
            return self.begun(batch)
        for sentence in refused:
            messages.warning(request, sentence)
        receiving.start_reading(batch, by=request.user)
        return redirect(batch_url(batch))

    def opened(self, call) -> IncomingBatch:
        if call is None:
            raise ValidationError("请先选择带入哪一份附件。")
        desks = dict(receiving.desks(self.request.user, call))
        asked = self.request.POST.get("unit", "")
        unit = (
            next((u for u in desks if str(u.uuid) == asked), None)
            if asked
            else next(iter(desks), None)
        )
        if unit is None:
            raise PermissionDenied("您不能为所选的单位带入来件。")
        day = self.request.POST.get("received_on", "").strip()
        try:
            received = parse_date(day) if day else None
        except ValueError:
            received = None
        if day and received is None:
            raise ValidationError("收到日期不对，请写作2014-05-20。")
        return receiving.open_batch(
            call, unit=unit, by=self.request.user, received_on=received, alone=desks[unit]
        )

    def keep(self, batch) -> list[str]:
        """Every file that can be kept; the sentences of those that cannot. None at all is an error."""
        refused = []
        for upload in self.request.FILES.getlist("files"):
            try:
                refused += receiving.add_files(batch, upload, by=self.request.user)
            except ValidationError as error:
                refused.append(error.messages[0])
        if not batch.files.exists():
            raise ValidationError(refused[0] if refused else "请先选择文件，再点“上传并读取”。")
        return refused

    def begun(self, batch):
        """For the script: where to send each file, and where to go then."""
        urls = {
            "add": reverse("reporting:incoming_add", args=[batch.uuid]),
            "read": reverse("reporting:incoming_read", args=[batch.uuid]),
        }
        return done(JsonResponse(urls), again=json.dumps(urls))

    def again(self, error: str):
        return self.render_to_response(self.get_context_data(error=error), status=422)


class BatchAct(SeenMixin, ActView):
    policy = TAKE
    model = IncomingBatch

    def get_queryset(self):
        return super().get_queryset().select_related("unit", "sender", "collection")

    def get_batch(self) -> IncomingBatch:
        batch = self.get_object()
        receiving.require_desk(batch, self.request.user)
        return batch


class IncomingAdd(BatchAct):
    """One more file, sent by the script: JSON with a sentence where it is not kept."""

    policy = TAKE.to("逐个上传来件", resource=BATCH)

    @idempotent
    def post(self, request, uuid):
        batch = self.get_batch()
        uploads = request.FILES.getlist("files")[:1]
        try:
            if not uploads:
                raise ValidationError("没有收到文件，请重新选择。")
            refused = receiving.add_files(batch, uploads[0], by=request.user)
            if refused and not batch.files.exists():
                raise ValidationError(refused)
        except ValidationError as error:
            return JsonResponse({"error": error.messages[0]}, status=422)
        return done(JsonResponse({"refused": refused}), again="{}")


class IncomingRead(BatchAct):
    """读取: what waits is read, now that all files are there, or once more after a failure."""

    policy = TAKE.to("读取来件", resource=BATCH)

    @idempotent
    def post(self, request, uuid):
        batch = self.get_batch()
        try:
            receiving.start_reading(batch, by=request.user)
        except (Denied, JobFailure) as refusal:
            messages.error(request, str(refusal))
        return HttpResponseRedirect(batch_url(batch))


# -- The batch ---------------------------------------------------------------------------------------
SHOWN = {
    "": ("全部", tuple(FileState.values)),
    "problems": ("有问题", (FileState.ASKING, FileState.UNREADABLE)),
    "ready": ("可带入", (FileState.READY,)),
    "applied": ("已带入", (FileState.APPLIED,)),
}


class BatchPage(SeenMixin, ScopedDetailView):
    """One line a file; while it is read the page asks how far it is."""

    policy = SEE.to("查看一批来件", resource=BATCH)
    model = IncomingBatch
    template_name = "reporting/incoming_batch.html"

    def get_queryset(self):
        return (
            super()
            .get_queryset()
            .select_related("collection__issuer", "unit", "sender", "by", "job")
        )

    def get_title(self):
        return f"来件：{self.object.form.mark} {self.object.form.title}"

    def get_crumbs(self):
        when = f"{timezone.localtime(self.object.created_at):%Y-%m-%d %H:%M}"
        return [("收表", reverse("reporting:incoming")), (f"{when} {self.object.by}上传", "")]

    def get_context_data(self, **kwargs):
        return super().get_context_data(**batch_context(self.request, self.object), **kwargs)


def batch_context(request, batch: IncomingBatch) -> dict:
    """What the page of a batch and its part that asks again both show. Two queries for the files."""
    found = batch.files.with_words().select_related("unit")
    files = list(obstacles.with_report(found, batch.collection))
    for file in files:
        file.batch = batch
    ready = [file for file in files if file.state == FileState.READY]
    held = obstacles.held(ready)
    chosen = request.GET.get("show", "")
    states = SHOWN.get(chosen, SHOWN[""])[1]
    reading = batch.job is not None and batch.job.is_open
    waiting = sum(file.state == FileState.WAITING for file in files)
    return {
        "batch": batch,
        "lines": [(file, held.get(file.pk, "")) for file in files if file.state in states],
        "tabs": [
            {
                "label": label,
                "url": f"{batch_url(batch)}{f'?show={name}' if name else ''}",
                "active": name == (chosen if chosen in SHOWN else ""),
                "count": sum(file.state in wanted for file in files),
            }
            for name, (label, wanted) in SHOWN.items()
        ],
        "reading": reading,
        "progress": batch_progress(batch, files),
        "stuck": waiting and not reading,
        "ready": len(ready) - len(held),
        "may_take": TAKE.allows(request.user)
        and any(
            unit.pk == batch.unit_id for unit, _ in receiving.desks(request.user, batch.collection)
        ),
        "own": batch.sender_id is not None,
        "idempotency_key": new_key(),
    }


def batch_progress(batch: IncomingBatch, files: list[IncomingFile]) -> dict | None:
    """How far the reading is, counted by files kept as read: what a killed worker leaves is counted."""
    if batch.job is None:
        return None
    read = sum(file.state != FileState.WAITING for file in files)
    shown = progress_of(batch.job)
    url = reverse("reporting:incoming_progress", args=[batch.uuid])
    return {**shown, "done": read, "total": len(files), "unit": "个文件", "poll_url": url}


class BatchProgress(BatchPage):
    """The part of the page that asks again."""

    policy = SEE.to("查看一批来件读到哪里", resource=BATCH)

    def get(self, request, *args, **kwargs):
        batch = self.get_object()
        context = batch_context(request, batch)
        response = render(request, "reporting/_incoming_progress.html", context)
        if not context["reading"]:
            response["HX-Refresh"] = "true"
        return response


class ApplyAll(BatchAct):
    """全部无问题的带入: each file in a transaction of its own; what fails says why."""

    policy = TAKE.to("带入一批中没有问题的来件", resource=BATCH)

    @idempotent
    def post(self, request, uuid):
        batch = self.get_batch()
        taken, left = in_bulk.take_over_ready(
            batch, by=request.user, hand_in=bool(request.POST.get("hand_in"))
        )
        if taken:
            messages.success(request, f"已带入 {taken} 个文件。")
        for sentence in left[:20]:
            messages.warning(request, sentence)
        return HttpResponseRedirect(batch_url(batch))
