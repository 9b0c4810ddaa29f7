"""What speaks against a pair, or has to be given a reason: said before it is saved, and on its page.

``blocks``: it cannot be. ``asks``: it needs its own mode, or a reason. ``tells``: to be seen first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from federation.models import User
from pairing.models import HelperParty, Mode, Pairing, RecipientParty
from registry import consents
from registry.models import Helper, Person, PersonState

BLOCKS, ASKS, TELLS = "blocks", "asks", "tells"


@dataclass(frozen=True)
class Conflict:
    code: str
    words: str
    weight: str
    mode: str = ""  # the 方式 that allows it


def of(pair: Pairing) -> list[Conflict]:
    """Of a saved pair or of one about to be; names nobody."""
    found = [*_parties(pair), *_already(pair), *_limits(pair)]
    if pair.person is not None:
        found += _person(pair, pair.person)
    return found


def refused(pair: Pairing, found: list[Conflict]) -> str:
    """The sentence that keeps ``pair`` from being saved; "" where nothing does."""
    for conflict in found:
        if conflict.weight == BLOCKS:
            return conflict.words
    for conflict in found:
        if conflict.weight != ASKS:
            continue
        allowed = {c.mode for c in found if c.mode}
        if conflict.mode and pair.mode not in allowed:
            word = Mode(conflict.mode).label
            return f"{conflict.words}；确需结对的，方式请选“{word}”并写明例外原因。"
        if not pair.exception_reason.strip():
            return f"{conflict.words}；确需结对的，请写明例外原因。"
    return ""


# -- Who may be paired at all ----------------------------------------------------------------------
def helper_party(pair: Pairing) -> str:
    return HelperParty.UNIT if pair.helper_unit_id else (pair.helper.kind if pair.helper else "")


def recipient_party(pair: Pairing) -> str:
    for name in (RecipientParty.HOUSEHOLD, RecipientParty.PERSON, RecipientParty.SITE):
        if getattr(pair, f"{name.value}_id"):
            return name.value
    return RecipientParty.UNIT.value


def _parties(pair: Pairing) -> Iterable[Conflict]:
    kind, helper = pair.kind, pair.helper
    if helper_party(pair) not in kind.helpers:
        yield _block("helper_party", f"“{kind}”的帮扶方不能是这一类，请另选帮扶方。")
    if recipient_party(pair) not in kind.recipients:
        yield _block("recipient_party", f"“{kind}”的受助方不能是这一类，请另选受助方。")
    if helper is not None:
        if kind.helper_roles and helper.role not in kind.helper_roles:
            roles = "、".join(Helper.Role(role).label for role in kind.helper_roles)
            yield _block("helper_role", f"“{kind}”的帮扶方须是{roles}，请另选。")
        if helper.left_on:
            yield _block("helper_left", "这位帮扶力量已退出，请另选。")
    for unit, word in ((pair.unit, "帮扶方"), (pair.recipient_unit, "受助方")):
        if unit.is_closed:
            yield _block(f"{word}_closed", f"{word}所属的{unit}已撤销，请另选。")


def _block(code: str, words: str) -> Conflict:
    return Conflict(code, words, BLOCKS)


# -- What stands already ---------------------------------------------------------------------------
def in_hand(*, any_state: bool = False) -> Any:
    """Pairs of any unit: a limit holds whoever looks. Counted, never shown."""
    rows = Pairing.objects.unscoped(reason="limits are counted whoever looks, no row is shown")
    return rows if any_state else rows.open()


def _open(pair: Pairing) -> Any:
    """Pairs in hand beside this one."""
    return in_hand().exclude(pk=pair.pk)


def _same_helper(pair: Pairing) -> Q:
    return Q(helper_unit=pair.helper_unit_id, helper=pair.helper_id)


def _same_recipient(pair: Pairing) -> Q:
    return Q(
        recipient_unit=pair.recipient_unit_id, household=pair.household_id, person=pair.person_id,
        site=pair.site_id,
    )  # fmt: skip


def _already(pair: Pairing) -> Iterable[Conflict]:
    both = _open(pair).filter(_same_helper(pair), _same_recipient(pair)).first()
    if both is not None:
        state = both.get_state_display()
        yield _block("already", f"这两方已经有一个“{state}”的结对，请打开原来的办理。")


def _limits(pair: Pairing) -> Iterable[Conflict]:
    kind = pair.kind
    has = _open(pair).filter(_same_helper(pair), kind=kind).count()
    if kind.most_recipients is not None and has >= kind.most_recipients:
        words = f"帮扶方在“{kind}”中已有{has}对，至多{kind.most_recipients}对"
        yield Conflict("helper_full", words, ASKS, Mode.ONE_TO_MANY)
    # 岗村 and 委村 are one campaign by one set of rules: a village counts both.
    alike = Q(kind=kind) | Q(kind__bundle=kind.bundle_id, kind__most_helpers__isnull=False)
    others = _open(pair).filter(_same_recipient(pair)).filter(alike).count()
    if kind.most_helpers is not None and others >= kind.most_helpers:
        words = f"受助方已有{others}个帮扶方，至多{kind.most_helpers}个"
        yield Conflict("recipient_full", words, ASKS, Mode.MANY_TO_ONE)
    elif others and kind.most_helpers is not None:
        yield Conflict("recipient_has", f"受助方已有{others}个帮扶方，请核对是否重复", TELLS)


# -- Persons ---------------------------------------------------------------------------------------
def _person(pair: Pairing, person: Person) -> Iterable[Conflict]:
    if person.state == PersonState.MERGED:
        yield _block("merged", "受助人的档案已并入另一份，请在保留的档案上办理。")
    elif person.state != PersonState.ACTIVE:
        yield _block("not_active", f"受助人的档案为“{person.get_state_display()}”，不在册。")
    codes = pair.kind.programmes
    if codes and not person.enrolments.current().filter(programme__code__in=codes).exists():
        yield Conflict("programme", f"受助人不在“{pair.kind}”所对应的专项中", ASKS)
    if person.is_minor and (problem := for_a_child(person, pair.helper)):
        yield problem


def for_a_child(person: Person, helper: Helper | None) -> Conflict | None:
    """What lacks before somebody is named to a child: consent to be introduced, and a vetted helper."""
    if "pairing" not in consents.purposes_of(person):
        words = "尚未取得“介绍给结对帮扶的人”的同意，请先在档案上登记监护人或本人的同意。"
        return _block("consent", words)
    if helper and helper.kind == HelperParty.PERSON and helper.vetting != Helper.Vetting.PASSED:
        return _block("vetting", "这位帮扶力量还没有通过审核，不能与儿童结对；请先审核。")
    return None


# -- On the list -----------------------------------------------------------------------------------
def marks(pairs: Iterable[Pairing], *, to: User) -> dict[int, list[str]]:
    """Limits passed by the pairs of one page, by key; two questions. Among what ``to`` can see."""
    rows = [pair for pair in pairs if pair.state in Pairing.OPEN]
    seen = Pairing.objects.visible_to(to).open()
    helpers = Counter(
        seen.filter(Q(helper_unit__in=[r.helper_unit_id for r in rows if r.helper_unit_id])
                    | Q(helper__in=[r.helper_id for r in rows if r.helper_id]))
        .values_list("kind", "helper_unit", "helper")
    )  # fmt: skip
    recipients = Counter(
        seen.filter(recipient_unit__in={r.recipient_unit_id for r in rows}, kind__most_helpers__isnull=False)
        .values_list("kind__bundle", "recipient_unit", "household", "person", "site")
    )  # fmt: skip
    found: dict[int, list[str]] = {}
    for row in rows:
        most, has = (
            row.kind.most_recipients,
            helpers[row.kind_id, row.helper_unit_id, row.helper_id],
        )
        others = recipients[
            row.kind.bundle_id, row.recipient_unit_id, row.household_id, row.person_id, row.site_id
        ]
        words = []
        if most is not None and has > most:
            words.append(f"帮扶方共{has}对")
        if row.kind.most_helpers is not None and others > row.kind.most_helpers:
            words.append(f"受助方共{others}个帮扶方")
        if words:
            found[row.pk] = words
    return found
