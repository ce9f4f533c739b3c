"""The control sheet: what the file said, what was good, what was held back, in rows and in money.

Amounts are kept as text in JSON. Per creditor and currency: file = good + unchanged + amended +
held back, the bad rows' amounts included, so that a difference always means something.
"""

from decimal import Decimal
from typing import NamedTuple

from accounts.imports.checks.context import Context, make, resolved_tables, rows, touched_creditors
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
    entries = _entry_sums() if "entries" in context.kinds else []
    records = {
        str(kind): _counted(entries) if kind == "entries" else _records(table) for kind, table in tables
    }
    counted = _of_single(records) if staged.is_single else _of_rows(tables)
    by_state = {state: counted.get(state, 0) for state in STATES}
    return {
        "rows_read": staged.rows_read,
        "rows": by_state,
        "accepted": by_state["new"] + by_state["amended"] + by_state["no_effect"],
        "passed_over": staged.passed_over,
        "records": records,
        "sums": _sums(entries),
        "unread_amounts": _ragged() + sum(group.unread for group in entries if group.is_bad),
        "missing": _missing(context),
        "settled_here": _settled_here(context),
        "equal_to_ours": _equal_to_ours(context),
        "new_creditors": _new_creditors(context),
        "faults": _faults(),
        "notices": _notices(context, entries),
    }


def _of_rows(tables: list[tuple[str, str]]) -> dict[str, int]:
    every = " UNION ALL ".join(f"SELECT row_number, is_bad, state FROM {table}" for _kind, table in tables)
    return dict(
        rows(
            f"SELECT state, count(*) FROM (SELECT row_number, {ROW_STATE} AS state FROM ("
            f"{every} UNION ALL SELECT row_number, true, 'rejected' FROM imp_fault) e"
            " GROUP BY row_number) r GROUP BY state"
        )
    )


def _of_single(records: dict[str, dict[str, int]]) -> dict[str, int]:
    """Where each row makes one record the rows are the records, and those that made none are ragged."""
    [counted] = records.values()
    return counted | {"rejected": counted.get("rejected", 0) + _ragged()}


def _ragged() -> int:
    return rows("SELECT count(*) FROM imp_fault WHERE code = 'ragged'")[0][0]


def _records(table: str) -> dict[str, int]:
    return dict(
        rows(f"SELECT CASE WHEN is_bad THEN 'rejected' ELSE state END, count(*) FROM {table} GROUP BY 1")
    )


class _EntrySum(NamedTuple):
    """What the file's entries of one creditor, currency, state and side come to."""

    creditor: str
    currency: str
    is_bad: bool
    state: str
    is_debit: bool | None
    rows: int
    amount: Decimal
    unread: int
    due_assumed: int
    repeats: int


def _entry_sums() -> list[_EntrySum]:
    """One pass over the entries for all that the sheet says of them."""
    return [
        _EntrySum(*line)
        for line in rows(
            """
            SELECT coalesce(creditor_code, creditor_key, ''), coalesce(account_currency, currency, ''),
                   is_bad, state, coalesce(own_direction, direction, side) = 'debit',
                   count(*), coalesce(sum(amount), 0), count(*) FILTER (WHERE amount IS NULL),
                   count(*) FILTER (WHERE due_date IS NULL AND kind <> 'reversal'
                                    AND coalesce(own_direction, direction) = 'debit'),
                   count(*) FILTER (WHERE occurrence > 1)
            FROM imp_entry GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
            """
        )
    ]


def _counted(entries: list[_EntrySum]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for group in entries:
        state = "rejected" if group.is_bad else group.state
        counted[state] = counted.get(state, 0) + group.rows
    return counted


def _sums(entries: list[_EntrySum]) -> list[dict]:
    found: dict[tuple[str, str], dict] = {}
    for group in entries:
        line = found.setdefault(
            (group.creditor, group.currency),
            {"creditor": group.creditor, "currency": group.currency, "rows": 0}
            | dict.fromkeys(
                ("file", "good", "unchanged", "amended", "held_back", "debits", "credits"), Decimal(0)
            ),
        )
        line["rows"] += group.rows
        line["file"] += group.amount
        if group.is_bad:
            line["held_back"] += group.amount
        elif group.state in ("unchanged", "amended"):
            line[group.state] += group.amount
        else:
            line["good"] += group.amount
            # an adjustment whose side is not said is held back, so it is on neither
            if group.is_debit is not None:
                line["debits" if group.is_debit else "credits"] += group.amount
    return [
        {name: str(value) if isinstance(value, Decimal) else value for name, value in line.items()}
        for line in found.values()
    ]


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
    # A table of its own: its size decides how it is joined, and nobody could guess it.
    make(
        "imp_ours",
        f"""
        SELECT e.id, e.account_id, e.amount, e.value_date FROM accounts_ledgerentry e
        WHERE e.kind = 'payment' AND e.source <> 'import'
          AND e.value_date BETWEEN %(first)s - {NEAR_DAYS} AND %(last)s + {NEAR_DAYS}
        """,
        {"first": first_day, "last": last_day},
    )
    if not rows("SELECT 1 FROM imp_ours LIMIT 1"):
        return {}
    found = rows(
        f"""
        SELECT s.account_number, s.amount, s.value_date, count(*) OVER ()
        FROM imp_entry s
        WHERE s.state = 'new' AND NOT s.is_bad AND s.kind = 'payment' AND EXISTS (
            SELECT 1 FROM imp_ours e
            WHERE e.account_id = s.account_id AND e.amount = s.amount
              AND e.value_date BETWEEN s.value_date - {NEAR_DAYS} AND s.value_date + {NEAR_DAYS}
              AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id))
        ORDER BY s.seq LIMIT {NAMED_MISSING}
        """
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


def _notices(context: Context, entries: list[_EntrySum]) -> dict[str, int]:
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
    new = [group for group in entries if group.state == "new" and not group.is_bad]
    found |= {
        "due_assumed": sum(group.due_assumed for group in new),
        "equal_entries": sum(group.repeats for group in new),
    }
    found["listed_above_left"] = context.counts.get("listed_above_left", 0)
    if staged_passed := context.counts.get("passed_over"):
        found["passed_over"] = staged_passed
    return {code: count for code, count in found.items() if count}
