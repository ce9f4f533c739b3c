"""Documents that came before with other figures: what stands of them here, and what a list of all open
items may say of one that was paid in part.

Such a list states each document's whole amount, or what is left open of it; the mapping's setting
`amounts` says which. Where it says nothing, an amount that is one of the two is understood. One that is
neither is held back and never posted: read as a whole amount it would reverse a document over money the
creditor took, read as what is left it would hide an amendment, and no confirmation can tell the two apart.
"""

from accounts.imports.checks.context import Context, fault, make, run
from accounts.ledger.queries import items_sql

WHOLE, OPEN = "whole", "open"
# What an amount may be, by the setting, to say nothing new of the document `p`.
FITS = {
    WHOLE: "s.amount = p.whole",
    OPEN: "s.amount = p.left_open",
    "": "s.amount IN (p.whole, p.left_open)",
}
AMENDED = "imp_entry s JOIN imp_prior p ON p.seq = s.seq"


def note_prior(context: Context) -> None:
    """`imp_prior`: of each amended row what stands here, how much of it is paid and left.

    `left_open` is NULL of a credit, whose use is derived, and of what was taken back here.
    """
    scope = "e.account_id IN (SELECT account_id FROM imp_entry WHERE state = 'amended') AND"
    make(
        "imp_prior",
        f"""
        WITH {items_sql(scope=scope)}
        SELECT s.seq, s.row_number, e.amount AS whole, e.tax_amount, e.value_date, e.direction, i.paid,
               i.amount - i.paid AS left_open,
               s.value_date = e.value_date
               AND coalesce(s.due_date, e.due_date) IS NOT DISTINCT FROM e.due_date
               AND (s.amount <> e.amount OR coalesce(s.tax_amount, e.tax_amount) = e.tax_amount) AS is_same
        FROM imp_entry s JOIN accounts_ledgerentry e ON e.id = s.prior_id
        LEFT JOIN items i ON i.entry_id = e.id
        WHERE s.state = 'amended' AND e.kind <> 'reversal'
        """,
        context.params,
    )


def match_listed(context: Context) -> None:
    """Tell what a list of open items says of the documents in `imp_prior`: nothing new, other days, an
    amendment, or what nobody can know."""
    fits = FITS[context.amounts]
    run(
        "UPDATE imp_entry s SET state = 'unchanged' FROM imp_prior p WHERE p.seq = s.seq"
        f" AND p.left_open IS NOT NULL AND p.is_same AND {fits}"
    )
    # other days of a document paid in part: it is posted anew with its whole amount, or what was paid
    # on it would count twice
    run(
        "UPDATE imp_entry s SET whole = p.whole, tax_amount = p.tax_amount FROM imp_prior p"
        f" WHERE p.seq = s.seq AND s.state = 'amended' AND p.left_open < p.whole AND {fits}"
        " AND s.amount <> p.whole"
    )
    if context.amounts == OPEN:
        _match_open_only(context)
    if context.amounts != WHOLE:
        _fault_neither(context.amounts, fits)


def _match_open_only(context: Context) -> None:
    """What is left of a credit is the creditor's own reckoning. Of a charge more than is left here, and
    no more than the whole, says that what was paid here is not posted there yet."""
    run(
        "UPDATE imp_entry s SET state = 'unchanged' FROM imp_prior p WHERE p.seq = s.seq"
        " AND s.state = 'amended' AND p.direction = 'credit' AND s.amount <= p.whole"
    )
    context.counts["listed_above_left"] = run(
        "UPDATE imp_entry s SET state = 'unchanged' FROM imp_prior p WHERE p.seq = s.seq"
        " AND s.state = 'amended' AND p.is_same AND s.amount > p.left_open AND s.amount <= p.whole"
    )


def _fault_neither(amounts: str, fits: str) -> None:
    told = (
        "jsonb_build_object('whole', p.whole::text, 'left', p.left_open::text, 'listed', s.amount::text,"
        f" 'currency', s.account_currency, 'amounts', '{amounts}')"
    )
    fault(
        "entries", AMENDED, field="amount", code="listed_amount_differs", value="s.amount", params=told,
        where=f"s.state = 'amended' AND p.left_open IS NOT NULL AND NOT ({fits})",
    )  # fmt: skip
    fault(
        "entries", AMENDED, field="amount", code="listed_credit_differs", value="s.amount", params=told,
        where="s.state = 'amended' AND p.direction = 'credit' AND s.amount <> p.whole",
    )  # fmt: skip
