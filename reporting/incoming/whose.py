"""Whose return a file is: the one unit it names, where offices write it, or a question."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from federation.models import OrgUnit
from reporting.annexes import Annex
from reporting.incoming.senders import Senders, described, labelled, taken
from reporting.incoming.village_register import Register
from reporting.incoming.villages import Area
from reporting.workbook.reading import registers
from reporting.workbook.reading.alike import Layout
from reporting.workbook.reading.lines import WORDS
from reporting.workbook.reading.parsing.grids import Document
from reporting.workbook.reading.records import Run
from reporting.workbook.reading.result import Reading, SenderUnit
from reporting.workbook.reading.words import squeezed

_MOST_TOLD = 5_000
_SHOWN = {"below": "cell", "beside": "cell"}
_BARE_LABELS = {"填报单位", "填表单位", "报送单位", "上报单位", "填报单位名称", "报送单位名称"}
_MOST_ROWS = 2_000  # in which a sender is looked for


class Whose:
    """Senders and areas of one annex, read from the register when first asked for."""

    def __init__(self, annex: Annex, area: OrgUnit | None, unit: OrgUnit | None) -> None:
        self.annex, self.area, self.unit = annex, area, unit
        self._senders: Senders | None = None
        self._register = Register(area)
        self._areas: dict[Any, Area] = {}
        self._nearest: dict[int, OrgUnit] = {}
        self._told: dict[Any, _Told] = {}

    def _issuers(self) -> list[OrgUnit]:
        """Federations whose respondents may have sent the file: the reader's, else every city's."""
        if self.area is not None:
            return [self.area]
        cities = OrgUnit.objects.open_now().filter(
            unit_type__level="city", unit_type__group="federation"
        )
        return list(cities.select_related("unit_type"))

    def senders(self) -> Senders:
        if self._senders is None:
            issuers = self._issuers()
            units: list[OrgUnit] = []
            for issuer in issuers:
                units += self.annex.respondents(issuer)
            if self.area is not None and not units:
                units.append(self.area)
            asked = {unit.pk for unit in units}
            if self.area is not None and self.area not in units:
                units.append(self.area)
            if self.unit is not None and self.unit not in units:
                units.append(self.unit)
            above = {
                unit.pk: unit for issuer in issuers for unit in issuer.ancestors(include_self=True)
            }
            self._senders = Senders.among(
                units, [unit for pk, unit in above.items() if pk not in asked]
            )
        return self._senders

    def table(self, reading: Reading, document: Document, reads: list[registers.Read]) -> None:
        told = self._from_content(reading, _said(reading, document, reads), reads)
        self._settle(reading, told)

    def table_alike(
        self,
        reading: Reading,
        document: Document,
        layout: Layout,
        reads: Callable[[], list[registers.Read]],
    ) -> None:
        """As ``table``, of a document whose lines say nothing of the kind: what is around them was read before."""
        key = layout, document.template, *map(reading.properties.get, ("unit", "title"))
        told = self._told.get(key)
        if told is None:
            if len(self._told) >= _MOST_TOLD:
                self._told.clear()
            seen = reads()
            told = self._from_content(reading, _said(reading, document, seen), seen)
            self._told[key] = told
        self._settle(reading, told)

    def _settle(self, reading: Reading, told: _Told) -> None:
        senders = self.senders()
        unit, place, words, text, settled = told
        if unit is None and not settled and self.unit is None:
            unit, place, words = self._from_names(reading, text)
        found = None if unit is None else taken(unit, place, words)
        if self.unit is not None:
            reading.unit = taken(self.unit, "option", text)
            if (
                found
                and found.uuid != str(self.unit.uuid)
                and found.found_in in ("cell", "paragraph", "property")
            ):
                reading.problem(
                    "", "question",
                    f"文件里的填报单位是“{found.name}”，与选定的“{self.unit.name}”不同，请核对是否选错了文件。",
                    candidates=[described(self.unit), {"name": found.name, "uuid": found.uuid}],
                )  # fmt: skip
            return
        if found is not None:
            reading.unit = found
            if unit is not None and place not in ("file name", "property"):
                self._compare_name(reading, unit)
            return
        candidates = [described(unit) for unit in senders.units[:60]]
        reading.unit = SenderUnit(text=text, candidates=candidates)
        message = (
            f"填报单位“{text}”不能确定是哪个单位，请选择。"
            if text
            else "没有找到填报单位，请选择。"
        )
        reading.problem("", "question", message, candidates=candidates)

    def _compare_name(self, reading: Reading, unit: OrgUnit) -> None:
        """Say that a file is named after another unit than the one it names."""
        named = self.senders().within(Path(reading.file).stem)
        if len(named) == 1 and named[0] != unit:
            reading.problem(
                "", "warning",
                f"文件名写的是“{named[0].name}”，文件里写的是“{unit.name}”，按文件里写的读取，请核对。",
            )  # fmt: skip

    def _from_content(
        self, reading: Reading, said: list[tuple[str, str]], reads: list[registers.Read]
    ) -> _Told:
        """The one unit the file names, looked for where offices write it, the surest place first."""
        senders = self.senders()
        by_label: list[tuple[OrgUnit, str, str]] = []
        text = ""
        for place, words in said:
            value = labelled(words)
            if value and (place != "beside" or senders.called(value)):
                text = text or value
                units = senders.called(value) or senders.within(value)
                by_label += [(unit, _SHOWN.get(place, place), value) for unit in units]
        units = list(dict.fromkeys(unit for unit, _, _ in by_label))
        if len(units) == 1:
            return _Told(units[0], by_label[0][1], by_label[0][2], text, settled=True)
        if units:
            text = text or "、".join(unit.name for unit in units)
            return _Told(None, "", "", text, settled=True)
        if unit := senders.by_uuid.get(reading.properties.get("unit", "")):
            return _Told(unit, "property", "", text, settled=True)
        columns = reading.records.units()
        if columns and not text:
            named = list(dict.fromkeys(u for words in columns for u in senders.called(words)))
            if len(named) == 1:
                return _Told(named[0], "column", columns[0], columns[0], settled=True)
        titles = [words for place, words in said if place in ("cell", "paragraph")]
        below = [words for place, words in said if place == "below" and len(words) <= 30]
        sheets = [read.view.grid.name for read in reads if read.view.grid.sheet and read.records]
        for place, texts in (
            ("title", titles), ("cell", below), ("sheet", sheets), ("title", [reading.properties.get("title", "")]),
        ):  # fmt: skip
            if unit := self._within(texts, text):
                return _Told(unit, place, next(w for w in texts if w), text, settled=True)
        return _Told(None, "", "", text, settled=False)

    def _from_names(self, reading: Reading, text: str) -> tuple[OrgUnit | None, str, str]:
        """The one unit that the file is named after, or the folder it lay in, and by which words."""
        folders = reversed(reading.folder.split("/"))
        for name in (Path(reading.file).stem, *folders, Path(reading.bundle).stem):
            if unit := self._within([name], text):
                return unit, "file name", name
        return None, "", ""

    def _within(self, texts: list[str], text: str) -> OrgUnit | None:
        """The one unit that ``texts`` name, where the words after 填报单位 are not against it."""
        senders = self.senders()
        named = list(dict.fromkeys(unit for words in texts for unit in senders.within(words)))
        one = named[0] if len(named) == 1 else None
        return one if one and (not text or self._is_below(text, one)) else None

    def _is_below(self, text: str, unit: OrgUnit) -> bool:
        """Whether 填报单位 names a township of ``unit``: then the file is the unit's all the same."""
        area = self.area_of(taken(unit, ""))
        words = re.sub(r"(?:妇联|妇女联合会)$", "", squeezed(text))
        return area.is_town(words)

    def area_of(self, sender: OrgUnit | SenderUnit | None) -> Area:
        """Villages of the sender's area; without a sender, of the reader's."""
        unit: OrgUnit | None = None
        if isinstance(sender, SenderUnit):
            unit = self.senders().by_uuid.get(str(sender.uuid))
        elif sender is not None:
            unit = sender
        unit = unit or self.unit or self.area
        if unit is not None and unit.pk not in self._nearest:
            self._nearest[unit.pk] = self._register.area_of(unit)
        key = self._nearest[unit.pk].pk if unit else None
        if key not in self._areas:
            around = [self._nearest[unit.pk]] if unit else self._issuers()
            self._areas[key] = Area.of(*around, register=self._register)
        return self._areas[key]

    def form(self, reading: Reading, values: dict[str, Any]) -> SenderUnit:
        if self.unit is not None:
            return taken(self.unit, "option")
        senders = self.senders()
        if unit := senders.by_uuid.get(reading.properties.get("unit", "")):
            return taken(unit, "property")
        text = str(values.get(self.annex.fields[0].key) or "")
        found = senders.called(text) if text else []
        if len(found) == 1:
            return taken(found[0], "cell", text)
        sender = SenderUnit(text=text, candidates=[described(unit) for unit in found])
        reading.problem(
            "", "question",
            f"“{text or '（空）'}”不能确定是哪个单位，请选择。", candidates=sender.candidates,
        )  # fmt: skip
        return sender


class _Told(NamedTuple):
    """The sender that the content of a file names, and the words after 填报单位."""

    unit: OrgUnit | None
    place: str
    words: str
    text: str
    settled: bool  # whether the name of the file tells no more


def _labelling(read: registers.Read) -> list[list[Any]]:
    """The rows of a sheet in which a label may stand."""
    rows = read.view.grid.rows[:_MOST_ROWS]
    for _, part in read.records.parts():
        if isinstance(part, Run) and part.whole and not part.looked_at:
            if may_label(part.words):
                break
            rows = rows[: part.first] + rows[part.first + len(part) :]
    return list(filter(may_label, rows))


def may_label(cells: Iterable[Any]) -> bool:
    """Whether 单位, or 县区 and a colon, stands in some cell: most say neither."""
    try:
        texts = "|".join(cells)
    except TypeError:
        texts = "|".join([cell for cell in cells if type(cell) is str])
    return "单" in texts or ("县" in texts and (":" in texts or "：" in texts))


def _said(
    reading: Reading, document: Document, reads: list[registers.Read]
) -> list[tuple[str, str]]:
    """Texts around the tables with where they stand: cells, paragraphs, what was skipped."""
    said: list[tuple[str, str]] = []
    for read in reads:
        if read.view.grid.hidden:
            continue
        for cells in _labelling(read):
            for column, cell in enumerate(cells):
                if not isinstance(cell, str) or ("单" not in cell and "县" not in cell):
                    continue
                # Without a colon it may be a heading: then a unit must stand beside it.
                bare = squeezed(cell) in _BARE_LABELS
                if bare or labelled(cell) == "":
                    beside = next(
                        (str(c) for c in cells[column + 1 : column + 5] if str(c).strip()), ""
                    )
                    said.append(("beside" if bare else "cell", f"填报单位：{beside}"))
        said += [("cell", text) for _, text in read.outside]
        said += [("below", skip.text) for skip in read.skipped if skip.why != WORDS["title"]]
    said += [("paragraph", text) for text in document.paragraphs]
    return said
