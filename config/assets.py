"""The files of npm packages that pages may ask for, each named here; nothing else is served.

Whatever a listed file names itself (source maps, fonts) is listed as well: the manifest storage
refuses to collect a stylesheet whose parts are missing.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage, Storage

NODE_MODULES = settings.BASE_DIR / "node_modules"
ASSETS = {
    f"vendor/{url}": path
    for url, path in {
        "bootstrap/bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
        "bootstrap/bootstrap.min.css.map": "bootstrap/dist/css/bootstrap.min.css.map",
        "bootstrap/bootstrap.bundle.min.js": "bootstrap/dist/js/bootstrap.bundle.min.js",
        "bootstrap/bootstrap.bundle.min.js.map": "bootstrap/dist/js/bootstrap.bundle.min.js.map",
        "bootstrap-icons/bootstrap-icons.min.css": "bootstrap-icons/font/bootstrap-icons.min.css",
        "bootstrap-icons/fonts/bootstrap-icons.woff2": (
            "bootstrap-icons/font/fonts/bootstrap-icons.woff2"
        ),
        "bootstrap-icons/fonts/bootstrap-icons.woff": (
            "bootstrap-icons/font/fonts/bootstrap-icons.woff"
        ),
    }.items()
}


class NodeAssetsFinder(BaseFinder):
    """Finds ``vendor/…`` in node_modules by the allow-list above."""

    storage = FileSystemStorage(location=NODE_MODULES)

    def check(self, **_kwargs: object) -> list[CheckMessage]:
        if not NODE_MODULES.is_dir():
            return []
        missing = [path for path in ASSETS.values() if not (NODE_MODULES / path).is_file()]
        hint = "Run `python3 dev.py run` or `npm ci`."
        return [Error(f"node_modules lacks {path}", hint=hint, id="assets.E1") for path in missing]

    def find(self, path: str, find_all: bool = False, **_kwargs: object) -> Any:
        found = NODE_MODULES / ASSETS[path] if path in ASSETS else None
        if found is None or not found.is_file():
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: object) -> Iterator[tuple[str, Storage]]:
        for url, path in ASSETS.items():
            yield url, RenamedStorage(NODE_MODULES / path)


class RenamedStorage(FileSystemStorage):
    """One file on disk under whatever name it is asked by: its URL differs from its path."""

    def __init__(self, file: object) -> None:
        super().__init__()
        self.file = str(file)

    def path(self, name: str) -> str:
        return self.file
