"""The part of a pair's page on what is put in writing: agreement, plan, projects."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from pairing import cards, cases, logs, papers, parties, projects
from pairing.models import Pairing, PairingAgreement, TypicalCase
from registry import masking

BEFORE = (Pairing.State.PROPOSED, Pairing.State.AGREED)


def context(request: HttpRequest, pair: Pairing) -> dict[str, Any]:
    """For ``pairing/parts/papers.html``."""
    user, today = request.user, timezone.localdate()
    agreements = list(pair.agreements.all())
    ends = papers.ending([pair], to=user).get(pair.pk)
    kept = pair.projects.prefetch_related("support_lines").all()
    return {
        "papers": {
            "pair": pair,
            "steps": papers.steps(pair) if pair.state in BEFORE else [],
            "agreements": [(row, _sign(row, today)) for row in agreements],
            "ends": ends,
            "overdue": ends is not None and ends.valid_until < today,
            "plans": [(row, masking.scan(row.text)) for row in pair.plans.all()],
            "projects": [
                (row, f"project_{row.state}", projects.sums(row.support_lines.all())["value"])
                for row in kept
            ],
            "hints": projects.hints(pair),
            "card": pair.cards.first(),
            "outdated": cards.outdated(pair),
            "cases": [
                (case, f"case_{case.state}")
                for case in TypicalCase.objects.visible_to(user).filter(pairing=pair)
            ],
            "may_write": pair.state in Pairing.OPEN and papers.may_write(pair, user),
            "may_log": pair.state != Pairing.State.DECLINED and logs.may_log(pair, user),
            "may_open": parties.may_know(pair, user),
            "may_tell": bool(cases.desks(user)),
        }
    }


def _sign(row: PairingAgreement, today: Any) -> str:
    if row.signed_on is None:
        return "agreement_unsigned"
    return "agreement_in_force" if row.in_force(today) else "agreement_over"
