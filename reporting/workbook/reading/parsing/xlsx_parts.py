"""What calamine does not tell of an .xlsx, and what must be known before calamine may look.

Sheets are scanned as bytes, in pieces and by patterns, since walking a million cells as XML takes
longer than reading them: hidden rows and columns, formulas, struck-out cells, and how far the cells
reach. One cell at XFD1048576 in a file of 5 KB would make any reader ask for gigabytes.
"""

import functools
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from reporting.workbook.reading.parsing import markup, xlsx_runs, zips
from reporting.workbook.reading.parsing.refusal import Refused

#: What our own comments begin with: they are no words of an office.
NOTE = "【系统标注】"
MOST_COLUMNS = 256
MOST_SHEETS = 100
MOST_CELLS = 12_000_000  # of the smallest rectangle that holds a sheet's cells
MOST_NOTED = 200_000  # formulas, struck cells, hidden rows and merges kept a sheet
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_ROW_NUMBER = re.compile(rb"\br=[\"'](\d+)[\"']")
_HIDDEN = re.compile(rb"\bhidden=[\"'](?:1|true)[\"']")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*\bhidden=[\"'](?:1|true)[\"'][^>]*)>")
_MIN, _MAX = re.compile(rb"\bmin=[\"'](\d+)"), re.compile(rb"\bmax=[\"'](\d+)")
_CELL = rb"<(?:\w+:)?c\b(?=[^>]*\br=[\"']([A-Za-z]+)(\d+)[\"'])[^>]*"
_FILLED = re.compile(_CELL + rb"(?<!/)>(?!\s*</(?:\w+:)?c>)")
_ANY_CELL = re.compile(_CELL + rb">")
# Beyond column Z or row 99,999: only then is it worth while to look at each cell. Each begins with
# bytes that stand for themselves, which are found ten times faster than a class of them.
_FAR = re.compile(rb'r="[A-Za-z](?:[A-Za-z]|\d{6})')
_FAR_QUOTED = re.compile(rb"r='[A-Za-z](?:[A-Za-z]|\d{6})")
_FORMULA = re.compile(_CELL + rb">\s*<(?:\w+:)?f\b(.*?)</(?:\w+:)?c>", re.DOTALL)
# Stops where another cell begins, so that cells without an end are not looked through again and again.
_TEXT_CELL = re.compile(_CELL + rb"(?<!/)>((?:[^<]++|<(?!/?(?:\w+:)?c\b))*+)</(?:\w+:)?c>")
_SORT = re.compile(rb"\bt=[\"'](s|inlineStr)[\"']")
_NUMBER_OF_TEXT = re.compile(rb"<(?:\w+:)?v>\s*(\d{1,9})\s*<")
_VALUE = re.compile(rb"<(?:\w+:)?v>[^<]")
_ERROR = re.compile(
    _CELL[: -len(b"[^>]*")] + rb"(?=[^>]*\bt=[\"']e[\"'])[^>]*>(.*?)</(?:\w+:)?c>", re.DOTALL
)
_ERROR_VALUE = re.compile(rb"<(?:\w+:)?v>\s*(#[A-Z0-9/!?_]{1,20})\s*<")
_STYLE = re.compile(rb"\bs=[\"'](\d+)[\"']")
_LURE = re.compile(rb"Target=[\"'](?:javascript:|vbscript:|file:|\\\\|//)", re.IGNORECASE)
_PRINTED = re.compile(rb"<(?:\w+:)?(?:odd|first|even)(?:Header|Footer)\b[^>]*>([^<]+)<")
_CODES = re.compile(r"&(?:\"[^\"]*\"|\d{1,3}|K[0-9A-Fa-f+-]{6,}|[A-Za-z])")
MOST_BOXES = 200
TITLES = 1_000  # lines of title and notes that belong to any table beside its rows
_TAIL = 4096


@dataclass
class SheetFacts:
    """What one sheet's XML says beside its values. Addresses count from 0."""

    last_row: int = -1
    last_column: int = -1
    farthest: str = ""
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    formulas: dict[str, bool] = field(default_factory=dict)
    struck: set[tuple[int, int]] = field(default_factory=set)
    #: What cells say of which words are struck out, without these words.
    kept: dict[tuple[int, int], str] = field(default_factory=dict)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    printed: list[str] = field(default_factory=list)  # words of the page's header and footer


class Struck(NamedTuple):
    """What of a workbook is struck out: numbers of cell styles, and runs of the texts that sheets share."""

    styles: frozenset[int] = frozenset()
    strings: Mapping[int, xlsx_runs.Runs] = {}


def letters_to_index(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


@functools.lru_cache(maxsize=1024)
def index_to_letters(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def sheet_parts(container: zips.Container) -> dict[str, str]:
    """Part of each sheet by its name, in the order of the workbook."""
    relations = zips.whole(container, "xl/_rels/workbook.xml.rels")
    if not relations:
        raise Refused(
            "parts", "文件缺少主要内容，可能已损坏。请在 Excel 或 WPS 中打开后另存，再上传。"
        )
    book = zips.whole(container, "xl/workbook.xml")
    small = len(relations) + len(book) <= zips.REMEMBERED
    return (_sheets_again if small else _sheets)(relations, book)


def _sheets(relations: bytes, book: bytes) -> dict[str, str]:
    targets: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            if attributes.get("TargetMode") == "External":
                return
            target = attributes.get("Target", "").replace("\\", "/")
            if ".." in target.split("/"):
                target = target.replace("../", "")
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            targets[attributes.get("Id", "")] = path

    found: dict[str, str] = {}

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            found[attributes.get("name", "")] = attributes.get("id", "")

    markup.read([relations], start=relation, end=markup.nobody, text=markup.nobody)
    markup.read([book], start=sheet, end=markup.nobody, text=markup.nobody)
    if len(found) > MOST_SHEETS:
        raise Refused(
            "sheets", f"文件里有{len(found)}张工作表，最多{MOST_SHEETS}张，请只保留要报送的表。"
        )
    return {name: targets.get(key, "") for name, key in found.items()}


_sheets_again = functools.lru_cache(maxsize=64)(_sheets)


def carried(container: zips.Container) -> list[str]:
    """What the file carries beside its tables and we leave alone, in words."""
    notes = []
    if any(_is_commented(container, name) for name in container.namelist()):
        notes.append("文件带有批注，批注没有读取。")
    links = [name for name in container.namelist() if name.lower().endswith(".rels")]
    if any(_LURE.search(zips.whole(container, name)) for name in links):
        notes.append("文件里有指向本机文件、共享文件夹或脚本的链接，没有打开，请核对来源。")
    return notes


def _is_commented(container: zips.Container, name: str) -> bool:
    """Whether the part holds comments, other than those of a copy we marked ourselves."""
    if not re.search(r"xl/(?:threaded)?comments", name.lower()):
        return False
    others = False
    words: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "comment":
            words.clear()

    def end(tag: str) -> None:
        nonlocal others
        others = others or (tag == "comment" and not "".join(words).lstrip().startswith(NOTE))

    content = b"".join(zips.pieces(container, name))
    markup.read([content], start=start, end=end, text=words.append)
    return others or b"hreadedComment" in content


def scan(container: zips.Container, part: str, struck: Struck, most_rows: int) -> SheetFacts:
    """One sheet. Raises ``Refused`` for a document type or a size that is a lie.

    Of a sheet that goes on after ``most_rows`` only the end is looked at: it is refused anyway, and
    the refusal says how long it is.
    """
    facts = SheetFacts()
    name = zips.find(container, part)
    if name is None:
        return facts
    rest = unseen = b""
    first = True
    for piece in zips.pieces(container, name):
        block = rest + piece
        if first:
            if markup.doctype_in(block[:_TAIL]):
                raise markup.entities()
            if block[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in block[:200]:
                raise Refused(
                    "encoding", "文件的内部编码不常见，没有读取。请在 Excel 或 WPS 中另存后再上传。"
                )
            first = False
        # Cut where a row ends, so that no pattern straddles two blocks.
        cut = block.rfind(b"</row>") + 6
        if cut == 5:
            cut = block.rfind(b">") + 1 if len(block) > 4 * len(piece) else 0
        block, rest = block[:cut], block[cut:]
        if facts.last_row > most_rows + TITLES:
            unseen = block or unseen
        else:
            _scan_block(block, facts, struck)
        if len(rest) > (8 << 20):
            raise Refused("long", "有单元格的文字长得不像表格内容，没有读取。请检查后重新上传。")
    _scan_block(unseen + rest, facts, struck)
    return facts


def facts_of(*blocks: bytes) -> SheetFacts:
    """What those pieces of a sheet's XML say, where none of its cells is struck out."""
    facts = SheetFacts()
    for block in blocks:
        _scan_block(block, facts, Struck())
    return facts


def _scan_block(block: bytes, facts: SheetFacts, struck: Struck) -> None:
    if b"hidden=" in block:
        for found in _COLUMN.finditer(block):
            low, high = _MIN.search(found[1]), _MAX.search(found[1])
            if low and high:
                columns = range(int(low[1]) - 1, min(int(high[1]), MOST_COLUMNS + 1))
                facts.hidden_columns |= set(columns)
        for found in _ROW.finditer(block):
            number = _ROW_NUMBER.search(found[1]) if _HIDDEN.search(found[1]) else None
            if number and len(facts.hidden_rows) < MOST_NOTED:
                facts.hidden_rows.add(int(number[1]) - 1)
    if b"<f" in block or b":f" in block:
        for found in _FORMULA.finditer(block):
            if len(facts.formulas) < MOST_NOTED:
                address = (found[1] + found[2]).decode("ascii").upper()
                facts.formulas[address] = bool(_VALUE.search(found[3]))
    if b't="e"' in block or b"t='e'" in block:
        for found in _ERROR.finditer(block):
            value = _ERROR_VALUE.search(found[3])
            if len(facts.errors) < MOST_NOTED:
                place = (int(found[2]) - 1, letters_to_index(found[1].decode("ascii")))
                facts.errors[place] = value[1].decode("ascii") if value else "#N/A"
    if b"Header" in block or b"Footer" in block:
        facts.printed += [words for found in _PRINTED.findall(block) if (words := _spoken(found))]
    if struck.styles:
        for found in _ANY_CELL.finditer(block):
            style = _STYLE.search(found[0])
            if style and int(style[1]) in struck.styles and len(facts.struck) < MOST_NOTED:
                facts.struck.add((int(found[2]) - 1, letters_to_index(found[1].decode("ascii"))))
    if struck.strings or xlsx_runs.STRIKE in block or (struck.styles and xlsx_runs.OWN in block):
        _strike_words(block, facts, struck.strings)
    _reach(block, facts)


def _strike_words(block: bytes, facts: SheetFacts, strings: Mapping[int, xlsx_runs.Runs]) -> None:
    """Cells whose words are struck out one by one: what is left of them, or that nothing is."""
    for found in _TEXT_CELL.finditer(block):
        sort = _SORT.search(block, found.start(), found.start(3))
        runs: xlsx_runs.Runs = ()
        if sort is None:
            continue
        if sort[1] == b"s":
            number = _NUMBER_OF_TEXT.search(found[3]) if strings else None
            runs = strings.get(int(number[1]), ()) if number else ()
        elif xlsx_runs.OWN in found[3]:
            runs = xlsx_runs.runs_in(found[3])
        if not runs or len(facts.kept) + len(facts.struck) >= 2 * MOST_NOTED:
            continue
        place = (int(found[2]) - 1, letters_to_index(found[1].decode("ascii")))
        words, others_gone = xlsx_runs.left(runs, place in facts.struck)
        if words.strip():
            facts.struck.discard(place)
            if others_gone:
                facts.kept[place] = words
        elif others_gone:
            facts.struck.add(place)


def _spoken(header: bytes) -> str:
    """The words of a page header without its codes: &L&"宋体"&10填报单位：… → 填报单位：…"""
    text = html.unescape(header[:2_000].decode("utf-8", "replace")).replace("&&", "＆")
    return _CODES.sub("  ", text).strip()


def text_boxes(container: zips.Container) -> list[str]:
    """The words of text boxes that lie over the sheets, a paragraph each."""
    found: list[str] = []
    words: list[str] = []
    inside = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        inside = inside or name == "txBody"
        if name == "p":
            words.clear()

    def end(name: str) -> None:
        nonlocal inside
        if name == "txBody":
            inside = False
        elif name == "p" and inside and (text := "".join(words).strip()):
            found.append(text[:2_000])

    for name in container.namelist():
        if re.fullmatch(r"xl/drawings/drawing\d*\.xml", name.lower()) and len(found) < MOST_BOXES:
            markup.read(zips.pieces(container, name), start=start, end=end, text=words.append)
    return found[:MOST_BOXES]


def _reach(block: bytes, facts: SheetFacts) -> None:
    """How far cells with content reach; looked at one by one only where some stand far out."""
    if _FAR.search(block) is None and (b"r='" not in block or _FAR_QUOTED.search(block) is None):
        return
    for found in _FILLED.finditer(block):
        column, row = letters_to_index(found[1].decode("ascii")), int(found[2]) - 1
        if row > facts.last_row or column > facts.last_column:
            facts.farthest = (found[1] + found[2]).decode("ascii").upper()
            facts.last_row = max(facts.last_row, row)
            facts.last_column = max(facts.last_column, column)
