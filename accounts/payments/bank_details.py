"""From which account a debtor pays: one proposes, another approves, neither takes his payments."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import formats
from django.utils.translation import gettext as _

from accounts.ledger.models import Account
from accounts.ledger.posting_few import AccountFacts
from accounts.parties.enums import BANK_DETAILS, BankDetailsStatus, NumberKind
from accounts.parties.models import Debtor, DebtorBankDetails
from accounts.payments.bank_accounts import compact, is_iban
from accounts.payments.rules import (
    APPROVE_BANK_DETAILS,
    PROPOSE_BANK_DETAILS,
    REVEAL_BANK_DETAILS,
    takes_payments_of,
)
from accounts.policies.queries import policy
from collections_app.core import audit, clock
from collections_app.core.enums import Role
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed, Refused


class BankDetailsRefused(Refused):
    """The details can't stand as given."""


class TakesThePayments(NotAllowed):
    """Who takes a debtor's payments does not say from which account they come."""


class ChangedTheBankDetails(Refused):
    """Who said from which account a debtor pays does not take his payments soon after."""


class BankDetailsMakerApproves(NotAllowed):
    """The one who proposed never approves."""


def _refuse_taker(user, debtor: Debtor) -> None:
    if takes_payments_of(user, debtor):
        raise TakesThePayments(
            _("You have posted payments of this debtor, so somebody else changes his bank details.")
        )


def guard_of(actor, as_of: date) -> Callable[[dict[int, AccountFacts]], None]:
    """What posting a payment shows its accounts to: of a debtor whose bank details this person proposed
    or approved within the policy's days, somebody else takes the payments."""

    def check(facts: dict[int, AccountFacts]) -> None:
        if known := [pk for pk, of_account in facts.items() if of_account.has_bank_details]:
            refuse_changer(actor, known, as_of)

    return check


def refuse_changer(actor, account_ids: Iterable[int], as_of: date) -> None:
    """Raise ChangedTheBankDetails where the person must not take a payment on one of the accounts.

    A proposal that was refused or taken back changed nothing. The first day counts.
    """
    if actor.role == Role.SYSTEM:
        return
    for account in Account.objects.filter(pk__in=list(account_ids)).select_related("debtor").order_by("pk"):
        first = account.debtor.merged_into_id or account.debtor_id
        rows = DebtorBankDetails.objects.exclude(status=BankDetailsStatus.REFUSED).filter(
            Q(debtor=first) | Q(debtor__merged_into=first), Q(proposed_by=actor) | Q(decided_by=actor)
        )
        days = [
            at.date()
            for row in rows
            for by, at in ((row.proposed_by_id, row.proposed_at), (row.decided_by_id, row.decided_at))
            if by == actor.pk and at is not None
        ]
        if not days:
            continue
        values = policy(
            "bank_details",
            as_of=as_of,
            creditor_id=account.creditor_id,
            portfolio_id=account.portfolio_id,
        )
        until = max(days) + timedelta(days=values["days"])
        if as_of < until:
            raise ChangedTheBankDetails(
                _(
                    "You changed from which account this debtor pays (%(day)s), so until %(until)s "
                    "somebody else takes his payments."
                )
                % {"day": _day(max(days)), "until": _day(until)}
            )


def _day(day: date) -> str:
    return formats.date_format(day, "j F Y")


def _lock(debtor_id: int) -> Debtor:
    return Debtor.objects.select_for_update(of=("self",), no_key=True).get(pk=debtor_id)


@transaction.atomic
def propose_bank_details(
    *,
    debtor: Debtor,
    holder: str,
    number_kind: str,
    number: str,
    valid_from: date,
    source: str,
    bank_name: str = "",
    bic: str = "",
    mandate_reference: str = "",
    actor,
    as_of: date,
) -> DebtorBankDetails:
    """Propose from which account a debtor pays from a day on; it holds when another has approved it.

    The audit record bears the end of the number and a digest of it, never the number.
    Raises TakesThePayments, BankDetailsRefused, NotAllowed.
    """
    require(actor, PROPOSE_BANK_DETAILS)
    locked = _lock(debtor.pk)
    _refuse_taker(actor, locked)
    number = compact(number)
    if number_kind == NumberKind.IBAN and not is_iban(number):
        raise BankDetailsRefused(
            _("The check digits of this IBAN are wrong: look for a mistyped figure."), field="number"
        )
    if len(number) < 5:
        raise BankDetailsRefused(_("Enter the whole account number."), field="number")
    if not source.strip():
        raise BankDetailsRefused(_("Say how we know: a signed mandate, a letter, a call."), field="source")
    if DebtorBankDetails.objects.filter(debtor=locked, status=BankDetailsStatus.PROPOSED).exists():
        raise BankDetailsRefused(_("A change waits for a second person already."))
    holds = DebtorBankDetails.objects.on(valid_from).filter(debtor=locked).first()
    if holds is not None and (holds.number, holds.holder, holds.mandate_reference) == (
        number,
        holder,
        mandate_reference,
    ):
        raise BankDetailsRefused(_("These details hold already."), field="number")
    details = DebtorBankDetails.objects.create(
        debtor=locked,
        holder=holder,
        bank_name=bank_name,
        number_kind=NumberKind(number_kind),
        number=number,
        bic=compact(bic),
        mandate_reference=mandate_reference,
        source=source,
        valid_from=valid_from,
        proposed_by=actor,
    )
    BANK_DETAILS.start(details, actor=actor, as_of=as_of)
    audit.record(
        "bank_details.proposed",
        details,
        actor=actor,
        after={
            "debtor": locked,
            "number_end": number[-4:],
            "number_sha256": hashlib.sha256(f"{details.pk}:{number}".encode()).hexdigest(),
            "valid_from": valid_from,
        },
        reason=source,
    )
    return details


@transaction.atomic
def approve_bank_details(*, details: DebtorBankDetails, actor, as_of: date) -> DebtorBankDetails:
    """Let proposed details hold from their day; those before end that day.

    Raises BankDetailsMakerApproves, TakesThePayments, StatusHasMoved, NotAllowed.
    """
    require(actor, APPROVE_BANK_DETAILS)
    locked = _lock(details.debtor_id)
    if details.proposed_by_id == actor.pk:
        raise BankDetailsMakerApproves(_("You proposed them, so somebody else must approve."))
    _refuse_taker(actor, locked)
    BANK_DETAILS.advance(
        details,
        to=BankDetailsStatus.APPROVED,
        actor=actor,
        as_of=as_of,
        decided_by=actor,
        decided_at=clock.now(),
    )
    DebtorBankDetails.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=details.valid_from),
        debtor=locked,
        status=BankDetailsStatus.APPROVED,
    ).exclude(pk=details.pk).update(valid_to=details.valid_from)
    return details


@transaction.atomic
def refuse_bank_details(*, details: DebtorBankDetails, reason: str, actor, as_of: date) -> DebtorBankDetails:
    """Refuse a proposal, or take one's own back, with the reason."""
    if details.proposed_by_id != actor.pk:
        require(actor, APPROVE_BANK_DETAILS)
    if not reason.strip():
        raise BankDetailsRefused(_("Say why, so that it can be put right."), field="reason")
    return BANK_DETAILS.advance(
        details,
        to=BankDetailsStatus.REFUSED,
        actor=actor,
        as_of=as_of,
        reason=reason[:300],
        decided_by=actor,
        decided_at=clock.now(),
    )


def reveal_bank_details(*, details: DebtorBankDetails, user) -> str:
    """The full number, with a record of who read it; called by a POST."""
    require(user, REVEAL_BANK_DETAILS)
    audit.record_access("revealed", details, user=user, detail={"field": "number"})
    return details.number
