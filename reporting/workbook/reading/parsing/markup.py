"""XML parts read safely: no document type, no entities, no depth that only an attacker needs."""

import re
from collections.abc import Callable, Iterable
from xml.parsers import expat

from reporting.workbook.reading.parsing.refusal import Refused

MOST_DEPTH = 256
Start = Callable[[str, dict[str, str]], None]
_PLAIN_HEAD = re.compile(
    rb"(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"']utf-8[\"'])?[ ?]|<[\w:]+[ >])", re.I
)
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def local(name: str) -> str:
    """A tag or attribute without its namespace prefix."""
    return name[name.rfind(":") + 1 :]


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


def check(content: bytes) -> None:
    """Raise ``Refused`` where ``read`` would; nobody is told what stands there."""
    if content.count(b"<") > MOST_DEPTH or not _PLAIN_HEAD.match(content):
        read([content], start=nobody, end=nobody, text=nobody)
        return
    # So few tags cannot nest too deep: expat alone looks through them.
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _declared
    parser.EntityDeclHandler = _declared
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError):
        raise _broken() from None


def nobody(*_: object) -> None:
    pass


def _declared(*_: object) -> None:
    raise entities()


def _broken() -> Refused:
    return Refused("broken", "文件已损坏，打不开。请重新上传，或请对方重发。")


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
        start(local(name), attributes and {local(key): attributes[key] for key in attributes})

    def closed(name: str) -> None:
        nonlocal level
        level -= 1
        end(local(name))

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _declared
    parser.EntityDeclHandler = _declared
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError):  # an encoding that expat does not know
        raise _broken() from None
