"""What this room adds to pages of the rooms below it."""

import datetime as dt

from django.urls import reverse
from django.utils import timezone

from administration.views.auditing import YEARS
from federation import frame
from federation.idempotency import new_key
from federation.views.base import whole_number


@frame.tool("audit")
def export_audit(request) -> dict:
    """The trail as it is filtered now, as a workbook."""
    return {
        "label": "导出",
        "url": reverse("administration:export_audit"),
        "icon": "download",
        "method": "post",
        "fields": {"query": request.GET.urlencode()[:1000], "idempotency_key": new_key()},
    }


@frame.tool("audit")
def audit_pack(request) -> dict:
    """A year counted: of the days asked for, else this one; in January the one that is over."""
    asked = whole_number(request.GET.get("since", "")[:4])
    year = asked if asked in YEARS else (timezone.localdate() - dt.timedelta(days=31)).year
    return {
        "label": f"{year}年审计材料",
        "url": reverse("administration:export_audit"),
        "icon": "journal-check",
        "method": "post",
        "fields": {"year": year, "idempotency_key": new_key()},
    }


@frame.tool("audit")
def own_exports(request) -> dict:
    return {"label": "我的导出", "url": reverse("reporting:jobs"), "icon": "hourglass-split"}
