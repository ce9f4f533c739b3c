"""The lists of a day on a book of 1,000 cheques, and the cover and balances of any sequence of moves,
each against an independent computation in plain Python."""

from collections import Counter, defaultdict
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.cheques.cleared import put_items
from accounts.cheques.enums import CHEQUE, ChequeStatus, DayList
from accounts.cheques.models import Cheque, ChequeReturn, ChequeShare
from accounts.cheques.paying import payments_of
from accounts.cheques.queries import cover, day_list, maturing_by_day, on_day, totals_per_bank
from accounts.cheques.services import (
    NewCheque,
    clear_cheque,
    hand_back,
    lodge_cheques,
    part_pay_cheque,
    plan_submission,
    release_security,
    replace_cheque,
    return_cheque,
    settle_in_cash,
    submit,
    take_in_hand,
)
from accounts.ledger.models import LedgerEntry
from accounts.ledger.queries import balances
from accounts.payments.services import reverse_payment
from accounts.tests.cheque_book import FIRST, LAST, NUMBER, Told, ended, live, lodge_the_book
from collections_app.core import clock
from collections_app.core.refusal import Refused
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

BEFORE, AT_BANK = {"received", "in_hand", "in_batch"}, {"submitted", "represented"}


def by_hand(told: list[Told], name: str, day: date) -> set[int]:
    """The list of a day, as its definition reads."""
    found = set()
    for one in told:
        state = one.on(day)
        if state is None:
            continue
        waits = state in BEFORE and one.may_go(day)
        planned = one.planned_on(day)
        back = max((when for when in one.back if when <= day), default=None)
        holds = {
            "mature": waits and day <= one.dated <= day + timedelta(days=1),
            "to_submit": (waits and planned <= day)
            or (state == "returned" and back is not None and back < planned <= day),
            "late": any(
                plan < when and day - timedelta(days=7) < when <= day for plan, when in one.presented
            ),
            "no_answer": state in AT_BANK,
            "returned": state == "returned",
            "past": waits and one.dated < day,
            "cleared": any(day - timedelta(days=30) < money.day <= day < money.until for money in one.paid),
            "replaced": state == "replaced",
            "ahead": waits and day < one.dated <= day + timedelta(days=30),
        }[name]
        if holds:
            found.add(one.pk)
    return found


def lists_of(cheques, name: str, day: date, **known) -> set[tuple]:
    return set(day_list(cheques, name, day, **known).values_list("pk", "status_then", "planned_then"))


def items_of_accounts() -> dict[int, list[tuple]]:
    """The items of each account in the order in which they are paid: the oldest due first."""
    found: dict[int, list[tuple]] = defaultdict(list)
    charges = LedgerEntry.objects.filter(kind__in=["charge", "fee"]).order_by("due_date", "value_date", "id")
    for charge in charges.select_related("account"):
        found[charge.account_id].append(
            (charge.account.number, charge.reference or charge.description, charge.amount, charge.value_date)
        )
    return found


def paid_by_hand(told: list[Told], items: dict[int, list[tuple]], day: date) -> dict[int, tuple]:
    """What each cheque on the list of what was paid paid of which item: money by age over items by age."""
    shown = by_hand(told, "cleared", day)
    moneys = defaultdict(list)
    for one in told:
        for money in (*one.paid, *one.cash):
            if money.day <= day < money.until:
                moneys[money.account].append(money)
    sums: dict[int, Decimal] = defaultdict(Decimal)
    paid: dict[int, list[tuple]] = defaultdict(list)
    for account in sorted(moneys):
        queue = [[number, name, amount] for number, name, amount, since in items[account] if since <= day]
        for money in sorted(moneys[account], key=lambda money: (money.day, money.entry)):
            left = money.amount
            if money.cheque:
                sums[money.cheque] += left
            for item in queue:
                part = min(left, item[2])
                if part > 0:
                    if money.cheque:
                        paid[money.cheque].append((item[0], item[1], part))
                    item[2] -= part
                    left -= part
    return {pk: (sums[pk], sorted(paid[pk])) for pk in shown}


@pytest.mark.long
def test_every_list_of_any_day_is_right_on_a_book_of_1000_cheques():
    rng = Random(7)
    told = lodge_the_book(rng)
    everything = Cheque.objects.all()
    lodged, early = clock.now(), (FIRST + timedelta(days=40), FIRST + timedelta(days=88))
    known = {(day, name): lists_of(everything, name, day) for day in early for name in DayList.values}
    live(told, rng)
    ended(told)
    assert len(told) >= NUMBER
    ends = Counter(Cheque.objects.values_list("status", flat=True))
    lived = ("replaced", "part_paid", "represented", "cleared", "handed_back", "settled", "legal")
    assert min(ends[status] for status in lived) > 5
    # by what was known before any of it happened the lists are what they were
    for (day, name), then in known.items():
        assert lists_of(everything, name, day, known_at=lodged) == then, (name, day)
        assert lists_of(everything, name, day, known_at=clock.now()) == lists_of(everything, name, day)
    items = items_of_accounts()
    seen: Counter[str] = Counter()
    for day in (FIRST, FIRST + timedelta(days=24), *(FIRST + timedelta(days=n) for n in range(40, 125, 12))):
        states = dict(on_day(everything, day).values_list("pk", "status_then"))
        assert states == {one.pk: one.on(day) for one in told if one.on(day)}
        for name in DayList.values:
            right = by_hand(told, name, day)
            assert set(day_list(everything, name, day).values_list("pk", flat=True)) == right, (name, day)
            seen[name] += len(right)
        put_items(shown := list(day_list(everything, DayList.CLEARED, day)), day)
        found = {cheque.pk: (cheque.paid_then, sorted(cheque.paid_for())) for cheque in shown}
        assert found == paid_by_hand(told, items, day)
    assert min(seen[name] for name in DayList.values) > 10
    day = FIRST + timedelta(days=40)
    ahead = by_hand(told, "ahead", day)
    sums: dict[int | None, Decimal] = defaultdict(Decimal)
    for one in told:
        if one.pk in ahead:
            sums[one.bank] += one.amount
    totals = totals_per_bank(day_list(everything, DayList.AHEAD, day))
    assert sorted(row.amount for row in totals) == sorted(sums.values())
    matures: dict[date, Decimal] = defaultdict(Decimal)
    for one in told:
        if one.on(LAST + timedelta(days=30)) in BEFORE and one.may_go(LAST):
            matures[one.dated] += one.amount
    assert {row.day: row.amount for row in maturing_by_day(everything, FIRST, date(2027, 1, 1))} == matures
    _cover_is_right(told)


def _cover_is_right(told: list[Told]) -> None:
    """On several days: what covers, share by share, and never above the balance of the day."""
    shares = list(ChequeShare.objects.values_list("cheque", "account", "amount"))
    mine = {one.pk: one for one in told}
    for day in (FIRST + timedelta(days=30), FIRST + timedelta(days=75), LAST):
        covered: dict[int, Decimal] = defaultdict(Decimal)
        for cheque, account, amount in shares:
            one = mine[cheque]
            if one.on(day) in BEFORE | AT_BANK and one.may_go(day):
                covered[account] += amount
        owed = balances(list(covered), as_of=day)
        right = {
            account: least
            for account, amount in covered.items()
            if (least := min(amount, owed.get(account, Decimal(0)))) > 0
        }
        assert cover(list(covered), day) == right


MOVES = ("lodge", "security", "release", "submit", "clear", "part", "return", "replace", "settle", "undo")
MOVES += ("hand_back", "plan")


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    moves=st.lists(
        st.tuples(st.sampled_from(MOVES), st.integers(0, 5), st.integers(0, 3), st.integers(1, 120)),
        min_size=4,
        max_size=14,
    )
)
def test_whatever_is_done_cover_stays_below_the_debt_and_a_cheque_pays_at_most_once(moves):
    system, today = makers.system(), FIRST
    account = makers.account()
    other = makers.account(debtor=account.debtor)
    for one in (account, other):
        makers.entry(account=one, amount="100.00", value_date=FIRST - timedelta(days=1))
    cheques: list[Cheque] = []
    for verb, which, days, amount in moves:
        today += timedelta(days=days)
        told = {"actor": system, "as_of": today}
        with suppress(Refused):
            _move(verb, which, Decimal(amount), account, other, cheques, today, told)
        _holds(account, other, today)


def _new(account, other, amount: Decimal, today: date, **fields) -> NewCheque:
    half = (amount / 2).quantize(Decimal("0.01"))
    return NewCheque(
        number=f"{makers.number():07}",
        bank="First Bank",
        amount=amount,
        cheque_date=today,
        shares=[(account, half, None), (other, amount - half, None)],
        **fields,
    )


def _move(verb, which, amount, account, other, cheques, today, told) -> None:
    """One verb on one cheque; what may not be is refused by the services."""
    if verb in ("lodge", "security"):
        new = _new(account, other, amount, today, is_security=verb == "security")
        cheques += lodge_cheques(debtor=account.debtor, cheques=[new], received_on=today, **told)
        take_in_hand(cheques=cheques[-1:], **told)
        return
    if not cheques:
        return
    cheque = Cheque.objects.get(pk=cheques[which % len(cheques)].pk)
    do = {
        "release": lambda: release_security(cheque=cheque, reason="Agreed", **told),
        "submit": lambda: submit(cheques=[cheque], date=today, **told),
        "clear": lambda: clear_cheque(cheque=cheque, bank_value_date=today, **told),
        "part": lambda: part_pay_cheque(
            cheque=cheque, paid=amount / 3, bank_value_date=today, certificate="C", **told
        ),
        "return": lambda: return_cheque(cheque=cheque, code="other", return_date=today, **told),
        "replace": lambda: cheques.extend(
            replace_cheque(cheque=cheque, by=[_new(account, other, amount, today)], received_on=today, **told)
        ),
        "settle": lambda: settle_in_cash(cheque=cheque, **told),
        "undo": lambda: [
            reverse_payment(entry=paid.entry, value_date=today, reason="Wrong", **told)
            for paid in payments_of(cheque)[:1]
        ],
        "hand_back": lambda: hand_back(
            cheque=cheque, to="X", paper=("r.txt", b"signed"), reason="Asked", day=today, **told
        ),
        "plan": lambda: plan_submission(cheques=[cheque], planned_on=today, **told),
    }
    do[verb]()


def _holds(account, other, today: date) -> None:
    """Everything that must be true at any time."""
    ids = [account.pk, other.pk]
    fresh = dict.fromkeys(ids, Decimal(0))
    for pk, direction, amount in LedgerEntry.objects.filter(account__in=ids).values_list(
        "account", "direction", "amount"
    ):
        fresh[pk] += amount if direction == "debit" else -amount
    assert balances(ids, as_of=today) == fresh
    for pk, covered in cover(ids, today).items():
        assert 0 < covered <= fresh[pk]
    for cheque in Cheque.objects.filter(debtor=account.debtor):
        standing = sum((paid.entry.amount for paid in payments_of(cheque)), Decimal(0))
        assert standing <= cheque.amount
        # the two payments of one cheque may be taken back one by one; between, it is still cleared
        if cheque.status == ChequeStatus.CLEARED:
            assert standing > 0
        elif cheque.status != ChequeStatus.PART_PAID and not cheque.settlements.exists():
            assert standing == 0 or cheque.replacements.exists()
        assert cheque.status == CHEQUE.history(cheque).last().to_status
        assert cheque.bounces == ChequeReturn.objects.filter(cheque=cheque, certificate="").count()
