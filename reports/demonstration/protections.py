"""Two breathing spaces: a standard one that ends by itself, and one of a crisis without an end.

Each protects what was owed at its start; later bills of the same people stay askable.
"""

from datetime import date, timedelta

from accounts.contacts.models import ContactAttempt
from accounts.hardship.models import HardshipCase
from accounts.holds.breathing_spaces import grant_breathing_space
from accounts.ledger.models import Account
from reports.demonstration.office import Office

# (kind, days since it began, days since we were told, reference of the notice)
GRANTED = (
    ("standard", 16, 14, "BS-2041-7735"),
    ("crisis", 12, 9, "MH-1180-0042"),
)


def make_breathing_spaces(*, office: Office, as_of: date) -> None:
    """Grant them to people of one officer's book with nothing else going on, where there are such."""
    since = as_of - timedelta(days=max(began for _kind, began, _told, _reference in GRANTED))
    free = (
        Account.objects.filter(
            officer=office.users["amal"],
            status="open",
            debtor__payer_type="consumer",
            debtor__merged_into=None,
            standing__overdue__gt=0,
            standing__contested=0,
            standing__oldest_due_date__lt=since,
            holds=None,
            debtor__holds=None,
            promises=None,
            plan_accounts=None,
        )
        .exclude(debtor__in=HardshipCase.objects.values("debtor"))
        .exclude(debtor__in=ContactAttempt.objects.filter(at__date__gte=since).values("debtor"))
        .order_by("pk")
    )
    people = list(dict.fromkeys(account.debtor for account in free.select_related("debtor")[:10]))
    for debtor, (kind, began, told, reference) in zip(people, GRANTED, strict=False):
        grant_breathing_space(
            debtor=debtor,
            kind=kind,
            reference=reference,
            first_day=as_of - timedelta(days=began),
            told_on=as_of - timedelta(days=told),
            actor=office.users["farid"],
            as_of=as_of,
        )
