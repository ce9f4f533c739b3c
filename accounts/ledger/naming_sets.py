"""Named allocations as a set: fresh money, each piece of it for one item."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import connection, transaction

from accounts.ledger.models import LedgerEntry, NamedAllocation
from accounts.ledger.standing import refresh_standing
from collections_app.core import audit
from collections_app.core.bulk import id_array


@transaction.atomic
def name_allocation_set(
    *, pairs: Sequence[tuple[LedgerEntry, int, Decimal]], reason: str, actor, as_of: date
) -> int:
    """Store that each credit pays this much of the debit with this key; returns how many were named.

    For credits that were posted in the same transaction by a caller with a rule of its own (their
    accounts are locked, nothing names them yet); a pair of two accounts or beyond the item is left
    out. Standings are brought up, one audit record names the set.
    """
    if not pairs:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_namedallocation
                (credit_id, debit_id, amount, currency, effective_date, reason, actor_id)
            SELECT c.id, d.id, least(g.amount, d.amount), d.currency,
                   greatest(c.value_date, d.value_date), %(reason)s, %(actor)s
            FROM unnest(%(credits)s::bigint[], %(debits)s::bigint[], %(amounts)s::numeric[])
                 AS g(credit_id, debit_id, amount)
            JOIN accounts_ledgerentry c ON c.id = g.credit_id AND c.direction = 'credit'
            JOIN accounts_ledgerentry d ON d.id = g.debit_id AND d.direction = 'debit'
                 AND d.account_id = c.account_id
            ORDER BY c.id
            RETURNING id
            """,
            {
                "reason": reason,
                "actor": actor.pk,
                "credits": id_array([credit.pk for credit, _debit, _amount in pairs]),
                "debits": id_array([debit for _credit, debit, _amount in pairs]),
                "amounts": [amount for _credit, _debit, amount in pairs],
            },
        )
        made = [row[0] for row in cursor.fetchall()]
    refresh_standing(as_of=as_of, account_ids={credit.account_id for credit, _debit, _amount in pairs})
    audit.record_set("allocation.named", NamedAllocation, ids=made, actor=actor, reason=reason)
    return len(made)
