"""What this room adds to pages of the rooms below it."""

from django.urls import reverse

from federation import frame
from federation.idempotency import new_key


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
def own_exports(request) -> dict:
    return {"label": "我的导出", "url": reverse("reporting:jobs"), "icon": "hourglass-split"}
