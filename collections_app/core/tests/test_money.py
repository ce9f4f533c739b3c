"""Money proves its sum: every division adds up, and a rounding is never hidden."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_app.core import money

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "USD", "BHD"])
WEIGHTS = st.lists(st.decimals(0, 10_000, places=3), min_size=1, max_size=30).filter(any)


def amounts(currency: str, units: int) -> Decimal:
    return units * money.unit(currency)


def test_a_hundred_in_three_puts_the_odd_cent_last():
    parts = money.split(Decimal("100.00"), 3, "EUR")
    assert parts == [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]


@given(currency=CURRENCIES, units=st.integers(-(10**14), 10**14), parts=st.integers(1, 400))
def test_split_adds_up_and_parts_differ_by_one_unit_at_most(currency, units, parts):
    amount = amounts(currency, units)
    shares = money.split(amount, parts, currency)
    assert sum(shares) == amount
    assert len(shares) == parts
    assert max(shares) - min(shares) <= money.unit(currency)


@given(currency=CURRENCIES, units=st.integers(-(10**14), 10**14), weights=WEIGHTS)
def test_allocate_adds_up_stays_near_its_share_and_is_repeatable(currency, units, weights):
    amount = amounts(currency, units)
    shares = money.allocate(amount, weights, currency)
    assert sum(shares) == amount
    assert shares == money.allocate(amount, weights, currency)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - amount * weight / sum(weights)) < money.unit(currency) * 2
        assert weight or not share


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_weights_that_divide_nothing_are_an_error(weights):
    with pytest.raises(ValueError, match="weights"):
        money.allocate(Decimal("10.00"), weights, "EUR")


def test_an_amount_finer_than_its_currency_is_not_split():
    with pytest.raises(ValueError, match="more decimals"):
        money.split(Decimal("10.005"), 2, "EUR")


@pytest.mark.parametrize(
    "amount, currency, expected",
    [
        ("1.005", "EUR", "1.01"),
        ("-1.005", "EUR", "-1.01"),
        ("1.5", "JPY", "2"),
        ("1.0005", "KWD", "1.001"),
        ("-0.001", "EUR", "0.00"),
    ],
)
def test_quantise_rounds_half_away_from_zero(amount, currency, expected):
    rounded = money.quantise(Decimal(amount), currency)
    assert str(rounded) == expected


def test_a_float_is_refused():
    with pytest.raises(TypeError):
        money.quantise(0.1, "EUR")


def test_decimals_follow_the_ledger_not_the_purse():
    assert [money.decimals(code) for code in ("JPY", "EUR", "KWD", "BHD", "OMR", "LBP")] == [0, 2, 3, 3, 3, 2]
    assert money.is_known("AED")
    assert not money.is_known("XQQ")


@pytest.mark.parametrize(
    "amount, currency, language, text",
    [
        ("1234567.5", "EUR", "en", "1,234,567.50"),
        ("1234567.5", "EUR", "de", "1.234.567,50"),
        ("1234567.5", "INR", "hi", "12,34,567.50"),
        ("-12.5", "KWD", "en", "\u221212.500"),
        ("999", "JPY", "en", "999"),
        ("1000", "AED", "ar", "1,000.00"),
        ("1", "EUR", "xx-unknown", "1.00"),
    ],
)
def test_amounts_read_as_the_language_writes_them(amount, currency, language, text):
    assert money.format_amount(Decimal(amount), currency, language) == text


def test_the_code_follows_when_it_is_asked_for():
    assert money.format_amount(Decimal("5"), "AED", "en", with_currency=True) == "5.00\u00a0AED"
