"""The files of npm packages: only those listed, and complete enough for the manifest storage."""

import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders

from config.assets import ASSETS

ROOT = settings.BASE_DIR


def test_a_listed_file_is_found_and_an_unlisted_one_is_not():
    assert Path(finders.find("vendor/bootstrap/bootstrap.min.css")).is_file()
    assert finders.find("vendor/bootstrap/package.json") is None
    assert finders.find("vendor/../package.json") is None


def test_all_static_files_can_be_collected_for_real_use(tmp_path):
    """One missing source map or font and every page would answer 500."""
    env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    env |= {"DJANGO_SETTINGS_MODULE": "config.settings.dev", "FULIAN_VAR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "static" / "staticfiles.json").read_text())
    assert set(ASSETS) <= set(manifest["paths"])
