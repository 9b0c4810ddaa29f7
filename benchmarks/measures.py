"""What each name of ``dev.py bench`` measures, in the order it is printed."""

import argparse
import gc
import time

from django.core.management import call_command

from benchmarks import (
    archives,
    divisions,
    form_fill,
    list_page,
    pairs,
    queryset_export,
    reading,
    scope_reach,
    sealing,
    tasks,
)
from benchmarks.country import Country, plant


def run(options: argparse.Namespace, sizes: tuple[int, int, int, int]) -> None:
    units, busiest, ledger, forms = sizes
    measures = {
        "forms": lambda _country: form_fill.run(forms, rounds=options.rounds),
        "ledger": lambda country: queryset_export.run(
            country, ledger, rounds=options.rounds, weigh=options.size != "tiny"
        ),
        "list": lambda country: list_page.run(country, rounds=options.rounds, size=options.size),
        "reading": lambda _country: reading.run(ledger, 50 * forms, rounds=options.rounds),
        "pairs": lambda _country: pairs.run(rounds=options.rounds, size=options.size),
        "registry": lambda _country: archives.run(rounds=options.rounds, size=options.size),
        "scope": lambda country: scope_reach.run(country, rounds=options.rounds),
        "sealing": lambda _country: sealing.run(rounds=options.rounds),
        "tasks": lambda _country: tasks.run(rounds=options.rounds, size=options.size),
    }
    chosen = [name for name in measures if name in options.names]
    call_command("migrate", verbosity=0, skip_checks=True)
    if not {"list", "scope"} & set(chosen):
        units = min(units, 2 * ledger)  # enough submissions for the ledger alone
    alone = set(chosen) <= {"forms", "pairs", "reading", "registry", "sealing", "tasks"}
    country = None if alone else _country(options, units, busiest)
    gc.freeze()  # what is loaded stays, and need not be looked through between two timings
    for name in chosen:
        began = time.monotonic()
        lines = measures[name](country)
        print("\n" + "\n".join(lines))
        print(f"  [{name}: {time.monotonic() - began:.0f} s]", flush=True)


def _country(options: argparse.Namespace, units: int, busiest: int) -> Country:
    began = time.monotonic()
    if options.divisions:
        planted = divisions.listed(options.divisions)
        source = options.divisions.name
    else:
        planted = divisions.invented(units)
        source = "an invented country, as uneven as real ones"
    country = plant(planted, busiest=busiest)
    print(
        f"{country.units:,} units ({source}), {country.records:,} submissions: "
        f"planted in {time.monotonic() - began:.0f} s",
        flush=True,
    )
    return country
