"""How the pages of ``pairing/urls_pairs.py`` are tried: by address name, see ``of_rooms``."""

from collections.abc import Callable


def one(line, scene):
    """``posted``; a pair of a volunteer with an elder where the line is about hers."""
    return scene.pairs.elderly if line.case == "elder" else scene.pairs.posted


ADDRESSES: dict[str, Callable] = {
    "pairing:pair": lambda line, scene: [one(line, scene).uuid],
}
BODIES: dict[str, Callable] = {}
PREPARE: dict[str, Callable] = {}
