"""Word (.docx and Word's XML), OpenDocument and Excel's XML of 2003: which part holds the tables."""

from collections.abc import Iterable

from reporting.workbook.reading.parsing import markup, nested, part_checks, properties, zips
from reporting.workbook.reading.parsing.grids import Document
from reporting.workbook.reading.parsing.refusal import Refused

_HEADERS = ("word/header", "word/footer")


def _walk(pieces: Iterable[bytes], kind: str, most_rows: int) -> Document:
    walk = nested.Walk(kind, most_rows)
    markup.read(pieces, start=walk.start, end=walk.end, text=walk.text)
    return walk.document


def read_docx(data: bytes, *, most_rows: int) -> Document:
    container = zips.weigh(data)
    part_checks.check_small_parts(container)
    name = zips.find(container, "word/document.xml") or "word/document2.xml"
    document = _walk(zips.pieces(container, name), "docx", most_rows)
    document.properties = properties.told(container)
    for part in container.namelist():
        if part.lower().startswith(_HEADERS):
            found = _walk([zips.whole(container, part)], "docx", most_rows)
            document.paragraphs += found.paragraphs[:20]
    return document


def read_ods(data: bytes, *, most_rows: int) -> Document:
    return _open_document(data, "ods", most_rows)


def read_odt(data: bytes, *, most_rows: int) -> Document:
    return _open_document(data, "odt", most_rows)


def _open_document(data: bytes, kind: str, most_rows: int) -> Document:
    container = zips.weigh(data)
    if b"encryption-data" in zips.whole(container, "META-INF/manifest.xml", most=1 << 20):
        raise Refused("password", "文件加了打开密码，读不出来。请取消密码后重新上传。")
    part_checks.check_small_parts(container)
    name = zips.find(container, "content.xml")
    if name is None:
        raise Refused("parts", "文件缺少主要内容，可能已损坏。请另存为 .xlsx 或 .docx 后再上传。")
    return _walk(zips.pieces(container, name), kind, most_rows)


def read_flat(data: bytes, *, most_rows: int) -> Document:
    """OpenDocument in one piece of XML (.fods, .fodt)."""
    if markup.doctype_in(data[:4096]):
        raise markup.entities()
    return _walk([data], "ods" if b"office:spreadsheet" in data else "odt", most_rows)


def read_xml(data: bytes, *, most_rows: int) -> Document:
    """Excel's XML of 2003, Word's XML; a file that is neither is refused."""
    if markup.doctype_in(data[:4096]):
        raise markup.entities()
    kind = "xml" if b"Worksheet" in data[:200_000] or b":Workbook" in data[:4096] else "word"
    document = _walk([data], kind, most_rows)
    if not document.grids:
        raise Refused("xml", "这个 XML 文件里没有表格。请在 Excel 或 WPS 中另存为 .xlsx 后再上传。")
    return document
