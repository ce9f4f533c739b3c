from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.imports.reading.values import (
    Misread,
    detect_date_order,
    detect_decimal_mark,
    read_amount,
    read_day,
    read_moment,
)
from accounts.imports.reading.workbook import Typed


@pytest.mark.parametrize(
    "values, choice, is_certain",
    [
        (["31/12/2012", "01/02/2012"], "dmy", True),
        (["12/31/2012", "1/2/2012"], "mdy", True),
        (["2012/12/31", "2012/01/02"], "ymd", True),
        (["01/02/2012", "03/04/2012"], "dmy", False),
        (["2012-01-02"], "ymd", True),
        (["02.01.2013"] * 99 + ["31.12.2013"] * 40 + ["12.31.2013"], "dmy", True),
        ([], "ymd", True),
    ],
)
def test_the_order_of_a_column_is_proved_or_asked(values, choice, is_certain):
    verdict = detect_date_order(values)
    assert (verdict.choice, verdict.is_certain) == (choice, is_certain)


def test_an_ambiguous_column_offers_the_other_order():
    assert detect_date_order(["01/02/2012"]).others == ("mdy",)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_a_day_is_read_back_in_every_order(day):
    assert read_day(f"{day:%d.%m.}{day.year}", "dmy") == day
    assert read_day(f"{day.month}/{day.day}/{day.year}", "mdy") == day
    assert read_day(day.isoformat(), "dmy") == day
    assert read_day(f"{day.year}{day:%m%d}", "mdy") == day


@pytest.mark.parametrize(
    "text, expected",
    [
        ("24 October 2011", date(2011, 10, 24)),
        ("02-Jan-13", date(2013, 1, 2)),
        ("October 24, 2011", date(2011, 10, 24)),
        ("2011-10-24 00:00:00", date(2011, 10, 24)),
        ("٢٤/١٠/٢٠١١", date(2011, 10, 24)),
        (Typed("d", "2021-01-02"), date(2021, 1, 2)),
    ],
)
def test_days_as_people_write_them(text, expected):
    assert read_day(text, "dmy") == expected


@pytest.mark.parametrize(
    "text, code",
    [
        ("31.11.2026", "no_such_day"),
        ("29.02.2025", "no_such_day"),
        ("12.31.2026", "no_such_month"),
        ("soon", "not_a_day"),
        ("01.01.0026", "odd_year"),
        ("2026", "not_a_day"),
        (Typed("n", "44197"), "not_a_day"),
        (Typed("e", "#N/A"), "not_a_day"),
    ],
)
def test_what_is_no_day_says_why(text, code):
    with pytest.raises(Misread) as caught:
        read_day(text, "dmy")
    assert caught.value.code == code


def test_moments_keep_their_zone_or_have_none():
    assert read_moment("02.03.2026 14:05", "dmy") == datetime(2026, 3, 2, 14, 5)  # noqa: DTZ001
    assert read_moment("3/2/2026 2:05 PM", "mdy") == datetime(2026, 3, 2, 14, 5)  # noqa: DTZ001
    assert read_moment("2026-03-02T14:05:00+04:00", "dmy").utcoffset().total_seconds() == 14400


@pytest.mark.parametrize(
    "values, choice, is_certain",
    [
        (["1.234,56", "12"], ",", True),
        (["1,234.56"], ".", True),
        (["12.5"], ".", True),
        (["1.240,00-"], ",", True),
        (["1.234", "2.500"], ".", False),
        (["1.234", "2,5"], ",", True),
        (["1.234.567"], ",", True),
        (["0.125"], ".", True),
        (["100", "25"], ".", True),
    ],
)
def test_the_decimal_mark_of_a_column_is_proved_or_asked(values, choice, is_certain):
    verdict = detect_decimal_mark(values)
    assert (verdict.choice, verdict.is_certain) == (choice, is_certain)


@pytest.mark.parametrize(
    "text, mark, expected, currency",
    [
        ("1.240,00-", ",", "-1240.00", ""),
        ("(12.00)", ".", "-12.00", ""),
        ("1,234.56", ".", "1234.56", ""),
        ("1 234,56", ",", "1234.56", ""),
        ("1'234.50", ".", "1234.50", ""),
        ("EUR 12.00", ".", "12.00", "EUR"),
        ("12,00 €", ",", "12.00", "EUR"),
        ("-KWD 5.125", ".", "-5.125", "KWD"),
        ("12.00 CR", ".", "-12.00", ""),
        ("12.00 DR", ".", "12.00", ""),
        ("١٢٫5".replace("٫", "."), ".", "12.5", ""),
        (".5", ".", "0.5", ""),
        ("1,23,456.00", ".", "123456.00", ""),
        (Typed("n", "274.65999999999997"), ",", "274.65999999999997", ""),
    ],
)
def test_amounts_as_people_write_them(text, mark, expected, currency):
    amount = read_amount(text, mark)
    assert (amount.value, amount.currency) == (Decimal(expected), currency)


@pytest.mark.parametrize("text", ["", "-", "12.3.4", "1,2", "6,000,00", "twelve", "1e5", "#N/A", "12 34"])
def test_what_is_no_amount_is_never_half_read(text):
    with pytest.raises(Misread):
        read_amount(text, ".")


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_an_amount_is_read_back_from_both_ways_of_writing(value):
    english = f"{value:,.2f}"
    german = english.replace(",", " ").replace(".", ",").replace(" ", ".")
    assert read_amount(english, ".").value == value
    assert read_amount(german, ",").value == value
