"""What a draft would do is what a run then does; nobody approves what was not tried out."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from accounts.compliance.models import CountedContact, Permit
from accounts.contacts.models import FollowUp
from accounts.ledger.models import AccountParty, Standing
from campaigns.sending.models import Message
from campaigns.simulation import figures, rules, services
from campaigns.simulation.enums import Outcome, Side
from campaigns.simulation.models import ChangedAccount, ForetoldStep, WhatIf
from campaigns.simulation.outcome import outcome_of
from campaigns.strategies import services as strategies
from campaigns.strategies.services import NewStep
from campaigns.tests import making
from campaigns.treatment.models import Episode, ReminderRun, StepRecord
from campaigns.treatment.services import run_reminders
from collections_app.core import clock, prepare
from collections_app.core.enums import Role
from collections_app.testing import makers

DUE = date(2026, 9, 7)
TODAY = DUE + timedelta(days=2)
pytestmark = pytest.mark.django_db


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC)


def run(day: date) -> None:
    run_reminders(as_of=day, now=at(day), actor=makers.system())
    making.sent(list(Message.objects.filter(status__in=["queued", "deferred"]).values_list("pk", flat=True)))


def owing(creditor, amount="100.00", *, due=DUE, **fields):
    account = makers.account(debtor=makers.reachable(creditor=creditor), **fields)
    makers.entry(account=account, amount=amount, value_date=due - timedelta(days=14), due_date=due)
    return account


def draft(creditor, *days, **said):
    """A submitted version for the creditor: e-mails, and a call two days after the last of them."""
    version = making.strategy_version(creditor=creditor)
    steps = [NewStep(f"d{day}", f"Day {day}", 1, day, "email", "friendly") for day in days]
    steps.append(NewStep("call", "Ring", 2, days[-1] + 2, "", "", kind="call"))
    version = strategies.save_version(version=version, steps=steps, actor=version.made_by, **said)
    return strategies.submit_version(version=version, actor=version.made_by, as_of=TODAY)


def tried(version, *, first_day=TODAY + timedelta(days=1), days=20, today=TODAY) -> WhatIf:
    made = services.order_what_if(
        version=version, first_day=first_day, days=days, actor=version.made_by, as_of=today
    )
    return services.make_what_if(what_if=made, actor=made.made_by)


def book(creditor):
    """Late ones, one that falls due on the way, one on hold for a while and owed by two others
    too, of whom one is not to be written to, one with a promise; two with one representative later."""
    officer = makers.user()
    late = owing(creditor, due=DUE - timedelta(days=20), officer=officer)
    soon = owing(creditor, due=TODAY + timedelta(days=5), officer=officer)
    held = owing(creditor, officer=officer)
    makers.hold(account=held, scopes=("demand",), last_day=TODAY + timedelta(days=6))
    promised = owing(creditor, officer=officer)
    makers.open_promise(promised, due=TODAY + timedelta(days=4))
    for account in (late, soon, held, promised):
        makers.contact_point(debtor=account.debtor)
    stands_in(held, "joint_debtor", makers.reachable(creditor=creditor))
    stopped = makers.reachable(creditor=creditor)
    makers.hold(debtor=stopped, scopes=("contact",))
    stands_in(held, "joint_debtor", stopped)
    lawyer = makers.reachable(creditor=creditor)
    for account in (soon, owing(creditor, officer=officer)):
        stands_in(account, "representative", lawyer, valid_from=TODAY + timedelta(days=3))
    return late, soon, held, promised, stopped


def stands_in(account, role, person, *, valid_from=DUE, **fields) -> None:
    AccountParty.objects.create(
        account=account, debtor=person, role=role, valid_from=valid_from, **fields
    )


def foretold(what_if, side=Side.DRAFT) -> set[tuple]:
    rows = what_if.steps.filter(side=side, outcome=Outcome.TAKEN)
    return set(rows.values_list("account_id", "step_id", "day"))


def test_what_is_foretold_is_what_the_runs_then_do_and_nothing_is_written_meanwhile():
    creditor = makers.creditor()
    *_accounts, stopped = book(creditor)
    version = draft(creditor, 3, 9, 14)
    before = [model.objects.count() for model in WRITTEN]
    standings = list(Standing.objects.order_by("pk").values_list())
    what_if = tried(version)
    assert [model.objects.count() for model in WRITTEN] == before
    assert list(Standing.objects.order_by("pk").values_list()) == standings
    version.refresh_from_db()
    assert version.status == "submitted"
    approve(version, what_if)
    for offset in range(1, 21):
        run(TODAY + timedelta(days=offset))
    came = set(
        StepRecord.objects.filter(status__in=["queued", "done"]).values_list(
            "account_id", "step_id", "taken_on"
        )
    )
    assert came == foretold(what_if)
    assert len(came) > 8
    who = Message.objects.values_list("debtor_id", "lines__account_id", "permit__moment__date")
    rows = what_if.steps.filter(side=Side.DRAFT, outcome=Outcome.TAKEN, kind="message")
    assert sorted(who) == sorted(rows.values_list("debtor_id", "account_id", "contact_day"))
    # what only waits for its hour is not refused
    refused = Permit.objects.filter(is_allowed=False).exclude(rule="contact_hours").values_list(
        "debtor_id", "account_ids__0", "moment__date", "rule"
    )
    rows = what_if.steps.filter(side=Side.DRAFT, outcome=Outcome.REFUSED)
    assert sorted(refused) == sorted(rows.values_list("debtor_id", "account_id", "day", "rule"))
    assert {row[0] for row in refused} == {stopped.pk}
    assert sum(what_if.result["draft"]["refused"].values()) == len(refused) > 1


def test_notices_that_would_be_served_begin_their_clock():
    """The second notice is foretold for the day on which the first one's time is over."""
    creditor = makers.creditor(
        sender_phone="+49 30 555 0100", payment_instructions="Bank transfer to the account you know"
    )
    account = owing(creditor, due=TODAY)
    makers.contact_point(debtor=account.debtor, kind="address", value="Ring 1, 10115 Berlin")
    # served with the first, so the second waits for no longer
    joint = makers.debtor(creditor=creditor)
    makers.contact_point(debtor=joint, kind="address", value="Allee 2, 10117 Berlin")
    AccountParty.objects.create(account=account, debtor=joint, role="joint_debtor", valid_from=TODAY)
    version = making.strategy_version(creditor=creditor)
    steps = [
        NewStep("first", "First", 1, 2, "letter", "first-notice"),
        NewStep("second", "Second", 2, 4, "letter", "second-notice"),
    ]
    version = strategies.save_version(version=version, steps=steps, actor=version.made_by)
    what_if = tried(version, days=40)
    days = [day for _account, _step, day in sorted(foretold(what_if), key=lambda row: row[2])]
    assert set(what_if.steps.filter(side=Side.DRAFT).values_list("debtor_id", "day")) == {
        (person, day) for person in (account.debtor_id, joint.pk) for day in days
    }
    assert days[0] == TODAY + timedelta(days=2)
    assert days[1] >= days[0] + timedelta(days=15)
    assert len(days) == 2


WRITTEN = (Episode, StepRecord, Message, ReminderRun, Permit, CountedContact, FollowUp)


def approve(version, what_if, **fields):
    manager = makers.user(role=Role.MANAGER)
    return strategies.approve_version(
        version=version, actor=manager, as_of=TODAY, valid_from=what_if.first_day,
        signed_result=what_if.result_hash, **fields,
    )  # fmt: skip


def test_the_figures_are_those_of_the_rows():
    creditor = makers.creditor()
    late, *_rest = book(creditor)
    case = makers.hardship_case(debtor=late.debtor, as_of=TODAY)
    what_if = tried(draft(creditor, 3, 9, 14))
    side = what_if.result["draft"]
    rows = what_if.steps.filter(side=Side.DRAFT, outcome=Outcome.TAKEN)
    assert side["contacts"] == rows.values("contact").distinct().count()
    assert sum(side["totals"].values()) == side["contacts"]
    assert sum(n for counts in side["by_day"].values() for n in counts.values()) == side["contacts"]
    assert sum(load["total"] for load in side["officers"].values()) == side["totals"]["call"]
    assert side["cost"]["EUR"]["call"] == f"{3 * side['totals']['call']}.00"
    assert what_if.result["changed"] == ChangedAccount.objects.filter(what_if=what_if).count()
    assert what_if.result_hash == figures.hash_of(what_if.result)
    assert sum(n for _pk, n, _hard in what_if.result["pressure"]) == side["contacts"]
    assert [row[0] for row in what_if.result["pressure"] if row[2]] in ([], [case.debtor_id])


def test_the_caps_count_what_is_foretold():
    """Three contacts in seven days, six e-mails on six days: the gate refuses what goes beyond."""
    creditor = makers.creditor()
    makers.policy(
        "contact_rules",
        {"caps": [{"channels": ["email"], "count": "attempts", "limit": 2, "days": 30}]},
    )
    owing(creditor, due=TODAY)
    version = draft(creditor, 1, 2, 3, 4)
    what_if = tried(version, first_day=TODAY + timedelta(days=1), days=6)
    assert what_if.result["draft"]["totals"]["email"] == 2
    assert sum(what_if.result["draft"]["refused"].values()) > 0


def test_days_gone_by_are_walked_again():
    """An account that was paid last month is asked until then, and by no run of today."""
    creditor = makers.creditor()
    account = owing(creditor, due=DUE - timedelta(days=60))
    makers.entry(
        account=account, amount="100.00", value_date=DUE - timedelta(days=45), kind="payment"
    )
    version = draft(creditor, 3, 9, 30)
    back = tried(version, first_day=TODAY - timedelta(days=61), days=20)
    days = sorted((day - DUE).days for _account, _step, day in foretold(back))
    assert days == [-57, -51]
    assert services.what_if_to_sign(version) is None


def test_nobody_approves_what_was_not_tried_out_as_it_stands():
    creditor = makers.creditor()
    owing(creditor)
    version = draft(creditor, 3)
    with pytest.raises(rules.NotTriedOut):
        strategies.approve_version(
            version=version, actor=makers.user(role=Role.MANAGER), as_of=TODAY
        )
    what_if = tried(version, days=3)
    with pytest.raises(rules.NotTriedOut):
        approve(version, WhatIf(first_day=TODAY, result_hash="another"))
    with pytest.raises(rules.NotTriedOut):
        approve(version, what_if, in_flight="stay")
    approve(version, what_if)
    version.refresh_from_db()
    assert version.signed_result == what_if.result_hash


def test_a_changed_draft_needs_a_new_one():
    creditor = makers.creditor()
    owing(creditor)
    version = making.strategy_version(creditor=creditor)
    what_if = tried(version, days=3)
    assert services.what_if_to_sign(version) == what_if
    steps = [NewStep("d5", "Day 5", 1, 5, "email", "friendly")]
    version = strategies.save_version(version=version, steps=steps, actor=version.made_by)
    strategies.submit_version(version=version, actor=version.made_by, as_of=TODAY)
    with pytest.raises(rules.NotTriedOut):
        approve(version, what_if)


def test_a_new_one_takes_the_place_of_those_nobody_signed():
    creditor = makers.creditor()
    owing(creditor)
    version = draft(creditor, 3)
    tried(version, days=3)
    again = tried(version, days=4)
    assert list(WhatIf.objects.all()) == [again]
    assert not ForetoldStep.objects.exclude(what_if=again).exists()


def test_what_came_otherwise_is_listed_with_its_reason():
    """Paid, promised, held, a new debt and a new account since: each difference says which."""
    creditor = makers.creditor()
    first = clock.today() + timedelta(days=1)
    due = first - timedelta(days=1)
    accounts = [owing(creditor, due=due) for _number in range(5)]
    untouched, paid, promised, held, owes_more = accounts
    makers.entry(
        account=owes_more, amount="100.00", value_date=due - timedelta(days=9), kind="payment"
    )
    version = draft(creditor, 2, 4)
    what_if = tried(version, first_day=first, days=5, today=first - timedelta(days=1))
    approve(version, what_if)
    makers.entry(account=paid, amount="100.00", value_date=first, kind="payment", as_of=first)
    makers.open_promise(promised, due=first + timedelta(days=9))
    makers.hold(account=held, scopes=("demand",))
    makers.entry(account=owes_more, amount="70.00", value_date=due, due_date=due, as_of=first)
    new = owing(creditor, due=due)
    for offset in range(5):
        run(first + timedelta(days=offset))
    outcome = outcome_of(what_if, as_of=first + timedelta(days=4))
    reasons = {row.account_id: row.reason for row in outcome.differences}
    assert reasons == {
        paid.pk: "paid",
        promised.pk: "promise",
        held.pk: "hold",
        owes_more.pk: "new_debt",
        new.pk: "new_account",
    }
    assert outcome.unexplained == 0
    assert outcome.as_foretold == what_if.steps.filter(side=Side.DRAFT, account=untouched).count()
    assert outcome.foretold == 4 * outcome.as_foretold


@pytest.mark.django_db(transaction=True)
def test_parts_of_the_book_on_connections_of_their_own_foretell_the_same(monkeypatch):
    prepare.run()
    creditor = makers.creditor()
    book(creditor)
    what_if = services.order_what_if(
        version=draft(creditor, 3, 9), first_day=TODAY + timedelta(days=1), days=4,
        actor=makers.system(), as_of=TODAY,
    )  # fmt: skip
    with transaction.atomic():
        whole = services.make_what_if(what_if=what_if, actor=what_if.made_by).result
    monkeypatch.setattr(services, "PART", 1)
    assert services.parts_for(4) == 4
    told = []
    again = services.make_what_if(
        what_if=what_if, actor=what_if.made_by, on_progress=lambda *days: told.append(days)
    )
    assert again.result == whole
    assert whole["draft"]["contacts"] > 0
