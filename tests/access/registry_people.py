"""How the pages of ``registry/urls_people.py`` are tried: by address name, see ``of_registry``."""

from collections.abc import Callable

from tests.archives import phone

# name → arguments of its address; fields of its form; what must stand before. Each is given the
# line of the matrix and the scene, whose ``archives`` are those of ``of_registry.build``.


def one(line, scene):
    return scene.archives.child if line.case == "child" else scene.archives.woman


ADDRESSES: dict[str, Callable] = {
    "registry:person": lambda line, scene: [one(line, scene).uuid],
    "registry:person_edit": lambda line, scene: [one(line, scene).uuid],
    "registry:person_part": lambda line, scene: [one(line, scene).uuid, "relation", "new"],
    "registry:pick": lambda line, scene: ["persons"],
}
BODIES: dict[str, Callable] = {
    "registry:persons": lambda line, scene: {"by": "phone", "number": phone(31)},
    "registry:person_new": lambda line, scene: {
        "unit_unit": str(scene.org.east_village.uuid), "unit_text": "红旗村", "name": "蒋演丁亥",
        "sex": "F", "born_on": "1980-05-01",
    },
    "registry:person_edit": lambda line, scene: {
        "version": one(line, scene).version, "name": one(line, scene).name, "sex": "F",
        "born_on": str(one(line, scene).born_on), "source": "入户走访",
    },
    "registry:person_part": lambda line, scene: {"kind": "parent", "name": "沈演戊子"},
}  # fmt: skip
PREPARE: dict[str, Callable] = {}
