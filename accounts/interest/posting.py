"""A run's postings as ledger entries: one set in, one set out."""

from datetime import date
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from accounts.interest.enums import ENTRY_KIND, ChargeKind
from accounts.interest.models import InterestRun
from accounts.interest.rules import RUN_INTEREST
from accounts.ledger.posting import SQL_TYPES
from accounts.ledger.services import post_entry_set
from accounts.policies.queries import resolver
from collections_app.core.money import decimals

TABLE = "interest_entries"
FIGURES = """
    SELECT p.currency, count(DISTINCT p.account_id), sum(p.amount), coalesce(sum(o.amount), 0), count(o.id)
    FROM accounts_interestposting p LEFT JOIN accounts_interestposting o ON o.id = p.replaces_id
    WHERE p.run_id = %s GROUP BY p.currency ORDER BY p.currency
"""
# Accounts whose interest somebody will ask about: stopped on some days, cut by a limit.
EXCEPTIONS = """
    SELECT count(DISTINCT p.account_id) FILTER (WHERE w.frozen <> ''),
           count(DISTINCT p.account_id) FILTER (WHERE w.interest < div(w.base * w.rate * w.days * 100000000,
                                                                       100 * w.year_days) * 0.00000001)
    FROM accounts_interestposting p JOIN accounts_interestwindow w ON w.posting_id = p.id
    WHERE p.run_id = %s
"""
# The rows of a posting: what is taken back first, then what is charged. A row knows its posting.
ROWS = """
    INSERT INTO interest_entries (row_number, posting_id, account_id, kind, amount, value_date, due_date,
        reference, description, source, reverses_id, reason, tax_amount, tax_code, method, receiver,
        late_reason)
    SELECT row_number() OVER (ORDER BY n.kind <> 'reversal', n.account_id, n.posting_id), n.posting_id,
           n.account_id, n.kind, n.amount, n.value_date, n.due_date, n.reference, n.description, 'rule',
           n.reverses_id, n.reason, 0, '', '', '', ''
    FROM (
        SELECT p.id AS posting_id, p.account_id, 'reversal' AS kind, e.amount,
               greatest(%(value_date)s, e.value_date) AS value_date, NULL::date AS due_date, e.reference,
               '' AS description, e.id AS reverses_id, %(reason)s AS reason
        FROM accounts_interestposting p
        JOIN accounts_interestposting o ON o.id = {taken_back}
        JOIN accounts_ledgerentry e ON e.id = o.entry_id
        WHERE p.run_id = %(run)s {live}
          AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id)
        {charged}
    ) n
"""
CHARGED = """
        UNION ALL
        SELECT p.id, p.account_id, %(entry_kind)s, p.amount, %(value_date)s, %(value_date)s,
               'I' || p.id, CASE WHEN p.item_id IS NULL THEN %(what)s || ' ' || to_char(p.period, 'YYYY-MM')
                                 ELSE %(what)s || ', ' || p.step || ' ' || %(days)s ||
                                      coalesce(' ' || nullif(i.reference, ''), '') END,
               NULL, ''
        FROM accounts_interestposting p LEFT JOIN accounts_ledgerentry i ON i.id = p.item_id
        WHERE p.run_id = %(run)s AND p.amount > 0
"""


def figures_of(run: InterestRun) -> dict[str, Any]:
    """What a run comes to, for its preview: by currency, and what is out of the ordinary."""
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, [run.pk])
        rows = cursor.fetchall()
        cursor.execute(EXCEPTIONS, [run.pk])
        frozen, capped = cursor.fetchone()
    totals = {
        currency: {"accounts": accounts, "charged": str(charged), "taken_back": str(back)}
        for currency, accounts, charged, back, _corrections in rows
    }
    return {
        "totals": {"currencies": totals, "frozen": frozen, "capped": capped},
        "accounts": sum(row[1] for row in rows),
        "corrections": sum(row[4] for row in rows),
    }


def _make_table(cursor) -> None:
    cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{TABLE}")
    columns = ", ".join(f"{name} {kind}" for name, kind in SQL_TYPES.items())
    cursor.execute(
        f"CREATE TEMPORARY TABLE {TABLE} ({columns}, row_number bigint, id bigint, posting_id bigint)"
        " ON COMMIT DROP"
    )


def _add_tax(cursor, run: InterestRun) -> None:
    """The tax within what is charged, by the dated rule of each portfolio for the entry's kind."""
    kind = ENTRY_KIND[ChargeKind(run.kind)]
    rules = resolver("tax", as_of=run.value_date)
    cursor.execute(
        f"SELECT DISTINCT a.portfolio_id, a.currency FROM {TABLE} t"
        " JOIN accounts_account a ON a.id = t.account_id"
    )
    for portfolio_id, currency in cursor.fetchall():
        rule = rules(run.creditor_id, portfolio_id).get(kind)
        if rule is None:
            continue
        code, rate = rule
        cursor.execute(
            f"UPDATE {TABLE} t SET tax_amount = round(t.amount * %s / (100 + %s), %s), tax_code = %s"
            " FROM accounts_account a WHERE a.id = t.account_id AND t.kind = %s AND a.currency = %s"
            " AND a.portfolio_id IS NOT DISTINCT FROM %s",
            [rate, rate, decimals(currency), code, kind, currency, portfolio_id],
        )


def post(run: InterestRun, *, actor, as_of: date) -> int:
    """Post what a run charges and take back what it replaces, with the run's value date."""
    what = {
        ChargeKind.INTEREST: _("Interest"),
        ChargeKind.LATE_FEE: _("Late fee"),
        ChargeKind.PENALTY: _("Penalty"),
    }
    params = {
        "run": run.pk,
        "value_date": run.value_date,
        "reason": _("Reckoned anew: something was learned later"),
        "entry_kind": ENTRY_KIND[ChargeKind(run.kind)],
        "what": what[ChargeKind(run.kind)],
        "days": _("days past due"),
    }
    with connection.cursor() as cursor:
        _make_table(cursor)
        cursor.execute(ROWS.format(taken_back="p.replaces_id", live="", charged=CHARGED), params)
        _add_tax(cursor, run)
        made = post_entry_set(table=TABLE, actor=actor, as_of=as_of, permission=RUN_INTEREST)
        cursor.execute(
            "UPDATE accounts_interestposting o SET is_live = false, reversal_id = t.id"
            f" FROM accounts_interestposting p LEFT JOIN {TABLE} t"
            " ON t.posting_id = p.id AND t.kind = 'reversal'"
            " WHERE p.run_id = %s AND p.replaces_id = o.id",
            [run.pk],
        )
        cursor.execute(
            f"UPDATE accounts_interestposting p SET is_live = true, entry_id = t.id FROM {TABLE} t"
            " WHERE p.run_id = %s AND t.posting_id = p.id AND t.kind <> 'reversal'",
            [run.pk],
        )
    return made


def take_back(run: InterestRun, *, value_date: date, reason: str, actor, as_of: date) -> int:
    """Reverse every entry of a run that still stands."""
    params = {"run": run.pk, "value_date": value_date, "reason": reason}
    with connection.cursor() as cursor:
        _make_table(cursor)
        cursor.execute(
            ROWS.format(taken_back="p.id", live="AND p.is_live AND p.waived_by_id IS NULL", charged=""),
            params,
        )
        made = post_entry_set(table=TABLE, actor=actor, as_of=as_of, permission=RUN_INTEREST)
        cursor.execute(
            f"UPDATE accounts_interestposting p SET is_live = false, reversal_id = t.id FROM {TABLE} t"
            " WHERE p.run_id = %s AND t.posting_id = p.id",
            [run.pk],
        )
    return made
