"""联系记录: entering what was done for a pair, once, and taking it back."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from federation import audit
from federation.models import User
from pairing import rules
from pairing.models import ContactLog, LogKind, Pairing, Rule, SupportLine
from pairing.tallies import stretches_of
from pairing.windows import active_on, months_before

# What may be told of any pair, whatever its rules count.
GENERAL = ("contact", "mutual_visit", "tangible_deed", "condolence_visit")
SURVEY = "pre_pairing_survey"
OLDEST = 24  # months
SAID = ("way", "direction", "summary", "value", "beneficiaries")
LINE = ("kind", "name", "quantity", "measure", "value")


class KeyTaken(Exception):
    """The key stands for another log already: nothing was entered."""

    def __init__(self) -> None:
        super().__init__("这条记录的编号已用于另一条记录，未保存。请刷新页面后重新登记。")


# -- What may be entered --------------------------------------------------------------------------
def may_log(pair: Pairing, user: User) -> bool:
    return Pairing.objects.visible_to(user, "log").filter(pk=pair.pk).exists()


def kinds_for(pair: Pairing) -> list[LogKind]:
    """What may be told of ``pair``: what its bundle counts, the general kinds, 走访调研 where asked."""
    codes = set(GENERAL) | ({SURVEY} if pair.kind.survey_needed else set())
    if pair.kind.bundle_id:
        held = Rule.objects.filter(bundle=pair.kind.bundle_id)
        codes.update(code for counts in held.values_list("counts", flat=True) for code in counts)
    return list(LogKind.objects.filter(code__in=codes))


# -- Entering -------------------------------------------------------------------------------------
def enter(
    pair: Pairing,
    *,
    kind: LogKind | str,
    on: dt.date,
    by: User,
    key: UUID,
    way: str = "",
    direction: str = "",
    summary: str = "",
    value: Decimal | None = None,
    beneficiaries: int | None = None,
    supports: Iterable[Mapping[str, Any]] = (),
    device_at: dt.datetime | None = None,
    from_phone: bool = False,
) -> ContactLog:
    """One log of ``pair``. The same key with the same content gives the row that is there.

    :class:`KeyTaken` for the same key with other content; ``ValidationError`` by field for what cannot
    be entered; ``PermissionDenied`` for who may not log for this pair. ``supports`` are mappings of
    :data:`LINE`; ``value`` is their sum, and said by itself only where nothing is listed.
    """
    code = kind if isinstance(kind, str) else kind.code
    lines = [_line(line) for line in supports]
    log = ContactLog(
        pairing=pair, key=key, on=on, way=way, direction=direction, summary=_plain(summary),
        value=value, beneficiaries=beneficiaries, by=by, device_at=device_at, from_phone=from_phone,
    )  # fmt: skip
    log.clean_fields(exclude=("pairing", "kind", "by"))
    if log.value is None and lines:
        log.value = sum((line.value for line in lines), Decimal(0))
    try:
        with transaction.atomic():
            return _enter(pair, code, log, lines, by)
    except IntegrityError as error:
        # The key was taken meanwhile, or by a log that the database does not show her.
        found = _again(pair, code, log, lines, by)
        if found is None:
            raise KeyTaken from error
        return found


def _enter(
    pair: Pairing, code: str, log: ContactLog, lines: list[SupportLine], by: User
) -> ContactLog:
    # Before the right: an answer that was lost is given again also when her term has ended since.
    found = _again(pair, code, log, lines, by)
    if found is not None:
        return found
    pair = _locked(pair, by)
    found = _again(pair, code, log, lines, by)
    if found is not None:
        return found
    log.pairing, log.kind = pair, _kind_of(pair, code)
    _correct_day(log)
    _check_day(log)
    _check_blanks(log, lines)
    log.save(force_insert=True)
    for line in lines:
        line.pairing, line.log, line.given_on = pair, log, log.on
        line.save()
    _keep_last_contact(pair)
    rules.refresh(pair)
    said = {"kind": code, "on": str(log.on), "pairing": str(pair.uuid), "late": log.is_late_entry}
    audit.record(log, "enter_log", by=by, unit=pair.unit, detail=said)
    return log


def _locked(pair: Pairing, by: User) -> Pairing:
    """``pair`` as it is now, held until the act is done; ``by`` must be allowed to log for it."""
    found = Pairing.objects.visible_to(by, "log").select_related("kind", "unit")
    held = found.select_for_update(of=("self",)).filter(pk=pair.pk).first()
    if held is None:
        raise PermissionDenied
    return held


def _again(
    pair: Pairing, code: str, log: ContactLog, lines: list[SupportLine], by: User
) -> ContactLog | None:
    """The row that this very log made before; :class:`KeyTaken` when its key stands for another."""
    rows = ContactLog.objects.unscoped(reason="a key is taken wherever it was used")
    found = rows.filter(key=log.key).select_related("kind").first()
    if found is None:
        return None
    if (
        found.pairing_id != pair.pk
        or found.by_id != by.pk
        or found.kind.code != code
        # A phone whose clock ran ahead named a day that the server put back.
        or found.on != min(log.on, timezone.localdate(found.entered_at))
        or any(getattr(found, name) != getattr(log, name) for name in SAID)
        or sorted(map(_told, found.support_lines.all())) != sorted(map(_told, lines))
    ):
        raise KeyTaken
    return found


def _told(line: SupportLine) -> tuple[str, ...]:
    numbers = ("quantity", "value")
    return tuple(
        f"{Decimal(held):.2f}" if name in numbers and held is not None else str(held or "")
        for name in LINE
        for held in [getattr(line, name)]
    )


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()


def _kind_of(pair: Pairing, code: str) -> LogKind:
    found = {kind.code: kind for kind in kinds_for(pair)}
    if code not in found:
        raise ValidationError({"kind": f"“{pair.kind}”没有这一类记录，请重新选择类别。"})
    return found[code]


def _correct_day(log: ContactLog) -> None:
    """What a phone with a clock ahead calls today is today: the server decides."""
    today = timezone.localdate()
    if (
        log.from_phone
        and log.on > today
        and log.device_at
        and timezone.localdate(log.device_at) >= log.on
    ):
        log.on = today


def _check_day(log: ContactLog) -> None:
    pair, today = log.pairing, timezone.localdate()
    if log.on > today:
        raise ValidationError({"on": "日期不能晚于今天，请改正。"})
    if log.on < months_before(today, OLDEST):
        raise ValidationError({"on": f"只能补录最近{OLDEST}个月的记录，请改正日期。"})
    held = stretches_of([pair])[pair.pk]
    if log.kind.code == SURVEY:
        if held and log.on > held[0][0]:
            raise ValidationError({"on": f"走访调研应在 {held[0][0]} 结对以前，请改正日期。"})
        return
    if not held:
        raise ValidationError("这个对子还没有开始结对，开始以后才能登记联系记录。")
    if log.on < held[0][0]:
        raise ValidationError({"on": f"这个对子自 {held[0][0]} 开始结对，日期不能更早。"})
    if not active_on(held, log.on):
        raise ValidationError({"on": f"{log.on} 这一天不在结对期内，请改正日期。"})


def _check_blanks(log: ContactLog, lines: list[SupportLine]) -> None:
    kind, wrong = log.kind, {}
    if kind.directed and log.direction not in ("to_recipient", "to_helper"):
        wrong["direction"] = "请选择方向：去受助方，还是来帮扶方。"
    if not kind.directed and log.direction:
        wrong["direction"] = f"“{kind}”不分方向，请不要选择。"
    given = {
        "value": log.value if not lines else None,
        "beneficiaries": log.beneficiaries,
        "supports": lines or None,
    }
    for blank, held in given.items():
        if held is not None and blank not in kind.asks:
            wrong[blank] = f"“{kind}”不填这一项，请清空。"
    listed = sum((line.value for line in lines), Decimal(0))
    if lines and log.value != listed:
        # Counted line by line: what no line says would be missing from every sum.
        wrong["value"] = f"折合金额应是所列扶持的合计 {listed:.2f} 元；还有没列的，请加一行。"
    if log.value is not None and log.value < 0:
        wrong["value"] = "金额不能是负数，请改正。"
    if wrong:
        raise ValidationError(wrong)


def _line(told: Mapping[str, Any]) -> SupportLine:
    line = SupportLine(**{name: told[name] for name in LINE if told.get(name) not in (None, "")})
    try:
        line.clean_fields(exclude=("pairing", "log", "project"))
    except ValidationError as error:
        raise ValidationError({"supports": error.messages}) from error
    line.value = line.value or Decimal(0)
    if line.value < 0 or (line.quantity is not None and line.quantity < 0):
        raise ValidationError({"supports": "数量和价值不能是负数，请改正。"})
    return line


def _keep_last_contact(pair: Pairing) -> None:
    done = pair.logs.counted().exclude(kind__code=SURVEY)
    last = done.aggregate(last=Max("on"))["last"]
    if last != pair.last_contact_on:
        pair.last_contact_on = last
        pair.save(update_fields=["last_contact_on"])


# -- Taking back ----------------------------------------------------------------------------------
def may_withdraw(log: ContactLog, user: User) -> bool:
    """Who entered it and may still log for the pair, and who keeps the pair."""
    if log.by_id == user.pk and may_log(log.pairing, user):
        return True
    return Pairing.objects.visible_to(user, "edit").filter(pk=log.pairing_id).exists()


@transaction.atomic
def withdraw(log: ContactLog, *, by: User, reason: str) -> ContactLog:
    """It counts no more; row and reason stay."""
    pair = Pairing.objects.visible_to(by).select_related("unit").select_for_update(of=("self",))
    held = pair.filter(pk=log.pairing_id).first()
    if held is None or not may_withdraw(log, by):
        raise PermissionDenied
    log = held.logs.select_related("kind").select_for_update(of=("self",)).get(pk=log.pk)
    if log.withdrawn_at:
        raise ValidationError("这条记录已经撤回，不用再办。")
    words = " ".join(reason.split())
    if len(words) < 2:
        raise ValidationError({"reason": "请写明撤回原因。"})
    if audit.holds_private(words):
        raise ValidationError({"reason": "撤回原因中请不要写身份证号或电话。"})
    log.withdrawn_at, log.withdrawn_by = timezone.now(), by
    log.withdrawn_reason = words[:200]
    log.version += 1
    log.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason", "version"])
    _keep_last_contact(held)
    rules.refresh(held)
    said = {"kind": log.kind.code, "on": str(log.on), "pairing": str(held.uuid)}
    audit.record(log, "withdraw_log", by=by, unit=held.unit, detail=said)
    return log
