"""Bots of group chats that speak like 企业微信's: a signed POST of markdown, answered with errcode.

The address is typed by a unit, and fetched by our server: only https, only public addresses, looked
up once and connected to as looked up, no redirect followed. ``WEBHOOK_ALLOWED_HOSTS`` names hosts
(``host`` or ``host:port``) of the own network that may be spoken to all the same, also by http.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from django.conf import settings

from federation.encryption import KeyProblem
from notices import lines as told
from notices.models import Channel, Delivery, Reminder, UnitChannel
from notices.sending import Doubtful, NotSent

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 10.0
ANSWER_BYTES = 64 * 1024
CONTENT_BYTES = 4000  # 企业微信 takes 4096
COLOURS = {"red": "warning", "yellow": "comment", "green": "info"}


class Refused(ValueError):
    """The address is none we speak to, with a sentence that repeats nothing of it."""


# -- Where to --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Target:
    secure: bool
    host: str
    port: int
    path: str
    allowed: bool  # named in the settings


def check_address(address: str) -> Target:
    """``address`` taken apart; :class:`Refused` when it is none. Looks up no name."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Refused("地址读不懂，请从群机器人设置中完整复制。") from error
    secure = parts.scheme == "https"
    if not host or parts.scheme not in ("http", "https") or any(c.isspace() for c in address):
        raise Refused("地址应以 https:// 开头，请从群机器人设置中完整复制。")
    port = port or (443 if secure else 80)
    allowed = {host, f"{host}:{port}"} & set(settings.WEBHOOK_ALLOWED_HOSTS)
    if not allowed:
        if not secure:
            raise Refused("地址应以 https:// 开头，不能用 http://。")
        if parts.username or parts.password:
            raise Refused("地址中不能带用户名和密码。")
        if _is_internal(host):
            raise Refused("不能填写内部网络的地址；确需使用请联系运维人员登记。")
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    return Target(secure, host, port, path, bool(allowed))


def _is_internal(host: str) -> bool:
    try:
        return not _public(host)
    except ValueError:  # a name, judged when it is looked up
        return "." not in host or host.endswith((".local", ".internal", ".localhost"))


def _public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global and not found.is_multicast


def look_up(target: Target) -> str:
    """An address of ``target`` that may be connected to: all of them must be public."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotSent("找不到机器人的服务器", nobody_there=True) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not target.allowed and not all(_public(address) for address in addresses):
        raise NotSent("机器人地址指向内部网络，未发送", for_good=True)
    return addresses[0]


class _Connection(http.client.HTTPConnection):
    """Connects to the address that was judged, whatever the name says by now."""

    def __init__(self, target: Target, address: str):
        super().__init__(target.host, target.port, timeout=CONNECT_SECONDS)
        self.target, self.address = target, address

    def connect(self) -> None:
        plain = socket.create_connection((self.address, self.target.port), CONNECT_SECONDS)
        self.sock = plain
        if self.target.secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(plain, server_hostname=self.target.host)


# -- What is said ----------------------------------------------------------------------------------
def signed(path: str, secret: str, moment: float) -> str:
    """``path`` with ``timestamp`` (ms) and ``sign``, as such bots ask; as it is without a secret."""
    if not secret:
        return path
    stamp = str(round(moment * 1000))
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    sign = quote(base64.b64encode(digest), safe="")
    return f"{path}{'&' if '?' in path else '?'}timestamp={stamp}&sign={sign}"


def content(lines: list[Reminder]) -> str:
    """Markdown of ``lines``, cut with 等 N 项 where a bot would take no more."""
    told = [f"**妇联工作台：{len(lines)} 项工作提醒**"]
    for place, line in enumerate(lines):
        text = f'> <font color="{COLOURS[line.lamp]}">{line.get_lamp_display()}</font> {_plain(line.words)}'
        if len("\n".join([*told, text]).encode()) > CONTENT_BYTES - 60:
            told.append(f"> 还有 {len(lines) - place} 项，请登录妇联工作台查看。")
            break
        told.append(text)
    return "\n".join(told)


def _plain(words: str) -> str:
    """What people typed is no markup."""
    return "".join(" " if c in "<>[]()`*_#\n" else c for c in words)


# -- Sending ---------------------------------------------------------------------------------------
class Post:
    def send(self, delivery: Delivery, begin: Callable[[], None]) -> None:
        rows = UnitChannel.objects.filter(unit=delivery.unit_id, channel=Channel.WEBHOOK, on=True)
        row, lines = rows.filter(address__isnull=False).first(), told.of(delivery)
        if row is None or not lines:
            raise NotSent("已关闭群机器人提醒", for_good=True)
        try:
            where, signing = row.where, row.signing
        except KeyProblem as error:
            raise NotSent("机器人的地址打不开，密钥文件不对") from error
        post(where, signing, content(lines), begin)


def post(address: str, secret: str, text: str, begin: Callable[[], None]) -> None:
    """Say ``text`` to the bot. Raises of :mod:`notices.sending`, in words without the address."""
    try:
        target = check_address(address)
    except Refused as error:
        raise NotSent(str(error), for_good=True) from error
    connection = _Connection(target, look_up(target))
    body = json.dumps({"msgtype": "markdown", "markdown": {"content": text}}, ensure_ascii=False)
    try:
        try:
            connection.connect()
        except (OSError, ssl.SSLError) as error:
            raise NotSent(f"连接不上机器人（{type(error).__name__}）", nobody_there=True) from error
        connection.sock.settimeout(ANSWER_SECONDS)
        begin()
        status, answer = _exchange(connection, signed(target.path, secret, time.time()), body)
    finally:
        connection.close()
    _judge(status, answer)


def _exchange(connection: _Connection, path: str, body: str) -> tuple[int, bytes]:
    try:
        headers = {"Content-Type": "application/json; charset=utf-8", "Connection": "close"}
        connection.request("POST", path, body.encode(), headers)
        response = connection.getresponse()
        return response.status, response.read(ANSWER_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise Doubtful(f"机器人没有答复（{type(error).__name__}）") from error


def _judge(status: int, answer: bytes) -> None:
    if status != http.HTTPStatus.OK:
        raise NotSent(f"机器人未收（{status}）")
    try:
        code = json.loads(answer)["errcode"]
    except (ValueError, KeyError, TypeError) as error:
        raise NotSent("机器人的答复读不懂") from error
    if code != 0:
        raise NotSent(f"机器人未收（{str(code)[:10]}）")
