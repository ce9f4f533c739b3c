"""To look at somebody only on the days on which a day can change something foretells what looking at
everybody every day does: every kind of change begins or ends on some day of the window, of people for
whom nothing else would make anybody look."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest

from accounts.arrangements.models import PlanSpan, Promise
from accounts.compliance.models import ContactFact
from accounts.disputes.models import Dispute
from accounts.holds.models import Hold
from accounts.ledger.services import NewEntry, post_entries
from accounts.parties.models import Debtor, LegalFact
from accounts.payments.services import reverse_payment
from campaigns.simulation import course, services
from campaigns.simulation.enums import Side
from campaigns.strategies import services as strategies
from campaigns.strategies.enums import RISK_DAYS
from campaigns.strategies.models import StrategyVersion
from campaigns.strategies.services import NewStep
from campaigns.tests import making
from campaigns.tests.test_simulation import DUE, TODAY, owing, stands_in, tried
from campaigns.treatment.models import Episode
from collections_app.testing import makers

LONG_DUE = DUE - timedelta(days=60)  # past the last step of every ladder: nothing lies ahead
DAYS = 7
pytestmark = pytest.mark.django_db


def ahead(days: int) -> date:
    return TODAY + timedelta(days=days)


def behind(creditor, **fields):
    """Owes since before the last step: taken on the first day, or when what stops it is over."""
    return owing(creditor, due=LONG_DUE, **fields)


def unreached(creditor):
    """The same for nobody who can be written to: only what spares him can change."""
    account = behind(creditor)
    account.debtor.contact_points.all().delete()
    return account


def books_in_part(creditor):
    """Paid in part, disputed, dated ahead, returned, held by the charge."""
    accounts = [owing(creditor, "80.00", due=DUE - timedelta(days=30)) for _number in range(6)]
    charge = partial(
        NewEntry, kind="charge", amount=Decimal("50.00"), value_date=DUE - timedelta(days=40)
    )
    posted = post_entries(
        entries=[
            charge(account_id=account.pk, due_date=DUE - timedelta(days=days))
            for account in accounts
            for days in (10, -3, -9)
        ],
        actor=makers.system(), as_of=DUE,
    )  # fmt: skip
    for number, account in enumerate(accounts[1:], start=1):
        day = ahead(4) if number == 3 else DUE
        makers.entry(account=account, amount=f"{35 * number}.00", value_date=day, kind="payment")
    makers.dispute(account=accounts[2], items=[(accounts[2].entries.first(), "10.00")], as_of=DUE)
    last = next(row for row in reversed(posted) if row.account_id == accounts[4].pk)
    makers.dispute(account=accounts[4], items=[(last, "20.00")], as_of=DUE)
    makers.hold(account=accounts[5], entry=accounts[5].entries.first(), scopes=("demand",), as_of=DUE)


def people_on_the_way(creditor):
    """Some behind with their steps, some seen before, with two accounts or two records."""
    for number in range(6):
        account = owing(creditor, due=DUE + timedelta(days=4 * number - 22))
        person = account.debtor
        if number % 2:
            makers.contact_point(debtor=person)
        if number == 1:
            second = makers.account(debtor=person)
            makers.entry(account=second, amount="60.00", value_date=DUE, due_date=DUE)
        elif number == 3:
            other = owing(creditor, due=DUE + timedelta(days=number)).debtor
            Debtor.objects.filter(pk=other.pk).update(merged_into=person)
        elif number == 4:
            Episode.objects.create(
                account=account, first_due_date=DUE - timedelta(days=90), reached=3,
                reached_on=DUE - timedelta(days=80), cured_on=TODAY - timedelta(days=number),
            )  # fmt: skip


def what_ends(creditor):
    """Stopped at first, and by nothing any more from some day on."""
    makers.hold(account=behind(creditor), last_day=ahead(2))
    makers.hold(debtor=behind(creditor).debtor, last_day=ahead(3))
    lifted = [makers.hold(account=behind(creditor)), makers.hold(debtor=behind(creditor).debtor)]
    for hold in lifted:
        Hold.objects.filter(pk=hold.pk).update(lifted_on=ahead(4))
    makers.open_promise(behind(creditor), due=ahead(2))
    disputed = behind(creditor)
    case = makers.dispute(account=disputed, items=[(disputed.entries.first(), "10.00")], as_of=DUE)
    Dispute.objects.filter(pk=case.pk).update(
        status="rejected", resolved_on=DUE, chase_again_on=ahead(3)
    )
    opted_out = behind(creditor)
    opted_out.debtor.contact_points.update(status="opted_out", valid_to=ahead(3))
    # longer than a message waits for its hour, until it is not any more
    refused = behind(creditor)
    fact = {"source": "told", "actor": makers.system(), "recorded_at": datetime(2026, 1, 1, tzinfo=UTC)}
    ContactFact.objects.create(
        kind="refused", debtor=refused.debtor, channel="email", since=DUE, until=ahead(11), **fact
    )


def what_begins(creditor):
    """Reached by nothing, and stopped by something else from some day on; or reached from then."""
    makers.hold(account=unreached(creditor), first_day=ahead(2))
    makers.hold(debtor=unreached(creditor).debtor, first_day=ahead(3))
    promised = makers.open_promise(unreached(creditor), due=ahead(9))
    Promise.objects.filter(pk=promised.pk).update(taken_on=ahead(2))
    plan = makers.payment_plan(account=behind(creditor), amount="100.00", as_of=DUE, first_due=ahead(20))
    span = {"plan": plan, "scopes": ["demand"], "differs_from": DUE}
    PlanSpan.objects.create(account=unreached(creditor), first_day=ahead(4), **span)
    PlanSpan.objects.create(account=behind(creditor), first_day=DUE, last_day=ahead(3), **span)
    found = unreached(creditor)
    makers.contact_point(
        debtor=found.debtor, kind="email", value="x@example.com", valid_from=ahead(3)
    )
    person = unreached(creditor).debtor
    Debtor.objects.filter(pk=person.pk).update(identity=makers.identity())
    person.refresh_from_db()
    LegalFact.objects.create(
        identity=person.identity, kind="deceased", effective_date=ahead(3), actor=makers.system()
    )


def what_falls_due(creditor):
    """One to whom nothing is due yet; one paid by what is dated ahead, and owing again two days before the
    next is due; one too small to be asked for, until a policy says otherwise."""
    owing(creditor, due=ahead(5))
    behind(creditor, amount="3.00")
    makers.policy("tolerance", {"table": {"EUR": "5.00"}})
    makers.policy("tolerance", {"table": {"EUR": "1.00"}}, valid_from=ahead(3))
    paid = behind(creditor)
    makers.entry(account=paid, amount="60.00", value_date=DUE, due_date=ahead(5), as_of=DUE)
    makers.entry(account=paid, amount="100.00", value_date=ahead(3), kind="payment", as_of=DUE)


def who_is_restless(creditor):
    """A lawyer who is found on the way and owes himself, and risks that are forgotten after so many days."""
    lawyer = unreached(creditor).debtor
    stands_in(behind(creditor), "representative", lawyer)
    makers.contact_point(debtor=lawyer, kind="email", value="law@example.com", valid_from=ahead(4))
    broken = makers.open_promise(behind(creditor), due=DUE - timedelta(days=90))
    Promise.objects.filter(pk=broken.pk).update(
        status="broken", judged_on=ahead(3) - timedelta(days=RISK_DAYS)
    )
    returned = behind(creditor)
    back_on = ahead(2) - timedelta(days=RISK_DAYS)
    payment = makers.entry(
        account=returned, amount="50.00", value_date=back_on - timedelta(days=5), kind="payment"
    )
    reverse_payment(entry=payment, value_date=back_on, reason="R01", actor=makers.system(), as_of=DUE)
    risky = making.strategy_version(creditor=creditor, priority=1)
    strategies.save_version(
        version=risky, steps=[NewStep("one", "One", 1, 1, "email", "friendly")],
        criteria={"risk": ["raised", "high"]}, actor=risky.made_by,
    )  # fmt: skip
    StrategyVersion.objects.filter(pk=risky.pk).update(status="approved", valid_from=DUE)


def look_at_everybody(agenda, side: str, day: date) -> dict[str, int]:
    """In place of `Agenda.look_again`: everybody is seen again tomorrow."""
    agenda._cursor.execute(
        f"INSERT INTO agenda_{side} SELECT DISTINCT group_id, %s::date + 1 FROM member", [day]
    )
    return {}


def test_short_cuts_foretell_what_looking_at_everything_every_day_does(monkeypatch):
    """The ledger of what is open, and looking at those alone whose day has come."""
    creditor = makers.creditor()
    books_in_part(creditor)
    people_on_the_way(creditor)
    what_ends(creditor)
    what_begins(creditor)
    what_falls_due(creditor)
    who_is_restless(creditor)
    live = making.strategy_version(creditor=creditor, steps=9)
    StrategyVersion.objects.filter(pk=live.pk).update(status="approved", valid_from=ahead(6))
    version = making.strategy_version(creditor=creditor)
    steps = [NewStep(f"d{day}", f"Day {day}", 1, day, "email", "friendly") for day in (-2, 3, 9, 14)]
    steps.append(NewStep("sms", "Text", 1, 5, "sms", "friendly", silent_days=3))
    steps.append(NewStep("call", "Ring", 2, 16, "", "", kind="call"))
    steps.append(NewStep("d20", "Day 20", 2, 20, "email", "friendly"))
    version = strategies.save_version(version=version, steps=steps, actor=version.made_by)
    short = tried(version, days=DAYS)
    found, foretold = short.result, rows_of(short)
    monkeypatch.setattr(course.condensed, "condense", lambda *_given, **_days: None)
    monkeypatch.setattr(course.Agenda, "look_again", look_at_everybody)
    whole = services.make_what_if(what_if=short, actor=short.made_by)
    assert foretold == rows_of(whole)
    for side in Side:
        assert found[side]["spared"] == whole.result[side]["spared"]
    assert found == whole.result
    assert found["draft"]["contacts"] > 20
    assert len(found["draft"]["spared"]) > 4


def rows_of(what_if) -> list[tuple]:
    return sorted(what_if.steps.values_list("side", "account_id", "day", "step_id", "outcome", "rule"))
