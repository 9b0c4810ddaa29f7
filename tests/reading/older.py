"""Files of older and odd programs, written by hand: .doc, .rtf, .xlsb, .slk, .dif, mails, saved pages."""

import base64
import quopri
import struct
from html import escape

from tests.reading.binary import ole
from tests.reading.offices import container, page

_PAGE = 512


# -- Word before 2007 -------------------------------------------------------------------------------
def doc(*blocks, header="", gone=(), compressed=False, version=0xC1, flags=0):
    """A .doc of Word 97. Blocks are paragraphs (text) or tables of rows of cells.

    A cell is text or ``(text, span, down)``: ``span`` columns wide, ``down`` where it goes on from
    above. Stretches of text named in ``gone`` are marked as deleted.
    """
    text, marks = "", []  # (end of the paragraph, its properties)
    for block in blocks:
        if isinstance(block, str):
            text += block + "\r"
            marks.append((len(text), b""))
            continue
        for row in block:
            edges, down = [0], []
            for number, cell in enumerate(row):
                words, span, joined = cell if isinstance(cell, tuple) else (cell, 1, False)
                for line in words.split("\n")[:-1]:
                    text += line + "\r"
                    marks.append((len(text), _IN_TABLE))
                text += words.split("\n")[-1] + "\x07"
                marks.append((len(text), _IN_TABLE))
                edges.append(edges[-1] + 1_500 * span)
                down += [number] if joined else []
            text += "\x07"
            marks.append((len(text), _IN_TABLE + _row_end(edges, down)))
    main = len(text)
    if header:
        text += header + "\r"
        marks.append((len(text), b""))
    return _word_97(text, marks, main, gone, compressed, version, flags)


_IN_TABLE = struct.pack("<HB", 0x2416, 1)


def _row_end(edges, down):
    shape = bytes([len(edges) - 1]) + struct.pack(f"<{len(edges)}h", *edges)
    for number in range(len(edges) - 1):
        shape += struct.pack("<H", 0x20 if number in down else 0) + b"\x00" * 18
    return struct.pack("<HBHH", 0x2417, 1, 0xD608, len(shape) + 1) + shape


def _word_97(text, marks, main, gone, compressed, version, flags):
    width, first = (1, 1024) if compressed else (2, 1024)
    body = text.encode("cp1252" if compressed else "utf-16-le")
    units = len(body) // width
    stream = bytearray(first) + body
    stream += b"\x00" * (-len(stream) % _PAGE)
    ends = [len(text[:end].encode("utf-16-le")) // 2 for end, _ in marks]
    places = [first, *[first + end * width for end in ends]]
    paragraphs = _pages(stream, places, [b"\x00\x00" + said for _, said in marks], 13)
    cuts, said = {first: b"", first + units * width: b""}, []
    for words in gone:
        at = first + len(text[: text.index(words)].encode("utf-16-le")) // 2 * width
        cuts |= {at: struct.pack("<HB", 0x0800, 1), at + len(words) * width: b""}
    places = sorted(cuts)
    said = [cuts[place] for place in places[:-1]]
    characters = _pages(stream, places, said, 1)
    start = first * 2 | 0x40000000 if compressed else first
    pieces = struct.pack("<IIHIH", 0, units, 0, start, 0)
    pieces = b"\x02" + struct.pack("<I", len(pieces)) + pieces
    table = pieces + paragraphs + characters
    struct.pack_into("<HH", stream, 0, 0xA5EC, version)
    struct.pack_into("<H", stream, 10, flags | 0x0200)
    count = len(text[:main].encode("utf-16-le")) // 2
    struct.pack_into("<3i", stream, 76, count, 0, units - count)
    struct.pack_into("<II", stream, 154 + 8 * 33, 0, len(pieces))
    struct.pack_into("<II", stream, 154 + 8 * 13, len(pieces), len(paragraphs))
    struct.pack_into("<II", stream, 154 + 8 * 12, len(pieces) + len(paragraphs), len(characters))
    return ole({"WordDocument": bytes(stream), "1Table": table, "Data": b"\x00"})


def _pages(stream, places, said, width):
    """Properties written on pages at the end of ``stream``; the list of the pages."""
    firsts, numbers, run = [], [], 0
    while run < len(said):
        page_, offsets, at, count = bytearray(_PAGE), [], _PAGE - 2, 0
        while run + count < len(said):
            content = said[run + count]
            if width == 13:
                packed = _even(content)
            else:
                packed = bytes([len(content)]) + content if content else b""
            packed += b"\x00" * (len(packed) % 2)
            if at - len(packed) < 4 * (count + 2) + width * (count + 1) or count == 100:
                break
            at -= len(packed)
            page_[at : at + len(packed)] = packed
            offsets.append(at // 2 if packed else 0)
            count += 1
        struct.pack_into(f"<{count + 1}I", page_, 0, *places[run : run + count + 1])
        for number, offset in enumerate(offsets):
            page_[4 * (count + 1) + width * number] = offset
        page_[-1] = count
        firsts.append(places[run])
        numbers.append(len(stream) // _PAGE)
        stream += page_
        run += count
    return struct.pack(f"<{len(firsts) + 1}I", *firsts, places[-1]) + struct.pack(
        f"<{len(numbers)}I", *numbers
    )


def _even(content):
    """With its length in units of two, as either of the two ways writes it."""
    if len(content) % 2:
        return bytes([(len(content) + 1) // 2]) + content
    return bytes([0, len(content) // 2]) + content


# -- RTF --------------------------------------------------------------------------------------------
def rtf(*blocks, header="", by="unicode"):
    """``by`` is how Chinese is written: as numbers, or as bytes of the code page with ``gbk``."""

    def said(text):
        made = ""
        for unit in struct.unpack(
            f"<{len(text.encode('utf-16-le')) // 2}H", text.encode("utf-16-le")
        ):
            char = chr(unit)
            if char == "\n":
                made += "\\line "
            elif char in "\\{}":
                made += "\\" + char
            elif unit < 128:
                made += char
            elif by == "gbk":
                made += "".join(f"\\'{byte:02x}" for byte in char.encode("gbk"))
            else:
                made += f"\\u{unit - 65536 if unit > 32767 else unit}\\'3f"
        return made

    body = f"{{\\header \\pard\\plain {said(header)}\\par}}" if header else ""
    for block in blocks:
        if isinstance(block, str):
            body += f"\\pard\\plain\\f1 {said(block)}\\par\n"
            continue
        for row in block:
            shape, cells, edge = "\\trowd\\trgaph108\\trleft-108", "", 0
            for cell in row:
                words, span, joined = cell if isinstance(cell, tuple) else (cell, 1, "")
                edge += 1_500 * span
                shape += {"": "", "first": "\\clvmgf", "down": "\\clvmrg", "across": "\\clmrg"}[
                    joined
                ]
                shape += f"\\clbrdrt\\brdrs\\cellx{edge}"
                cells += f"\\pard\\intbl\\f1 {{{said(words)}}}\\cell\n"
            body += f"{shape}\n{cells}\\row\n"
    return (
        "{\\rtf1\\ansi\\ansicpg936\\deff0\\uc1{\\fonttbl{\\f0\\fnil Times;}{\\f1\\fnil\\fcharset134 \\'cb\\'ce\\'cc\\'e5;}}"
        "{\\stylesheet{\\s0 Normal;}}{\\info{\\author nobody}}{\\*\\generator X;}\n" + body + "}"
    ).encode("ascii")


# -- Binary workbook --------------------------------------------------------------------------------
def xlsb(rows, *, hidden_rows=(), merges=(), name="汇总表", far=None, dimension=None):
    """Texts and numbers of one sheet; ``far`` is (row, column) of one more cell."""
    said = dimension or (0, len(rows) - 1, 0, max(map(len, rows)) - 1)
    sheet = _bin(129, b"") + _bin(148, struct.pack("<4I", *said)) + _bin(145, b"")
    for number, row in enumerate(rows):
        sheet += _bin_row(number, number + 1 in hidden_rows)
        for column, value in enumerate(row):
            if isinstance(value, int | float):
                sheet += _bin(5, struct.pack("<IId", column, 0, value))
            elif value:
                sheet += _bin(6, struct.pack("<II", column, 0) + _bin_text(value))
    if far:
        sheet += _bin_row(far[0], False) + _bin(5, struct.pack("<IId", far[1], 0, 1.0))
    sheet += _bin(146, b"")
    if merges:
        sheet += _bin(177, struct.pack("<I", len(merges)))
        sheet += b"".join(_bin(176, struct.pack("<4I", *merge)) for merge in merges) + _bin(
            178, b""
        )
    sheet += _bin(130, b"")
    book = _bin(131, b"") + _bin(143, b"")
    book += _bin(156, struct.pack("<II", 0, 1) + _bin_text("rId1") + _bin_text(name))
    book += _bin(144, b"") + _bin(132, b"")
    relations = (
        b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"'
        b' Target="worksheets/sheet1.bin"/></Relationships>'
    )
    return container(
        {
            "[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": relations,
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def _bin(sort, body):
    head = bytes([sort]) if sort < 128 else bytes([sort & 0x7F | 0x80, sort >> 7])
    size, length = b"", len(body)
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 127 else 0)])
        length >>= 7
        if not length:
            return head + size + body


def _bin_row(number, hidden):
    return _bin(0, struct.pack("<IIHBBBI", number, 0, 300, 0, 0x10 if hidden else 0, 0, 0))


def _bin_text(text):
    words = text.encode("utf-16-le")
    return struct.pack("<I", len(words) // 2) + words


# -- SYLK and DIF -----------------------------------------------------------------------------------
def sylk(rows, encoding="gb18030"):
    lines = ["ID;PWXL;N;E", "P;PGeneral", "F;P0;DG0G8;M270"]
    for y, row in enumerate(rows, start=1):
        for x, value in enumerate(row, start=1):
            if value != "":
                words = value if isinstance(value, int) else '"' + value.replace(";", ";;") + '"'
                lines.append(f"C;Y{y};X{x};K{words}" if x == 1 else f"C;X{x};K{words}")
    return "\r\n".join([*lines, "E", ""]).encode(encoding)


def dif(rows, encoding="gb18030"):
    width = max(map(len, rows))
    lines = [
        "TABLE",
        "0,1",
        '"EXCEL"',
        "VECTORS",
        f"0,{len(rows)}",
        '""',
        "TUPLES",
        f"0,{width}",
        '""',
    ]
    lines += ["DATA", "0,0", '""']
    for row in rows:
        lines += ["-1,0", "BOT"]
        for value in row:
            quoted = '"' + str(value).replace('"', '""') + '"'
            lines += [f"0,{value}", "V"] if isinstance(value, int) else ["1,0", quoted]
    return "\r\n".join([*lines, "-1,0", "EOD", ""]).encode(encoding)


# -- Mails and saved pages --------------------------------------------------------------------------
def mail(*attached, body="附件请查收。", subject="", html="", sender="演示 <yanshi@example.com>"):
    """A mail as Foxmail saves it; ``attached`` are (name, bytes)."""
    lines = [
        "Received: from example.com",
        f"From: {sender}",
        "To: <city@example.com>",
        f"Subject: =?gb2312?B?{base64.b64encode(subject.encode('gb18030')).decode()}?=",
        "Date: Mon, 26 May 2014 09:30:00 +0800",
        "Message-ID: <1@example.com>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed;\r\n\tboundary="----=_001_Next"',
        "",
        "This is a multi-part message in MIME format.",
        "",
    ]
    words = html or body
    sort = "html" if html else "plain"
    parts = [_mime(f'text/{sort}; charset="gb2312"', words.encode("gb18030"))]
    for name, content in attached:
        told = f"=?gb2312?B?{base64.b64encode(name.encode('gb18030')).decode()}?="
        parts.append(
            _mime(
                f'application/octet-stream;\r\n\tname="{told}"',
                content,
                f'Content-Disposition: attachment;\r\n\tfilename="{told}"\r\n',
            )
        )
    parted = b"".join(b"------=_001_Next\r\n" + part for part in parts)
    return "\r\n".join(lines).encode("gb18030") + b"\r\n" + parted + b"------=_001_Next--\r\n"


def _mime(sort, content, more=""):
    head = f"Content-Type: {sort}\r\nContent-Transfer-Encoding: base64\r\n{more}\r\n"
    return head.encode("ascii") + base64.encodebytes(content).replace(b"\n", b"\r\n") + b"\r\n"


def saved_book(sheets, encoding="gb2312"):
    """Excel's “单个文件网页”: a main page that names the sheets, and a page of each."""
    named = "".join(
        f"<x:ExcelWorksheet><x:Name>{escape(name)}</x:Name>"
        + ("<x:Visible>SheetHidden</x:Visible>" if hidden else "")
        + f'<x:WorksheetSource HRef="A.files/sheet{number:03}.htm"/></x:ExcelWorksheet>'
        for number, (name, _, hidden) in enumerate(sheets, start=1)
    )
    main = (
        f'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta http-equiv=Content-Type content="text/html; charset={encoding}">'
        f"<!--[if gte mso 9]><xml><x:ExcelWorkbook><x:ExcelWorksheets>{named}</x:ExcelWorksheets></x:ExcelWorkbook></xml><![endif]-->"
        '</head><frameset rows="*,39"><frame src="A.files/sheet001.htm"></frameset></html>'
    )
    tabs = "<html><body><table><tr><td><a>汇总表</a></td><td><a>说明</a></td></tr></table></body></html>"
    pages = [("A.htm", main.encode(encoding)), ("A.files/tabstrip.htm", tabs.encode(encoding))]
    pages += [
        (f"A.files/sheet{number:03}.htm", page(rows, "gb18030", said=encoding))
        for number, (_, rows, _) in enumerate(sheets, start=1)
    ]
    made = b'MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\nContent-Type: multipart/related; boundary="----=_NextPart_01"\r\n\r\n'
    for address, content in pages:
        made += (
            b"------=_NextPart_01\r\nContent-Location: file:///C:/AB/" + address.encode()
            + f'\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: text/html; charset="{encoding}"\r\n\r\n'.encode()
            + quopri.encodestring(content).replace(b"\n", b"\r\n") + b"\r\n"
        )  # fmt: skip
    return made + b"------=_NextPart_01--\r\n"
