"""Asking for a file: the request becomes a job, whose page shows how far it is."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.views.generic import View

from federation import scope
from federation.confirmation import confirmed_recently
from federation.idempotency import idempotent
from federation.models import OrgUnit
from federation.policy import Policy
from federation.views.base import uuid_or_404
from reporting import annexes
from reporting.jobs import request_job


class Export(View):
    policy = Policy("reporting_export").to("导出附件", resource="submission", sensitivity=3)
    http_method_names = ("post",)

    @confirmed_recently("export")
    @idempotent
    def post(self, request):
        asked = request.POST
        units = scope.granted_units(request.user, self.policy.action)
        try:
            annex = annexes.get(asked.get("annex", ""))
            period = annex.period.check(asked.get("period", ""))
            unit = uuid_or_404(OrgUnit, units, asked.get("unit", ""))
        except (annexes.UnknownAnnex, ValidationError, ValueError) as error:
            raise Http404 from error
        if not annex.filed:
            raise Http404
        only = "approved" if asked.get("only") == "approved" else ""
        job = request_job(
            "annex_export",
            requester=request.user,
            unit=unit,
            params={"annex": annex.code, "period": period, "only": only},
            dedupe_key=f"{request.user.pk}:{annex.code}:{period}:{unit.pk}:{only}",
        )
        return HttpResponseRedirect(reverse("reporting:job", args=[job.uuid]))
