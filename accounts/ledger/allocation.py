"""Which money pays which item: derived, never stored, so that arrival order cannot matter.

Money that names an item pays it first; all other money pays the oldest due item first, skipping
what is in dispute; only when nothing else is open does it reach the disputed part (an account that
is paid in full owes nothing). What is left is credit. The dated policy "allocation" may put ranks
before age: fees, interest, penalties, charges in an order of their own; within a rank the oldest due
comes first. The order in force on the day that is asked for holds for all items of that day.

`allocate_items` is the rule in the open, for one account. `queries.ITEMS` is the same rule for a
set of accounts in SQL; a property test holds the two against each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)
# the words of the policy, and which kinds stand behind each; every other debit is a charge
RANK_OF_KIND = {"fee": "fees", "interest": "interest", "penalty": "penalties"}
CHARGES = "charges"


@dataclass(frozen=True)
class Debit:
    entry_id: int
    amount: Decimal
    due_date: date
    value_date: date
    contested: Decimal = ZERO
    kind: str = "charge"

    def place(self, order: Sequence[str]) -> tuple:
        """Where it stands in the queue for money; an empty order is plain age."""
        rank = RANK_OF_KIND.get(self.kind, CHARGES)
        place = order.index(rank) if rank in order else len(order)
        return (place, self.due_date, self.value_date, self.entry_id)


@dataclass(frozen=True)
class Credit:
    entry_id: int
    amount: Decimal
    value_date: date


@dataclass(frozen=True)
class Share:
    """So much of a credit pays so much of a debit; `is_named` where somebody said so."""

    credit_id: int
    debit_id: int
    amount: Decimal
    is_named: bool = False


@dataclass(frozen=True)
class Allocated:
    entry_id: int
    paid: Decimal
    open: Decimal
    contested_open: Decimal


def allocate_items(
    debits: Sequence[Debit],
    pool: Decimal,
    named: dict[int, Decimal] | None = None,
    order: Sequence[str] = (),
) -> tuple[list[Allocated], Decimal]:
    """Split `pool` (all live credits of the account, the named ones included) over the debits.

    `named` says how much of the pool names a debit, `order` is the policy's. Returns the items in
    the order in which they are paid, and the credit that is left over; paid + credit always equals
    the pool.
    """
    named = named or {}
    ordered = sorted(debits, key=lambda item: item.place(order))
    paid, contested = _set_aside(ordered, named)
    left = pool - sum(paid.values(), ZERO)
    for item, room in _rooms(ordered, dict(paid), contested):
        share = min(room, max(left, ZERO))
        paid[item.entry_id] += share
        left -= share
    items = [
        Allocated(
            entry_id=item.entry_id,
            paid=paid[item.entry_id],
            open=item.amount - paid[item.entry_id],
            contested_open=min(contested[item.entry_id], item.amount - paid[item.entry_id]),
        )
        for item in ordered
    ]
    return items, left


def _set_aside(ordered, named):
    """(what is named of each item, what is contested of the rest of it)."""
    by_name = {item.entry_id: min(named.get(item.entry_id, ZERO), item.amount) for item in ordered}
    contested = {item.entry_id: min(item.contested, item.amount - by_name[item.entry_id]) for item in ordered}
    return by_name, contested


def _rooms(ordered, by_name, contested):
    """What money without a name may pay, in order: all free parts first, then what is contested."""
    for item in ordered:
        yield item, item.amount - by_name[item.entry_id] - contested[item.entry_id]
    for item in ordered:
        yield item, contested[item.entry_id]


def share_out(
    debits: Sequence[Debit],
    credits: Sequence[Credit],
    named: Sequence[Share] = (),
    order: Sequence[str] = (),
) -> list[Share]:
    """Which money pays which item: named shares first, then the earliest money in the queue's order.

    Sums to `allocate_items` item by item; a credit's shares never exceed it.
    """
    ordered = sorted(debits, key=lambda item: item.place(order))
    left = {money.entry_id: money.amount for money in credits}
    shares, by_debit = [], dict.fromkeys((item.entry_id for item in ordered), ZERO)
    rest = {item.entry_id: item.amount for item in ordered}
    for share in named:
        amount = min(share.amount, left.get(share.credit_id, ZERO), rest.get(share.debit_id, ZERO))
        if amount > 0:
            shares.append(Share(share.credit_id, share.debit_id, amount, is_named=True))
            left[share.credit_id] -= amount
            rest[share.debit_id] -= amount
            by_debit[share.debit_id] += amount
    by_name, contested = _set_aside(ordered, by_debit)
    purse = sorted(credits, key=lambda money: (money.value_date, money.entry_id))
    for item, room in _rooms(ordered, by_name, contested):
        for money in purse:
            amount = min(room, left[money.entry_id])
            if amount > 0:
                shares.append(Share(money.entry_id, item.entry_id, amount))
                left[money.entry_id] -= amount
                room -= amount
            if room <= 0:
                break
    return shares
