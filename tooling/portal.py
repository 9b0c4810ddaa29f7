"""Preparing and serving the portal: the database, the demo, the two ways of running."""

import errno
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from tooling import children, environment, frontend
from tooling.console import ROOT, Command, Failure, rooms, say
from tooling.environment import PYTHON
from tooling.stamps import Stamps, fingerprint

VAR = Path(os.environ.get("FULIAN_VAR") or ROOT / "var").absolute()
DEMO = Stamps(VAR / ".stamps")
# What `run` makes below VAR; `reset` removes these and nothing else, whatever VAR may be.
MADE = ("portal.sqlite3", "portal.sqlite3-wal", "portal.sqlite3-shm", "broker", "media", ".stamps")


def variables() -> dict[str, str]:
    """The environment of the portal's processes: development settings unless others are named."""
    env = {**os.environ, "FULIAN_VAR": str(VAR)}
    env.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    return env


def on_servers() -> bool:
    """True with PostgreSQL and Redis, False with SQLite and the filesystem queue."""
    named = [name for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)]
    if len(named) == 1:
        raise Failure(
            f"只设置了 {named[0]} / DATABASE_URL and REDIS_URL go together: set both, or neither"
        )
    return bool(named)


def require_servers() -> None:
    if not on_servers():
        raise Failure(
            "worker 需要 DATABASE_URL 和 REDIS_URL；没有时 run 自带后台作业 / worker needs both; "
            "without them `run` has its worker inside"
        )


def await_migrations(env: dict[str, str]) -> None:
    """Wait until ``run`` (or a deployment) has brought the database up to date."""
    told = False
    command: Command = [PYTHON, "manage.py", "migrate", "--check"]
    while subprocess.run(command, env=env, cwd=ROOT, capture_output=True).returncode:
        if not told:
            say("等待数据库迁移 / waiting for `run` or `manage.py migrate` to prepare the database")
            told = True
        time.sleep(2)


def run(bind: str, port: int) -> None:
    """Set up what is missing, then become the web server."""
    servers = on_servers()
    _refuse_taken(bind, port)
    environment.prepare("base")
    frontend.install()
    env = variables()
    VAR.mkdir(parents=True, exist_ok=True)
    frontend.collect(env, VAR / "static")
    _prepare_data(env, servers=servers)
    sys.stdout.flush()
    serve = [str(PYTHON), "-m", "config.serve", "--bind", bind, "--port", str(port)]
    os.execve(PYTHON, serve, env)  # noqa: S606


def _refuse_taken(bind: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Failure(
                    f"端口 {port} 已被占用 / port {port} is taken; try: "
                    f"python3 dev.py run --port {port + 1}"
                ) from error
            raise Failure(
                f"不能监听 {bind}:{port} / cannot listen there: {error.strerror}"
            ) from error


def _prepare_data(env: dict[str, str], *, servers: bool) -> None:
    """Migrate and load; for the SQLite demo only when the code or the fixtures changed."""
    demo = not env["DJANGO_SETTINGS_MODULE"].endswith(".prod")
    stamp = fingerprint(_sources(), str(VAR))
    if demo and not _keys_file(env).exists():
        _manage(env, "make_keys")
    if not servers and DEMO.holds("demo", stamp) and (VAR / "portal.sqlite3").exists():
        _manage(env, "load_demo", "--accounts")
        return
    say("准备数据库 / preparing the database")
    _manage(env, "migrate", "-v0")
    _manage(env, "load_divisions")
    if demo:
        _manage(env, "load_demo")
    if not servers:
        DEMO.set("demo", stamp)


def _keys_file(env: dict[str, str]) -> Path:
    return Path(env.get("FIELD_KEYS_FILE") or VAR / "keys.json")


def _sources() -> list[Path]:
    folders = [*rooms(), ROOT / "fixtures"]
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    found = [path for path in found if "__pycache__" not in path.parts]
    return [*found, environment.REQUIREMENTS / "base.txt"]


def _manage(env: dict[str, str], command: str, *arguments: str) -> None:
    if children.run_and_wait([PYTHON, "manage.py", command, *arguments], env, ROOT):
        raise Failure(
            f"manage.py {command} 失败，原因见上；演示数据可用 dev.py reset 清除 / failed, see above; "
            "`dev.py reset` removes the demo data"
        )


def reset(*, ask: bool) -> None:
    """Remove the SQLite demo and its files; a PostgreSQL database is nobody's to drop here."""
    doomed = [VAR / name for name in MADE if (VAR / name).exists()]
    if not doomed:
        say("没有演示数据 / there is no demo data")
        return
    if ask:
        try:
            answer = input(f"删除 {VAR} 中的演示数据库和文件？/ Remove the demo there? [y/N] ")
        except EOFError:
            answer = ""
        if answer.strip().lower() not in ("y", "yes", "是"):
            raise Failure("未删除 / nothing removed (dev.py reset --yes does not ask)")
    for path in doomed:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    say("已清除 / removed")
