"""The journal: what is born here, handed to the creditor's books once and only once.

Entries that came from the creditor's own files stay out. A journal reaches from the cut-off of the
one before to its own, and nothing recorded before a cut-off can still commit after it (the ledger's
lock), so every entry stands in exactly one journal without a mark on the entry itself.
"""

import io
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.control.models import Journal
from accounts.ledger.enums import EntrySource
from accounts.ledger.services import knowledge_cut_off
from accounts.parties.models import Creditor
from collections_app.core import audit, clock, documents
from collections_app.core.enums import Retention
from collections_app.core.money import decimals
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused
from collections_app.core.spreadsheets import Column, write_csv

SIZE_LIMIT = 200_000_000


class NothingNew(Refused):
    """No entry was born since the last journal."""


# Column titles are a published format: they stay English and stable.
COLUMNS = [
    Column("entry_key"),
    Column("account_number"),
    Column("external_id"),
    Column("debtor_reference"),
    Column("kind"),
    Column("direction"),
    Column("report_line"),
    Column("amount", "money", currency_from="currency"),
    Column("tax_amount", "money", currency_from="currency"),
    Column("tax_code"),
    Column("currency"),
    Column("value_date", "date"),
    Column("due_date", "date"),
    Column("recorded_at", "datetime"),
    Column("method"),
    Column("receiver"),
    Column("reverses_key"),
    Column("reference"),
    Column("description"),
    Column("reason"),
]

_BORN_HERE = """
FROM accounts_ledgerentry e
JOIN accounts_account a ON a.id = e.account_id
JOIN accounts_debtor d ON d.id = a.debtor_id
WHERE a.creditor_id = %(creditor)s AND e.source <> %(imported)s
  AND (%(after)s::timestamptz IS NULL OR e.recorded_at > %(after)s) AND e.recorded_at <= %(until)s
"""


def _span(creditor: Creditor, after: datetime | None, until: datetime) -> dict[str, Any]:
    return {"creditor": creditor.pk, "imported": EntrySource.IMPORT, "after": after, "until": until}


def last_journal(creditor: Creditor) -> Journal | None:
    return Journal.objects.filter(creditor=creditor).order_by("-number").first()


def waiting(*, creditor_ids: list[int], known_at: datetime) -> dict[int, list[tuple[str, int]]]:
    """(currency, entries) that the next journal of each creditor would hold; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.creditor_id, e.currency, count(*)
            FROM accounts_ledgerentry e
            JOIN accounts_account a ON a.id = e.account_id
            LEFT JOIN (SELECT creditor_id, max(known_until) AS until FROM accounts_journal
                       GROUP BY creditor_id) j ON j.creditor_id = a.creditor_id
            WHERE a.creditor_id = ANY(%(creditors)s) AND e.source <> %(imported)s
              AND (j.until IS NULL OR e.recorded_at > j.until) AND e.recorded_at <= %(until)s
            GROUP BY a.creditor_id, e.currency ORDER BY e.currency
            """,
            {"creditors": creditor_ids, "imported": EntrySource.IMPORT, "until": known_at},
        )
        found: dict[int, list[tuple[str, int]]] = {}
        for creditor_id, currency, entries in cursor.fetchall():
            found.setdefault(creditor_id, []).append((currency, entries))
        return found


def _sums(span: dict[str, Any]) -> list[tuple[str, int, Decimal, Decimal]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.currency, count(*), coalesce(sum(e.amount) FILTER (WHERE e.direction = 'debit'), 0),"
            f" coalesce(sum(e.amount) FILTER (WHERE e.direction = 'credit'), 0) {_BORN_HERE}"
            " GROUP BY e.currency ORDER BY e.currency",
            span,
        )
        return cursor.fetchall()


@transaction.atomic
def make_journal(*, creditor: Creditor, actor) -> Journal:
    """Write the next journal of a creditor; asked twice, the second holds only what came between.

    Raises NothingNew when no entry was born since. Waits for postings under way.
    """
    require(actor, "accounts.make_journal")
    Creditor.objects.select_for_update(of=("self",), no_key=True).get(pk=creditor.pk)
    last = last_journal(creditor)
    with knowledge_cut_off() as until:
        span = _span(creditor, last.known_until if last else None, until)
        sums = _sums(span)
        if not sums:
            raise NothingNew(_("Nothing was born here since the last journal."))
        stream = io.StringIO(newline="")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 'E' || e.id, a.number, a.external_id, d.reference, e.kind, e.direction, e.line,"
                " e.amount, e.tax_amount, e.tax_code, e.currency, e.value_date, e.due_date, e.recorded_at,"
                " e.method, e.receiver, CASE WHEN e.reverses_id IS NOT NULL THEN 'E' || e.reverses_id END,"
                f" e.reference, e.description, e.reason {_BORN_HERE} ORDER BY e.id",
                span,
            )
            written = write_csv(COLUMNS, cursor, stream)
    number = (Journal.objects.filter(creditor=creditor).aggregate(top=Max("number"))["top"] or 0) + 1
    journal = Journal.objects.create(
        creditor=creditor,
        number=number,
        known_from=last.known_until if last else None,
        known_until=until,
        entries=written,
        sums={
            currency: {
                "entries": entries,
                "debits": f"{debits:.{decimals(currency)}f}",
                "credits": f"{credits_:.{decimals(currency)}f}",
            }
            for currency, entries, debits, credits_ in sums
        },
        actor=actor,
    )
    file = documents.store(
        content=stream.getvalue().encode("utf-8-sig"),
        filename=f"journal-{creditor.code}-{number:05d}.csv",
        kind="journal",
        owner=actor,
        subject=journal,
        retention=Retention.REPORT,
        size_limit=SIZE_LIMIT,
    )
    audit.record(
        "journal.made",
        journal,
        actor=actor,
        after={"number": number, "entries": written, "sha256": file.sha256, "day": clock.today()},
    )
    return journal
