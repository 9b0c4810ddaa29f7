"""A second host for the tests of backup: a database of its own, folders of its own, the same keys."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg2
from django.conf import settings

from administration.backup import archive, sealing


def on_server(url: str, statement: str) -> list[tuple]:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


class Host:
    """``manage(…)`` runs a command there; ``ask(…)`` reads its database."""

    def __init__(self, url: str, folder: Path):
        self.url, self.folder = url, folder
        self.media, self.anchor = folder / "media", folder / "anchor.txt"
        self.erased = folder / "erased.txt"

    def _run(self, *command: str) -> subprocess.CompletedProcess:
        env = {**os.environ, "DATABASE_URL": self.url, "FULIAN_VAR": str(self.folder)}
        env |= {"DJANGO_SETTINGS_MODULE": "config.settings.test", "PYTHONWARNINGS": "ignore"}
        env |= {"MEDIA_ROOT": str(self.media), "FIELD_KEYS_FILE": str(settings.FIELD_KEYS_FILE)}
        env |= {"AUDIT_ANCHOR_FILE": str(self.anchor), "ERASURE_LOG_FILE": str(self.erased)}
        env.pop("DATABASE_ADMIN_URL", None)
        return subprocess.run(
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            env=env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def manage(self, *command: object) -> subprocess.CompletedProcess:
        return self._run("manage.py", *map(str, command))

    def told(self, script: str, *words: object):
        """What ``script`` prints as JSON, with the portal set up on this host."""
        done = self._run("-c", f"import django; django.setup()\n{script}", *map(str, words))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def each(self, files: dict[str, Path], key_file: Path) -> dict[str, str]:
        """The sentence with which ``restore`` refuses each of ``files``; empty where it did not."""
        script = f"""
import json
from pathlib import Path
from administration.backup import Refused, restoring
said = {{}}
for name, path in {[(name, str(path)) for name, path in files.items()]!r}:
    try:
        restoring.restore(Path(path), Path({str(key_file)!r}))
        said[name] = ""
    except Refused as why:
        said[name] = str(why)
print(json.dumps(said))
"""
        return self.told(script)

    def ask(self, statement: str) -> list[tuple]:
        return on_server(self.url, statement)

    def rows(self) -> dict[str, int]:
        """How many rows each table holds."""
        return rows_of(self.ask)

    def files(self) -> set[str]:
        held = [path for path in self.media.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.media)) for path in held}


def rows_of(ask) -> dict[str, int]:
    names = ask("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 2200")
    return {name: ask(f'SELECT count(*) FROM "{name}"')[0][0] for (name,) in names}  # noqa: S608


def columns(ask, table: str) -> set[str]:
    named = f"'\"{table}\"'::regclass"
    return {
        name
        for (name,) in ask(
            f"SELECT attname FROM pg_attribute WHERE attrelid = {named} AND attnum > 0"  # noqa: S608
        )
    }


def fingerprint(ask, table: str, without: str = "false") -> tuple:
    """How many rows but those ``without``, and their MD5 in order, computed by the database."""
    words = "count(*), md5(string_agg(t::text, E'\\n' ORDER BY id))"
    return ask(f'SELECT {words} FROM "{table}" t WHERE ({without}) IS NOT TRUE')[0]  # noqa: S608


def altered(backup: Path, key_file: Path, target: Path, *, tell=None, **parts) -> Path:
    """``backup`` as one who holds the key writes it anew: parts and what the manifest tells changed.

    Each is a function of what was there. The sums of changed tables are those of the new rows.
    """
    key, sums, out = sealing.read_key(key_file), {}, io.BytesIO()
    with backup.open("rb") as file:
        reader = archive.Reader(io.BufferedReader(sealing.Opener(file, key)))
        sealer = sealing.Sealer(out, key)
        writer = archive.Writer(sealer)
        for name, blocks in reader.parts():
            data = b"".join(blocks)
            table = name.removeprefix("table/")
            if name == archive.MANIFEST:
                told = json.loads(data)
                del told["parts"]
                told["tables"] |= sums
                writer.end(told | {key: change(told[key]) for key, change in (tell or {}).items()})
                continue
            if table in parts:
                data = parts[table](data)
                sums[table] = [data.count(b"\n"), hashlib.sha256(data).hexdigest()]
            writer.part(name, [data])
        sealer.finish()
    target.write_bytes(out.getvalue())
    return target


@contextmanager
def empty_host(folder: Path):
    """A host whose database has not a single table."""
    name = f"restored_{uuid4().hex[:12]}"
    server = os.environ["DATABASE_URL"]
    on_server(server, f'CREATE DATABASE "{name}" TEMPLATE template0')
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield Host(re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", server, count=1), folder)
    finally:
        on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')
