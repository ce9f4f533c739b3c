"""`manage.py verify_ledger`: proves the ledger; exits 1 and names the row where it does not hold."""

from django.core.management.base import BaseCommand, CommandError

from accounts.ledger.verification import verify_ledger
from collections_app.core import clock


class Command(BaseCommand):
    help = "Proves every account's cached standing and every entry's shape against the entries."

    def handle(self, **options):
        result = verify_ledger(as_of=clock.today())
        for fault in result.faults:
            self.stderr.write(fault)
        if result.faults:
            raise CommandError(f"{result.fault_count} rows do not hold.", returncode=1)
        self.stdout.write(
            f"{result.entries} entries on {result.accounts} accounts hold:"
            " directions, lines, reversals, currencies, balances and standings."
        )
