"""Contacts that happened elsewhere: into the count ledger, judged, and into the log."""

from accounts.compliance.services import Happened, count_contacts
from accounts.contacts.enums import (
    CONTACT_MADE,
    NEVER_RANG,
    WITHOUT_DEBTOR,
    ContactDirection,
    ContactSource,
    PersonReached,
)
from accounts.contacts.models import AttemptAccount, ContactAttempt
from accounts.imports.checks.context import make, rows, run
from accounts.imports.posting.trail import Posting, remember
from accounts.ledger.models import Account
from collections_app.core import audit

CHUNK = 2_000
GOOD = "NOT s.is_bad AND s.state = 'new'"
RIGHT_PARTY = {"promise", "paid_already", "disputes", "cannot_pay", "refuses", "call_back"}


def post_contacts(posting: Posting) -> dict[str, int]:
    """One call about three accounts of a debtor is one attempt; oldest first, so that caps count."""
    if "accounts" in posting.context.kinds:
        run(
            "UPDATE imp_contact s SET account_id = a.account_id FROM imp_account a"
            " WHERE s.account_id IS NULL AND a.account_number = s.account_number"
            " AND a.creditor_key = s.creditor_key AND a.makes_account"
        )
        run(
            "UPDATE imp_contact s SET debtor_id = a.debtor_id FROM accounts_account a"
            " WHERE s.debtor_id IS NULL AND a.id = s.account_id"
        )
    make(
        "imp_attempt",
        f"""
        SELECT row_number() OVER (ORDER BY contacted_at, min(seq)) AS place, debtor_id, contacted_at,
               channel, direction, outcome, coalesce(note, '') AS note, officer_id,
               array_agg(DISTINCT account_id) AS account_ids, array_agg(seq) AS seqs,
               NULL::bigint AS attempt_id
        FROM imp_contact s WHERE {GOOD}
        GROUP BY debtor_id, contacted_at, channel, direction, outcome, coalesce(note, ''), officer_id
        """,
    )
    made = 0
    while found := rows(
        "SELECT place, debtor_id, contacted_at, channel, direction, outcome, note, officer_id,"
        f" account_ids FROM imp_attempt WHERE place > {made} ORDER BY place LIMIT {CHUNK}"
    ):
        _post_chunk(posting, found)
        made += len(found)
    remember(
        posting, "contacts", "imp_contact s JOIN imp_attempt t ON s.seq = ANY(t.seqs)", "t.attempt_id", GOOD
    )
    return {"contacts": made}


def _post_chunk(posting: Posting, found: list[tuple]) -> None:
    counted = count_contacts(contacts=[_happened(line) for line in found], actor=posting.actor)
    creditors = dict(
        Account.objects.filter(pk__in=[line[8][0] for line in found]).values_list("pk", "creditor_id")
    )
    attempts = ContactAttempt.objects.bulk_create(
        [
            ContactAttempt(
                debtor_id=debtor_id,
                creditor_id=creditors[account_ids[0]],
                channel=channel,
                direction=direction,
                at=at,
                outcome=outcome,
                person_reached=PersonReached.DEBTOR if outcome in RIGHT_PARTY else PersonReached.NOBODY,
                is_contact_made=outcome in CONTACT_MADE,
                is_right_party=outcome in RIGHT_PARTY,
                note=note,
                officer_id=officer_id,
                source=ContactSource.IMPORTED,
                counted=row,
                import_batch_id=posting.batch.pk,
            )
            for (
                _place,
                debtor_id,
                at,
                channel,
                direction,
                outcome,
                note,
                officer_id,
                account_ids,
            ), row in zip(found, counted, strict=True)
        ],
        batch_size=CHUNK,
    )
    AttemptAccount.objects.bulk_create(
        [
            AttemptAccount(attempt=attempt, account_id=account_id)
            for attempt, line in zip(attempts, found, strict=True)
            for account_id in line[8]
        ],
        batch_size=CHUNK,
    )
    for attempt, line in zip(attempts, found, strict=True):
        run("UPDATE imp_attempt SET attempt_id = %s WHERE place = %s", [attempt.pk, line[0]])
    audit.record_set(
        "contact.imported", ContactAttempt, ids=[attempt.pk for attempt in attempts], actor=posting.actor
    )


def _happened(line: tuple) -> Happened:
    _place, debtor_id, at, channel, direction, outcome, _note, _officer, account_ids = line
    return Happened(
        debtor_id=debtor_id,
        account_ids=tuple(account_ids),
        channel=channel,
        at=at,
        is_inbound=direction == ContactDirection.IN,
        is_contact_made=outcome in CONTACT_MADE,
        is_right_party=outcome in RIGHT_PARTY,
        is_connected=outcome not in NEVER_RANG,
        is_conversation=outcome in CONTACT_MADE and outcome not in WITHOUT_DEBTOR,
    )
