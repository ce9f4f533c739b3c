"""Two statements of the office's bank account: lines tied to receipts, lines that ask, lines nobody knows.

No line posts anything: the book's totals are known from its plan alone.
"""

from datetime import date, timedelta
from decimal import Decimal

from accounts.bank.cheques import clear_by_line
from accounts.bank.files import load_bank_file, take_in
from accounts.bank.matching import unseen_near
from accounts.bank.models import BankFile, BankLine
from accounts.bank.services import leave_unidentified, set_not_ours
from accounts.bank.tying import link_line
from accounts.cheques.enums import ChequeStatus
from accounts.cheques.models import Cheque
from accounts.ledger.enums import EntryKind, PaymentMethod, Receiver
from accounts.ledger.models import Account, LedgerEntry
from accounts.payments.models import OwnBankAccount
from reports.demonstration.office import Office

CURRENCY = "AED"
# A number with right check digits that no bank has given out.
NUMBER = "AE460090000000123456789"
OPENING = Decimal("250000.00")
KNOWN, TIED = 6, 4

Line = tuple[date, Decimal, str, str, str]  # booked, amount, end-to-end id, text, name


def make_bank_statements(*, office: Office, as_of: date) -> list[BankFile]:
    """Bring in and partly work two statements of the last days."""
    account = OwnBankAccount.objects.filter(
        currency=CURRENCY, creditor__isnull=True, is_active=True
    ).first() or OwnBankAccount.objects.create(
        name="Collections AED",
        bank_name="First Bank",
        number=NUMBER,
        currency=CURRENCY,
    )
    receipts = list(
        LedgerEntry.objects.filter(
            kind=EntryKind.PAYMENT,
            currency=CURRENCY,
            method=PaymentMethod.TRANSFER,
            reversed_by__isnull=True,
            value_date__range=(as_of - timedelta(days=21), as_of - timedelta(days=2)),
        )
        .exclude(receiver=Receiver.CREDITOR)
        .select_related("account__debtor")
        .order_by("-value_date", "id")[:KNOWN]
    )
    lines: list[Line] = [
        (
            entry.value_date,
            entry.amount,
            f"PAY{entry.pk}",
            f"Bill {entry.account.number}",
            entry.account.debtor.name,
        )
        for entry in receipts
    ]
    # The exact amount owed and the name, but no number: asked, not posted.
    for debtor in _debtors():
        lines.append(
            (
                as_of - timedelta(days=2),
                debtor.standing.balance,
                "NOTPROVIDED",
                "payment",
                debtor.debtor.name,
            )
        )
    first, last = as_of - timedelta(days=12), as_of - timedelta(days=1)
    lines += [
        (first, Decimal("750.00"), "NOTPROVIDED", "cash deposit Deira branch", "CASH"),
        (last, Decimal("1180.00"), "NOTPROVIDED", "flat 1204 tower B", "M A R"),
        (last, Decimal("-25.00"), "NOTPROVIDED", "monthly fee", "FIRST BANK"),
    ]
    # A cheque whose payment is in the books: its line is tied. One that waits for the bank's answer: the
    # amount speaks for it, no number, so a person is asked.
    paid, waiting = _cheque(account, ChequeStatus.CLEARED), _cheque(account, ChequeStatus.SUBMITTED)
    if paid is not None:
        lines.append(
            (paid.bank_value_date, paid.amount, "NOTPROVIDED", f"CHQ {paid.number} {paid.bank}", "CLEARING")
        )
    if waiting is not None:
        lines.append((last, waiting.amount, "NOTPROVIDED", f"cheque {waiting.bank}", "CLEARING"))
    lines.sort(key=lambda line: line[0])
    half = len(lines) // 2
    manager = office.users["tanaka"]
    files, opening = [], OPENING
    for number, part in enumerate((lines[:half], lines[half:]), 1):
        loaded = load_bank_file(
            content=_mt940(account.number, opening, part, number),
            filename=f"statement-{part[-1][0]:%Y-%m-%d}.sta",
            actor=manager,
            as_of=as_of,
        )
        files.append(take_in(bank_file=loaded, actor=manager, as_of=as_of))
        opening += sum((line[1] for line in part), Decimal(0))
    for entry in receipts[:TIED]:
        line = BankLine.objects.open().filter(amount=entry.amount, end_to_end_id=f"PAY{entry.pk}").first()
        if line is not None and unseen_near([line]).filter(pk=entry.pk).exists():
            link_line(line=line, entry=entry, actor=manager, as_of=as_of)
    if paid is not None:
        line = BankLine.objects.open().filter(amount=paid.amount, text__contains=paid.number).first()
        if line is not None:
            clear_by_line(line=line, cheques=[paid], actor=manager, as_of=as_of)
    fee = BankLine.objects.open().filter(amount__lt=0).first()
    if fee is not None:
        set_not_ours(line=fee, kind="charge", note="", actor=manager, as_of=as_of)
    unknown = BankLine.objects.open().filter(counterparty_name="CASH").first()
    if unknown is not None:
        leave_unidentified(
            line=unknown,
            owner=office.users["iyer"],
            note="The bank looks for the slip.",
            actor=manager,
            as_of=as_of,
        )
    return files


def _cheque(account: OwnBankAccount, status: str) -> Cheque | None:
    """The last cheque given to this account's bank that is in a status, where one amount is one cheque."""
    found = Cheque.objects.filter(bank_account=account, status=status, replaces__isnull=True)
    return found.order_by("-bank_value_date", "-submitted_on", "-id").first()


def _debtors() -> list[Account]:
    """Two accounts of the office's currency that owe something."""
    return list(
        Account.objects.filter(currency=CURRENCY, team__isnull=False, standing__balance__gt=100)
        .select_related("debtor", "standing")
        .order_by("id")[:2]
    )


def _mt940(number: str, opening: Decimal, lines: list[Line], statement: int) -> bytes:
    """The lines as a bank writes them."""

    def side(amount: Decimal, day: date) -> str:
        return f"{'C' if amount >= 0 else 'D'}{day:%y%m%d}{CURRENCY}{abs(amount):.2f}".replace(".", ",")

    written = [
        ":20:STATEMENT",
        f":25:{number}",
        f":28C:{statement}/1",
        f":60F:{side(opening, lines[0][0])}",
    ]
    for day, amount, reference, text, name in lines:
        sign = "C" if amount > 0 else "D"
        value = f"{abs(amount):.2f}".replace(".", ",")
        words = name.upper().replace("?", " ")
        written.append(f":61:{day:%y%m%d}{day:%m%d}{sign}{value}NTRFNONREF")
        written.append(f":86:166?00TRANSFER?20EREF+{reference}?21SVWZ+{text}?32{words}")
    closing = opening + sum((line[1] for line in lines), Decimal(0))
    written += [f":62F:{side(closing, lines[-1][0])}", "-", ""]
    return "\n".join(written).encode()
