"""A crawler that follows whatever a page offers to be read, as one principal."""

import io
import re
import zipfile
from collections import deque
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit

from battery import count
from django.http.response import HttpResponseBase

SITE = "http://testserver"
# Words tried in every box where one may type.
SEARCHES = (
    "验收",
    "甲",
    "乙",
    "东",
    "西",
    "金丝雀",
    "岗",
    "村",
    "ys",
    "yanshou",
    "jin",
    "xian",
    "a",
    "1",
)
SYLLABLES = [a + b for a in "bcdfghjlmnpqrstwxyz" for b in "aeiou"]
# Two hundred words for the search over everything: names, pinyin, initials.
TERMS = [*SEARCHES, *SYLLABLES, *(a + b for a in "bcdfghjlmnpqrstwxyz" for b in "hlmxy")][:200]


# Our own pages escape < and > wherever they are words, so that tags may be found by pattern: a parser
# takes as long over a page as the portal over making it.
TAG = re.compile(r"<(/?[a-z][a-z0-9]*)([^>]*)>")
GIVEN = re.compile(r"""([a-z-]+)(?:=(?:"([^"]*)"|'([^']*)'))?""")
LEADS = ("href", "hx-get", "src", "data-url", "data-source")
TOLD = re.compile("|".join(f"{name}=" for name in LEADS))
OF_A_FORM = {"form", "/form", "input", "select", "/select", "option"}


class Offers:
    """Addresses a page leads to by GET: links, htmx, frames, and its forms with their choices."""

    def __init__(self, page: str):
        self.links: list[str] = []
        self.forms: list[tuple[str, dict[str, list[str]]]] = []
        self._form: tuple[str, dict[str, list[str]]] | None = None
        self._select = ""
        for tag, rest in TAG.findall(page):
            if tag in OF_A_FORM or TOLD.search(rest):
                self._take(tag, {n: unescape(a or b) for n, a, b in GIVEN.findall(rest)})

    def _take(self, tag: str, given: dict[str, str]) -> None:
        for name in LEADS:
            if given.get(name) and tag not in {"link", "script", "img", "use"}:
                self.links.append(given[name])
        if tag in {"form", "/form"}:
            get = tag == "form" and given.get("method", "get").lower() == "get"
            self._form = (given.get("action", ""), {}) if get else None
            if self._form:
                self.forms.append(self._form)
        elif self._form and tag == "input" and given.get("name"):
            typed = given.get("type", "text") in {"text", "search", "date"}
            fields = self._form[1].setdefault(given["name"], [])
            fields += list(SEARCHES) if typed else [given.get("value", "")]
        elif tag in {"select", "/select"}:
            self._select = given.get("name", "")
        elif self._form and tag == "option" and self._select:
            self._form[1].setdefault(self._select, []).append(given.get("value", ""))

    def addresses(self) -> Iterator[str]:
        """As the page writes them, to be joined to its own."""
        yield from self.links
        for action, fields in self.forms:
            base = action.partition("?")[0]
            for name, values in fields.items():
                for value in values:
                    yield f"{base}?{urlencode({name: value})}"


class Crawl:
    """Breadth first from the first page; each address once. Gives (address, answer, text)."""

    def __init__(self, client, most: int):
        self.client, self.most = client, most
        self.seen: set[str] = set()
        # As the pages write them, from the root: most stand on every page.
        self.offered: set[str] = set()
        self.exhausted = False

    def run(self, *starts: str) -> Iterator[tuple[str, HttpResponseBase, str]]:
        waiting = deque()
        for start in starts:
            self._add(waiting, SITE, start)
        for _ in range(self.most):
            if not waiting:
                self.exhausted = True
                return
            address = waiting.popleft()
            parts = urlsplit(address)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            response = self.client.get(path)
            text = text_of(response)
            yield path, response, text
            if "Location" in response:
                self._add(waiting, address, response["Location"])
            if response.headers.get("Content-Type", "").startswith("text/html"):
                for found in Offers(text).addresses():
                    self._add(waiting, address, found)

    def _add(self, waiting, here: str, found: str) -> None:
        if found in self.offered:
            return
        if found.startswith("/"):
            self.offered.add(found)
        address = urldefrag(urljoin(here, found))[0]
        parts = urlsplit(address)
        if f"{parts.scheme}://{parts.netloc}" != SITE or parts.path.startswith("/static/"):
            return
        query = urlencode(sorted((k, v) for k, v in parse_qsl(parts.query)))
        known = f"{parts.path}?{query}"
        if known not in self.seen:
            self.seen.add(known)
            waiting.append(address)


def text_of(response) -> str:
    """All a person could read of an answer: a page, JSON, or what is inside a workbook or a zip."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return "\n".join(_unpacked(body)) if body[:2] == b"PK" else body.decode("utf-8", "replace")


def _unpacked(body: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for name in archive.namelist():
            inside = archive.read(name)
            yield name
            yield from (
                _unpacked(inside) if inside[:2] == b"PK" else [inside.decode("utf-8", "replace")]
            )


def starts() -> list[str]:
    """Where the crawl begins: the first page, what only scripts ask for, and words to search for."""
    words = [*SEARCHES, *SYLLABLES]
    picks = [f"/units/pick/?{urlencode({'q': word, 'level': 'village'})}" for word in words]
    searches = [f"/search/?{urlencode({'q': word})}" for word in TERMS]
    asked = count(2, full=len(TERMS))  # in the daily run most of the few answers are of links
    return ["/", *picks[:asked], *searches[:asked]]


CANARY = re.compile(r"金丝雀-[A-Za-z0-9_-]+?-[0-9a-f]{8}")
IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
