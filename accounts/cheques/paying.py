"""What a cheque becomes in the ledger when the bank pays: a payment for each share, tied to it."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.cheques.models import Cheque, ChequePayment, ChequeShare, Presentment
from accounts.cheques.rules import ANSWER_CHEQUE
from accounts.cheques.steps import ChequeRefused
from accounts.ledger.enums import EntryKind, PaymentMethod, Receiver
from accounts.ledger.models import LedgerEntry
from accounts.ledger.naming import name_allocation, unnamed_part
from accounts.ledger.services import NewEntry, post_entries
from collections_app.core import audit


class BankNotAsked(ChequeRefused):
    """The cheque is not with the bank for payment."""


def payments_of(cheque: Cheque) -> list[ChequePayment]:
    """What of the cheque stands paid: payments nobody took back."""
    return list(
        ChequePayment.objects.filter(share__cheque=cheque, entry__reversed_by__isnull=True)
        .select_related("entry", "share")
        .order_by("id")
    )


def paid_of(cheque: Cheque) -> Decimal:
    return sum((payment.entry.amount for payment in payments_of(cheque)), Decimal(0))


def presentments(cheques: Iterable[Cheque]) -> dict[int, Presentment]:
    """The last presentment of each cheque. Raises BankNotAsked for one that has none."""
    wanted = {cheque.pk: cheque for cheque in cheques}
    rows = Presentment.objects.filter(cheque__in=wanted).order_by("cheque", "-number").distinct("cheque")
    last = {row.cheque_id: row for row in rows}
    for pk in wanted.keys() - last.keys():
        raise BankNotAsked(_("Cheque %(number)s was never presented.") % {"number": wanted[pk].number})
    return last


def pay(
    paid: Sequence[tuple[Cheque, Decimal]], *, value_date: date, reference: str, actor, as_of: date
) -> list[LedgerEntry]:
    """Post what the bank paid of each cheque to its shares, in the order they were named; in one set."""
    last = presentments(cheque for cheque, _amount in paid)
    cheques = {cheque.pk: cheque for cheque, _amount in paid}
    left = {cheque.pk: amount for cheque, amount in paid}
    parts: list[tuple[ChequeShare, Decimal]] = []
    shares = ChequeShare.objects.filter(cheque__in=cheques).select_related("charge").order_by("cheque", "id")
    for share in shares:
        part = min(left[share.cheque_id], share.amount)
        left[share.cheque_id] -= part
        if part > 0:
            parts.append((share, part))
    posted = post_entries(
        entries=[
            _entry(cheques[share.cheque_id], share, part, value_date, reference) for share, part in parts
        ],
        actor=actor,
        as_of=as_of,
        permission="accounts.post_payment",
        day_is_given=True,
    )
    ChequePayment.objects.bulk_create(
        ChequePayment(share=share, presentment=last[share.cheque_id], entry=entry)
        for (share, _part), entry in zip(parts, posted, strict=True)
    )
    with audit.together():
        for (share, _part), entry in zip(parts, posted, strict=True):
            name_share(entry, share.charge, actor=actor, as_of=as_of)
            audit.record(
                "payment.posted",
                entry,
                actor=actor,
                after={"account": entry.account_id, "amount": entry.amount, "value_date": value_date},
            )
    return posted


def _entry(cheque: Cheque, share: ChequeShare, amount: Decimal, value_date: date, reference: str) -> NewEntry:
    is_creditors = cheque.bank_account is not None and cheque.bank_account.creditor_id
    return NewEntry(
        account_id=share.account_id,
        kind=EntryKind.PAYMENT,
        amount=amount,
        value_date=value_date,
        method=PaymentMethod.CHEQUE,
        receiver=Receiver.CREDITOR if is_creditors else Receiver.OFFICE,
        reference=reference or cheque.number,
        description=_("Cheque %(number)s, %(bank)s") % {"number": cheque.number, "bank": cheque.bank},
    )


def tie(cheque: Cheque, amount: Decimal, entries: Iterable[LedgerEntry], day: date) -> list[LedgerEntry]:
    """Payments that are in the books already become the cheque's: the same accounts, sum and day."""
    known = {entry.account_id: entry for entry in entries}
    presentment = presentments([cheque])[cheque.pk]
    shares = {share.account_id: share for share in ChequeShare.objects.filter(cheque=cheque)}
    fits = (
        sum(entry.amount for entry in known.values()) == amount
        and all(entry.kind == EntryKind.PAYMENT and entry.value_date == day for entry in known.values())
        and all(pk in shares and known[pk].amount <= shares[pk].amount for pk in known)
        and not LedgerEntry.objects.filter(reverses__in=known.values()).exists()
        and not ChequePayment.objects.filter(entry__in=known.values()).exists()
    )
    if not fits:
        raise ChequeRefused(
            _("The payments posted already are not this cheque's: other accounts, amount or day."),
            field="entries",
        )
    for pk, entry in sorted(known.items()):
        ChequePayment.objects.create(share=shares[pk], presentment=presentment, entry=entry)
    return list(known.values())


def name_share(entry: LedgerEntry, charge: LedgerEntry | None, *, actor, as_of: date) -> None:
    """The payment pays first of all the item its share named, as far as nothing else names it; an item
    taken back meanwhile, not at all."""
    if charge is None or LedgerEntry.objects.filter(reverses=charge).exists():
        return
    amount = min(entry.amount, unnamed_part(charge, "debit"))
    if amount > 0:
        name_allocation(
            credit=entry,
            debit=charge,
            amount=amount,
            reason=_("Named by the cheque"),
            actor=actor,
            as_of=as_of,
            permission=ANSWER_CHEQUE,
        )
