"""Formal notices of three accounts: one in its time, one gone on to the second, one that came back."""

from datetime import date, timedelta

from accounts.ledger.models import Account
from campaigns.notices.services import enter_by_hand, record_return
from reports.demonstration.office import Office

OLD = 70  # days past due, so that two notices have their time


def make_notices(*, office: Office, as_of: date) -> None:
    """Make them where the book has accounts so old."""
    actor = office.users["tanaka"]
    old = Account.objects.filter(
        creditor=office.creditors["CITYPOWER"],
        status="open",
        standing__overdue__gt=0,
        standing__oldest_due_date__lte=as_of - timedelta(days=OLD),
        holds=None,
    ).select_related("creditor")
    accounts = list(old.order_by("-standing__overdue", "pk")[:3])
    begun = as_of - timedelta(days=48)
    given = [
        enter_by_hand(
            accounts=[account],
            kind="first",
            method=method,
            sent_on=begun + timedelta(days=20 * place),
            note="Receipt of the post office" if method == "registered_post" else "Handed over",
            actor=actor,
            as_of=as_of,
        )
        for place, (account, method) in enumerate(
            zip(accounts, ("hand", "registered_post", "registered_post"), strict=False)
        )
    ]
    if given:
        enter_by_hand(
            accounts=[accounts[0]],
            kind="second",
            method="hand",
            sent_on=given[0].next_step_from,
            note="Handed over",
            actor=actor,
            as_of=as_of,
        )
    if len(given) == len(accounts) == 3:
        record_return(notice=given[1], note="Moved, no address", actor=actor, as_of=as_of)
