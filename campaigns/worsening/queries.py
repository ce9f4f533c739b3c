"""The facts of a creditor's payers for the rule, some thousand accounts at a time; and what was found."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from accounts.holds.queries import held_sql
from accounts.ledger.models import Account
from campaigns.worsening.models import WorseningPayer

CHUNK = 5_000
# Habits are read from a year and a half.
HABIT_DAYS = 550
ITEMS = ("charge", "opening_balance")

# Accounts that something is overdue on, or will be soon, that nothing holds; none of a plan that is
# paid. Parameters: creditor, as_of, after (the key of the last account), ahead, within and chunk.
FACTS = f"""
WITH candidate AS MATERIALIZED (
    SELECT a.id, a.currency, s.balance, s.next_due_date,
           CASE WHEN s.overdue > 0 THEN s.oldest_due_date END AS oldest_due_date
      FROM accounts_account a JOIN accounts_standing s ON s.account_id = a.id
     WHERE a.creditor_id = %(creditor)s AND a.status = 'open' AND a.id > %(after)s AND s.balance > 0
       AND (s.overdue > s.contested OR s.next_due_date <= %(as_of)s::date + %(ahead)s)
     ORDER BY a.id LIMIT %(chunk)s
),
{held_sql(wanted="a.id IN (SELECT id FROM candidate)")}
SELECT c.id, c.currency, c.balance, c.oldest_due_date, c.next_due_date,
       m.due_days, m.charged, m.are_items, m.credit_days, m.credited, m.paid_days, m.paid,
       coalesce(b.number, 0), b.last_on, r.value_date, r.amount, i.due_date, i.missing,
       EXISTS (SELECT 1 FROM held h WHERE h.account_id = c.id AND h.scope IN ('contact', 'demand'))
  FROM candidate c
  LEFT JOIN LATERAL (
      SELECT array_agg(x.day ORDER BY x.day DESC, x.id DESC) FILTER (WHERE x.direction = 'debit'),
             array_agg(x.amount ORDER BY x.day DESC, x.id DESC) FILTER (WHERE x.direction = 'debit'),
             array_agg(x.kind = ANY(%(items)s::text[]) ORDER BY x.day DESC, x.id DESC)
                 FILTER (WHERE x.direction = 'debit'),
             array_agg(x.day ORDER BY x.day DESC, x.id DESC) FILTER (WHERE x.direction = 'credit'),
             array_agg(x.amount ORDER BY x.day DESC, x.id DESC) FILTER (WHERE x.direction = 'credit'),
             array_agg(x.day ORDER BY x.day DESC, x.id DESC) FILTER (WHERE x.kind = 'payment'),
             array_agg(x.amount ORDER BY x.day DESC, x.id DESC) FILTER (WHERE x.kind = 'payment')
        FROM (SELECT e.id, e.kind, e.direction, e.amount,
                     CASE WHEN e.direction = 'debit' THEN coalesce(e.due_date, e.value_date)
                          ELSE e.value_date END AS day
                FROM accounts_ledgerentry e
               WHERE e.account_id = c.id AND e.reverses_id IS NULL
                 AND e.value_date BETWEEN %(as_of)s::date - {HABIT_DAYS} AND %(as_of)s
                 AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry back
                                  WHERE back.reverses_id = e.id AND back.value_date <= %(as_of)s)) x
  ) m (due_days, charged, are_items, credit_days, credited, paid_days, paid) ON TRUE
  LEFT JOIN LATERAL (
      SELECT count(*) AS number, max(p.judged_on) AS last_on FROM accounts_promise p
       WHERE p.account_id = c.id AND p.status = 'broken'
         AND p.judged_on > %(as_of)s::date - %(within)s AND p.judged_on <= %(as_of)s) b ON TRUE
  LEFT JOIN LATERAL (
      SELECT e.value_date, e.amount FROM accounts_ledgerentry e
       WHERE e.account_id = c.id AND e.kind = 'reversal' AND e.line = 'payments_returned'
         AND e.value_date > %(as_of)s::date - %(within)s AND e.value_date <= %(as_of)s
       ORDER BY e.value_date DESC, e.id DESC LIMIT 1) r ON TRUE
  LEFT JOIN LATERAL (
      SELECT n.due_date, n.amount - n.received AS missing
        FROM accounts_planaccount g
        JOIN accounts_paymentplan l ON l.id = g.plan_id AND l.status = 'in_force'
        JOIN accounts_planinstalment n ON n.plan_id = l.id AND n.paid_on IS NULL
       WHERE g.account_id = c.id ORDER BY n.due_date, n.number LIMIT 1) i ON TRUE
 ORDER BY c.id
"""


@dataclass(frozen=True)
class PayerFacts:
    """What is known of one account's payer. Amounts are in the account's currency, newest first.

    `charges` are (due day, amount, whether it is an item of its own and no fee or interest), `credits`
    (value day, amount) of all that lowered the balance and `payments` those of them that were paid;
    what was reversed is in none of them.
    """

    account_id: int
    currency: str
    balance: Decimal
    oldest_due_date: date | None
    next_due_date: date | None
    charges: Sequence[tuple[date, Decimal, bool]] = ()
    credits: Sequence[tuple[date, Decimal]] = ()
    payments: Sequence[tuple[date, Decimal]] = ()
    broken: int = 0
    broken_on: date | None = None
    returned_on: date | None = None
    returned: Decimal | None = None
    instalment_on: date | None = None
    instalment: Decimal | None = None


def facts_of_chunk(
    creditor_id: int, *, as_of: date, ahead_days: int, within_days: int, after: int = 0, chunk: int = CHUNK
) -> tuple[list[PayerFacts], int | None]:
    """The facts of the next accounts behind `after`, held ones left out, and the key of the last account
    looked at; None at the end. Asked are those overdue or due within `ahead_days`; broken promises and
    returns are those of the last `within_days`. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            FACTS,
            {
                "creditor": creditor_id,
                "as_of": as_of,
                "after": after,
                "ahead": ahead_days,
                "within": within_days,
                "items": list(ITEMS),
                "chunk": chunk,
            },
        )
        rows = cursor.fetchall()
    found = [_facts(*row[:-1]) for row in rows if not row[-1]]
    return found, rows[-1][0] if len(rows) == chunk else None


def _facts(pk, currency, balance, oldest, following, *columns) -> PayerFacts:
    due, charged, are_items, days, credited, paid_on, paid, *rest = columns
    return PayerFacts(
        pk,
        currency,
        balance,
        oldest,
        following,
        tuple(zip(due or (), charged or (), are_items or (), strict=True)),
        tuple(zip(days or (), credited or (), strict=True)),
        tuple(zip(paid_on or (), paid or (), strict=True)),
        *rest,
    )


def all_facts(creditor_id: int, *, as_of: date, ahead_days: int, within_days: int) -> Iterator[PayerFacts]:
    """The facts of all the creditor's payers that the rule is asked about."""
    after: int | None = 0
    while after is not None:
        found, after = facts_of_chunk(
            creditor_id, as_of=as_of, ahead_days=ahead_days, within_days=within_days, after=after
        )
        yield from found


def about_to_change(user, *, until: date, officers: Iterable[int] | None = None) -> int:
    """How many of the user's worsening payers change bucket by a day; of these officers or of all."""
    rows = WorseningPayer.objects.filter(account__in=owing(user), changes_on__lte=until)
    if officers is not None:
        rows = rows.filter(account__officer__in=list(officers))
    return rows.count()


def owing(user):
    """The accounts a worsening payer is shown on: whoever has paid all since the last look is not."""
    return Account.objects.visible_to(user).open().filter(standing__balance__gt=0)
