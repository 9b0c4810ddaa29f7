"""What the code must make impossible: each planted offence fails the check that forbids it."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {each["id"]: each for each in PYPROJECT["tool"]["importlinter"]["contracts"]}
BINARIES = Path(sys.executable).parent


@pytest.fixture
def copy(tmp_path):
    """The rooms' Python files and the configuration, to plant offences in."""
    for room in PYPROJECT["tool"]["importlinter"]["root_packages"]:
        shutil.copytree(
            ROOT / room,
            tmp_path / room,
            ignore=lambda folder, names: [
                name
                for name in names
                if name == "__pycache__"
                or ((Path(folder) / name).is_file() and not name.endswith(".py"))
            ],
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(copy: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [BINARIES / "lint-imports", "--no-cache"], cwd=copy, capture_output=True, text=True
    )


def ruff(path: Path) -> subprocess.CompletedProcess:
    command = [BINARIES / "ruff", "check", "--no-cache", "--output-format", "concise", path]
    return subprocess.run(command, cwd=path.parent.parent, capture_output=True, text=True)


def broken(done: subprocess.CompletedProcess) -> set[str]:
    return {key for key, each in CONTRACTS.items() if f"{each['name']} BROKEN" in done.stdout}


def test_the_code_as_it_is_keeps_every_contract(copy):
    done = lint_imports(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("federation/planted.py", "import reporting", "rooms"),
        ("reporting/planted.py", "def late():\n    import pairing.apps\n", "rooms"),
        ("config/planted.py", "from federation import apps", "by-name"),
        ("pairing/planted.py", "import openpyxl", "excel"),
        ("reporting/planted.py", "from openpyxl import Workbook", "excel"),
        ("federation/planted.py", "import xlsxwriter", "excel"),
        ("reporting/jobs/planted.py", "import zipfile", "excel"),
        ("pairing/planted.py", "from guardian.shortcuts import assign_perm", "guardian"),
        ("federation/views/planted.py", "import guardian.utils", "guardian"),
    ],
)
def test_a_planted_import_breaks_its_contract(copy, module, line, contract):
    target = copy / module
    if not target.parent.is_dir():
        pytest.fail(f"{target.parent} is gone: plant the offence elsewhere")
    target.write_text(f"{line}\n")
    done = lint_imports(copy)
    assert done.returncode == 1
    assert broken(done) == {contract}, done.stdout


@pytest.mark.parametrize(
    "line",
    [
        "from guardian.shortcuts import get_objects_for_user",
        "from guardian.mixins import PermissionRequiredMixin",
        "from guardian.decorators import permission_required",
    ],
)
def test_a_raw_guardian_call_is_refused_with_the_way_to_go(copy, line):
    target = copy / "reporting" / "planted.py"
    target.write_text(f"{line}\n\nprobe = {line.split()[-1]}\n")
    done = ruff(target)
    assert done.returncode == 1
    assert "TID251" in done.stdout
    assert "federation.scope" in done.stdout


def test_every_app_of_ours_is_in_the_contract():
    """A room that is installed but not listed would stay outside the layers unseen."""
    installed = {app for app in settings.INSTALLED_APPS if (ROOT / app / "apps.py").exists()}
    assert installed == set(CONTRACTS["rooms"]["layers"])
    assert installed | {"config"} == set(PYPROJECT["tool"]["importlinter"]["root_packages"])
    assert installed == set(CONTRACTS["by-name"]["forbidden_modules"])
    for key in ("excel", "guardian"):
        assert set(CONTRACTS[key]["source_modules"]) == installed | {"config"}


def test_every_folder_with_apps_is_installed():
    found = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert found == {app for app in settings.INSTALLED_APPS if (ROOT / app).is_dir()}
