#!/usr/bin/env python3
"""Django's command line, with the development settings unless the environment names others."""

import os
import sys

# What works on the database for people; in real use an unfit one is refused first.
ASKED_FIRST = {"migrate", "dispatch_jobs", "housekeeping"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    # Whoever has this variable at the shell is the owner of the tables: she migrates and mends. The
    # services are not given it (docs/deployment.md).
    if owner := os.environ.get("DATABASE_ADMIN_URL"):
        os.environ["DATABASE_URL"] = owner
    from django.core.management import execute_from_command_line  # noqa: PLC0415 -- after the default

    if sys.argv[1:2] and sys.argv[1] in ASKED_FIRST and "--help" not in sys.argv:
        import django  # noqa: PLC0415 -- only where something is refused before it begins

        from config import refusals  # noqa: PLC0415

        django.setup()
        refusals.at_start()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
