"""Keeping the answers of the whole book. It is a cache of facts: working it out twice changes nothing."""

from datetime import datetime

from django.db import transaction

from accounts.parties.models import Creditor
from campaigns.why_not.models import DayAnswer
from campaigns.why_not.queries import Answer, answers_now
from collections_app.core import bulk

COLUMNS = ("state", "reason", "currency", "overdue", "until", "until_day", "action")
NAMES = ["account_id", *COLUMNS, "worked_out_at"]
OF_CREDITOR = "t.account_id IN (SELECT id FROM accounts_account WHERE creditor_id = %s)"


@transaction.atomic
def work_out_answers(creditor: Creditor, *, now: datetime) -> int:
    """Work out the answers of one creditor's book anew; returns how many overdue accounts it has.

    Not audited: it decides nothing, and can be told again from the facts. Only rows whose answer
    changed are written.
    """
    found = answers_now(creditor, now=now)
    return bulk.renew_rows(
        DayAnswer, NAMES, (_row(answer, now) for answer in found),
        key="account_id", told_by=COLUMNS, also=["worked_out_at"], gone=OF_CREDITOR, params=[creditor.pk],
    )  # fmt: skip


def _row(answer: Answer, now: datetime) -> tuple:
    return (
        answer.account_id,
        answer.state.value,
        answer.reason,
        answer.currency,
        answer.overdue,
        answer.until,
        answer.until_day,
        answer.action,
        now,
    )
