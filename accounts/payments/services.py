"""Money in, and money that came back."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.ledger.enums import EntryKind, Receiver
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.naming import name_allocation
from accounts.ledger.services import NewEntry, post_within, reverse_entry
from accounts.payments.bank_details import guard_of
from accounts.payments.signals import payment_reversed
from collections_app.core import audit
from collections_app.core.money import quantise
from collections_app.core.refusal import Refused


class PaymentRefused(Refused):
    """The payment can't stand as given."""


class NotAPayment(Refused):
    """What is to be reversed is not a payment."""


@transaction.atomic
def post_payment(
    *,
    account: Account,
    amount: Decimal,
    value_date: date,
    method: str,
    actor,
    as_of: date,
    receiver: str = Receiver.OFFICE,
    reference: str = "",
    description: str = "",
    charge: LedgerEntry | None = None,
    late_reason: str = "",
    day_is_given: bool = False,
) -> LedgerEntry:
    """Post one payment; it pays the oldest due items, or first the `charge` it names.

    `value_date` is the day the money arrived, in the creditor's zone; it may lie back, not ahead; in a signed
    month it needs `late_reason`, unless the day came with the money (`day_is_given`). Raises PaymentRefused,
    ChangedTheBankDetails of who said lately from which account the debtor pays. Side effects as
    `ledger.services.post_entries`: standings, promises judged, chasers withheld.
    """
    if amount <= 0:
        raise PaymentRefused(_("Enter an amount above zero."), field="amount")
    if value_date > as_of:
        raise PaymentRefused(_("Money can't have arrived in the future."), field="value_date")
    rounded = quantise(amount, account.currency)
    with audit.together():
        [entry] = post_within(
            entries=[
                NewEntry(
                    account_id=account.pk,
                    kind=EntryKind.PAYMENT,
                    amount=rounded,
                    value_date=value_date,
                    method=method,
                    receiver=receiver,
                    reference=reference,
                    description=description,
                    late_reason=late_reason,
                )
            ],
            actor=actor,
            as_of=as_of,
            permission="accounts.post_payment",
            day_is_given=day_is_given,
            guard=guard_of(actor, as_of),
        )
        if charge is not None:
            name_allocation(
                credit=entry,
                debit=charge,
                amount=min(rounded, charge.amount),
                reason=_("Named by the payer"),
                actor=actor,
                as_of=as_of,
                # whoever takes the money writes down what the payer says; changing it later is a senior's
                permission="accounts.post_payment",
            )
        audit.record(
            "payment.posted",
            entry,
            actor=actor,
            after={"account": account.pk, "amount": rounded, "value_date": value_date},
        )
    return entry


@transaction.atomic
def reverse_payment(
    *, entry: LedgerEntry, value_date: date, reason: str, actor, as_of: date, late_reason: str = ""
) -> LedgerEntry:
    """A payment came back on a day of its own: the items it paid are open again from then on.

    Raises NotAPayment.
    """
    if entry.kind != EntryKind.PAYMENT:
        raise NotAPayment(_("Only a payment can come back. Reverse other entries in the ledger."))
    reversal = reverse_entry(
        entry=entry,
        value_date=value_date,
        reason=reason,
        actor=actor,
        as_of=as_of,
        permission="accounts.reverse_payment",
        late_reason=late_reason,
    )
    audit.record("payment.reversed", entry, actor=actor, after={"reversal": reversal.pk}, reason=reason)
    payment_reversed.send(
        LedgerEntry, entry=entry, value_date=value_date, reason=reason, actor=actor, as_of=as_of
    )
    return reversal
