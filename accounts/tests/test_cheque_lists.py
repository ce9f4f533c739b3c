"""The lists of a day on a book of 1,000 cheques, and the cover and balances of any sequence of moves,
each against an independent computation in plain Python."""

from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.cheques.cleared import with_items
from accounts.cheques.enums import CHEQUE, ChequeStatus, DayList
from accounts.cheques.models import Cheque, ChequeReturn, ChequeShare
from accounts.cheques.paying import payments_of
from accounts.cheques.queries import cover, day_list, maturing_by_day, on_day, totals_per_bank
from accounts.cheques.services import (
    NewCheque,
    clear_cheque,
    clear_cheques,
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
from accounts.ledger.services import NewEntry, post_entries
from accounts.payments.services import reverse_payment
from collections_app.core.refusal import Refused
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

FIRST, DAYS, NUMBER, DEBTORS = date(2026, 1, 5), 120, 1_000, 40
LAST = FIRST + timedelta(days=DAYS)


@dataclass
class Money:
    """What the bank paid of a cheque to an account on a day; until the day on which it came back."""

    cheque: int
    account: int
    amount: Decimal
    day: date
    entry: int
    until: date = date.max


class Told:
    """What was told of one cheque, as (day, status) and (day, planned); nothing of the product."""

    def __init__(self, cheque: Cheque) -> None:
        self.pk, self.amount, self.account = cheque.pk, cheque.amount, None
        self.dated, self.received, self.planned = cheque.cheque_date, cheque.received_on, cheque.planned_on
        self.security, self.bank = cheque.is_security, cheque.bank_account_id
        self.states = [(cheque.received_on, "received")]
        self.plans = [(cheque.received_on, cheque.planned_on)]
        self.presented: list[tuple[date, date]] = []
        self.back: list[date] = []
        self.shares: list[tuple[int, Decimal]] = []
        self.paid: list[Money] = []

    def on(self, day: date) -> str | None:
        return max(
            ((when, place, state) for place, (when, state) in enumerate(self.states) if when <= day),
            default=(0, 0, None),
        )[2]

    def planned_on(self, day: date) -> date | None:
        return [plan for when, plan in self.plans if when <= day][-1]


def lodge_the_book(rng: Random) -> list[Told]:
    """1,000 cheques of forty debtors with two accounts each, and what became of them day by day."""
    team, system = makers.team(), makers.system()
    creditor = makers.creditor(country="DE")
    banks = [makers.bank_account(), makers.bank_account(), None]
    people = [makers.debtor(creditor=creditor) for _number in range(DEBTORS)]
    accounts = [[makers.account(debtor=one, team=team) for _number in range(2)] for one in people]
    told: list[Told] = []
    bill([one for pair in accounts for one in pair], rng)
    for place in range(DEBTORS):
        received = FIRST + timedelta(days=rng.randrange(20))
        new = []
        for _row in range(NUMBER // DEBTORS):
            amount = Decimal(rng.randrange(200, 90_000)) / 100
            first, second = accounts[place]
            shares = [(first, amount, None)]
            if rng.random() < 0.2:
                part = (amount / 3).quantize(Decimal("0.01"))
                shares = [(first, amount - part, None), (second, part, None)]
            new.append(
                NewCheque(
                    number=f"{makers.number():07}",
                    bank="First Bank",
                    amount=amount,
                    cheque_date=received + timedelta(days=rng.randrange(0, 100)),
                    shares=shares,
                    is_security=rng.random() < 0.05,
                )
            )
        made = lodge_cheques(
            debtor=people[place],
            cheques=new,
            received_on=received,
            bank_account=banks[place % 3],
            actor=system,
            as_of=received,
        )
        told += [Told(cheque) for cheque in made]
    return told


def bill(accounts, rng: Random) -> None:
    """Six items an account, due in an order of their own."""
    post_entries(
        entries=[
            NewEntry(
                account_id=account.pk,
                kind="charge",
                amount=Decimal(rng.randrange(5_000, 60_000)) / 100,
                value_date=FIRST - timedelta(days=60),
                due_date=FIRST - timedelta(days=rng.randrange(1, 50)),
                reference=f"INV-{account.pk}-{number}",
            )
            for account in accounts
            for number in range(6)
        ],
        actor=makers.system(),
        as_of=FIRST,
    )


def paid_to(one: Told, entries, day: date) -> None:
    """What the product posted for a cheque is noted as money of that day; the amounts are checked."""
    left = sum(entry.amount for entry in entries)
    for (account, amount), entry in zip(one.shares, entries, strict=False):
        assert (entry.account_id, entry.amount) == (account, min(left, amount))
        one.paid.append(Money(one.pk, account, entry.amount, day, entry.pk))
        left -= entry.amount
    assert left == 0


def live(told: list[Told], rng: Random) -> None:
    """Move most of the cheques through their lives, each step on a day of its own. What goes to the bank
    on one day goes on one slip, and what it pays on one day is told at once."""
    system = makers.system()
    by_pk = Cheque.objects.in_bulk([one.pk for one in told])
    mine = {one.pk: one for one in told}
    for share in ChequeShare.objects.order_by("id"):
        mine[share.cheque_id].shares.append((share.account_id, share.amount))
    checked: dict[date, list[Cheque]] = defaultdict(list)
    for one in told:
        if rng.random() < 0.85:
            checked[one.received].append(by_pk[one.pk])
            one.states.append((one.received, "in_hand"))
    for received, cheques in checked.items():
        take_in_hand(cheques=cheques, actor=system, as_of=received)
    paid: dict[date, list[Told]] = defaultdict(list)
    for one in presented(told, by_pk, rng):
        answer = one.presented[0][1] + timedelta(days=rng.randrange(1, 6))
        fate = rng.random()
        if answer > LAST or fate < 0.15:
            continue
        if fate < 0.3:
            paid[answer].append(one)
            one.states.append((answer, "cleared"))
        else:
            answered(one, by_pk[one.pk], fate, answer, told, rng)
    for day, ones in paid.items():
        posted = clear_cheques(
            cheques=[by_pk[one.pk] for one in ones], bank_value_date=day, actor=system, as_of=day
        )
        by_cheque = defaultdict(list)
        for entry in posted:
            by_cheque[entry.cheque_payment.share.cheque_id].append(entry)
        for one in ones:
            paid_to(one, by_cheque[one.pk], day)
    for one in [ones[0] for ones in paid.values()][:4]:
        came_back_later(one, by_pk[one.pk])


def presented(told: list[Told], by_pk, rng: Random) -> list[Told]:
    """Some of what is in hand goes to the bank on its planned day or days after."""
    slips: dict[date, list[Told]] = defaultdict(list)
    for one in told:
        if one.on(LAST) != "in_hand" or one.security or rng.random() < 0.72:
            continue
        day = one.planned + timedelta(days=rng.choice((0, 0, 0, 1, 4)))
        if day <= LAST:
            slips[day].append(one)
            one.states.append((day, "submitted"))
            one.presented.append((one.planned, day))
    for day, slip in slips.items():
        submit(cheques=[by_pk[one.pk] for one in slip], date=day, actor=makers.system(), as_of=day)
    return [one for slip in slips.values() for one in slip]


def came_back_later(one: Told, cheque: Cheque) -> None:
    """The bank paid it, and took the money back nine days after."""
    day = one.paid[0].day + timedelta(days=9)
    told = {"actor": makers.system(), "as_of": day}
    return_cheque(cheque=cheque, code="alteration", return_date=day, **told)
    one.states.append((day, "returned"))
    one.back.append(day)
    for money in one.paid:
        money.until = day


def answered(one: Told, cheque: Cheque, fate: float, answer: date, told: list[Told], rng: Random) -> None:
    """The bank paid a part, or nothing; then it goes on."""
    kind = {"actor": makers.system(), "as_of": answer}
    if fate < 0.42:
        half = one.amount / 2 if one.amount > 1 else one.amount
        part_pay_cheque(cheque=cheque, paid=half, bank_value_date=answer, certificate="C", **kind)
        one.states.append((answer, "part_paid"))
        paid_to(one, [payment.entry for payment in payments_of(cheque)], answer)
        return
    return_cheque(cheque=cheque, code="insufficient_funds", return_date=answer, **kind)
    one.states.append((answer, "returned"))
    one.back.append(answer)
    later = answer + timedelta(days=rng.randrange(1, 9))
    if fate >= 0.65 and later <= LAST:
        go_on(one, cheque, fate < 0.82, later, told, rng)


def go_on(one: Told, cheque: Cheque, is_replaced: bool, later: date, told: list[Told], rng: Random) -> None:
    """A returned cheque is replaced, or planned anew and mostly presented again."""
    system = makers.system()
    kind = {"actor": system, "as_of": later}
    if is_replaced:
        share = cheque.shares.order_by("id")[0]
        new = NewCheque(
            number=f"{makers.number():07}",
            bank="First Bank",
            amount=one.amount,
            cheque_date=later + timedelta(days=10),
            shares=[(share.account, one.amount, None)],
        )
        [made] = replace_cheque(cheque=cheque, by=[new], received_on=later, **kind)
        one.states.append((later, "replaced"))
        told.append(Told(made))
        return
    plan_submission(cheques=[cheque], planned_on=later, **kind)
    one.plans.append((later, later))
    again = later + timedelta(days=rng.choice((0, 2)))
    if again <= LAST:
        submit(cheques=[cheque], date=again, actor=system, as_of=again)
        one.states.append((again, "represented"))
        one.presented.append((later, again))


BEFORE, AT_BANK = {"received", "in_hand", "in_batch"}, {"submitted", "represented"}


def by_hand(told: list[Told], name: str, day: date) -> set[int]:
    """The list of a day, as its definition reads."""
    found = set()
    for one in told:
        state = one.on(day)
        if state is None:
            continue
        waits = state in BEFORE and not one.security
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
        for money in one.paid:
            if money.day <= day < money.until:
                moneys[money.account].append(money)
    sums: dict[int, Decimal] = defaultdict(Decimal)
    paid: dict[int, list[tuple]] = defaultdict(list)
    for account in sorted(moneys):
        queue = [[number, name, amount] for number, name, amount, since in items[account] if since <= day]
        for money in sorted(moneys[account], key=lambda money: (money.day, money.entry)):
            left = money.amount
            sums[money.cheque] += left
            for item in queue:
                part = min(left, item[2])
                if part > 0:
                    paid[money.cheque].append((item[0], item[1], part))
                    item[2] -= part
                    left -= part
    return {pk: (sums[pk], sorted(paid[pk])) for pk in shown}


@pytest.mark.long
def test_every_list_of_any_day_is_right_on_a_book_of_1000_cheques():
    rng = Random(7)
    told = lodge_the_book(rng)
    live(told, rng)
    assert len(told) >= NUMBER
    ends = Counter(Cheque.objects.values_list("status", flat=True))
    assert min(ends["replaced"], ends["part_paid"], ends["represented"], ends["cleared"]) > 5
    everything = Cheque.objects.all()
    items = items_of_accounts()
    seen: Counter[str] = Counter()
    for day in (FIRST, FIRST + timedelta(days=24), *(FIRST + timedelta(days=n) for n in range(40, 125, 12))):
        states = dict(on_day(everything, day).values_list("pk", "status_then"))
        assert states == {one.pk: one.on(day) for one in told if one.on(day)}
        for name in DayList.values:
            right = by_hand(told, name, day)
            assert set(day_list(everything, name, day).values_list("pk", flat=True)) == right, (name, day)
            seen[name] += len(right)
        found = {
            cheque.pk: (cheque.paid_then, sorted(cheque.paid_for()))
            for cheque in with_items(day_list(everything, DayList.CLEARED, day), day)
        }
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
        if one.on(LAST + timedelta(days=30)) in BEFORE and not one.security:
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
            if one.on(day) in BEFORE | AT_BANK and not one.security:
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
