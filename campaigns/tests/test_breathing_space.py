"""A breathing space, as the worklist, the outbox and "why not?" see it: all agree."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.compliance.services import preview
from accounts.holds.breathing_spaces import grant_breathing_space, undo_breathing_space
from accounts.parties.models import Creditor
from campaigns.sending.queries import stops
from campaigns.treatment.models import StepRecord
from campaigns.treatment.services import run_reminders
from campaigns.why_not.queries import answers_now
from campaigns.worklists.models import WorklistItem
from campaigns.worklists.services import refresh_worklist
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


def test_protected_debts_are_worked_by_nobody_and_a_later_bill_alone():
    today = clock.today()
    team = makers.team()
    officer = makers.teammate(team=team)
    account = makers.account(team=team, officer=officer)
    makers.entry(
        account=account,
        amount="100.00",
        value_date=today - timedelta(days=60),
        due_date=today - timedelta(days=30),
        as_of=today,
    )
    creditor = Creditor.objects.get(pk=account.creditor_id)
    Creditor.objects.filter(pk=creditor.pk).update(released_at=clock.now())

    def answers(on):
        noon = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
        refresh_worklist(as_of=on)
        reasons, held = stops([account.pk], creditor_id=creditor.pk, as_of=on, now=noon)
        verdict = preview(at=noon, account_ids=[account.pk])[account.pk]["call"]
        [why] = answers_now(creditor, now=noon)
        return (
            WorklistItem.objects.filter(account=account).exists(),
            reasons.get(account.pk),
            verdict.rule == "breathing_space",
            why.reason,
            len(held),
        )

    space = grant_breathing_space(
        debtor=account.debtor,
        kind="standard",
        reference="BS-9",
        first_day=today - timedelta(days=3),
        told_on=today,
        actor=officer,
        as_of=today,
    )
    assert not WorklistItem.objects.filter(account=account).exists()
    assert answers(today) == (False, "hold", True, "hold_breathing_space", 1)
    makers.entry(
        account=account, amount="40.00", value_date=today, due_date=today + timedelta(days=4), as_of=today
    )
    worked, reason, stopped, why, held = answers(today + timedelta(days=5))
    assert (worked, reason, stopped, held) == (True, None, False, 1)
    assert not why.startswith("hold_")
    undo_breathing_space(
        space=space,
        reason="wrong person",
        actor=makers.teammate(team=team, role=Role.SENIOR_OFFICER),
        as_of=today,
    )
    assert answers(today)[:3] == (True, None, False)


def test_a_ladder_counts_from_the_first_bill_that_is_not_protected():
    """The protected debt is a month old; the new bill is a week late and asked for as such."""
    today = clock.today()
    account = makers.account(debtor=makers.reachable(creditor=makers.creditor(released_at=clock.now())))
    makers.contact_point(debtor=account.debtor)
    for days in (30, 7):
        due = today - timedelta(days=days)
        makers.entry(account=account, amount=f"{days}.00", value_date=due, due_date=due, as_of=today)
    makers.hold(account=account, entry=account.entries.first(), scopes=("demand",), as_of=today)
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    run_reminders(as_of=today, now=noon, actor=makers.system(), creditor=account.creditor)
    record = StepRecord.objects.get()
    assert (record.due_on, record.step.day_offset) == (today, 7)
    assert record.message.lines.get().demanded == 7
