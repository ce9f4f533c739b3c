"""Plots: true to their figures, nameable, and without a word of inline style."""

import re
import xml.etree.ElementTree as ElementTree
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_app.core import charts
from collections_app.core.charts import Bar

VALUES = st.lists(st.decimals(min_value=0, max_value=10**9, places=2), min_size=1, max_size=14)


def data(values) -> list[Bar]:
    return [Bar(f"<{number}>", value, f"{value:,}") for number, value in enumerate(values)]


def parsed(svg) -> ElementTree.Element:
    return ElementTree.fromstring(str(svg))


@given(highest=st.decimals(min_value="0.01", max_value=10**12, places=2))
def test_the_axis_holds_the_highest_bar_in_four_round_steps(highest):
    top, step = charts.nice_top(highest)
    assert top == step * 4
    assert highest <= top <= highest * 5
    assert str(step.normalize().as_tuple().digits) in {"(1,)", "(2,)", "(2, 5)", "(5,)"}


@given(values=VALUES)
@pytest.mark.parametrize("draw", [charts.bars, charts.hbars, charts.line, charts.stacked])
def test_every_plot_is_sound_svg_with_a_title_and_its_rows_beside(draw, values):
    plot = draw("Collected & kept", data(values))
    root = parsed(plot.svg)
    assert root.find("title").text == "Collected & kept"
    assert root.get("role") == "img"
    assert "style=" not in plot.svg
    assert "<script" not in plot.svg
    assert [row[0] for row in plot.rows] == [bar.label for bar in data(values)]
    for rect in root.iter("rect"):
        assert Decimal(rect.get("width")) >= 0
        assert Decimal(rect.get("height")) >= 0


@given(values=VALUES)
def test_a_stacked_bar_sums_to_its_whole(values):
    plot = charts.stacked("Members", data(values), width=1000)
    rects = list(parsed(plot.svg).iter("rect"))
    shown = [value for value in values if value > 0]
    assert len(rects) == len(shown)
    drawn = sum(Decimal(rect.get("width")) for rect in rects)
    gaps = Decimal("1.6") * max(len(shown) - 1, 0)
    if shown:
        assert abs(drawn + gaps - 1000) <= Decimal("0.05") * len(shown) + Decimal("0.05")


def test_bars_are_as_high_as_their_values():
    plot = charts.bars("Two", [Bar("a", Decimal(100), "100"), Bar("b", Decimal(50), "50")])
    high, low = (Decimal(rect.get("height")) for rect in parsed(plot.svg).iter("rect"))
    assert high == low * 2


def test_the_value_stands_on_the_current_bar_only():
    plot = charts.bars(
        "Two", [Bar("Sep", Decimal(372), "372"), Bar("Oct", Decimal(392), "392", is_current=True)]
    )
    texts = re.findall(r'<text class="v"[^>]*>([^<]*)</text>', plot.svg)
    assert texts == ["Oct", "392"]


def test_nothing_to_show_is_an_empty_frame_not_an_error():
    for draw in (charts.bars, charts.hbars, charts.line, charts.stacked):
        assert draw("Empty", []).rows == []
    assert charts.sparkline("Empty", []) == ""


@pytest.mark.parametrize(
    ("value", "text"), [("1200", "1.2k"), ("3000000", "3M"), ("250", "250"), ("2.50", "2.5")]
)
def test_axis_labels_are_short(value, text):
    assert charts.short_number(Decimal(value)) == text


def test_a_meter_never_leaves_its_track():
    for share in ("-0.5", "0", "0.71", "1.4"):
        widths = [
            Decimal(rect.get("width")) for rect in parsed(charts.meter("Share", Decimal(share))).iter("rect")
        ]
        assert widths[0] == 240
        assert 0 <= widths[1] <= 240


def test_long_names_of_months_are_left_out_before_they_run_together():
    months = [Bar("سبتمبر", Decimal(number), "1", is_current=number == 12) for number in range(1, 13)]
    told = [node.text for node in parsed(charts.bars("Year", months).svg).iter() if node.text == "سبتمبر"]
    assert len(told) == 6
    short = [Bar("Sep", bar.value, "1", is_current=bar.is_current) for bar in months]
    told = [node.text for node in parsed(charts.bars("Year", short).svg).iter() if node.text == "Sep"]
    assert len(told) == 12
