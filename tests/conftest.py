"""Services, the browser and the worker of the tests. Fixtures of the domain: tests/fixtures_*.py."""

import gc
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import battery
import days
import hypothesis
import migrated
import psycopg2
import pytest
from longest import LONGEST

ROOT = Path(__file__).resolve().parent.parent
VIEWPORTS = {"desktop": (1440, 900), "office": (1366, 768), "phone": (390, 844)}
LAUNCH_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
# A refused page (404, 409) is an answer; Chromium reports each as an error of its own.
HARMLESS = re.compile(r"Failed to load resource")
BROWSER_SKIPS = pytest.StashKey[list[str]]()
NAMED_THE_ORIGINAL = pytest.StashKey[bool]()
NEARLY_MIDNIGHT = 20  # seconds; nearly every test takes less


# How long an example takes to make says how busy the machine is, not what the code does.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
    if missing:
        raise pytest.UsageError(
            f"{' and '.join(missing)} not set: run the tests with `python3 dev.py test`, "
            "which finds or starts PostgreSQL and Redis"
        )
    try:
        battery.chosen()
    except ValueError as unknown:
        raise pytest.UsageError(str(unknown)) from unknown
    battery.begin()
    config.stash[NAMED_THE_ORIGINAL] = migrated.begin()
    # Playwright's synchronous API runs an event loop beside the ORM.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    config.stash[BROWSER_SKIPS] = []


def pytest_collection_finish() -> None:
    """What is loaded now stays to the end: the collector of garbage need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_runtest_setup() -> None:
    """A test asks what day it is more than once: it is not begun when the day is about to end."""
    days.wait_out(NEARLY_MIDNIGHT)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first. Without a Chromium the browser tests are skipped, and it is said loudly."""
    order = {file: place for place, file in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.nodeid.partition("::")[0], len(order)))
    if battery.FULL:
        _keep_the_chosen(config, items)
    if os.environ.get("CHROMIUM_PATH"):
        return
    skip = pytest.mark.skip(reason="no Chromium: CHROMIUM_PATH is not set")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(skip)
            config.stash[BROWSER_SKIPS].append(item.nodeid)


def _keep_the_chosen(config: pytest.Config, items: list[pytest.Item]) -> None:
    among = battery.chosen()
    left = [
        item
        for item in items
        if not battery.runs((mark.args[0] for mark in item.iter_markers("battery")), among)
    ]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if hasattr(config, "workerinput"):
        return  # the process that sent the tests out sums them up
    if config.stash[NAMED_THE_ORIGINAL]:
        migrated.remove()
    if said := battery.end():
        terminalreporter.section("battery, full" if battery.FULL else "battery, short counts")
        for group, line in said:
            terminalreporter.line(f"{group:>4}  {line}")
    skipped = config.stash.get(BROWSER_SKIPS, [])
    if skipped:
        terminalreporter.section("NO BROWSER", sep="!", red=True, bold=True)
        terminalreporter.line(
            f"没有浏览器，跳过了 {len(skipped)} 个浏览器测试 / {len(skipped)} BROWSER TESTS NOT RUN. "
            "Install chromium, or set CHROMIUM_PATH, and run `python3 dev.py test` again.",
            red=True,
        )


@pytest.fixture(scope="session", autouse=True)
def key_ring() -> None:
    """The keys of sealed values, one file for all processes of a run."""
    from django.conf import settings  # noqa: PLC0415 -- settings must be read first

    from federation import encryption  # noqa: PLC0415

    with suppress(FileExistsError):
        encryption.new_ring_file(Path(settings.FIELD_KEYS_FILE))


# What a handler holds of the middleware (django.core.handlers.base).
LOADED = {
    f"_{name}"
    for name in (
        "view_middleware", "template_response_middleware", "exception_middleware", "middleware_chain",
    )
}  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def one_chain() -> Iterator[None]:
    """The middleware is put up once for all clients, as in a server, and anew where a setting changes.

    Each client of its own would put it up at its first request, which takes as long as answering it.
    """
    from django.core.signals import setting_changed  # noqa: PLC0415 -- settings must be read first
    from django.test.client import ClientHandler  # noqa: PLC0415

    put_up = ClientHandler.load_middleware
    standing: list[dict] = []

    def load_middleware(handler, is_async=False) -> None:
        chain = standing[0] if standing else {}
        if not chain:
            put_up(handler, is_async)
            chain = {name: value for name, value in vars(handler).items() if name in LOADED}
            standing[:] = [chain]
        vars(handler).update(chain)

    def take_down(**_changed) -> None:
        standing.clear()

    ClientHandler.load_middleware = load_middleware
    setting_changed.connect(take_down)
    yield
    setting_changed.disconnect(take_down)
    ClientHandler.load_middleware = put_up


# -- Browser --------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def browser_path() -> str:
    """The Chromium to drive; the test is skipped where there is none."""
    path = os.environ.get("CHROMIUM_PATH")
    if not path:
        pytest.skip("no Chromium: CHROMIUM_PATH is not set")
    return path


@pytest.fixture(scope="session")
def chromium(browser_path):
    """One Chromium for the whole session (a playwright Browser)."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- half a second, browsers only

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=LAUNCH_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def page_for(chromium) -> Iterator[Callable]:
    """``page_for(viewport="desktop", **context_options)``: a page in a context of its own.

    ``viewport`` is a key of VIEWPORTS or (width, height). At the end of the test every script
    error and every console error of these pages, a refused CSP load among them, fails it.
    """
    contexts, complaints = [], []

    def listen(page) -> None:
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: _note(page, message))

    def _note(page, message) -> None:
        if message.type == "error" and not HARMLESS.search(message.text):
            complaints.append(f"{page.url}: {message.text}")

    def open_page(viewport="desktop", **options):
        width, height = VIEWPORTS.get(viewport, viewport)
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **options,
        )
        context.set_default_timeout(10_000)
        context.on("page", listen)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == [], "errors in the browser's console"


@pytest.fixture
def sits(page_for, live_server) -> Callable:
    """``sits(user)``: a page signed in as her, without the login page in between."""
    from django.conf import settings  # noqa: PLC0415 -- settings must be read first
    from django.test import Client  # noqa: PLC0415

    def signed_in(user):
        client = Client()
        client.force_login(user)
        page = page_for("desktop")
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
        page.context.add_cookies([cookie])
        return page

    return signed_in


# -- Worker ---------------------------------------------------------------------------------------
@contextmanager
def _celery_worker(database: str, *, concurrency: int = 2) -> Iterator[subprocess.Popen]:
    """A real Celery worker in a process of its own, on the test database named."""
    url = re.sub(r"/[^/?]*(\?|$)", rf"/{database}\1", os.environ["DATABASE_URL"], count=1)
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "threads"]
    command += ["--concurrency", str(concurrency), "--loglevel", "INFO", "--purge"]
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    process = subprocess.Popen(
        [*command, "--without-gossip", "--without-mingle", "--hostname", f"{database}@test"],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    ready = threading.Event()

    def read() -> None:
        for line in process.stdout:
            lines.append(line)
            if line.rstrip().endswith("ready."):
                ready.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        if not ready.wait(30):
            pytest.fail(f"the Celery worker did not start:\n{''.join(lines)}")
        process.lines = lines
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(5)
        process.stdout.close()


@pytest.fixture(scope="session")
def celery_worker_process() -> Callable:
    """``with celery_worker_process(connection.settings_dict["NAME"]) as worker:``

    Use with ``transactional_db`` or ``live_server``: the worker sees committed rows only.
    ``worker.lines`` is what it has logged so far.
    """
    return _celery_worker


# -- Database -------------------------------------------------------------------------------------
# Between two tests nearly every table is empty. PostgreSQL would note that of them, and then read a
# test's thousand grants with a plan for none: a question asked on every page took a hundred times as
# long. Without a note it goes by the size of the table. What is dead, we sweep out ourselves.
WITHOUT_AUTOVACUUM = """
DO $$ DECLARE t regclass; BEGIN
  FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', t);
  END LOOP;
END $$"""
SWEPT_EVERY, MANY_DEAD = 150, 10_000  # tests; rows
_tests_done = 0


def pytest_runtest_logfinish() -> None:
    global _tests_done
    _tests_done += 1
    if _tests_done % SWEPT_EVERY == 0:
        with suppress(psycopg2.OperationalError):  # no database yet, or none any more
            _sweep()


def _sweep() -> None:
    """Take the dead rows of earlier tests away; what a test holds locked is left for the next time."""
    from django.db import connection  # noqa: PLC0415 -- settings must be read first

    if connection.vendor != "postgresql":
        return
    beside = psycopg2.connect(**connection.get_connection_params())
    try:
        beside.autocommit = True
        with beside.cursor() as cursor:
            cursor.execute(
                "SELECT quote_ident(relname) FROM pg_stat_user_tables WHERE n_dead_tup > %s",
                [MANY_DEAD],
            )
            if bloated := ", ".join(name for (name,) in cursor.fetchall()):
                cursor.execute(f"VACUUM (SKIP_LOCKED) {bloated}")
    finally:
        beside.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request, django_db_modify_db_settings_parallel_suffix, django_db_blocker
) -> None:
    """Processes side by side copy one migrated database instead of migrating each its own."""
    from django.db import connection  # noqa: PLC0415 -- settings must be read first

    if hasattr(request.config, "workerinput") and connection.vendor == "postgresql":
        with django_db_blocker.unblock():
            migrated.copy_from_now_on(connection)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The database of the tests may be emptied; any other refuses to truncate the audit trail.

    At the end whoever still holds it (a worker just told to stop, a browser's last request) is sent
    away, or it could not be dropped.
    """
    from django.conf import settings  # noqa: PLC0415 -- settings must be read first
    from django.db import connection  # noqa: PLC0415

    if connection.vendor != "postgresql":  # see test_on_sqlite.py
        yield
        return
    if settings.ROW_SECURITY:
        with django_db_blocker.unblock():
            _raise_the_second_wall(settings.ROW_SECURITY_ROLE)
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET fulian.maintenance = 'on'")
        cursor.execute(WITHOUT_AUTOVACUUM)
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _raise_the_second_wall(role: str) -> None:
    """``ROW_SECURITY=on ROW_SECURITY_ROLE=pages dev.py test``: the tests with the policies up."""
    from django.db import connection  # noqa: PLC0415 -- settings must be read first

    from federation import row_security  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE ROLE {connection.ops.quote_name(role)}")
    row_security.apply(role)


# -- The domain -----------------------------------------------------------------------------------
from archives import archives, carers, programmes  # noqa: E402, F401 -- of tests/archives.py
from pairs import pairs  # noqa: E402, F401 -- of tests/pairs.py
from world import calls, org, people  # noqa: E402, F401 -- fixtures of tests/world.py
