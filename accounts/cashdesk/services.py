"""Taking cash: a payment, a receipt with the next number, and nothing of it without the other."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import formats
from django.utils.translation import gettext as _

from accounts.cashdesk import numbers
from accounts.cashdesk.books import PaperSlip, ReceiptBook
from accounts.cashdesk.days import locked_open_day
from accounts.cashdesk.enums import CASH_RECEIPT, DayStatus, ReceiptStatus
from accounts.cashdesk.instructions import due_day, instruction_for
from accounts.cashdesk.models import CashDay, CashReceipt, NumberSeries, ReceiptLine, ReceiptPrint
from accounts.cashdesk.paper import use_slip
from accounts.cashdesk.rules import PRINT_RECEIPT, TAKE_CASH, VOID_RECEIPT
from accounts.ledger import posting
from accounts.ledger.enums import EntryKind, PaymentMethod, Receiver
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.periods import closed_until
from accounts.ledger.queries import open_items
from accounts.ledger.services import NewEntry
from accounts.ledger.tracing import shares_of
from accounts.payments.services import post_payment, reverse_payment
from accounts.policies.queries import policy
from collections_app.core import audit
from collections_app.core.money import quantise
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed, Refused

Part = tuple[Account, Decimal]


class ReceiptRefused(Refused):
    """The receipt can't be issued as given."""


class ReceiptAlreadyBanked(Refused):
    """Its money is on a deposit slip, at the bank, or in other hands."""


class OwnReceipt(NotAllowed):
    """Whoever issued a receipt does not void it."""


def _check_parts(parts: Sequence[Part]) -> None:
    """One debtor, one currency, every amount above zero."""
    first = parts[0][0]
    payer = first.debtor.merged_into_id or first.debtor_id
    for account, amount in parts:
        if quantise(amount, account.currency) <= 0:
            raise ReceiptRefused(_("Enter an amount above zero."), field="amount")
        if quantise(amount, account.currency) != amount:
            raise ReceiptRefused(
                _("%(amount)s has more decimals than %(currency)s has.")
                % {"amount": amount, "currency": account.currency},
                field="amount",
            )
        if (account.debtor.merged_into_id or account.debtor_id) != payer:
            raise ReceiptRefused(_("One receipt is for the accounts of one debtor."))
        if account.currency != first.currency:
            raise ReceiptRefused(_("One receipt is in one currency."))


def _check_once(parts: Sequence[Part]) -> None:
    if len({account.pk for account, _amount in parts}) != len(parts):
        raise ReceiptRefused(_("An account stands there twice."))


def _lock(parts: Sequence[Part], value_date: date) -> None:
    """Lock the accounts in the ledger's order, before the day and the series."""
    entries = [
        NewEntry(account_id=account.pk, kind=EntryKind.PAYMENT, amount=amount, value_date=value_date)
        for account, amount in parts
    ]
    posting.lock_accounts(*posting.source_of(entries))


def _open_amounts(ids: list[int], as_of: date) -> dict[int, dict[int, Decimal]]:
    """What is open of each item of each account, the oldest due first."""
    found = open_items(ids, as_of=as_of)
    return {account_id: {item.entry_id: item.open for item in items} for account_id, items in found.items()}


def _paid(before: dict[int, Decimal], after: dict[int, Decimal]) -> list[tuple[int, Decimal]]:
    """Which items a payment paid, by what is less open after it."""
    less = ((entry_id, was - after.get(entry_id, Decimal(0))) for entry_id, was in before.items())
    return [(entry_id, paid) for entry_id, paid in less if paid > 0]


def _paid_by(entry: LedgerEntry, as_of: date) -> list[tuple[int, Decimal]]:
    """Which items a payment that is posted already pays."""
    shares = shares_of(entry.account_id, as_of=as_of)
    return [(share.debit_id, share.amount) for share in shares if share.credit_id == entry.pk]


def _told(paid: dict[int, list[tuple[int, Decimal]]]) -> dict[int, list[dict[str, str]]]:
    """What each payment paid in the words of a receipt; what was billed, and the tax in it, where an
    item has any."""
    items = LedgerEntry.objects.in_bulk({item for parts in paid.values() for item, _amount in parts})
    return {
        entry_id: [_part_told(items[item], amount) for item, amount in parts]
        for entry_id, parts in paid.items()
    }


def _part_told(item: LedgerEntry, amount: Decimal) -> dict[str, str]:
    said = {
        "text": item.description or item.reference,
        "due_date": (item.due_date or item.value_date).isoformat(),
        "amount": str(amount),
    }
    if item.tax_amount:
        said |= {
            "billed": str(item.amount),
            "tax_amount": str(item.tax_amount),
            "tax_code": item.tax_code,
        }
    return said


def _number(cashier, slip: PaperSlip | None, as_of: date) -> tuple[NumberSeries | None, int, str]:
    if slip is not None:
        return None, slip.number, str(slip)
    chosen = policy("cash_desk", as_of=as_of)["series"]
    series = numbers.series_named(numbers.OFFICE) if chosen == "office" else numbers.series_of(cashier)
    return (series, *numbers.draw(series))


@transaction.atomic
def take_cash(
    *,
    account: Account,
    amount: Decimal,
    others: Sequence[Part] = (),
    charge: LedgerEntry | None = None,
    payer_name: str = "",
    note: str = "",
    slip: tuple[ReceiptBook, int] | None = None,
    received_date: date | None = None,
    late_reason: str = "",
    actor,
    as_of: date,
) -> CashReceipt:
    """Take cash from a debtor and issue one receipt for it; the actor's day must be open.

    `others` are further accounts of the same debtor with their amounts; `charge` an item that the
    payer names on the first. `slip` is the leaf of a paper book that was written out at the door,
    whose number the receipt bears, for money taken on `received_date`; that day is the paper's, so
    in a signed month it is taken, with a `late_reason`, marked and listed. Posts a payment an account
    (value date: the day received) and draws the next number of the series in this transaction, so
    that no number is ever left out. Raises ReceiptRefused, DayNotOpen, SlipRefused and what posting
    raises.
    """
    require(actor, TAKE_CASH)
    parts: list[Part] = [(account, amount), *others]
    _check_parts(parts)
    _check_once(parts)
    received = received_date or as_of
    if slip is None and received != as_of:
        raise ReceiptRefused(_("Only a paper receipt may be of an earlier day."), field="received_date")
    if received > as_of:
        raise ReceiptRefused(_("Money can't have arrived in the future."), field="received_date")
    closed = closed_until(account.creditor_id) if slip is not None else None
    if closed is not None and received <= closed and not late_reason.strip():
        raise ReceiptRefused(
            _("The books are closed until %(closed)s. Say why this paper is entered only now.")
            % {"closed": formats.date_format(closed, "j F Y")},
            field="late_reason",
        )
    ids = sorted(part.pk for part, _amount in parts)
    _lock(parts, received)
    cash_day = locked_open_day(actor, as_of)
    leaf = None
    if slip is not None:
        leaf = use_slip(book=slip[0], number=slip[1], received_date=received, actor=actor, as_of=as_of)
    before = _open_amounts(ids, as_of)
    series, number, code = _number(actor, leaf, as_of)
    entries = [
        post_payment(
            account=part,
            amount=part_amount,
            value_date=received,
            method=PaymentMethod.CASH,
            receiver=Receiver.OFFICE,
            reference=code,
            charge=charge if charge is not None and charge.account_id == part.pk else None,
            late_reason=late_reason,
            day_is_given=slip is not None,
            actor=actor,
            as_of=as_of,
        )
        for part, part_amount in parts
    ]
    after = _open_amounts(ids, as_of)
    return _write(
        entries=entries,
        paid=_told(
            {entry.pk: _paid(before[entry.account_id], after[entry.account_id]) for entry in entries}
        ),
        first=account,
        cash_day=cash_day,
        leaf=leaf,
        numbered=(series, number, code),
        received=received,
        payer_name=payer_name,
        note=note,
        actor=actor,
        as_of=as_of,
    )


def _write(
    *,
    entries: Sequence[LedgerEntry],
    paid: dict[int, list[dict[str, str]]],
    first: Account,
    cash_day: CashDay,
    leaf: PaperSlip | None,
    numbered: tuple[NumberSeries | None, int, str],
    received: date,
    payer_name: str,
    note: str,
    actor,
    as_of: date,
) -> CashReceipt:
    """Write the receipt of payments that stand in the ledger, with its lines."""
    series, number, code = numbered
    ids = sorted(entry.account_id for entry in entries)
    balances = dict(Account.objects.filter(pk__in=ids).values_list("pk", "standing__balance"))
    instruction = instruction_for(creditor_id=first.creditor_id, currency=first.currency, as_of=received)
    receipt = CashReceipt.objects.create(
        series=series,
        slip=leaf,
        number=number,
        code=code,
        cash_day=cash_day,
        cashier=actor,
        debtor=first.debtor,
        creditor=first.creditor,
        currency=first.currency,
        amount=sum((entry.amount for entry in entries), Decimal(0)),
        received_date=received,
        payer_name=payer_name,
        note=note,
        holder=actor,
        instruction=instruction,
        deposit_by=due_day(instruction, received=received, creditor=first.creditor) if instruction else None,
    )
    ReceiptLine.objects.bulk_create(
        ReceiptLine(
            receipt=receipt,
            account_id=entry.account_id,
            entry=entry,
            currency=first.currency,
            amount=entry.amount,
            balance_after=balances[entry.account_id],
            paid=paid[entry.pk],
        )
        for entry in entries
    )
    CASH_RECEIPT.start(receipt, actor=actor, as_of=as_of)
    audit.record(
        "cash_receipt.issued",
        receipt,
        actor=actor,
        after={"code": code, "amount": receipt.amount, "currency": receipt.currency, "accounts": ids},
    )
    return receipt


@transaction.atomic
def issue_for_posted(
    *, entries: Sequence[LedgerEntry], payer_name: str = "", note: str = "", actor, as_of: date
) -> CashReceipt:
    """Issue the receipt for cash that another act posts: a cheque settled in cash.

    Call it in the transaction of that act, whose refusal this is. The entries are payments in cash
    received here on `as_of`, of one debtor, standing, and without a receipt; an account may have
    several, each is a line. Raises NotAllowed (a role that takes no cash), DayNotOpen, ReceiptRefused.
    """
    require(actor, TAKE_CASH)
    accounts = Account.objects.select_related("debtor", "creditor").in_bulk(
        [entry.account_id for entry in entries]
    )
    parts = [(accounts[entry.account_id], entry.amount) for entry in entries]
    if not parts:
        raise ReceiptRefused(_("There is nothing to issue a receipt for."))
    _check_parts(parts)
    _lock(parts, as_of)
    standing = LedgerEntry.objects.filter(
        pk__in=[entry.pk for entry in entries],
        kind=EntryKind.PAYMENT,
        method=PaymentMethod.CASH,
        receiver=Receiver.OFFICE,
        value_date=as_of,
        reversed_by__isnull=True,
        receipt_line__isnull=True,
    )
    if standing.count() != len(entries):
        raise ReceiptRefused(_("A receipt is for cash received here today that has none yet."))
    cash_day = locked_open_day(actor, as_of)
    return _write(
        entries=entries,
        paid=_told({entry.pk: _paid_by(entry, as_of) for entry in entries}),
        first=parts[0][0],
        cash_day=cash_day,
        leaf=None,
        numbered=_number(actor, None, as_of),
        received=as_of,
        payer_name=payer_name,
        note=note,
        actor=actor,
        as_of=as_of,
    )


@transaction.atomic
def void_receipt(*, receipt: CashReceipt, reason: str, actor, as_of: date) -> CashReceipt:
    """Void a receipt a colleague issued: its number stays, its payments are taken back.

    Only while the day it belongs to is open and its money is on no slip: the money goes back to the payer out
    of that till. Where a paper's day lies in a signed month `reason` stands as the reason of posting there.
    Raises ReceiptRefused, OwnReceipt, ReceiptAlreadyBanked, PeriodClosed, StatusHasMoved.
    """
    require(actor, VOID_RECEIPT)
    if not reason.strip():
        raise ReceiptRefused(_("Say why the receipt is void."), field="reason")
    lines = list(receipt.lines.select_related("entry").order_by("account_id"))
    _lock([(line.account, line.amount) for line in lines], receipt.received_date)
    day = CashDay.objects.select_for_update(of=("self",), no_key=True).get(pk=receipt.cash_day_id)
    locked = CashReceipt.objects.select_for_update(of=("self",)).get(pk=receipt.pk)
    if locked.cashier_id == actor.pk:
        raise OwnReceipt(_("You issued it, so a colleague voids it."))
    if day.status != DayStatus.OPEN:
        raise ReceiptAlreadyBanked(
            _("The day of this receipt is counted. Take the payment back on the account instead.")
        )
    if locked.deposit_code or locked.banked_on:
        raise ReceiptAlreadyBanked(
            _("This money stands on deposit %(code)s. Cancel the slip first.") % {"code": locked.deposit_code}
        )
    # void first: whoever hears that the payments are taken back sees why
    CASH_RECEIPT.advance(
        locked,
        to=ReceiptStatus.VOID,
        actor=actor,
        as_of=as_of,
        reason=reason,
        is_locked=True,
        voided_on=as_of,
        void_reason=reason,
    )
    for line in lines:
        if not LedgerEntry.objects.filter(reverses=line.entry).exists():
            reverse_payment(
                entry=line.entry,
                value_date=line.entry.value_date,
                reason=_("Receipt %(code)s is void: %(reason)s")
                % {"code": locked.code, "reason": reason[:200]},
                late_reason=reason,
                actor=actor,
                as_of=as_of,
            )
    return locked


@transaction.atomic
def count_print(*, receipt: CashReceipt, actor) -> ReceiptPrint:
    """Keep that a receipt is printed; its number is 1 for the original, 2 and on for duplicates."""
    require(actor, PRINT_RECEIPT)
    locked = CashReceipt.objects.select_for_update(of=("self",), no_key=True).get(pk=receipt.pk)
    made = ReceiptPrint.objects.create(receipt=locked, number=locked.prints.count() + 1, actor=actor)
    audit.record("cash_receipt.printed", locked, actor=actor, after={"print": made.number})
    return made
