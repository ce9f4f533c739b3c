"""Why the latest payments came back, two irregularities, and from where some debtors pay."""

from datetime import date, timedelta
from decimal import Decimal

from accounts.irregularities.services import open_irregularity
from accounts.ledger.enums import EntryKind, PaymentMethod, ReportLine
from accounts.ledger.models import Account, LedgerEntry
from accounts.payments.bank_details import approve_bank_details, propose_bank_details
from accounts.returns.enums import Scheme
from accounts.returns.models import PaymentReturn
from accounts.returns.reasons import install_reasons
from accounts.returns.services import explain_return
from reports.demonstration.office import Office

SHOWN = 12
SINCE_DAYS = 75
# Reasons in turn, by the scheme the money came through.
REASONS = {
    Scheme.CHEQUE: ("insufficient_funds", "signature_differs", "payment_stopped", "insufficient_funds"),
    Scheme.SEPA: ("AM04", "MD06", "AC04"),
    Scheme.ACH: ("R01", "R10", "R09"),
    Scheme.BACS: ("0", "1"),
    Scheme.BECS: ("6", "3"),
}
SCHEME_OF_CURRENCY = {
    "EUR": Scheme.SEPA,
    "USD": Scheme.ACH,
    "GBP": Scheme.BACS,
    "AUD": Scheme.BECS,
}
# Numbers with right check digits that no bank has given out.
IBANS = ("AE070331234567890123456", "DE89370400440532013000", "GB82WEST12345698765432")


def make_returns(*, office: Office, as_of: date) -> list[PaymentReturn]:
    """Say why the latest returned payments came back: the books have their reversals already."""
    install_reasons()
    back = (
        LedgerEntry.objects.filter(
            kind=EntryKind.REVERSAL,
            line=ReportLine.PAYMENTS_RETURNED,
            value_date__gt=as_of - timedelta(days=SINCE_DAYS),
            reverses__method__in=[PaymentMethod.CHEQUE, PaymentMethod.DIRECT_DEBIT],
        )
        .select_related("reverses")
        .order_by("-value_date", "id")[: 3 * SHOWN]
    )
    made, turns = [], dict.fromkeys(REASONS, 0)
    for reversal in back:
        if len(made) == SHOWN:
            break
        entry = reversal.reverses
        scheme = (
            Scheme.CHEQUE if entry.method == PaymentMethod.CHEQUE else SCHEME_OF_CURRENCY.get(entry.currency)
        )
        if scheme is None:
            continue
        code = REASONS[scheme][turns[scheme] % len(REASONS[scheme])]
        turns[scheme] += 1
        made.append(
            explain_return(entry=entry, scheme=scheme, code=code, actor=office.users["tanaka"], as_of=as_of)
        )
    _report_irregularities(office, as_of)
    _know_bank_details(office, as_of)
    return made


def _report_irregularities(office: Office, as_of: date) -> None:
    overpaid = Account.objects.filter(standing__balance__lt=0, team__isnull=False).order_by("id").first()
    if overpaid is not None:
        open_irregularity(
            kind="duplicate",
            amount=-overpaid.standing.balance,
            currency=overpaid.currency,
            account=overpaid,
            note="The same bill seems to be paid twice; ask whether to pay back or keep as credit.",
            actor=office.users["delgado"],
            as_of=as_of - timedelta(days=3),
        )
    open_irregularity(
        kind="unidentified",
        amount=Decimal("750.00"),
        currency="AED",
        owner=office.teams["Residential"],
        due_date=as_of - timedelta(days=1),
        note="Cash deposit of the 4th at the branch, no reference and no name on the slip.",
        actor=office.users["tanaka"],
        as_of=as_of - timedelta(days=6),
    )


def _know_bank_details(office: Office, as_of: date) -> None:
    """Two debtors with a mandate, one with a change that waits for a second person."""
    debtors = [
        account.debtor
        for account in Account.objects.filter(debtor__payment_method=PaymentMethod.DIRECT_DEBIT)
        .select_related("debtor")
        .order_by("id")[: len(IBANS)]
    ]
    for number, (debtor, iban) in enumerate(zip(debtors, IBANS, strict=False)):
        details = propose_bank_details(
            debtor=debtor,
            holder=debtor.name,
            bank_name="First Bank",
            number_kind="iban",
            number=iban,
            mandate_reference=f"MND-{number + 1:05d}",
            valid_from=as_of - timedelta(days=300),
            source="Mandate signed at the counter",
            actor=office.users["delgado"],
            as_of=as_of,
        )
        if number < len(IBANS) - 1:
            approve_bank_details(details=details, actor=office.users["tanaka"], as_of=as_of)
