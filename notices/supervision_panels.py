"""督办 on 工作台: what one's unit has to answer, and what was answered and waits to be struck off."""

from django.urls import reverse

from federation import frame, scope
from federation.frame import Panel
from notices.models import Supervision, SupervisionState
from notices.models.supervision import TO_ANSWER
from notices.views.supervisions import sign_of

SHOWN = 8


def _mine(request, action, place, states):
    held = scope.units_held(request.user, action)
    if not held:
        return Supervision.objects.none()
    seen = Supervision.objects.visible_to(request.user, "view")
    found = seen.filter(**{f"{place}__in": held}, state__in=states)
    return found.select_related("unit", "issuer").order_by("answer_by", "pk")


def _panel(title, rows, *, tone, position):
    found = list(rows[: SHOWN + 1])
    if not found:
        return None
    return Panel(
        title=title,
        icon="envelope-exclamation",
        count=len(found) if len(found) <= SHOWN else rows.count(),
        tone=tone,
        items=[
            {
                "title": f"{row.number} {row.unit}",
                "url": reverse("notices:supervision", args=[row.uuid]),
                "meta": f"{row.issuer}，答复期限 {row.answer_by:%Y-%m-%d}",
                "state": sign_of(row),
            }
            for row in found[:SHOWN]
        ],
        position=position,
    )


@frame.panel
def to_answer(request):
    rows = _mine(request, "notices_sign", "unit", TO_ANSWER)
    return _panel("督办待答复", rows, tone="late", position=3)


@frame.panel
def to_strike_off(request):
    rows = _mine(request, "notices_supervise", "issuer", (SupervisionState.SETTLED,))
    return _panel("督办待销号", rows, tone="info", position=22)
