"""A run of four statements over the last three months, one clearance letter, and a pack of statements
for the sales department."""

from datetime import date, timedelta

from accounts.ledger.models import Account
from accounts.teams.models import Department
from campaigns.statements.clearance import issue_letter, obstacles
from campaigns.statements.models import ClearanceLetter, StatementRun
from campaigns.statements.packs import order_pack
from campaigns.statements.runs import build_run
from campaigns.statements.services import order_run
from collections_app.core import clock
from reports.demonstration.office import Office

STATED = 4
PACKED = 3  # debtors of the department's pack
TRIED = 40  # accounts that are looked at for one that can be cleared


def make_papers(*, office: Office, as_of: date) -> None:
    """Make each where the book has accounts for it."""
    _run(office, as_of)
    _letter(office, as_of)
    _pack(office, as_of)


def _run(office: Office, as_of: date) -> StatementRun | None:
    creditor, now = office.creditors["CITYPOWER"], clock.now()
    ids = list(
        Account.objects.filter(creditor=creditor, standing__overdue__gt=0)
        .order_by("pk")
        .values_list("pk", flat=True)[:STATED]
    )
    if not ids:
        return None
    run = order_run(
        account_ids=ids,
        creditor=creditor,
        first_day=(as_of - timedelta(days=90)).replace(day=1),
        last_day=as_of,
        actor=office.users["tanaka"],
        as_of=as_of,
        now=now,
    )
    return build_run(run, now=now, on_progress=lambda done, total: None)


def _letter(office: Office, as_of: date) -> ClearanceLetter | None:
    paid = Account.objects.filter(
        creditor=office.creditors["CITYPOWER"], standing__balance__lte=0, standing__written_off=0
    ).order_by("standing__last_payment_date", "pk")[:TRIED]
    for account in paid:
        if not obstacles([account], as_of=as_of):
            return issue_letter(
                accounts=[account], actor=office.users["tanaka"], as_of=as_of, now=clock.now()
            )
    return None


def _pack(office: Office, as_of: date) -> StatementRun | None:
    """As a strategy's step hands who has not answered for long to the department that sold to them."""
    creditor, now = office.creditors["CITYPOWER"], clock.now()
    longest = Account.objects.filter(creditor=creditor, standing__overdue__gt=0).order_by(
        "standing__oldest_due_date", "pk"
    )
    ids: dict[int, int] = {}
    for debtor_id, account_id in longest.values_list("debtor_id", "pk")[:TRIED]:
        if len(ids) < PACKED:
            ids.setdefault(debtor_id, account_id)
    if not ids:
        return None
    run, _task = order_pack(
        department=Department.objects.get(code="sales"),
        creditor=creditor,
        account_ids=ids.values(),
        debtors=len(ids),
        as_of=as_of,
        now=now,
        actor=office.users["tanaka"],
    )
    return build_run(run, now=now, on_progress=lambda done, total: None)
