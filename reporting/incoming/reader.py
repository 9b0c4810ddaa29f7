"""Reading files of one annex: opened in the sandbox, read as a table or forms, names looked up."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self, cast

from django.conf import settings

from federation.models import OrgUnit
from reporting.annexes import Annex, FormAnnex, RegisterAnnex
from reporting.incoming.asked import names_of, printed_of, wanted_of
from reporting.incoming.bundles import Sent
from reporting.incoming.checked import Checks
from reporting.incoming.questions import ask, ask_for_all, resolve_run, village_values
from reporting.incoming.repeats import repeats
from reporting.incoming.sweeping import unswept
from reporting.incoming.villages import Area, counted
from reporting.incoming.whose import Whose
from reporting.workbook.reading import forms, registers
from reporting.workbook.reading.alike import Alike
from reporting.workbook.reading.cells import Wanted
from reporting.workbook.reading.headings import Headings
from reporting.workbook.reading.lines import WORDS
from reporting.workbook.reading.marked import without_marks
from reporting.workbook.reading.parsing.grids import Document
from reporting.workbook.reading.parsing.refusal import Refused
from reporting.workbook.reading.records import Records, Run
from reporting.workbook.reading.result import Reading, Record, Resolved, SenderUnit
from reporting.workbook.reading.sandbox import Sandbox

MOST_PROBLEMS = 1_000
_AHEAD, _AHEAD_BYTES = 16, 128 << 10  # files


def _told(reading: Reading) -> set[tuple[str, str]]:
    """Fields and places of the last problems."""
    return {(problem.key, problem.where) for problem in reading.problems[-8:]}


def read(
    source: Path | str | bytes,
    annex: Annex,
    *,
    area: OrgUnit | None = None,
    unit: OrgUnit | None = None,
    name: str = "",
) -> Reading:
    """One file. ``area`` is what the person reading may reach, ``unit`` the sender where it is known.

    Never raises for what a file holds: a file that cannot be read has ``refused``.
    """
    with Reader(annex, area=area, unit=unit) as reader:
        return reader.read(source, name=name)


class Reader:
    """``with Reader(annex, area=city) as reader: for path in paths: reader.read(path)``."""

    def __init__(
        self, annex: Annex, *, area: OrgUnit | None = None, unit: OrgUnit | None = None
    ) -> None:
        self.annex = annex
        self.whose = Whose(annex, area, unit)
        self.sandbox = Sandbox()
        caps = getattr(settings, "ANNEX_CAPS", {}).get(annex.code, {})
        self.most_bytes = int(caps.get("bytes") or annex.most_bytes)
        self.most_rows = int(caps.get("rows") or annex.most_rows)
        if isinstance(annex, RegisterAnnex):
            self._headings = Headings(names_of(annex), (annex.row_unit_heading,))
            self._wanted = wanted_of(annex)
            self._printed = printed_of(annex)
            self._alike = Alike(self._wanted, self._headings)
            self._checks = Checks(annex)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sandbox.close()

    def read_all(self, files: Iterable[Sent]) -> Iterator[Reading]:
        """Each of several files; the child reads small ones ahead."""
        coming, waiting = iter(files), deque[Sent]()
        while True:
            # No more than a pipe holds is sent ahead, and of a large .zip no more is unpacked.
            while (
                len(waiting) <= _AHEAD and sum(len(one.content) for one in waiting) < _AHEAD_BYTES
            ):
                if (one := next(coming, None)) is None:
                    break
                waiting.append(one)
            if not waiting:
                return
            sent = waiting.popleft()
            following = (one.content for one in waiting if not one.refused)
            ahead = [content for content in following if len(content) <= self.most_bytes]
            yield self.read_sent(sent, ahead=ahead)

    def read_sent(
        self, sent: Sent, *, keep_document: bool = False, ahead: Sequence[bytes] = ()
    ) -> Reading:
        """One of the files of ``bundles.unpacked``; ``ahead`` as in ``Sandbox.open``."""
        if not sent.refused:
            return self.read(
                sent.content, name=sent.name, folder=sent.folder, bundle=sent.bundle,
                keep_document=keep_document, ahead=ahead,
            )  # fmt: skip
        reading = Reading(sent.name, sent.folder, sent.bundle)
        reading.refused, reading.refused_code = sent.refused, sent.code
        reading.problem("", "error", sent.refused)
        return reading

    def read(
        self,
        source: Path | str | bytes,
        *,
        name: str = "",
        folder: str = "",
        bundle: str = "",
        keep_document: bool = False,
        ahead: Sequence[bytes] = (),
    ) -> Reading:
        """As :func:`read`. ``keep_document`` leaves the grids at ``reading.document`` for a page.

        ``folder`` and ``bundle`` are where the file lay: a sender may be named there only. ``ahead``
        are the contents of the files that are read next.
        """
        if isinstance(source, bytes):
            data, file = source, name or "未命名"
        else:
            path = Path(source)
            file = name or path.name
            size = path.stat().st_size
            data = path.read_bytes() if size <= self.most_bytes else b"\0" * (self.most_bytes + 1)
        reading = Reading(file, folder, bundle, digest=hashlib.sha256(data).hexdigest())
        with unswept():
            self._read(reading, data, keep_document, ahead)
        return reading

    def _read(
        self, reading: Reading, data: bytes, keep_document: bool, ahead: Sequence[bytes]
    ) -> None:
        try:
            document = self._open(data, ahead)
        except Refused as refused:
            sentence = f"“{reading.file}”：{refused.sentence}"
            reading.refused, reading.refused_code = sentence, refused.code
            reading.problem("", "error", reading.refused)
            return
        reading.kind, reading.properties = document.kind, document.properties
        reading.own_template = document.properties.get("annex") == self.annex.code
        for note in document.notes:
            reading.problem("", "warning", note)
        if isinstance(self.annex, RegisterAnnex):
            self._register(reading, document, self.annex)
        else:
            self._forms(reading, document, cast("FormAnnex", self.annex))
        self._check(reading)
        if keep_document:
            reading.document = document

    def _open(self, data: bytes, ahead: Sequence[bytes] = ()) -> Document:
        if len(data) > self.most_bytes:
            raise Refused(
                "size",
                f"文件超过{self.most_bytes >> 20} MB，没有读取。请去掉图片和多余的工作表，或分成几个文件上传。",
            )
        return without_marks(self.sandbox.open(data, most_rows=self.most_rows, ahead=ahead))

    # -- Registers -------------------------------------------------------------------------------
    def _register(self, reading: Reading, document: Document, annex: RegisterAnnex) -> None:
        wanted = self._wanted
        reads = registers.read_register(
            document,
            reading,
            fields=wanted,
            headings=self._headings,
            printed=self._printed,
            is_town=lambda words: self.whose.area_of(None).is_town(words),
            exact=reading.own_template,
            alike=self._alike,
        )
        if len(reading.records) > self.most_rows:
            count = len(reading.records)
            reading.records.clear()
            reading.refused_code = "rows"
            reading.refused = f"“{reading.file}”：表里有{count}条记录，一次最多{self.most_rows}条，没有读取。请分成几个文件上传。"
            reading.problem("", "error", reading.refused)
            return
        if reading.own_template:
            self._own_rows(reading, document, annex, reads)
        self.whose.table(reading, document, reads)
        self._rows(reading, annex, wanted)

    @staticmethod
    def _own_rows(
        reading: Reading, document: Document, annex: RegisterAnnex, reads: list[registers.Read]
    ) -> None:
        """Our own file, unchanged: its rows stand where we wrote them, whatever they say."""
        first = reads[0].view if reads and document.grids else None
        seen = first if first is not None and first.grid is document.grids[0] else None
        own = annex.rows_as_written(document, seen)
        if own is None:
            return
        reading.unchanged = True
        reading.records, reading.problems = Records(own), []
        reading.skipped = [skip for skip in reading.skipped if skip.why == WORDS["title"]]
        reading.nil = False

    def _rows(self, reading: Reading, annex: RegisterAnnex, wanted: list[Wanted]) -> None:
        labels = {field.key: field.label for field in annex.fields}
        villages = [field for field in wanted if field.refers_to == "village"]
        asking: set[int] = set()
        if villages:
            asking = self._resolve_all(reading.records, villages, self.whose.area_of(reading.unit))
        if reading.unchanged:
            return
        wrong = self._checks.check(reading.records)
        told, upto = _told(reading), len(reading.problems)
        for number in sorted(asking | wrong.keys()):
            if number in asking:
                self._ask(reading, reading.records[number], villages)
            for key, messages in wrong.get(number, {}).items():
                if len(reading.problems) != upto:  # none are added once there are so many
                    told, upto = _told(reading), len(reading.problems)
                cell = reading.records.place(number, key)
                if (key, cell) in told:
                    continue
                if cell is None and labels.get(key):
                    continue  # the whole column is missing, said once
                if len(reading.problems) >= MOST_PROBLEMS:
                    reading.unlisted += len(messages)  # an error each, counted only
                    continue
                place = cell or reading.records[number].where
                for message in messages:
                    reading.problem(place, "error", f"{place}{message}", key)

    @staticmethod
    def _resolve_all(records: Records, villages: list[Wanted], area: Area) -> set[int]:
        """Look up all villages; numbers of the records about which something may be asked."""
        asking: set[int] = set()
        for start, part in records.parts():
            if isinstance(part, Run) and not part.looked_at and not part.named_town:
                asking |= {start + at for at in resolve_run(part, villages, area)}
                continue
            for at, record in enumerate(part, start):
                Reader._resolve(record, villages, area)
                asking.add(at)
        return asking

    @staticmethod
    def _resolve(record: Record, villages: list[Wanted], area: Area) -> None:
        for field in villages:
            value = record.values.get(field.key)
            texts = value if isinstance(value, list) else [value]
            found: list[Resolved] = []
            for text in texts:
                words = text.get("text", "") if isinstance(text, dict) else str(text or "")
                found += area.villages_of(words, record.town, record.where)
            record.names.setdefault("villages", []).extend(found)
            record.names[field.key] = found
            if field.kind == "village":
                record.values[field.key] = village_values(found, field.several)

    @staticmethod
    def _ask(reading: Reading, record: Record, villages: list[Wanted]) -> None:
        for field in villages:
            place = record.cells.get(field.key, record.where)
            found = record.names[field.key]
            for one in found:
                ask(reading, one, place, field)
            if (said := counted(record.original.get(field.key, ""))) > len(found):
                ask_for_all(reading, found, said, place, field)

    # -- Forms of one respondent -----------------------------------------------------------------
    def _forms(self, reading: Reading, document: Document, annex: FormAnnex) -> None:
        wanted = wanted_of(annex)
        for view, texts in forms.read_forms(document, annex.printed(), annex.labels_of_cells()):
            values = annex.read_cells({address: text for address, (_, text) in texts.items()})
            cells = {
                key: texts[address][0]
                for address, keys in annex.cell_keys.items()
                if address in texts
                for key in keys
            }
            original = {
                key: texts[address][1]
                for address, keys in annex.cell_keys.items()
                if address in texts
                for key in keys
            }
            rows = len(view.grid.rows)
            record = Record(
                view.address(0, 0, max(rows - 1, 0), max(view.width - 1, 0)),
                values,
                original,
                cells,
            )
            sender = self.whose.form(reading, values)
            villages = [field for field in wanted if field.refers_to == "village"]
            self._resolve(record, villages, self.whose.area_of(sender))
            self._ask(reading, record, villages)
            known = {}
            if sender.uuid and (unit := OrgUnit.objects.filter(uuid=sender.uuid).first()):
                known = annex.known(unit)
            cleaned, errors = annex.clean(record.values, context=known)
            for key, messages in errors.items():
                place = cells.get(key, record.where)
                for message in messages:
                    reading.problem(place, "error", f"{place}{message}", key)
            record.values = cleaned
            reading.records.append(record)
            reading.tables.append(record.where)
            reading.unit = sender
        if not reading.records:
            reading.problem(
                "", "error", f"没有找到“{annex.title}”的各栏，请用下载的表样填写后重新上传。"
            )
        if len(reading.records) > 1:
            reading.unit = SenderUnit(found_in=None)

    # -- The whole -------------------------------------------------------------------------------
    def _check(self, reading: Reading) -> None:
        keys = [field.key for field in self.annex.fields]
        for record, earlier in () if reading.unchanged else repeats(reading.records, keys):
            reading.problem(
                record.where,
                "warning",
                f"{record.where}与{earlier.where}完全相同，请核对是否重复填写。",
            )
        more = len(reading.problems) - MOST_PROBLEMS + reading.unlisted
        if more > 0:
            cut = sum(one.level != "warning" for one in reading.problems[MOST_PROBLEMS:])
            # The sentence about them is one more that is listed.
            reading.unlisted = max(cut + reading.unlisted - 1, 0)
            del reading.problems[MOST_PROBLEMS:]
            reading.problem("", "error", f"另有{more}处问题没有列出，请先改正以上各处。")
