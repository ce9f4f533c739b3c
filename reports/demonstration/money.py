"""Money after the end: something is recovered of what was written off, and a receipt comes late."""

from datetime import date, timedelta
from decimal import Decimal

from accounts.ledger.models import Account, ClosedPeriod, LedgerEntry
from accounts.parties.models import DebtorBankDetails
from accounts.payments.services import post_payment
from collections_app.core.models import User
from collections_app.core.money import quantise
from reports.demonstration.office import Office

RECOVERED = 6  # accounts
SHARE = Decimal("0.25")


def make_recoveries(*, office: Office, as_of: date) -> list[LedgerEntry]:
    """A quarter of what was written off comes in after all, on the book's last day.

    The accounts were closed when they were written off, and stay so: the memo takes the money.
    """
    gone = (
        Account.objects.filter(standing__written_off__gt=1, standing__balance=0)
        .exclude(debtor__in=DebtorBankDetails.objects.values("debtor"))  # their payments are others' to take
        .select_related("standing")
        .order_by("id")[:RECOVERED]
    )
    return [
        post_payment(
            account=account,
            amount=max(quantise(account.standing.written_off * SHARE, account.currency), Decimal(1)),
            value_date=as_of,
            method="transfer",
            reference=f"REC-{account.number}",
            actor=office.users["tanaka"],
            as_of=as_of,
        )
        for account in gone
    ]


def post_late(*, as_of: date) -> LedgerEntry | None:
    """One receipt that the bank told of after its month was signed; None where none is signed."""
    period = ClosedPeriod.objects.order_by("-last_day").first()
    account = (
        Account.objects.filter(status="open", standing__overdue__gte=50)
        .exclude(debtor__in=DebtorBankDetails.objects.values("debtor"))
        .order_by("-standing__overdue", "id")
        .first()
    )
    if period is None or account is None:
        return None
    return post_payment(
        account=account,
        amount=Decimal(50),
        value_date=period.last_day - timedelta(days=2),
        method="transfer",
        reference="LATE-1",
        late_reason="The bank told of it after the month was signed.",
        actor=User.objects.get(username="tanaka"),
        as_of=as_of,
    )
