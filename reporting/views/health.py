"""Liveness and readiness for whoever supervises the portal. No login, no version, no figures of people."""

import datetime as dt

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import Error
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.generic import View

from federation import housekeeping
from federation.policy import PUBLIC
from reporting.models import Job
from reporting.models.jobs import JobState

# A job older than this means that no worker is serving, whatever the process list says: a worker
# can leave when the broker restarts, and a supervisor does not always see it.
STALE_AFTER = dt.timedelta(minutes=2)


@method_decorator(login_not_required, name="dispatch")
class Health(View):
    """The web process answers."""

    policy = PUBLIC.to("查询服务是否在运行", resource="service", sensitivity=1)

    def get(self, request):
        return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@method_decorator(login_not_required, name="dispatch")
class Ready(View):
    """The portal can serve: database reachable and migrated, jobs being taken.

    200 or 503 with ``{"database": bool, "migrated": bool, "oldest_job_seconds": int, "jobs": bool,
    "late_chores": [names]}``. Late chores do not make it 503: pages are served without them.
    Redis is not asked: pages do not need it, and jobs that wait for it show by their age.
    """

    policy = PUBLIC.to("查询服务是否就绪", resource="service", sensitivity=1)

    def get(self, request):
        try:
            state = self._state()
        except Error:
            state = {"database": False, "migrated": False, "oldest_job_seconds": 0, "jobs": False}
            state["late_chores"] = []
        ready = state["database"] and state["migrated"] and state["jobs"]
        return JsonResponse(state, status=200 if ready else 503)

    def _state(self) -> dict:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        oldest = (
            Job.objects.filter(state=JobState.QUEUED)
            .order_by("created_at")
            .values_list("created_at")
        ).first()
        age = timezone.now() - oldest[0] if oldest else dt.timedelta()
        return {
            "database": True,
            "migrated": not pending,
            "oldest_job_seconds": max(0, int(age.total_seconds())),
            "jobs": age <= STALE_AFTER,
            "late_chores": housekeeping.late(),
        }
