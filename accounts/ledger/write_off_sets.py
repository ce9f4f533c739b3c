"""Small balances written off as a set: one proposal, one second person, one posting."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.approvals.models import Approval
from accounts.approvals.services import NoLongerFits, ask_approval
from accounts.ledger.authority import BeyondAuthority, BoundedAmount, roles_that_reach
from accounts.ledger.enums import EntryKind
from accounts.ledger.models import Account, LedgerEntry, WriteOffSet
from accounts.ledger.pieces import piece_of, written_off_in_pieces
from accounts.ledger.posting import NewEntry
from accounts.ledger.proposals import NobodyReachesIt
from accounts.ledger.services import post_entries
from accounts.teams.enums import SEES_EVERY_ACCOUNT
from collections_app.core import audit
from collections_app.core.money import format_amount
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

KIND = "write_off_set"
WRITE_OFF = "accounts.write_off"


class NothingToWriteOff(Refused):
    """None of the accounts owes something small enough."""


def small_balances(account_ids: Iterable[int], *, at_most: Decimal) -> list[Account]:
    """Those of the accounts that owe more than nothing and no more than `at_most`, each in its own
    currency; locked, in id order."""
    return list(
        Account.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=list(account_ids), standing__balance__gt=0, standing__balance__lte=at_most)
        .select_related("standing", "creditor", "team", "debtor")
        .order_by("pk")
    )


def largest_pieces(accounts: Iterable[Account]) -> list[BoundedAmount]:
    """The largest sum of one debtor for each policy and currency: the balances of all of his accounts in
    the set, and what was written off of him in pieces before, in this way or by one person."""
    accounts = list(accounts)
    sums = written_off_in_pieces(account.pk for account in accounts)
    for account in accounts:
        piece = piece_of(account)
        sums[piece] = sums.get(piece, Decimal(0)) + account.standing.balance
    largest: dict[tuple, BoundedAmount] = {}
    for account in accounts:
        amount = account.standing.balance
        found = BoundedAmount("write_off", amount, account, sums[piece_of(account)] - amount)
        key = (account.creditor_id, account.portfolio_id, account.currency)
        if key not in largest or found.total > largest[key].total:
            largest[key] = found
    return list(largest.values())


def _no_small_balance(bounded: BoundedAmount) -> str:
    said = {
        "amount": format_amount(bounded.total, bounded.currency, with_currency=True),
        "number": bounded.account.number,
    }
    if bounded.before:
        return (
            _(
                "All in all %(amount)s would be written off of the debtor of account %(number)s in pieces: "
                "that is no small balance. Write it off on the account's own page."
            )
            % said
        )
    return _("%(amount)s on account %(number)s is no small balance. Write it off on its own page.") % said


@transaction.atomic
def propose_write_offs(
    *, account_ids: Iterable[int], at_most: Decimal, reason: str, actor, as_of: date
) -> Approval:
    """Ask a second person to write off the small balances among the accounts.

    Amounts are each account's balance of today. Raises NothingToWriteOff, NobodyReachesIt, NotAllowed.
    """
    require(actor, WRITE_OFF)
    accounts = small_balances(account_ids, at_most=at_most)
    if not accounts:
        raise NothingToWriteOff(
            _("None of these accounts owes more than nothing and no more than that."), field="at_most"
        )
    totals: dict[str, Decimal] = {}
    for account in accounts:
        code = account.currency
        totals[code] = totals.get(code, Decimal(0)) + account.standing.balance
    largest = largest_pieces(accounts)
    for bounded in largest:
        if bounded.needs_another(as_of):
            raise NothingToWriteOff(_no_small_balance(bounded), field="at_most")
    roles = roles_that_reach(largest, WRITE_OFF, as_of)
    teams = {account.team_id for account in accounts}
    team = accounts[0].team if len(teams) == 1 else None
    if team is None:
        # accounts of several teams: only who sees all of them can judge the set
        roles = [role for role in roles if role in SEES_EVERY_ACCOUNT]
    if not roles:
        raise NobodyReachesIt(_("Nobody's authority reaches the largest of these balances."), field="at_most")
    proposed = WriteOffSet.objects.create(reason=reason, account_count=len(accounts), actor=actor)
    sums = ", ".join(format_amount(total, code, with_currency=True) for code, total in sorted(totals.items()))
    [only] = totals if len(totals) == 1 else [""]
    return ask_approval(
        kind=KIND,
        subject=proposed,
        summary=_("Write-off of %(count)s small balances, %(sums)s: %(reason)s")
        % {"count": len(accounts), "sums": sums, "reason": reason},
        content={
            "reason": reason,
            "accounts": [[account.pk, str(account.standing.balance)] for account in accounts],
        },
        permission=WRITE_OFF,
        amount=totals[only] if only else None,
        currency=only,
        team=team,
        roles=roles,
        actor=actor,
        as_of=as_of,
    )


def post_approved_set(*, approval: Approval, actor, as_of: date) -> list[LedgerEntry]:
    """Write off what was approved. An account whose balance has changed since is left as it is.

    Raises NoLongerFits where that is so of all of them, BeyondAuthority where with what was written off
    of one debtor meanwhile it is more than one person gives up.
    """
    asked = {int(pk): Decimal(amount) for pk, amount in approval.content["accounts"]}
    accounts = small_balances(asked, at_most=max(asked.values()))
    unchanged = [account for account in accounts if account.standing.balance == asked[account.pk]]
    fitting = [account.pk for account in unchanged]
    if not fitting:
        raise NoLongerFits(_("Every one of these balances has changed since this was asked."))
    for bounded in largest_pieces(unchanged):
        if bounded.needs_another(as_of) or not bounded.within(actor.role, as_of):
            raise BeyondAuthority(_no_small_balance(bounded))
    reason = approval.content["reason"]
    posted = post_entries(
        entries=[
            NewEntry(
                account_id=pk,
                kind=EntryKind.WRITE_OFF,
                amount=asked[pk],
                value_date=as_of,
                reason=reason,
                description=reason[:200],
            )
            for pk in fitting
        ],
        actor=actor,
        as_of=as_of,
        permission=WRITE_OFF,
    )
    audit.record_set(
        "account.written_off",
        Account,
        ids=fitting,
        actor=actor,
        after={"approval": approval.pk, "left_out": len(asked) - len(fitting)},
        reason=reason,
    )
    return posted
