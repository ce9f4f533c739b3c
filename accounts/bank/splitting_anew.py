"""Changing the parts of a payment that was split over several accounts (D34).

All parts are taken back on the payment's own day and posted anew as they should be, in one step, so that no
balance keeps a trace. It stands above the bank's lines, the cheques and the cash desk, because money that
came by one of them is changed there: its line, paper or receipt would otherwise name parts that are gone.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.bank.models import BankPosting
from accounts.cashdesk.models import ReceiptLine
from accounts.cheques.models import ChequePayment
from accounts.ledger.enums import EntryKind, EntrySource, GroupKind
from accounts.ledger.models import EntryGroup, LedgerEntry
from accounts.ledger.services import post_entries, reversal_of
from accounts.payments.splitting import SplitRefused, accounts_beside, entries_of_parts, refuse_others
from collections_app.core import audit
from collections_app.core.money import format_amount, quantise
from collections_app.core.permissions import require

NAME = "accounts.name_allocation"


def parts_of_split(entry: LedgerEntry) -> list[LedgerEntry]:
    """The parts of the payment an entry is one part of, by account; none where it was not split."""
    group = EntryGroup.objects.filter(kind=GroupKind.SPLIT, members__entry=entry).first()
    if group is None:
        return []
    return list(
        LedgerEntry.objects.filter(groups__group=group, kind=EntryKind.PAYMENT)
        .select_related("account__debtor")
        .order_by("account_id", "id")
    )


def why_not_here(parts: list[LedgerEntry]) -> str:
    """Where the parts are changed instead; empty where they can be changed here."""
    ids = [part.pk for part in parts]
    if LedgerEntry.objects.filter(reverses__in=ids).exists():
        return _("The payment was taken back. Post it again as it should be.")
    if BankPosting.objects.filter(entry__in=ids, undone__isnull=True).exists():
        return _("It came by a line of a bank statement: take the match back there, then post it anew.")
    if ReceiptLine.objects.filter(entry__in=ids).exists():
        return _("It has a numbered receipt: void the receipt at the cash desk, then issue another.")
    if ChequePayment.objects.filter(entry__in=ids).exists():
        return _("A cheque paid it. What each account gets of a cheque was written when it was taken in.")
    if any(part.source != EntrySource.MANUAL for part in parts):
        return _("It came by a file. Have it amended there, or take it back and post it by hand.")
    return ""


@transaction.atomic
def split_anew(
    *,
    entry: LedgerEntry,
    parts: Mapping[int, Decimal],
    reason: str,
    actor,
    as_of: date,
    late_reason: str = "",
) -> list[LedgerEntry]:
    """Post the parts of a split payment anew as `parts` (by account id, in its currency) says.

    They sum to the payment. What a part had named is named no more. Raises SplitRefused, NotAllowed and
    what `post_entries` raises.
    """
    require(actor, NAME)
    old = parts_of_split(entry)
    if not old:
        raise SplitRefused(_("This payment was not split over accounts."))
    if instead := why_not_here(old):
        raise SplitRefused(instead)
    if not reason.strip():
        raise SplitRefused(_("Say why it is split anew."), field="reason")
    given = {pk: quantise(part, entry.currency) for pk, part in parts.items() if part}
    before = {part.account_id: part.amount for part in old}
    total = sum(before.values(), Decimal(0))
    if any(part < 0 for part in given.values()) or sum(given.values(), Decimal(0)) != total:
        amount = format_amount(total, entry.currency, get_language() or "en")
        raise SplitRefused(_("The parts must sum to the payment, %(amount)s.") % {"amount": amount})
    if given == before:
        raise SplitRefused(_("These are the parts it has. Change one, or go back."))
    refuse_others(given, {account.pk for account in accounts_beside(entry.account)} | before.keys())
    first = old[0]
    post_entries(
        entries=[reversal_of(first, value_date=first.value_date, reason=reason, late_reason=late_reason)],
        actor=actor,
        as_of=as_of,
        permission=NAME,
    )
    posted = post_entries(
        entries=entries_of_parts(
            given,
            value_date=first.value_date,
            method=first.method,
            receiver=first.receiver,
            reference=first.reference,
            description=first.description,
            reason=reason,
            late_reason=late_reason,
        ),
        actor=actor,
        as_of=as_of,
        permission=NAME,
    )
    for made in posted:
        audit.record(
            "payment.split_anew",
            made,
            actor=actor,
            before={"account": made.account_id, "amount": before.get(made.account_id)},
            after={"account": made.account_id, "amount": made.amount, "of": total},
            reason=reason,
        )
    return posted
