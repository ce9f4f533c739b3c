"""Kinds of columns. Each compiles once per page into a function from a row to its cells' text."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import escape
from operator import attrgetter, itemgetter
from typing import Any
from urllib.parse import quote

import django_tables2
from django.urls import reverse
from django.utils.translation import get_language

from collections_app.core import clock, money
from collections_app.core.permissions import has_permission
from collections_app.core.web.figures import (
    DASH,
)

# A column's <col> gets a class "w<px>"; app.css has one for each of these.
WIDTHS = (28, 36, 44, 52, 60, 68, 76, 84, 92, 100, 108, 116, 124, 132, 140, 156, 172, 188, 204, 228, 260, 300)
HEAD_LETTER, HEAD_ROOM = 7, 24  # px of a letter in a heading, and of its padding with the sort arrow
SENTINEL = 8_020_406_080  # no id of a book; marks where the id goes in a reversed address


def getter(path: str | Callable[[Any], Any], sample: Any) -> Callable[[Any], Any]:
    """A function that reads `path` ("debtor.name", "debtor__name") from rows like `sample`.

    A missing step gives None; a method at the end is called; a function reads the row itself.
    """
    if callable(path):
        return path
    names = path.replace("__", ".").split(".")
    if isinstance(sample, dict):
        if path in sample:
            return itemgetter(path)
        return _step_by_step(names)
    read = attrgetter(".".join(names))
    try:
        value = read(sample)
    except AttributeError:
        return _step_by_step(names)
    if callable(value):
        return lambda row: read(row)()
    if len(names) == 1:
        return read
    return _step_by_step(names)


def _step_by_step(names: Sequence[str]) -> Callable[[Any], Any]:
    def read(row):
        value = row
        for name in names:
            if value is None:
                return None
            value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
        return value() if callable(value) else value

    return read


@dataclass
class DrawContext:
    """What the cells of one page share."""

    language: str
    today: date
    mixed_scale: bool
    shows_code: bool
    user: Any = None
    day_query: str = ""

    @classmethod
    def of(
        cls,
        request,
        rows: Sequence[Any],
        columns: Iterable["Column"],
        *,
        as_of: date | None = None,
        day_query: str = "",
    ) -> "DrawContext":
        currencies: set[str] = set()
        for column in columns:
            if column.kind == "money" and rows:
                read = column.currency_getter(rows[0])
                currencies.update(code for row in rows if (code := read(row)))
        scales = {money.decimals(code) for code in currencies}
        return cls(
            language=get_language() or "en",
            today=as_of or clock.today(),
            mixed_scale=len(scales) > 1,
            shows_code=len(currencies) > 1,
            user=getattr(request, "user", None),
            day_query=day_query,
        )


class Column(django_tables2.Column):
    """The base of every kind. `width` is in px (the nearest class below it is used).

    Without a width the column takes what is left. `shown=False` keeps it out until a user chooses
    it. `phone=False` leaves it away on a phone. `muted` is for what is read second.
    """

    css = ""
    cell_count = 1
    total = False
    kind = "text"
    standard_width: int | None = None
    standard_phone = False

    def __init__(
        self,
        *args,
        width: int | None = None,
        shown: bool = True,
        phone: bool | None = None,
        muted: bool = False,
        descending_first: bool = False,
        help_text: Any = "",
        **kwargs,
    ):
        kwargs.setdefault("orderable", kwargs.get("order_by") is not None)
        if isinstance(kwargs.get("accessor"), str):
            kwargs["accessor"] = kwargs["accessor"].replace(".", "__")
        super().__init__(*args, **kwargs)
        self.width = width
        self.shown = shown
        self.phone = self.standard_phone if phone is None else phone
        self.muted = muted
        self.sorts_descending_first = descending_first
        self.help_text = help_text

    # ---- what the head needs ----

    def can_sort(self, name: str) -> bool:
        return bool(self.orderable)

    def sort_fields(self, name: str) -> list[str]:
        """Model fields that sort this column, ascending; declared by `order_by`."""
        order = self.order_by or (str(self.accessor or name).replace(".", "__"),)
        return [str(part) for part in order]

    def css_class(self) -> str:
        classes = [self.css] if self.css else []
        if self.muted:
            classes.append("m")
        if not self.phone:
            classes.append("xp")
        return " ".join(classes)

    def col_html(self) -> str:
        width = ""
        if wanted := self.wanted_width():
            width = f"w{max((px for px in WIDTHS if px <= wanted), default=WIDTHS[0])}"
        classes = " ".join(part for part in (width, "" if self.phone else "xp") if part)
        return f'<col class="{classes}">' if classes else "<col>"

    def wanted_width(self) -> int | None:
        """As declared, else the kind's own, wide enough for the heading; None takes what is left."""
        if self.width or not self.standard_width:
            return self.width
        needed = HEAD_LETTER * len(str(self.verbose_name or "")) + HEAD_ROOM
        return max(self.standard_width, next((px for px in WIDTHS if px >= needed), WIDTHS[-1]))

    def head_html(self) -> str:
        label = escape(str(self.verbose_name or ""))
        if self.help_text:
            return f'<abbr title="{escape(str(self.help_text))}">{label}</abbr>'
        return label

    # ---- what the rows need ----

    def path(self, name: str) -> str:
        return str(self.accessor or name)

    def compile(self, name: str, context: DrawContext, sample: Any) -> Callable[[Any], str]:
        """A function from a row to the text of its `<td>`s."""
        read = getter(self.path(name), sample)
        inner = self.cell(context, sample)
        opened = f'<td class="{css}">' if (css := self.css_class()) else "<td>"
        empty = f"{opened}{DASH}</td>"

        def draw(row) -> str:
            value = read(row)
            if value is None or value == "":
                return empty
            return f"{opened}{inner(value, row)}</td>"

        return draw

    def cell(self, context: DrawContext, sample: Any) -> Callable[[Any, Any], str]:
        """A function from (value, row) to the safe inner text of the cell."""
        return lambda value, row: escape(str(value))

    # ---- what a file needs ----

    def file_columns(self, name: str) -> list[tuple[Any, str, Callable[[Any], Callable[[Any], Any]]]]:
        """(title, kind, maker of a reader) for each column of an exported file."""
        source = getattr(self, "text", None) or self.path(name)
        return [(self.verbose_name, self.kind, lambda sample: getter(source, sample))]


class TextColumn(Column):
    """Plain words. `bdi` isolates numbers, references and names of another script; `words` says a
    code in words on the screen, while a file keeps the code."""

    def __init__(
        self,
        *args,
        bdi: bool = False,
        wrap: bool = False,
        words: Callable[[Any], str] | None = None,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.bdi, self.words = bdi, words
        self.css = "wrap" if wrap else ""

    def cell(self, context, sample):
        if self.bdi:
            return lambda value, row: f'<bdi class="n">{escape(str(value))}</bdi>'
        if self.words is not None:
            said = cache(self.words)
            return lambda value, row: escape(said(value))
        return lambda value, row: escape(str(value))


class NumberColumn(Column):
    """A count; zero is a muted dash."""

    css = "num"
    kind = "int"
    standard_width = 76

    def __init__(self, *args, total: bool = False, **kwargs):
        kwargs.setdefault("descending_first", True)
        super().__init__(*args, **kwargs)
        self.total = total

    def cell(self, context, sample):
        return lambda value, row: f'<bdi class="n">{value:,}</bdi>' if value else DASH

    def sums(self, name, rows, sample):
        read = getter(self.path(name), sample)
        return {"": sum(read(row) or 0 for row in rows)}

    def sum_cells(self, value, currency, context) -> str:
        return f'<td class="{self.css_class()}"><bdi class="n">{value:,}</bdi></td>'


class LinkColumn(Column):
    """The row's door: its text links to the row's page. `note` is a muted word beside it.

    `arg` is the accessor of the one argument of `url_name`; `keeps_day` leads to the page of the day
    that is looked at. Without an address the text stands bare,
    and so it does for a user who lacks the `permission` that the page behind it asks.
    """

    def __init__(
        self,
        url_name: str,
        *args,
        text: str | Callable[[Any], Any] = "",
        arg: str = "pk",
        note: str | Callable[[Any], Any] = "",
        permission: str = "",
        keeps_day: bool = False,
        wrap: bool = False,
        **kwargs,
    ):
        self.css = "wrap" if wrap else ""
        if isinstance(text, str) and text:
            kwargs.setdefault("accessor", text)
        # the column that takes what is left is the one a phone keeps
        kwargs.setdefault("phone", kwargs.get("width") is None)
        super().__init__(*args, **kwargs)
        self.text = text if callable(text) else None
        self.url_name = url_name
        self.arg = arg
        self.note = note
        self.permission = permission
        self.keeps_day = keeps_day

    def address(self, sample) -> Callable[[Any], str]:
        read = getter(self.arg, sample)
        value = read(sample)
        if isinstance(value, int) or value is None:
            before, after = reverse(self.url_name, args=[SENTINEL]).split(str(SENTINEL))
            return lambda row: f"{before}{read(row)}{after}"
        marker = "0e0e0e0e-0e0e-4e0e-8e0e-0e0e0e0e0e0e"
        before, after = reverse(self.url_name, args=[marker]).split(marker)
        return lambda row: f"{before}{quote(str(read(row)))}{after}"

    def compile(self, name, context, sample):
        read = self.text or getter(self.path(name), sample)
        address = self.address(sample)
        target = getter(self.arg, sample)
        note = getter(self.note, sample) if self.note else None
        opened = f'<td class="{css}">' if (css := self.css_class()) else "<td>"
        is_bare = bool(self.permission) and not has_permission(context.user, self.permission)
        day = escape(f"?{context.day_query}") if self.keeps_day and context.day_query else ""

        def draw(row) -> str:
            value = read(row)
            text = DASH if value is None or value == "" else f"<bdi>{escape(str(value))}</bdi>"
            if is_bare or target(row) is None:
                return f"{opened}{text}</td>"
            beside = ""
            if note is not None and (word := note(row)):
                beside = f' <bdi class="m n">{escape(str(word))}</bdi>'
            return f'{opened}<a class="lk" href="{address(row)}{day}">{text}</a>{beside}</td>'

        return draw


class RowColumn(Column):
    """A cell drawn by `draw(row, context) -> safe text`; `value` is the accessor for files."""

    def __init__(self, draw: Callable[[Any, DrawContext], str], *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.draw_row = draw

    def compile(self, name, context, sample):
        draw = self.draw_row
        opened = f'<td class="{css}">' if (css := self.css_class()) else "<td>"
        return lambda row: f"{opened}{draw(row, context)}</td>"

    def file_columns(self, name):
        return super().file_columns(name) if self.accessor else []
