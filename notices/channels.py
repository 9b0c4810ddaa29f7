"""提醒方式: by which ways a unit's people are told, and where to. No row: the channel's default.

In-app and e-mail are on unless a unit turns them off; a bot must be given an address first. A bot's
address and secret are keys: they are never shown again, never logged, never in the audit trail.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from federation import audit
from federation.models import OrgUnit, User
from notices import bot
from notices.models import Channel, Delivery, Digest, Reminder, UnitChannel

DEFAULT_ON = {Channel.IN_APP: True, Channel.EMAIL: True, Channel.WEBHOOK: False}


def email_ready() -> bool:
    """Whether the portal has a mail server at all."""
    return bool(settings.EMAIL_HOST)


def of(unit: OrgUnit) -> dict[str, UnitChannel]:
    """Every channel of ``unit``; one that was never set comes unsaved, with its default."""
    kept = {row.channel: row for row in UnitChannel.objects.filter(unit=unit)}
    return {
        channel: kept.get(channel, UnitChannel(unit=unit, channel=channel, on=on))
        for channel, on in DEFAULT_ON.items()
    }


@transaction.atomic
def change(
    unit: OrgUnit,
    channel: str,
    *,
    on: bool,
    by: User | None,
    address: str | None = None,
    secret: str | None = None,
) -> UnitChannel:
    """Turn ``channel`` on or off; None keeps the address or the secret there is. Audited without them.

    ``ValidationError`` where it would leave the unit without any way, or the address cannot be one.
    """
    OrgUnit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    row = of(unit)[channel]
    row.on = on
    if address is not None:
        row.address = address.strip()
    if secret is not None:
        row.secret = secret.strip()
    _check(row)
    ways = {**of(unit), channel: row}
    if not any(_speaks(way) for way in ways.values()):
        raise ValidationError("至少要保留一种提醒方式，否则收不到任何提醒。")
    row.save()
    detail = {"channel": row.get_channel_display(), "on": on, "address": bool(row.address)}
    audit.record(row, "change_channel", by=by, unit=unit, detail=detail)
    return row


def _speaks(way: UnitChannel) -> bool:
    return way.on and (way.channel != Channel.EMAIL or email_ready())


def _check(row: UnitChannel) -> None:
    if row.channel == Channel.WEBHOOK:
        if row.on and not row.address:
            raise ValidationError({"address": "启用群机器人要填写它的地址（Webhook 地址）。"})
        if row.address:
            try:
                bot.check_address(row.where)
            except bot.Refused as error:
                raise ValidationError({"address": str(error)}) from error
    elif row.channel == Channel.EMAIL and row.address:
        try:
            validate_email(row.where)
        except ValidationError as error:
            raise ValidationError({"address": "请填写一个完整的电子邮箱地址。"}) from error


# -- What the gathering asks -----------------------------------------------------------------------
def mark_in_app(rows: list[Reminder]) -> None:
    """Lines told at a unit that turned 站内消息 off are kept, and not shown there."""
    off = UnitChannel.objects.off_at(Channel.IN_APP, {row.place_id for row in rows})
    for row in rows:
        row.in_app = row.place_id not in off


def mailed(digests: list[Digest]) -> list[Digest]:
    """Those of ``digests`` that go out by mail: her account has an address, and a unit wants it."""
    if not email_ready():
        return []
    lines = Reminder.objects.filter(digest__in=digests).exclude(person__email="")
    pairs = set(lines.values_list("digest_id", "place_id"))
    off = UnitChannel.objects.off_at(Channel.EMAIL, {place for _, place in pairs})
    wanted = {digest for digest, place in pairs if place not in off}
    return [digest for digest in digests if digest.pk in wanted]


def queue_for_units(day: dt.date) -> None:
    """Deliveries of ``day`` to units' own addresses: a bot, and a box for people without their own."""
    told = Reminder.objects.filter(digest__day=day)
    places = set(told.values_list("place_id", flat=True))
    boxless = set(told.filter(person__email="").values_list("place_id", flat=True))
    rows = UnitChannel.objects.filter(on=True, unit__in=places, address__isnull=False)
    wanted = [
        row
        for row in rows
        if row.channel == Channel.WEBHOOK
        or (row.channel == Channel.EMAIL and row.unit_id in boxless and email_ready())
    ]
    queued = set(Delivery.objects.filter(day=day, unit__in=places).values_list("unit", "channel"))
    Delivery.objects.bulk_create(
        [
            Delivery(channel=row.channel, day=day, unit_id=row.unit_id, next_at=timezone.now())
            for row in wanted
            if (row.unit_id, row.channel) not in queued
        ],
        ignore_conflicts=True,
    )
