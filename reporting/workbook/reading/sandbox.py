"""A limited child process that opens strange files, one after another, and may die of any of them.

``Sandbox`` keeps one child alive for as long as its block lasts, since 2,500 workbooks would else
wait for 2,500 interpreters. A file the child dies of, or takes too long over, is one sentence. Small
files may be sent ahead, so that the child reads on while the portal thinks about the last ones.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from reporting.workbook.reading.parsing.grids import Document, Grid, Template
from reporting.workbook.reading.parsing.refusal import Refused

CHILD = Path(__file__).with_name("parsing") / "child.py"
SECONDS = 40  # on the wall, a file
T = TypeVar("T")
_SMALL = 32 << 10  # bytes that go into the pipe at once
HELD = 64 << 10  # bytes that a pipe holds
HEAD = 100  # bytes of the line before a file, at most
_COPY = "请把内容复制到一个新建的工作簿里再上传。"


class Sandbox:
    """``with Sandbox() as sandbox: sandbox.open(data, most_rows=20_000)``."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self.peak_kilobytes = 0
        self.spent_seconds = 0.0  # of processor time, by the child on the last file
        self._child: subprocess.Popen[bytes] | None = None
        self._answers: _Answers | None = None
        #: Files the child has been given that nobody has opened so far, and for how many rows.
        self._ahead: deque[tuple[bytes, int]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def open(self, data: bytes, *, most_rows: int) -> Document:
        """The document in ``data``. Raises ``Refused``, whatever happens to the child."""
        return self._ask(data, {"most_rows": most_rows}, self._document)

    def send_ahead(self, files: Sequence[bytes], *, most_rows: int) -> None:
        """Give the child the ``files`` that will be opened next, as long as they are small.

        No more are given than a pipe holds: more would stop both sides, each at a full pipe that the
        other does not empty. Opening others than these only costs time.
        """
        if self._ahead:
            return
        given: list[bytes] = []
        small: list[tuple[bytes, int]] = []
        room = HELD
        for data in files:
            room -= len(data) + HEAD
            if len(data) >= _SMALL or room < 0:
                break
            given += (_head(data, {"most_rows": most_rows}), data)
            small.append((data, most_rows))
        if not given:
            return
        answers = self._running()
        self._ahead.extend(small)
        answers.deadline = time.monotonic() + self.seconds
        try:
            answers.send(b"".join(given))
        except (BrokenPipeError, TimeoutError):
            self._kill()  # whoever opens the first of them hears of it

    def mark(self, data: bytes, plan: dict[str, Any]) -> bytes:
        """The workbook in ``data``, marked as ``patching.patched`` says. Raises ``Refused``."""
        return self._ask(data, {"mark": plan}, self._copy)

    def _ask(
        self,
        data: bytes,
        asked: dict[str, Any],
        answer: Callable[["_Answers"], T],
    ) -> T:
        if self._ahead and not self._is_next(data, asked):
            self._kill()  # nobody wants to know what it was given
        answers = self._running()
        answers.deadline = time.monotonic() + self.seconds
        self.spent_seconds = 0.0
        try:
            if self._ahead:
                self._ahead.popleft()
            else:
                answers.send(_head(data, asked))
                answers.send(data)
            return answer(answers)
        except TimeoutError:
            self._kill()
            raise Refused("time", f"读取超时，没有读取。{_COPY}") from None
        except (BrokenPipeError, EOFError, ValueError, KeyError, TypeError):
            self._kill()
            raise Refused(
                "died", f"这个文件读不出来，可能已损坏，或带有特殊内容。{_COPY}"
            ) from None

    def close(self) -> None:
        child, self._child, self._answers = self._child, None, None
        unopened = bool(self._ahead)
        self._ahead.clear()
        if child is None:
            return
        if unopened:  # it may be waiting for somebody to take its answers
            child.kill()
        with contextlib.suppress(OSError):
            _stream(child.stdin).close()
        try:
            child.wait(1)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        _stream(child.stdout).close()

    def _is_next(self, data: bytes, asked: dict[str, Any]) -> bool:
        given, most_rows = self._ahead[0]
        return given is data and asked == {"most_rows": most_rows}

    def _running(self) -> "_Answers":
        if self._answers is None or self._child is None or self._child.poll() is not None:
            self.close()
            self._child = subprocess.Popen(  # noqa: S603 -- our own file, no words of others
                [sys.executable, "-I", str(CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"LC_ALL": "C.UTF-8", "PATH": os.defpath},
                close_fds=True,
            )
            os.set_blocking(_stream(self._child.stdin).fileno(), False)
            self._answers = _Answers(self._child)
        return self._answers

    def _kill(self) -> None:
        if self._child is not None:
            with contextlib.suppress(OSError):
                self._child.send_signal(signal.SIGKILL)
            self.close()

    def _document(self, answer: "_Answers") -> Document:
        document: Document | None = None
        while True:
            message = json.loads(answer.line())
            self.peak_kilobytes = int(message.get("peak", 0)) or self.peak_kilobytes
            self.spent_seconds = float(message.get("seconds", self.spent_seconds))
            if "refused" in message:
                raise Refused(str(message["refused"]), str(message["sentence"]))
            if "like" in message:
                return answer.filled(message)
            if "document" in message:
                head = message["document"]
                document = Document(
                    str(head["kind"]),
                    paragraphs=[str(words) for words in head["paragraphs"]],
                    properties={str(k): str(v) for k, v in head["properties"].items()},
                    notes=[str(note) for note in head["notes"]],
                )
                for head, rows in message.get("grids", ()):
                    grid = Grid.from_head(head)
                    grid.take_rows(rows)
                    document.grids.append(grid)
                if "grids" in message:
                    return document
            elif document is None:
                raise ValueError("the child answered out of turn")
            elif "grid" in message:
                document.grids.append(Grid.from_head(message["grid"]))
            elif "rows" in message:
                document.grids[-1].take_rows(message["rows"])
            elif "packed" in message:
                document.grids[-1].take(answer.exactly(int(message["packed"])))
            elif "end" in message:
                return document

    @staticmethod
    def _copy(answer: "_Answers") -> bytes:
        copy: bytes | None = None
        while True:
            message = json.loads(answer.line())
            if "refused" in message:
                raise Refused(str(message["refused"]), str(message["sentence"]))
            if "copy" in message:
                copy = answer.exactly(int(message["copy"]))
            elif "end" in message and copy is not None:
                return copy


class _Answers:
    """What the child is given and says, as lines and runs of bytes, for as long as there is time."""

    def __init__(self, child: "subprocess.Popen[bytes]") -> None:
        self._given = _stream(child.stdin).fileno()
        self._pipe = _stream(child.stdout).fileno()
        self._held = bytearray()
        self._templates: list[Template] = []
        self.deadline = 0.0

    def send(self, content: bytes) -> None:
        left = memoryview(content)
        while left:
            try:
                left = left[os.write(self._given, left[:HELD]) :]
            except BlockingIOError:
                _wait(self._given, select.POLLOUT, self.deadline)

    def line(self) -> str:
        end = self._held.find(b"\n")
        while end < 0:
            searched = len(self._held)
            self._more()
            end = self._held.find(b"\n", searched)
        return self._take(end + 1).decode()

    def filled(self, message: dict[str, Any]) -> Document:
        """The document of a ``message`` that names a template. Raises ``ValueError`` or the like."""
        number, said = int(message["like"]), message["properties"]
        if "template" in message:
            del self._templates[number:]
            self._templates.append(Template.from_head(message["template"]))
        if not 0 <= number < len(self._templates):
            raise ValueError("a template that was never told")
        properties = {str(key): str(value) for key, value in said.items()}
        return self._templates[number].filled(properties, self.exactly(int(message["size"])))

    def exactly(self, size: int) -> bytes:
        while len(self._held) < size:
            self._more()
        return self._take(size)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def _more(self) -> None:
        _wait(self._pipe, select.POLLIN, self.deadline)
        piece = os.read(self._pipe, HELD)
        if not piece:
            raise EOFError
        self._held += piece


def _head(data: bytes, asked: dict[str, Any]) -> bytes:
    return json.dumps({"size": len(data), **asked}).encode() + b"\n"


def _wait(pipe: int, ready: int, deadline: float) -> None:
    """Until the pipe is ready, or broken. Raises ``TimeoutError``."""
    waited = select.poll()
    waited.register(pipe, ready)
    if not waited.poll(max(deadline - time.monotonic(), 0) * 1000):
        raise TimeoutError


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101 -- opened as a pipe
    return stream
