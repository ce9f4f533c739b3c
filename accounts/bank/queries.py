"""The cash bridge: what the bank says beside what became of it, for one bank account and some days."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum

from accounts.bank.as_known import Then, lines_then, receipts_then, without_a_line_then
from accounts.bank.enums import OPEN, WAITING, LineStatus
from accounts.bank.models import BankLine, BankPosting, BankStatement
from accounts.cheques.models import ChequePayment, ChequeReturn
from accounts.ledger.enums import EntryKind, PaymentMethod, Receiver
from accounts.ledger.models import LedgerEntry
from accounts.payments.models import OwnBankAccount

AGES = (7, 30, 60, 90)
NOUGHT = Decimal(0)


@dataclass(frozen=True)
class Share:
    """A part of the money with how many lines make it."""

    status: str
    amount: Decimal
    count: int


@dataclass
class Bridge:
    """Opening + credits − debits = closing, and credits = what became of them. `None` is what no
    statement states. `gap` is closing less what the lines make: nought, or a statement is missing."""

    bank_account: OwnBankAccount
    first_day: date
    last_day: date
    opening: Decimal | None
    closing: Decimal | None
    credits: Decimal
    debits: Decimal
    became: list[Share] = field(default_factory=list)
    went_out: list[Share] = field(default_factory=list)
    posted_in_ledger: Decimal = NOUGHT
    posted_lines: Decimal = NOUGHT
    unseen_amount: Decimal = NOUGHT
    unseen_count: int = 0

    @property
    def is_direct(self) -> bool:
        """Money on this account is the creditor's own: paid direct to the creditor."""
        return self.bank_account.creditor_id is not None

    @property
    def gap(self) -> Decimal | None:
        if self.opening is None or self.closing is None:
            return None
        return self.closing - (self.opening + self.credits - self.debits)

    @property
    def unexplained(self) -> Decimal:
        """Credits less all that became of them; the statuses are exhaustive, so nought."""
        return self.credits - sum((share.amount for share in self.became), NOUGHT)

    @property
    def ledger_gap(self) -> Decimal:
        """Lines said to be posted less what stands for them in the ledger."""
        return self.posted_lines - self.posted_in_ledger

    @property
    def is_sound(self) -> bool:
        return not self.gap and not self.unexplained and not self.ledger_gap


def balance_on(bank_account: OwnBankAccount, day: date, then: Then | None = None) -> Decimal | None:
    """The account's balance at the end of a day as statements state it, carried by the lines since."""
    statements = BankStatement.objects.filter(bank_account=bank_account)
    lines = BankLine.objects.filter(bank_account=bank_account, booking_date__lte=day)
    if then is not None:
        statements = statements.filter(recorded_at__lte=then.known_at)
        lines = lines.filter(recorded_at__lte=then.known_at)
    stated = statements.filter(closing__isnull=False, last_day__lte=day)
    before = stated.order_by("-last_day", "-id").first()
    if before is not None and before.closing is not None:
        later = lines.filter(booking_date__gt=before.last_day).aggregate(made=Sum("amount"))["made"]
        return before.closing + (later or NOUGHT)
    first = statements.filter(opening__isnull=False).order_by("first_day", "id").first()
    if first is None or first.opening is None:
        return None
    return first.opening + (lines.aggregate(made=Sum("amount"))["made"] or NOUGHT)


def cash_bridge(
    bank_account: OwnBankAccount, first_day: date, last_day: date, *, then: Then | None = None
) -> Bridge:
    """The reconciliation of one bank account from `first_day` to `last_day` by booking day; with `then`
    as it was known at an earlier moment."""
    lines = lines_told(bank_account, first_day, last_day, then)
    became: list[Share] = []
    went_out: list[Share] = []
    shares = lines.values("status_told", is_out=Q(amount__lt=0)).annotate(made=Sum("amount"), n=Count("id"))
    for share in shares:
        (went_out if share["is_out"] else became).append(
            Share(share["status_told"], abs(share["made"]), share["n"])
        )
    order = LineStatus.values
    became.sort(key=lambda share: order.index(share.status))
    went_out.sort(key=lambda share: order.index(share.status))
    receipts = (
        _receipts(bank_account, first_day, last_day) if then is None else receipts_then(lines, then)
    )
    in_ledger = receipts.aggregate(made=Sum("entry__amount" if then is None else "amount"))["made"] or NOUGHT
    unseen = unseen_payments(bank_account, first_day, last_day, then).aggregate(
        made=Sum("amount"), n=Count("id")
    )
    return Bridge(
        bank_account=bank_account,
        first_day=first_day,
        last_day=last_day,
        opening=balance_on(bank_account, first_day - timedelta(days=1), then),
        closing=balance_on(bank_account, last_day, then),
        credits=sum((share.amount for share in became), NOUGHT),
        debits=sum((share.amount for share in went_out), NOUGHT),
        became=became,
        went_out=went_out,
        posted_in_ledger=in_ledger,
        posted_lines=next((one.amount for one in became if one.status == LineStatus.POSTED), NOUGHT),
        unseen_amount=unseen["made"] or NOUGHT,
        unseen_count=unseen["n"],
    )


def lines_told(
    bank_account: OwnBankAccount, first_day: date, last_day: date, then: Then | None
) -> QuerySet[BankLine]:
    """The lines booked on these days, with their status now or then as `status_told`."""
    found = BankLine.objects.filter(
        bank_account=bank_account, booking_date__range=(first_day, last_day)
    ).order_by()
    return found.annotate(status_told=F("status")) if then is None else lines_then(found, then)


def _receipts(bank_account: OwnBankAccount, first_day: date, last_day: date):
    """Parts of lines that stand in the ledger, with the amount of each receipt. What the bank took back
    itself stands with its return, a cheque's parts all with one; any other reversal is a gap."""
    bounced = ChequeReturn.objects.filter(payment_return__isnull=False)
    return BankPosting.objects.filter(
        Q(entry__reversed_by__isnull=True)
        | Q(entry__payment_return__isnull=False)
        | Q(
            entry__in=ChequePayment.objects.filter(presentment__in=bounced.values("presentment")).values(
                "entry"
            )
        ),
        line__bank_account=bank_account,
        line__booking_date__range=(first_day, last_day),
        undone__isnull=True,
        entry__kind=EntryKind.PAYMENT,
    ).order_by()


def broken_postings(bank_account: OwnBankAccount, first_day: date, last_day: date):
    """What a gap between lines and ledger consists of: receipts of lines that are said to be posted,
    reversed otherwise than by the bank and not taken back on their line."""
    return BankPosting.objects.filter(
        line__bank_account=bank_account,
        line__booking_date__range=(first_day, last_day),
        undone__isnull=True,
        entry__reversed_by__isnull=False,
        entry__payment_return__isnull=True,
    ).order_by("line__booking_date", "id")


def unseen_payments(
    bank_account: OwnBankAccount, first_day: date, last_day: date, then: Then | None = None
) -> QuerySet[LedgerEntry]:
    """Transfers in the ledger of these days that stand and that no line of a statement became.

    Of a creditor's account: those said to be paid direct to that creditor; else those received here.
    Where the office has several accounts in one currency each of them shows all.
    """
    found = LedgerEntry.objects.filter(
        kind=EntryKind.PAYMENT,
        method=PaymentMethod.TRANSFER,
        currency=bank_account.currency,
        value_date__range=(first_day, last_day),
    )
    if then is None:
        found = found.filter(reversed_by__isnull=True, bank_posting__isnull=True)
    else:
        found = without_a_line_then(found, then)
    if bank_account.creditor_id is not None:
        return found.filter(receiver=Receiver.CREDITOR, account__creditor=bank_account.creditor_id)
    return found.exclude(receiver=Receiver.CREDITOR)


@dataclass(frozen=True)
class AgeBucket:
    """Waiting money in of one currency: `oldest` days or younger (None: older than all)."""

    currency: str
    label_from: int
    oldest: int | None
    amount: Decimal
    count: int


def waiting_by_age(lines, as_of: date, status: str = "status") -> list[AgeBucket]:
    """Money in that waits, by currency and days since it was booked; nothing that waits is left out.
    `status` is the field or annotation to go by."""
    found = []
    waits = lines.filter(**{f"{status}__in": WAITING}, amount__gt=0).order_by()
    edges = [0, *(age + 1 for age in AGES)]
    sums: dict[str, Sum | Count] = {}
    for place, start in enumerate(edges):
        end = AGES[place] if place < len(AGES) else None
        when = Q(booking_date__lte=as_of - timedelta(days=start)) if start else Q()
        if end is not None:
            when &= Q(booking_date__gte=as_of - timedelta(days=end))
        sums[f"a{place}"] = Sum("amount", filter=when)
        sums[f"n{place}"] = Count("id", filter=when)
    for row in waits.values("currency").annotate(**sums).order_by("currency"):
        for place, start in enumerate(edges):
            end = AGES[place] if place < len(AGES) else None
            found.append(AgeBucket(row["currency"], start, end, row[f"a{place}"] or NOUGHT, row[f"n{place}"]))
    return found


def open_count(user) -> int:
    """Lines that somebody must decide, on bank accounts in view."""
    return BankLine.objects.visible_to(user).filter(status__in=OPEN).count()
