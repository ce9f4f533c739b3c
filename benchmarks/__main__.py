"""`python -m benchmarks NAME [--accounts N] [--seed S]`; NAME `all` runs every one in turn."""

import argparse
import json
import sys

from benchmarks.book import prepared_book

NAMES = ["import", "worklist", "account_list", "account_page", "search", "ageing", "reports", "reminders"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=[*NAMES, "all"])
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    prepared_book(accounts=options.accounts, seed=options.seed)
    from benchmarks.measures import MEASURES  # noqa: PLC0415 the book's settings are loaded by now

    holds = True
    for name in NAMES if options.name == "all" else [options.name]:
        figures = MEASURES[name](options.accounts)
        sys.stdout.write(json.dumps({"name": name, "accounts": options.accounts, **figures}) + "\n")
        sys.stdout.flush()
        holds = holds and figures["holds"]
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
