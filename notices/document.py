"""A notice as an official document: its lines in the order and the typefaces of GB/T 9704-2012."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from notices.models import Addressee, Contact, Notice

_HAN = "一二三四五六七八九十百"
# 一、 · （一） · 1. · （1）: the four levels of an official text.
LEVELS = (
    re.compile(rf"[{_HAN}]+、"),
    re.compile(rf"[（(][{_HAN}]+[）)]"),
    re.compile(r"\d{1,2}[.．、](?!\d)"),
    re.compile(r"[（(]\d{1,2}[）)]"),
)
BULLET = re.compile(r"^[-·•●]\s+")
LONGEST_GREETING = 120
LONGEST_HEADING = 40  # characters; a longer first sentence is text


@dataclass(frozen=True)
class Paragraph:
    """``head`` is what is set in the typeface of ``level`` (1 黑体, 2 楷体), ``text`` the rest; level 0
    is plain text."""

    level: int
    head: str
    text: str


@dataclass(frozen=True)
class Document:
    """What stands on the sheet, from the red head to the foot."""

    mark: str
    number: str
    signer: str
    title: list[str]
    salutation: str
    paragraphs: list[Paragraph]
    attachments: list[str]
    signature: str
    issued: object
    contacts: list[str]
    copies: str
    printed: object
    enclosure_title: str = ""
    enclosure: list[Paragraph] = field(default_factory=list)

    @property
    def mark_size(self) -> str:
        """The red head stays on one line: the longer, the smaller."""
        if len(self.mark) <= 11:
            return "doc-mark-l"
        return "doc-mark-m" if len(self.mark) <= 15 else "doc-mark-s"


def paragraphs(text: str) -> list[Paragraph]:
    """``text`` as typed, one paragraph a line; blank lines and leading blanks are no matter."""
    lines = (BULLET.sub("", line.strip(" \t\u3000\xa0\r")) for line in text.split("\n"))
    return [_paragraph(line) for line in lines if line]


def _paragraph(line: str) -> Paragraph:
    for level, pattern in enumerate(LEVELS, start=1):
        if pattern.match(line):
            head, rest = _headed(line)
            return Paragraph(level, head, rest)
    return Paragraph(0, "", line)


def _headed(line: str) -> tuple[str, str]:
    """The heading of a numbered line: up to its first full stop, or all of a short line."""
    end = line.find("。") + 1
    if 0 < end <= LONGEST_HEADING:
        return line[:end], line[end:]
    return (line, "") if len(line) <= LONGEST_HEADING else ("", line)


def of(notice: Notice) -> Document:
    """The document of ``notice``; reads its addressees, contacts and attachments."""
    lines = list(notice.addressees.select_related("unit", "unit_type"))
    text = paragraphs(notice.body)
    salutation = ""
    if text and _greets(text[0]):
        salutation, text = text[0].text, text[1:]
    main = [line for line in lines if line.role == Addressee.Role.MAIN]
    if not salutation and main:
        salutation = _joined(main) + "："
    copies = "、".join(str(line) for line in lines if line.role == Addressee.Role.COPY)
    return Document(
        # A letter (信函格式) bears the name of its sender alone.
        mark=notice.issuer.name + ("" if notice.doc_type == Notice.DocType.LETTER else "文件"),
        number=notice.doc_number,
        signer=notice.signer if _goes_up(notice, main) else "",
        title=[line.strip() for line in notice.title.split("\n") if line.strip()],
        salutation=salutation,
        paragraphs=text,
        attachments=_attachments(notice),
        signature=notice.issuer.name,
        issued=notice.issue_date,
        contacts=_contacts(notice.contacts.all()),
        copies=copies,
        printed=notice.print_date,
        enclosure_title=notice.enclosure_title,
        enclosure=paragraphs(notice.enclosure),
    )


def _greets(first: Paragraph) -> bool:
    """Whether the first line names the addressees; “现将有关事项通知如下：” is text."""
    said = first.text
    return (
        first.level == 0
        and said.endswith(("：", ":"))
        and "。" not in said
        and "如下" not in said
        and len(said) <= LONGEST_GREETING
    )


def _joined(lines: list[Addressee]) -> str:
    """Names stand together with 、; a kind of unit, which may hold one itself, stands apart."""
    text = str(lines[0])
    for before, line in itertools.pairwise(lines):
        text += ("、" if before.unit and line.unit else "，") + str(line)
    return text


def _goes_up(notice: Notice, main: list[Addressee]) -> bool:
    """Whether it is addressed to a unit above its issuer: only then the signer is named."""
    return any(
        line.unit is not None
        and line.unit_id != notice.issuer_id
        and notice.issuer.path.startswith(line.unit.path)
        for line in main
    )


def _attachments(notice: Notice) -> list[str]:
    """附件说明: numbered where there are several; no mark stands behind a name."""
    titles = [each.title for each in notice.attachments.all()]
    if len(titles) < 2:
        return titles
    return [f"{number}.{title}" for number, title in enumerate(titles, start=1)]


def _contacts(contacts: Iterable[Contact]) -> list[str]:
    """附注: one bracket a person."""
    found = []
    for contact in contacts:
        parts = [f"联系人：{contact.name}"]
        if contact.phone:
            parts.append(f"联系电话：{contact.phone}")
        if contact.email:
            parts.append(f"电子邮箱：{contact.email}")
        found.append(f"（{'，'.join(parts)}）")
    return found
