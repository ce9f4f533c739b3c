"""`manage.py ageing --as-of DATE --json`: the book by age, per currency."""

import json
from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from accounts.ledger.queries import AGE_BASIS, ageing
from accounts.parties.models import Creditor
from collections_app.core import clock
from collections_app.core.money import quantise


def _edges(text: str) -> tuple[int, ...]:
    edges = tuple(int(edge) for edge in text.split(","))
    if list(edges) != sorted(set(edges)) or edges[0] < 1:
        raise ValueError("edges rise from 1")
    return edges


def _texts(figures: dict, currency: str) -> dict:
    """The published form: amounts as text with the currency's decimals."""

    def text(amount) -> str:
        return str(quantise(amount, currency))

    return {
        "open_accounts": figures["open_accounts"],
        "open_balance": text(figures["open_balance"]),
        "credit_balance": text(figures["credit_balance"]),
        "buckets": {
            label: {"accounts": box["accounts"], "balance": text(box["balance"])}
            for label, box in figures["buckets"].items()
        },
    }


class Command(BaseCommand):
    help = "Prints the ageing of the open book as of a day."

    def add_arguments(self, parser):
        parser.add_argument("--as-of", type=date.fromisoformat, default=None)
        parser.add_argument("--known-at", default=None)
        parser.add_argument("--basis", choices=sorted(AGE_BASIS), default="due")
        parser.add_argument("--buckets", type=_edges, default=(30, 60, 90, 180, 365))
        parser.add_argument("--creditor", default=None)
        parser.add_argument("--json", action="store_true")

    def handle(self, **options):
        as_of = options["as_of"] or clock.today()
        creditor_id = None
        if options["creditor"]:
            creditor_id = (
                Creditor.objects.filter(code__iexact=options["creditor"]).values_list("pk", flat=True).first()
            )
            if creditor_id is None:
                raise CommandError(f"There is no creditor with the code {options['creditor']}.")
        known_at = None
        if options["known_at"]:
            known_at = parse_datetime(options["known_at"])
            if known_at is None or known_at.tzinfo is None:
                raise CommandError("--known-at is a moment with its zone: 2026-04-01T06:00:00+00:00.")
        currencies = ageing(
            as_of=as_of,
            basis=options["basis"],
            edges=options["buckets"],
            creditor_id=creditor_id,
            known_at=known_at,
        )
        if options["json"]:
            printed = {code: _texts(figures, code) for code, figures in currencies.items()}
            self.stdout.write(json.dumps({"as_of": str(as_of), "currencies": printed}, indent=1))
            return
        for currency, figures in currencies.items():
            self.stdout.write(
                f"{currency}  {figures['open_accounts']} accounts open, {figures['open_balance']};"
                f" credit {figures['credit_balance']}"
            )
            for label, box in figures["buckets"].items():
                self.stdout.write(f"  {label:>8} {box['accounts']:>8} {box['balance']:>18}")
