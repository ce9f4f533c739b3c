"""Plots as our own SVG: no script, no inline style, so they pass the strict content policy and a PDF.

Each function returns a Plot; `{% plot p %}` draws it on a page with its table beside, `plot.svg` is
the picture alone (WeasyPrint draws it too: fonts stand in attributes). Colours are classes of
app.css and pdf.css: one hue, the current bar filled, others soft; the ramp for ages.
Values are Decimal; positions are rounded to a tenth of a pixel.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape

from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 378, 168
LEFT, RIGHT, TOP, BOTTOM = 40, 368, 20, 140
LABEL_WIDTH = 74  # of lying bars, at the least
GRID_LINES = 4
NICE_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass
class Plot:
    """A picture and the rows it was drawn from: (label, values as text)."""

    title: str
    svg: SafeString
    heads: list[str] = field(default_factory=list)
    rows: list[tuple[str, list[str]]] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True)
class Bar:
    """One bar: its label, value, the text of the value, and a CSS class ("a3", "s-paid")."""

    label: str
    value: Decimal
    text: str = ""
    css: str = ""
    is_current: bool = False


def _px(value: Decimal | int | float) -> str:
    return f"{float(value):.1f}".rstrip("0").rstrip(".")  # not money: a coordinate


def nice_top(highest: Decimal) -> tuple[Decimal, Decimal]:
    """(top of the axis, distance of the grid lines): four round steps that hold `highest`."""
    if highest <= 0:
        return Decimal(GRID_LINES), Decimal(1)
    rough = highest / GRID_LINES
    magnitude = Decimal(1).scaleb(rough.adjusted())
    step = next(nice * magnitude for nice in NICE_STEPS if nice * magnitude >= rough)
    return step * GRID_LINES, step


def short_number(value: Decimal) -> str:
    """An axis label: 1,200 as 1.2k, 3,000,000 as 3M."""
    for size, mark in ((Decimal(1_000_000), "M"), (Decimal(1_000), "k")):
        if abs(value) >= size:
            return f"{(value / size).normalize():f}{mark}"
    return f"{value.normalize():f}"


def compact_number(value: Decimal) -> str:
    """A bar's label with three figures at most: 2,216,045 as 2.22M."""
    for size, mark in ((Decimal(1_000_000), "M"), (Decimal(1_000), "k")):
        if abs(value) >= size:
            places = max(3 - len(str(int(abs(value) / size))), 0)
            return f"{value / size:.{places}f}{mark}"
    return f"{value:,.0f}"


def _svg(
    title: str, parts: Sequence[str], *, width: int = WIDTH, height: int = HEIGHT, css: str = "plot"
) -> SafeString:
    return mark_safe(
        f'<svg class="{css}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _text(x, y, words: str, *, css: str = "", anchor: str = "start") -> str:
    classes = f' class="{css}"' if css else ""
    place = f'x="{_px(x)}" y="{_px(y)}" text-anchor="{anchor}" font-size="11"'
    return f"<text{classes} {place}>{escape(words)}</text>"


def _axis(top: Decimal, step: Decimal) -> list[str]:
    parts = []
    for number in range(GRID_LINES + 1):
        value = step * number
        y = BOTTOM - (BOTTOM - TOP) * value / top
        css = "gl" if number else "ax"
        parts.append(f'<line class="{css}" x1="{LEFT}" x2="{RIGHT}" y1="{_px(y)}" y2="{_px(y)}"></line>')
        parts.append(_text(LEFT - 6, y + 4, short_number(value), anchor="end"))
    return parts


def _every(data: Sequence[Bar], slot: Decimal) -> int:
    """Each how-manieth bar over time is named, so that long names of months do not run together."""
    if not any(bar.is_current for bar in data):
        return 1
    return max(1, math.ceil(max(len(bar.label) for bar in data) * Decimal("5.5") / slot))


def bars(title: str, data: Sequence[Bar], *, note: str = "") -> Plot:
    """Upright bars over time; the value stands on the current bar only."""
    top, step = nice_top(max((bar.value for bar in data), default=Decimal(0)))
    parts = _axis(top, step)
    slot = Decimal(RIGHT - LEFT) / max(len(data), 1)
    wide = min(slot * Decimal("0.72"), Decimal(36))
    every = _every(data, slot)
    for index, bar in enumerate(data):
        x = LEFT + slot * index + (slot - wide) / 2
        tall = (BOTTOM - TOP) * max(bar.value, Decimal(0)) / top
        css = bar.css or ("f-acc" if bar.is_current else "f-soft")
        parts.append(
            f'<rect class="{css}" x="{_px(x)}" y="{_px(BOTTOM - tall)}" width="{_px(wide)}" '
            f'height="{_px(tall)}" rx="2"><title>{escape(bar.label)}: {escape(bar.text)}</title></rect>'
        )
        middle = x + wide / 2
        if (len(data) - 1 - index) % every == 0:
            parts.append(_text(middle, 156, bar.label, css="v" if bar.is_current else "", anchor="middle"))
        if bar.is_current:
            parts.append(_text(middle, BOTTOM - tall - 5, bar.text, css="v", anchor="middle"))
    return Plot(title, _svg(title, parts), ["", title], [(bar.label, [bar.text]) for bar in data], note)


def hbars(title: str, data: Sequence[Bar], *, note: str = "") -> Plot:
    """Lying bars with their amounts as text: ages, reasons, channels."""
    highest = max((bar.value for bar in data), default=Decimal(0)) or Decimal(1)
    longest = max((len(bar.label) for bar in data), default=0)
    label_width = max(LABEL_WIDTH, min(6 * longest + 8, 160))
    room = WIDTH - 12 - label_width - 118
    height = 12 + 26 * len(data)
    parts = []
    for index, bar in enumerate(data):
        y = 8 + 26 * index
        wide = max(room * bar.value / highest, Decimal(2) if bar.value > 0 else Decimal(0))
        parts.append(_text(label_width - 8, y + 13, bar.label, css="v", anchor="end"))
        parts.append(
            f'<rect class="{bar.css or "f-soft"}" x="{label_width}" y="{y}" width="{_px(wide)}" '
            f'height="18" rx="2"></rect>'
        )
        parts.append(_text(WIDTH - 12, y + 13, bar.text, css="v", anchor="end"))
    rows = [(bar.label, [bar.text]) for bar in data]
    return Plot(title, _svg(title, parts, height=height), ["", title], rows, note)


def stacked(title: str, data: Sequence[Bar], *, width: int = 1146) -> Plot:
    """One bar whose parts sum to the whole, with 1.6 px gaps; the legend stands below it."""
    total = sum((bar.value for bar in data), Decimal(0)) or Decimal(1)
    gap = Decimal("1.6")
    shown = [bar for bar in data if bar.value > 0]
    room = width - gap * max(len(shown) - 1, 0)
    parts, x = [], Decimal(0)
    for bar in shown:
        wide = room * bar.value / total
        parts.append(
            f'<rect class="{bar.css or "f-soft"}" x="{_px(x)}" y="0" width="{_px(wide)}" height="22">'
            f"<title>{escape(bar.label)}: {escape(bar.text)}</title></rect>"
        )
        x += wide + gap
    drawn = _svg(title, parts, width=width, height=22, css="nine")
    stretched = mark_safe(drawn.replace("<svg ", '<svg preserveAspectRatio="none" ', 1))
    return Plot(title, stretched, ["", title], [(bar.label, [bar.text]) for bar in data])


def stacked_bars(
    title: str,
    labels: Sequence[str],
    series: Sequence[tuple[str, str, Sequence[Decimal]]],
    *,
    text: Callable[[Decimal], str] = compact_number,
    reaching: Decimal = Decimal(0),
) -> Plot:
    """Upright bars of several parts: `series` is (name, CSS class, a value per label).

    `text` writes a value; amounts want `money.format_amount` with their currency. The axis goes to
    `reaching` at least, so that two plots side by side have one scale.
    """
    sums = [sum((values[index] for _n, _c, values in series), Decimal(0)) for index in range(len(labels))]
    top, step = nice_top(max([*sums, reaching], default=Decimal(0)))
    parts = _axis(top, step)
    slot = Decimal(RIGHT - LEFT) / max(len(labels), 1)
    wide = min(slot * Decimal("0.72"), Decimal(36))
    for index, label in enumerate(labels):
        x, y = LEFT + slot * index + (slot - wide) / 2, Decimal(BOTTOM)
        for name, css, values in series:
            tall = (BOTTOM - TOP) * max(values[index], Decimal(0)) / top
            y -= tall
            parts.append(
                f'<rect class="{css}" x="{_px(x)}" y="{_px(y)}" width="{_px(wide)}" height="{_px(tall)}">'
                f"<title>{escape(label)}, {escape(name)}: {escape(text(values[index]))}</title></rect>"
            )
        parts.append(_text(x + wide / 2, 156, label, anchor="middle"))
    rows = [
        (label, [text(values[index]) for _n, _c, values in series]) for index, label in enumerate(labels)
    ]
    return Plot(title, _svg(title, parts), ["", *(name for name, _c, _v in series)], rows)


def line(title: str, data: Sequence[Bar], *, note: str = "") -> Plot:
    """A line over time with its last value written out."""
    top, step = nice_top(max((bar.value for bar in data), default=Decimal(0)))
    parts = _axis(top, step)
    points = _points([bar.value for bar in data], top, LEFT + 8, RIGHT - 8, TOP, BOTTOM)
    parts.append(f'<polyline class="ln" points="{" ".join(f"{x},{y}" for x, y in points)}"></polyline>')
    every = max(len(data) // 8, 1)
    for index, (bar, (x, y)) in enumerate(zip(data, points, strict=True)):
        is_last = index == len(data) - 1
        if is_last:
            parts.append(f'<circle class="pt" cx="{x}" cy="{y}" r="3"></circle>')
            parts.append(_text(Decimal(x), Decimal(y) - 8, bar.text, css="v", anchor="end"))
        if is_last or (index % every == 0 and len(data) - 1 - index >= every):
            parts.append(_text(Decimal(x), 156, bar.label, anchor="middle"))
    return Plot(title, _svg(title, parts), ["", title], [(bar.label, [bar.text]) for bar in data], note)


def sparkline(title: str, values: Sequence[Decimal]) -> SafeString:
    """A line the height of a word, for a table's cell or a figure's side."""
    if not values:
        return mark_safe("")
    top = max(max(values), Decimal(1))
    points = _points(values, top, 2, 70, 2, 16)
    last_x, last_y = points[-1]
    parts = [
        f'<polyline class="ln" points="{" ".join(f"{x},{y}" for x, y in points)}"></polyline>',
        f'<circle class="pt" cx="{last_x}" cy="{last_y}" r="2"></circle>',
    ]
    return _svg(title, parts, width=72, height=18, css="spark")


def _points(values: Sequence[Decimal], top: Decimal, left, right, upper, lower) -> list[tuple[str, str]]:
    gap = Decimal(right - left) / max(len(values) - 1, 1)
    return [
        (_px(left + gap * index), _px(lower - (lower - upper) * max(value, Decimal(0)) / top))
        for index, value in enumerate(values)
    ]


def meter(title: str, share: Decimal, *, mark: Decimal | None = None) -> SafeString:
    """A share of 1 as a bar; `mark` is where an even pace would be."""
    full = _px(240 * min(max(share, Decimal(0)), Decimal(1)))
    parts = [
        '<rect class="f-bg" x="0" y="0" width="240" height="8"></rect>',
        f'<rect class="f-acc" x="0" y="0" width="{full}" height="8"></rect>',
    ]
    if mark is not None:
        parts.append(f'<rect class="f-ink" x="{_px(240 * mark)}" y="0" width="1.5" height="8"></rect>')
    drawn = _svg(title, parts, width=240, height=8, css="bar")
    return mark_safe(drawn.replace("<svg ", '<svg preserveAspectRatio="none" ', 1))
