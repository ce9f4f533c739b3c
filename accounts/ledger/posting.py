"""The statements behind posting: one fixed sequence of SQL for one entry or for half a million.

A source is anything that selects the columns of `NewEntry`; entries given as a list become arrays,
an import's come from its staging table. Nothing here checks permission: `services` does.
"""

from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.enums import (
    KIND_DIRECTION,
    LINE_OF_KIND,
    LINE_OF_REVERSAL,
    Direction,
    EntryKind,
    EntrySource,
    GroupKind,
    ReportLine,
)
from collections_app.core.money import COMMON_SCALE, other_scales
from collections_app.core.refusal import Refused

# Posting holds it shared before `recorded_at` is stamped; a close takes it exclusively before it
# picks its cut-off. Without it a cut-off would not be reproducible.
LEDGER_LOCK = 7_215_002


class EntryRefused(Refused):
    """An entry that the ledger does not take; the message says why and what to do."""


@dataclass(frozen=True)
class NewEntry:
    """One entry to post. `amount` is positive, in the account's currency; `direction` is stated
    for adjustments only; a reversal takes amount and direction from the entry it `reverses_id`."""

    account_id: int
    kind: str
    amount: Decimal
    value_date: date
    due_date: date | None = None
    direction: str | None = None
    reference: str = ""
    description: str = ""
    tax_amount: Decimal = field(default=Decimal(0))
    tax_code: str = ""
    method: str = ""
    receiver: str = ""
    source: str = EntrySource.MANUAL
    reverses_id: int | None = None
    reason: str = ""
    import_batch_id: int | None = None
    line: str | None = None
    # why it is dated into a signed month; kept with the mark, not with the entry
    late_reason: str = ""
    # entries of one posting with the same word (a GroupKind) stand or fall together
    belongs: str = ""


SQL_TYPES = {
    "account_id": "bigint",
    "kind": "text",
    "amount": "numeric",
    "value_date": "date",
    "due_date": "date",
    "direction": "text",
    "reference": "text",
    "description": "text",
    "tax_amount": "numeric",
    "tax_code": "text",
    "method": "text",
    "receiver": "text",
    "source": "text",
    "reverses_id": "bigint",
    "reason": "text",
    "import_batch_id": "bigint",
    "line": "text",
    "late_reason": "text",
    "belongs": "text",
}
COLUMNS = [column.name for column in fields(NewEntry)]
# What of a NewEntry is written into the entry itself.
ENTRY_COLUMNS = [name for name in COLUMNS if name not in ("late_reason", "belongs")]


def source_of(entries: list[NewEntry]) -> tuple[str, dict]:
    """A FROM item with the entries as rows, numbered from 1, and its parameters."""
    arrays = ", ".join(f"%({name})s::{SQL_TYPES[name]}[]" for name in COLUMNS)
    names = ", ".join(COLUMNS)
    sql = f"(SELECT * FROM unnest({arrays}) WITH ORDINALITY AS given({names}, row_number))"
    return sql, {name: [getattr(entry, name) for entry in entries] for name in COLUMNS}


def _case(mapping: dict, column: str) -> str:
    whens = " ".join(f"WHEN '{key}' THEN '{value}'" for key, value in mapping.items())
    return f"CASE {column} {whens} END"


DIRECTION = f"""
    CASE WHEN s.kind = '{EntryKind.REVERSAL}'
         THEN CASE r.direction WHEN 'debit' THEN 'credit' ELSE 'debit' END
         ELSE coalesce({_case({k: d for k, d in KIND_DIRECTION.items() if d}, "s.kind")}, s.direction)
    END
"""
LINE = f"""
    CASE WHEN s.line IS NOT NULL THEN s.line
         WHEN s.kind = '{EntryKind.REVERSAL}'
         THEN coalesce({_case(LINE_OF_REVERSAL, "r.kind")}, r.line)
         WHEN s.kind = '{EntryKind.ADJUSTMENT}'
         THEN CASE s.direction WHEN '{Direction.DEBIT}' THEN '{ReportLine.DEBIT_ADJUSTMENTS}'
                               ELSE '{ReportLine.CREDIT_ADJUSTMENTS}' END
         ELSE {_case(LINE_OF_KIND, "s.kind")}
    END
"""


def share_ledger() -> None:
    """Hold the ledger's lock as postings do: what is recorded now is before or after any cut-off."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LEDGER_LOCK])


def lock_accounts(source: str, params: dict) -> list[int]:
    """Lock the accounts of a source in id order, after the ledger's shared lock; their ids."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LEDGER_LOCK])
        cursor.execute(
            f"SELECT id FROM accounts_account WHERE id IN (SELECT account_id FROM {source} s)"
            " ORDER BY id FOR NO KEY UPDATE",
            params,
        )
        return [row[0] for row in cursor.fetchall()]


FAULTS = {
    "account": gettext_lazy("Row %(row)s: there is no such account."),
    "void": gettext_lazy("Row %(row)s: account %(account)s is void; nothing can be posted to it."),
    "kind": gettext_lazy("Row %(row)s: «%(kind)s» is not a kind of entry."),
    "amount": gettext_lazy("Row %(row)s: the amount must not be negative; use the opposite kind instead."),
    "scale": gettext_lazy("Row %(row)s: %(amount)s has more decimals than %(currency)s has."),
    "direction": gettext_lazy("Row %(row)s: say whether the adjustment is a debit or a credit."),
    "reverses": gettext_lazy("Row %(row)s: name the entry that is reversed; it must be of the same account."),
    "reversed": gettext_lazy("Row %(row)s: that entry is reversed already."),
    "value_date": gettext_lazy("Row %(row)s: the value date is missing."),
    "method": gettext_lazy("Row %(row)s: a reversal needs a reason."),
}


OF_ACCOUNT_GIVEN = "LEFT JOIN accounts_account a ON a.id = s.account_id"


def check(
    source: str, params: dict, *, reversals: bool = True, of_account: str = OF_ACCOUNT_GIVEN
) -> None:
    """Refuse the whole source if any row is not postable; the first fault is named.

    `reversals`: some row may reverse an entry; `of_account` joins the account of a row as `a`.
    """
    scale = f"coalesce(c.scale, {COMMON_SCALE})"
    with connection.cursor() as cursor:
        scales = ", ".join(f"('{currency}', {other})" for currency, other in other_scales().items())
        kinds = ", ".join(f"'{kind}'" for kind in EntryKind.values)
        cursor.execute(
            f"""
            SELECT s.row_number, a.number, a.currency, s.kind, s.amount,
                   CASE
                     WHEN a.id IS NULL THEN 'account'
                     WHEN a.status = 'void' THEN 'void'
                     WHEN s.kind NOT IN ({kinds}) THEN 'kind'
                     WHEN s.value_date IS NULL THEN 'value_date'
                     WHEN s.kind = 'reversal' AND (r.id IS NULL OR r.account_id <> s.account_id
                          OR r.kind = 'reversal') THEN 'reverses'
                     WHEN s.kind = 'reversal' AND EXISTS (SELECT 1 FROM accounts_ledgerentry x
                          WHERE x.reverses_id = r.id) THEN 'reversed'
                     WHEN s.kind = 'reversal' AND s.reason = '' THEN 'method'
                     WHEN s.kind <> 'reversal' AND s.amount < 0 THEN 'amount'
                     WHEN s.kind <> 'reversal' AND s.amount <> round(s.amount, {scale}) THEN 'scale'
                     WHEN s.kind = 'adjustment' AND coalesce(s.direction, '')
                          NOT IN ('debit', 'credit') THEN 'direction'
                   END AS fault
            FROM {source} s
            {of_account}
            LEFT JOIN (VALUES {scales}) c(currency, scale) ON c.currency = a.currency
            {ORIGINAL if reversals else NO_ORIGINAL}
            WHERE a.id IS NULL OR a.status = 'void' OR s.kind NOT IN ({kinds})
               OR s.value_date IS NULL OR s.kind IN ('reversal', 'adjustment') OR s.amount < 0
               OR s.amount <> round(s.amount, {scale})
            ORDER BY (CASE WHEN a.id IS NULL THEN 0 ELSE 1 END), s.row_number
            """,
            params,
        )
        for row, number, currency, kind, amount, fault in cursor:
            if fault:
                raise EntryRefused(
                    str(FAULTS[fault])
                    % {
                        "row": row,
                        "account": number,
                        "currency": currency,
                        "kind": kind,
                        "amount": amount,
                    }
                )


COLUMNS_WRITTEN = (
    "id, account_id, currency, kind, direction, line, amount, tax_amount, tax_code, value_date, due_date,"
    " is_due_date_assumed, reference, description, reverses_id, reason, method, receiver, source,"
    " import_batch_id, actor_id"
)


ORIGINAL = "LEFT JOIN accounts_ledgerentry r ON r.id = s.reverses_id"
# Where nothing is reversed nothing is looked up.
NO_ORIGINAL = """
            CROSS JOIN (SELECT NULL::bigint AS id, NULL::bigint AS account_id, NULL::text AS kind,
                               NULL::text AS direction, NULL::text AS line, NULL::numeric AS amount,
                               NULL::numeric AS tax_amount, NULL::text AS tax_code) r
"""


def insert_sql(source: str, *, reversals: bool = True, is_in_order: bool = False) -> str:
    """The source says currency and terms beside what a NewEntry says; rows without an id draw one,
    in the order of their numbers. `is_in_order`: it is a table written in that order."""
    return f"""
        INSERT INTO accounts_ledgerentry ({COLUMNS_WRITTEN})
        SELECT coalesce(s.id, nextval(pg_get_serial_sequence('accounts_ledgerentry', 'id'))),
               s.account_id, s.currency, s.kind, s.direction, s.line, s.amount, s.tax_amount,
               s.tax_code, s.value_date,
               CASE WHEN s.direction = 'debit' AND s.kind <> 'reversal'
                    THEN coalesce(s.due_date, s.value_date + s.terms) END,
               s.direction = 'debit' AND s.kind <> 'reversal' AND s.due_date IS NULL,
               s.reference, s.description, s.reverses_id, s.reason, s.method, s.receiver,
               s.source, s.import_batch_id, %(actor)s
        FROM (
            SELECT s.row_number, s.id, s.account_id, s.currency, s.kind, {DIRECTION} AS direction,
                   {LINE} AS line,
                   CASE WHEN s.kind = 'reversal' THEN r.amount ELSE s.amount END AS amount,
                   CASE WHEN s.kind = 'reversal' THEN r.tax_amount
                        ELSE coalesce(s.tax_amount, 0) END AS tax_amount,
                   CASE WHEN s.kind = 'reversal' THEN r.tax_code
                        ELSE coalesce(s.tax_code, '') END AS tax_code, s.value_date, s.due_date,
                   s.terms,
                   coalesce(s.reference, '') AS reference,
                   coalesce(s.description, '') AS description, s.reverses_id,
                   coalesce(s.reason, '') AS reason, coalesce(s.method, '') AS method,
                   coalesce(s.receiver, '') AS receiver, s.source, s.import_batch_id
            FROM {source} s
            {ORIGINAL if reversals else NO_ORIGINAL}
            WHERE s.kind = 'reversal' OR s.amount <> 0
            {"" if is_in_order else "ORDER BY s.row_number"}
        ) s
    """


def recoveries(source: str, params: dict) -> list[tuple[int, NewEntry]]:
    """Reinstatements for money that comes after a write-off, each with the row of its payment.

    A payment beyond the active balance is recovery against the written-off memo: as much of the
    write-off is taken back as the payment covers, so that no credit balance arises.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT p.row_number, t.account_id, p.value_date,
                   least(t.written_off, greatest(p.through - greatest(t.balance, 0), 0))
                   - least(t.written_off, greatest(p.through - p.amount - greatest(t.balance, 0), 0))
            FROM accounts_standing t
            JOIN (SELECT s.row_number, s.account_id, s.amount, s.value_date,
                         sum(s.amount) OVER (PARTITION BY s.account_id ORDER BY s.row_number) AS through
                  FROM {source} s WHERE s.kind = 'payment') p USING (account_id)
            WHERE t.written_off > 0 AND p.through > greatest(t.balance, 0)
            ORDER BY p.row_number
            """,
            params,
        )
        return [
            (
                row_number,
                NewEntry(
                    account_id=account_id,
                    kind=EntryKind.ADJUSTMENT,
                    direction=Direction.DEBIT,
                    line=ReportLine.WRITE_OFFS_REVERSED,
                    amount=amount,
                    value_date=day,
                    due_date=day,
                    source=EntrySource.RULE,
                    description=_("Recovery after write-off"),
                ),
            )
            for row_number, account_id, day, amount in cursor.fetchall()
            if amount > 0
        ]


def tied(source: str, params: dict) -> list[NewEntry]:
    """Reversals of what stands or falls with the entries that a source reverses, on the same days."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE taken (id, value_date, reason, source) AS (
                SELECT s.reverses_id, s.value_date, s.reason, s.source
                FROM {source} s WHERE s.kind = 'reversal' AND s.reverses_id IS NOT NULL
                UNION
                SELECT other.entry_id, t.value_date, t.reason, t.source
                FROM taken t
                JOIN accounts_groupedentry own ON own.entry_id = t.id
                JOIN accounts_entrygroup g ON g.id = own.group_id
                JOIN accounts_groupedentry other ON other.group_id = g.id
                WHERE g.kind <> '{GroupKind.RECOVERY}' OR own.position = 0
            )
            SELECT DISTINCT ON (e.id) e.account_id, e.id, e.amount,
                   greatest(t.value_date, e.value_date), e.reference, t.reason, t.source
            FROM taken t JOIN accounts_ledgerentry e ON e.id = t.id
            WHERE e.id NOT IN (SELECT s.reverses_id FROM {source} s WHERE s.reverses_id IS NOT NULL)
              AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id)
            ORDER BY e.id, t.value_date
            """,
            params,
        )
        return [
            NewEntry(
                account_id=account_id,
                kind=EntryKind.REVERSAL,
                amount=amount,
                value_date=day,
                reverses_id=pk,
                reference=reference,
                reason=reason,
                source=origin,
            )
            for account_id, pk, amount, day, reference, reason, origin in cursor.fetchall()
        ]
