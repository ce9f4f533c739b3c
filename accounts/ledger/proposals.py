"""Entries above their maker's authority: he asks, a second person's approval posts exactly them."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.approvals.models import Approval
from accounts.approvals.services import NoLongerFits, ask_approval
from accounts.ledger import posting
from accounts.ledger.authority import (
    BoundedAmount,
    bounded_amounts,
    content_of,
    entries_of,
    roles_that_reach,
)
from accounts.ledger.enums import Direction, EntryKind, GroupKind
from accounts.ledger.models import Account, LedgerEntry, Standing
from accounts.ledger.periods import check_period
from accounts.ledger.services import EntryRefused, NewEntry, post_entries
from accounts.ledger.write_offs import check_write_off
from collections_app.core import audit
from collections_app.core.money import format_amount
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

# What an approval of each act is called; the kind of its request is `post_` and the act.
ACTS = {
    "write_off": gettext_lazy("Write-off"),
    "discount": gettext_lazy("Settlement discount"),
    "adjustment": gettext_lazy("Adjustment"),
    "credit_note": gettext_lazy("Credit note"),
    "refund": gettext_lazy("Refund"),
}


class NothingToApprove(Refused):
    """The maker may post it himself."""


class NobodyReachesIt(Refused):
    """No role's authority reaches the amount."""


def kind_of(act: str) -> str:
    return f"post_{act}"


KINDS = {kind_of(act): label for act, label in ACTS.items()}


def _check_fits(account: Account, entries: list[NewEntry]) -> None:
    """Raise EntryRefused where the entries can't stand on the account as it is now."""
    posting.check(*posting.source_of(entries))
    for entry in entries:
        if entry.kind == EntryKind.WRITE_OFF:
            check_write_off(account, entry.amount)
        moves = entry.belongs == GroupKind.MOVE and entry.direction == Direction.DEBIT
        takes_credit = moves or entry.kind == EntryKind.REFUND
        if takes_credit and entry.amount > Standing.objects.get(pk=entry.account_id).credit:
            raise EntryRefused(_("There is less credit on the account than this by now."))


def _summary(bounded: BoundedAmount, entries: list[NewEntry]) -> str:
    is_reversal = entries[0].kind == EntryKind.REVERSAL
    what = _("Reversal") if is_reversal else str(ACTS[bounded.act])
    return _("%(what)s of %(amount)s, account %(number)s") % {
        "what": what,
        "amount": format_amount(bounded.amount, bounded.currency, with_currency=True),
        "number": bounded.account.number,
    }


@transaction.atomic
def propose_entries(
    *, entries: list[NewEntry], actor, as_of: date, permission: str = "accounts.post_entry"
) -> Approval:
    """Ask those whose authority reaches them to approve exactly these entries of one account.

    Amounts are in the account's currency. Nothing is posted; the entries must be able to stand today.
    Raises NotAllowed, EntryRefused, NothingToApprove, NobodyReachesIt, ApprovalAlreadyAsked.
    """
    require(actor, permission)
    account_ids = {entry.account_id for entry in entries}
    if len(account_ids) != 1 and not all(entry.belongs for entry in entries):
        raise EntryRefused(_("Ask for the entries of one account at a time."))
    # two requests at once about the same account: the second sees the first
    locked = Account.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    account = {one.pk: one for one in locked.filter(pk__in=account_ids)}[entries[0].account_id]
    check_period(entries, actor)
    _check_fits(account, entries)
    above = [part for part in bounded_amounts(entries, alone=actor) if not part.alone(actor.role, as_of)]
    if not above:
        raise NothingToApprove(_("You may post this yourself; nobody needs to approve it."))
    roles = roles_that_reach(above, permission, as_of)
    if not roles:
        raise NobodyReachesIt(
            _("Nobody's authority reaches this amount. A manager can propose another policy «Authority»."),
            field="amount",
        )
    largest = max(above, key=lambda part: part.amount)
    return ask_approval(
        kind=kind_of(largest.act),
        subject=account,
        summary=_summary(largest, entries),
        content=content_of(entries),
        permission=permission,
        amount=largest.amount,
        currency=account.currency,
        team=account.team,
        roles=roles,
        actor=actor,
        as_of=as_of,
    )


def post_approved(*, approval: Approval, actor, as_of: date) -> list[LedgerEntry]:
    """Post what was approved, in the transaction of the decision; `actor` is who approved.

    Audits both people. Raises NoLongerFits where the account changed meanwhile, BeyondAuthority
    where the policy did.
    """
    entries = entries_of(approval.content)
    locked = Account.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    touched = {approval.subject_id, *(entry.account_id for entry in entries)}
    account = {one.pk: one for one in locked.filter(pk__in=touched)}[approval.subject_id]
    try:
        _check_fits(account, entries)
        posted = post_entries(entries=entries, actor=actor, as_of=as_of, approval=approval)
    except EntryRefused as why:
        raise NoLongerFits(
            _("The account changed since this was asked, so nothing was posted: %(why)s")
            % {"why": why.message}
        ) from why
    audit.record(
        "account.approved_entries_posted",
        account,
        actor=actor,
        after={
            "approval": approval,
            "asked_by": approval.requested_by,
            "approved_by": actor,
            "entries": [entry.pk for entry in posted],
        },
        reason=approval.comment,
    )
    for entry in posted:
        if entry.kind == EntryKind.WRITE_OFF:
            audit.record(
                "account.written_off",
                account,
                actor=actor,
                after={"amount": entry.amount},
                reason=entry.reason,
            )
        elif entry.reverses is not None:
            audit.record(
                "entry.reversed",
                entry.reverses,
                actor=actor,
                after={"reversal": entry.pk},
                reason=entry.reason,
            )
    return posted
