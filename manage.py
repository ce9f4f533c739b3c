#!/usr/bin/env python
"""Django's command line; finds or starts the embedded servers unless addresses are given."""

import os
import sys

# These need no server; every other command has the servers for as long as it runs.
WITHOUT_SERVERS = {
    "check", "collectstatic", "compilemessages", "diffsettings", "findstatic", "help",
    "mailbox",
    "makemessages", "version", "--help", "--version",
}  # fmt: skip


def take_data_dir(arguments: list[str]) -> list[str]:
    """Take `--data-dir DIR` out of the arguments; settings read it from the environment."""
    rest = []
    given = iter(arguments)
    for argument in given:
        if argument == "--data-dir":
            os.environ["COLLECTIONS_DATA_DIR"] = next(given, "")
        elif argument.startswith("--data-dir="):
            os.environ["COLLECTIONS_DATA_DIR"] = argument.partition("=")[2]
        else:
            rest.append(argument)
    return rest


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_app.settings")
    arguments = take_data_dir(sys.argv)

    # Imported after the environment is set, because the settings read it.
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    from collections_app.embedded.clients import hold_for_settings  # noqa: PLC0415
    from collections_app.embedded.places import EmbeddedServerError  # noqa: PLC0415

    command = arguments[1] if len(arguments) > 1 else "help"
    try:
        if command not in WITHOUT_SERVERS and not {"-h", "--help"} & set(arguments):
            hold_for_settings()
        execute_from_command_line(arguments)
    except (EmbeddedServerError, ImproperlyConfigured) as error:
        sys.exit(f"manage.py: {error}")


if __name__ == "__main__":
    main()
