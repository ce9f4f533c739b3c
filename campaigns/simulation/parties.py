"""Who else gets a message about an account: its representative one about each debtor, each who owes it
jointly his own beside it. Asked of the run's own functions, for the few accounts that have anybody."""

from collections.abc import Iterable, Sequence
from datetime import date

from campaigns.notices.queries import Had
from campaigns.treatment.addressees import for_joint_debtors, one_debtor_each
from campaigns.treatment.book_pass import Group

ACCOUNTS = """
SELECT DISTINCT p.account_id FROM accounts_accountparty p JOIN accounts_account a ON a.id = p.account_id
 WHERE p.role IN ('representative', 'joint_debtor')
"""
# Pairs of people, by what parts of the book are told apart by: one stands for the other's account, or
# owes it with him.
BONDS = """
WITH person AS (
    SELECT d.id, coalesce(root.identity_id, d.identity_id, root.id, d.id) AS key
      FROM accounts_debtor d LEFT JOIN accounts_debtor root ON root.id = d.merged_into_id
)
SELECT DISTINCT least(one.key, other.key), greatest(one.key, other.key)
  FROM accounts_accountparty p JOIN accounts_account a ON a.id = p.account_id
  JOIN person one ON one.id = a.debtor_id JOIN person other ON other.id = p.debtor_id
 WHERE p.role IN ('representative', 'joint_debtor') AND one.key <> other.key
"""


def bound_together(cursor) -> dict[int, int]:
    """For people who are bound to others by an account, the least of all they are bound to so: those
    are walked in one part of the book, because messages to one are counted with the others'."""
    cursor.execute(BONDS)
    found: dict[int, int] = {}

    def least(key: int) -> int:
        while (next_key := found.setdefault(key, key)) != key:
            found[key] = found[next_key]
            key = next_key
        return key

    for one, other in cursor.fetchall():
        first, second = sorted((least(one), least(other)))
        found[second] = first
    return {key: least(key) for key in found}


class Parties:
    """Of one part of the book: the accounts about which others may be written to."""

    def __init__(self, cursor) -> None:
        cursor.execute(ACCOUNTS)
        self._accounts = {row[0] for row in cursor.fetchall()}

    def concern(self, account_ids: Iterable[int]) -> bool:
        return not self._accounts.isdisjoint(account_ids)

    def each(self, rows: Sequence[tuple], *, as_of: date) -> list[Group]:
        """What would be written, as a day tells it: one message about each debtor."""
        return one_debtor_each([_group(row) for row in rows], as_of=as_of) if rows else []

    def beside(self, groups: Sequence[Group], *, as_of: date) -> list[tuple[Group, Group]]:
        """(the message it stands beside, the joint debtor's own)."""
        return for_joint_debtors(groups, as_of=as_of) if groups else []

    def had(self, groups: Sequence[Group], *, as_of: date) -> Had:
        """Who of them had which formal notice."""
        return Had.read([pk for group in groups for pk in group.account_ids], as_of=as_of)


def _group(row: tuple) -> Group:
    """A message of a day, as far as it decides who is written to."""
    creditor_id, debtor_id, code, channel, language, payer_type, in_hardship, point_id, ids = row
    unsaid = [None] * len(ids)
    return Group(
        creditor_id=creditor_id, debtor_id=debtor_id, language=language, payer_type=payer_type,
        channel=channel, template_code=code, stage=0, stage_name="", pay_within_days=0, step_id=0,
        version_id=0, point_id=point_id, asks_until=None, in_hardship=in_hardship, account_ids=ids,
        episode_ids=unsaid, step_ids=unsaid, due_on=unsaid, currencies=unsaid, amounts=unsaid,
    )  # fmt: skip
