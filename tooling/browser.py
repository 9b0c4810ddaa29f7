"""A Chromium for the browser tests: the machine's, Debian's, or one unpacked from npm.

The headless shell is the one sought first: a window of its own costs it a quarter of the processor
time that the whole browser takes, and hundreds of tests open one.
"""

import os
import platform
import shutil
import subprocess
from pathlib import Path

from tooling import environment, frontend, packages
from tooling.console import ROOT, Failure, run_quietly, say, warn
from tooling.environment import PYTHON, STAMPS, VENV
from tooling.stamps import fingerprint

SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PACKED = ROOT / "tooling" / "chromium"
UNPACKED = VENV / "chromium"


def variables() -> dict[str, str]:
    """CHROMIUM_PATH and what goes with it; no CHROMIUM_PATH where no browser can be had."""
    # Playwright's own node needs libatomic, which a bare Debian has not.
    env = {"PLAYWRIGHT_NODEJS_PATH": str(frontend.node().node)}
    path = _on_machine() or _from_apt()
    if path is None:
        try:
            path = _from_npm()
        except Failure as failure:
            warn(str(failure))
    if path is None:
        warn("没有浏览器，浏览器测试将跳过 / NO BROWSER: the browser tests will be skipped")
        return env
    return {**env, "CHROMIUM_PATH": str(path), **_fonts()}


def _on_machine() -> Path | None:
    named = os.environ.get("CHROMIUM_PATH")
    for candidate in [named] if named else [shutil.which(name) for name in NAMES]:
        if candidate and _runs(Path(candidate)):
            return Path(candidate)
    if named:
        raise Failure(f"CHROMIUM_PATH={named} 不能运行 / does not run: correct it or unset it")
    return None


def _runs(path: Path) -> bool:
    """Ubuntu has a chromium-browser that only says where to find the snap."""
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _from_apt() -> Path | None:
    for name in (SHELL, "chromium"):
        if packages.try_install(name, "fonts-noto-cjk"):
            return _on_machine()
    return None


def _from_npm() -> Path | None:
    """A Chromium built for bare servers, with its own libraries; started by a small script."""
    launcher = UNPACKED / "chromium"
    lock = PACKED / "package-lock.json"
    stamp = fingerprint([lock, PACKED / "unpack.py"], str(UNPACKED))
    if STAMPS.holds("chromium", stamp) and launcher.exists():
        return launcher
    if platform.machine() != "x86_64":
        return None
    environment.prepare("browser")
    frontend.install(PACKED)
    say("解压 Chromium / unpacking Chromium")
    run_quietly(
        [PYTHON, PACKED / "unpack.py", PACKED / "node_modules", UNPACKED],
        "Chromium 解压失败 / Chromium could not be unpacked; or install chromium yourself",
    )
    if not _runs(launcher):
        return None
    STAMPS.set("chromium", stamp)
    return launcher


def _fonts() -> dict[str, str]:
    """A fontconfig file that adds a Chinese font where the machine has none.

    Without any font at all the renderer of the unpacked Chromium crashes.
    """
    if os.environ.get("FONTCONFIG_FILE") or _machine_has_chinese_font():
        return {}
    environment.prepare("browser")
    fonts = VENV.glob("lib/python*/site-packages/pylopdf_fonts_zh_cn")
    folders = "".join(f"<dir>{path}</dir>" for path in ["/usr/share/fonts", *fonts])
    config = VENV / "fonts.conf"
    config.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n'
        f"<fontconfig>{folders}<cachedir>{VENV / 'fontcache'}</cachedir></fontconfig>\n"
    )
    return {"FONTCONFIG_FILE": str(config)}


def _machine_has_chinese_font() -> bool:
    try:
        asked = subprocess.run(["fc-list", ":lang=zh-cn", "file"], capture_output=True, text=True)
    except OSError:
        return False
    return bool(asked.stdout.strip())
