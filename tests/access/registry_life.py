"""How the pages of ``registry/urls_life.py`` are tried: by address name, see ``of_rooms``."""

import datetime as dt
from collections.abc import Callable

from django.utils import timezone

from registry import books, changing, merging
from registry.models import DuplicatePair, Merge, PersonChange, Programme, RegisterBook, Transfer
from tests.access.village import chair


def offered(scene) -> Transfer:
    """The woman's archive, offered by her village to one of the other county."""
    return Transfer._base_manager.get_or_create(
        person=scene.archives.woman,
        defaults={
            "unit": scene.org.east_village, "to_unit": scene.org.west_village,
            "effective_on": timezone.localdate() + dt.timedelta(days=3), "reason": "外嫁",
            "offered_by": chair(scene), "uuid": uuid_of(scene, "transfer"),
        },
    )[0]  # fmt: skip


def pair(scene) -> DuplicatePair:
    low, high = sorted((scene.archives.woman, scene.archives.elder), key=lambda one: one.pk)
    return DuplicatePair._base_manager.get_or_create(
        low=low, high=high,
        defaults={"unit": scene.org.east, "why": "near", "uuid": uuid_of(scene, "pair")},
    )[0]  # fmt: skip


def uuid_of(scene, what: str):
    """The same each time: what one attempt undoes, the next makes again."""
    import uuid  # noqa: PLC0415

    return uuid.uuid5(scene.org.east.uuid, what)


def book(scene) -> RegisterBook:
    found = RegisterBook._base_manager.filter(unit=scene.org.east_village).first()
    programme = Programme.objects.get(code="poor_woman")
    return found or books.open_book(
        programme=programme, unit=scene.org.east_village, year=timezone.localdate().year,
        by=chair(scene),
    )  # fmt: skip


def prepare_book(line, scene) -> None:
    if line.case in {"close", "reopen"}:
        book(scene)
    if line.case == "reopen" and book(scene).closed_on is None:
        books.close(book(scene), by=chair(scene))


def prepare_pair(line, scene) -> None:
    found = pair(scene)
    if line.case == "unmerge" and not Merge._base_manager.filter(undone_at=None).exists():
        merging.merge(found, keep=found.low, take=set(), reason="同一人", by=scene.people.leader)


def prepare_life(line, scene) -> None:
    done = PersonChange._base_manager.filter(person=scene.archives.woman, undone_at=None)
    if line.case in {"return", "undo"} and not done.exists():
        changing.change(
            scene.archives.woman, kind="exit", on=timezone.localdate(), reason="退出",
            by=chair(scene),
        )  # fmt: skip


def of_a_book(line, scene) -> dict:
    village = scene.org.east_village
    named = {"step": line.case, "year": str(timezone.localdate().year), "programme": "poor_woman"}
    if line.case == "open":
        return {**named, "unit_unit": str(village.uuid), "unit_text": village.name}
    return {**named, "unit": str(village.uuid), "reason": "漏登一人"}


def of_a_life(line, scene) -> dict:
    today, unit = str(timezone.localdate()), scene.org.west_village
    person = type(scene.archives.woman)._base_manager.get(pk=scene.archives.woman.pk)
    return {
        "on": today, "reason": "见村里证明", "to_unit_unit": str(unit.uuid),
        "to_unit_text": unit.name, "version": person.version,
    }  # fmt: skip


# name → arguments of its address; fields of its form; what must stand before. Each is given the
# line of the matrix and the scene, whose ``archives`` are those of ``of_registry.build``.
ADDRESSES: dict[str, Callable] = {
    "registry:life": lambda line, scene: [scene.archives.woman.uuid, line.case or "verify"],
    "registry:transfer": lambda line, scene: [uuid_of(scene, "transfer")],
    "registry:duplicate": lambda line, scene: [uuid_of(scene, "pair")],
}
BODIES: dict[str, Callable] = {
    "registry:life": of_a_life,
    "registry:stale": lambda line, scene: {"row": str(scene.archives.woman.uuid)},
    "registry:books": of_a_book,
    "registry:registered": lambda line, scene: {"number": scene.archives.elder.id_number.open()},
    "registry:transfer": lambda line, scene: {"step": line.case, "answer": "已核对"},
    "registry:duplicate": lambda line, scene: {
        "step": line.case, "reason": "已电话核对", "keep": "low",
    },
}  # fmt: skip
PREPARE: dict[str, Callable] = {
    "registry:life": prepare_life,
    "registry:transfer": lambda line, scene: offered(scene),
    "registry:duplicate": prepare_pair,
    "registry:books": prepare_book,
}
