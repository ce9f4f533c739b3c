"""The interest of one day for all accounts, against the bare SQL of the same day.

The terms charge every account: one rate for the whole book. The bare statement knows that; the
product reads rates, conventions, freezes and the order of payments as data.
"""

from datetime import date, timedelta
from decimal import Decimal

from django.db import connection

from accounts.interest.queries import accrual_of_day
from accounts.policies.enums import PolicyStatus
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion
from benchmarks.runner import Measured
from benchmarks.timing import median_seconds, statement
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import User
from reports.demonstration.office import TIME_ZONE

RATE = Decimal("9.5")
SINCE = date(2000, 1, 1)
# What was open the evening before, oldest first; a day's interest of each overdue item, cut off after
# eight decimals; nothing where a hold stops interest.
BARE = """
    WITH live AS (
        SELECT e.account_id, e.id, e.kind, e.direction, e.due_date, e.value_date, e.amount
        FROM accounts_ledgerentry e
        WHERE e.kind <> 'reversal' AND e.value_date <= %(evening)s
          AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r
                          WHERE r.reverses_id = e.id AND r.value_date <= %(evening)s)
    ),
    paid AS (SELECT account_id, sum(amount) AS amount FROM live WHERE direction = 'credit' GROUP BY 1),
    items AS (
        SELECT l.account_id, l.kind, greatest(l.due_date, l.value_date) AS due_date,
               least(l.amount, sum(l.amount) OVER (PARTITION BY l.account_id
                     ORDER BY l.due_date, l.value_date, l.id) - coalesce(p.amount, 0)) AS open
        FROM live l LEFT JOIN paid p USING (account_id) WHERE l.direction = 'debit'
    )
    SELECT a.currency, count(DISTINCT i.account_id), sum(trunc(i.open * %(rate)s / 36500, 8))
    FROM items i JOIN accounts_account a ON a.id = i.account_id
    WHERE i.open > 0 AND i.due_date <= %(evening)s AND i.kind IN ('charge', 'opening_balance')
      AND a.status <> 'void'
      AND NOT EXISTS (SELECT 1 FROM accounts_hold h
                      WHERE (h.account_id = a.id OR h.debtor_id = a.debtor_id) AND 'interest' = ANY(h.scopes)
                        AND h.first_day <= %(day)s AND coalesce(h.last_day, %(day)s) >= %(day)s
                        AND coalesce(h.lifted_on, %(day)s + 1) > %(day)s)
    GROUP BY a.currency ORDER BY a.currency
"""
RATIO = 3
REPEATS, OFTEN = 3, 100_000  # a larger book is measured once after its warm-up


def charge_everybody() -> None:
    """One approved version for the whole book, unless an earlier measurement made it."""
    if PolicyVersion.objects.filter(kind="interest", scope_type="", valid_from=SINCE).exists():
        return
    PolicyVersion.objects.create(
        kind="interest",
        values=KINDS["interest"].clean({"rates": {SINCE.isoformat(): str(RATE)}}),
        valid_from=SINCE,
        status=PolicyStatus.APPROVED,
        made_by=User.objects.filter(role=Role.SUPERVISOR).order_by("id").first(),
        approved_by=User.objects.filter(role=Role.MANAGER).order_by("id").first(),
        approved_at=clock.now(),
    )


def measure(*, accounts: int, seed: int) -> Measured:
    charge_everybody()
    day = clock.today(TIME_ZONE)
    params = {"day": day, "evening": day - timedelta(days=1), "rate": RATE}
    repeats = REPEATS if accounts <= OFTEN else 1
    seconds = median_seconds(lambda: accrual_of_day(day), repeats=repeats)
    bare = median_seconds(statement(BARE, params), repeats=repeats)
    with connection.cursor() as cursor:
        cursor.execute(BARE, params)
        plain = {currency: (count, amount) for currency, count, amount in cursor}
    ours = accrual_of_day(day)
    return Measured(
        seconds,
        bare,
        figures={"ratio": seconds / bare},
        limits={"ratio": RATIO},
        detail={
            "accounts_bearing": {currency: found[0] for currency, found in ours.items()},
            "interest_of_the_day": {currency: str(found[1]) for currency, found in ours.items()},
            "bare_interest": {currency: str(found[1]) for currency, found in plain.items()},
        },
    )
