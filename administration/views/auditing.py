"""审计记录 out, as filtered or a year of it counted: the request becomes a job, as every export does."""

import hashlib

from django.http import HttpResponseRedirect
from django.urls import reverse
from django.views.generic import View

from federation.confirmation import confirmed_recently
from federation.idempotency import idempotent
from federation.policy import Policy
from federation.views.base import whole_number
from reporting.jobs import request_job

YEARS = range(2000, 2100)


class ExportAudit(View):
    policy = Policy("federation_audit").to("导出审计记录", resource="audit", sensitivity=2)
    http_method_names = ("post",)

    @confirmed_recently("export")
    @idempotent
    def post(self, request):
        query, year = request.POST.get("query", "")[:1000], request.POST.get("year", "")
        kind, params = "audit_export", {"query": query}
        if whole_number(year) in YEARS:
            kind, params = "audit_pack", {"year": year}
        asked = next(iter(params.values()))
        same = hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()[:32]
        job = request_job(
            kind,
            requester=request.user,
            params=params,
            dedupe_key=f"{request.user.pk}:{same}",
        )
        return HttpResponseRedirect(reverse("reporting:job", args=[job.uuid]))
