"""Money: Decimal amounts of one currency, rounded here and nowhere else.

Every division proves its sum: the parts of `split` and `allocate` add up to the amount exactly.
Amounts of two currencies never add; a currency stands beside every amount.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_currency_precision, is_currency

NO_BREAK_SPACE = "\u00a0"
TRUE_MINUS = "\u2212"

# CLDR, which babel follows, drops minor units that cash no longer knows. A ledger keeps what an
# invoice says, so ISO 4217 decides for these; scale 3 is the most that `MoneyField` holds.
ISO_MINOR_UNITS = {
    "AFN": 2, "ALL": 2, "IQD": 3, "IRR": 2, "KPW": 2, "LAK": 2, "LBP": 2, "MGA": 2, "MMK": 2,
    "RSD": 2, "SOS": 2, "SYP": 2, "YER": 2,
}  # fmt: skip
MAXIMUM_SCALE = 3


@lru_cache(maxsize=512)
def decimals(currency: str) -> int:
    """How many decimals an amount of this currency has: JPY 0, EUR 2, KWD 3."""
    if currency in ISO_MINOR_UNITS:
        return ISO_MINOR_UNITS[currency]
    return min(get_currency_precision(currency), MAXIMUM_SCALE)


COMMON_SCALE = 2


@lru_cache(maxsize=1)
def other_scales() -> dict[str, int]:
    """The currencies whose amounts have another number of decimals than `COMMON_SCALE`."""
    codes = sorted({*get_global("currency_fractions"), *ISO_MINOR_UNITS} - {"DEFAULT"})
    return {code: decimals(code) for code in codes if decimals(code) != COMMON_SCALE}


@lru_cache(maxsize=512)
def is_known(currency: str) -> bool:
    """Whether the code is an ISO 4217 code that is or was in use."""
    return bool(is_currency(currency))


@lru_cache(maxsize=512)
def unit(currency: str) -> Decimal:
    """The smallest amount of the currency: 1, 0.01 or 0.001."""
    return Decimal(1).scaleb(-decimals(currency))


def quantise(amount: Decimal | int | str, currency: str) -> Decimal:
    """Round half up (away from zero) to the currency's decimals; a float is a TypeError."""
    if isinstance(amount, float):
        raise TypeError("Money is Decimal; a float has lost cents before it came here.")
    rounded = Decimal(amount).quantize(unit(currency), rounding=ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)


def _units(amount: Decimal, currency: str) -> int:
    exact = Decimal(amount).scaleb(decimals(currency))
    whole = int(exact)
    if exact != whole:
        raise ValueError(f"{amount} has more decimals than {currency}; quantise it first.")
    return whole


def allocate(amount: Decimal, weights: Sequence[Decimal | int], currency: str) -> list[Decimal]:
    """Divide an amount by weights, in their order; the parts add up to the amount exactly.

    Each part is within one smallest unit of its exact share, a weight of zero gets nothing, and
    the same input gives the same parts. Raises ValueError for no weights, a negative weight or
    weights that are all zero.
    """
    shares = [Decimal(weight) for weight in weights]
    if not shares or any(share < 0 for share in shares) or not any(shares):
        raise ValueError("Allocate needs weights of zero or more, and one above zero.")
    exponent = max(0, max(-int(share.as_tuple().exponent) for share in shares))
    scaled = [int(share.scaleb(exponent)) for share in shares]
    whole = _units(amount, currency)
    sign = -1 if whole < 0 else 1
    total, smallest = sum(scaled), unit(currency)
    parts, reached, given = [], 0, 0
    for share in scaled:
        reached += share
        upto = abs(whole) * reached // total
        parts.append((sign * (upto - given)) * smallest)
        given = upto
    return parts


def split(amount: Decimal, parts: int, currency: str) -> list[Decimal]:
    """Equal parts, the odd cents on the later ones: 100.00 in 3 is 33.33, 33.33, 33.34."""
    if parts < 1:
        raise ValueError("Split needs one part or more.")
    return allocate(amount, [1] * parts, currency)


@lru_cache(maxsize=64)
def _marks(language: str) -> tuple[str, str, tuple[int, int]]:
    """Group mark, decimal mark and group sizes of a language, with European digits."""
    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse("en")
    symbols = locale.number_symbols["latn"]
    return symbols["group"], symbols["decimal"], locale.decimal_formats[None].grouping


def _grouped(whole: str, mark: str, sizes: tuple[int, int]) -> str:
    if len(whole) <= sizes[0]:
        return whole
    groups, rest = [whole[-sizes[0] :]], whole[: -sizes[0]]
    while rest:
        groups.append(rest[-sizes[1] :])
        rest = rest[: -sizes[1]]
    return mark.join(reversed(groups))


def format_amount(
    amount: Decimal, currency: str, language: str = "en", *, with_currency: bool = False
) -> str:
    """The amount as a person of that language reads it, with the currency's decimals.

    Digits are European in every language, so that a figure can be compared with a bank's paper;
    a negative one has a true minus. The code follows after a no-break space when it is asked for.
    """
    group, point, sizes = _marks(language)
    rounded = quantise(amount, currency)
    whole, _, fraction = f"{abs(rounded):f}".partition(".")
    text = _grouped(whole, group, sizes)
    if fraction:
        text = f"{text}{point}{fraction}"
    if rounded < 0:
        text = TRUE_MINUS + text
    return f"{text}{NO_BREAK_SPACE}{currency}" if with_currency else text
