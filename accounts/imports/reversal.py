"""Taking a whole import back: what rests on it is listed and stops it, the rest is unwound."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.disputes.enums import DISPUTE, DisputeStatus
from accounts.disputes.models import Dispute
from accounts.holds.enums import HoldStatus
from accounts.holds.models import Hold
from accounts.holds.services import end_legal_fact, lift_hold
from accounts.imports.checks.context import make, rows, run
from accounts.imports.models import ImportBatch
from accounts.imports.posting.protections import source_name
from accounts.ledger.enums import ACCOUNT, AccountStatus, EntryKind, EntrySource
from accounts.ledger.posting import share_ledger
from accounts.ledger.services import post_entry_set, refresh_standing
from accounts.parties.models import LegalFact
from collections_app.core.refusal import Refused

TABLE = "imp_counter"
ACCOUNTS_OF = "SELECT id FROM accounts_account WHERE import_batch_id = %(batch)s AND status <> 'void'"
ENTRIES_OF = (
    "SELECT e.id FROM accounts_ledgerentry e WHERE e.import_batch_id = %(batch)s AND e.kind <> 'reversal'"
    " AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id)"
)
# What would hang in the air: (words, statement that counts it).
RESTING = [
    (
        gettext_lazy("entries posted by others on its accounts"),
        f"SELECT count(*) FROM accounts_ledgerentry e WHERE e.account_id IN ({ACCOUNTS_OF})"
        " AND e.import_batch_id IS DISTINCT FROM %(batch)s AND e.kind <> 'reversal'"
        " AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id)",
    ),
    (
        gettext_lazy("payment plans of its accounts"),
        f"SELECT count(*) FROM accounts_planaccount WHERE account_id IN ({ACCOUNTS_OF})",
    ),
    (
        gettext_lazy("promises on its accounts"),
        f"SELECT count(*) FROM accounts_promise WHERE account_id IN ({ACCOUNTS_OF})",
    ),
    (
        gettext_lazy("contacts about its accounts"),
        f"SELECT count(*) FROM accounts_attemptaccount WHERE account_id IN ({ACCOUNTS_OF})",
    ),
    (
        gettext_lazy("disputes of its accounts or entries"),
        "SELECT count(DISTINCT d.id) FROM accounts_dispute d LEFT JOIN accounts_disputeitem i"
        f" ON i.dispute_id = d.id WHERE (d.account_id IN ({ACCOUNTS_OF}) OR i.entry_id IN ({ENTRIES_OF}))"
        " AND d.import_batch_id IS DISTINCT FROM %(batch)s AND d.status = 'open'",
    ),
    (
        gettext_lazy("payments named for its charges, or its payments for charges"),
        "SELECT count(*) FROM accounts_namedallocation n WHERE n.undoes_id IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM accounts_namedallocation u WHERE u.undoes_id = n.id)"
        f" AND (n.debit_id IN ({ENTRIES_OF}) OR n.credit_id IN ({ENTRIES_OF}))",
    ),
    (
        gettext_lazy("holds on its accounts"),
        f"SELECT count(*) FROM accounts_hold WHERE account_id IN ({ACCOUNTS_OF}) AND status = 'active'"
        " AND import_batch_id IS DISTINCT FROM %(batch)s",
    ),
]


class RestsOnImport(Refused):
    """Something rests on the import; the message lists what."""


class ContactsStay(Refused):
    """A contact that happened cannot unhappen."""


def resting(batch: ImportBatch) -> list[tuple[str, int]]:
    """What rests on an import: (words, count), only where there is any."""
    given = {"batch": batch.pk}
    counted = [(str(words), rows(statement, given)[0][0]) for words, statement in RESTING]
    return [(words, count) for words, count in counted if count]


def take_back(batch: ImportBatch, *, reason: str, actor, as_of: date) -> dict[str, int]:
    """Counter-entries, void accounts, lifted holds, ended facts; its fingerprints are free again."""
    if rows("SELECT 1 FROM accounts_contactattempt WHERE import_batch_id = %s LIMIT 1", [batch.pk]):
        raise ContactsStay(
            _("This import brought contacts that happened; they stay. Correct a wrong one by itself.")
        )
    if found := resting(batch):
        listed = "; ".join(f"{count} {words}" for words, count in found)
        raise RestsOnImport(
            _("These rest on the import: %(listed)s. Take them back first.") % {"listed": listed}
        )
    counts = _unprotect(batch, reason=reason, actor=actor, as_of=as_of)
    counts["entries"] = _counter_entries(batch, reason=reason, actor=actor, as_of=as_of)
    run("UPDATE accounts_importedrecord SET is_void = true WHERE batch_id = %s", [batch.pk])
    counts["entries_restored"] = _restore_amended(batch, actor=actor, as_of=as_of)
    void = [pk for (pk,) in rows(ACCOUNTS_OF, {"batch": batch.pk})]
    if void:
        ACCOUNT.advance_many(void, to=AccountStatus.VOID, actor=actor, as_of=as_of, reason=reason)
    counts["accounts"] = len(void)
    return {name: count for name, count in counts.items() if count}


def _counter_entries(batch: ImportBatch, *, reason: str, actor, as_of: date) -> int:
    """Each entry is taken back on its own day, so that no figure of any day shows the pair."""
    make(
        TABLE,
        f"""
        SELECT e.id AS row_number, NULL::bigint AS id, e.account_id,
               '{EntryKind.REVERSAL}'::text AS kind, e.amount, e.value_date, NULL::date AS due_date,
               NULL::text AS direction, e.reference, e.description, 0::numeric AS tax_amount,
               ''::text AS tax_code, ''::text AS method, ''::text AS receiver,
               '{EntrySource.IMPORT}'::text AS source, e.id AS reverses_id, %(reason)s::text AS reason,
               NULL::bigint AS import_batch_id, NULL::text AS line
        FROM accounts_ledgerentry e WHERE e.id IN ({ENTRIES_OF})
        """,
        {"batch": batch.pk, "reason": reason[:300]},
    )
    if not rows(f"SELECT 1 FROM {TABLE} LIMIT 1"):
        return 0
    return post_entry_set(table=TABLE, actor=actor, as_of=as_of)


def _restore_amended(batch: ImportBatch, *, actor, as_of: date) -> int:
    """What the import had reversed (amended and returned documents) stands again, posted anew."""
    make(
        TABLE,
        f"""
        SELECT o.id AS row_number, NULL::bigint AS id, o.account_id, o.kind::text, o.amount, o.value_date,
               o.due_date, o.direction::text, o.reference, o.description, o.tax_amount, o.tax_code,
               o.method, o.receiver, '{EntrySource.IMPORT}'::text AS source, NULL::bigint AS reverses_id,
               ''::text AS reason, o.import_batch_id, NULL::text AS line
        FROM accounts_ledgerentry r JOIN accounts_ledgerentry o ON o.id = r.reverses_id
        WHERE r.import_batch_id = %(batch)s AND r.kind = '{EntryKind.REVERSAL}'
        """,
        {"batch": batch.pk},
    )
    if not rows(f"SELECT 1 FROM {TABLE} LIMIT 1"):
        return 0
    made = post_entry_set(table=TABLE, actor=actor, as_of=as_of)
    run(
        f"""
        UPDATE accounts_importedrecord r SET record_id = t.id, is_void = false
        FROM {TABLE} t WHERE r.kind = 'entries' AND r.record_id = t.row_number AND r.is_void
          AND r.batch_id <> %(batch)s
        """,
        {"batch": batch.pk},
    )
    return made


def _unprotect(batch: ImportBatch, *, reason: str, actor, as_of: date) -> dict[str, int]:
    holds = Hold.objects.filter(import_batch_id=batch.pk, status=HoldStatus.ACTIVE).order_by("pk")
    counts = {"holds": 0, "legal_facts": 0, "disputes": 0}
    for hold in holds:
        lift_hold(hold=hold, reason=reason, actor=actor, as_of=as_of)
        counts["holds"] += 1
    facts = LegalFact.objects.filter(source=source_name(batch.pk), ends__isnull=True, ended_by__isnull=True)
    for fact in facts:
        end_legal_fact(fact=fact, effective_date=as_of, source=reason, actor=actor, as_of=as_of)
        counts["legal_facts"] += 1
    counts["disputes"] = _withdraw_disputes(batch, reason=reason, actor=actor, as_of=as_of)
    return counts


def _withdraw_disputes(batch: ImportBatch, *, reason: str, actor, as_of: date) -> int:
    """Open ones are withdrawn; what they contest is contested no more, on any day."""
    ids = DISPUTE.advance_many(
        Dispute.objects.filter(import_batch_id=batch.pk, status=DisputeStatus.OPEN),
        to=DisputeStatus.WITHDRAWN,
        actor=actor,
        as_of=as_of,
        reason=reason,
        resolved_on=as_of,
    )
    given = {"batch": batch.pk, "actor": actor.pk}
    share_ledger()
    touched = rows(
        """
        INSERT INTO accounts_contestedamount (entry_id, account_id, amount, currency, effective_date,
            actor_id)
        SELECT i.entry_id, d.account_id, 0, i.currency, d.raised_on, %(actor)s
        FROM accounts_disputeitem i JOIN accounts_dispute d ON d.id = i.dispute_id
        WHERE d.import_batch_id = %(batch)s RETURNING account_id
        """,
        given,
    )
    if touched:
        refresh_standing(as_of=as_of, account_ids=sorted({pk for (pk,) in touched}))
    return len(ids)
