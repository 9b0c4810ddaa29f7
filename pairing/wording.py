"""What a 共建协议 says: the default wording (``fixtures/pairing_agreement.json``), the pair's own facts.

Aim, 牵手内容, 三个一 and period are always the pair's own; between them stands 双方责任, which each pair
may word anew (:attr:`PairingAgreement.terms`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings

from federation.templatetags.portal import prose_date
from pairing.annexes.pairing_intent import SUPPORT
from pairing.models import LogKind, Pairing, PairingAgreement, Rule
from registry import masking

FILE = settings.BASE_DIR / "fixtures" / "pairing_agreement.json"
BLANK_DAY = "　　　　年　　月　　日"
NUMBERS = "一二三四五六七八"


@dataclass
class Document:
    """``articles`` are (heading, paragraphs); ``supports`` (words, chosen)."""

    title: str
    preamble: str
    articles: list[tuple[str, list[str]]] = field(default_factory=list)


@cache
def _said() -> dict[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8"))


def title(pair: Pairing) -> str:
    own = _said()["kinds"].get(pair.kind.code, {})
    return own.get("title", f"{pair.kind.name}共建协议书")


def terms(pair: Pairing) -> str:
    """The default 双方责任 of a pair of this sort."""
    sort = "units" if pair.recipient_is in ("unit", "site") else "persons"
    return "\n".join(_said()["terms"][sort])


def document(pair: Pairing, agreement: PairingAgreement | None = None) -> Document:
    """What is printed; without an agreement, or before it is signed, its days are blanks to be filled."""
    said = _said()
    doc = said["doc"].format(doc=pair.kind.doc_number) if "〔" in pair.kind.doc_number else ""
    words = (agreement.terms if agreement else "") or terms(pair)
    parts = [
        ("共建目标", [masking.scan(pair.goal) or said["no_goal"]]),
        ("牵手内容", [said["supports"] + chosen(pair)] if pair.recipient_is == "unit" else []),
        ("共建要求", _requirements(pair)),
        ("双方责任", masking.scan(words).splitlines()),
        ("协议期限", [_period(agreement), said["renewal"]]),
        ("其他事项", [one.format(office=office(pair)) for one in said["others"]]),
    ]
    made = Document(title(pair), said["preamble"].format(doc=doc))
    for heading, paragraphs in parts:
        if paragraphs:
            made.articles.append((f"{NUMBERS[len(made.articles)]}、{heading}", paragraphs))
    return made


def chosen(pair: Pairing) -> str:
    """物质牵手（√）…: the four as the notice prints them."""
    return "、".join(
        f"{label}（{'√' if code in pair.supports else '　'}）" for code, label in SUPPORT
    )


def _requirements(pair: Pairing) -> list[str]:
    bundle = pair.kind.bundle
    if bundle is None:
        return []
    names = dict(LogKind.objects.values_list("code", "name"))
    lines = [f"{n}. {demand(rule, names)}。" for n, rule in enumerate(bundle.rules.all(), start=1)]
    return [_said()["requirements"].format(bundle=bundle.name), *lines, _said()["plan"]]


def demand(rule: Rule, names: dict[str, str]) -> str:
    """每月至少联系沟通1次; 每年实施帮扶项目1至2个."""
    code = rule.counts[0]
    act = _said()["acts"].get(code, f"{names.get(code, rule.name)}{{n}}次")
    if rule.at_most:
        return f"{rule.get_window_display()}{act.format(n=f'{rule.at_least}至{rule.at_most}')}"
    return f"{rule.get_window_display()}至少{act.format(n=rule.at_least)}"


def _period(agreement: PairingAgreement | None) -> str:
    first = agreement and agreement.signed_on
    last = agreement and agreement.valid_until
    if first and not last:
        return _said()["open_period"].format(first=prose_date(first))
    days = {"first": prose_date(first) if first else BLANK_DAY, "last": prose_date(last) if last else BLANK_DAY}  # fmt: skip
    return _said()["period"].format(**days)


def office(pair: Pairing) -> str:
    """Who keeps the third copy: the organiser of the helping unit, or the unit of the person who helps."""
    above = pair.unit.ancestors(include_self=not pair.helper_unit_id)
    return str(above.order_by("-path").first() or pair.unit)
