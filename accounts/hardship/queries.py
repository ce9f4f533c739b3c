"""Which debtors have a hardship case."""

from collections.abc import Iterable
from datetime import date

from django.db import connection
from django.db.models import Q

from accounts.parties.models import Debtor


def person_of(debtor: Debtor) -> Q:
    """The debtor's own record and those merged with it, as a condition on `debtor`."""
    root = debtor.merged_into_id or debtor.pk
    return Q(debtor=root) | Q(debtor__merged_into=root)


_OPEN = "h.status IN ('open', 'granted')"
_HELD = """k.reason = 'hardship' AND k.first_day <= %(as_of)s
       AND (k.last_day IS NULL OR k.last_day >= %(as_of)s)
       AND (k.lifted_on IS NULL OR k.lifted_on > %(as_of)s)"""
# Persons in hardship, as the record the others are merged into: an open or granted case of one of his
# records, or a hold for hardship, whatever it stops. Parameter: as_of.
IN_HARDSHIP = f"""
SELECT coalesce(d.merged_into_id, d.id) AS debtor_id
  FROM accounts_hardshipcase h JOIN accounts_debtor d ON d.id = h.debtor_id WHERE {_OPEN}
 UNION
SELECT coalesce(d.merged_into_id, d.id)
  FROM accounts_hold k JOIN accounts_debtor d ON d.id = k.debtor_id WHERE {_HELD}
"""
AMONG_THESE = f"""
WITH own AS (SELECT id, coalesce(merged_into_id, id) AS root FROM accounts_debtor WHERE id = ANY(%(ids)s)),
record AS (
    SELECT id, root AS debtor_id FROM own
     UNION SELECT own.id, m.id FROM own JOIN accounts_debtor m ON m.merged_into_id = own.root
)
SELECT DISTINCT r.id FROM record r
 WHERE EXISTS (SELECT 1 FROM accounts_hardshipcase h WHERE h.debtor_id = r.debtor_id AND {_OPEN})
    OR EXISTS (SELECT 1 FROM accounts_hold k WHERE k.debtor_id = r.debtor_id AND {_HELD})
"""


def in_hardship(debtor_ids: Iterable[int], *, as_of: date) -> set[int]:
    """Those of these debtor records whose person is in hardship; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(AMONG_THESE, {"ids": sorted(set(debtor_ids)), "as_of": as_of})
        return {debtor_id for (debtor_id,) in cursor.fetchall()}
