"""The hand-over: one committed row before each call of a gateway, and its answer after it.

Between transaction 1 and the call of the gateway other messages of the chunk go out, so the row is
written only while the claim still holds by the database's clock, nobody has paused sending, and
nothing that the judgement rests on has changed: a payment, a hold, an opt-out or a promise committed
in between sends the message back to be judged again. A worker whose claim is over writes no row, so
it cannot hand over anything, however late it wakes.
"""

import uuid

from django.conf import settings
from django.db import connection

from campaigns.sending.gateways import Answer

# What a judgement rests on, as one text per message `m`: the versions of the rows that are written
# when he pays, is opted out or stopped, and how many holds, promises, plans and legal facts there are.
STATE = """
    SELECT concat_ws(' ', d.xmin, p.xmin, c.released_at,
        (SELECT string_agg(concat_ws(',', a.xmin, s.xmin,
                    (SELECT count(*) FROM accounts_hold h WHERE h.account_id = a.id),
                    (SELECT count(*) FROM accounts_promise v WHERE v.account_id = a.id),
                    (SELECT count(*) FROM accounts_planspan n WHERE n.account_id = a.id)), ';' ORDER BY a.id)
           FROM campaigns_messageaccount l JOIN accounts_account a ON a.id = l.account_id
           LEFT JOIN accounts_standing s ON s.account_id = a.id WHERE l.message_id = m.id),
        (SELECT count(*) FROM accounts_hold h WHERE h.debtor_id IN (
            SELECT r.id FROM accounts_debtor r WHERE r.id = coalesce(d.merged_into_id, d.id)
            UNION ALL
            SELECT r.id FROM accounts_debtor r WHERE r.merged_into_id = coalesce(d.merged_into_id, d.id))),
        (SELECT count(*) FROM accounts_legalfact f WHERE f.identity_id = d.identity_id))
      FROM accounts_debtor d JOIN accounts_creditor c ON c.id = m.creditor_id
      LEFT JOIN accounts_contactpoint p ON p.id = m.contact_point_id
     WHERE d.id = m.debtor_id
"""
ANSWERED = """
    UPDATE campaigns_dispatch SET answered_at = clock_timestamp(), answer = %(answer)s,
           detail = %(detail)s, reference = %(reference)s, is_bounce = %(is_bounce)s
     WHERE message_id = %(answered)s AND lease = %(lease)s
"""
BEGUN = f"""
    INSERT INTO campaigns_dispatch (message_id, lease, answer, detail, reference, is_bounce)
    SELECT m.id, m.lease, '', '', '', FALSE FROM campaigns_message m
     WHERE m.id = %(id)s AND m.lease = %(lease)s AND m.status = 'sending'
       AND m.lease_until > clock_timestamp() + make_interval(secs => %(margin)s)
       AND NOT EXISTS (SELECT 1 FROM campaigns_sendingpause p WHERE p.ended_at IS NULL
                       AND (p.creditor_id IS NULL OR p.creditor_id = m.creditor_id))
       AND ({STATE}) = %(state)s
    RETURNING 1
"""


def begin(
    message_id: int, *, lease: uuid.UUID, state: str, before: tuple[int, Answer] | None = None
) -> bool:
    """Whether the message may be handed over now; the fact is committed when this returns.

    `before` is the message of the same claim that was handed over last, with its answer, which is
    written in the same statement. Half of the lease must be left for the gateway to answer.
    """
    given = {
        "id": message_id,
        "lease": lease,
        "state": state,
        "margin": settings.SENDING_LEASE_SECONDS / 2,
    }
    statement = BEGUN
    if before is not None:
        statement = f"WITH told AS ({ANSWERED}) {BEGUN}"
        given |= _answer(*before)
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchone() is not None


def tell_answer(message_id: int, *, lease: uuid.UUID, answer: Answer) -> None:
    """Keep what the gateway said, so that nobody has to guess if this worker dies before booking."""
    with connection.cursor() as cursor:
        cursor.execute(ANSWERED, {"lease": lease, **_answer(message_id, answer)})


def _answer(message_id: int, answer: Answer) -> dict:
    return {
        "answered": message_id,
        "answer": answer.kind,
        "detail": answer.detail[:300],
        "reference": answer.reference[:120],
        "is_bounce": answer.is_bounce,
    }
