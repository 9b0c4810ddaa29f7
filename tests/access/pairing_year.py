"""How the pages of ``pairing/urls_year.py`` are tried: by address name, see ``of_rooms``."""

from collections.abc import Callable

ADDRESSES: dict[str, Callable] = {}
BODIES: dict[str, Callable] = {
    "pairing:export": lambda line, scene: {"what": "pairs", "unit": str(scene.org.east.uuid)},
}
PREPARE: dict[str, Callable] = {}
