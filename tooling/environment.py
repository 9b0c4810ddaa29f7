"""The virtual environment: made by the standard library, filled from the hashed lock files.

pip installs uv, uv installs the rest (five times faster); where uv cannot, pip does all of it.
"""

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tooling import packages
from tooling.console import ROOT, Command, Failure, run_quietly, say
from tooling.stamps import Stamps, fingerprint

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements"
STAMPS = Stamps(VENV / ".stamps")
NETWORK = "请检查网络或镜像设置 / check the network, or the mirror in pip.conf or PIP_INDEX_URL"


def prepare(*groups: str) -> None:
    """Make the environment and install the lock files named, unless that was done before."""
    with _alone():
        _make_venv()
        for group in groups:
            _install(group)


@contextmanager
def _alone() -> Iterator[None]:
    """Two commands started at once do not install into one environment together."""
    with (ROOT / "requirements" / "base.txt").open() as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _make_venv() -> None:
    stamp = fingerprint([], str(VENV))
    if STAMPS.holds("venv", stamp) and PYTHON.exists():
        return
    if not _usable():
        say("建立 Python 环境 / making the Python environment .venv")
        remedy = f"无法建立环境 / could not make {VENV}: is the folder writable, the disk full?"
        if importlib.util.find_spec("ensurepip") is not None:
            run_quietly([sys.executable, "-m", "venv", "--clear", VENV], remedy)
        elif not _venv_without_ensurepip(remedy):
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            raise Failure(
                "此机缺少 python3-venv，请先执行 / python3-venv is missing, run: "
                f"sudo apt-get install python{version}-venv"
            )
    STAMPS.set("venv", stamp)


def _usable() -> bool:
    """Is there an environment of this Python version, with pip, at this very place?"""
    probe = "import sys, pip; print(sys.prefix, *sys.version_info[:2])"
    if not PYTHON.exists():
        return False
    asked = subprocess.run([PYTHON, "-c", probe], capture_output=True, text=True)
    expected = f"{VENV} {sys.version_info.major} {sys.version_info.minor}"
    return asked.returncode == 0 and asked.stdout.strip() == expected


def _venv_without_ensurepip(remedy: str) -> bool:
    """Debian splits ensurepip off: get it by apt, or take the pip, uv or virtualenv at hand."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    in_system = Path(sys.executable).resolve().parent == Path("/usr/bin")
    if in_system and packages.try_install(f"python{version}-venv"):
        run_quietly([sys.executable, "-m", "venv", "--clear", VENV], remedy)
        return True
    if importlib.util.find_spec("pip") is not None:
        run_quietly([sys.executable, "-m", "venv", "--clear", "--without-pip", VENV], remedy)
        pip: Command = [sys.executable, "-m", "pip", "--python", PYTHON, "install", "-q", "pip"]
        run_quietly(pip, f"pip 安装失败 / pip could not be installed. {NETWORK}")
        return True
    if uv := shutil.which("uv"):
        seed: Command = [uv, "venv", "-q", "--clear", "--seed", "-p", sys.executable, VENV]
        run_quietly(seed, f"uv venv 失败 / uv could not make the environment. {NETWORK}")
        return True
    if virtualenv := shutil.which("virtualenv"):
        run_quietly([virtualenv, "-q", "-p", sys.executable, VENV], remedy)
        return True
    return False


def _install(group: str) -> None:
    lock = REQUIREMENTS / f"{group}.txt"
    stamp = fingerprint([lock], str(VENV))
    if STAMPS.holds(group, stamp):
        return
    _install_uv()
    say(f"安装依赖 / installing requirements/{group}.txt")
    uv = VENV / "bin" / "uv"
    if uv.exists():
        command: Command = [
            uv,
            "pip",
            "install",
            "-q",
            "--python",
            PYTHON,
            "--require-hashes",
            "-r",
            lock,
        ]
        try:
            run_quietly(command, "uv 未能安装，改用 pip / uv failed, trying pip", env=_uv_env())
        except Failure as failure:
            say(str(failure))
        else:
            STAMPS.set(group, stamp)
            return
    run_quietly(
        [PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock],
        f"依赖安装失败 / requirements/{group}.txt could not be installed. {NETWORK}",
    )
    STAMPS.set(group, stamp)


def _install_uv() -> None:
    lock = REQUIREMENTS / "uv.txt"
    stamp = fingerprint([lock], str(VENV))
    if STAMPS.holds("uv", stamp):
        return
    pip: Command = [PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock]
    try:
        run_quietly(pip, "没有 uv，改用 pip / no uv for this machine, using pip alone")
    except Failure as failure:
        say(str(failure))
    else:
        STAMPS.set("uv", stamp)


def lock() -> None:
    """Resolve pyproject.toml anew and write the hashed lock files, which name no registry."""
    _install_uv()
    uv, remedy = VENV / "bin" / "uv", f"锁定失败，原因见上 / could not lock, see above. {NETWORK}"
    # A base interpreter by its absolute name: uv would else try to download one.
    interpreter = Path(sys.executable).resolve()
    run_quietly([uv, "lock", "-q", "-p", interpreter], remedy, env=_uv_env())
    export: Command = [
        uv,
        "export",
        "-q",
        "--frozen",
        "--no-emit-project",
        "--no-header",
        "--no-annotate",
    ]
    for group in ("base", "uv", "assets", "browser", "dev", "bench"):
        chosen = ["--no-default-groups"] if group == "base" else ["--only-group", group]
        target = REQUIREMENTS / f"{group}.txt"
        run_quietly([*export, *chosen, "-o", target], remedy, env=_uv_env())
        if "://" in target.read_text():
            raise Failure(f"{target.name} 含有网址 / names a URL: a lock must fit any mirror")


def _uv_env() -> dict[str, str]:
    """uv does not read pip's settings: hand it the mirror and certificates pip would use."""
    env = {"UV_PYTHON_DOWNLOADS": "never"}
    if os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL"):
        return env
    asked = subprocess.run(
        [PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, cwd=ROOT
    )
    for line in asked.stdout.splitlines():
        key, _, quoted = line.partition("=")
        scope, _, name = key.partition(".")
        words = quoted.strip("'\"").replace("\\n", " ").split()
        if not words or scope not in ("global", "install", ":env:"):
            continue
        if name == "index-url":
            env["UV_DEFAULT_INDEX"] = words[0]
        elif name == "extra-index-url":
            # uv stops at the first index that knows a name, pip asks all; the hashes guard both.
            env["UV_INDEX"] = " ".join(word for word in words if word.startswith("http"))
            env["UV_INDEX_STRATEGY"] = "unsafe-best-match"
        elif name == "cert":
            env["SSL_CERT_FILE"] = words[0]
    return env
