"""The seeded book that is measured: made once for a number of accounts and a seed, then kept."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def prepared_book(*, accounts: int, seed: int) -> Path:
    """Point the settings at the book's own data folder, start its servers, fill it if it is new.

    The folder is `BENCHMARK_DATA_DIR` (default `data/benchmarks`); delete it to begin anew.
    """
    base = Path(os.environ.get("BENCHMARK_DATA_DIR", ROOT / "data" / "benchmarks"))
    folder = base / f"{accounts}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["COLLECTIONS_DATA_DIR"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_app.settings")

    # Imported once the folder is known: the settings read it.
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from collections_app.embedded.clients import hold_for_settings  # noqa: PLC0415

    hold_for_settings()
    call_command("migrate", verbosity=0)
    call_command("prepare", verbosity=0)
    from accounts.ledger.models import Account  # noqa: PLC0415

    if not Account.objects.exists():
        call_command("seed_book", accounts=accounts, seed=seed, verbosity=0)
    return folder
