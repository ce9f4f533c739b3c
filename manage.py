#!/usr/bin/env python
"""Django's command line; finds or starts the embedded servers unless addresses are given."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_app.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 after the environment is set

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
