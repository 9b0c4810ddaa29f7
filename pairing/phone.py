"""The phone: what it is given of the pairs one carries, and the logs that come from it.

A phone may send a log days after it was written, twice, or when its owner carries the pair no more.
Each log is judged for itself, in a transaction of its own, and answered by its key: the phone keeps
what was not answered (docs/decisions/0025).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.utils import InterfaceError, OperationalError
from django.utils import timezone

from federation import sessions
from federation.models import User
from pairing import logs, parties, photos, quarantine, rules
from pairing.models import ContactLog, LogKind, Pairing, Rule
from pairing.phone_logs import Sent, Unreadable

KEPT_HOURS = 72  # without contact to the server; then the phone forgets
AT_ONCE = 20  # logs in one sending
SALT = "pairing.phone"
log_ = logging.getLogger("fulian.phone")

GONE = "受助方的档案已按规定删除，这条记录没有保存，手机上的也已清除。"
UNKNOWN = "没有找到这个对子，请核对后删除这条，或联系所在妇联。"
TAKEN = "这条记录以前上传过，内容与现在的不同；以已上传的为准。请核对后删除，确需补充的另记一笔。"
LATER = "服务器暂时没有收下，会自动再传。"


# -- To the phone ----------------------------------------------------------------------------------
def given(user: User) -> dict[str, Any]:
    """Her pairs with names and ribbons, and the words of the form; no number, address or health."""
    pairs = list(carried(user))
    names = parties.names(pairs, to=user)
    ribbons = rules.ribbons(pairs, on=timezone.localdate())
    kinds = list(LogKind.objects.all())
    return {
        "who": sessions.mark_of(user),
        "name": user.display_name,
        "now": timezone.now().isoformat(),
        "today": timezone.localdate().isoformat(),
        "hours": KEPT_HOURS,
        "token": token_of(user),
        "pairs": [
            _shown(pair, names.get(pair.pk, ("", "")), ribbons.get(pair.pk, []), kinds)
            for pair in pairs
        ],
        "kinds": {
            kind.code: {"name": kind.name, "directed": kind.directed, "asks": kind.asks}
            for kind in kinds
        },
        "ways": dict(ContactLog.Way.choices),
        "directions": {code: word for code, word in ContactLog.Direction.choices if code},
    }


def carried(user: User) -> Any:
    """Active pairs of any campaign that she keeps in touch with."""
    rows = Pairing.objects.carried_by(user).active()
    return rows.select_related("kind__bundle").prefetch_related("kind__bundle__rules")


def _shown(pair: Pairing, names: tuple[str, str], found: list, kinds: list[LogKind]) -> dict:
    demands = list(pair.kind.bundle.rules.all()) if pair.kind.bundle else []
    wanted = [code for rule in demands for code in rule.counts if code != Rule.PROJECT]
    codes = dict.fromkeys([*wanted, *logs.GENERAL])
    return {
        "uuid": str(pair.uuid),
        "name": names[1],
        "from": names[0],
        "kind": pair.kind.name,
        "ribbons": [
            {"name": r.name, "state": r.state, "done": r.done, "needed": r.needed}
            for r in found
            if r.state != "not_owed"
        ],
        "due": preset(demands, found),
        "kinds": [code for code in codes if code in {kind.code for kind in kinds}],
    }


def preset(demands: list[Rule], found: list) -> str:
    """The kind of log that is due: of what is late, then of what is open, the soonest; else a contact."""
    counts = {rule.name: rule.counts for rule in demands}
    waiting = [r for r in found if r.state in ("late", "open")]
    waiting.sort(key=lambda r: (r.state != "late", str(r.due or "9999")))
    for ribbon in waiting:
        for code in counts.get(ribbon.name, ()):
            if code != Rule.PROJECT:
                return code
    return "contact"


# -- Whose phone -----------------------------------------------------------------------------------
def token_of(user: User) -> str:
    """Shown by the phone after its log-in ended, only to be told whether the account is still in use."""
    return signing.dumps(str(user.uuid), salt=SALT)


def is_disabled(token: str) -> bool:
    """Whether the account that was given ``token`` is disabled; False for a token not of ours."""
    try:
        uuid = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return False
    return not User.objects.filter(uuid=uuid, is_active=True).exists()


# -- From the phone --------------------------------------------------------------------------------
def take(sent: list[Any], files: Mapping[str, UploadedFile], *, by: User) -> list[dict[str, Any]]:
    """The answer to each log, in the order sent; one that fails holds up no other."""
    return [_answered(entry, files, by=by) for entry in sent[:AT_ONCE]]


def _answered(entry: Any, files: Mapping[str, UploadedFile], *, by: User) -> dict[str, Any]:
    key = str(entry.get("key", "")) if isinstance(entry, dict) else ""
    try:
        state, words = _taken(Sent.read(entry, files.get(f"photo-{key}")), by=by)
    except Unreadable as refused:
        state, words = "refused", str(refused)
    except ValidationError as wrong:
        state, words = "refused", "；".join(wrong.messages)
    except logs.KeyTaken:
        state, words = "taken", TAKEN
    except (OperationalError, InterfaceError):
        raise  # the database is away: no answer to any is better than a wrong one
    except Exception:  # one bad log must not hold up the others for ever
        log_.exception("a log from a phone was not taken")
        state, words = "later", LATER
    return {"key": key, "state": state, "words": words}


@transaction.atomic
def _taken(sent: Sent, *, by: User) -> tuple[str, str]:
    pair = _pair(sent, by)
    if pair is None:
        return "refused", UNKNOWN
    if erased(pair):
        return "gone", GONE
    before = pair.logs.filter(key=sent.key, by=by).exists()
    if not Pairing.objects.visible_to(by, "log").filter(pk=pair.pk).exists():
        return ("already", "") if before else quarantine.put(pair, sent, by=by)
    try:
        with transaction.atomic():
            row = logs.enter(pair, by=by, from_phone=True, **sent.values())
            if sent.photo is not None and not before:
                photos.add(row, sent.photo, by=by)
    except PermissionDenied:  # her term ended this very moment
        return quarantine.put(pair, sent, by=by)
    except ValidationError:
        if pair.state != Pairing.State.ENDED or before:
            raise
        return quarantine.put(pair, sent, by=by)
    return ("already" if before else "saved"), ""


def _pair(sent: Sent, by: User) -> Pairing | None:
    """The pair meant, where it is hers or was; whose it never was learns nothing of it."""
    rows = Pairing.objects.unscoped(reason="a log may come after its writer lost the pair")
    pair = rows.select_related("kind", "helper_unit").filter(uuid=sent.pair).first()
    if pair is None or Pairing.objects.visible_to(by, "log").filter(pk=pair.pk).exists():
        return pair
    was_hers = pair.liaisons.filter(user=by).exists() or (
        pair.helper_unit is not None and by.appointments.filter(unit=pair.helper_unit).exists()
    )
    return pair if was_hers else None


def erased(pair: Pairing) -> bool:
    """Whether the person or household that was helped is no longer kept."""
    column = {"person": pair.person_id, "household": pair.household_id}
    return pair.recipient_is in column and column[pair.recipient_is] is None
