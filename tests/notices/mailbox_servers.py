"""Real servers to send to: a mail server that keeps what it takes, a bot that answers as told."""

import email
import email.policy
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

from aiosmtpd.controller import Controller


class Box:
    """Handler of the mail server. ``answers`` are given to the next letters instead of taking them."""

    def __init__(self):
        self.raw: list[tuple[str, bytes]] = []
        self.answers: list[str] = []
        self.at_rcpt: list[str] = []
        self.heard = None  # called when a letter's text has arrived, before it is answered

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if self.at_rcpt:
            return self.at_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            self.raw.append((envelope.rcpt_tos[0], envelope.content))
        if self.heard:
            self.heard()
        return answer

    @property
    def letters(self) -> list[SimpleNamespace]:
        found = []
        for to, raw in self.raw:
            read = email.message_from_bytes(raw, policy=email.policy.default)
            found.append(
                SimpleNamespace(
                    to=to,
                    id=read["Message-ID"],
                    subject=str(read["Subject"]).strip(),
                    body=read.get_content().replace("\r\n", "\n"),
                )
            )
        return found


@contextmanager
def mail_server() -> Iterator[SimpleNamespace]:
    box = Box()
    with socket.socket() as free:  # the controller calls on itself, and cannot on port 0
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    running = [controller]

    def stop():
        running.pop().stop()

    try:
        yield SimpleNamespace(box=box, port=port, stop=stop)
    finally:
        if running:
            stop()


@contextmanager
def bot_server() -> Iterator[SimpleNamespace]:
    """Answers each call with the next of ``answers`` ((status, bytes) or a callable that waits)."""
    bot = SimpleNamespace(answers=[], heard=[])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bot.heard.append((self.path, json.loads(body)))
            answer = bot.answers.pop(0) if bot.answers else (200, b'{"errcode":0,"errmsg":"ok"}')
            if callable(answer):
                answer = answer()
            status, content = answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    bot.port = server.server_address[1]
    bot.address = f"http://127.0.0.1:{bot.port}/cgi-bin/webhook/send?key=KEY-OF-THE-BOT"
    try:
        yield bot
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
