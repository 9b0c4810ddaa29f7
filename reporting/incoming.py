"""附件 in: a file as an office mailed it, read into rows with their source; nothing is written.

``read(path_or_bytes, annex, area=…, unit=…)`` gives a :class:`Reading`: whose return it is, the
records with original texts beside values, what was skipped and why, and every problem at its cell.
``Reader`` does the same for many files with one child process and the register read once.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, Self, cast

from django.conf import settings

from federation.models import OrgUnit
from reporting import resolving
from reporting.annexes import Annex, Field, FormAnnex, RegisterAnnex
from reporting.resolving import Area, Senders
from reporting.workbook.reading import forms, registers
from reporting.workbook.reading.lines import WORDS
from reporting.workbook.reading.parsing.grids import Document
from reporting.workbook.reading.parsing.refusal import Refused
from reporting.workbook.reading.result import Reading, Record, Resolved, SenderUnit
from reporting.workbook.reading.rows import Wanted
from reporting.workbook.reading.sandbox import Sandbox
from reporting.workbook.reading.words import squeezed, tidy

MOST_PROBLEMS = 1_000


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
        self.annex, self.area, self.unit = annex, area, unit
        self.sandbox = Sandbox()
        self._areas: dict[Any, Area | None] = {}
        self._senders: Senders | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sandbox.close()

    def read(
        self, source: Path | str | bytes, *, name: str = "", keep_document: bool = False
    ) -> Reading:
        """As :func:`read`. ``keep_document`` leaves the grids at ``reading.document`` for a page."""
        if isinstance(source, bytes):
            data, file = source, name or "未命名"
        else:
            path = Path(source)
            file = name or path.name
            size = path.stat().st_size
            data = (
                path.read_bytes()
                if size <= self._most("bytes")
                else b"\0" * (self._most("bytes") + 1)
            )
        reading = Reading(file, digest=hashlib.sha256(data).hexdigest())
        try:
            document = self._open(data)
        except Refused as refused:
            reading.refused, reading.refused_code = f"“{file}”：{refused.sentence}", refused.code
            reading.problem("", "error", reading.refused)
            return reading
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
        return reading

    def _most(self, what: str) -> int:
        caps = getattr(settings, "ANNEX_CAPS", {}).get(self.annex.code, {})
        return int(caps.get(what) or getattr(self.annex, f"most_{what}"))

    def _open(self, data: bytes) -> Document:
        most = self._most("bytes")
        if len(data) > most:
            raise Refused(
                "size",
                f"文件超过{most >> 20} MB，没有读取。请去掉图片和多余的工作表，或分成几个文件上传。",
            )
        return self.sandbox.open(data, most_rows=self._most("rows"))

    # -- Registers -------------------------------------------------------------------------------
    def _register(self, reading: Reading, document: Document, annex: RegisterAnnex) -> None:
        wanted = wanted_of(annex)
        where = self._area(None)
        reads = registers.read_register(
            document,
            reading,
            fields=wanted,
            names=names_of(annex),
            unit_headings=(annex.row_unit_heading,),
            printed=printed_of(annex),
            is_town=where.is_town if where else None,
            exact=reading.own_template,
        )
        over = self._most("rows")
        if len(reading.records) > over:
            count = len(reading.records)
            reading.records.clear()
            reading.refused_code = "rows"
            reading.refused = f"“{reading.file}”：表里有{count}条记录，一次最多{over}条，没有读取。请分成几个文件上传。"
            reading.problem("", "error", reading.refused)
            return
        if reading.own_template:
            self._own_rows(reading, document, annex)
        self._sender(reading, document, reads)
        self._rows(reading, annex, wanted)

    def _own_rows(self, reading: Reading, document: Document, annex: RegisterAnnex) -> None:
        """Our own file, unchanged: its rows stand where we wrote them, whatever they say."""
        own = annex.rows_as_written(document)
        if own is None:
            return
        reading.unchanged = True
        reading.records, reading.problems = own, []
        reading.skipped = [skip for skip in reading.skipped if skip.why == WORDS["title"]]
        reading.nil = False

    def _rows(self, reading: Reading, annex: RegisterAnnex, wanted: list[Wanted]) -> None:
        area = self._area(reading.unit)
        labels = {field.key: field.label for field in annex.fields}
        for record in reading.records:
            self._resolve(reading, record, wanted, area)
            if reading.unchanged:
                continue
            cleaned, errors = annex.clean(record.values)
            for key, messages in errors.items():
                if any(
                    p.key == key and p.where == record.cells.get(key) for p in reading.problems[-8:]
                ):
                    continue
                place = record.cells.get(key) or record.where
                for message in messages:
                    if labels.get(key) and record.cells.get(key) is None:
                        continue  # the whole column is missing, said once
                    reading.problem(place, "error", f"{place}{message}", key)
            record.values = cleaned

    def _resolve(
        self, reading: Reading, record: Record, wanted: list[Wanted], area: Area | None
    ) -> None:
        for field in wanted:
            if field.refers_to != "village" or area is None:
                continue
            value = record.values.get(field.key)
            texts = value if isinstance(value, list) else [value]
            found: list[Resolved] = []
            for text in texts:
                words = text.get("text", "") if isinstance(text, dict) else str(text or "")
                found += area.villages_in(words, town=record.town)
            record.names.setdefault("villages", []).extend(found)
            record.names[field.key] = found
            if field.kind == "village":
                record.values[field.key] = _village_values(found, field.several)
            if not reading.unchanged:
                place = record.cells.get(field.key, record.where)
                for one in found:
                    _ask(reading, one, place, field)

    # -- Forms of one respondent -----------------------------------------------------------------
    def _forms(self, reading: Reading, document: Document, annex: FormAnnex) -> None:
        area = self._area(self.unit)
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
            sender = self._form_sender(reading, values)
            self._resolve(reading, record, wanted, self._area(sender) or area)
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

    def _form_sender(self, reading: Reading, values: dict[str, Any]) -> SenderUnit:
        if self.unit is not None:
            return resolving.taken(self.unit, "option")
        senders = self._all_senders()
        if uuid := reading.properties.get("unit"):
            for unit in senders.units:
                if str(unit.uuid) == uuid:
                    return resolving.taken(unit, "property")
        text = str(values.get(self.annex.fields[0].key) or "")
        found = senders.called(text) if text else []
        if len(found) == 1:
            return resolving.taken(found[0], "cell", text)
        sender = SenderUnit(text=text, candidates=[resolving.described(unit) for unit in found])
        reading.problem(
            "", "question",
            f"“{text or '（空）'}”不能确定是哪个单位，请选择。", candidates=sender.candidates,
        )  # fmt: skip
        return sender

    def _issuers(self) -> list[OrgUnit]:
        """Federations whose respondents may have sent the file: the reader's, else every city's."""
        if self.area is not None:
            return [self.area]
        cities = OrgUnit.objects.open_now().filter(
            unit_type__level="city", unit_type__group="federation"
        )
        return list(cities.select_related("unit_type"))

    # -- Whose return it is ----------------------------------------------------------------------
    def _all_senders(self) -> Senders:
        if self._senders is None:
            issuers = self._issuers()
            units: list[OrgUnit] = []
            for issuer in issuers:
                units += self.annex.respondents(issuer)
            if self.area is not None and self.area not in units:
                units.append(self.area)
            if self.unit is not None and self.unit not in units:
                units.append(self.unit)
            above = {
                unit.pk: unit for issuer in issuers for unit in issuer.ancestors(include_self=True)
            }
            wanted = {unit.pk for unit in units}
            self._senders = Senders.among(
                units, [unit for pk, unit in above.items() if pk not in wanted]
            )
        return self._senders

    def _sender(self, reading: Reading, document: Document, reads: list[registers.Read]) -> None:
        senders = self._all_senders()
        said = _said(reading, document, reads)
        found, text = self._from_file(reading, senders, said, reads)
        if self.unit is not None:
            reading.unit = resolving.taken(self.unit, "option", text)
            if (
                found
                and found.uuid != str(self.unit.uuid)
                and found.found_in in ("cell", "paragraph", "property")
            ):
                reading.problem(
                    "", "question",
                    f"文件里的填报单位是“{found.name}”，与选定的“{self.unit.name}”不同，请核对是否选错了文件。",
                    candidates=[resolving.described(self.unit), {"name": found.name, "uuid": found.uuid}],
                )  # fmt: skip
            return
        if found is not None:
            reading.unit = found
            return
        candidates = [resolving.described(unit) for unit in senders.units[:60]]
        reading.unit = SenderUnit(text=text, candidates=candidates)
        message = (
            f"填报单位“{text}”不能确定是哪个单位，请选择。"
            if text
            else "没有找到填报单位，请选择。"
        )
        reading.problem("", "question", message, candidates=candidates)

    def _from_file(
        self,
        reading: Reading,
        senders: Senders,
        said: list[tuple[str, str]],
        reads: list[registers.Read],
    ) -> tuple[SenderUnit | None, str]:
        """The one unit the file names, looked for where offices write it, the surest place first."""
        labelled: list[tuple[OrgUnit, str, str]] = []
        text = ""
        for place, words in said:
            value = resolving.labelled(words)
            if value:
                text = text or value
                units = senders.called(value) or senders.within(value)
                labelled += [(unit, place.replace("below", "cell"), value) for unit in units]
        units = list(dict.fromkeys(unit for unit, _, _ in labelled))
        if len(units) == 1:
            return resolving.taken(units[0], labelled[0][1], labelled[0][2]), text
        if units:
            text = text or "、".join(unit.name for unit in units)
            return None, text
        if uuid := reading.properties.get("unit"):
            for unit in senders.units:
                if str(unit.uuid) == uuid:
                    return resolving.taken(unit, "property"), text
        columns = list(dict.fromkeys(r.unit_text for r in reading.records if r.unit_text))
        if columns and not text:
            named = list(dict.fromkeys(u for words in columns for u in senders.called(words)))
            if len(named) == 1:
                return resolving.taken(named[0], "column", columns[0]), columns[0]
        titles = [words for place, words in said if place in ("cell", "paragraph")]
        below = [words for place, words in said if place == "below" and len(words) <= 30]
        sheets = [read.view.grid.name for read in reads if read.view.grid.sheet and read.records]
        for place, texts in (
            ("title", titles), ("cell", below), ("sheet", sheets), ("title", [reading.properties.get("title", "")]),
            ("file name", [Path(reading.file).stem]),
        ):  # fmt: skip
            named = list(dict.fromkeys(u for words in texts for u in senders.within(words)))
            if len(named) == 1 and (not text or self._is_below(text, named[0])):
                return resolving.taken(named[0], place, next(w for w in texts if w)), text
        return None, text

    def _is_below(self, text: str, unit: OrgUnit) -> bool:
        """Whether 填报单位 names a township of ``unit``: then the file is the unit's all the same."""
        area = self._area(resolving.taken(unit, ""))
        words = re.sub(r"(?:妇联|妇女联合会)$", "", squeezed(text))
        return area is not None and area.is_town(words)

    def _area(self, sender: OrgUnit | SenderUnit | None) -> Area | None:
        """Villages of the sender's area; without a sender, of the reader's."""
        unit: OrgUnit | None = None
        if isinstance(sender, SenderUnit):
            unit = next((u for u in self._all_senders().units if str(u.uuid) == sender.uuid), None)
        elif sender is not None:
            unit = sender
        unit = unit or self.unit or self.area
        key = unit.pk if unit else None
        if key not in self._areas:
            around = [resolving.area_of(unit)] if unit else self._issuers()
            self._areas[key] = Area.of(*around)
        return self._areas[key]

    # -- The whole -------------------------------------------------------------------------------
    def _check(self, reading: Reading) -> None:
        seen: dict[str, str] = {}
        for record in reading.records if not reading.unchanged else []:
            same = squeezed(
                "|".join(str(record.values.get(field.key)) for field in self.annex.fields)
            )
            if same in seen:
                reading.problem(
                    record.where,
                    "warning",
                    f"{record.where}与{seen[same]}完全相同，请核对是否重复填写。",
                )
            seen.setdefault(same, record.where)
        if len(reading.problems) > MOST_PROBLEMS:
            more = len(reading.problems) - MOST_PROBLEMS
            del reading.problems[MOST_PROBLEMS:]
            reading.problem("", "error", f"另有{more}处问题没有列出，请先改正以上各处。")


def wanted_of(annex: Annex) -> list[Wanted]:
    return [
        Wanted(
            field.key, field.label, field.kind, field.required,
            field.multiple or field.refers_to == "village",
            "village" if field.kind == "village" else field.refers_to,
        )
        for field in annex.fields
    ]  # fmt: skip


def names_of(annex: RegisterAnnex) -> list[tuple[str, tuple[str, ...]]]:
    printed = {column.key: column.heading for column in annex.columns}

    def names(field: Field) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys((printed.get(field.key, field.label), field.label, *field.synonyms))
        )

    return [(field.key, names(field)) for field in annex.fields]


def printed_of(annex: RegisterAnnex) -> frozenset[str]:
    """Words printed on the issued form below its lines: the note, which is nobody's record."""
    words = [
        issued
        for number, row in annex.issued.sheet.rows.items()
        if number >= annex.first_row
        for issued in row.words.values()
    ]
    return frozenset(squeezed(text) for text in words if text)


def _said(
    reading: Reading, document: Document, reads: list[registers.Read]
) -> list[tuple[str, str]]:
    """Texts around the tables with where they stand: cells, paragraphs, what was skipped."""
    said: list[tuple[str, str]] = []
    for read in reads:
        if read.view.grid.hidden:
            continue
        view = read.view
        for row in range(min(view.height, 2_000)):
            cells = view.grid.rows[row]
            for column, cell in enumerate(cells):
                if isinstance(cell, str) and "单" in cell and resolving.labelled(cell) == "":
                    beside = next(
                        (str(c) for c in cells[column + 1 : column + 5] if str(c).strip()), ""
                    )
                    said.append(("cell", f"填报单位：{beside}"))
        said += [("cell", text) for _, text in read.outside]
        said += [("below", skip.text) for skip in read.skipped if skip.why != WORDS["title"]]
    said += [("paragraph", text) for text in document.paragraphs]
    return said


def _village_values(found: list[Resolved], several: bool) -> Any:
    values = [{"unit": one.uuid, "text": one.text} for one in found]
    return values if several else (values[0] if values else None)


def _ask(reading: Reading, one: Resolved, place: str, field: Wanted) -> None:
    if one.match == "ambiguous":
        names = "、".join(f"{c['place']}{c['name']}" for c in one.candidates)
        reading.problem(
            place, "question", f"{place}“{one.text}”在本辖区有{len(one.candidates)}个：{names}，请选择是哪一个。",
            field.key, one.candidates,
        )  # fmt: skip
    elif one.match == "not-found":
        near = "、".join(f"{c['place']}{c['name']}" for c in one.candidates)
        hint = f"相近的有：{near}；" if near else ""
        reading.problem(
            place, "question", f"{place}“{one.text}”在本辖区没有找到，{hint}请选择，或改正名称。",
            field.key, one.candidates,
        )  # fmt: skip
    elif one.match == "unique-by-base-name" and _other_kind(one):
        reading.problem(
            place, "warning", f"{place}“{one.text}”按名称对应到“{one.name}”，请核对。", field.key
        )


def _other_kind(one: Resolved) -> bool:
    """水头村 written for 水头社区, or the other way round."""
    text, name = tidy(one.text), one.name or ""
    return ("社区" in name and text.endswith("村")) or (
        "社区" not in name and text.endswith("社区")
    )


LEVELS = {"error": "错误", "question": "待确认", "warning": "提示"}


def summary(reading: Reading) -> str:
    """One line for a person."""
    unit = reading.unit.name or "（填报单位待确认）"
    return f"{reading.file}：{unit}，{len(reading.records)}条，跳过{len(reading.skipped)}行。"


def as_json(reading: Reading) -> dict[str, Any]:
    """A reading as ``manage.py annex read --json`` prints it."""
    unit = reading.unit
    return {
        "file": reading.file,
        "kind": reading.kind,
        "sha256": reading.digest,
        "unit": {
            "name": unit.name, "code": unit.code, "found_in": unit.found_in, "uuid": unit.uuid,
            "text": unit.text, "candidates": unit.candidates,
        },
        "submission": reading.submission,
        "because": reading.because,
        "supersedes": reading.supersedes,
        "nil": reading.nil,
        "refused": reading.refused or None,
        "tables": reading.tables,
        "records": [
            {
                "where": record.where,
                "values": record.values,
                "original": record.original,
                "cells": record.cells,
                "villages": [village.as_json() for village in record.villages],
                "unit": record.unit_text or None,
            }
            for record in reading.records
        ],
        "skipped": [
            {"where": skip.where, "text": skip.text, "why": skip.why} for skip in reading.skipped
        ],
        "problems": [
            {
                "where": problem.where, "level": problem.level, "message": problem.message,
                "field": problem.key or None, "candidates": list(problem.candidates),
            }
            for problem in reading.problems
        ],
    }  # fmt: skip
