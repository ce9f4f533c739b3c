"""Runs of interest and fees: what they post, once; what they put right; who may."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from accounts.interest.charge_sheet import charge_sheet
from accounts.interest.enums import RunStatus
from accounts.interest.jobs import BeginMonthlyRuns
from accounts.interest.models import InterestPosting, InterestRun, InterestWindow
from accounts.interest.queries import accrued, fees_to_come, posted_interest
from accounts.interest.services import (
    MakerPosts,
    NothingToWaive,
    RunRefused,
    ValueDateMoved,
    approve_run,
    discard_run,
    month_end,
    post_run,
    prepare_run,
    reckon_run,
    reverse_run,
    waive,
)
from accounts.ledger.authority import BeyondAuthority
from accounts.ledger.enums import EntryKind
from accounts.ledger.models import LedgerEntry
from accounts.ledger.periods import close_period
from accounts.ledger.queries import balances
from accounts.ledger.services import reverse_entry
from accounts.parties.models import Portfolio
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

D = Decimal
pytestmark = pytest.mark.django_db
JAN, FEB, MAR = date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)
AFTER = date(2025, 4, 10)


@pytest.fixture
def maker():
    return makers.user(role=Role.SUPERVISOR)


@pytest.fixture
def checker():
    return makers.user(role=Role.MANAGER)


@pytest.fixture
def creditor():
    made = makers.creditor()
    terms(made, {"rates": {"2025-01-01": "10"}, "posting": "monthly"})
    return made


def terms(creditor, values, kind="interest", **fields):
    return makers.policy(kind, values, scope_type="creditor", scope_id=creditor.pk, **fields)


def overdue(creditor, amount="3650", due=date(2024, 12, 31), **fields):
    account = makers.account(debtor=makers.debtor(creditor=creditor), opened_date=due, as_of=due, **fields)
    makers.entry(account=account, amount=amount, value_date=due, due_date=due)
    return account


def pay(account, amount, day):
    return makers.entry(account=account, amount=amount, value_date=day, kind=EntryKind.PAYMENT)


def told_of(account):
    """The sheets of an account's fees, in their order."""
    rows = LedgerEntry.objects.filter(account=account, kind=EntryKind.FEE).select_related("account")
    return [charge_sheet(entry) for entry in rows.order_by("id")]


def prepared(creditor, month, maker, kind="interest", as_of=AFTER):
    run = prepare_run(creditor=creditor, kind=kind, last_day=month_end(month), actor=maker, as_of=as_of)
    return reckon_run(run=run, actor=maker, as_of=as_of)


def posted(creditor, month, maker, checker, **more):
    run = prepared(creditor, month, maker, **more)
    approve_run(run=run, actor=checker, as_of=AFTER)
    return post_run(run=run, actor=checker, as_of=AFTER)


def interest_entries(account):
    rows = LedgerEntry.objects.filter(account=account, kind=EntryKind.INTEREST, reversed_by=None)
    return [(entry.value_date, entry.amount) for entry in rows.order_by("id")]


def test_a_run_posts_each_account_its_month_once_and_explains_it(creditor, maker, checker):
    first, second = overdue(creditor), overdue(creditor, "100.00", due=date(2025, 1, 21))
    other = overdue(makers.creditor())
    run = prepared(creditor, JAN, maker)
    assert (run.status, run.accounts, run.corrections) == (RunStatus.PREPARED, 2, 0)
    assert run.totals["currencies"] == {"EUR": {"accounts": 2, "charged": "31.270", "taken_back": "0"}}
    assert interest_entries(first) == []
    with pytest.raises(MakerPosts):
        approve_run(run=run, actor=maker, as_of=AFTER)
    approve_run(run=run, actor=checker, as_of=AFTER)
    for _twice in range(2):
        post_run(run=run, actor=checker, as_of=AFTER)
    assert interest_entries(first) == [(date(2025, 1, 31), D("31.000"))]
    assert interest_entries(second) == [(date(2025, 1, 31), D("0.270"))]
    assert interest_entries(other) == []
    [posting] = InterestPosting.objects.filter(account=second)
    [window] = posting.windows.all()
    assert (window.days, window.base, window.interest) == (10, D(100), D("0.27397260"))
    assert posting.entry.source == "rule"
    with pytest.raises(RunRefused):
        prepared(creditor, JAN, maker)
    assert posted(creditor, FEB, maker, checker).accounts == 2
    found = accrued([first.pk, second.pk], as_of=date(2025, 2, 28))
    assert posted_interest([first.pk, second.pk], as_of=AFTER) == {
        pk: one.amount for pk, one in found.items()
    }


def test_what_is_learned_later_is_put_right_by_the_next_run(creditor, maker, checker):
    paid, returned, held, person, calm = (overdue(creditor) for _n in range(5))
    money = pay(returned, "3650", date(2025, 1, 10))
    for month in (JAN, FEB):
        posted(creditor, month, maker, checker)
    assert interest_entries(returned) == [(date(2025, 1, 31), D("10.000"))]
    changed = (paid, returned, held, person)
    before = {account.pk: posted_interest([account.pk], as_of=AFTER) for account in changed}
    pay(paid, "1650", date(2025, 2, 10))
    reverse_entry(
        entry=money, value_date=date(2025, 1, 15), reason="returned", actor=makers.system(), as_of=AFTER
    )
    first = date(2025, 1, 30)
    makers.hold(account=held, scopes=("interest",), as_of=first, last_day=date(2025, 2, 3))
    makers.hold(debtor=person.debtor, scopes=("interest",), as_of=first, last_day=date(2025, 2, 3))
    run = posted(creditor, MAR, maker, checker)
    assert run.corrections == 6  # January of three, February of three; a month that was nil has none
    ids = [account.pk for account in (paid, returned, held, person, calm)]
    through = accrued(ids, as_of=date(2025, 3, 31))
    now = posted_interest(list(through), as_of=AFTER)
    assert now == {pk: one.amount for pk, one in through.items()}
    assert all(before[pk].get(pk) != now[pk] for pk in before)
    # every entry of the run stands in its own month, so no earlier month changes
    of_run = LedgerEntry.objects.filter(interest_posting__run=run) | LedgerEntry.objects.filter(
        interest_correction__replaced_by__run=run
    )
    assert {entry.value_date for entry in of_run} == {date(2025, 3, 31)}
    assert interest_entries(calm) == [
        (date(2025, 1, 31), D(31)),
        (date(2025, 2, 28), D(28)),
        (date(2025, 3, 31), D(31)),
    ]
    assert posted(creditor, date(2025, 4, 1), maker, checker, as_of=date(2025, 5, 1)).corrections == 0


def test_a_rate_learned_late_reckons_all_accounts_anew_from_its_day(creditor, maker, checker):
    account = overdue(creditor)
    posted(creditor, JAN, maker, checker)
    newer = {"rates": {"2025-01-01": "10", "2025-01-17": "20"}, "posting": "monthly"}
    terms(creditor, newer, valid_from=date(2025, 2, 5))
    run = posted(creditor, FEB, maker, checker)
    assert run.corrections == 1
    assert interest_entries(account) == [(date(2025, 2, 28), D(46)), (date(2025, 2, 28), D(56))]


def test_a_late_rate_of_one_portfolio_reckons_its_accounts_anew_and_no_others(creditor, maker, checker):
    house = overdue(creditor)
    portfolio = Portfolio.objects.create(creditor=creditor, name="Own terms", code="own")
    own = overdue(creditor, portfolio=portfolio)
    scope = {"scope_type": "portfolio", "scope_id": portfolio.pk}
    makers.policy("interest", {"rates": {"2025-01-01": "5"}, "posting": "monthly"}, **scope)
    posted(creditor, JAN, maker, checker)
    assert interest_entries(own) == [(date(2025, 1, 31), D("15.500"))]
    late = {"rates": {"2025-01-01": "5", "2025-01-22": "10"}, "posting": "monthly"}
    makers.policy("interest", late, valid_from=date(2025, 2, 5), **scope)
    assert posted(creditor, FEB, maker, checker).corrections == 1
    assert interest_entries(own) == [(date(2025, 2, 28), D("20.500")), (date(2025, 2, 28), D("28.000"))]
    assert interest_entries(house) == [(date(2025, 1, 31), D(31)), (date(2025, 2, 28), D(28))]


def test_a_run_is_taken_back_whole_and_reckoned_anew(creditor, maker, checker):
    account = overdue(creditor)
    january = posted(creditor, JAN, maker, checker)
    pay(account, "3650", date(2025, 1, 11))
    run = posted(creditor, FEB, maker, checker)
    assert interest_entries(account) == [(date(2025, 2, 28), D(11))]
    with pytest.raises(RunRefused):
        reverse_run(run=january, reason="wrong rate", actor=checker, as_of=AFTER)
    reverse_run(run=run, reason="wrong rate", actor=checker, as_of=AFTER)
    assert interest_entries(account) == []
    assert balances([account.pk], as_of=AFTER)[account.pk] == 0
    again = posted(creditor, FEB, maker, checker)
    assert again.status == RunStatus.POSTED
    assert interest_entries(account) == [(date(2025, 2, 28), D(11))]


def test_a_waived_month_stays_waived(creditor, maker, checker):
    account, senior = overdue(creditor, "36500"), makers.user(role=Role.SENIOR_OFFICER)
    posted(creditor, JAN, maker, checker)
    charged = InterestPosting.objects.get(account=account)
    by = {"charged": charged, "reason": "goodwill", "as_of": AFTER}
    with pytest.raises(NotAllowed):
        waive(actor=makers.user(), **by)
    with pytest.raises(BeyondAuthority):
        waive(actor=senior, **by)
    waive(actor=maker, **by)
    with pytest.raises(NothingToWaive):
        waive(actor=maker, **by)
    assert balances([account.pk], as_of=AFTER)[account.pk] == 36500
    pay(account, "500", date(2025, 1, 5))
    run = posted(creditor, FEB, maker, checker)
    assert run.corrections == 0
    assert InterestPosting.objects.get(account=account, is_live=True, run=run).period == FEB


def test_a_signed_month_is_left_alone(creditor, maker, checker):
    account = overdue(creditor)
    close_period(first_day=JAN, last_day=date(2025, 1, 31), actor=checker, as_of=FEB)
    posted(creditor, JAN, maker, checker)
    assert interest_entries(account) == [(AFTER, D(31))]


def test_what_cannot_begin_says_so(creditor, maker):
    officer = makers.user()
    with pytest.raises(NotAllowed):
        prepared(creditor, JAN, officer)
    with pytest.raises(RunRefused):
        prepared(creditor, date(2025, 4, 1), maker)
    with pytest.raises(RunRefused):
        prepared(makers.creditor(), JAN, maker)
    with pytest.raises(RunRefused):
        prepared(creditor, date(2024, 12, 1), maker)
    overdue(creditor)
    with CaptureQueriesContext(connection) as asked:
        run = prepared(creditor, JAN, maker)
    # of two who prepare at once the second waits, and is told of the run of the first
    sql = [query["sql"] for query in asked]
    [waits] = [n for n, text in enumerate(sql) if 'FOR NO KEY UPDATE OF "accounts_creditor"' in text]
    assert waits < next(n for n, text in enumerate(sql) if 'FROM "accounts_interestrun"' in text)
    with pytest.raises(RunRefused):
        prepared(creditor, FEB, maker)
    discard_run(run=run, reason="too early", actor=maker, as_of=AFTER)
    assert prepared(creditor, FEB, maker).first_day == JAN
    never = makers.creditor()
    terms(never, {"rates": {"2025-01-01": "5"}, "posting": "never"})
    overdue(never)
    with pytest.raises(RunRefused):
        prepared(never, JAN, maker)


def test_the_monthly_start_prepares_and_leaves_the_posting_to_people(creditor, settings):
    overdue(creditor)
    first = BeginMonthlyRuns.run_now(as_of=None, actor=makers.system())
    assert first.result == {"begun": 1, "waiting": 1}
    assert InterestRun.objects.get().status == RunStatus.PREPARED
    assert not LedgerEntry.objects.filter(kind=EntryKind.INTEREST).exists()
    assert BeginMonthlyRuns.run_now(actor=makers.system()).result == {"begun": 0, "waiting": 1}


def test_late_fees_fall_once_a_step_capped_and_not_on_held_days(maker, checker):
    creditor = makers.creditor(currency="KWD", country="KW")
    steps = {"10": {"KWD": "1.500"}, "30": {"%": "2"}}
    values = {"steps": steps, "cap": {"KWD": "10"}, "minimum_debt": {"*": "50"}, "posting": "demand"}
    terms(creditor, values, kind="late_fee", valid_from=JAN)
    makers.policy("tax", {"table": {"fee": "VAT5 5"}}, scope_type="creditor", scope_id=creditor.pk)
    plain, big, small, held, paid = (
        overdue(creditor, amount, due=date(2025, 1, 2))
        for amount in ("200.000", "900.000", "49.999", "200.000", "200.000")
    )
    day = date(2025, 1, 12)
    makers.hold(account=held, scopes=("fee",), as_of=day, last_day=day)
    pay(paid, "170.000", date(2025, 1, 20))
    run = posted(creditor, JAN, maker, checker, kind="late_fee")
    assert run.totals["currencies"]["KWD"]["charged"] == "4.500"
    posted(creditor, FEB, maker, checker, kind="late_fee")

    def fees(account):
        rows = LedgerEntry.objects.filter(account=account, kind=EntryKind.FEE, reversed_by=None)
        return [entry.amount for entry in rows.order_by("id")]

    assert fees(plain) == [D("1.500"), D("4.000")]
    taxes = LedgerEntry.objects.filter(account=plain, kind=EntryKind.FEE).order_by("id")
    assert list(taxes.values_list("tax_code", "tax_amount")) == [("VAT5", D("0.071")), ("VAT5", D("0.190"))]
    assert fees(big) == [D("1.500"), D("8.500")]
    assert fees(small) == []
    assert fees(held) == [D("4.000")]
    assert fees(paid) == [D("1.500")]
    told = told_of(big)
    assert [(sheet.came_out, sheet.agrees, sheet.version.valid_from) for sheet in told] == [
        (D("1.500"), True, JAN),
        (D("8.500"), True, JAN),
    ]
    assert [(step.label, step.amount) for step in told[1].steps] == [
        ("Open of it on that day", D("900.000")),
        ("Charged where at least so much is open", D("50.000")),
        ("By the rule", D("18.000")),
        ("At most, per item", D("10.000")),
        ("Charged on it before", D("1.500")),
        ("Left of the limit", D("8.500")),
    ]
    assert [(one.what, one.amount, one.is_this) for one in told[1].occurrences] == [
        ("10 days past due", D("1.500"), False),
        ("30 days past due", D("8.500"), True),
    ]
    # the money had come before the fee fell due, which was learned later: the fee goes back
    pay(plain, "200.000", date(2025, 1, 5))
    run = posted(creditor, MAR, maker, checker, kind="late_fee")
    assert run.corrections == 2
    assert fees(plain) == []
    assert InterestWindow.objects.count() == 0
    assert InterestPosting.objects.filter(is_live=True).aggregate(s=Sum("amount"))["s"] == D("15.500")
    # another rule from today, and the first fee waived since: what was reckoned then stays told
    first = InterestPosting.objects.get(account=big, step=10)
    waive(charged=first, reason="goodwill", actor=checker, as_of=AFTER)
    late = terms(creditor, values | {"cap": {"KWD": "2"}}, kind="late_fee", valid_from=date(2025, 1, 3))
    type(late).objects.filter(pk=late.pk).update(approved_at=clock.now())
    assert [(sheet.came_out, sheet.agrees) for sheet in told_of(big)] == [
        (D("1.500"), True),
        (D("8.500"), True),
    ]


def test_a_month_signed_between_the_preview_and_the_posting_moves_the_value_date_before_the_eyes(
    creditor, maker, checker
):
    account = overdue(creditor)
    run = prepared(creditor, JAN, maker)
    end = month_end(JAN)
    assert run.value_date == end
    approve_run(run=run, actor=checker, as_of=AFTER)
    close_period(first_day=JAN.replace(day=1), last_day=end, actor=makers.system(), as_of=AFTER)
    run = post_run(run=run, actor=checker, as_of=AFTER)
    assert (run.status, run.value_date, run.approved_by) == (RunStatus.PREPARED, AFTER, None)
    assert interest_entries(account) == []
    with pytest.raises(ValueDateMoved, match="10 April 2025, not with 31 January 2025"):
        approve_run(run=run, actor=checker, as_of=AFTER, value_date=end)
    later = AFTER + timedelta(days=1)
    with pytest.raises(ValueDateMoved):
        approve_run(run=run, actor=checker, as_of=later)
    run = approve_run(run=run, actor=checker, as_of=AFTER, value_date=AFTER)
    # what was approved is posted with that day, also after midnight
    run = post_run(run=run, actor=checker, as_of=later)
    assert (run.status, run.value_date) == (RunStatus.POSTED, AFTER)
    assert interest_entries(account) == [(AFTER, D("31.000"))]


class TestPlans:
    """Days of a payment plan in what runs post, and what is put right when they turn out to be others."""

    def test_days_learned_later_correct_the_month(self, creditor, maker, checker):
        account = overdue(creditor)
        plan = makers.payment_plan(
            account=account, amount="3650", number=2, as_of=date(2025, 1, 11), freezes=["interest"]
        )
        entry = pay(account, "1825", date(2025, 1, 15))
        plan.refresh_from_db()
        assert plan.received == 1825
        posted(creditor, JAN, maker, checker)
        # ten days of January before the plan, 3650 at 10 %
        assert interest_entries(account) == [(date(2025, 1, 31), D("10.000"))]
        # the bank takes the first instalment back: the plan broke on that day, in the month posted
        reverse_entry(
            entry=entry, value_date=date(2025, 1, 22), reason="Back", actor=makers.system(), as_of=FEB
        )
        plan.refresh_from_db()
        assert (plan.status, plan.judged_on) == ("broken", date(2025, 1, 22))
        run = prepared(creditor, FEB, maker)
        assert run.corrections == 1
        approve_run(run=run, actor=checker, as_of=AFTER)
        post_run(run=run, actor=checker, as_of=AFTER)
        # ten days before it and ten from the day it broke, the first of them on what was open the
        # evening before; and all of February
        assert sorted(interest_entries(account)) == [
            (date(2025, 2, 28), D("19.500")),
            (date(2025, 2, 28), D("28.000")),
        ]

    def test_late_fees_wait_for_a_plan_that_stops_them(self, creditor, maker):
        terms(creditor, {"steps": {"30": {"EUR": "15"}}, "posting": "monthly"}, kind="late_fee")
        stopped, charged = overdue(creditor), overdue(creditor)
        for account, freezes in ((stopped, ["fee"]), (charged, ["interest"])):
            makers.payment_plan(
                account=account, amount="3650", number=1, first_due=FEB, as_of=JAN, freezes=freezes
            )
        prepared(creditor, JAN, maker, kind="late_fee")
        assert [row.account for row in InterestPosting.objects.filter(kind="late_fee")] == [charged]
        assert fees_to_come([stopped.pk, charged.pk], as_of=date(2025, 1, 31)) == {charged.pk}
