"""Jobs: asked for in a request, done by a worker, delivered at least once, published exactly once.

A kind of job is declared in an app's ``exports`` module::

    @job_kind("annex_export", title="导出附件", action="reporting_export")
    class AnnexExport(JobKind):
        def authorise(self, job, user): ...   # raise Denied("…") with a sentence
        def run(self, job, work): ...         # write work.path, say work.progress(…)

and asked for with ``request_job("annex_export", requester=user, unit=unit, params={…})``.
"""

from reporting.jobs.kinds import Denied, JobFailure, JobKind, job_kind, kind_named, kinds
from reporting.jobs.leases import LeaseLost
from reporting.jobs.requests import request_again, request_job, running_jobs
from reporting.jobs.work import Work

__all__ = [
    "Denied",
    "JobFailure",
    "JobKind",
    "LeaseLost",
    "Work",
    "job_kind",
    "kind_named",
    "kinds",
    "request_again",
    "request_job",
    "running_jobs",
]
