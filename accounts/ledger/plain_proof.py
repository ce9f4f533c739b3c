"""Standings told again in another way than they are written, so that a wrong rule shows too.

The statement that writes them (`standing`) runs a queue over each account. Here plain sums say the same:
money pays the oldest due first, so what is overdue is all that fell due less all money, never below
zero. Accounts with a dispute, money that names its item or an order of payment are told by the rule in
plain Python (`allocation`), so many of them as a run has time for; another day takes others.
"""

from datetime import date
from decimal import Decimal

from django.db import connection, transaction

from accounts.ledger.tracing import facts_of

MOST_RULED = 1_000

RULED = """
    SELECT k.account_id AS id FROM accounts_contestedamount k
    UNION
    SELECT d.account_id FROM accounts_namedallocation n JOIN accounts_ledgerentry d ON d.id = n.debit_id
    UNION
    SELECT a.id FROM accounts_account a JOIN accounts_policyversion v
      ON v.scope_type = '' OR (v.scope_type = 'creditor' AND v.scope_id = a.creditor_id)
      OR (v.scope_type = 'portfolio' AND v.scope_id = a.portfolio_id)
    WHERE v.kind = 'allocation' AND v.status = 'approved' AND v.values->'order' <> '[]'::jsonb
"""
# Each standing on the day it stands on. A reversal and what it reverses cancel out of a balance by
# themselves; of what is due they are left out together.
SUMS = f"""
    WITH ruled AS MATERIALIZED ({RULED}),
    entry AS (
        SELECT s.account_id, s.standing_as_of AS day, s.oldest_due_date AS oldest, e.kind, e.line, e.amount,
               e.value_date, e.due_date, e.direction = 'debit' AS is_debit,
               e.value_date <= s.standing_as_of AS counts,
               e.value_date <= s.standing_as_of AND e.kind <> 'reversal' AND r.id IS NULL AS is_live
        FROM accounts_standing s
        JOIN accounts_ledgerentry e ON e.account_id = s.account_id
        LEFT JOIN accounts_ledgerentry r ON r.reverses_id = e.id AND r.value_date <= s.standing_as_of
    ),
    summed AS (
        SELECT account_id,
               sum(CASE WHEN is_debit THEN amount ELSE -amount END) FILTER (WHERE counts) AS balance,
               sum(amount) FILTER (WHERE is_live AND NOT is_debit) AS money,
               sum(amount) FILTER (WHERE is_live AND is_debit) AS charged,
               sum(amount) FILTER (WHERE is_live AND is_debit AND due_date < day) AS due,
               sum(amount) FILTER (WHERE is_live AND is_debit AND due_date < oldest) AS before_oldest,
               sum(amount) FILTER (WHERE is_live AND is_debit AND due_date <= oldest) AS through_oldest,
               sum(CASE line WHEN 'written_off' THEN amount ELSE -amount END) FILTER (
                   WHERE is_live AND line IN ('written_off', 'write_offs_reversed')) AS written_off,
               max(value_date) FILTER (WHERE is_live AND kind = 'payment') AS last_payment_date,
               min(value_date) FILTER (WHERE NOT counts) AS ahead
        FROM entry GROUP BY account_id
    ),
    told AS (
        SELECT s.*, a.number, coalesce(t.balance, 0) AS told_balance, coalesce(t.money, 0) AS money,
               greatest(coalesce(t.due, 0) - coalesce(t.money, 0), 0) AS told_overdue,
               greatest(coalesce(t.charged, 0) - coalesce(t.money, 0), 0) AS told_open,
               coalesce(t.written_off, 0) AS told_written_off, t.last_payment_date AS told_last_payment,
               coalesce(t.before_oldest, 0) AS before_oldest,
               coalesce(t.through_oldest, 0) AS through_oldest, t.ahead,
               s.account_id IN (SELECT id FROM ruled) AS is_ruled
        FROM accounts_standing s
        JOIN accounts_account a ON a.id = s.account_id
        LEFT JOIN summed t ON t.account_id = s.account_id
    )
    SELECT number, figure, says, told FROM told, LATERAL (VALUES
        ('balance', balance, told_balance, true),
        ('credit', credit, overdue + not_due - told_balance, true),
        ('written off', written_off, told_written_off, true),
        ('overdue', overdue, told_overdue, NOT is_ruled),
        ('not yet due', not_due, told_open - told_overdue, NOT is_ruled),
        ('in dispute', contested, 0, NOT is_ruled)
    ) AS f(figure, says, told, is_asked)
    WHERE is_asked AND says <> told
    UNION ALL
    SELECT number, figure, NULL, NULL FROM told, LATERAL (VALUES
        ('day of the last payment', last_payment_date IS NOT DISTINCT FROM told_last_payment),
        ('day of its next change', ahead IS NULL OR next_change_date <= ahead),
        ('oldest due day', is_ruled OR CASE WHEN told_open = 0 THEN oldest_due_date IS NULL
            ELSE oldest_due_date IS NOT NULL AND before_oldest <= money AND through_oldest > money END)
    ) AS d(figure, holds)
    WHERE NOT coalesce(holds, false)
    ORDER BY 1, 2
"""
CHOSEN = f"""
    SELECT a.id, a.number, s.standing_as_of, s.overdue, s.not_due, s.contested, s.oldest_due_date
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS size FROM ({RULED}) u) r
    JOIN accounts_account a ON a.id = r.id
    JOIN accounts_standing s ON s.account_id = a.id
    WHERE (r.place + %(turn)s) %% ((r.size - 1) / %(most)s + 1) = 0
    ORDER BY a.id
"""


def plain_faults(*, as_of: date) -> list[str]:
    """What is wrong with standings by plain sums; each fault names the account and the figure."""
    with transaction.atomic(), connection.cursor() as cursor:
        # sets are joined as sets, whatever is known of the tables
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(SUMS)
        told = cursor.fetchall()
        cursor.execute("SET LOCAL enable_nestloop = on")
    faults = [
        f"standing of account {number}: its {figure} is wrong by plain sums"
        + ("" if says is None else f", says {says}, is {is_told}")
        for number, figure, says, is_told in told
    ]
    return faults + _ruled_faults(as_of)


def _ruled_faults(as_of: date) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(CHOSEN, {"turn": as_of.toordinal(), "most": MOST_RULED})
        rows = cursor.fetchall()
    faults = []
    for account_id, number, day, *says in rows:
        facts = facts_of(account_id, as_of=day)
        due = {debit.entry_id: debit.due_date for debit in facts.debits}
        items = [item for item in facts.items()[0] if item.open]
        told = [
            sum((item.open for item in items if due[item.entry_id] < day), Decimal(0)),
            sum((item.open for item in items if due[item.entry_id] >= day), Decimal(0)),
            sum((item.contested_open for item in items), Decimal(0)),
            min((due[item.entry_id] for item in items), default=None),
        ]
        for figure, said, is_told in zip(
            ("overdue", "not yet due", "in dispute", "oldest due day"), says, told, strict=True
        ):
            if said != is_told:
                faults.append(
                    f"standing of account {number}: its {figure} is wrong by the rule,"
                    f" says {said}, is {is_told}"
                )
    return faults
