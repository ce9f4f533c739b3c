"""Interest of a set of accounts in SQL equals the pure arithmetic, on every account."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.holds.services import end_legal_fact, lift_hold, record_legal_fact
from accounts.interest.queries import accrual_of_day, accrued, terms_of
from accounts.interest.windows import Debt, Freeze, Window, interest_of, total
from accounts.ledger.enums import EntryKind
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.naming import name_allocation
from accounts.ledger.queries import open_items
from accounts.ledger.services import contest, reverse_entry
from accounts.tests.plain_interest import account_windows
from collections_app.core.money import decimals
from collections_app.testing import makers

D = Decimal
START, TODAY = date(2023, 11, 1), date(2025, 3, 20)
NEW_YEAR = date(2025, 1, 1)
RATES = {"2023-12-15": "8.5", "2024-03-10": "9.25", "2024-12-20": "7"}
TERMS = {
    "EUR": {"year": "actual", "rounding": "down", "round_each": "window", "grace_days": 20},
    "KWD": {"year": "360", "last_day": False, "first_day": True, "cap": {"KWD": "3.100"}},
    "JPY": {"free_days": 10, "cap_percent": "4", "account_cap": {"*": "900"}, "minimum_debt": {"JPY": "900"}},
}

pytestmark = pytest.mark.django_db


def some_day(rng, first=START, last=TODAY):
    return first + timedelta(days=rng.randrange((last - first).days + 1))


def random_book(rng, different, each=5):
    """Accounts of creditors with a currency and terms each, and a mixed history."""
    made = []
    for currency, terms in different:
        creditor = makers.creditor(currency=currency)
        makers.policy(
            "interest",
            {"rates": RATES, **terms},
            valid_from=START,
            scope_type="creditor",
            scope_id=creditor.pk,
        )
        for number in range(each):
            account = makers.account(debtor=makers.debtor(creditor=creditor), opened_date=START, as_of=START)
            random_history(account, rng, D(1).scaleb(-decimals(currency)))
            if number % 2:
                first = some_day(rng)
                makers.hold(
                    account=account,
                    scopes=("interest", "contact"),
                    reason="breathing_space",
                    first_day=first,
                    last_day=first + timedelta(days=rng.randrange(60)),
                    as_of=first,
                )
            if number == each - 2:
                makers.hold(debtor=account.debtor, scopes=("interest",), first_day=date(2025, 2, 1))
                makers.hold(account=account, scopes=("demand",), first_day=START)
            made.append(account)
    return made


def random_history(account, rng, coin):
    charges, money = [], []
    for _n in range(rng.randrange(1, 4)):
        day = some_day(rng, last=date(2024, 12, 1))
        charges.append(
            makers.entry(
                account=account,
                amount=coin * rng.randrange(100, 60_000),
                value_date=day,
                due_date=day + timedelta(days=rng.randrange(-5, 40)),
            )
        )
    for _n in range(rng.randrange(4)):
        paid = coin * rng.randrange(1, 30_000)
        money.append(
            makers.entry(account=account, amount=paid, value_date=some_day(rng), kind=EntryKind.PAYMENT)
        )
    by = {"actor": makers.system(), "as_of": TODAY}
    back = [one for one in money if rng.random() < 0.4]
    for one in back:
        reverse_entry(entry=one, value_date=some_day(rng, one.value_date), reason="returned", **by)
    if rng.random() < 0.4:
        one = rng.choice(charges)
        reverse_entry(entry=one, value_date=some_day(rng, one.value_date), reason="wrong", **by)
    elif money and len(charges) > 1 and not back:
        part = min(money[0].amount, charges[-1].amount)
        name_allocation(credit=money[0], debit=charges[-1], amount=part, reason="named", **by)
    else:
        contest(
            entry=charges[0], amount=charges[0].amount / 2 // coin * coin, effective_date=some_day(rng), **by
        )
    makers.entry(account=account, amount=coin * 500, value_date=some_day(rng), kind=EntryKind.FEE)


def event_days(account):
    days = set(LedgerEntry.objects.filter(account=account).values_list("value_date", flat=True))
    days |= set(account.contested.values_list("effective_date", flat=True))
    for entry in LedgerEntry.objects.filter(account=account):
        days |= set(entry.named_credits.values_list("effective_date", flat=True))
    return sorted(days)


def steps_of(account):
    steps: dict[int, dict] = {}
    for day in event_days(account):
        for item in open_items([account.pk], as_of=day, include_paid=True)[account.pk]:
            steps.setdefault(item.entry_id, {})[day] = item.open
    return steps


def by_hand(account, through, steps=None):
    """The account's windows from the ledger's items, asked day by day, by the pure module."""
    [segment] = terms_of([account.pk], as_of=through)
    steps = steps_of(account) if steps is None else steps
    items = LedgerEntry.objects.filter(
        account=account, kind=EntryKind.CHARGE, value_date__lte=through, pk__in=steps
    )
    debts = []
    for item in items:
        # a day on which the item is not listed any more: it was taken back
        course = {day: steps[item.pk].get(day, D(0)) for day in event_days(account) if day >= item.value_date}
        start = max(item.due_date, item.value_date)
        debts.append(Debt(item.amount, start, tuple(course.items()), key=item.pk))
    holds = [*account.holds.all(), *account.debtor.holds.all()]
    freezes = sorted(
        (
            Freeze(hold.first_day, hold.last_day, hold.reason)
            for hold in holds
            if "interest" in hold.scopes
        ),
        key=lambda one: (one.first_day, one.reason),
    )
    return account_windows(
        debts,
        rates=segment.rates,
        freezes={debt.key: freezes for debt in debts},
        terms=segment.terms(),
        through=through,
    )


def plain(windows):
    return sorted(
        (w.key, w.first, w.last, w.days, w.base, w.rate, w.year_days, w.interest, w.frozen) for w in windows
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_set_of_accounts_bears_what_the_arithmetic_says_of_each(seed):
    accounts = random_book(random.Random(seed), TERMS.items())
    ids = [account.pk for account in accounts]
    found_any = capped = frozen = 0
    for through in (date(2024, 2, 29), TODAY):
        few, many = accrued(ids, as_of=through), accrued(ids, as_of=through, few=0)
        assert few == many
        for account in accounts:
            expected = by_hand(account, through)
            found = few[account.pk].windows if account.pk in few else []
            assert plain(found) == plain(expected)
            found_any += len(found)
            frozen += sum(1 for w in found if w.frozen)
            capped += sum(1 for w in found if w.interest < interest_of(w.base, w.rate, w.days, w.year_days))
    assert found_any > 100
    assert frozen
    assert capped


# Everything that decides what one day bears: which days count, from when, and up to how much.
OF_A_DAY = [
    ("EUR", {}),
    ("EUR", {"year": "actual", "grace_days": 20, "free_days": 3, "minimum_debt": {"EUR": "90"}}),
    ("USD", {"last_day": False, "year": "360"}),
    ("USD", {"last_day": False, "first_day": True, "kinds": ["charge"]}),
    ("USD", {"last_day": True, "first_day": True}),
    ("JPY", {"account_cap": {"*": "600"}, "grace_days": 5}),
    ("KWD", {"cap": {"KWD": "1.100"}, "cap_percent": "4", "first_day": True}),
]


def borne_by_hand(account, day, steps):
    """One day of an account by the pure windows: of each item one day's, within what limits leave."""
    [segment] = terms_of([account.pk], as_of=day)
    terms, before = segment.terms(), by_hand(account, day - timedelta(days=1), steps)
    left, borne = terms.account_cap, D(0)
    if left is not None:
        left -= sum(w.interest for w in before)
    for window in by_hand(account, day, steps):
        if window.last != day:
            continue
        days = window.days if window.first == day else 1
        amount = interest_of(window.base, window.rate, days, window.year_days)
        limit = terms.limit(LedgerEntry.objects.get(pk=window.key).amount)
        if limit is not None:
            amount = min(amount, limit - sum(w.interest for w in before if w.key == window.key))
        if left is not None:
            amount = min(amount, left)
            left -= amount
        borne += amount
    return borne


@pytest.mark.parametrize(("seed", "order"), [(4, []), (5, ["fees", "charges", "interest", "penalties"])])
def test_a_day_of_all_accounts_is_what_the_pure_windows_say_of_it(seed, order):
    rng = random.Random(seed)
    if order:
        makers.policy("allocation", {"order": order}, valid_from=date(2020, 1, 1))
    accounts = random_book(rng, OF_A_DAY, each=3)
    started = LedgerEntry.objects.filter(kind=EntryKind.CHARGE).order_by("id")[3]
    begins = max(started.due_date, started.value_date)
    for late, days in ((False, [begins, NEW_YEAR, TODAY]), (True, [some_day(rng)])):
        if late:
            for account in accounts[::3]:
                paid = dict.fromkeys(("EUR", "USD"), D("70.00")).get(account.currency, D(7))
                makers.entry(account=account, amount=paid, value_date=some_day(rng), kind=EntryKind.PAYMENT)
        courses = {account.pk: steps_of(account) for account in accounts}
        for day in days:
            expected = {}
            for account in accounts:
                borne = borne_by_hand(account, day, courses[account.pk])
                if borne > 0:
                    number, amount = expected.get(account.currency, (0, D(0)))
                    expected[account.currency] = (number + 1, amount + borne)
            assert accrual_of_day(day) == expected
            assert expected


def test_a_month_is_rounded_as_the_terms_say_and_known_at_leaves_out_what_came_later():
    creditor = makers.creditor()
    makers.policy("interest", {"rates": {"2024-01-01": "10"}}, scope_type="creditor", scope_id=creditor.pk)
    account = makers.account(debtor=makers.debtor(creditor=creditor))
    charge = makers.entry(account=account, amount="1000", value_date=NEW_YEAR, due_date=NEW_YEAR)
    late = makers.entry(
        account=account, amount="400", value_date=date(2025, 1, 11), kind=EntryKind.PAYMENT
    )
    found = accrued([account.pk], as_of=date(2025, 2, 10))[account.pk]
    [segment] = terms_of([account.pk], as_of=TODAY)
    assert found.months == {
        date(2025, 1, 1): total(found.windows[:2], segment.terms(), 2),
        date(2025, 2, 1): D("1.64"),
    }
    assert found.amount == D("6.03") + D("1.64")
    before = accrued([account.pk], as_of=date(2025, 2, 10), known_at=charge.recorded_at)[account.pk]
    assert {w.base for w in before.windows} == {D(1000)}
    assert late.recorded_at > charge.recorded_at
    assert accrual_of_day(date(2025, 2, 10)) == {"EUR": (1, interest_of(D(600), D(10), 1, 365))}
    assert accrual_of_day(date(2023, 2, 10)) == {}


def test_conventions_hold_on_their_versions_days_and_a_late_rate_on_its_own():
    creditor = makers.creditor()
    scope = {"scope_type": "creditor", "scope_id": creditor.pk}
    makers.policy("interest", {"rates": {"2024-01-01": "10"}}, valid_from=date(2024, 1, 1), **scope)
    account = makers.account(debtor=makers.debtor(creditor=creditor))
    makers.entry(account=account, amount="3600", value_date=date(2025, 1, 1), due_date=date(2025, 1, 1))
    newer = {"rates": {"2024-01-01": "10", "2025-01-20": "12"}, "year": "360"}
    makers.policy("interest", newer, valid_from=date(2025, 2, 1), **scope)
    found = accrued([account.pk], as_of=date(2025, 2, 28))[account.pk].windows
    assert [(w.first.day, w.days, w.rate, w.year_days) for w in found] == [
        (1, 18, D(10), 365),
        (20, 12, D(12), 365),
        (1, 28, D(12), 360),
    ]
    assert isinstance(found[0], Window)
    assert accrued([account.pk], as_of=date(2025, 1, 31))[account.pk].windows[0].days == 30
    assert Account.objects.count() == 1


def frozen_days(account, known_at=None):
    """The days without interest, by item; and all days from the first to the last window."""
    windows = accrued([account.pk], as_of=date(2025, 2, 28), known_at=known_at)[account.pk].windows
    frozen: dict[int, set[date]] = {}
    for window in windows:
        length = (window.last - window.first).days + 1
        assert (window.interest == 0) == bool(window.frozen) or window.days == 0
        if window.frozen:
            days = {window.first + timedelta(days=number) for number in range(length)}
            frozen.setdefault(window.key, set()).update(days)
    return frozen


def span(first, last):
    return {first + timedelta(days=number) for number in range((last - first).days + 1)}


def test_holds_and_moratoria_freeze_exactly_their_days_as_known_then():
    creditor = makers.creditor()
    makers.policy("interest", {"rates": {"2024-01-01": "10"}}, scope_type="creditor", scope_id=creditor.pk)
    account = makers.account(debtor=makers.debtor(creditor=creditor))
    first, second = (
        makers.entry(account=account, amount=amount, value_date=NEW_YEAR, due_date=NEW_YEAR)
        for amount in ("1000", "400")
    )
    by = {"actor": makers.system(), "source": "court"}
    space = makers.hold(
        debtor=account.debtor, scopes=("interest",), reason="breathing_space", as_of=date(2025, 1, 10),
        last_day=date(2025, 1, 19),
    )  # fmt: skip
    makers.hold(
        account=account, entry=first, scopes=("interest",), first_day=date(2025, 2, 1),
        last_day=date(2025, 2, 5), as_of=date(2025, 2, 1),
    )  # fmt: skip
    makers.hold(account=account, scopes=("demand",), first_day=date(2025, 2, 6), as_of=date(2025, 2, 6))
    fact = record_legal_fact(
        debtor=account.debtor, kind="insolvent", effective_date=date(2025, 2, 10), as_of=date(2025, 2, 10),
        **by,
    )  # fmt: skip
    before = {
        "space": span(date(2025, 1, 10), date(2025, 1, 19)),
        "entry": span(date(2025, 2, 1), date(2025, 2, 5)),
        "court": span(date(2025, 2, 10), date(2025, 2, 28)),
    }
    common = before["space"] | before["court"]
    assert frozen_days(account) == {first.pk: common | before["entry"], second.pk: common}
    moment = fact.recorded_at
    lift_hold(hold=space, reason="paid", actor=makers.system(), as_of=date(2025, 1, 15))
    end_legal_fact(fact=fact, effective_date=date(2025, 2, 13), as_of=date(2025, 2, 13), **by)
    after = span(date(2025, 1, 10), date(2025, 1, 14)) | span(date(2025, 2, 10), date(2025, 2, 12))
    assert frozen_days(account) == {first.pk: after | before["entry"], second.pk: after}
    assert frozen_days(account, known_at=moment) == {first.pk: common | before["entry"], second.pk: common}
