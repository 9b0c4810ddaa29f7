"""The kinds of pairs, rules and logs a new portal starts with."""

import json

from django.conf import settings
from django.db import transaction

from federation.rows_by_code import equal
from pairing.models import LogKind, PairKind, Rule, RuleBundle

FILE = settings.BASE_DIR / "fixtures" / "pairing.json"


@transaction.atomic
def load() -> int:
    """Make the rows of ``fixtures/pairing.json`` equal to the file; returns how many changed.

    Matches by code; what was added by hand stays.
    """
    lists = json.loads(FILE.read_text(encoding="utf-8"))
    changed = 0
    for position, values in enumerate(lists["log_kinds"], start=1):
        changed += equal(LogKind, values | {"position": position * 10})[1]
    bundles: dict[str, RuleBundle] = {}
    for position, values in enumerate(lists["bundles"], start=1):
        rules = values.pop("rules")
        bundle, new = equal(RuleBundle, values | {"position": position * 10})
        bundles[bundle.code] = bundle
        changed += new
        for place, rule in enumerate(rules, start=1):
            changed += equal(Rule, rule | {"position": place * 10}, of={"bundle": bundle})[1]
    for position, values in enumerate(lists["pair_kinds"], start=1):
        values["bundle"] = bundles[values["bundle"]]
        changed += equal(PairKind, values | {"position": position * 10})[1]
    return changed
