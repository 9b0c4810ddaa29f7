"""交接: a unit's pairs on paper, for who takes over from whom."""

from __future__ import annotations

import datetime as dt

from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils import timezone

from federation import scope
from federation.models import OrgUnit
from federation.policy import Policy
from federation.views.base import PlainPage, uuid_or_404
from pairing import parties, rules
from pairing.models import (
    AssistancePlan,
    AssistanceProject,
    ContactLog,
    Liaison,
    Pairing,
    PairingAgreement,
)
from registry import masking

LATELY = dt.timedelta(days=366)
SHOWN = 5


class Handover(PlainPage):
    """For who works for the unit with its pairs, and who changes pairs above it."""

    policy = Policy("pairing_view", resource="unit", sensitivity=4).to("打印结对交接单")
    template_name = "pairing/handover.html"

    def dispatch(self, request, *args, **kwargs):
        with scope.asked_once():
            logs = scope.granted_units(request.user, "pairing_log")
            units = logs & scope.granted_units(request.user, "pairing_view")
            self.unit = uuid_or_404(OrgUnit, units, kwargs["uuid"])
        return super().dispatch(request, *args, **kwargs)

    def pairs(self) -> list[Pairing]:
        user, today = self.request.user, timezone.localdate()
        of_unit = Q(unit=self.unit) | Q(recipient_unit=self.unit)
        found = Pairing.objects.visible_to(user, "log").open().filter(of_unit)
        projects = AssistanceProject.objects.visible_to(user).prefetch_related("milestones")
        logs = ContactLog.objects.visible_to(user).counted().filter(on__gte=today - LATELY)
        return list(
            found.select_related("kind", "unit", "recipient_unit")
            .prefetch_related(
                Prefetch("agreements", PairingAgreement.objects.visible_to(user), to_attr="signed"),
                Prefetch("plans", AssistancePlan.objects.visible_to(user), to_attr="planned"),
                Prefetch("projects", projects.filter(year__gte=today.year - 1), to_attr="going"),
                Prefetch("logs", logs.select_related("kind"), to_attr="lately"),
                Prefetch(
                    "liaisons",
                    Liaison.objects.visible_to(user).in_force().select_related("user"),
                    to_attr="keepers",
                ),
            )
            .order_by("kind__position", "unit__path", "recipient_unit__path", "pk")
        )

    def get_context_data(self, **kwargs):
        user, today = self.request.user, timezone.localdate()
        with scope.asked_once():
            pairs = self.pairs()
            names = parties.names(pairs, to=user)
            ribbons = rules.ribbons(pairs, on=today)
        return super().get_context_data(
            title=f"{self.unit}结对交接单",
            unit=self.unit, today=today, back_url=reverse("pairing:pairs"),
            lines=[_line(pair, names[pair.pk], ribbons.get(pair.pk, [])) for pair in pairs],
            **kwargs,
        )  # fmt: skip


def _line(pair, both, ribbons) -> dict:
    """One pair; what people wrote freely is shown without numbers."""
    return {
        "pair": pair,
        "helper": both[0],
        "recipient": both[1],
        "agreement": pair.signed[0] if pair.signed else None,
        "plan": masking.scan(pair.planned[0].text) if pair.planned else "",
        "plan_year": pair.planned[0].year if pair.planned else None,
        "projects": pair.going,
        "logs": [(log, masking.scan(log.summary)) for log in pair.lately[:SHOWN]],
        "ribbons": [(ribbon, f"window_{ribbon.state}") for ribbon in ribbons],
        "keepers": "、".join(str(one.user) for one in pair.keepers),
    }
