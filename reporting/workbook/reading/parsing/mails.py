"""Mails saved as files (.eml) with what was attached to them, and saved web pages (.mht).

Both are MIME: a head, and a body that may be parts again. Bodies are cut where their boundaries
stand, never deeper and never into more parts than an office would send. What is attached is read as a
file of its own, so that a clerk may upload the mail as it came.
"""

import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message

from reporting.workbook.reading.parsing import markup, pages
from reporting.workbook.reading.parsing.grids import Document
from reporting.workbook.reading.parsing.refusal import Refused
from reporting.workbook.reading.parsing.separated import decoded

MOST_PARTS = 200
_MOST_DEPTH = 8
_LONGEST_HEAD = 64 << 10
_BLANK = re.compile(rb"\r?\n\r?\n|\r\r")
_SHEETS = re.compile(rb"<x:ExcelWorksheet>(.*?)</x:ExcelWorksheet>", re.DOTALL | re.IGNORECASE)
_SHEET_NAME = re.compile(rb"<x:Name>(.*?)</x:Name>", re.DOTALL | re.IGNORECASE)
_SOURCE = re.compile(rb"<x:WorksheetSource\s+HRef=3?D?[\"']([^\"']+)", re.IGNORECASE)
_PICTURES = ("image/", "audio/", "video/")
_SIGNATURES = ("application/pgp-signature", "application/pkcs7-signature", "text/calendar")
Parse = Callable[[bytes], Document]


@dataclass
class _Part:
    sort: str
    name: str  # of the attachment, or the address of a page's part
    attached: bool
    content: bytes
    charset: str


def read_mail(data: bytes, *, most_rows: int, parse: Parse) -> Document:
    """Every table in the mail. ``parse`` reads one attachment as a file of its own."""
    head, _ = _parted(data)
    parts = list(_parts(data, 0))
    saved = bool(head["Snapshot-Content-Location"] or not (head["From"] or head["Received"]))
    if saved or str(head["From"]).startswith("<Saved by"):
        return _saved_page(parts, most_rows)
    return _mail(head, parts, most_rows, parse)


# -- Parts ------------------------------------------------------------------------------------------
def _parted(data: bytes) -> "tuple[Message[str, str], bytes]":
    blank = _BLANK.search(data, 0, _LONGEST_HEAD)
    end = blank.start() if blank else min(len(data), _LONGEST_HEAD)
    head = message_from_bytes(
        data[:end].lstrip(b"\r\n\xef\xbb\xbf") + b"\n\n", policy=policy.compat32
    )
    return head, data[blank.end() :] if blank else b""


def _parts(data: bytes, depth: int) -> Iterator[_Part]:
    if depth > _MOST_DEPTH:
        raise markup.deep()
    head, body = _parted(data)
    sort = head.get_content_type()
    boundary = head.get_boundary()
    if sort.startswith("multipart/") and boundary:
        mark = b"--" + boundary.encode("utf-8", "surrogateescape")
        body = body.partition(mark + b"--")[0] if depth else body
        pieces = re.split(rb"(?:\A|\r?\n)" + re.escape(mark) + rb"(?:--)?[ \t]*(?=\r|\n|\Z)", body)
        if len(pieces) > MOST_PARTS:
            raise Refused(
                "parts", f"邮件里有{len(pieces)}个部分，没有读取。请把附件另存出来再上传。"
            )
        for piece in pieces[1:]:
            if piece.strip():
                yield from _parts(
                    piece.lstrip(b"\r\n") if _headed(piece) else b"\n" + piece, depth + 1
                )
        return
    content = _decoded(body, str(head["Content-Transfer-Encoding"] or ""))
    if sort == "message/rfc822":
        yield from _parts(content, depth + 1)
        return
    yield _Part(
        sort,
        _name(head),
        head.get_content_disposition() == "attachment",
        content,
        head.get_content_charset() or "",
    )


def _headed(piece: bytes) -> bool:
    return not re.match(rb"\r?\n\r?\n", piece)


def _decoded(body: bytes, encoding: str) -> bytes:
    encoding = encoding.strip().lower()
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding == "base64":
        try:
            return binascii.a2b_base64(re.sub(rb"[^A-Za-z0-9+/]", b"", body) + b"==")
        except binascii.Error:
            return b""
    return body


def _name(head: "Message[str, str]") -> str:
    name = head.get_filename() or ""
    if not name:
        name = str(head["Content-Location"] or "").replace("\\", "/").rpartition("/")[2]
    return _words(name)[:120]


def _words(text: str) -> str:
    """A head's text, whether it was wrapped for the way or sent as the bytes it is."""
    said = ""
    try:
        for piece, charset in decode_header(text):
            raw = piece if isinstance(piece, bytes) else piece.encode("utf-8", "surrogateescape")
            said += decoded(raw, charset or "") if raw.strip() else ""
    except (Refused, ValueError, LookupError, binascii.Error):
        return re.sub(r"[\ud800-\udfff]", "?", text)
    return " ".join(said.split())


# -- A saved page -----------------------------------------------------------------------------------
def _saved_page(parts: list[_Part], most_rows: int) -> Document:
    document = Document("mhtml")
    sheets = _sheets(parts)
    for part in parts:
        if part.sort != "text/html" or b"<table" not in part.content.lower():
            continue
        if sheets and part.name.lower() not in sheets:
            continue  # the tabs below the sheets are a table, too
        page = _page(part, most_rows)
        if page is None:
            continue
        if part.name.lower() in sheets:
            name, hidden = sheets[part.name.lower()]
            for grid in page.grids[:1]:
                grid.name, grid.hidden, grid.sheet = name, hidden, True
        document.grids += page.grids
        document.paragraphs += page.paragraphs
    if not document.grids:
        raise Refused(
            "nothing", "这个网页文件里没有表格。请另存为“Excel 工作簿（.xlsx）”后再上传。"
        )
    _number(document)
    return document


def _sheets(parts: list[_Part]) -> dict[str, tuple[str, bool]]:
    """By the part of each sheet: its name and whether it is hidden, when Excel saved a whole book."""
    for part in parts:
        if part.sort == "text/html" and b"<x:ExcelWorksheet>" in part.content:
            said = decoded(part.content, part.charset).encode()
            found = {}
            for sheet in _SHEETS.findall(said)[:100]:
                source, name = _SOURCE.search(sheet), _SHEET_NAME.search(sheet)
                if source and name:
                    file = source[1].decode().replace("\\", "/").rpartition("/")[2].lower()
                    hidden = b"<x:Visible>SheetHidden" in sheet or b"SheetVeryHidden" in sheet
                    found[file] = (name[1].decode()[:100], hidden)
            return found
    return {}


def _page(part: _Part, most_rows: int) -> Document | None:
    try:
        return pages.read_html(part.content, most_rows=most_rows, said=part.charset)
    except Refused as refused:
        if refused.code == "nothing":
            return None
        raise


def _number(document: Document) -> None:
    for number, grid in enumerate(document.grids, start=1):
        if not grid.sheet:
            grid.name = f"表{number}"


# -- A mail -----------------------------------------------------------------------------------------
def _mail(head: "Message[str, str]", parts: list[_Part], most_rows: int, parse: Parse) -> Document:
    document = Document("mail")
    read: list[tuple[str, Document]] = []
    refused: list[Refused] = []
    for part in parts:
        if part.sort.startswith("text/") and not part.attached and not part.name:
            continue
        if part.sort.startswith((*_PICTURES, *_SIGNATURES)) and not part.attached:
            continue
        name = part.name or "未命名附件"
        try:
            read.append((name, parse(part.content)))
        except Refused as reason:
            refused.append(Refused(reason.code, f"邮件的附件“{name}”：{reason.sentence}"))
    _body(document, parts, most_rows, tables=not read)
    if not read and not document.grids:
        if refused:
            raise refused[0]
        raise Refused(
            "nothing", "这封邮件里没有附件，正文也没有表格。请把邮件里的附件另存出来再上传。"
        )
    if subject := _words(str(head["Subject"] or "")):
        document.paragraphs.insert(0, subject[:200])
    for name, found in read:
        for grid in found.grids:
            grid.after_paragraph = 0
            if len(read) > 1:
                grid.name = f"{name}：{grid.name}"
        document.grids += found.grids
        document.paragraphs += [name.rpartition(".")[0] or name, *found.paragraphs]
        document.notes += found.notes
    if len(read) == 1:
        document.properties = read[0][1].properties
    if read:
        names = "”“".join(name for name, _ in read)
        document.notes.insert(0, f"这是一封邮件，读取的是它的附件“{names}”。")
    document.notes += [one.sentence for one in refused]
    if not read:
        _number(document)
    return document


def _body(document: Document, parts: list[_Part], most_rows: int, *, tables: bool) -> None:
    """What the mail itself says; its tables only where nothing readable is attached."""
    for part in parts:
        if part.attached or part.name:
            continue
        if part.sort == "text/html":
            page = _page(part, most_rows)
            if page is not None and tables:
                document.grids += page.grids
                document.paragraphs += page.paragraphs[:100]
        elif part.sort == "text/plain":
            lines = decoded(part.content, part.charset).splitlines() if part.content.strip() else []
            document.paragraphs += [line.strip()[:2_000] for line in lines[:200] if line.strip()]
