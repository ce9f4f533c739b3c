"""A field officer's week at the cash desk: receipts, one difference, two deposits, a receipt book."""

from datetime import date, timedelta
from decimal import Decimal

from accounts.cashdesk.change import give_out
from accounts.cashdesk.days import close_day, open_day, sign_handover
from accounts.cashdesk.enums import DepositedBy, SlipStatus
from accounts.cashdesk.instructions import decide_instruction, propose_instruction
from accounts.cashdesk.paper import account_for_slip, issue_book
from accounts.cashdesk.queries import denominations, tills
from accounts.cashdesk.services import issue_for_posted
from accounts.deposits.models import Deposit
from accounts.deposits.queries import depositable_receipts
from accounts.deposits.services import mark_deposited, prepare_deposit, tie
from accounts.ledger.enums import EntryKind, PaymentMethod, Receiver
from accounts.ledger.models import LedgerEntry
from accounts.payments.bank_accounts import save_bank_account
from accounts.payments.models import OwnBankAccount
from collections_app.core import pdf
from collections_app.core.clock import BusinessCalendar, add_business_days
from reports.demonstration.office import Office

CURRENCY, FLOAT, MISSING = "AED", Decimal("200.00"), Decimal("10.00")
DAYS, RECEIPTS_A_DAY = 5, 6
SHORT_DAY = 2


def make_cash(*, office: Office, as_of: date) -> list[Deposit]:
    """Receipts for the cash that the books have on the last working days; returns the deposits."""
    cashier, supervisor, manager = (office.users[name] for name in ("farid", "delgado", "tanaka"))
    bank = _bank_account(office)
    calendar = BusinessCalendar("AE", "DU")
    week = [add_business_days(as_of, -back, calendar) for back in range(DAYS, 0, -1)]
    order = propose_instruction(
        creditor=None,
        currency=CURRENCY,
        bank_account=bank,
        within_days=2,
        deposited_by=DepositedBy.RECEIVER,
        valid_from=week[0],
        actor=supervisor,
        as_of=week[0],
    )
    decide_instruction(instruction=order, approve=True, actor=manager, as_of=week[0])
    book = issue_book(
        prefix="F", first_number=1001, last_number=1050, holder=cashier, actor=supervisor, as_of=week[0]
    )
    account_for_slip(
        book=book,
        number=1001,
        status=SlipStatus.VOID,
        reason="Written in the wrong name",
        actor=cashier,
        as_of=week[0],
    )
    give_out(
        holder=cashier,
        amount=FLOAT,
        currency=CURRENCY,
        note="Withdrawn from Collections AED",
        actor=supervisor,
        as_of=week[0],
    )
    deposits = []
    for number, day in enumerate(week):
        _one_day(cashier, supervisor, day, is_short=number == SHORT_DAY)
        if number in (1, 3):
            deposits.append(_bring(bank, supervisor, day))
    made = [deposit for deposit in deposits if deposit is not None]
    if made:
        tie(
            deposit=made[0],
            amount=made[0].total_amount,
            value_date=min(made[0].deposited_on + timedelta(days=1), as_of),
            reference=f"CASH DEP {made[0].code}",
            actor=manager,
            as_of=as_of,
        )
    return made


def _bank_account(office: Office) -> OwnBankAccount:
    known = OwnBankAccount.objects.filter(currency=CURRENCY, creditor__isnull=True, is_active=True).first()
    return known or save_bank_account(
        name="Collections AED",
        bank_name="First Bank of Dubai",
        number_kind="iban",
        number="AE070331234567890123456",
        currency=CURRENCY,
        actor=office.users["admin"],
    )


def _one_day(cashier, supervisor, day: date, *, is_short: bool) -> None:
    cash_day = open_day(cashier=cashier, day=day, counted={CURRENCY: FLOAT}, actor=cashier)
    entries = (
        LedgerEntry.objects.filter(
            kind=EntryKind.PAYMENT,
            method=PaymentMethod.CASH,
            receiver=Receiver.OFFICE,
            value_date=day,
            currency=CURRENCY,
            reversed_by__isnull=True,
            receipt_line__isnull=True,
        )
        .exclude(account__team__isnull=True)
        .order_by("id")[:RECEIPTS_A_DAY]
    )
    for entry in entries:
        issue_for_posted(entries=[entry], actor=cashier, as_of=day)
    till = next(till for till in tills(cash_day) if till.currency == CURRENCY)
    counted = till.expected_amount - (MISSING if is_short else 0)
    close_day(
        cash_day=cash_day,
        counted={CURRENCY: _pieces(counted, day)},
        receiver=supervisor,
        actor=cashier,
        as_of=day,
    )
    sign_handover(cash_day=cash_day, actor=supervisor, as_of=day)


def _pieces(amount: Decimal, day: date) -> dict[Decimal, int]:
    """The fewest notes and coins of an amount."""
    pieces = {}
    for value in denominations(CURRENCY, as_of=day):
        pieces[value], amount = int(amount // value), amount % value
    return {value: number for value, number in pieces.items() if number}


def _bring(bank: OwnBankAccount, supervisor, day: date) -> Deposit | None:
    receipts = list(depositable_receipts(supervisor, bank))
    if not receipts:
        return None
    due = sum((row.amount for row in receipts), Decimal(0))
    slip = prepare_deposit(
        bank_account=bank,
        receipt_ids=[row.pk for row in receipts],
        pieces=_pieces(due, day),
        actor=supervisor,
        as_of=day,
    )
    copy = pdf.from_html(
        f"<html lang=en><body><h1>{slip.code}</h1><p>Stamped {day.isoformat()}</p></body></html>"
    )
    return mark_deposited(
        deposit=slip,
        deposited_on=day,
        content=copy,
        filename=f"{slip.code}-stamped.pdf",
        actor=supervisor,
        as_of=day,
    )
