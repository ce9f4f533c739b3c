"""Columns of money, days, ages and statuses; see `columns.py` for how a column is compiled."""

from datetime import datetime
from decimal import Decimal
from html import escape

from django.utils import timezone

from collections_app.core import clock, money
from collections_app.core.web.columns import WIDTHS, Column, getter
from collections_app.core.web.figures import (
    DASH,
    age_html,
    amount_html,
    day_text,
    days_ago_text,
    status_html,
    tag_html,
)

STATUS_LETTER, STATUS_ROOM = 7, 30  # px of a letter of a status, and of its icon and padding


class MoneyColumn(Column):
    """An amount with the currency of its row.

    `code` puts the currency's code into a cell of its own at the left, as the first money column of
    a mixed table should. `credit` says "credit" before a negative figure (balances). `total` sums
    the column per currency, above a list and in the foot of a small table.
    """

    css = "num"
    kind = "money"
    standard_width = 108

    def __init__(
        self,
        *args,
        currency: str = "currency",
        code: bool = False,
        credit: bool = False,
        total: bool = False,
        strong: bool = False,
        **kwargs,
    ):
        kwargs.setdefault("descending_first", True)
        kwargs.setdefault("phone", code)
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.code = code
        self.credit = credit
        self.total = total
        self.strong = strong
        self.cell_count = 2 if code else 1

    def col_html(self) -> str:
        return ('<col class="w36">' if self.code else "") + super().col_html()

    def css_class(self) -> str:
        return super().css_class() + (" b" if self.strong else "")

    def currency_getter(self, sample):
        return getter(self.currency, sample)

    def compile(self, name, context, sample):
        read, read_currency = getter(self.path(name), sample), self.currency_getter(sample)
        css, language, mixed = self.css_class(), context.language, context.mixed_scale
        hidden = "" if self.phone else " xp"
        code, credit = self.code, self.credit
        plain = f'<td class="{css}">'
        padded = f'<td class="{css}"><span class="d2">'
        decimals = money.decimals
        write = money.format_amount

        def draw(row) -> str:
            amount, currency = read(row), read_currency(row)
            lead = f'<td class="code{hidden}"><bdi class="cur">{currency or ""}</bdi></td>' if code else ""
            if amount is None or not currency:
                return f"{lead}{plain}{DASH}</td>"
            if not amount:
                figure = DASH
            elif amount < 0 and credit:
                figure = amount_html(amount, currency, language=language, credit=True)
            else:
                figure = f'<bdi class="n">{write(amount, currency, language)}</bdi>'
            if mixed and decimals(currency) == 2:
                return f"{lead}{padded}{figure}</span></td>"
            return f"{lead}{plain}{figure}</td>"

        return draw

    def sums(self, name, rows, sample) -> dict[str, Decimal]:
        read, read_currency = getter(self.path(name), sample), self.currency_getter(sample)
        totals: dict[str, Decimal] = {}
        for row in rows:
            if (amount := read(row)) is not None and (currency := read_currency(row)):
                totals[currency] = totals.get(currency, Decimal(0)) + amount
        return totals

    def sum_cells(self, value, currency, context) -> str:
        figure = amount_html(value, currency, language=context.language, credit=self.credit)
        if context.mixed_scale and money.decimals(currency) == 2:
            figure = f'<span class="d2">{figure}</span>'
        lead = f'<td class="code"><bdi class="cur">{escape(currency)}</bdi></td>' if self.code else ""
        return f'{lead}<td class="{self.css_class()}">{figure}</td>'


class DateColumn(Column):
    """A day, exact; with `age` how long ago it is beside it."""

    kind = "date"
    standard_width = 100  # a day of another year stands with it

    def __init__(self, *args, age: bool = False, **kwargs):
        kwargs.setdefault("muted", True)
        if age:
            kwargs.setdefault("width", 124)
        super().__init__(*args, **kwargs)
        self.age = age

    def cell(self, context, sample):
        today, known = context.today, {}

        def draw(value, row) -> str:
            text = known.get(value)
            if text is None:
                shown = escape(day_text(value, today))
                beside = f", {escape(days_ago_text(value, today))}" if self.age else ""
                text = f'<time class="n" datetime="{value.isoformat()}">{shown}{beside}</time>'
                known[value] = text
            return text

        return draw


class MomentColumn(Column):
    """A moment, in the office's time zone."""

    kind = "datetime"
    standard_width = 132

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("muted", True)
        super().__init__(*args, **kwargs)

    def cell(self, context, sample):
        zone, today, days = timezone.get_current_timezone(), context.today, {}

        def draw(value: datetime, row) -> str:
            local = value.astimezone(zone)
            day = local.date()
            text = days.get(day)
            if text is None:
                text = days[day] = escape(day_text(day, today))
            return f'<time class="n" datetime="{local.isoformat()}">{text}, {local:%H:%M}</time>'

        return draw


class AgeColumn(Column):
    """Days past due as the ageing pill; with `from_date` the accessor gives the due day instead."""

    css = "num"
    kind = "int"
    standard_width = 68
    standard_phone = True

    def __init__(self, *args, from_date: bool = False, **kwargs):
        kwargs.setdefault("descending_first", True)
        super().__init__(*args, **kwargs)
        self.from_date = from_date

    def cell(self, context, sample):
        today, known = context.today, {}

        def draw(value, row) -> str:
            days = (today - value).days if self.from_date else value
            text = known.get(days)
            if text is None:
                text = known[days] = age_html(days)
            return text

        return draw

    def file_columns(self, name):
        path, from_date = self.path(name), self.from_date
        today = clock.today()

        def reader(sample):
            read = getter(path, sample)
            if not from_date:
                return read
            return lambda row: None if (day := read(row)) is None else (today - day).days

        return [(self.verbose_name, "int", reader)]


class StatusColumn(Column):
    """A status of `choices` (StatusChoices): coloured icon, the word in ink. Wide enough for the
    longest of them, where no width is given. A phone shows it too."""

    standard_width = 124
    standard_phone = True

    def __init__(self, choices, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.choices = choices

    def wanted_width(self) -> int | None:
        if self.width:
            return self.width
        longest = max(len(str(member.label)) for member in self.choices)
        needed = STATUS_LETTER * longest + STATUS_ROOM
        return max(super().wanted_width() or 0, next((px for px in WIDTHS if px >= needed), WIDTHS[-1]))

    def cell(self, context, sample):
        drawn = {
            member.value: status_html(
                member.label, getattr(member, "tone", "none"), getattr(member, "icon", "point"), quiet=True
            )
            for member in self.choices
        }
        return lambda value, row: drawn.get(value) or escape(str(value))

    def file_columns(self, name):
        path, labels = self.path(name), dict(self.choices.choices)

        def reader(sample):
            read = getter(path, sample)
            return lambda row: str(labels.get(read(row), read(row) or ""))

        return [(self.verbose_name, "text", reader)]


class BadgeColumn(StatusColumn):
    """As StatusColumn, but as a tinted tag: for the one column of a table that may be filled."""

    def cell(self, context, sample):
        drawn = {
            member.value: tag_html(str(member.label), getattr(member, "tone", "none"))
            for member in self.choices
        }
        return lambda value, row: drawn.get(value) or escape(str(value))
