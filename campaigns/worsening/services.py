"""Keeping who has worsened. It is a cache of facts: telling it twice changes nothing."""

from collections.abc import Iterator
from datetime import date

from django.db import transaction

from accounts.parties.models import Creditor
from campaigns.worsening.models import WorseningPayer
from campaigns.worsening.queries import all_facts
from campaigns.worsening.rules import judge, rule_set
from collections_app.core import bulk

COLUMNS = ("signs", "facts", "days_taken", "bucket", "changes_on")
NAMES = ["account_id", *COLUMNS, "listed_on", "listed_in"]
OF_CREDITOR = "t.account_id IN (SELECT id FROM accounts_account WHERE creditor_id = %s)"


@transaction.atomic
def spot_worsening(creditor: Creditor, *, as_of: date) -> int:
    """Bring the list of one creditor's worsening payers to a day; returns how many there are.

    Not audited: it decides nothing. Only rows that changed are written; `listed_on` stays that of the
    day on which an account came on the list.
    """
    return bulk.renew_rows(
        WorseningPayer, NAMES, _rows(creditor, as_of),
        key="account_id", told_by=COLUMNS, gone=OF_CREDITOR, params=[creditor.pk],
    )  # fmt: skip


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
