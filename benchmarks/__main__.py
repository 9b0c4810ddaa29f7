"""``python -m benchmarks [names] [--full]``: builds a country in a database of its own, measures.

``dev.py bench`` calls it with PostgreSQL and Redis in the environment. The database is dropped at
the end, whatever happens.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("list", "scope", "ledger", "forms", "reading", "tasks", "sealing", "registry", "pairs")
SIZES = {  # units of the country, submissions of its busy city, rows of the ledger, forms a round
    "tiny": (120, 60, 100, 1),
    "usual": (60_000, 20_000, 10_000, 20),
    "full": (665_271, 20_000, 100_000, 50),
}


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py bench", description="Figures beside their peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)} (all)")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--full", action="store_const", const="full", dest="size")
    sizes.add_argument("--tiny", action="store_const", const="tiny", dest="size")
    parser.add_argument(
        "--divisions", type=Path, metavar="FILE", help="a real list, .csv or .csv.gz"
    )
    parser.add_argument("--rounds", type=int, default=0, help="interleaved rounds (5)")
    parser.set_defaults(size="usual")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: there are {', '.join(NAMES)}")
    options.names = options.names or list(NAMES)
    options.rounds = options.rounds or (1 if options.size == "tiny" else 5)
    return options


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith(("postgres", "sqlite")):
        print("没有数据库 / no database: run `python3 dev.py bench`, or set DATABASE_URL")
        return 1
    cores = len(os.sched_getaffinity(0))
    print(
        f"{time.strftime('%Y-%m-%d')} · {cores} cores · Python {platform.python_version()} · "
        f"size {options.size} · medians of {options.rounds} interleaved rounds, (min–max)\n"
        "Ratios are to ours: 2.00× takes twice as long. Absolute times do not travel."
    )
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    with tempfile.TemporaryDirectory(prefix="fulian-bench-") as folder:
        os.environ["FULIAN_VAR"] = str(Path(folder) / "var")
        Path(os.environ["FULIAN_VAR"]).mkdir()
        if url.startswith("sqlite"):
            _measure(options, url)
            return 0
        with _database_of_its_own(url) as own:
            _measure(options, own)
        if "scope" in options.names and options.size != "tiny":
            return _on_sqlite(arguments, Path(folder))
    return 0


def _measure(options: argparse.Namespace, url: str) -> None:
    os.environ["DATABASE_URL"] = url
    import django  # noqa: PLC0415 -- the settings read the environment just made

    django.setup()
    from django.db import connections  # noqa: PLC0415

    from benchmarks import measures  # noqa: PLC0415 -- needs the apps loaded

    try:
        measures.run(options, SIZES[options.size])
    finally:
        connections.close_all()


def _on_sqlite(arguments: list[str], folder: Path) -> int:
    """The scope again on the other engine, in a process of its own."""
    wished = [word for word in arguments if word not in NAMES]
    env = {**os.environ, "DATABASE_URL": f"sqlite:///{folder / 'bench.sqlite3'}"}
    command = [sys.executable, "-m", "benchmarks", "scope", *wished]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode  # noqa: S603 -- itself


@contextmanager
def _database_of_its_own(url: str) -> Iterator[str]:
    import psycopg2  # noqa: PLC0415 -- only where there is PostgreSQL
    from psycopg2 import sql  # noqa: PLC0415

    name = f"fulian_bench_{os.getpid()}"
    server = psycopg2.connect(url)
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        with suppress(psycopg2.Error), server.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        server.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
