"""How the pages of ``registry/urls_tables.py`` are tried: by address name, see ``of_registry``."""

from collections.abc import Callable

# name → arguments of its address; fields of its form; what must stand before. Each is given the
# line of the matrix and the scene, whose ``archives`` are those of ``of_registry.build``.
ADDRESSES: dict[str, Callable] = {}
BODIES: dict[str, Callable] = {
    "registry:export": lambda line, scene: {"mode": "internal", "unit": str(scene.org.east.uuid)},
}
PREPARE: dict[str, Callable] = {}
