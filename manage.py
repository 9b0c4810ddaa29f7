#!/usr/bin/env python3
"""Django's command line, with the development settings unless the environment names others."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 -- after the default

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
