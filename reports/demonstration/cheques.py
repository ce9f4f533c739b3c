"""Some forty cheques in every state. They fit the books, whose sums are known: what the bank paid are
payments that are there already, and no other amount is posted."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from accounts.cheques.models import Cheque
from accounts.cheques.services import (
    NewCheque,
    ask_hold,
    clear_cheque,
    hand_back,
    hand_to_bank,
    lodge_cheques,
    offer_hand_over,
    part_pay_cheque,
    plan_submission,
    put_in_batch,
    replace_cheque,
    return_cheque,
    send_to_legal,
    settle_in_cash,
    sign_hand_over,
    submit,
    take_in_hand,
)
from accounts.ledger.enums import EntryKind, PaymentMethod
from accounts.ledger.models import Account, LedgerEntry
from accounts.payments.models import OwnBankAccount
from accounts.returns.reasons import install_reasons
from collections_app.core.models import User
from reports.demonstration.office import Office

BANKS = ("Gulf National Bank", "Harbour Bank", "First Emirates Bank", "Palm Bank")
CURRENCY = "AED"
PAID_SHOWN, BOOKED_AHEAD = 8, 16


class Counter:
    """Lodges cheques with numbers of their own, over one counter and one pair of hands."""

    def __init__(self, office: Office, as_of: date) -> None:
        self.officer: User = office.users["amal"]
        self.senior: User = office.users["iyer"]
        self.supervisor: User = office.users["delgado"]
        self.as_of = as_of
        self.number = 100_400
        self.bank_account, _new = OwnBankAccount.objects.get_or_create(
            number="AE460090000000123456789",
            currency=CURRENCY,
            defaults={
                "name": "Collections AED",
                "bank_name": "First Bank",
                "is_active": True,
            },
        )

    def new(self, account: Account, amount: Decimal, dated: date | None, **fields) -> NewCheque:
        self.number += 7
        return NewCheque(
            number=f"{self.number:06}",
            bank=BANKS[self.number % len(BANKS)],
            amount=amount,
            cheque_date=dated,
            shares=[(account, amount, None)],
            **fields,
        )

    def lodged(self, account: Account, amount: Decimal, dated: date | None, days: int, **fields) -> Cheque:
        """Taken in by the officer so many days ago."""
        day = self.as_of - timedelta(days=days)
        [cheque] = lodge_cheques(
            debtor=account.debtor,
            cheques=[self.new(account, amount, dated, **fields)],
            received_on=day,
            bank_account=self.bank_account,
            actor=self.officer,
            as_of=day,
        )
        return cheque

    def in_hand(self, account: Account, amount: Decimal, dated: date, days: int) -> Cheque:
        cheque = self.lodged(account, amount, dated, days)
        take_in_hand(cheques=[cheque], actor=self.senior, as_of=cheque.received_on)
        self.handed_over(cheque, cheque.received_on)
        return cheque

    def handed_over(self, cheque: Cheque, day: date) -> None:
        """The officer gave the paper to the senior, who brings it to the bank or gives it back."""
        offer = offer_hand_over(cheques=[cheque], taker=self.senior, actor=self.officer, as_of=day)
        sign_hand_over(hand_over=offer, actor=self.senior, as_of=day)

    def submitted(
        self, account: Account, amount: Decimal, dated: date, days: int, on: date | None = None
    ) -> Cheque:
        """Given to the bank on a day, or as planned."""
        cheque = self.in_hand(account, amount, dated, days)
        on = on or cheque.planned_on
        [cheque] = submit(cheques=[cheque], date=on, actor=self.senior, as_of=on)
        return cheque

    def returned(self, account: Account, amount: Decimal, days_ago: int, code: str) -> Cheque:
        day = self.as_of - timedelta(days=days_ago)
        cheque = self.submitted(account, amount, day - timedelta(days=6), 60)
        return_cheque(cheque=cheque, code=code, return_date=day, actor=self.senior, as_of=self.as_of)
        cheque.refresh_from_db()
        return cheque


def make_cheques(*, office: Office, as_of: date) -> int:
    """Fill the register; returns how many cheques there are. Nothing where no account fits."""
    install_reasons()
    counter = Counter(office, as_of)
    team = office.teams["Residential"]
    owing = list(
        Account.objects.filter(currency=CURRENCY, team=team, standing__balance__gt=1000)
        .select_related("debtor__creditor", "standing")
        .order_by("id")[: BOOKED_AHEAD + 14]
    )
    if len(owing) < BOOKED_AHEAD + 14:
        return 0
    ahead, others = owing[:BOOKED_AHEAD], iter(owing[BOOKED_AHEAD:])
    _book_ahead(counter, ahead)
    _on_the_way(counter, others)
    _unpaid(counter, others)
    _paid(counter, team)
    return Cheque.objects.count()


def _half(account: Account) -> Decimal:
    return (account.standing.balance / 2).quantize(Decimal(1)) + Decimal("0.50")


def _book_ahead(counter: Counter, accounts: Iterable[Account]) -> None:
    """Series and single cheques that mature in the days and months to come."""
    for place, account in enumerate(accounts):
        dated = counter.as_of + timedelta(days=place * 5 - 2)
        cheque = counter.lodged(account, _half(account), dated, 20 + place)
        if place % 5 != 4:
            take_in_hand(cheques=[cheque], actor=counter.senior, as_of=cheque.received_on)
        if place in (10, 11, 12):
            day = counter.as_of - timedelta(days=3)
            counter.handed_over(cheque, day)
            hand_to_bank(
                cheques=[cheque], bank_account=counter.bank_account, day=day, actor=counter.senior, as_of=day
            )
        if place == 3:
            ask_hold(
                cheque=cheque,
                until=cheque.planned_on + timedelta(days=12),
                reason="Salary arrives after the 10th",
                actor=counter.officer,
                as_of=counter.as_of,
            )
        if place == 14:
            offer_hand_over(
                cheques=[cheque],
                taker=counter.supervisor,
                note="For the safe",
                actor=counter.officer,
                as_of=counter.as_of,
            )


def _on_the_way(counter: Counter, accounts) -> None:
    """Security, incomplete, another drawer, on a slip, with the bank in time and late."""
    today = counter.as_of
    counter.lodged(account := next(accounts), _half(account), None, 30, is_security=True, missing=["date"])
    counter.lodged(
        account := next(accounts), _half(account), today + timedelta(days=9), 8, missing=["signature"]
    )
    counter.lodged(
        account := next(accounts), _half(account), today + timedelta(days=4), 5, drawer="Saleh Trading LLC"
    )
    slip = counter.in_hand(account := next(accounts), _half(account), today - timedelta(days=1), 25)
    put_in_batch(
        cheques=[slip],
        deposit_reference="Slip 41",
        bank_account=counter.bank_account,
        date=today,
        actor=counter.senior,
        as_of=today,
    )
    for days, late in ((3, 0), (12, 0), (4, 3)):
        on = today - timedelta(days=days)
        dated = on - timedelta(days=late + 3)
        counter.submitted(account := next(accounts), _half(account), dated, 40, on if late else None)


def _unpaid(counter: Counter, accounts) -> None:
    """Returned, presented again, replaced, at law, handed back."""
    today = counter.as_of
    counter.returned(account := next(accounts), _half(account), 4, "insufficient_funds")
    again = counter.returned(account := next(accounts), _half(account), 6, "insufficient_funds")
    plan_submission(cheques=[again], planned_on=today, actor=counter.senior, as_of=today)
    submit(cheques=[again], date=today, actor=counter.senior, as_of=today)
    old = counter.returned(account := next(accounts), _half(account), 9, "signature_differs")
    replace_cheque(
        cheque=old,
        by=[counter.new(account, old.amount, today + timedelta(days=6))],
        received_on=today,
        actor=counter.senior,
        as_of=today,
    )
    stopped = counter.returned(account := next(accounts), _half(account), 15, "payment_stopped")
    send_to_legal(
        cheque=stopped, reason="Stopped the day after delivery", day=today, actor=counter.senior, as_of=today
    )
    back = counter.in_hand(account := next(accounts), _half(account), today + timedelta(days=40), 30)
    hand_back(
        cheque=back,
        to=account.debtor.name,
        paper=("receipt.txt", b"Received my cheque back.\n"),
        reason="Paid by transfer meanwhile",
        day=today,
        actor=counter.senior,
        as_of=today,
    )


def _paid(counter: Counter, team) -> None:
    """What the books say was paid by cheque, or in cash in its place, had a cheque behind it."""
    paid = list(
        LedgerEntry.objects.filter(
            kind=EntryKind.PAYMENT,
            currency=CURRENCY,
            account__team=team,
            reversed_by__isnull=True,
            value_date__gt=counter.as_of - timedelta(days=90),
            method__in=[PaymentMethod.CHEQUE, PaymentMethod.CASH],
        )
        .select_related("account__debtor__creditor")
        .order_by("-value_date", "id")[: PAID_SHOWN * 4]
    )
    by_cheque = [entry for entry in paid if entry.method == PaymentMethod.CHEQUE][:PAID_SHOWN]
    for place, entry in enumerate(by_cheque):
        day, is_part = entry.value_date, place == 2
        amount = entry.amount * 2 if is_part else entry.amount
        cheque = counter.submitted(
            entry.account, amount, day - timedelta(days=6), (counter.as_of - day).days + 30
        )
        told = {"bank_value_date": day, "entries": [entry], "actor": counter.senior, "as_of": day}
        if is_part:
            part_pay_cheque(cheque=cheque, paid=entry.amount, certificate="GNB-2291", **told)
        else:
            clear_cheque(cheque=cheque, **told)
    for entry in [entry for entry in paid if entry.method == PaymentMethod.CASH][:2]:
        days = (counter.as_of - entry.value_date).days
        cheque = counter.in_hand(
            entry.account, entry.amount, entry.value_date + timedelta(days=20), days + 15
        )
        settle_in_cash(
            cheque=cheque,
            value_date=entry.value_date,
            entries=[entry],
            reason="Brought cash in its place",
            actor=counter.senior,
            as_of=entry.value_date,
        )
