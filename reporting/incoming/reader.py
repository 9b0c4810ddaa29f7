"""Reading files of one annex: opened in the sandbox, read as a table or forms, names looked up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise, takewhile
from pathlib import Path
from typing import Self, cast

from django.conf import settings

from federation.models import OrgUnit
from reporting.annexes import Annex, FormAnnex, RegisterAnnex
from reporting.annexes.cleaning import Errors
from reporting.incoming.asked import names_of, printed_of, wanted_of
from reporting.incoming.bundles import Sent
from reporting.incoming.checked import Checks
from reporting.incoming.questions import ask, ask_for_all, resolve_run, village_values
from reporting.incoming.repeats import repeats
from reporting.incoming.sweeping import unswept
from reporting.incoming.together import File, Kind, Together
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
from reporting.workbook.reading.result import Reading, Record, Resolved, SenderUnit, Skipped
from reporting.workbook.reading.sandbox import HEAD, HELD, Sandbox

MOST_PROBLEMS = 1_000


def _several(files: Iterable[Sent]) -> Iterator[Sequence[Sent]]:
    """As many files at a time as the child is given at once; of a large .zip no more is unpacked."""
    some: list[Sent] = []
    room = HELD
    for sent in files:
        size = len(sent.content) + HEAD
        if some and size > room:
            yield some
            some, room = [], HELD
        some.append(sent)
        room -= size
    if some:
        yield some


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
        self._together: Together | None = None
        if isinstance(annex, RegisterAnnex):
            self._headings = Headings(names_of(annex), (annex.row_unit_heading,))
            self._wanted = wanted_of(annex)
            self._printed = printed_of(annex)
            self._alike = Alike(self._wanted, self._headings)
            self._checks = Checks(annex)
            self._together = Together(
                annex, self._wanted, self._alike, self.whose, self._checks, self._tell_together
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sandbox.close()

    def read_all(self, files: Iterable[Sent]) -> Iterator[Reading]:
        """Each of several files in their order; small ones are opened ahead, and those alike read together."""
        with unswept():
            for some, following in pairwise(chain(_several(files), [()])):
                self._send_ahead(some)
                opened = [self._opened(sent) for sent in some]
                self._send_ahead(following)
                self._read_several(opened)
                yield from (reading for reading, _ in opened)

    def read_sent(self, sent: Sent, *, keep_document: bool = False) -> Reading:
        """One of the files of ``bundles.unpacked``."""
        with unswept():
            reading, document = self._opened(sent)
            if document is not None:
                self._understand(reading, document)
                reading.document = document if keep_document else None
        return reading

    def read(
        self,
        source: Path | str | bytes,
        *,
        name: str = "",
        folder: str = "",
        bundle: str = "",
        keep_document: bool = False,
    ) -> Reading:
        """As :func:`read`. ``keep_document`` leaves the grids at ``reading.document`` for a page.

        ``folder`` and ``bundle`` are where the file lay: a sender may be named there only.
        """
        if isinstance(source, bytes):
            data, file = source, name or "未命名"
        else:
            path = Path(source)
            file = name or path.name
            size = path.stat().st_size
            data = path.read_bytes() if size <= self.most_bytes else b"\0" * (self.most_bytes + 1)
        return self.read_sent(Sent(file, data, folder, bundle), keep_document=keep_document)

    # -- Opening ---------------------------------------------------------------------------------
    def _send_ahead(self, files: Sequence[Sent]) -> None:
        """Files that are opened next; the child reads them while the portal thinks about the last ones."""
        opened = (sent.content for sent in files if not sent.refused)
        self.sandbox.send_ahead(
            [*takewhile(lambda content: len(content) <= self.most_bytes, opened)],
            most_rows=self.most_rows,
        )

    def _opened(self, sent: Sent) -> tuple[Reading, Document | None]:
        """The file and its document; none where it is refused, which the reading says."""
        reading = Reading(sent.name, sent.folder, sent.bundle)
        try:
            if sent.refused:
                reading.refused, reading.refused_code = sent.refused, sent.code
                reading.problem("", "error", sent.refused)
                return reading, None
            reading.digest = hashlib.sha256(sent.content).hexdigest()
            document = self._open(sent.content)
        except Refused as refused:
            sentence = f"“{reading.file}”：{refused.sentence}"
            reading.refused, reading.refused_code = sentence, refused.code
            reading.problem("", "error", reading.refused)
            return reading, None
        reading.kind, reading.properties = document.kind, document.properties
        reading.own_template = document.properties.get("annex") == self.annex.code
        for note in document.notes:
            reading.problem("", "warning", note)
        return reading, document

    def _open(self, data: bytes) -> Document:
        if len(data) > self.most_bytes:
            raise Refused(
                "size",
                f"文件超过{self.most_bytes >> 20} MB，没有读取。请去掉图片和多余的工作表，或分成几个文件上传。",
            )
        return without_marks(self.sandbox.open(data, most_rows=self.most_rows))

    # -- Understanding ---------------------------------------------------------------------------
    def _understand(self, reading: Reading, document: Document) -> None:
        if isinstance(self.annex, RegisterAnnex):
            self._register(reading, document, self.annex)
        else:
            self._forms(reading, document, cast("FormAnnex", self.annex))
        self._check(reading)

    def _read_several(self, opened: Iterable[tuple[Reading, Document | None]]) -> None:
        """Each file; those filled in alike together."""
        kinds: dict[Kind, list[File]] = {}
        for reading, document in opened:
            if document is None:
                continue
            known = self._together.kind_of(reading, document) if self._together else None
            if known is None or len(known[0].lines) > self.most_rows:
                self._understand(reading, document)
            else:
                kinds.setdefault(known[0], []).append(known[1])
        for kind, files in kinds.items():
            self._read_together(kind, files)

    def _read_together(self, kind: Kind, files: Sequence[File]) -> None:
        if self._together and self._together.read(kind, files):
            return
        if len(files) == 1:
            self._understand(files[0].reading, files[0].document)
            return
        # One of them is odd: the others need not be read alone for it.
        half = len(files) // 2
        self._read_together(kind, files[:half])
        self._read_together(kind, files[half:])

    def _tell_together(
        self, reading: Reading, asking: set[int], wrong: dict[int, Errors], differ: bool
    ) -> None:
        if asking or wrong:
            self._tell(reading, asking, wrong)
        self._check(reading, differ=differ)

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
        if self._too_many(reading, len(reading.records)):
            reading.records.clear()
            return
        if reading.own_template:
            self._own_rows(reading, document, annex, reads)
        self.whose.table(reading, document, reads)
        self._rows(reading, wanted)

    def _too_many(self, reading: Reading, count: int) -> bool:
        """Whether there are more records than are taken at once, which refuses the file."""
        if count <= self.most_rows:
            return False
        reading.refused_code = "rows"
        reading.refused = f"“{reading.file}”：表里有{count}条记录，一次最多{self.most_rows}条，没有读取。请分成几个文件上传。"
        reading.problem("", "error", reading.refused)
        return True

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

    def _rows(self, reading: Reading, wanted: list[Wanted]) -> None:
        villages = [field for field in wanted if field.refers_to == "village"]
        asking: set[int] = set()
        if villages:
            asking = self._resolve_all(reading.records, villages, self.whose.area_of(reading.unit))
        if reading.unchanged:
            return
        self._tell(reading, asking, self._checks.check(reading.records))

    def _tell(self, reading: Reading, asking: set[int], wrong: dict[int, Errors]) -> None:
        labels = {field.key: field.label for field in self.annex.fields}
        villages = [field for field in self._wanted if field.refers_to == "village"]
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
        found = [*forms.read_forms(document, annex.printed(), annex.labels_of_cells())]
        filled = [form for form in found if not form.blank] or found[:1]
        reading.skipped += [
            Skipped(
                form.where,
                " ".join(text for _, text in form.texts.values() if text.strip())[:200],
                WORDS["blank form"],
            )
            for form in found
            if form.blank and form is not filled[0]
        ]
        if self._too_many(reading, len(filled)):
            return
        for form in filled:
            texts = form.texts
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
            record = Record(form.where, values, original, cells)
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
    def _check(self, reading: Reading, *, differ: bool = False) -> None:
        """``differ`` says that no two records say the same."""
        keys = [field.key for field in self.annex.fields]
        differ = differ or reading.unchanged
        for record, earlier in () if differ else repeats(reading.records, keys):
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
