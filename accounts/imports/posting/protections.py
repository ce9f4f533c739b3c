"""Whom not to chase: holds, legal facts, hardship cases one by one; disputes as a set."""

from django.utils.translation import gettext as _

from accounts.disputes.enums import DISPUTE, DisputeReason, DisputeStatus
from accounts.disputes.models import Dispute
from accounts.hardship.enums import HardshipMarker
from accounts.hardship.services import HardshipAlreadyOpen, open_hardship_case
from accounts.holds.enums import HoldReason, HoldScope
from accounts.holds.services import HoldAlreadyThere, place_hold, record_legal_fact
from accounts.imports.checks.context import make, rows, run
from accounts.imports.posting.trail import Posting, remember
from accounts.ledger.models import Account
from accounts.ledger.posting import share_ledger
from accounts.ledger.services import refresh_standing
from accounts.parties.models import Debtor
from collections_app.core import audit

GOOD = "NOT s.is_bad AND s.state = 'new'"
EVERYTHING = [HoldScope.CONTACT, HoldScope.DEMAND]
STOPS = {
    "opt_out": (HoldReason.OPT_OUT, [HoldScope.CONTACT]),
    "represented": (HoldReason.REPRESENTED, [HoldScope.CONTACT]),
    "hold": (HoldReason.CREDITOR, EVERYTHING),
}
LEGAL_FACTS = ("deceased", "insolvent")


def source_name(batch_id: int) -> str:
    """How facts that carry no import column of their own name the import they came from."""
    return _("Import %(number)s") % {"number": batch_id}


def post_protections(posting: Posting) -> dict[str, int]:
    _find_subjects(posting)
    run("ALTER TABLE imp_protection ADD COLUMN made_id bigint")
    counts = {"protections": 0, "protections_over": 0}
    found = rows(
        "SELECT seq, kind, debtor_id, account_id, first_day, last_day, coalesce(detail, '')"
        f" FROM imp_protection s WHERE {GOOD} AND kind <> 'dispute' ORDER BY seq"
    )
    for seq, kind, debtor_id, account_id, first_day, last_day, detail in found:
        if last_day is not None and last_day < posting.as_of:
            counts["protections_over"] += 1
            made = 0
        else:
            made = _protect(posting, kind, debtor_id, account_id, first_day, last_day, detail)
            counts["protections"] += 1
        run("UPDATE imp_protection SET made_id = %s WHERE seq = %s", [made, seq])
    counts["disputes"] = _raise_disputes(posting)
    remember(posting, "protections", "imp_protection s", "coalesce(s.made_id, 0)", GOOD)
    return counts


def _find_subjects(posting: Posting) -> None:
    """Accounts and debtors that the same file has just made."""
    if "accounts" in posting.context.kinds:
        run(
            "UPDATE imp_protection s SET account_id = a.account_id FROM imp_account a"
            " WHERE s.account_id IS NULL AND a.account_number = s.account_number"
            " AND a.creditor_key = s.creditor_key AND a.makes_account"
        )
        run(
            "UPDATE imp_protection s SET debtor_id = d.id FROM imp_creditor k JOIN accounts_debtor d"
            " ON d.creditor_id = k.id WHERE s.debtor_id IS NULL AND k.key = s.creditor_key"
            " AND d.reference = s.debtor_reference"
        )
    run(
        "UPDATE imp_protection s SET debtor_id = a.debtor_id FROM accounts_account a"
        " WHERE s.debtor_id IS NULL AND a.id = s.account_id"
    )


def _protect(posting: Posting, kind: str, debtor_id, account_id, first_day, last_day, detail: str) -> int:
    """Make one protection; the id of what was made, 0 where it was there already."""
    given = {"actor": posting.actor, "as_of": posting.as_of}
    debtor = Debtor.objects.select_related("creditor").get(pk=debtor_id)
    if kind in LEGAL_FACTS:
        return record_legal_fact(
            debtor=debtor,
            kind=kind,
            effective_date=first_day,
            source=source_name(posting.batch.pk),
            **given,
        ).pk
    if kind == "hardship":
        try:
            return open_hardship_case(debtor=debtor, marker=HardshipMarker.OTHER, note=detail, **given).pk
        except HardshipAlreadyOpen:
            return 0
    reason, scopes = STOPS[kind]
    on_account = kind == "hold" and account_id is not None
    subject = {"account": Account.objects.get(pk=account_id)} if on_account else {"debtor": debtor}
    try:
        return place_hold(
            scopes=scopes,
            reason=reason,
            first_day=first_day,
            last_day=last_day,
            note=detail,
            source="import",
            import_batch_id=posting.batch.pk,
            **subject,
            **given,
        ).pk
    except HoldAlreadyThere:
        return 0


def _raise_disputes(posting: Posting) -> int:
    """Disputes of the old books: the part in dispute from its day, until the day it ended.

    Without an amount the whole of the document (or of all charges of the account) is in dispute.
    They come without a question; an open one waits for somebody to route it.
    """
    make(
        "imp_dispute",
        f"""
        WITH item AS (
            SELECT s.seq, s.row_number, s.account_id, a.currency, s.first_day, s.last_day, s.detail,
                   s.amount AS wanted, e.id AS entry_id, e.amount,
                   coalesce(sum(e.amount) OVER (PARTITION BY s.seq ORDER BY e.due_date, e.id
                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
            FROM imp_protection s
            JOIN accounts_account a ON a.id = s.account_id
            JOIN accounts_ledgerentry e ON e.account_id = s.account_id AND e.direction = 'debit'
                 AND e.kind <> 'reversal' AND (coalesce(s.entry_reference, '') = ''
                                               OR e.reference = s.entry_reference)
            WHERE {GOOD} AND s.kind = 'dispute'
              AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id)
        )
        SELECT seq, account_id, currency, first_day, last_day, coalesce(detail, '') AS detail, entry_id,
               CASE WHEN wanted IS NULL THEN amount ELSE least(amount, wanted - before) END AS amount,
               dense_rank() OVER (ORDER BY seq) AS place, NULL::bigint AS dispute_id
        FROM item WHERE wanted IS NULL OR wanted > before
        """,
    )
    run(
        "UPDATE imp_dispute d SET dispute_id = n.id FROM (SELECT place,"
        " nextval(pg_get_serial_sequence('accounts_dispute', 'id')) AS id FROM"
        " (SELECT DISTINCT place FROM imp_dispute ORDER BY place) p) n WHERE n.place = d.place"
    )
    given = {
        "actor": posting.actor.pk,
        "batch": posting.batch.pk,
        "as_of": posting.as_of,
        "statement": _("Disputed in the books that were brought in."),
    }
    is_over = "last_day IS NOT NULL AND last_day <= %(as_of)s"
    made = run(
        f"""
        INSERT INTO accounts_dispute (id, account_id, currency, reason, statement, amount, raised_on,
            raised_by_id, question, answer, status, upheld_amount, resolved_on, import_batch_id)
        SELECT dispute_id, account_id, currency, '{DisputeReason.OTHER}',
               coalesce(nullif(max(detail), ''), %(statement)s), sum(amount), first_day, %(actor)s, '', '',
               CASE WHEN {is_over} THEN '{DisputeStatus.WITHDRAWN}' ELSE '{DisputeStatus.OPEN}' END, 0,
               CASE WHEN {is_over} THEN last_day END, %(batch)s
        FROM imp_dispute GROUP BY dispute_id, account_id, currency, first_day, last_day
        ORDER BY dispute_id
        """,
        given,
    )
    run(
        "INSERT INTO accounts_disputeitem (dispute_id, entry_id, amount, currency)"
        " SELECT dispute_id, entry_id, amount, currency FROM imp_dispute"
    )
    share_ledger()
    run(
        f"""
        INSERT INTO accounts_contestedamount (entry_id, account_id, amount, currency, effective_date,
            actor_id)
        SELECT entry_id, account_id, amount, currency, first_day, %(actor)s FROM imp_dispute
        UNION ALL
        SELECT entry_id, account_id, 0, currency, last_day, %(actor)s FROM imp_dispute WHERE {is_over}
        """,
        given,
    )
    run("UPDATE imp_protection s SET made_id = d.dispute_id FROM imp_dispute d WHERE d.seq = s.seq")
    ids = [pk for (pk,) in rows("SELECT DISTINCT dispute_id FROM imp_dispute ORDER BY 1")]
    accounts = [pk for (pk,) in rows("SELECT DISTINCT account_id FROM imp_dispute ORDER BY 1")]
    if ids:
        DISPUTE.start_many(ids, actor=posting.actor, as_of=posting.as_of)
        audit.record_set("dispute.imported", Dispute, ids=ids, actor=posting.actor)
        refresh_standing(as_of=posting.as_of, account_ids=accounts)
    return made
