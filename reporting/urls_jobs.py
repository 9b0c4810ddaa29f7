"""Addresses of jobs, under the app name ``reporting``."""

from django.urls import path

from reporting.views import jobs

patterns = [
    path("jobs/", jobs.JobList.as_view(), name="jobs"),
    path("jobs/<uuid:uuid>/", jobs.JobPage.as_view(), name="job"),
    path("jobs/<uuid:uuid>/progress/", jobs.JobProgress.as_view(), name="job_progress"),
    path("jobs/<uuid:uuid>/download/", jobs.JobDownload.as_view(), name="job_download"),
    path("jobs/<uuid:uuid>/retry/", jobs.JobRetry.as_view(), name="job_retry"),
]
