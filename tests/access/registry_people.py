"""How the pages of ``registry/urls_people.py`` are tried: by address name, see ``of_registry``."""

from collections.abc import Callable

from tests.archives import phone

# name → arguments of its address; fields of its form; what must stand before. Each is given the
# line of the matrix and the scene, whose ``archives`` are those of ``of_registry.build``.
ADDRESSES: dict[str, Callable] = {
    "registry:person": lambda line, scene: [
        (scene.archives.child if line.case == "child" else scene.archives.woman).uuid
    ],
}
BODIES: dict[str, Callable] = {
    "registry:persons": lambda line, scene: {"by": "phone", "number": phone(31)},
}
PREPARE: dict[str, Callable] = {}
