"""One migrated database for all processes of a run; each works on a copy of its own.

Migrating takes eight seconds of a core, copying a quarter of one. Whoever comes first migrates while
the others wait; the process that sent the tests out takes the original away at the end. So it is with
the SQLite file of tests that start a portal without servers.
"""

import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2

from tooling import services

ROOT = Path(__file__).resolve().parent.parent
_NAME = "FULIAN_MIGRATED"


def begin() -> bool:
    """Name the original; True for the process that named it, and is to remove it."""
    if _NAME in os.environ:
        return False
    os.environ[_NAME] = f"fulian_migrated_{secrets.token_hex(6)}"
    return True


def copy_from_now_on(connection) -> None:
    """The test database of this process is made from the original, which is migrated now if nobody
    has done so yet."""
    settings, name = connection.settings_dict, os.environ[_NAME]
    with _lock().open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _stands(name):
            _migrate(connection, name)
    settings["TEST"]["TEMPLATE"] = name


def copy_to(url: str, connection) -> None:
    """Put the empty test database of ``connection`` into the one at ``url``, of whatever server.

    Without PostgreSQL's own programs nothing is done: whoever needs it migrates.
    """
    programs = services._postgres_bindir()
    if not (programs / "pg_dump").exists():
        return
    path = f"/{connection.settings_dict['NAME']}"
    source = urlsplit(os.environ["DATABASE_URL"])._replace(path=path).geturl()
    command = [programs / "pg_dump", "--no-owner", "--dbname", source]
    dumped = subprocess.run(command, capture_output=True, check=True)
    command = [programs / "psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", url]
    subprocess.run(command, input=dumped.stdout, stdout=subprocess.DEVNULL, check=True)


def _migrate(connection, name: str) -> None:
    """Under a name of its own until it is whole: half a database is nothing to copy."""
    settings, begun = connection.settings_dict, f"{name}_begun"
    own, its_test = settings["NAME"], settings["TEST"]["NAME"]
    settings["TEST"]["NAME"] = begun
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connection.close()
        settings["NAME"], settings["TEST"]["NAME"] = own, its_test
    _execute(f'ALTER DATABASE "{begun}" RENAME TO "{name}"')


def sqlite(folder: Path) -> None:
    """Put a migrated database into ``folder``, which is to be the FULIAN_VAR of a portal."""
    original = _folder()
    with _lock(f"{os.environ[_NAME]}_sqlite").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (original / "whole").exists():
            env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
            env |= {"DJANGO_SETTINGS_MODULE": "config.settings.test", "FULIAN_VAR": str(original)}
            command = [sys.executable, "manage.py", "migrate", "-v0"]
            subprocess.run(command, cwd=ROOT, env=env, check=True)
            (original / "whole").touch()
    shutil.copy(original / "portal.sqlite3", folder)


def _folder() -> Path:
    return Path(tempfile.gettempdir(), f"{os.environ[_NAME]}_sqlite")


def remove() -> None:
    """Take the originals away."""
    shutil.rmtree(_folder(), ignore_errors=True)
    _lock(f"{os.environ[_NAME]}_sqlite").unlink(missing_ok=True)
    name = os.environ.pop(_NAME)
    if _lock(name).exists():
        for made in (name, f"{name}_begun"):
            _execute(f'DROP DATABASE IF EXISTS "{made}"')
        _lock(name).unlink()


def _lock(name: str | None = None) -> Path:
    return Path(tempfile.gettempdir(), f"{name or os.environ[_NAME]}.lock")


def _stands(name: str) -> bool:
    return bool(_execute(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))  # noqa: S608 -- a name of ours


def _execute(statement: str) -> list:
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return [row[0] for row in cursor.fetchall()] if cursor.description else []
    finally:
        connection.close()
