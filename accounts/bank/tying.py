"""A line is something that is on record already: a receipt, a deposit's credit, a return."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.bank.came_back import recorded_returns, scheme_of
from accounts.bank.enums import LINE, LineStatus, Rule
from accounts.bank.matching import unseen_near
from accounts.bank.models import BankLine, BankPosting
from accounts.bank.rules import MATCH_BANK_LINE
from accounts.bank.services import LineRefused, locked_line
from accounts.deposits.enums import DepositStatus
from accounts.deposits.models import Deposit
from accounts.deposits.services import tie
from accounts.ledger.models import Account, LedgerEntry
from accounts.returns.models import PaymentReturn
from accounts.returns.queries import split_with
from accounts.returns.services import record_return
from collections_app.core.permissions import require


@transaction.atomic
def link_line(*, line: BankLine, entry: LedgerEntry, actor, as_of: date) -> BankPosting:
    """Tie a line to a receipt that stands in the ledger already; nothing is posted.

    Same currency and amount, and no other line's. Raises LineRefused, StatusHasMoved, NotAllowed.
    """
    require(actor, MATCH_BANK_LINE)
    account = Account.objects.visible_to(actor).filter(pk=entry.account_id).first()
    if account is None:
        raise LineRefused(_("That receipt is not on an account of yours."), field="entry")
    fits = unseen_near([line]).filter(pk=entry.pk, amount=line.amount)
    if line.bank_account.creditor_id is not None:
        fits = fits.filter(account__creditor=line.bank_account.creditor_id)
    if not fits.exists():
        raise LineRefused(
            _("That receipt has another amount, was reversed, or is another line's."), field="entry"
        )
    locked = locked_line(line, actor)
    LINE.advance(
        locked,
        to=LineStatus.POSTED,
        actor=actor,
        as_of=as_of,
        is_locked=True,
        rule=Rule.LEDGER,
        owner=None,
    )
    return BankPosting.objects.create(
        line=locked,
        account=account,
        entry=entry,
        amount=entry.amount,
        currency=entry.currency,
        rule=Rule.LEDGER,
        is_linked=True,
    )


def deposits_behind(line: BankLine) -> QuerySet[Deposit]:
    """The deposits whose credit this line may be, oldest first.

    Those whose cheques are lines of a statement already, each its own, wait for what is left alone.
    """
    by_lines = BankPosting.objects.filter(
        undone__isnull=True,
        entry__cheque_payment__presentment__deposit_reference=OuterRef("code"),
        entry__cheque_payment__presentment__cheque__deposit_items__deposit=OuterRef("pk"),
    )
    return (
        Deposit.objects.untied()
        .filter(bank_account=line.bank_account_id, currency=line.currency)
        .exclude(Q(status=DepositStatus.CREDITED) & Exists(by_lines))
        .order_by("deposited_on", "id")
    )


@transaction.atomic
def tie_line(*, line: BankLine, deposit: Deposit, actor, as_of: date) -> Deposit:
    """The credit is what a deposit slip became at the bank; a difference opens an irregularity.

    Raises LineRefused and what `deposits.services.tie` raises.
    """
    require(actor, MATCH_BANK_LINE)
    if line.amount <= 0:
        raise LineRefused(_("Only money that came in can be a deposit's credit."))
    if (deposit.bank_account_id, deposit.currency) != (line.bank_account_id, line.currency):
        raise LineRefused(_("That deposit went to another bank account."), field="deposit")
    if not deposits_behind(line).filter(pk=deposit.pk).exists():
        raise LineRefused(
            _("That deposit has its credit already, or each of its cheques is a line of its own."),
            field="deposit",
        )
    tied = tie(
        deposit=deposit,
        amount=line.amount,
        value_date=line.value_date,
        reference=line.bank_reference or line.reference,
        bank_line_id=line.pk,
        actor=actor,
        as_of=as_of,
    )
    locked = locked_line(line, actor)
    LINE.advance(locked, to=LineStatus.DEPOSIT, actor=actor, as_of=as_of, is_locked=True, rule=Rule.HAND)
    return tied


@transaction.atomic
def record_line_return(
    *, line: BankLine, entry: LedgerEntry, scheme: str = "", code: str, actor, as_of: date
) -> PaymentReturn:
    """Money out is a receipt that came back: recorded with the bank's reason on the booking day.

    Raises LineRefused and what `returns.services.record_return` raises.
    """
    require(actor, MATCH_BANK_LINE)
    if line.amount >= 0:
        raise LineRefused(_("Only money that went out can be a return."))
    parts = split_with(entry)
    whole = entry.amount + sum((part.amount for part in parts), Decimal(0))
    if entry.currency != line.currency or whole < -line.amount or (parts and whole != -line.amount):
        raise LineRefused(
            _("That payment is in another currency, or smaller, or one of several parts of another sum."),
            field="entry",
        )
    if not Account.objects.visible_to(actor).filter(pk=entry.account_id).exists():
        raise LineRefused(_("That payment is not on an account of yours."), field="entry")
    returned = record_return(
        entry=entry,
        scheme=scheme or scheme_of(code),
        code=code,
        return_date=min(line.booking_date, as_of),
        amount=None if parts else -line.amount,
        note=line.text[:300],
        actor=actor,
        as_of=as_of,
    )
    if BankLine.objects.filter(payment_return=returned).exists():
        raise LineRefused(_("Another line of a statement is that return already."), field="entry")
    locked = locked_line(line, actor)
    LINE.advance(
        locked,
        to=LineStatus.RETURNED,
        actor=actor,
        as_of=as_of,
        is_locked=True,
        rule=Rule.HAND,
        payment_return=returned,
    )
    return returned


@transaction.atomic
def link_return(*, line: BankLine, payment_return: PaymentReturn, actor, as_of: date) -> BankLine:
    """Money out is a return that is on record (from a return file, a cheque's answer, by hand);
    nothing is reversed again. Raises LineRefused, StatusHasMoved, NotAllowed."""
    require(actor, MATCH_BANK_LINE)
    if not Account.objects.visible_to(actor).filter(pk=payment_return.account_id).exists():
        raise LineRefused(_("That return is not on an account of yours."), field="payment_return")
    if payment_return.pk not in {one.returned.pk for one in recorded_returns([line]).get(line.pk, [])}:
        raise LineRefused(
            _("That return has another amount or day, or is another line's."), field="payment_return"
        )
    locked = locked_line(line, actor)
    return LINE.advance(
        locked,
        to=LineStatus.RETURNED,
        actor=actor,
        as_of=as_of,
        is_locked=True,
        rule=Rule.LEDGER,
        payment_return=payment_return,
    )
