"""A limited child process that opens strange files, one after another, and may die of any of them.

``Sandbox`` keeps one child alive for as long as its block lasts, since 2,500 workbooks would else
wait for 2,500 interpreters. A file the child dies of, or takes too long over, is one sentence. Small
files may be sent ahead, so that the child reads on while the portal thinks about the last one.
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

from reporting.workbook.reading.parsing.grids import Document, Grid
from reporting.workbook.reading.parsing.refusal import Refused

CHILD = Path(__file__).with_name("parsing") / "child.py"
SECONDS = 40  # on the wall, a file
T = TypeVar("T")
_SMALL = 32 << 10  # bytes that go into the pipe at once
_HELD = 64 << 10  # bytes that a pipe holds
_PIPE_HEADS = 100  # bytes of the line before a file, at most
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

    def open(self, data: bytes, *, most_rows: int, ahead: Sequence[bytes] = ()) -> Document:
        """The document in ``data``. Raises ``Refused``, whatever happens to the child.

        ``ahead`` are the files that will be opened next; opening others only costs time.
        """
        return self._ask(data, {"most_rows": most_rows}, self._document, ahead)

    def mark(self, data: bytes, plan: dict[str, Any]) -> bytes:
        """The workbook in ``data``, marked as ``patching.patched`` says. Raises ``Refused``."""
        return self._ask(data, {"mark": plan}, self._copy)

    def _ask(
        self,
        data: bytes,
        asked: dict[str, Any],
        answer: Callable[["_Answers"], T],
        ahead: Sequence[bytes] = (),
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
                self._give(data, asked, ahead, answers)
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

    def _give(
        self, data: bytes, asked: dict[str, Any], ahead: Sequence[bytes], answers: "_Answers"
    ) -> None:
        """The file; with a small one as many of those ``ahead`` as one pipe holds.

        More would stop both sides, each at a full pipe that the other does not empty.
        """
        head = json.dumps({"size": len(data), **asked}).encode() + b"\n"
        if len(data) >= _SMALL:
            answers.send(head)
            answers.send(data)
            return
        given = [head, data]
        room = _HELD - _PIPE_HEADS - len(data)
        for one in ahead:
            room -= len(one) + _PIPE_HEADS
            if room < 0:
                break
            given += (json.dumps({"size": len(one), **asked}).encode() + b"\n", one)
            self._ahead.append((one, asked["most_rows"]))
        answers.send(b"".join(given))

    def _document(self, answer: "_Answers") -> Document:
        document: Document | None = None
        while True:
            message = json.loads(answer.line())
            self.peak_kilobytes = int(message.get("peak", 0)) or self.peak_kilobytes
            self.spent_seconds = float(message.get("seconds", self.spent_seconds))
            if "refused" in message:
                raise Refused(str(message["refused"]), str(message["sentence"]))
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
        self.deadline = 0.0

    def send(self, content: bytes) -> None:
        left = memoryview(content)
        while left:
            try:
                left = left[os.write(self._given, left[:_HELD]) :]
            except BlockingIOError:
                _wait(self._given, select.POLLOUT, self.deadline)

    def line(self) -> str:
        end = self._held.find(b"\n")
        while end < 0:
            searched = len(self._held)
            self._more()
            end = self._held.find(b"\n", searched)
        return self._take(end + 1).decode()

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
        piece = os.read(self._pipe, _HELD)
        if not piece:
            raise EOFError
        self._held += piece


def _wait(pipe: int, ready: int, deadline: float) -> None:
    """Until the pipe is ready, or broken. Raises ``TimeoutError``."""
    waited = select.poll()
    waited.register(pipe, ready)
    if not waited.poll(max(deadline - time.monotonic(), 0) * 1000):
        raise TimeoutError


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101 -- opened as a pipe
    return stream
