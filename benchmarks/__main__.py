"""python -m benchmarks NAME --accounts N [--seed S]: measure one thing, or `all`."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

NAMES = (
    "import",
    "worklist",
    "account_list",
    "account_page",
    "search",
    "ageing",
    "ageing_past",
    "interest",
    "reconcile",
    "posting",
    "posting_file",
    "reports",
    "reminders",
    "gate",
    "incoming",
    "what_if",
    "daily_run",
    "letters",
)
CHAOS = "chaos"  # has options of its own
START = "start"  # makes its own book, of the size that `script/start` makes
PREPARE, PREPARE_LEAN = "prepare", "prepare_lean"  # make a book and measure nothing
STANDARD, DEMONSTRATION = 100_000, 3000  # accounts
SMALLER = 10  # what must not grow with the book is measured on a tenth of it too
ROOT = Path(__file__).resolve().parent.parent


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=(*NAMES, START, PREPARE, PREPARE_LEAN, "all"))
    parser.add_argument("--accounts", type=int, help="size of the book (100000; start: 3000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data-dir", type=Path, help="where the databases live (data/benchmarks)")
    options = parser.parse_args(given)
    if options.accounts is None:
        options.accounts = DEMONSTRATION if options.name == START else STANDARD
    return options


def main(given: list[str]) -> int:
    """Exit status: 0 when every stated limit holds."""
    if given[:1] == [CHAOS]:
        settle_folder(None, accounts=0)
        from benchmarks.chaos.run import main as run_chaos  # noqa: PLC0415 the settings read the environment

        return run_chaos(given[1:])
    options = arguments(given)
    folder = settle_folder(options.data_dir, accounts=options.accounts)
    if options.name == "all":
        return measure_all(options)
    if options.name == START:
        from benchmarks.start import measure_start  # noqa: PLC0415

        return tell(measure_start(Path(folder), accounts=options.accounts))

    # Imported after the environment is set, because the settings read it.
    from benchmarks.runner import ON_LEAN_BOOK, ON_OWN_BOOK, prepare, run  # noqa: PLC0415

    if options.name in (PREPARE, PREPARE_LEAN):
        prepare(accounts=options.accounts, seed=options.seed, lean=options.name == PREPARE_LEAN)
        return 0
    # In a process of its own: making a book is not part of anybody's peak memory.
    if options.name in ON_OWN_BOOK:
        pass
    elif options.name in ON_LEAN_BOOK:
        subprocess.run(command_for(PREPARE_LEAN, options.accounts, options.seed), cwd=ROOT, check=True)
    else:
        for accounts in (options.accounts, max(options.accounts // SMALLER, 100)):
            subprocess.run(command_for(PREPARE, accounts, options.seed), cwd=ROOT, check=True)
    return tell(run(options.name, accounts=options.accounts, seed=options.seed))


def settle_folder(wanted: Path | None, *, accounts: int) -> Path:
    """Where the databases live, told to the settings, which read the environment."""
    folder = Path(wanted or os.environ.get("BENCHMARK_DATA_DIR") or ROOT / "data" / "benchmarks")
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["BENCHMARK_DATA_DIR"] = str(folder)
    os.environ["COLLECTIONS_DATA_DIR"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_app.settings")
    # A million accounts are several gigabytes: with less their pages are read and written again and again.
    os.environ.setdefault("EMBEDDED_SHARED_BUFFERS", "2GB" if accounts > STANDARD else "256MB")
    return folder


def tell(result: dict[str, Any]) -> int:
    """Print what was found. Exit status: 0 when every stated limit holds."""
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0 if result["holds"] else 1


def measure_all(options: argparse.Namespace) -> int:
    """Each in a process of its own, so that the peak memory is its own too."""
    status = 0
    for name in (*NAMES, START):
        accounts = DEMONSTRATION if name == START else options.accounts
        command = command_for(name, accounts, options.seed)
        status = max(status, subprocess.run(command, cwd=ROOT, check=False).returncode)
    return status


def command_for(name: str, accounts: int, seed: int) -> list[str]:
    return [
        sys.executable, "-m", "benchmarks", name, "--accounts", str(accounts), "--seed", str(seed)
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
