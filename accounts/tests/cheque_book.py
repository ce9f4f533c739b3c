"""A book of 1,000 cheques and what became of each, day by day: done through the services, and noted
beside them as plain facts from which tests compute what every list of a day must show."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from accounts.approvals.services import decide_approval
from accounts.cheques.models import Cheque, ChequeShare
from accounts.cheques.paying import payments_of
from accounts.cheques.services import (
    NewCheque,
    ask_hold,
    clear_cheques,
    hand_back,
    lodge_cheques,
    part_pay_cheque,
    plan_submission,
    release_security,
    replace_cheque,
    return_cheque,
    send_to_legal,
    settle_in_cash,
    submit,
    take_in_hand,
)
from accounts.ledger.models import Account
from accounts.ledger.services import NewEntry, post_entries
from accounts.payments.services import post_payment
from collections_app.core.enums import Role
from collections_app.testing import makers

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
        self.cash: list[Money] = []
        self.released: date | None = None

    def on(self, day: date) -> str | None:
        return max(
            ((when, place, state) for place, (when, state) in enumerate(self.states) if when <= day),
            default=(0, 0, None),
        )[2]

    def may_go(self, day: date) -> bool:
        """Whether it may be presented: a security cheque only since it was released."""
        return not self.security or (self.released is not None and self.released <= day)

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


def ended(told: list[Told]) -> None:
    """Of those that never went to the bank some are held back, given back or settled in cash; security
    cheques are released; some that came back go to the lawyers. Eight each."""
    cheques = Cheque.objects.in_bulk([one.pk for one in told])
    asks, manager = makers.system(), makers.user(role=Role.MANAGER)
    waiting = [
        one
        for one in told
        if one.on(LAST) == "in_hand" and not one.security and len(one.shares) == 1 and not one.presented
    ]
    for place, one in enumerate(waiting[:24]):
        cheque, day = cheques[one.pk], one.received + timedelta(days=20 + place)
        kind = {"cheque": cheque, "actor": asks, "as_of": day}
        if place % 3 == 0:
            until = max(one.planned, day) + timedelta(days=15)
            asked = ask_hold(until=until, reason="Salary comes later", **kind)
            decide_approval(approval=asked, approve=True, actor=manager, as_of=day)
            one.plans.append((day, until))
        elif place % 3 == 1:
            hand_back(to="Mr X", paper=("receipt.txt", b"signed"), reason="Withdrawn", day=day, **kind)
            one.states.append((day, "handed_back"))
        else:
            [(number, amount)] = one.shares
            account = Account.objects.get(pk=number)
            entry = post_payment(
                account=account, amount=amount, value_date=day, method="cash", actor=asks, as_of=day
            )
            one.cash.append(Money(0, number, amount, day, entry.pk))
            settle_in_cash(entries=[entry], **kind)
            one.states.append((day, "settled"))
    for place, one in enumerate([one for one in told if one.security][:8]):
        one.released = one.received + timedelta(days=10 * place)
        release_security(cheque=cheques[one.pk], reason="Agreed", actor=asks, as_of=one.released)
    for one in [one for one in told if one.on(date.max) == "returned" and one.back[-1] < LAST][:8]:
        day = one.states[-1][0] + timedelta(days=2)
        send_to_legal(cheque=cheques[one.pk], reason="Unpaid", day=day, actor=asks, as_of=day)
        one.states.append((day, "legal"))
