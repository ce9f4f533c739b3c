"""What somebody holds, and what stands on a slip."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Case, Count, Exists, F, Min, OuterRef, Q, QuerySet, Sum, When

from accounts.cashdesk.enums import IN_CHANGE_MONEY, DepositedBy
from accounts.cashdesk.models import CashDifference, CashReceipt, CashReceiptQuerySet
from accounts.cheques.models import Cheque
from accounts.cheques.queries import depositable
from accounts.deposits.enums import AT_THE_BANK, DEPOSIT, DepositStatus
from accounts.deposits.models import Deposit, DepositItem
from accounts.ledger.enums import EntryKind, PaymentMethod
from accounts.ledger.models import LedgerEntry
from accounts.payments.models import OwnBankAccount
from collections_app.core.enums import Role
from collections_app.core.models import StoredFile


def in_hand(holder) -> QuerySet[CashReceipt]:
    """Cash the holder may bring to a bank: on no slip yet, and not to be handed over at a close first."""
    return CashReceipt.objects.held().filter(
        Q(instruction__isnull=True) | ~Q(instruction__deposited_by=DepositedBy.RECEIVER) | ~Q(cashier=holder),
        holder=holder,
        deposit_code="",
    )


def to_hand_over(holder) -> int:
    """How many receipts the holder took whose cash another brings to the bank, as the instruction says."""
    return (
        CashReceipt.objects.held()
        .filter(
            instruction__deposited_by=DepositedBy.RECEIVER, cashier=holder, holder=holder, deposit_code=""
        )
        .count()
    )


def depositable_receipts(holder, bank_account: OwnBankAccount) -> QuerySet[CashReceipt]:
    """Cash the holder may bring to a bank account: of its currency and creditor, on no slip yet.

    What an instruction sends to another bank account that is in use is not among it, nor, for a
    creditor's own, cash that was moved to another creditor's account.
    """
    receipts = in_hand(holder).filter(
        Q(instruction__isnull=True)
        | Q(instruction__bank_account=bank_account)
        | Q(instruction__bank_account__is_active=False),
        currency=bank_account.currency,
    )
    if bank_account.creditor_id is not None:
        moved = LedgerEntry.objects.filter(
            kind=EntryKind.PAYMENT,
            method=PaymentMethod.CASH,
            reference=OuterRef("code"),
            currency=OuterRef("currency"),
            reversed_by__isnull=True,
        ).exclude(account__creditor=bank_account.creditor_id)
        receipts = receipts.filter(~Exists(moved), creditor_id=bank_account.creditor_id)
    return receipts.select_related("debtor", "instruction__bank_account").order_by("received_date", "id")


def loose_differences(holder, currency: str) -> QuerySet[CashDifference]:
    """Receipts' cash that was missing or too much at the holder's counts and that no slip has taken
    along; what was found in change money is no deposit's matter."""
    taken = DepositItem.objects.filter(difference=OuterRef("pk"), is_live=True)
    return (
        CashDifference.objects.filter(holder=holder, currency=currency)
        .exclude(found_at__in=IN_CHANGE_MONEY)
        .exclude(Exists(taken))
        .order_by("found_on", "id")
    )


def depositable_cheques(user, bank_account: OwnBankAccount, *, day: date) -> QuerySet[Cheque]:
    """Cheques of accounts in the user's view that may go to a bank account on a day, and that no
    colleague holds."""
    his = Q(holder=user) | Q(holder=None) | Q(holder__role=Role.SYSTEM)
    return depositable(
        day=day, bank_account=bank_account, cheques=Cheque.objects.visible_to(user).filter(his)
    ).select_related("debtor")


def papers_of(deposit: Deposit) -> QuerySet[StoredFile]:
    """Stamped copies, oldest first."""
    return StoredFile.objects.filter(subject_type=deposit._meta.label_lower, subject_id=deposit.pk).order_by(
        "id"
    )


def held_by_person(receipts: CashReceiptQuerySet, *, as_of: date) -> list[dict]:
    """Cash in hand by holder and currency: receipts, sum, oldest day, and how much of it is late."""
    return list(
        receipts.held()
        .order_by()
        .values("holder", "holder__full_name", "currency")
        .annotate(
            receipts=Count("pk"),
            held_amount=Sum("amount"),
            oldest=Min("received_date"),
            late=Count("pk", filter=Q(deposit_by__lt=as_of)),
            late_amount=Sum("amount", filter=Q(deposit_by__lt=as_of), default=Decimal(0)),
        )
        .order_by("holder__full_name", "holder", "currency")
    )


def bank_accounts_for(user) -> list[tuple[OwnBankAccount, int, Decimal]]:
    """Where the user's cash may go: each bank account with how many receipts and how much."""
    held = (
        in_hand(user)
        .order_by()
        .values_list(
            "currency",
            "creditor",
            Case(
                When(instruction__bank_account__is_active=True, then=F("instruction__bank_account")),
                default=None,
            ),
        )
        .annotate(receipts=Count("pk"), held_amount=Sum("amount"))
    )
    rows = list(held)
    found = []
    for account in OwnBankAccount.objects.visible_to(user).in_use().order_by("name"):
        fitting = [
            (receipts, amount)
            for currency, creditor, directed, receipts, amount in rows
            if currency == account.currency
            and account.creditor_id in (None, creditor)
            and directed in (None, account.pk)
        ]
        found.append(
            (account, sum(count for count, _sum in fitting), sum((part for _n, part in fitting), Decimal(0)))
        )
    return found


def slips_then(
    receipt_ids: Iterable[int], *, as_of: date, known_at: datetime
) -> dict[int, tuple[str, date | None]]:
    """The slip each receipt stood on at the end of a day, by what was known at a moment, and the day the
    slip was brought to the bank, if it was by then. Receipts on none have no key."""
    slips = Deposit.objects.filter(slip_date__lte=as_of, made_at__lte=known_at).annotate(
        status_then=DEPOSIT.status_on(as_of=as_of, known_at=known_at)
    )
    rows = (
        DepositItem.objects.filter(
            receipt__in=list(receipt_ids),
            deposit__in=slips.exclude(status_then=DepositStatus.CANCELLED).values("pk"),
        )
        .order_by("id")
        .values_list("receipt", "deposit")
    )
    of_receipt = dict(rows)
    found = slips.in_bulk(set(of_receipt.values()))
    return {
        receipt: (slip.code, slip.deposited_on if slip.status_then in AT_THE_BANK else None)
        for receipt, slip in ((receipt, found[deposit]) for receipt, deposit in of_receipt.items())
    }
