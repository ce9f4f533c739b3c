"""Sets Django up, finds the book, measures, and judges the limits."""

import importlib
import resource
from dataclasses import dataclass, field
from typing import Any

import django
from django.conf import settings

MODULES = {
    "import": "benchmarks.imports",
    "worklist": "benchmarks.worklist",
    "account_list": "benchmarks.account_list",
    "account_page": "benchmarks.account_page",
    "search": "benchmarks.search",
    "ageing": "benchmarks.ageing",
    "ageing_past": "benchmarks.ageing_past",
    "interest": "benchmarks.interest",
    "reconcile": "benchmarks.reconcile",
    "posting": "benchmarks.posting",
    "posting_file": "benchmarks.posting_file",
    "reports": "benchmarks.reports",
    "reminders": "benchmarks.reminders",
    "what_if": "benchmarks.what_if",
    "gate": "benchmarks.gate",
    "incoming": "benchmarks.incoming",
    "daily_run": "benchmarks.daily_run",
    "letters": "benchmarks.letters",
}
# These look at accounts and entries alone, and at more of them than a demonstration can make.
ON_LEAN_BOOK = frozenset({"ageing", "ageing_past", "interest", "reconcile", "posting", "posting_file"})
# These make the books they look at themselves.
ON_OWN_BOOK = frozenset({"daily_run", "letters"})
WORKER_MB = 400
STOCK_TEMPLATES = {
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "NAME": "stock",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
}


@dataclass
class Measured:
    """What one benchmark found. `limits` are upper bounds of `figures` by name, `at_least` lower
    ones; `seconds` is the product's time, `bare_sql_seconds` that of the SQL it cannot do without."""

    seconds: float
    bare_sql_seconds: float
    figures: dict[str, float] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)
    at_least: dict[str, float] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)


def prepare(*, accounts: int, seed: int, lean: bool, makes_book: bool = True) -> None:
    """Set Django up and connect to the book, made first where there is none (unless it is not to be)."""
    # A second engine, which finds the stock template of django-tables2 that we do not use.
    settings.TEMPLATES = [*settings.TEMPLATES, STOCK_TEMPLATES]
    django.setup()
    settings.ALLOWED_HOSTS = ["testserver"]

    from benchmarks.books import use_book  # noqa: PLC0415 needs Django to be set up
    from benchmarks.lean_book import use_lean_book  # noqa: PLC0415
    from collections_app.embedded.clients import hold_for_settings  # noqa: PLC0415

    hold_for_settings()
    if not makes_book:
        return
    use = use_lean_book if lean else use_book
    use(accounts=accounts, seed=seed)


def run(name: str, *, accounts: int, seed: int) -> dict[str, Any]:
    """Measure one thing on a book of so many accounts."""
    prepare(
        accounts=accounts, seed=seed, lean=name in ON_LEAN_BOOK, makes_book=name not in ON_OWN_BOOK
    )
    module = importlib.import_module(MODULES[name])
    return judge(name, module.measure(accounts=accounts, seed=seed), accounts=accounts)


def judge(
    name: str, measured: Measured, *, accounts: int, whose: int = resource.RUSAGE_SELF
) -> dict[str, Any]:
    """The result as it is printed: what was measured beside its limits. `whose` memory counts."""
    peak = resource.getrusage(whose).ru_maxrss / 1024
    figures = {**measured.figures, "peak_mb": round(peak, 1)}
    limits = {**measured.limits, "peak_mb": WORKER_MB}
    holds = all(figures[key] <= limit for key, limit in limits.items()) and all(
        figures[key] >= limit for key, limit in measured.at_least.items()
    )
    return {
        "name": name,
        "accounts": accounts,
        "seconds": round(measured.seconds, 5),
        "bare_sql_seconds": round(measured.bare_sql_seconds, 5),
        "ratio": round(measured.seconds / measured.bare_sql_seconds, 2),
        "peak_mb": round(peak, 1),
        "limits": {
            **{key: {"at_most": limit, "measured": round(figures[key], 3)} for key, limit in limits.items()},
            **{
                key: {"at_least": limit, "measured": round(figures[key], 3)}
                for key, limit in measured.at_least.items()
            },
        },
        "holds": holds,
        **({"detail": measured.detail} if measured.detail else {}),
    }
