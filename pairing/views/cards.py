"""双向联系卡 of one pair: looked at with masked numbers, printed with plain ones by an act."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from federation.idempotency import done, idempotent, new_key
from federation.policy import Policy
from pairing import cards, logs, parties, wording
from pairing.models import LogKind
from pairing.views.pairs import PairPage


@method_decorator(never_cache, name="dispatch")
class Card(PairPage):
    policy = Policy("pairing_view", or_action="pairing_log", resource="pairing", sensitivity=4).to(
        get="查看双向联系卡", post="印发双向联系卡（显示电话）"
    )
    template_name = "pairing/card.html"
    http_method_names = ("get", "post", "head", "options")

    def context(self, both: tuple[cards.Side, cards.Side], *, plain: bool) -> dict[str, Any]:
        pair, user = self.object, self.request.user
        names = dict(LogKind.objects.values_list("code", "name"))
        rules = pair.kind.bundle.rules.all() if pair.kind.bundle else ()
        return {
            "title": "双向联系卡", "pair": pair, "sides": both, "plain": plain,
            "demands": "；".join(wording.demand(rule, names) for rule in rules),
            "supports": wording.chosen(pair) if pair.recipient_is == "unit" else "",
            "today": timezone.localdate(), "issued": pair.cards.first(),
            "outdated": cards.outdated(pair),
            "may_issue": logs.may_log(pair, user) and parties.may_know(pair, user),
            "idempotency_key": new_key(), "back_url": reverse("pairing:pair", args=[pair.uuid]),
        }  # fmt: skip

    def get_context_data(self, **kwargs):
        both = cards.sides(self.object, to=self.request.user)
        return super().get_context_data(**kwargs, **self.context(both, plain=False))

    @idempotent
    def post(self, request, *args, **kwargs):
        self.object = self.get_object()
        if not logs.may_log(self.object, request.user):
            raise PermissionDenied
        both = cards.issue(self.object, by=request.user)
        response = render(request, self.template_name, self.context(both, plain=True))
        return done(response, again_at=reverse("pairing:card", args=[self.object.uuid]))
