"""Who else than its debtor stands for an account on a day, as statements and as a read.

A representative gets what the debtor would get, a joint debtor the same beside him. Days are those of
`AccountParty`: `valid_to` is the first day on which it no longer holds.
"""

from collections.abc import Iterable
from datetime import date

from django.db import connection

from accounts.ledger.enums import PartyRole

_ON_THAT_DAY = "p.valid_from <= %(as_of)s AND (p.valid_to IS NULL OR p.valid_to > %(as_of)s)"
# (account_id, debtor_id): the record a message about the account goes to in place of its debtor's; the
# newest where there are several. Parameter: as_of.
REPRESENTED = f"""
SELECT DISTINCT ON (p.account_id) p.account_id, coalesce(r.merged_into_id, r.id) AS debtor_id
  FROM accounts_accountparty p JOIN accounts_debtor r ON r.id = p.debtor_id
 WHERE p.role = '{PartyRole.REPRESENTATIVE}' AND {_ON_THAT_DAY}
 ORDER BY p.account_id, p.id DESC
"""
# Of a held account `h` (account_id, reason): the hold only sends messages to the representative, so it
# does not stop the account; the gate keeps everybody else away. Parameter: as_of.
BY_REPRESENTATIVE = f"""(h.reason = 'represented' AND EXISTS (
    SELECT 1 FROM accounts_accountparty p
     WHERE p.account_id = h.account_id AND p.role = '{PartyRole.REPRESENTATIVE}' AND {_ON_THAT_DAY}))"""


def joint_sql(wanted: str) -> str:
    """(account_id, debtor_id): who owes it beside its debtor. `wanted` is a condition on an account's
    key; parameter: as_of."""
    return f"""
SELECT DISTINCT p.account_id, coalesce(j.merged_into_id, j.id) AS debtor_id
  FROM accounts_accountparty p
  JOIN accounts_debtor j ON j.id = p.debtor_id
  JOIN accounts_account a ON a.id = p.account_id
  JOIN accounts_debtor d ON d.id = a.debtor_id
 WHERE p.role = '{PartyRole.JOINT_DEBTOR}' AND {_ON_THAT_DAY} AND p.account_id {wanted}
   AND coalesce(j.merged_into_id, j.id) <> coalesce(d.merged_into_id, d.id)
"""


def representatives(account_ids: Iterable[int], *, as_of: date) -> dict[int, int]:
    """The debtor record that messages about each account go to, where somebody represents its debtor."""
    statement = f"SELECT * FROM ({REPRESENTED}) r WHERE account_id = ANY(%(ids)s)"
    return dict(_rows(statement, account_ids, as_of))


def joint_debtors(account_ids: Iterable[int], *, as_of: date) -> dict[int, list[int]]:
    """The other debtors of each account that has any, in order."""
    found: dict[int, list[int]] = {}
    for account_id, debtor_id in sorted(_rows(joint_sql("= ANY(%(ids)s)"), account_ids, as_of)):
        found.setdefault(account_id, []).append(debtor_id)
    return found


def _rows(statement: str, account_ids: Iterable[int], as_of: date) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"ids": sorted(set(account_ids)), "as_of": as_of})
        rows: list[tuple[int, int]] = cursor.fetchall()
        return rows
