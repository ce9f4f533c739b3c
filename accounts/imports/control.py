"""The control sheet: what the file said, what was good, what was held back, in rows and in money.

Amounts are kept as text in JSON. Per creditor and currency: file = good + unchanged + amended +
held back, the bad rows' amounts included, so that a difference always means something.
"""

from accounts.imports.checks.context import Context, resolved_tables, rows, touched_creditors
from accounts.imports.missing import missing_sql
from accounts.imports.staging import Staged
from accounts.ledger.queries import items_sql

ROW_STATE = """
    CASE WHEN bool_or(is_bad) THEN 'rejected' WHEN bool_or(state = 'amended') THEN 'amended'
         WHEN bool_or(state = 'new') THEN 'new' WHEN bool_or(state = 'no_effect') THEN 'no_effect'
         ELSE 'unchanged' END
"""
NAMED_MISSING = 50
NEAR_DAYS = 7  # how far the days of two tellings of one payment may lie apart
STATES = ("new", "unchanged", "amended", "no_effect", "rejected")


def control_sheet(context: Context, staged: Staged) -> dict:
    """Rows by state, sums per creditor and currency, what will be made, what to know."""
    tables = resolved_tables(context)
    every = " UNION ALL ".join(f"SELECT row_number, is_bad, state FROM {table}" for _kind, table in tables)
    counted = dict(
        rows(
            f"SELECT state, count(*) FROM (SELECT row_number, {ROW_STATE} AS state FROM ("
            f"{every} UNION ALL SELECT row_number, true, 'rejected' FROM imp_fault) e"
            " GROUP BY row_number) r GROUP BY state"
        )
    )
    by_state = {state: counted.get(state, 0) for state in STATES}
    return {
        "rows_read": staged.rows_read,
        "rows": by_state,
        "accepted": by_state["new"] + by_state["amended"] + by_state["no_effect"],
        "passed_over": staged.passed_over,
        "records": _records(tables),
        "sums": _sums(context),
        "unread_amounts": _unread_amounts(context),
        "missing": _missing(context),
        "settled_here": _settled_here(context),
        "equal_to_ours": _equal_to_ours(context),
        "new_creditors": _new_creditors(context),
        "faults": _faults(),
        "notices": _notices(context),
    }


def _records(tables: list[tuple[str, str]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for kind, table in tables:
        found[str(kind)] = dict(
            rows(f"SELECT CASE WHEN is_bad THEN 'rejected' ELSE state END, count(*) FROM {table} GROUP BY 1")
        )
    return found


def _sums(context: Context) -> list[dict]:
    if "entries" not in context.kinds:
        return []
    names = ("creditor", "currency", "rows", "file", "good", "unchanged", "amended", "held_back",
             "debits", "credits")  # fmt: skip
    good = "NOT is_bad AND state IN ('new', 'no_effect')"
    is_debit = "coalesce(own_direction, direction, side) = 'debit'"
    found = rows(
        f"""
        SELECT coalesce(creditor_code, creditor_key, ''), coalesce(account_currency, currency, ''),
               count(*), coalesce(sum(amount), 0), coalesce(sum(amount) FILTER (WHERE {good}), 0),
               coalesce(sum(amount) FILTER (WHERE NOT is_bad AND state = 'unchanged'), 0),
               coalesce(sum(amount) FILTER (WHERE NOT is_bad AND state = 'amended'), 0),
               coalesce(sum(amount) FILTER (WHERE is_bad), 0),
               coalesce(sum(amount) FILTER (WHERE {good} AND {is_debit}), 0),
               coalesce(sum(amount) FILTER (WHERE {good} AND NOT {is_debit}), 0)
        FROM imp_entry GROUP BY 1, 2 ORDER BY 1, 2
        """
    )
    return [
        {
            name: value if isinstance(value, int | str) else str(value)
            for name, value in zip(names, line, strict=True)
        }
        for line in found
    ]


def _unread_amounts(context: Context) -> int:
    ragged = rows("SELECT count(*) FROM imp_fault WHERE code = 'ragged'")[0][0]
    if "entries" not in context.kinds:
        return ragged
    return ragged + rows("SELECT count(*) FROM imp_entry WHERE is_bad AND amount IS NULL")[0][0]


def _missing(context: Context) -> dict:
    """Open documents that a snapshot of all open items does not list, for somebody to decide on."""
    if not context.is_snapshot or "entries" not in context.kinds:
        return {}
    found = rows(
        f"SELECT number, reference, open, count(*) OVER () FROM ({missing_sql()}) missing"
        f" ORDER BY number, entry_id LIMIT {NAMED_MISSING}",
        {"ids": touched_creditors(context), "as_of": context.as_of},
    )
    if not found:
        return {}
    first = [
        {"account": number, "reference": reference, "open": str(amount)}
        for number, reference, amount, _count in found
    ]
    return {"count": found[0][3], "first": first}


def _settled_here(context: Context) -> dict:
    """Documents that the list names as open and that are paid or credited in full here: the creditor has
    not posted it yet, or ours was wrong. Nothing follows by itself; somebody should know."""
    if not context.is_snapshot or "entries" not in context.kinds:
        return {}
    scope = "e.account_id IN (SELECT account_id FROM imp_entry WHERE state = 'unchanged') AND"
    found = rows(
        f"""
        WITH {items_sql(scope=scope)}
        SELECT a.number, s.reference, count(*) OVER ()
        FROM imp_entry s JOIN accounts_account a ON a.id = s.account_id
        WHERE s.state = 'unchanged' AND s.own_direction = 'debit' AND s.prior_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM items i WHERE i.entry_id = s.prior_id AND i.amount > i.paid)
        ORDER BY a.number, s.seq LIMIT {NAMED_MISSING}
        """,
        {"as_of": context.as_of},
    )
    if not found:
        return {}
    first = [{"account": number, "reference": reference} for number, reference, _count in found]
    return {"count": found[0][2], "first": first}


def _equal_to_ours(context: Context) -> dict:
    """New payments that equal one that stands here from elsewhere (a bank's statement, by hand), on the
    same account within a week: perhaps the same money told twice, and perhaps not. A clerk says."""
    if "entries" not in context.kinds:
        return {}
    [(first_day, last_day)] = rows(
        "SELECT min(value_date), max(value_date) FROM imp_entry"
        " WHERE state = 'new' AND NOT is_bad AND kind = 'payment'"
    )
    if first_day is None:
        return {}
    found = rows(
        f"""
        SELECT s.account_number, s.amount, s.value_date, count(*) OVER ()
        FROM imp_entry s
        WHERE s.state = 'new' AND NOT s.is_bad AND s.kind = 'payment' AND EXISTS (
            SELECT 1 FROM accounts_ledgerentry e
            WHERE e.account_id = s.account_id AND e.kind = 'payment' AND e.amount = s.amount
              AND e.source <> 'import' AND e.value_date BETWEEN s.value_date - {NEAR_DAYS}
              AND s.value_date + {NEAR_DAYS}
              -- the days of the whole file once more, for an index on them
              AND e.value_date BETWEEN %(first)s - {NEAR_DAYS} AND %(last)s + {NEAR_DAYS}
              AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id))
        ORDER BY s.seq LIMIT {NAMED_MISSING}
        """,
        {"first": first_day, "last": last_day},
    )
    if not found:
        return {}
    first = [
        {"account": number, "amount": str(amount), "day": day.isoformat()}
        for number, amount, day, _count in found
    ]
    return {"count": found[0][3], "first": first}


def _new_creditors(context: Context) -> list[dict]:
    if "accounts" not in context.kinds:
        return []
    return [
        {"code": code, "currency": currency, "country": country or ""}
        for code, currency, country in rows(
            "SELECT k.code, k.currency, k.country FROM imp_creditor k WHERE k.is_new AND EXISTS"
            " (SELECT 1 FROM imp_account s WHERE s.creditor_key = k.key AND NOT s.is_bad) ORDER BY 1"
        )
    ]


def _faults() -> dict[str, int]:
    return dict(rows("SELECT code, count(DISTINCT row_number) FROM imp_fault GROUP BY code ORDER BY 2 DESC"))


def _notices(context: Context) -> dict[str, int]:
    """What was accepted and is worth knowing, by code; the words stand in `messages`."""
    found: dict[str, int] = {}
    if "accounts" in context.kinds:
        [(assumed, bad_mail)] = rows(
            "SELECT count(*) FILTER (WHERE is_opened_assumed),"
            " count(*) FILTER (WHERE email <> '' AND email !~ '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$')"
            " FROM imp_account WHERE NOT is_bad AND state = 'new'"
        )
        [(bad_phones,)] = rows("SELECT count(*) FROM imp_phone WHERE NOT is_good")
        [(names,)] = rows(
            "SELECT count(*) FROM (SELECT 1 FROM imp_account WHERE NOT is_bad GROUP BY creditor_key,"
            " debtor_reference HAVING count(DISTINCT debtor_name) > 1) n"
        )
        found |= {
            "opened_assumed": assumed,
            "bad_email": bad_mail,
            "bad_phone": bad_phones,
            "names_differ": names,
        }
    if "entries" in context.kinds:
        [(due, repeats)] = rows(
            "SELECT count(*) FILTER (WHERE due_date IS NULL AND coalesce(own_direction, direction)"
            " = 'debit' AND kind <> 'reversal'), count(*) FILTER (WHERE occurrence > 1)"
            " FROM imp_entry WHERE NOT is_bad AND state = 'new'"
        )
        found |= {"due_assumed": due, "equal_entries": repeats}
    if staged_passed := context.counts.get("passed_over"):
        found["passed_over"] = staged_passed
    return {code: count for code, count in found.items() if count}
