"""How the pages of ``registry/urls_tables.py`` are tried: by address name, see ``of_rooms``."""

import io
from collections.abc import Callable

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile

from registry import register_imports
from registry.models import Programme, RegisterImport

# name → arguments of its address; fields of its form; what must stand before. Each is given the
# line of the matrix and the scene, whose ``archives`` are those of ``of_registry.build``.
ADDRESSES: dict[str, Callable] = {
    "registry:import_places": lambda line, scene: ["sites"],
    "registry:export_places": lambda line, scene: ["sites"],
    "registry:import_preview": lambda line, scene: [uploaded(scene).uuid],
}
BODIES: dict[str, Callable] = {
    "registry:import": lambda line, scene: {
        "programme": "poor_woman",
        "unit": str(scene.org.east.uuid),
        "file": SimpleUploadedFile("名册.csv", listed(scene)),
    },
    "registry:import_preview": lambda line, scene: {"sha256": uploaded(scene).sha256},
    "registry:import_places": lambda line, scene: {
        "file": SimpleUploadedFile("阵地.xlsx", places())
    },
    "registry:export": lambda line, scene: {"mode": "internal", "unit": str(scene.org.east.uuid)},
}
PREPARE: dict[str, Callable] = {}


def listed(scene) -> bytes:
    """A woman of the county's village."""
    home = scene.org.east_village.name.removesuffix("妇联")
    return f"姓名,身份证号,出生日期,性别,居住村（社区）\n卫演丁亥,,1980-01-02,女,{home}\n".encode()


def places() -> bytes:
    """A list of one 阵地 in the village of the scene."""
    book = openpyxl.Workbook()
    for row in (["名称", "类别", "所在单位"], ["演示妇女之家", "妇女之家", "红旗村妇联"]):
        book.active.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def uploaded(scene) -> RegisterImport:
    """The county's register, read and waiting."""
    by = scene.people.county
    return RegisterImport.objects.of(by).first() or register_imports.upload(
        listed(scene), name="名册.csv", unit=scene.org.east, by=by,
        programme=Programme.objects.get(code="poor_woman"),
    )  # fmt: skip
