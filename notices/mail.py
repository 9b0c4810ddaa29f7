"""Digests by mail: plain text, a subject that names nobody, one connection a run."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable
from typing import Self, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import SafeMIMEText, sanitize_address
from django.urls import reverse

from federation.encryption import KeyProblem
from notices import lines as told
from notices.models import Channel, Delivery, Reminder, UnitChannel
from notices.sending import Doubtful, NotSent

GO_AHEAD, TAKEN = 354, 250
REFUSED_FOR_GOOD = 500


class Post:
    """A connection to the mail server, opened when the first letter is there."""

    def __init__(self) -> None:
        self._backend: EmailBackend | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._backend is not None:
            self._backend.fail_silently = True  # a farewell that fails harms nobody
            self._backend.close()

    def send(self, delivery: Delivery, begin: Callable[[], None]) -> None:
        message = compose(delivery)
        raw = cast("SafeMIMEText", message.message()).as_bytes(linesep="\r\n")
        smtp = self._connected()
        try:
            self._envelope(smtp, message)
            begin()
        except BaseException:
            self._hang_up()  # the server waits for a text that does not come
            raise
        try:
            smtp.send(re.sub(rb"(?m)^\.", b"..", raw) + b"\r\n.\r\n")
            code, _ = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise Doubtful(f"邮件服务器没有答复（{type(error).__name__}）") from error
        if code != TAKEN:
            raise _refusal(code)

    def _connected(self) -> smtplib.SMTP:
        if self._backend is None:
            self._backend = EmailBackend(timeout=settings.EMAIL_TIMEOUT)
            try:
                self._backend.open()
            except (OSError, smtplib.SMTPException) as error:
                self._backend = None
                raise _away(error) from error
        connection = self._backend.connection
        assert connection is not None  # open() raised otherwise  # noqa: S101
        return connection

    def _envelope(self, smtp: smtplib.SMTP, message: EmailMessage) -> None:
        """Sender, recipient and the word DATA; until here nothing of the letter was said."""
        encoding = message.encoding or settings.DEFAULT_CHARSET
        try:
            smtp.ehlo_or_helo_if_needed()
            steps = (
                (lambda: smtp.mail(sanitize_address(message.from_email, encoding)), 250),
                (lambda: smtp.rcpt(sanitize_address(message.to[0], encoding)), 250),
                (lambda: smtp.docmd("DATA"), GO_AHEAD),
            )
            for step, wanted in steps:
                code, _ = step()
                if code // 10 != wanted // 10:
                    raise _refusal(code)
        except (OSError, smtplib.SMTPException) as error:
            raise _away(error) from error

    def _hang_up(self) -> None:
        if self._backend is not None and self._backend.connection is not None:
            self._backend.connection.close()
        self._backend = None


def _away(error: Exception) -> NotSent:
    return NotSent(f"邮件服务器连接失败（{type(error).__name__}）", nobody_there=True)


def _refusal(code: int) -> NotSent:
    return NotSent(f"邮件服务器拒收（{code}）", for_good=code >= REFUSED_FOR_GOOD)


# -- The letter ------------------------------------------------------------------------------------
def compose(delivery: Delivery) -> EmailMessage:
    """The letter of ``delivery``, the same each time; ``NotSent`` where nobody wants it any more."""
    lines = told.of(delivery)
    address = _address(delivery)
    if not lines or not address:
        raise NotSent("已关闭电子邮件提醒，或没有邮箱地址", for_good=True)
    return EmailMessage(
        subject=f"妇联工作台：{len(lines)} 项工作提醒（{delivery.day:%Y-%m-%d}）",
        body=body(lines),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[address],
        headers={
            "Message-ID": message_id(delivery),
            "Auto-Submitted": "auto-generated",
            "Date": f"{delivery.day:%a, %d %b %Y} 08:30:00 +0800",
        },
    )


def message_id(delivery: Delivery) -> str:
    """The same for the same words however often they are sent, so that a mailbox can tell."""
    host = urlsplit(settings.PORTAL_URL).hostname or "fulian.invalid"
    if delivery.digest:
        return f"<digest-{delivery.digest.uuid}@{host}>"
    return f"<unit-{delivery.uuid}@{host}>"


def _address(delivery: Delivery) -> str:
    if delivery.digest:
        person = delivery.digest.person
        return person.email if person.is_active else ""
    rows = UnitChannel.objects.filter(unit=delivery.unit_id, channel=Channel.EMAIL, on=True)
    row = rows.first()
    try:
        return row.where if row else ""
    except KeyProblem as error:
        raise NotSent("单位邮箱地址打不开，密钥文件不对") from error


def body(lines: list[Reminder]) -> str:
    parts = []
    for lamp in reversed(Reminder.Lamp):
        of_lamp = [f"· {line.words}" for line in lines if line.lamp == lamp]
        if of_lamp:
            parts.append("\n".join([f"【{lamp.label}】", *of_lamp]))
    where = settings.PORTAL_URL.rstrip("/")
    link = f"：{where}{reverse('notices:messages')}" if where else "。"
    parts.append(
        f"办理请登录妇联工作台{link}\n\n"
        "本邮件由系统自动发送，请不要回复。不想再收邮件，请本单位负责同志在“提醒方式”中关闭。"
    )
    return "\n\n".join(parts) + "\n"
