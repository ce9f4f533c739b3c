"""Bars say what they were asked to, read back by their own rules: widths, check symbol, quiet ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_app.core import barcodes

SYMBOLS = {pattern: value for value, pattern in enumerate(barcodes.PATTERNS)}


def read(widths: list[int]) -> str:
    """A plain reading of the standard: symbols of eleven modules, then the stop of thirteen."""
    symbols, stop = widths[:-7], widths[-7:]
    assert SYMBOLS["".join(map(str, stop))] == 106
    groups = [symbols[place : place + 6] for place in range(0, len(symbols), 6)]
    assert all(sum(group) == 11 and sum(group[::2]) % 2 == 0 for group in groups)
    start, *values, check = [SYMBOLS["".join(map(str, group))] for group in groups]
    assert start == 104
    assert check == (start + sum(place * value for place, value in enumerate(values, 1))) % 103
    return "".join(chr(value + 32) for value in values)


def test_the_table_is_that_of_the_standard():
    assert len(SYMBOLS) == 107
    assert sum(barcodes.widths("L1")) == 5 * 11 + 2  # start, two symbols, check, stop
    assert barcodes.widths("L1")[:6] == [2, 1, 1, 2, 1, 4]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=30))
def test_what_is_written_is_what_is_read(text):
    assert read(barcodes.widths(text)) == text


@pytest.mark.parametrize("text", ["", "é", "الحساب"])
def test_what_it_cannot_say_is_refused(text):
    with pytest.raises(ValueError, match="Code 128"):
        barcodes.svg(text)
