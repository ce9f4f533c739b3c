"""`manage.py verify_cash`: proves the cash desk; exits 1 and names what does not hold."""

from itertools import chain

from django.core.management.base import BaseCommand, CommandError

from accounts.cashdesk.models import CashReceipt
from accounts.cashdesk.verification import cash_faults
from accounts.deposits.models import Deposit
from accounts.deposits.verification import deposit_faults


class Command(BaseCommand):
    help = "Proves receipts, their numbers, counts and deposits against each other and against the ledger."

    def handle(self, **options):
        faults = list(chain(cash_faults(), deposit_faults()))
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"{len(faults)} things do not hold.", returncode=1)
        self.stdout.write(
            f"{CashReceipt.objects.count()} receipts and {Deposit.objects.count()} deposits hold:"
            " numbers, payments, counts and slips."
        )
