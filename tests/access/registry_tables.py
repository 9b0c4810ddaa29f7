"""How the pages of ``registry/urls_tables.py`` are tried: by address name, see ``of_rooms``."""

from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile

from registry import register_imports
from registry.models import Programme, RegisterImport

# name → arguments of its address; fields of its form; what must stand before. Each is given the
# line of the matrix and the scene, whose ``archives`` are those of ``of_registry.build``.
ADDRESSES: dict[str, Callable] = {
    "registry:import_preview": lambda line, scene: [uploaded(scene).uuid],
}
BODIES: dict[str, Callable] = {
    "registry:import": lambda line, scene: {
        "programme": "poor_woman",
        "unit": str(scene.org.east.uuid),
        "file": SimpleUploadedFile("名册.csv", LIST),
    },
    "registry:import_preview": lambda line, scene: {"sha256": uploaded(scene).sha256},
    "registry:export": lambda line, scene: {"mode": "internal", "unit": str(scene.org.east.uuid)},
}
PREPARE: dict[str, Callable] = {}


LIST = "姓名,身份证号,出生日期,性别,居住村（社区）\n卫演丁亥,,1980-01-02,女,红旗村\n".encode()


def uploaded(scene) -> RegisterImport:
    """The county's register, read and waiting."""
    by = scene.people.county
    return RegisterImport.objects.of(by).first() or register_imports.upload(
        LIST, name="名册.csv", unit=scene.org.east, by=by,
        programme=Programme.objects.get(code="poor_woman"),
    )  # fmt: skip
