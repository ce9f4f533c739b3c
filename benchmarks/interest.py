"""The interest of one day for all accounts, against the bare SQL of the same day.

The terms charge every account: one rate for the whole book. The bare statement knows that; the
product reads rates, conventions, freezes and the order of payments as data.
"""

from datetime import date, timedelta
from decimal import Decimal

from accounts.interest.queries import accrual_of_day
from accounts.policies.enums import PolicyStatus
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion
from benchmarks.ranges import RANGE, in_ranges
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
# The same by one running sum over an account, credits first, in the order of the covering index.
RUNNING = f"""
    WITH queue AS (
        SELECT e.account_id, e.kind, e.direction, e.amount, e.due_date, e.value_date,
               sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END) OVER (
                   PARTITION BY e.account_id ORDER BY e.direction = 'debit', e.due_date, e.value_date, e.id
                   ROWS UNBOUNDED PRECEDING) AS running
        FROM accounts_ledgerentry e
        WHERE e.kind <> 'reversal' AND e.value_date <= %(evening)s {RANGE}
          AND e.id NOT IN (SELECT r.reverses_id FROM accounts_ledgerentry r
                           WHERE r.reverses_id IS NOT NULL AND r.value_date <= %(evening)s)
    ),
    held AS MATERIALIZED (
        SELECT a.id FROM accounts_hold h
        JOIN accounts_account a ON h.account_id = a.id OR h.debtor_id = a.debtor_id
        WHERE 'interest' = ANY(h.scopes) AND h.first_day <= %(day)s
          AND coalesce(h.last_day, %(day)s) >= %(day)s AND coalesce(h.lifted_on, %(day)s + 1) > %(day)s
    ),
    borne AS (
        SELECT account_id, sum(trunc(least(amount, running) * %(rate)s / 36500, 8)) AS interest
        FROM queue
        WHERE direction = 'debit' AND running > 0 AND kind IN ('charge', 'opening_balance')
          AND greatest(due_date, value_date) <= %(evening)s
        GROUP BY account_id
    )
    SELECT a.currency, count(*), sum(b.interest)
    FROM borne b JOIN accounts_account a ON a.id = b.account_id
    WHERE a.status <> 'void' AND a.id NOT IN (SELECT id FROM held)
    GROUP BY a.currency
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
    bare = {
        "whole": median_seconds(statement(BARE, params), repeats=repeats),
        "running": median_seconds(lambda: in_ranges(RUNNING, params), repeats=repeats),
    }
    plain = _by_currency(statement(BARE, params)())
    if plain != _by_currency(in_ranges(RUNNING, params)):
        raise AssertionError("The two bare statements differ.")
    best = min(bare.values())
    ours = accrual_of_day(day)
    return Measured(
        seconds,
        best,
        figures={"ratio": seconds / best},
        limits={"ratio": RATIO},
        detail={
            **{f"bare_{name}_seconds": round(taken, 3) for name, taken in bare.items()},
            "accounts_bearing": {currency: found[0] for currency, found in ours.items()},
            "interest_of_the_day": {currency: str(found[1]) for currency, found in ours.items()},
            "bare_interest": {currency: str(found[1]) for currency, found in plain.items()},
        },
    )


def _by_currency(rows: list[tuple]) -> dict[str, tuple[int, Decimal]]:
    sums: dict[str, tuple[int, Decimal]] = {}
    for currency, accounts, amount in rows:
        before = sums.get(currency, (0, Decimal(0)))
        sums[currency] = (before[0] + accounts, before[1] + amount)
    return dict(sorted(sums.items()))
