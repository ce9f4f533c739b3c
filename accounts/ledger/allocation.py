"""Which money pays which item: derived, never stored, so that arrival order cannot matter.

The default policy: money that names an item pays it first; all other money pays the oldest due
item first, skipping what is in dispute; only when nothing else is open does it reach the disputed
part (an account that is paid in full owes nothing). What is left is credit.

`allocate_items` is the rule in the open, for one account. `queries.ITEMS` is the same rule for a
set of accounts in SQL; a property test holds the two against each other.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True)
class Debit:
    entry_id: int
    amount: Decimal
    due_date: date
    value_date: date
    contested: Decimal = ZERO


@dataclass(frozen=True)
class Allocated:
    entry_id: int
    paid: Decimal
    open: Decimal
    contested_open: Decimal


def allocate_items(
    debits: list[Debit], pool: Decimal, named: dict[int, Decimal] | None = None
) -> tuple[list[Allocated], Decimal]:
    """Split `pool` (all live credits of the account, the named ones included) over the debits.

    `named` says how much of the pool names a debit. Returns the items, oldest due first, and the
    credit that is left over; paid + credit always equals the pool.
    """
    named = named or {}
    ordered = sorted(debits, key=lambda item: (item.due_date, item.value_date, item.entry_id))
    by_name = {item.entry_id: min(named.get(item.entry_id, ZERO), item.amount) for item in ordered}
    left = pool - sum(by_name.values(), ZERO)
    contested = {item.entry_id: min(item.contested, item.amount - by_name[item.entry_id]) for item in ordered}
    paid = dict(by_name)
    for free_part in (True, False):
        for item in ordered:
            key = item.entry_id
            room = item.amount - by_name[key] - contested[key] if free_part else contested[key]
            share = min(room, max(left, ZERO))
            paid[key] += share
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
