"""Keeping who has worsened. It is a cache of facts: telling it twice changes nothing."""

from collections.abc import Iterator
from datetime import date

from django.db import connection, transaction

from accounts.parties.models import Creditor
from campaigns.worsening.models import WorseningPayer
from campaigns.worsening.queries import all_facts
from campaigns.worsening.rules import judge, rule_set
from collections_app.core import bulk

COLUMNS = ("signs", "facts", "days_taken", "bucket", "changes_on")
NAMES = ["account_id", *COLUMNS, "listed_on", "listed_in"]

KEEP = f"""
INSERT INTO campaigns_worseningpayer AS w ({", ".join(NAMES)})
SELECT {", ".join(NAMES)} FROM fresh_worsening
ON CONFLICT (account_id) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in COLUMNS)}
 WHERE ({", ".join(f"w.{name}" for name in COLUMNS)})
       IS DISTINCT FROM ({", ".join(f"EXCLUDED.{name}" for name in COLUMNS)})
"""
GONE = """
DELETE FROM campaigns_worseningpayer w USING accounts_account a
 WHERE a.id = w.account_id AND a.creditor_id = %s
   AND NOT EXISTS (SELECT 1 FROM fresh_worsening f WHERE f.account_id = w.account_id)
"""


@transaction.atomic
def spot_worsening(creditor: Creditor, *, as_of: date) -> int:
    """Bring the list of one creditor's worsening payers to a day; returns how many there are.

    Not audited: it decides nothing. Only rows that changed are written; `listed_on` stays that of the
    day on which an account came on the list.
    """
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE fresh_worsening (LIKE campaigns_worseningpayer) ON COMMIT DROP")
        bulk.copy_rows(WorseningPayer, NAMES, _rows(creditor, as_of), table="fresh_worsening")
        cursor.execute("SELECT count(*) FROM fresh_worsening")
        [number] = cursor.fetchone()
        cursor.execute(GONE, [creditor.pk])
        cursor.execute(KEEP)
        cursor.execute("DROP TABLE fresh_worsening")
    return number


def _rows(creditor: Creditor, as_of: date) -> Iterator[tuple]:
    """Those with a sign whose arrears have a bucket to change into."""
    rules = rule_set(as_of=as_of)
    read = {"ahead_days": rules.ahead_days, "within_days": rules.within_days}
    for facts in all_facts(creditor.pk, as_of=as_of, **read):
        found = judge(facts, rules, as_of)
        if not found.signs or found.changes_on is None:
            continue
        yield (
            facts.account_id,
            [sign.value for sign in found.signs],
            found.facts,
            list(found.days_taken),
            found.bucket,
            found.changes_on,
            as_of,
            found.bucket,
        )
