"""How much a role may post by hand, and what is asked for where that is not enough.

Amounts are in the account's currency. A request carries its entries as typed JSON: what is approved
is exactly what is posted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.approvals.enums import ApprovalStatus
from accounts.approvals.models import Approval
from accounts.approvals.rules import decided_in_right_of
from accounts.approvals.services import content_hash
from accounts.ledger.enums import Direction, EntryKind, EntrySource
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.pieces import piece_of, written_off_in_pieces
from accounts.ledger.posting import NewEntry
from accounts.policies.queries import amount_in, policy, reaches
from collections_app.core import permissions
from collections_app.core.enums import Role
from collections_app.core.money import format_amount
from collections_app.core.refusal import NotAllowed, Refused


class BeyondAuthority(Refused):
    """The amount is above what the actor's role may post by hand."""


class NotWhatWasApproved(NotAllowed):
    """Entries are posted on an approval that was not given for them."""


# Kinds that give money up or away, and the act of the policy "authority" that bounds them.
BOUNDED = {
    EntryKind.WRITE_OFF: "write_off",
    EntryKind.DISCOUNT: "discount",
    EntryKind.ADJUSTMENT: "adjustment",
    EntryKind.CREDIT_NOTE: "credit_note",
    EntryKind.REFUND: "refund",
}
WRITE_OFF = BOUNDED[EntryKind.WRITE_OFF]
# Who takes a bill back gives up its amount, as by an adjustment; money that came back is a fact.
ACT_OF_REVERSAL = "adjustment"


@dataclass(frozen=True)
class BoundedAmount:
    """What one entry needs authority for.

    `before` is what the same person has written off of the debtor alone, on any of his accounts: in
    pieces he may give up no more than at once.
    """

    act: str
    amount: Decimal
    account: Account
    before: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """What is held against the limits."""
        return self.amount + self.before

    def within(self, role: str, as_of: date) -> bool:
        """Whether the role's authority reaches it; asks the policy once."""
        return role == Role.SYSTEM or reaches(self.limits(as_of).get(role), self.total, self.currency)

    def alone(self, role: str, as_of: date) -> bool:
        """Whether somebody of the role may post it without a second person."""
        return self.within(role, as_of) and (role == Role.SYSTEM or not self.needs_another(as_of))

    def needs_another(self, as_of: date) -> bool:
        """Whether the amount is written off by nobody alone, whatever his authority (D65)."""
        return self.act == WRITE_OFF and self.total > self.most_alone(as_of)

    def most_alone(self, as_of: date) -> Decimal:
        """Up to how much one person writes off alone, by the policy "write_off"."""
        account = self.account
        values = policy(
            "write_off", as_of=as_of, creditor_id=account.creditor_id, portfolio_id=account.portfolio_id
        )
        return amount_in(values["alone"], self.currency)

    def limits(self, as_of: date) -> dict[str, dict[str, Decimal | None]]:
        """The act's limits by role, in force for this account."""
        account = self.account
        values = policy(
            "authority", as_of=as_of, creditor_id=account.creditor_id, portfolio_id=account.portfolio_id
        )
        return values[self.act]

    @property
    def currency(self) -> str:
        return self.account.currency


def _takes_a_bill_back(entry: NewEntry, reversed_entries: Mapping[int, LedgerEntry]) -> bool:
    original = reversed_entries.get(entry.reverses_id or 0)
    return original is not None and original.direction == Direction.DEBIT


def bounded_amounts(entries: Iterable[NewEntry], *, alone=None) -> list[BoundedAmount]:
    """The parts of a posting that the policy bounds; rules and decided disputes have theirs.

    With `alone`, somebody who would post without another, what he wrote off before counts along.
    """
    by_hand = [entry for entry in entries if entry.source == EntrySource.MANUAL]
    back = [entry.reverses_id for entry in by_hand if entry.kind == EntryKind.REVERSAL]
    originals = LedgerEntry.objects.in_bulk([pk for pk in back if pk]) if back else {}
    wanted = [
        (entry, BOUNDED.get(EntryKind(entry.kind), ACT_OF_REVERSAL))
        for entry in by_hand
        if entry.kind in BOUNDED or _takes_a_bill_back(entry, originals)
    ]
    if not wanted:
        return []
    accounts = Account.objects.select_related("debtor").in_bulk({entry.account_id for entry, _act in wanted})
    given_up = {entry.account_id for entry, act in wanted if act == WRITE_OFF}
    before = written_off_in_pieces(given_up, actor=alone) if alone is not None and given_up else {}
    parts = []
    for entry, act in wanted:
        account = accounts.get(entry.account_id)
        if account is None:
            continue
        amount = originals[entry.reverses_id].amount if entry.reverses_id in originals else entry.amount
        earlier = Decimal(0)
        if act == WRITE_OFF:
            piece = piece_of(account)
            earlier = before.get(piece, Decimal(0))
            before[piece] = earlier + amount
        parts.append(BoundedAmount(act, amount, account, earlier))
    return parts


def check_authority(entries: Iterable[NewEntry], actor, as_of: date) -> None:
    """Hold what is posted by hand against the dated policy. Raises BeyondAuthority."""
    if actor.role == Role.SYSTEM:
        return
    for bounded in bounded_amounts(entries, alone=actor):
        if bounded.alone(actor.role, as_of):
            continue
        said = {"amount": format_amount(bounded.total, bounded.currency, with_currency=True)}
        if bounded.before:
            why = _(
                "With what you wrote off of this debtor before it is %(amount)s, which is above what you may "
                "post alone. Ask for approval: somebody with that authority decides."
            )
        elif bounded.within(actor.role, as_of):
            why = _(
                "Nobody writes off %(amount)s alone. Ask for approval: another with your authority decides."
            )
        else:
            why = _(
                "%(amount)s is above what your role may post alone. "
                "Ask for approval: somebody with that authority decides."
            )
        raise BeyondAuthority(why % said, field="amount")


def roles_that_reach(bounded: Iterable[BoundedAmount], permission: str, as_of: date) -> list[str]:
    """The roles that hold the permission and whose authority reaches every one of the amounts."""
    roles = [role for role in permissions.get(permission).holders() if role != Role.SYSTEM]
    for part in bounded:
        limits = part.limits(as_of)
        roles = [role for role in roles if reaches(limits.get(role), part.total, part.currency)]
    return [str(role) for role in roles]


def content_of(entries: Iterable[NewEntry]) -> dict[str, Any]:
    """The entries as a request keeps them; unset fields stay out."""
    unset = {field.name: field.default for field in fields(NewEntry)}
    return {
        "entries": [
            {
                name: str(value) if isinstance(value, (Decimal, date)) else value
                for name, value in vars(entry).items()
                if value != unset[name]
            }
            for entry in entries
        ]
    }


TYPED: dict[str, Any] = {
    "amount": Decimal,
    "tax_amount": Decimal,
    "value_date": date.fromisoformat,
    "due_date": date.fromisoformat,
}


def entries_of(content: Mapping[str, Any]) -> list[NewEntry]:
    """What `content_of` wrote, typed again."""
    return [
        NewEntry(**{name: TYPED[name](value) if name in TYPED else value for name, value in row.items()})
        for row in content["entries"]
    ]


def check_approved(entries: list[NewEntry], approval: Approval, actor, as_of: date) -> None:
    """Raise unless a second person, with the authority as it is in force now, approved exactly this."""
    is_it = (
        approval.status == ApprovalStatus.APPROVED
        and approval.decided_by_id == actor.pk
        and approval.content_hash == content_hash(content_of(entries))
        and not approval.entries.exists()
    )
    if not is_it:
        raise NotWhatWasApproved(_("This is not what was approved, or it is posted already."))
    roles = {principal.role for principal in decided_in_right_of(actor, approval, as_of)}
    for bounded in bounded_amounts(entries):
        if not any(bounded.within(role, as_of) for role in roles):
            raise BeyondAuthority(
                _(
                    "%(amount)s is above your authority as it is in force now. Refuse it with that reason, "
                    "so that it can be asked again of somebody whose authority reaches it."
                )
                % {"amount": format_amount(bounded.amount, bounded.currency, with_currency=True)}
            )
