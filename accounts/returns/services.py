"""A receipt came back: everything that follows from it happens here, in one transaction."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.holds.queries import held
from accounts.ledger.enums import EntryKind
from accounts.ledger.models import Account, LedgerEntry, NamedAllocation
from accounts.ledger.naming import name_allocation, unnamed_part
from accounts.ledger.services import NewEntry, post_entries
from accounts.policies.queries import policy
from accounts.returns.enums import METHODS_OF, Scheme
from accounts.returns.following import Kept, follow
from accounts.returns.models import PaymentReturn, ReturnReason
from accounts.returns.postings import fee_of, fee_of_return, reversal_of_return
from accounts.returns.queries import TOLD_TWICE, attempt_of, reason_on, split_with
from accounts.returns.rules import RECORD_RETURN
from accounts.returns.signals import payment_returned
from collections_app.core import audit, clock
from collections_app.core.money import format_amount, quantise
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class ReturnRefused(Refused):
    """The return can't stand as given."""


class NotAReceipt(Refused):
    """What came back is no payment, or no payment of this scheme."""


class ReceiptAlreadyReversed(Refused):
    """The receipt came back before, or was taken back as a mistake."""


class ReasonUnknown(Refused):
    """Nobody has set up what this code means on that day."""


def check_return(entry: LedgerEntry, scheme: str, return_date: date, as_of: date) -> None:
    """Raise NotAReceipt or ReturnRefused where a payment can't have come back so."""
    if entry.kind != EntryKind.PAYMENT:
        raise NotAReceipt(_("Only a payment can come back."))
    if entry.method and entry.method not in METHODS_OF[Scheme(scheme)]:
        raise NotAReceipt(
            _("This was paid by %(method)s, which does not come back by %(scheme)s.")
            % {"method": str(entry.get_method_display()).lower(), "scheme": Scheme(scheme).label},
            field="scheme",
        )
    if return_date < entry.value_date:
        raise ReturnRefused(_("It can't come back before it was paid."), field="return_date")
    if return_date > as_of:
        raise ReturnRefused(_("It can't have come back in the future."), field="return_date")


@transaction.atomic
def record_return(
    *,
    entry: LedgerEntry,
    scheme: str,
    code: str,
    return_date: date,
    amount: Decimal | None = None,
    certificate: str = "",
    charge: LedgerEntry | None = None,
    note: str = "",
    actor,
    as_of: date,
    permission: str = RECORD_RETURN,
) -> PaymentReturn:
    """A receipt came back on `return_date`: reverse it, and do what the reason's code asks for.

    `amount` is what came back (the whole receipt if None), in the account's currency. A part: the
    receipt is reversed whole and the rest paid in anew on that day, first to `charge`, else to what
    the receipt had named. Side effects, in the transaction: reversal, rest and fee by the reason's
    rule and the policy `return_fee` (once for a payment over several accounts, all parts of which come
    back together); standing and promises (by `entries_posted`); the task the reason
    asks for; a planned retry within its limit; a stop of the means; for a deceased payer a hold and a
    senior officer's task instead of any retry. The same return told twice within five days (by a return file
    and by a bank statement) is one. Callers with a rule
    of their own pass its permission.
    Raises NotAReceipt, ReceiptAlreadyReversed, ReasonUnknown, ReturnRefused, NotAllowed.
    """
    require(actor, permission)
    scheme = Scheme(scheme)
    parts = split_with(entry)
    accounts = _lock(entry, parts)
    account = accounts[entry.account_id]
    known = PaymentReturn.objects.filter(entry=entry).select_related("reason").first()
    if known is not None:
        if (
            (known.scheme, known.reason.code.lower()) == (scheme, code.strip().lower())
            and abs(known.return_date - return_date) <= TOLD_TWICE
            and amount in (None, known.amount)
        ):
            return known
        raise ReceiptAlreadyReversed(
            _("This payment came back already: %(reason)s, %(day)s.")
            % {"reason": known.reason, "day": clock.written(known.return_date)}
        )
    check_return(entry, scheme, return_date, as_of)
    if LedgerEntry.objects.filter(reverses=entry).exists():
        raise ReceiptAlreadyReversed(_("This payment was taken back as a mistake already."))
    reason = _reason(scheme, code, return_date)
    back = entry.amount if amount is None else quantise(amount, entry.currency)
    if not 0 < back <= entry.amount:
        raise ReturnRefused(
            _("What came back is more than nothing and at most %(amount)s.")
            % {"amount": format_amount(entry.amount, entry.currency)},
            field="amount",
        )
    if parts and back != entry.amount:
        raise ReturnRefused(
            _(
                "This is one part of a payment over %(n)s accounts, which comes back whole. Record all of "
                "it, then post what stayed."
            )
            % {"n": len(parts) + 1},
            field="amount",
        )
    held_by = held(accounts, as_of)
    held_scopes = held_by.get(account.pk, set())
    named = _named_by(entry)
    reversal, rest, fee, fee_note = _post(
        entry=entry,
        account=account,
        reason=reason,
        back=back,
        return_date=return_date,
        held_scopes=held_scopes,
        actor=actor,
        as_of=as_of,
        permission=permission,
    )
    if rest is not None:
        named = [(charge, rest.amount)] if charge is not None else named
        _name_again(rest, named, actor=actor, as_of=as_of, permission=permission)
    returned = PaymentReturn(
        account=account,
        entry=entry,
        scheme=scheme,
        reason=reason,
        return_date=return_date,
        amount=back,
        currency=entry.currency,
        reversal=reversal,
        rest=rest,
        fee=fee,
        fee_note=fee_note,
        certificate=certificate.strip()[:60],
        note=note.strip()[:300],
        actor=actor,
    )
    told = {"actor": actor, "as_of": as_of, "permission": permission}
    _keep(returned, account, held_scopes, **told)
    for part in parts:
        also = PaymentReturn(
            account=accounts[part.account_id],
            entry=part,
            scheme=scheme,
            reason=reason,
            return_date=return_date,
            amount=part.amount,
            currency=part.currency,
            reversal=LedgerEntry.objects.get(reverses=part),
            certificate=returned.certificate,
            note=returned.note,
            actor=actor,
        )
        _keep(also, also.account, held_by.get(part.account_id, set()), **told)
    return returned


@transaction.atomic
def explain_return(
    *,
    entry: LedgerEntry,
    scheme: str,
    code: str,
    certificate: str = "",
    note: str = "",
    actor,
    as_of: date,
) -> PaymentReturn:
    """Say why a receipt came back whose reversal the books have already (a feed brought it).

    Nothing is posted: day and amount are the reversal's. What the reason asks for follows as with
    `record_return`, but a fee: whoever reversed it has charged his own. Raises as `record_return`.
    """
    require(actor, RECORD_RETURN)
    scheme = Scheme(scheme)
    account = _lock(entry)[entry.account_id]
    reversal = LedgerEntry.objects.filter(reverses=entry).first()
    if reversal is None:
        raise ReturnRefused(_("This payment stands. If it came back, record the return."))
    if PaymentReturn.objects.filter(entry=entry).exists():
        raise ReceiptAlreadyReversed(_("It is known already why this payment came back."))
    check_return(entry, scheme, reversal.value_date, as_of)
    returned = PaymentReturn(
        account=account,
        entry=entry,
        scheme=scheme,
        reason=_reason(scheme, code, reversal.value_date),
        return_date=reversal.value_date,
        amount=entry.amount,
        currency=entry.currency,
        reversal=reversal,
        certificate=certificate.strip()[:60],
        note=note.strip()[:300],
        actor=actor,
    )
    held_scopes = held([account.pk], as_of).get(account.pk, set())
    return _keep(returned, account, held_scopes, actor=actor, as_of=as_of, permission=RECORD_RETURN)


def _lock(entry: LedgerEntry, others: Iterable[LedgerEntry] = ()) -> dict[int, Account]:
    """The accounts of a receipt and its other parts, locked in the order of their ids."""
    wanted = {entry.account_id, *(other.account_id for other in others)}
    rows = (
        Account.objects.select_for_update(of=("self",), no_key=True)
        .select_related("creditor", "debtor", "team", "officer")
        .filter(pk__in=wanted)
        .order_by("pk")
    )
    return {account.pk: account for account in rows}


def _reason(scheme: str, code: str, day: date) -> ReturnReason:
    reason = reason_on(scheme, code, day)
    if reason is None:
        raise ReasonUnknown(
            _("«%(code)s» is no code of %(scheme)s here. A supervisor can propose it.")
            % {"code": code, "scheme": Scheme(scheme).label},
            field="code",
        )
    return reason


def _keep(
    returned: PaymentReturn, account: Account, held_scopes: set[str], *, actor, as_of: date, permission: str
) -> PaymentReturn:
    """Write the return down, and do what its reason asks for."""
    returned.attempt, first_paid = attempt_of(returned.entry)
    returned.save(force_insert=True)
    audit.record(
        "payment.returned",
        returned,
        actor=actor,
        after={
            "entry": returned.entry_id,
            "reversal": returned.reversal_id,
            "rest": returned.rest_id,
            "fee": returned.fee_id,
            "scheme": returned.scheme,
            "code": returned.reason.code,
            "amount": returned.amount,
            "return_date": returned.return_date,
        },
        reason=returned.note,
    )
    kept = Kept(returned, account, first_paid, held_scopes)
    follow([kept], actor=actor, as_of=as_of, permission=permission)
    payment_returned.send(PaymentReturn, payment_return=returned, actor=actor, as_of=as_of)
    return returned


def _named_by(entry: LedgerEntry) -> list[tuple[LedgerEntry, Decimal]]:
    """The items a receipt named, with how much of each."""
    rows = (
        NamedAllocation.objects.filter(credit=entry, undoes__isnull=True, undone_by__isnull=True)
        .select_related("debit")
        .order_by("id")
    )
    return [(row.debit, row.amount) for row in rows]


def _post(
    *, entry, account, reason, back, return_date, held_scopes, actor, as_of, permission
) -> tuple[LedgerEntry, LedgerEntry | None, LedgerEntry | None, str]:
    [reversal] = post_entries(
        entries=[reversal_of_return(entry, reason, return_date)],
        actor=actor,
        as_of=as_of,
        permission=permission,
        day_is_given=True,
    )
    more: list[NewEntry] = []
    if back < entry.amount:
        more.append(
            NewEntry(
                account_id=account.pk,
                kind=EntryKind.PAYMENT,
                amount=entry.amount - back,
                value_date=return_date,
                reference=entry.reference,
                description=_("The part of a payment that stayed"),
                method=entry.method,
                receiver=entry.receiver,
                source=entry.source,
            )
        )
    fee_note = ""
    if reason.charges_fee:
        values = policy(
            "return_fee",
            as_of=return_date,
            creditor_id=account.creditor_id,
            portfolio_id=account.portfolio_id,
        )
        amount, fee_note = fee_of(account, reason, values, held_scopes)
        if amount:
            more.append(fee_of_return(entry, reason, return_date, amount))
    posted = post_entries(entries=more, actor=actor, as_of=as_of, permission=permission, day_is_given=True)
    rest = next((made for made in posted if made.kind == EntryKind.PAYMENT), None)
    fee = next((made for made in posted if made.kind == EntryKind.FEE), None)
    return reversal, rest, fee, fee_note


def _name_again(
    rest: LedgerEntry, named: list[tuple[LedgerEntry, Decimal]], *, actor, as_of: date, permission: str
) -> None:
    """The part that stayed pays what the receipt had named, as far as it goes."""
    left = rest.amount
    for debit, amount in named:
        share = min(left, amount, unnamed_part(debit, "debit"))
        if share <= 0:
            continue
        name_allocation(
            credit=rest,
            debit=debit,
            amount=share,
            reason=_("The part of a payment that stayed"),
            actor=actor,
            as_of=as_of,
            permission=permission,
        )
        left -= share
