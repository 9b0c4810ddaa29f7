"""审计记录 out: the request becomes a job, as every export does."""

import hashlib

from django.http import HttpResponseRedirect
from django.urls import reverse
from django.views.generic import View

from federation.confirmation import confirmed_recently
from federation.idempotency import idempotent
from federation.policy import Policy
from reporting.jobs import request_job


class ExportAudit(View):
    policy = Policy("federation_audit").to("导出审计记录", resource="audit", sensitivity=2)
    http_method_names = ("post",)

    @confirmed_recently("export")
    @idempotent
    def post(self, request):
        query = request.POST.get("query", "")[:1000]
        same = hashlib.sha256(query.encode("utf-8", "replace")).hexdigest()[:32]
        job = request_job(
            "audit_export",
            requester=request.user,
            params={"query": query},
            dedupe_key=f"{request.user.pk}:{same}",
        )
        return HttpResponseRedirect(reverse("reporting:job", args=[job.uuid]))
