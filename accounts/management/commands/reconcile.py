"""`manage.py reconcile [--month YYYY-MM]`: every account's opening and movements against its closing."""

from datetime import date, timedelta

from django.core.management.base import BaseCommand, CommandError

from accounts.ledger.reconciliation import NotKept, reconcile
from collections_app.core import clock
from collections_app.core.money import quantise


def _month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


class Command(BaseCommand):
    help = "Reconciles a month, account by account, from the kept month-end; exits 1 and names accounts."

    def add_arguments(self, parser):
        parser.add_argument("--month", type=_month, help="a month that is over; without it the running one")

    def handle(self, **options):
        first_day = options["month"] or clock.today().replace(day=1)
        last_day = None
        if options["month"]:
            last_day = (first_day + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        try:
            rows = reconcile(first_day=first_day, last_day=last_day)
        except NotKept as error:
            raise CommandError(f"{error} The job accounts.keep_days keeps it.", returncode=2) from error
        for row in rows:
            figures = (row.opening, row.debits, row.credits, row.closing)
            opening, debits, credits_, closing = (quantise(figure, row.currency) for figure in figures)
            self.stdout.write(
                f"{row.currency}  {row.accounts} accounts: {opening} + {debits} - {credits_} = {closing}"
                f"{'' if row.holds else f', but {row.differing} accounts differ'}"
            )
            for account in row.named:
                self.stderr.write(
                    f"account {account.number}: opening and movements make"
                    f" {quantise(account.expected, row.currency)},"
                    f" the closing says {quantise(account.closing, row.currency)}"
                )
        differing = sum(row.differing for row in rows)
        if differing:
            raise CommandError(f"{differing} accounts do not reconcile.", returncode=1)
