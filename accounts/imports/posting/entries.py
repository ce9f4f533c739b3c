"""Entries as one set; amended documents as reversal and new; reversals after what they reverse."""

from django.utils.translation import gettext as _

from accounts.imports.checks.context import make, rows, run
from accounts.imports.checks.entries import OPENING_KINDS
from accounts.imports.posting.trail import Posting, remember
from accounts.ledger import posting_sets
from accounts.ledger.enums import Direction, EntryKind, EntrySource, ReportLine
from accounts.ledger.services import post_entry_set

GOOD = "NOT s.is_bad AND s.state IN ('new', 'amended')"
TABLE = "imp_posted"


def post_entries_of(posting: Posting) -> dict[str, int]:
    """Post the good entries; counts by name."""
    present = posting.context.present
    if not posting.batch.accepts_amended and "known" in present:
        run("UPDATE imp_entry SET is_bad = true WHERE state = 'amended'")
    if "accounts" in posting.context.kinds:
        run(
            "UPDATE imp_entry s SET account_id = a.account_id FROM imp_account a WHERE s.account_id IS NULL"
            " AND a.account_number = s.account_number AND a.creditor_key = s.creditor_key"
            " AND a.makes_account"
        )
    amended = _take_back_amended(posting) if "known" in present else 0
    made = _post(posting, f"{GOOD} AND s.kind <> 'reversal'")
    if "reversal" not in present:
        return {"entries": made, "entries_amended": amended}
    run(
        """
        UPDATE imp_entry s SET reverses_id = e.id
        FROM accounts_ledgerentry e
        WHERE s.kind = 'reversal' AND s.reverses_id IS NULL AND e.account_id = s.account_id
          AND e.reference = s.reverses AND e.kind <> 'reversal' AND s.state = 'new'
        """
    )
    reversals = _post(posting, f"{GOOD} AND s.kind = 'reversal'")
    return {"entries": made + reversals, "entries_amended": amended}


def _take_back_amended(posting: Posting) -> int:
    """Counter-entries of the documents that came again with other figures, on their own days."""
    waiting = rows(f"SELECT 1 FROM imp_entry s WHERE {GOOD} AND s.state = 'amended' LIMIT 1")
    if not waiting:
        return 0
    make(
        TABLE,
        f"""
        SELECT s.seq AS row_number, NULL::bigint AS id, e.account_id, 'reversal'::text AS kind, e.amount,
               e.value_date, NULL::date AS due_date, NULL::text AS direction, e.reference,
               e.description, 0::numeric AS tax_amount, ''::text AS tax_code, ''::text AS method,
               ''::text AS receiver, '{EntrySource.IMPORT}'::text AS source, e.id AS reverses_id,
               %(reason)s || s.row_number AS reason, %(batch)s::bigint AS import_batch_id,
               NULL::text AS line
        FROM imp_entry s JOIN accounts_ledgerentry e ON e.id = s.prior_id
        WHERE {GOOD} AND s.state = 'amended'
          AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry x WHERE x.reverses_id = e.id)
        """,
        {"reason": _("Amended by the creditor, row "), "batch": posting.batch.pk},
    )
    return post_entry_set(table=TABLE, actor=posting.actor, as_of=posting.as_of)


def _post(posting: Posting, where: str) -> int:
    """At cut-over every item is opening stock: its own due day and amount, but no new charge."""
    opening = ", ".join(f"'{kind}'" for kind in OPENING_KINDS)
    is_cut_over = "true" if posting.batch.is_cut_over else "false"
    if not rows(f"SELECT 1 FROM imp_entry s WHERE ({where}) AND s.state <> 'no_effect' LIMIT 1"):
        return 0
    good = f"""(
        SELECT s.seq AS row_number, NULL::bigint AS id, s.account_id,
               CASE WHEN {is_cut_over} AND s.kind IN ({opening}) THEN '{EntryKind.OPENING_BALANCE}'
                    WHEN {is_cut_over} AND s.own_direction = '{Direction.CREDIT}'
                    THEN '{EntryKind.ADJUSTMENT}' ELSE s.kind END AS kind,
               coalesce(s.whole, s.amount) AS amount, s.value_date, s.due_date,
               CASE WHEN s.kind = 'adjustment' THEN s.direction
                    WHEN {is_cut_over} AND s.own_direction = '{Direction.CREDIT}'
                    THEN '{Direction.CREDIT}' END AS direction,
               s.reference, coalesce(s.description, '') AS description,
               coalesce(s.tax_amount, 0) AS tax_amount, coalesce(s.tax_code, '') AS tax_code,
               coalesce(s.method, '') AS method, coalesce(s.receiver, '') AS receiver,
               '{EntrySource.IMPORT}'::text AS source, s.reverses_id,
               CASE WHEN s.kind = 'reversal' THEN coalesce(nullif(s.description, ''), %(reason)s)
                    ELSE '' END AS reason,
               %(batch)s::bigint AS import_batch_id,
               CASE WHEN {is_cut_over} AND s.kind <> 'reversal' THEN '{ReportLine.OPENING}' END AS line,
               s.fingerprint, s.content, s.record_id, s.row_number AS file_row
        FROM imp_entry s WHERE ({where}) AND s.state <> 'no_effect')"""
    made = post_entry_set(
        table=good,
        params={"reason": _("Reversed by the creditor"), "batch": posting.batch.pk},
        actor=posting.actor,
        as_of=posting.as_of,
        beside=("fingerprint", "content", "record_id", "file_row"),
    )
    posted = f"(SELECT id, fingerprint, content, record_id, file_row AS row_number FROM {posting_sets.TABLE})"
    known = "known" in posting.context.present
    remember(posting, "entries", f"{posted} s", "s.id", "true", replaces=known)
    return made
