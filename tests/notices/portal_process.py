"""One portal that only reminds: ``portal_process.py MOMENT`` gathers and sends until it is killed.

Started by test_quarter.py as a process of its own, on the database of the test. Prints a line when it
is up, and one after each turn.
"""

import datetime as dt
import os
import sys

import django
import time_machine


def main(moment: str, port: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    from django.conf import settings  # noqa: PLC0415 -- only now are there settings

    from notices import deliveries, reminding  # noqa: PLC0415

    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(port)
    settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
    settings.DEFAULT_FROM_EMAIL = "portal@example.com"
    with time_machine.travel(dt.datetime.fromisoformat(moment), tick=True):
        print("up", flush=True)  # noqa: T201 -- read by the test
        while True:
            reminding.gather()
            deliveries.deliver()
            print("turn", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
