"""Where cash goes: proposed by one, approved by another, in force from a day on."""

from datetime import date

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts.cashdesk.books import DepositInstruction
from accounts.cashdesk.enums import DEPOSIT_INSTRUCTION, DepositedBy, InstructionStatus
from accounts.cashdesk.rules import APPROVE_INSTRUCTION, PROPOSE_INSTRUCTION
from accounts.parties.models import Creditor
from accounts.parties.queries import day_after
from accounts.payments.models import OwnBankAccount
from collections_app.core import audit
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed, Refused


class InstructionRefused(Refused):
    """The instruction can't stand as given."""


class OwnInstruction(NotAllowed):
    """Whoever proposed it does not approve it."""


def instruction_for(*, creditor_id: int, currency: str, as_of: date) -> DepositInstruction | None:
    """The instruction in force on a day: the creditor's own before the one for all."""
    return (
        DepositInstruction.objects.approved(as_of)
        .filter(Q(creditor_id=creditor_id) | Q(creditor__isnull=True), currency=currency)
        .select_related("bank_account")
        .order_by(F("creditor_id").asc(nulls_last=True), "-valid_from", "-id")
        .first()
    )


def due_day(instruction: DepositInstruction, *, received: date, creditor: Creditor) -> date:
    """The last day on which money received on a day may be brought to the bank."""
    return day_after(received, instruction.within_days, "business", creditor)


@transaction.atomic
def propose_instruction(
    *,
    creditor: Creditor | None,
    currency: str,
    bank_account: OwnBankAccount,
    within_days: int,
    deposited_by: str = DepositedBy.COLLECTOR,
    valid_from: date,
    actor,
    as_of: date,
) -> DepositInstruction:
    """Propose where cash of a currency goes from a day on. Raises InstructionRefused."""
    require(actor, PROPOSE_INSTRUCTION)
    if bank_account.currency != currency:
        raise InstructionRefused(
            _("%(account)s is kept in %(currency)s.")
            % {"account": bank_account.name, "currency": bank_account.currency},
            field="bank_account",
        )
    if bank_account.creditor_id is not None and (creditor is None or bank_account.creditor_id != creditor.pk):
        raise InstructionRefused(
            _("%(account)s belongs to one creditor; choose him, or an account of the office.")
            % {"account": bank_account.name},
            field="bank_account",
        )
    if not bank_account.is_active:
        raise InstructionRefused(_("That bank account is no longer in use."), field="bank_account")
    if valid_from < as_of:
        raise InstructionRefused(_("An instruction can't begin before today."), field="valid_from")
    made = DepositInstruction.objects.create(
        creditor=creditor,
        currency=currency,
        bank_account=bank_account,
        within_days=within_days,
        deposited_by=deposited_by,
        valid_from=valid_from,
        made_by=actor,
    )
    DEPOSIT_INSTRUCTION.start(made, actor=actor, as_of=as_of)
    audit.record(
        "deposit_instruction.proposed",
        made,
        actor=actor,
        after={
            "creditor": creditor,
            "currency": currency,
            "bank_account": bank_account.pk,
            "within_days": within_days,
            "deposited_by": deposited_by,
            "valid_from": valid_from,
        },
    )
    return made


@transaction.atomic
def decide_instruction(
    *, instruction: DepositInstruction, approve: bool, reason: str = "", actor, as_of: date
) -> DepositInstruction:
    """Approve or refuse a proposal of somebody else. Raises OwnInstruction, StatusHasMoved."""
    require(actor, APPROVE_INSTRUCTION)
    if instruction.made_by_id == actor.pk:
        raise OwnInstruction(_("You proposed it, so somebody else decides."))
    DEPOSIT_INSTRUCTION.advance(
        instruction,
        to=InstructionStatus.APPROVED if approve else InstructionStatus.REJECTED,
        actor=actor,
        as_of=as_of,
        reason=reason,
        decided_by=actor,
        decided_on=as_of,
    )
    return instruction
