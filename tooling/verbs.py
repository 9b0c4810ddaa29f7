"""The verbs of ``dev.py``."""

import argparse
import contextlib
import os
import signal
import sys
import time
from pathlib import Path

from tooling import browser, children, environment, frontend, portal, services
from tooling.checks import check, fix
from tooling.console import ROOT, Command, Failure, say
from tooling.environment import PYTHON

STARTED = time.monotonic()


def main(arguments: list[str]) -> int:
    """Run one verb; the exit code of ``test`` is pytest's, 1 for a failed step, 130 for Ctrl-C."""
    options, rest = _parser().parse_known_args(arguments)
    if rest and options.verb not in ("test", "bench"):
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    os.chdir(ROOT)
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _leave)
    try:
        return VERBS[options.verb](options, rest)
    except Failure as failure:
        print(f"✗ {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _leave(signum: int, _frame: object) -> None:
    """Unwind like Ctrl-C does, so that services are stopped and folders removed."""
    raise SystemExit(128 + signum)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py", description="妇联工作台: run, test, check.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    run = verbs.add_parser("run", help="set up, load the demo and serve it")
    run.add_argument("--port", type=int, default=8000)
    run.add_argument("--bind", default="127.0.0.1", metavar="ADDR")
    tests = verbs.add_parser(
        "test", help="run the tests; other arguments go to pytest", add_help=False
    )
    tests.add_argument(
        "--battery",
        nargs="?",
        const="",
        metavar="GROUPS",
        help="the acceptance battery in full counts; T1,T20 only these groups, all every one",
    )
    checks = verbs.add_parser("check", help="linters, types, layers, migrations, templates")
    checks.add_argument("--fix", action="store_true", help="first repair and format what can be")
    verbs.add_parser("worker", help="Celery worker and dispatcher beside `run` (PostgreSQL, Redis)")
    verbs.add_parser("bench", help="benchmarks; other arguments go to them", add_help=False)
    reset = verbs.add_parser("reset", help="remove the demo database and its files")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    verbs.add_parser("lock", help="write requirements/*.txt anew from pyproject.toml")
    return parser


def _run(options: argparse.Namespace, _rest: list[str]) -> int:
    portal.run(options.bind, options.port)
    return 0


def _test(options: argparse.Namespace, rest: list[str]) -> int:
    environment.prepare("base", "dev")
    frontend.install()
    env = {**os.environ, **browser.variables()}
    # An exported settings module would win over the one in pyproject.toml.
    env.pop("DJANGO_SETTINGS_MODULE", None)
    full = options.battery is not None
    if full:
        if "/" in options.battery:  # a path that stood behind the word
            options.battery, rest = "", [options.battery, *rest]
        env |= {"FULIAN_BATTERY": "full", "FULIAN_BATTERY_GROUPS": options.battery}
    if full or not rest:
        # Whole runs: a process a core and two more, because some wait for workers and browsers;
        # a file stays in one of them with its fixtures, and tests/conftest.py says which goes first.
        processes = min(4, os.cpu_count() or 1) + 2
        spread = ["-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder"]
        rest = [*(["-m", "battery"] if full else []), *spread, *rest]
    return _with_services([PYTHON, "-m", "pytest", *rest], env)


def _bench(_options: argparse.Namespace, rest: list[str]) -> int:
    environment.prepare("base", "dev", "bench")
    frontend.install()
    return _with_services([PYTHON, "-m", "benchmarks", *rest], dict(os.environ))


def _with_services(command: list[str | Path], env: dict[str, str]) -> int:
    with services.running() as named:
        say(f"准备用时 / ready after {time.monotonic() - STARTED:.1f} s")
        return children.run_and_wait(command, {**env, **named}, ROOT)


def _check(options: argparse.Namespace, _rest: list[str]) -> int:
    environment.prepare("base", "dev")
    if options.fix:
        fix()
    return check()


def _worker(_options: argparse.Namespace, _rest: list[str]) -> int:
    portal.require_servers()
    environment.prepare("base")
    env = portal.variables()
    portal.await_migrations(env)
    commands: tuple[Command, ...] = (
        [PYTHON, "-m", "celery", "-A", "config", "worker", "--loglevel", "INFO"],
        [PYTHON, "manage.py", "dispatch_jobs"],
    )
    running = [children.start_beside(command, env, ROOT) for command in commands]
    with contextlib.ExitStack() as stack:
        for process in running:
            stack.callback(children.stop, process, patience=60)
        while all(process.poll() is None for process in running):
            time.sleep(0.5)
    raise Failure("worker 或 dispatch_jobs 已退出，见上 / one of the two ended, see above")


def _reset(options: argparse.Namespace, _rest: list[str]) -> int:
    portal.reset(ask=not options.yes)
    return 0


def _lock(_options: argparse.Namespace, _rest: list[str]) -> int:
    environment.prepare("base")
    environment.lock()
    return 0


VERBS = {
    "run": _run,
    "test": _test,
    "check": _check,
    "worker": _worker,
    "bench": _bench,
    "reset": _reset,
    "lock": _lock,
}
