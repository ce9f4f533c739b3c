"""What was written off of a debtor in pieces, over all of his accounts: nobody gives up more so than at
once. A debtor's records that were merged are one debtor; currencies stay apart."""

from collections.abc import Iterable
from decimal import Decimal

from django.db import connection

from accounts.ledger.models import Account
from collections_app.core.bulk import id_array

Piece = tuple[int, str]
"""A debtor (the record the others were merged into) and a currency."""

# Without an approval of exactly the entry: by one person, or as a small balance in a set.
PIECES = """
    WITH family AS (
        SELECT DISTINCT coalesce(d.merged_into_id, d.id) AS id
        FROM accounts_account a JOIN accounts_debtor d ON d.id = a.debtor_id
        WHERE a.id = ANY(%(ids)s::bigint[])
    ),
    record AS (
        SELECT f.id AS family_id, f.id FROM family f
        UNION ALL
        SELECT f.id, m.id FROM family f JOIN accounts_debtor m ON m.merged_into_id = f.id
    )
    SELECT r.family_id, e.currency, sum(e.amount)
    FROM record r
    JOIN accounts_account a ON a.debtor_id = r.id
    JOIN accounts_ledgerentry e ON e.account_id = a.id
    WHERE e.kind = 'write_off' AND e.source = 'manual'
      AND (%(actor)s::bigint IS NULL OR e.actor_id = %(actor)s)
      AND NOT EXISTS (SELECT FROM accounts_approvedentry x WHERE x.entry_id = e.id)
      AND NOT EXISTS (SELECT FROM accounts_ledgerentry b WHERE b.reverses_id = e.id)
    GROUP BY r.family_id, e.currency
"""


def piece_of(account: Account) -> Piece:
    """Whose piece a write-off on the account is; the account comes with its debtor."""
    return account.debtor.merged_into_id or account.debtor_id, account.currency


def written_off_in_pieces(account_ids: Iterable[int], *, actor=None) -> dict[Piece, Decimal]:
    """What was written off so far of the debtors of these accounts, reversed ones left out; with an
    `actor`, what he did."""
    with connection.cursor() as cursor:
        cursor.execute(PIECES, {"ids": id_array(account_ids), "actor": actor.pk if actor else None})
        return {(family, currency): amount for family, currency, amount in cursor.fetchall()}
