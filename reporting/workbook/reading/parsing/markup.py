"""XML parts read safely: no document type, no entities, no depth that only an attacker needs."""

import re
from collections.abc import Callable, Iterable
from xml.parsers import expat

from reporting.workbook.reading.parsing.refusal import Refused

MOST_DEPTH = 256
Start = Callable[[str, dict[str, str]], None]
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def local(name: str) -> str:
    """A tag or attribute without its namespace prefix."""
    return name.rpartition(":")[2]


def doctype_in(head: bytes) -> bool:
    """Whether a document type is declared in the first bytes, in UTF-8 or UTF-16."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00<" in head[:4] or b"<\x00" in head[:4]:
        head = head.replace(b"\x00", b"")
    return bool(_DOCTYPE.search(head))


def entities() -> Refused:
    return Refused(
        "entities",
        "文件里有不属于表格的定义（DOCTYPE），内容不可信，没有读取。"
        "请把内容复制到一个新建的工作簿里再上传。",
    )


def deep() -> Refused:
    return Refused(
        "deep", "文件的内容嵌套过深，不像一张表格，没有读取。请把内容复制到一个新建的文件里再上传。"
    )


def read(
    pieces: Iterable[bytes],
    *,
    start: Start,
    end: Callable[[str], None],
    text: Callable[[str], None],
    depth: int = MOST_DEPTH,
) -> None:
    """Walk XML; tags and attributes come without prefixes. Raises ``Refused``."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    level = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal level
        level += 1
        if level > depth:
            raise deep()
        start(local(name), {local(key): value for key, value in attributes.items()})

    def closed(name: str) -> None:
        nonlocal level
        level -= 1
        end(local(name))

    def declared(*_: object) -> None:
        raise entities()

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = declared
    parser.EntityDeclHandler = declared
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError):  # an encoding that expat does not know
        raise Refused("broken", "文件已损坏，打不开。请重新上传，或请对方重发。") from None
