"""A few payment plans: on track, late, broken, completed, offered, and waiting for approval.

They rest on payments the book has already, so no total of it moves.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

from django.db import connection, transaction

from accounts.arrangements.enums import Rhythm
from accounts.arrangements.models import PaymentPlan
from accounts.arrangements.schedule import PlanTerms
from accounts.arrangements.services import PlanBeyondPolicy, PlanTermsWrong, propose_plan, review_plans
from accounts.ledger.models import Account
from accounts.ledger.queries import balances
from collections_app.core.models import User
from collections_app.core.money import unit
from reports.demonstration.office import Office

# Overdue, in a team, and with nothing else going on that a plan would disturb.
FREE = """
SELECT a.id, a.currency, p.value_date, p.amount
FROM accounts_account a
JOIN accounts_standing s ON s.account_id = a.id
JOIN accounts_debtor d ON d.id = a.debtor_id AND d.payer_type = 'consumer'
LEFT JOIN LATERAL (
    SELECT e.value_date, e.amount FROM accounts_ledgerentry e
    WHERE e.account_id = a.id AND e.kind = 'payment' AND e.value_date BETWEEN %(since)s AND %(until)s
      AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id)
    ORDER BY e.value_date DESC, e.id DESC LIMIT 1) p ON TRUE
WHERE a.status = 'open' AND a.team_id IS NOT NULL AND s.overdue > 0 AND s.contested = 0
  AND s.balance > 60 AND (p.value_date IS NOT NULL) = %(has_paid)s
  AND NOT EXISTS (SELECT 1 FROM accounts_promise x WHERE x.account_id = a.id)
  AND NOT EXISTS (SELECT 1 FROM accounts_dispute x WHERE x.account_id = a.id)
  AND NOT EXISTS (SELECT 1 FROM accounts_followup x WHERE x.account_id = a.id AND x.status = 'open')
  AND NOT EXISTS (SELECT 1 FROM accounts_hold x WHERE x.account_id = a.id OR x.debtor_id = a.debtor_id)
  AND NOT EXISTS (SELECT 1 FROM accounts_chequeshare x WHERE x.account_id = a.id)
  AND NOT EXISTS (SELECT 1 FROM accounts_planaccount x WHERE x.account_id = a.id)
  AND NOT EXISTS (SELECT 1 FROM accounts_accountassignment x
                  WHERE x.account_id = a.id AND x.effective_date > %(since)s)
ORDER BY row_number() OVER (PARTITION BY a.team_id ORDER BY a.id), a.team_id LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Wanted:
    """A plan that began so many days ago; its first instalment so many days after."""

    began: int
    first_in: int
    number: int
    rhythm: str = Rhythm.MONTHLY.value
    freezes: tuple[str, ...] = ()
    is_agreed: bool = True
    by: str = "tanaka"


ON_TRACK = (
    Wanted(2, 9, 3),
    Wanted(5, 10, 6, freezes=("interest",)),
    Wanted(1, 14, 4, rhythm=Rhythm.TWO_WEEKLY.value),
)
LATE = (Wanted(12, 10, 3), Wanted(8, 7, 5, rhythm=Rhythm.WEEKLY.value))
BROKEN = (Wanted(40, 9, 4), Wanted(24, 7, 3, freezes=("interest", "fee")))
NOT_YET = (Wanted(0, 7, 3, is_agreed=False), Wanted(1, 12, 18, freezes=("interest",), by="farid"))


def make_plans(*, office: Office, as_of: date) -> list[PaymentPlan]:
    """Plans on accounts that nothing else happens on; completed ones where money came anyway."""
    made = []
    silent = _accounts(as_of, has_paid=False, limit=len(ON_TRACK + LATE + BROKEN + NOT_YET))
    for wanted, row in zip((*ON_TRACK, *LATE, *BROKEN, *NOT_YET), silent, strict=False):
        began = as_of - timedelta(days=wanted.began)
        amount = _whole(_owed(row[0], began), row[1])
        first_due = began + timedelta(days=wanted.first_in)
        made += _plan(office, wanted, row[0], amount=amount, first_due=first_due, as_of=began)
    for account_id, _currency, paid_on, paid in _accounts(as_of, has_paid=True, limit=2):
        began = paid_on - timedelta(days=3)
        amount = min(paid, _owed(account_id, began))
        made += _plan(office, Wanted(0, 0, 1), account_id, amount=amount, first_due=paid_on, as_of=began)
    review_plans(as_of=as_of, actor=User.objects.system())
    return made


def _owed(account_id: int, day: date) -> Decimal:
    return balances([account_id], as_of=day).get(account_id, Decimal(0))


def _accounts(as_of: date, *, has_paid: bool, limit: int) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            FREE,
            {
                "since": as_of - timedelta(days=90),
                "until": as_of - timedelta(days=4),
                "has_paid": has_paid,
                "limit": limit,
            },
        )
        return cursor.fetchall()


def _whole(amount: Decimal, currency: str) -> Decimal:
    """Most of what is owed, in round figures, as people agree on it."""
    round_to = max(unit(currency), Decimal(10))
    return (amount / round_to).quantize(Decimal(1), rounding=ROUND_DOWN) * round_to


def _plan(office: Office, wanted: Wanted, account_id: int, *, amount, first_due, as_of) -> list[PaymentPlan]:
    """The plan, or none where less was owed then than any plan is made for."""
    account = Account.objects.get(pk=account_id)
    try:
        with transaction.atomic():
            plan = propose_plan(
                accounts=[account],
                terms=PlanTerms(
                    amount=amount, rhythm=wanted.rhythm, first_due=first_due, number=wanted.number
                ),
                freezes=wanted.freezes,
                is_agreed=wanted.is_agreed,
                ask=True,
                actor=office.users[wanted.by],
                as_of=as_of,
            )
    except (PlanBeyondPolicy, PlanTermsWrong):
        return []
    return [plan]
