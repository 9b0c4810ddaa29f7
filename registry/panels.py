"""What the archives put on 工作台 and at the tool bar of the register; a function for each part."""

from django.urls import reverse

from federation import frame, scope
from registry import panels_life, panels_zone

frame.counted(panels_life.counted)
frame.counted(panels_zone.counted)
frame.panel(panels_life.panel)
for panel in panels_zone.PANELS:
    frame.panel(panel)


@frame.tool("registry:persons")
def export(request) -> dict | None:
    """Out, of the same programme as the list."""
    if not scope.may(request.user, "registry_export"):
        return None
    programme = request.GET.get("programme", "")
    more = f"?programme={programme}" if programme.isidentifier() else ""
    return {"label": "导出", "url": reverse("registry:export") + more, "icon": "download"}


@frame.tool("registry:persons")
def bring_in(request) -> dict | None:
    if not scope.may(request.user, "registry_edit"):
        return None
    return {"label": "导入", "url": reverse("registry:import"), "icon": "upload"}
