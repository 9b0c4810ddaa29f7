"""What a workbook of ours says about itself, and when a file was last changed."""

from collections.abc import Iterable, Mapping

from reporting.workbook.reading.parsing import markup, zips

CUSTOM, CORE = "docProps/custom.xml", "docProps/core.xml"
_LARGEST = 1 << 20  # bytes of such a part


def told(container: zips.Container) -> dict[str, str]:
    return cut(said_in(zips.whole(container, part, most=_LARGEST) for part in (CUSTOM, CORE)))


def cut(said: Mapping[str, str]) -> dict[str, str]:
    """As much of it as anybody needs."""
    return {key[:100]: value[:2000] for key, value in list(said.items())[:100]}


def said_in(contents: Iterable[bytes]) -> dict[str, str]:
    """What the parts of properties say, the later ones last."""
    found: dict[str, str] = {}
    name = ""
    words: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal name
        words.clear()
        if tag == "property":
            name = attributes.get("name", "")

    def end(tag: str) -> None:
        nonlocal name
        if name and tag != "property":
            found[name] = "".join(words)
        elif not name and tag in ("modified", "created"):
            found[f"file:{tag}"] = "".join(words)
        if tag == "property":
            name = ""

    for content in filter(None, contents):
        markup.read([content], start=start, end=end, text=words.append)
    return found
