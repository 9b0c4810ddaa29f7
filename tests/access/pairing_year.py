"""How the pages of ``pairing/urls_year.py`` are tried: by address name, see ``of_rooms``."""

from collections.abc import Callable

ADDRESSES: dict[str, Callable] = {}
BODIES: dict[str, Callable] = {}
PREPARE: dict[str, Callable] = {}
