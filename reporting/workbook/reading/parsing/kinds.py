"""What a file is, told by its content; its name is not asked."""

import re
import zipfile

from reporting.workbook.reading.parsing import ole, zips
from reporting.workbook.reading.parsing.refusal import Refused

SAVE_AS = "请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后再上传。"
_PICTURES = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"BM",
    b"II*\x00",
    b"MM\x00*",
    b"\xd7\xcd\xc6\x9a",
)
_PHOTOS = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc", b"ftypavif")  # of telephones
_ARCHIVES = (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_BY_PART = {
    "xl/workbook.bin": "xlsb",
    "xl/workbook.xml": "xlsx",
    "word/document.xml": "docx",
    "word/document2.xml": "docx",
}
_MAIL_HEADS = {
    *(b"from", b"to", b"subject", b"date", b"received", b"return-path", b"message-id"),
    *(b"delivered-to", b"content-type", b"x-mailer", b"x-qq-mid", b"reply-to", b"cc"),
}
_LONGEST_END = 65_600  # bytes: the end of a zip with the longest comment
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"#!")


def kind_of(data: bytes) -> str:
    """The kind, as :mod:`child` names its readers. Raises ``Refused`` for what is not read."""
    if not data.strip(b"\x00 \r\n\t"):
        raise Refused("empty", "这是一个空文件，请重新选择，或请对方重发。")
    if data.startswith(b"PK\x05\x06"):
        raise Refused("empty", "这是一个空的压缩包，里面没有表格，请重新选择文件。")
    if data.startswith((b"PK\x03\x04", b"PK\x07\x08", b"PK00PK")):
        return _of_container(data)
    if data.startswith(ole.MAGIC):
        return _of_ole(data)
    if b"%PDF-" in data[:1024]:
        raise _pdf("PDF")
    if data.startswith(_PICTURES) or data[4:12] in _PHOTOS or data[:4] + data[8:12] == b"RIFFWEBP":
        raise Refused("picture", "这是图片，读不出表格。请对方发来原来的 Excel 或 Word 表格。")
    if data.startswith(_ARCHIVES):
        raise Refused("archive", "这是压缩包，请先解压，再上传里面的表格。")
    if data[:64].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{\\rtf"):
        return "rtf"
    if data.startswith(_PROGRAMS):
        raise Refused("program", "这不是表格，而是程序文件，没有读取；请核对后重新选择。")
    if data[4:19] in (b"Standard Jet DB", b"Standard ACE DB"):
        raise Refused(
            "database",
            "这是 Access 数据库，没有读取。请在 Access 中把表导出为 Excel 工作簿后再上传。",
        )
    if data[:2] in (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00") and len(data) > 3:
        raise Refused("old", "这是很早的 Excel 格式，读不出来。" + SAVE_AS)
    return _of_text(data)


def _of_container(data: bytes) -> str:
    # The list of parts says at its end how many there are, before any of them is looked at.
    end = data.rfind(b"PK\x05\x06", -_LONGEST_END)
    if end >= 0 and int.from_bytes(data[end + 10 : end + 12], "little") > zips.MOST_PARTS:
        raise zips.too_many(int.from_bytes(data[end + 10 : end + 12], "little"))
    try:
        parts = zips.opened(data)
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
    for part, kind in _BY_PART.items():
        if part in lowered:
            return kind
    if any(name.startswith("ppt/") for name in lowered) or b"presentation" in declared:
        raise _slides()
    if "ofd.xml" in lowered:
        raise _pdf("OFD")
    if any(name.startswith("index/") and name.endswith(".iwa") for name in lowered):
        raise Refused(
            "apple", "这是苹果电脑的表格或文稿，读不出来。请在其中导出为 Excel 后再上传。"
        )
    if declared.startswith(b"application/vnd.sun.xml"):
        raise Refused("old", "这是很早的 OpenOffice 格式，读不出来。" + SAVE_AS)
    if "[content_types].xml" in lowered:
        raise Refused("parts", "文件缺少主要内容，可能已损坏。" + SAVE_AS)
    raise Refused("archive", "这是压缩包，请先解压，再上传里面的表格。")


def _pdf(name: str) -> Refused:
    return Refused(
        "pdf", f"这是 {name} 文件，读不出表格。请对方发来原来的 Excel 或 Word 表格后再上传。"
    )


def _slides() -> Refused:
    return Refused("slides", "这是演示文稿，不是表格，请上传 Excel 或 Word 表格。")


def _of_ole(data: bytes) -> str:
    streams = ole.streams(data)
    if not ole.sound(data):
        raise Refused("broken", "文件不完整，打不开，可能没有传完。请重新上传，或请对方重发。")
    if any(name.startswith("__substg1.0_") for name in streams):
        raise Refused(
            "msg",
            "这是 Outlook 邮件（.msg），读不出来。请打开邮件，把附件另存出来，再上传附件。",
        )
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
        return "doc"
    if "PowerPoint Document" in streams:
        raise _slides()
    raise Refused("other", "这个文件不是表格。" + SAVE_AS)


_PAGE = re.compile(
    rb"(?:\s|<\?xml[^>]*>|<!--(?:(?!-->).)*-->)*(?:<!doctype html|<html[\s>])", re.DOTALL
)


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
    if _is_mail(start):
        return "mail"
    if re.match(rb"id;p[\w;]*\r?\n?|id;p\w", start):
        return "sylk"
    if re.match(rb"table[ ]*[\r\n]+0,1[ ]*[\r\n]", start):
        return "dif"
    if start.startswith(b"<"):
        if _PAGE.match(start):  # within it Word tells itself what it thinks of the page
            return "html"
        if re.search(rb"<(?:[\w-]+:)?(?:workbook|worddocument|package)[\s>]", start):
            return "xml"
        if b"<office:document" in start:
            return "flat"
        if b"<uof:uof" in start or b"schemas.uof.org" in start:
            raise Refused("uof", "这是标文通（UOF）文档，读不出来。" + SAVE_AS)
        if re.search(rb"<!doctype html|<html|<table|<head|<body|<meta|<div|<style|<tr", start):
            return "html"
        if start.startswith(b"<?xml"):
            return "xml"
    if b"<table" in data[:200_000].lower() and start.startswith(b"<"):
        return "html"
    return "text"


def _is_mail(start: bytes) -> bool:
    """Whether it begins with lines of a mail's head, of which some must be there."""
    head = re.split(rb"\r?\n\r?\n|\r\r", start, maxsplit=1)[0]
    lines = re.split(rb"\r?\n|\r", head)
    whole = len(head) < len(start)
    if lines and lines[0].startswith(b"from "):
        del lines[0]  # as a mailbox parts its mails
    names = set()
    for line in lines if whole else lines[:-1]:
        name = re.match(rb"([!-9;-~]+):", line)
        if name:
            names.add(name[1])
        elif not line.startswith((b" ", b"\t")):
            return False
    return b"mime-version" in names or len(names & _MAIL_HEADS) > 2
