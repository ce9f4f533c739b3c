"""Checks of ledger entries: account, kind, amount, days, documents met before."""

from accounts.imports.checks.context import (
    Check,
    Context,
    fault,
    fault_all,
    make,
    run,
    target_checks,
    target_join,
    unfaulted,
)
from accounts.imports.checks.context import rows as select
from accounts.imports.checks.listed import match_listed, note_prior
from accounts.ledger.enums import KIND_DIRECTION

FARTHEST_DAYS_AHEAD = 366
FARTHEST_DUE_DAYS = 366 * 40
# A number of a workbook whose account is not known yet is still an amount: it is shown and summed.
SCALE_OF_UNKNOWN = 2
OWN_REFERENCE = "^E[0-9]{1,18}$"
OPENING_KINDS = ("charge", "fee", "interest", "penalty")


def check_entries(context: Context) -> None:
    """Leaves `imp_entry`; see the package."""
    _resolve(context)
    context.present |= _present()
    _match(context)
    if "own_reference" in context.present:
        _match_own()
    if "adjustment" in context.present:
        run(
            "UPDATE imp_entry SET direction = side"
            " WHERE kind = 'adjustment' AND direction IS NULL AND side <> ''"
        )
    given = {**context.params, "days": FARTHEST_DAYS_AHEAD, "due": FARTHEST_DUE_DAYS}
    fault_all("entries", "imp_entry", [*target_checks("entries", "imp_entry"), *_figures()], given)
    if "reversal" in context.present:
        _fault_reversals()
    if "repeat" in context.present and context.references == "document":
        _fault_repeats()


def _present() -> set[str]:
    """What some entry of the file is; asked in one pass, so that nobody need look for it in vain."""
    asked = {
        "reversal": "kind = 'reversal'",
        "adjustment": "kind = 'adjustment'",
        "repeat": "occurrence > 1",
        "own_reference": f"starts_with(reference, 'E') AND reference ~ '{OWN_REFERENCE}'",
    }
    columns = ", ".join(f"coalesce(bool_or({condition}), false)" for condition in asked.values())
    [found] = select(f"SELECT {columns} FROM imp_entry")
    return {name for name, is_found in zip(asked, found, strict=True) if is_found}


def _kind_direction() -> str:
    whens = " ".join(
        f"WHEN '{kind}' THEN '{direction}'" for kind, direction in KIND_DIRECTION.items() if direction
    )
    return f"CASE s.kind {whens} END"


def _resolve(context: Context) -> None:
    """Accounts, rounding of workbook numbers, fingerprint and occurrence within the file.

    With a reference a document is known by account, kind and reference; without, by all its fields
    and how many times they stood in the file, so that two equal payments of a day both stay.
    """
    by_reference = "s.entry_reference <> ''" if context.references == "document" else "false"
    make(
        "imp_entry",
        f"""
        WITH resolved AS (
            SELECT s.seq, s.row_number, s.creditor, s.account_number, t.id AS account_id,
                   t.matches, t.currency AS account_currency, t.creditor_key, t.creditor_code,
                   s.kind, coalesce(s.entry_reference, '') AS reference, s.reverses,
                   {_kind_direction()} AS own_direction, s.direction, s.side,
                   CASE WHEN s.is_float THEN round(s.amount, coalesce(c.scale, {SCALE_OF_UNKNOWN}))
                        ELSE s.amount END AS amount,
                   coalesce(s.is_float, false) AS is_float, c.scale,
                   s.tax_amount, s.tax_code, s.value_date,
                   coalesce(s.due_date, t.opened_date + s.due_after_opened) AS due_date,
                   s.description, coalesce(upper(s.currency), s.amount_currency) AS currency,
                   s.method, s.receiver, {by_reference} AS is_document
            FROM imp_entries s {target_join(context)}
        ),
        keyed AS (
            SELECT r.*,
                   md5(CASE WHEN r.is_document
                       THEN concat_ws('|', 'document', r.creditor_code, r.account_number, r.kind, r.reference)
                       ELSE concat_ws('|', 'entry', %(salt)s, r.creditor_code, r.account_number, r.kind,
                            coalesce(r.direction, r.side, ''), r.reference, trim_scale(r.amount),
                            r.value_date, coalesce(r.due_date::text, ''), coalesce(r.reverses, ''),
                            coalesce(r.description, '')) END) AS base
            FROM resolved r
        )
        SELECT k.*, 1::bigint AS occurrence,
               decode(md5(concat_ws('|', k.base, 1)), 'hex') AS fingerprint,
               decode(md5(concat_ws('|', trim_scale(k.amount), k.value_date, k.due_date,
                   coalesce(k.direction, k.side), trim_scale(k.tax_amount))), 'hex') AS content,
               NULL::bigint AS record_id, NULL::bigint AS prior_id, NULL::bigint AS reverses_id,
               NULL::numeric AS whole,
               CASE WHEN k.amount = 0 AND k.kind <> 'reversal' THEN 'no_effect' ELSE 'new' END AS state,
               false AS is_bad
        FROM keyed k
        """,
        context.params,
    )
    # Few come again, so only they are put in order.
    run(
        """
        UPDATE imp_entry s SET occurrence = again.occurrence,
               fingerprint = decode(md5(concat_ws('|', s.base, again.occurrence)), 'hex')
        FROM (
            SELECT seq, row_number() OVER (PARTITION BY base ORDER BY seq) AS occurrence FROM imp_entry
            WHERE base IN (SELECT base FROM imp_entry GROUP BY base HAVING count(*) > 1)
        ) again
        WHERE again.seq = s.seq AND again.occurrence > 1
        """
    )


def _match(context: Context) -> None:
    """What an earlier file brought already: unchanged, or the same document with other figures.

    A document that comes again with nothing to pay is cancelled: amended to nought, not "no effect".
    """
    if not select("SELECT 1 FROM accounts_importedrecord WHERE kind = 'entries' AND NOT is_void LIMIT 1"):
        return
    known = run(
        """
        UPDATE imp_entry s SET record_id = r.id, prior_id = r.record_id,
            state = CASE WHEN r.content = s.content THEN 'unchanged' ELSE 'amended' END
        FROM accounts_importedrecord r
        WHERE r.kind = 'entries' AND r.fingerprint = s.fingerprint AND NOT r.is_void
          AND (s.state <> 'no_effect' OR s.is_document AND r.content <> s.content)
        """
    )
    if known:
        context.present.add("known")
        if select("SELECT 1 FROM imp_entry WHERE state = 'amended' LIMIT 1"):
            note_prior(context)
            if context.is_snapshot:
                match_listed(context)


def _match_own() -> None:
    """What a journal handed to the creditor's books and now comes back under its key (`E` and the
    entry's number) stands here already. Another kind or amount under that key is held back."""
    own = (
        "imp_entry s JOIN accounts_ledgerentry e ON e.account_id = s.account_id AND e.source <> 'import'"
        f" AND e.id = CASE WHEN s.reference ~ '{OWN_REFERENCE}' THEN substr(s.reference, 2)::bigint END"
    )
    fault(
        "entries", own, field="entry_reference", code="own_entry_differs", value="s.reference",
        params="jsonb_build_object('amount', e.amount::text, 'kind', e.kind,"
        " 'currency', s.account_currency)",
        where="s.state = 'new' AND (e.kind <> s.kind OR e.amount <> s.amount)",
    )  # fmt: skip
    run(
        f"UPDATE imp_entry SET state = 'unchanged' WHERE seq IN (SELECT s.seq FROM {own}"
        " WHERE s.state = 'new' AND e.kind = s.kind AND e.amount = s.amount)"
    )


def _figures() -> list[Check]:
    """Kind, amount and days of each row by itself. Parameters: as_of, days, due."""
    return [
        Check(
            "amount", "amount_negative", "s.amount < 0", "s.amount",
            "jsonb_build_object('kind', s.kind, 'currency', s.account_currency, 'amount', (-s.amount)::text)",
        ),
        Check(
            "amount", "too_many_decimals", "NOT s.is_float AND s.amount <> round(s.amount, s.scale)",
            "s.amount", "jsonb_build_object('currency', s.account_currency, 'scale', s.scale)",
        ),
        Check(
            "kind", "wrong_side",
            "s.side <> '' AND s.own_direction <> '' AND s.side <> s.own_direction AND s.amount <> 0",
            "s.kind", "jsonb_build_object('kind', s.kind, 'side', s.side, 'own', s.own_direction)",
        ),
        Check("direction", "direction_missing", "s.kind = 'adjustment' AND s.direction IS NULL"),
        Check(
            "currency", "wrong_currency",
            "s.currency <> '' AND s.account_currency <> '' AND s.currency <> s.account_currency",
            "s.currency", "jsonb_build_object('currency', s.account_currency)",
        ),
        Check(
            "tax_amount", "tax_too_high", "s.tax_amount < 0 OR s.tax_amount > s.amount", "s.tax_amount"
        ),
        *(
            Check(
                name, f"{name}_missing", f"s.{name} IS NULL",
                source=unfaulted("entries", "imp_entry", name), and_where=" AND f.seq IS NULL",
            )
            for name in ("kind", "amount", "value_date")
        ),
        Check(
            "value_date", "in_the_future", "s.value_date > %(as_of)s + %(days)s", "s.value_date",
            "jsonb_build_object('days', s.value_date - %(as_of)s)",
        ),
        Check(
            "due_date", "in_the_future", "s.due_date > %(as_of)s + %(due)s", "s.due_date",
            "jsonb_build_object('days', s.due_date - %(as_of)s)",
        ),
    ]  # fmt: skip


def _fault_reversals() -> None:
    """A reversal names an entry of its account, in the ledger or earlier in the file."""
    run(
        """
        UPDATE imp_entry s SET reverses_id = e.id
        FROM accounts_ledgerentry e
        WHERE s.kind = 'reversal' AND s.reverses <> '' AND e.account_id = s.account_id
          AND e.reference = s.reverses AND e.kind <> 'reversal'
          AND (NOT EXISTS (SELECT 1 FROM accounts_ledgerentry x WHERE x.reverses_id = e.id)
               OR s.state = 'unchanged')
        """
    )
    fault(
        "entries", "imp_entry s", field="reverses", code="reverses_unknown", value="s.reverses",
        where="s.kind = 'reversal' AND s.state <> 'unchanged' AND s.reverses_id IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM imp_entry o WHERE o.account_number = s.account_number"
        "  AND o.creditor_key IS NOT DISTINCT FROM s.creditor_key AND o.reference = s.reverses"
        "  AND o.kind <> 'reversal' AND o.state = 'new')",
    )  # fmt: skip


def _fault_repeats() -> None:
    """One reference twice in a file: with other figures one of the two is wrong; with the same, a
    payment may well be a second one, any other document is the same document again."""
    repeated = "imp_entry s JOIN imp_entry o ON o.base = s.base AND o.occurrence = 1"
    where = "s.is_document AND s.occurrence > 1 AND s.state <> 'no_effect'"
    differs = "(s.amount, s.value_date) IS DISTINCT FROM (o.amount, o.value_date)"
    fault(
        "entries", repeated, field="entry_reference", code="reference_twice", value="s.reference",
        params="jsonb_build_object('row', o.row_number, 'amount', o.amount::text,"
        " 'currency', s.account_currency)",
        where=f"{where} AND {differs}",
    )  # fmt: skip
    fault(
        "entries", repeated, field="entry_reference", code="document_twice", value="s.reference",
        params="jsonb_build_object('row', o.row_number)",
        where=f"{where} AND s.kind <> 'payment' AND NOT ({differs})",
    )  # fmt: skip
