"""The plain rule of an account's interest, which the statements over sets are held against."""

from collections.abc import Sequence
from datetime import date

from accounts.interest.windows import Debt, Freeze, Rate, Terms, Window, capped, windows


def account_windows(
    debts: Sequence[Debt],
    *,
    rates: Sequence[Rate],
    freezes: dict[int, Sequence[Freeze]],
    terms: Terms,
    through: date,
) -> list[Window]:
    """Windows of all debts of an account in order of days, its own cap applied; `freezes` by debt."""
    made = [
        window
        for debt in debts
        for window in windows(
            debt, rates=rates, freezes=freezes.get(debt.key, ()), terms=terms, through=through
        )
    ]
    made.sort(key=lambda window: (window.last, window.first, window.key))
    return capped(made, terms.account_cap)
