"""督办 on 工作台: what one's unit has to answer, and what was answered and waits to be struck off."""

from django.db.models import QuerySet
from django.http import HttpRequest
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


@frame.counted
def counted(request: HttpRequest) -> dict[str, QuerySet]:
    return {"to_answer": _to_answer(request), "to_strike_off": _to_strike_off(request)}


def _to_answer(request):
    return _mine(request, "notices_sign", "unit", TO_ANSWER)


def _to_strike_off(request):
    return _mine(request, "notices_supervise", "issuer", (SupervisionState.SETTLED,))


def _panel(title, count, rows, *, tone, position):
    if not count:
        return None
    return Panel(
        title=title,
        icon="envelope-exclamation",
        count=count,
        tone=tone,
        items=[
            {
                "title": f"{row.number} {row.unit}",
                "url": reverse("notices:supervision", args=[row.uuid]),
                "meta": f"{row.issuer}，答复期限 {row.answer_by:%Y-%m-%d}",
                "state": sign_of(row),
            }
            for row in rows[:SHOWN]
        ],
        position=position,
    )


@frame.panel
def to_answer(request):
    count = frame.counts_of(request)["to_answer"]
    return _panel("督办待答复", count, _to_answer(request), tone="late", position=3)


@frame.panel
def to_strike_off(request):
    count = frame.counts_of(request)["to_strike_off"]
    return _panel("督办待销号", count, _to_strike_off(request), tone="info", position=22)
