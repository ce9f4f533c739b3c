"""What somebody holds, and what stands on a slip."""

from datetime import date
from decimal import Decimal

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Sum

from accounts.cashdesk.models import CashDifference, CashReceipt, CashReceiptQuerySet
from accounts.cheques.models import Cheque
from accounts.cheques.queries import depositable
from accounts.deposits.models import Deposit, DepositItem
from accounts.payments.models import OwnBankAccount
from collections_app.core.models import StoredFile


def depositable_receipts(holder, bank_account: OwnBankAccount) -> QuerySet[CashReceipt]:
    """Cash the holder may bring to a bank account: of its currency and creditor, on no slip yet."""
    receipts = CashReceipt.objects.held().filter(
        holder=holder, currency=bank_account.currency, deposit_code=""
    )
    if bank_account.creditor_id is not None:
        receipts = receipts.filter(creditor_id=bank_account.creditor_id)
    return receipts.select_related("debtor", "instruction__bank_account").order_by("received_date", "id")


def loose_differences(holder, currency: str) -> QuerySet[CashDifference]:
    """Cash that was missing or too much at the holder's counts and that no slip has taken along."""
    taken = DepositItem.objects.filter(difference=OuterRef("pk"), is_live=True)
    return (
        CashDifference.objects.filter(holder=holder, currency=currency)
        .exclude(Exists(taken))
        .order_by("found_on", "id")
    )


def depositable_cheques(user, bank_account: OwnBankAccount, *, day: date) -> QuerySet[Cheque]:
    """Cheques of accounts in the user's view that may go to a bank account on a day."""
    return depositable(
        day=day, bank_account=bank_account, cheques=Cheque.objects.visible_to(user)
    ).select_related("debtor")


def untied(bank_account: OwnBankAccount, *, amount: Decimal | None = None, until: date | None = None):
    """Deposits a credit of the bank may belong to, oldest first; `amount` asks for exact ones."""
    found = Deposit.objects.untied().filter(bank_account=bank_account)
    if amount is not None:
        found = found.filter(total_amount=amount)
    if until is not None:
        found = found.filter(deposited_on__lte=until)
    return found.order_by("deposited_on", "id")


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
        CashReceipt.objects.held()
        .filter(holder=user, deposit_code="")
        .order_by()
        .values_list("currency", "creditor")
        .annotate(receipts=Count("pk"), held_amount=Sum("amount"))
    )
    rows = list(held)
    found = []
    for account in OwnBankAccount.objects.visible_to(user).in_use().order_by("name"):
        fitting = [
            row for row in rows if row[0] == account.currency and account.creditor_id in (None, row[1])
        ]
        found.append((account, sum(row[2] for row in fitting), sum((row[3] for row in fitting), Decimal(0))))
    return found
