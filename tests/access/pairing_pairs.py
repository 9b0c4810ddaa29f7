"""How the pages of ``pairing/urls_pairs.py`` are tried: by address name, see ``of_rooms``."""

from collections.abc import Callable

from django.utils import timezone


def one(line, scene):
    """``posted``; a pair of a volunteer with an elder where the line is about hers."""
    return scene.pairs.elderly if line.case == "elder" else scene.pairs.posted


def picked(name: str, unit) -> dict:
    return {f"{name}_unit": str(unit.uuid), f"{name}_text": unit.name}


ADDRESSES: dict[str, Callable] = {
    "pairing:pair": lambda line, scene: [one(line, scene).uuid],
    "pairing:edit": lambda line, scene: [one(line, scene).uuid],
    "pairing:step": lambda line, scene: [one(line, scene).uuid, line.case or "end"],
    "pairing:pick": lambda line, scene: ["helpers"],
}
BODIES: dict[str, Callable] = {
    "pairing:new": lambda line, scene: {
        "kind": "committee_village", "mode": "one_to_one",
        **picked("helper_unit", scene.org.east_committee),
        **picked("recipient_unit", scene.org.town),
    },
    "pairing:renewals": lambda line, scene: {"row": str(scene.pairs.posted.uuid)},
    "pairing:edit": lambda line, scene: {"version": 1, "mode": "one_to_one", "goal": "培训三期"},
    "pairing:step": lambda line, scene: {
        "version": 1, "on": str(timezone.localdate()), "reason": "期满",
    },
}  # fmt: skip
PREPARE: dict[str, Callable] = {}
