"""How the pages of ``registry/urls_people.py`` are tried: by address name, see ``of_rooms``."""

from collections.abc import Callable

from registry.models import Helper, Site, SiteKind
from tests.archives import phone

# name → arguments of its address; fields of its form; what must stand before. Each is given the
# line of the matrix and the scene, whose ``archives`` are those of ``of_registry.build``.


def one(line, scene):
    return scene.archives.child if line.case == "child" else scene.archives.woman


def place(scene, model):
    """The 阵地 or 帮扶力量 of the village, made by whoever asks first."""
    rows = model.objects.unscoped(reason="a test sets the stage")
    found = rows.filter(unit=scene.org.east_village).first()
    if found is None:
        kind = {"kind": SiteKind.objects.get(code="womens_home")} if model is Site else {}
        role = {} if model is Site else {"role": "volunteer"}
        found = model(unit=scene.org.east_village, name="演示之家", **kind, **role)
        found.save()
    return found


def at_home(scene) -> dict:
    return {"unit_unit": str(scene.org.east_village.uuid), "unit_text": "红旗村"}


def a_site() -> dict:
    return {"kind": SiteKind.objects.get(code="children_home").pk, "name": "演示儿童之家"}


HELPER = {"kind": "person", "role": "volunteer", "name": "韩演己丑", "vetting": "not_yet"}
ADDRESSES: dict[str, Callable] = {
    "registry:person": lambda line, scene: [one(line, scene).uuid],
    "registry:person_edit": lambda line, scene: [one(line, scene).uuid],
    "registry:person_part": lambda line, scene: [one(line, scene).uuid, "relation", "new"],
    "registry:site": lambda line, scene: [place(scene, Site).uuid],
    "registry:site_step": lambda line, scene: [place(scene, Site).uuid, "edit"],
    "registry:helper": lambda line, scene: [place(scene, Helper).uuid],
    "registry:helper_step": lambda line, scene: [place(scene, Helper).uuid, "edit"],
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
    "registry:site_new": lambda line, scene: at_home(scene) | a_site(),
    "registry:site_step": lambda line, scene: a_site() | {"version": 1},
    "registry:helper_new": lambda line, scene: at_home(scene) | HELPER,
    "registry:helper_step": lambda line, scene: HELPER | {"version": 1},
    "registry:person_part": lambda line, scene: {"kind": "parent", "name": "沈演戊子"},
}  # fmt: skip
PREPARE: dict[str, Callable] = {}
