"""作业: the list of one's own jobs, one job's progress and result, download and retry.

Nobody sees another person's job, whatever her rank: a file was made for one person's reach.
"""

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html

from federation import audit, kept_files
from federation.confirmation import confirmed_recently
from federation.idempotency import FIELD, idempotent, new_key
from federation.policy import SIGNED_IN
from federation.tables import MomentColumn, PageTable, render_state
from federation.templatetags.portal import elapsed
from federation.views.base import ActView, ListPage, ScopedDetailView
from reporting.jobs import Denied, JobFailure, files, kinds, request_again
from reporting.jobs.kinds import authorise, heading_of, kind_named
from reporting.models import Job
from reporting.models.jobs import JobState

RECENT = 5
CAN_TRY_AGAIN = {JobState.FAILED, JobState.DENIED, JobState.EXPIRED}


class OwnJobs:
    """Rows of the person who asked: stands where other pages ask ``visible_to``.

    No action is asked: an auditor's exports are hers to see as well, and one who lost every right
    gets the same 404 as a stranger. What a job may still give is asked of its kind.
    """

    policy = SIGNED_IN.to("查看自己的作业", resource="job", sensitivity=2)
    model = Job

    def get_queryset(self):
        return Job.objects.of(self.request.user).select_related("unit")


class JobFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(label="状态", choices=JobState.choices, empty_label="全部")
    kind = django_filters.ChoiceFilter(
        label="作业",
        choices=lambda: [(name, kind.title) for name, kind in kinds().items()],
        empty_label="全部",
    )

    class Meta:
        model = Job
        fields = ("state", "kind")


class JobTable(PageTable):
    kind = tables.Column("作业")
    unit = tables.Column("范围", accessor="unit__short_name", orderable=False)
    state = tables.Column("状态")
    created_at = MomentColumn("申请时间")
    elapsed = tables.Column("用时", orderable=False)
    result = tables.Column("结果", empty_values=(), orderable=False)

    class Meta:
        model = Job
        fields = ("kind", "unit", "state", "created_at", "elapsed", "result")
        order_by = ()

    def render_state(self, record):
        return render_state(record.shown_state)

    def render_elapsed(self, value):
        return elapsed(value)

    def render_kind(self, record):
        url = reverse("reporting:job", args=[record.uuid])
        return format_html('<a href="{}">{}</a>', url, heading_of(record))

    def render_result(self, record):
        if url := download_url(record):
            return format_html('<a href="{}" download>下载 {}</a>', url, record.file_name)
        return record.error or "—"


class JobList(OwnJobs, ListPage):
    policy = OwnJobs.policy.to("查看自己的作业列表")
    filterset_class = JobFilter
    table_class = JobTable
    title = "作业"
    empty_text = "您还没有办理过导出。在汇总表或列表上点“导出”，进度和文件会出现在这里。"


def download_url(job: Job) -> str | None:
    """Where the finished file is, while it is kept; the view asks the scope again."""
    if job.state != JobState.DONE or job.artefact is None or job.is_past_keeping:
        return None
    return reverse("reporting:job_download", args=[job.uuid])


def progress_of(job: Job) -> dict:
    """What ``parts/job_progress.html`` shows."""
    url = download_url(job)
    message = "原来的处理中断，正在安排继续。" if job.stalled else job.doing
    if url:
        message = job.file_name
    if job.shown_state == JobState.EXPIRED:
        message = "文件已过保留时间并删除，需要时请重新生成。"
    return {
        "state": job.shown_state,
        "done": job.done,
        "total": job.total,
        "elapsed": job.elapsed,
        "message": message,
        "error": job.error,
        "poll_url": reverse("reporting:job_progress", args=[job.uuid]),
        "result_url": url,
        "result_size": job.size if url else None,
        "expires_at": job.expires_at if url else None,
    }


class JobPage(OwnJobs, ScopedDetailView):
    template_name = "reporting/job.html"

    def get_title(self):
        return heading_of(self.object)

    def get_crumbs(self):
        return [("作业", reverse("reporting:jobs")), (self.object.number, "")]

    def get_context_data(self, **kwargs):
        job = self.object
        recent = self.get_queryset().exclude(pk=job.pk)[:RECENT]
        return super().get_context_data(
            progress=progress_of(job),
            facts=[
                ("作业号", job.number),
                ("范围", job.unit.short_name if job.unit else ""),
                *((str(label), value) for label, value in job.detail.get("facts", [])),
            ],
            retry_url=self._retry_url(job),
            next_url=kind.page(job) if (kind := kind_named(job.kind)) else "",
            idempotency_field=FIELD,
            idempotency_key=new_key(),
            history=[
                {
                    "title": heading_of(other),
                    "url": reverse("reporting:job", args=[other.uuid]),
                    "state": other.shown_state,
                    "at": other.created_at,
                    "meta": other.unit.short_name if other.unit else "",
                }
                for other in recent
            ],
            **kwargs,
        )

    def _retry_url(self, job):
        may_try = job.shown_state in CAN_TRY_AGAIN
        return reverse("reporting:job_retry", args=[job.uuid]) if may_try else ""


class JobProgress(OwnJobs, ScopedDetailView):
    """The part of the page that asks again; four queries, two of them who is asking."""

    policy = OwnJobs.policy.to("查看自己作业的进度")

    def get(self, request, *args, **kwargs):
        job = self.get_object()
        response = render(request, "parts/job_progress.html", {"progress": progress_of(job)})
        if not job.is_open:
            # The end changes more than the bar: result, remedy, what can be done next.
            response["HX-Refresh"] = "true"
        return response


class JobRetry(OwnJobs, ActView):
    policy = OwnJobs.policy.to("重试自己的作业")

    @confirmed_recently("export")
    @idempotent
    def post(self, request, uuid):
        old = self.get_object()
        if old.shown_state not in CAN_TRY_AGAIN:
            messages.info(request, f"作业当前为“{old.get_state_display()}”，不需要重试。")
            return redirect("reporting:job", uuid)
        try:
            new = request_again(old)
        except (Denied, JobFailure) as refusal:
            messages.error(request, str(refusal))
            return redirect("reporting:job", uuid)
        return redirect("reporting:job", new.uuid)


class JobDownload(OwnJobs, ScopedDetailView):
    """The finished file, for its requester, while it is kept and while she may still have it."""

    policy = OwnJobs.policy.to("下载自己作业的文件", sensitivity=3)

    def get(self, request, *args, **kwargs):
        job = self.get_object()
        if job.is_past_keeping:
            return gone(request, "文件已过保留时间并删除。需要时请重新导出。")
        if job.state != JobState.DONE or job.artefact is None:
            raise Http404
        try:
            authorise(job, request.user)
        except (Denied, JobFailure) as refusal:
            audit.record(job, "refuse_download", by=request.user, unit=job.unit)
            raise Http404 from refusal
        path = files.finished(job.artefact)
        if not path.exists():
            return gone(request, "文件已不在服务器上。请重新导出。")
        if request.method == "HEAD":
            response = HttpResponse(content_type=job.content_type)
            response["Content-Length"] = job.size
        else:
            audit.record(
                job, "download_job", by=request.user, unit=job.unit, detail={"sha256": job.sha256}
            )
            response = FileResponse(path.open("rb"), content_type=job.content_type)
        response["Content-Disposition"] = kept_files.disposition(
            job.file_name, f"{job.kind}-{job.number}"
        )
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "no-store"
        # Should a browser show the file all the same, nothing in it may run or call out.
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response


def gone(request, text: str) -> HttpResponse:
    context = {"title": "文件已过期", "text": text}
    return render(request, "kinds/plain.html", context, status=410)
