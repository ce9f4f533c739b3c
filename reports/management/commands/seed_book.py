import json
from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.ledger.models import Account
from collections_app.core.clock import today
from collections_app.core.demonstration import sign_in_lines
from reports.demonstration.book import make_book
from reports.demonstration.closing import sign_months
from reports.demonstration.office import TIME_ZONE
from reports.demonstration.totals import month_totals


class Command(BaseCommand):
    help = "Fill an empty installation with a believable demonstration book."

    def add_arguments(self, parser):
        parser.add_argument("--accounts", type=int, default=2_000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--as-of", type=date.fromisoformat, help="the book's last day (YYYY-MM-DD)")
        parser.add_argument("--signed-months", type=int, default=0, help="reports to build and sign")
        parser.add_argument(
            "--totals", type=Path, help="write what each month must come to, by the plan, as JSON"
        )

    def handle(self, *args, **options):
        if Account.objects.exists():
            raise CommandError("This installation already holds accounts; a seed needs an empty one.")
        if options["accounts"] < 1:
            raise CommandError("--accounts needs at least 1.")
        book = make_book(
            accounts=options["accounts"], seed=options["seed"], as_of=options["as_of"] or today(TIME_ZONE)
        )
        if options["signed_months"]:
            sign_months(months=options["signed_months"], as_of=book.plan.last_day)
        if options["totals"]:
            options["totals"].write_text(json.dumps(month_totals(book.plan), indent=1), encoding="utf-8")
        for noun, count in book.counts.items():
            self.stdout.write(f"{count:>10,} {noun}")
        if options["verbosity"] > 0:
            self.stdout.write("\n".join(sign_in_lines()))
