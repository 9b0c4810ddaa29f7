"""What a file is, told by its content; its name is not asked."""

import io
import re
import zipfile

from reporting.workbook.reading.parsing import ole, zips
from reporting.workbook.reading.parsing.refusal import Refused

SAVE_AS = "请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后再上传。"
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_ARCHIVES = (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_LONGEST_END = 65_600  # bytes: the end of a zip with the longest comment
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"#!")


def kind_of(data: bytes) -> str:
    """One of xlsx, xls, ods, docx, odt, html, xml, mhtml, text. Raises ``Refused`` for all else."""
    if not data.strip(b"\x00 \r\n\t"):
        raise Refused("empty", "这是一个空文件，请重新选择，或请对方重发。")
    if data.startswith(b"PK\x05\x06"):
        raise Refused("empty", "这是一个空的压缩包，里面没有表格，请重新选择文件。")
    if data.startswith((b"PK\x03\x04", b"PK\x07\x08", b"PK00PK")):
        return _of_container(data)
    if data.startswith(ole.MAGIC):
        return _of_ole(data)
    if data.startswith(b"%PDF-"):
        raise Refused(
            "pdf", "这是 PDF 文件，读不出表格。请对方发来原来的 Excel 或 Word 表格后再上传。"
        )
    if data.startswith(_PICTURES):
        raise Refused("picture", "这是图片，读不出表格。请对方发来原来的 Excel 或 Word 表格。")
    if data.startswith(_ARCHIVES):
        raise Refused("archive", "这是压缩包，请先解压，再上传里面的表格。")
    if data.startswith(b"{\\rtf"):
        raise Refused(
            "rtf", "这是 RTF 文档。请用 Word 或 WPS 打开，另存为“Word 文档（.docx）”后再上传。"
        )
    if data.startswith(_PROGRAMS):
        raise Refused("program", "这不是表格，而是程序文件，没有读取；请核对后重新选择。")
    if data[:2] in (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00") and len(data) > 3:
        raise Refused("old", "这是很早的 Excel 格式，读不出来。" + SAVE_AS)
    return _of_text(data)


def _of_container(data: bytes) -> str:
    # The list of parts says at its end how many there are, before any of them is looked at.
    end = data.rfind(b"PK\x05\x06", -_LONGEST_END)
    if end >= 0 and int.from_bytes(data[end + 10 : end + 12], "little") > zips.MOST_PARTS:
        raise zips.too_many(int.from_bytes(data[end + 10 : end + 12], "little"))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            names = set(parts.namelist())
            declared = (
                parts.read("mimetype")[:100]
                if "mimetype" in names and parts.getinfo("mimetype").file_size < 200
                else b""
            )
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, RuntimeError, EOFError):
        raise Refused(
            "broken", "文件不完整，打不开，可能没有传完。请重新上传，或请对方重发。"
        ) from None
    if declared.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return "ods"
    if declared.startswith(b"application/vnd.oasis.opendocument.text"):
        return "odt"
    lowered = {name.replace("\\", "/").lower() for name in names}
    if "xl/workbook.bin" in lowered:
        raise Refused("xlsb", "这是二进制工作簿（.xlsb），读不出来。" + SAVE_AS)
    if "xl/workbook.xml" in lowered:
        return "xlsx"
    if "word/document.xml" in lowered:
        return "docx"
    if any(name.startswith("ppt/") for name in lowered):
        raise Refused("slides", "这是演示文稿，不是表格，请上传 Excel 或 Word 表格。")
    if "[content_types].xml" in lowered:
        raise Refused("parts", "文件缺少主要内容，可能已损坏。" + SAVE_AS)
    raise Refused("archive", "这是压缩包，请先解压，再上传里面的表格。")


def _of_ole(data: bytes) -> str:
    streams = ole.streams(data)
    if "EncryptedPackage" in streams or "EncryptionInfo" in streams:
        raise Refused("password", "文件加了打开密码，读不出来。请取消密码后重新上传。")
    if "Workbook" in streams or "Book" in streams:
        if any(name.startswith("_VBA_PROJECT") for name in streams) and "Macros" not in streams:
            raise Refused("macro", "文件含有宏，没有读取。" + SAVE_AS)
        if any(re.match(r"MBD[0-9A-F]{8}$", name) or name == "\x01Ole10Native" for name in streams):
            raise Refused(
                "embedded",
                "文件里嵌入了别的文件，没有读取。请删除嵌入的对象，"
                "另存为“Excel 工作簿（.xlsx）”后再上传。",
            )
        return "xls"
    if "WordDocument" in streams:
        raise Refused(
            "doc",
            "这是旧格式的 Word（或 WPS 文字）文档，读不出来。请用 Word 或 WPS 打开，"
            "另存为“Word 文档（.docx）”后再上传。",
        )
    if not streams:
        raise Refused("broken", "文件不完整，打不开，可能没有传完。请重新上传，或请对方重发。")
    raise Refused("other", "这个文件不是表格。" + SAVE_AS)


def _of_text(data: bytes) -> str:
    head = data[:4096]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode("utf-8", "replace")
    elif head[:40].count(b"\x00") > 5:
        wide = (
            "utf-16-le"
            if head[1:40:2].count(b"\x00") > head[0:40:2].count(b"\x00")
            else "utf-16-be"
        )
        head = head.decode(wide, "replace").encode("utf-8", "replace")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"mime-version:") or b"\ncontent-type: multipart/related" in start:
        return "mhtml"
    if start.startswith(b"<"):
        if re.search(rb"<(?:[\w-]+:)?(?:workbook|worddocument|package)[\s>]", start):
            return "xml"
        if re.search(rb"<!doctype html|<html|<table|<head|<body|<meta|<div|<style|<tr", start):
            return "html"
        if start.startswith(b"<?xml"):
            return "xml"
    if b"<table" in data[:200_000].lower() and start.startswith(b"<"):
        return "html"
    return "text"
