"""Tables: declared with django-tables2, drawn by a lean loop of our own.

    class PaymentTable(Table):
        paid_on = DateColumn(verbose_name=_("Paid"), accessor="value_date")
        debtor = LinkColumn("accounts:account_detail", text="account.debtor.name", verbose_name=_("Debtor"))
        amount = MoneyColumn(verbose_name=_("Amount"), total=True)

        class Meta:
            order_by = "-paid_on"

Columns are declared and ordered by django-tables2, but its bound rows are not used: a page of 50
rows costs it some 40 ms, the loop here about one. Each column compiles, once per page, into a
function that turns a row into the text of its cells.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import Any

import django_tables2
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from collections_app.core.web.columns import (
    Column,
    DrawContext,
    LinkColumn,
    NumberColumn,
    RowColumn,
    TextColumn,
    getter,
)
from collections_app.core.web.figure_columns import (
    AgeColumn,
    BadgeColumn,
    DateColumn,
    MomentColumn,
    MoneyColumn,
    StatusColumn,
)
from collections_app.core.web.figures import icon_html

__all__ = [
    "AgeColumn",
    "BadgeColumn",
    "Column",
    "DateColumn",
    "DrawnTable",
    "LinkColumn",
    "MomentColumn",
    "MoneyColumn",
    "NumberColumn",
    "RowColumn",
    "StatusColumn",
    "Table",
    "TextColumn",
]


@dataclass
class DrawnTable:
    """The parts of a table as safe text; `components/table.html` puts them together."""

    colgroup: SafeString
    head: SafeString
    body: SafeString
    foot: SafeString
    row_count: int
    width: int
    css: str = ""
    empty_text: Any = ""
    empty_link: Any = None
    caption: Any = ""
    names: list[str] = field(default_factory=list)


class Table(django_tables2.Table):
    """The declaration of a table. `Meta.order_by` is the order it has before anyone sorts.

    Further attributes of the class: `row_class(row)` gives a row its CSS class, `row_label` is the
    accessor of the word that names a row for a screen reader, `tight` makes rows 28 px high.
    """

    row_label = "pk"
    tight = False

    @staticmethod
    def row_class(row) -> str:
        """CSS class of a row: "on" marks the current one, "att" one that needs a person."""
        return ""

    @classmethod
    def declared(cls) -> dict[str, Column]:
        """Every column by name, in the declared order."""
        columns = dict(cls.base_columns)
        sequence = getattr(getattr(cls, "_meta", None), "sequence", None)
        if sequence:
            ordered = [name for name in sequence if name in columns]
            rest = [name for name in columns if name not in ordered]
            columns = {name: columns[name] for name in [*ordered, *rest]}
        return columns

    @classmethod
    def standard_names(cls) -> list[str]:
        """The columns that show before a user chooses his own."""
        return [name for name, column in cls.declared().items() if column.shown]

    @classmethod
    def default_order(cls) -> str:
        order = cls._meta.order_by
        return order[0] if order else ""

    @classmethod
    def draw(
        cls,
        rows: Iterable[Any],
        *,
        request=None,
        names: Sequence[str] | None = None,
        extra: dict[str, Column] | None = None,
        selectable: bool = False,
        sort: str = "",
        sort_url: Callable[[str], str] | None = None,
        with_totals: bool = False,
        tight: bool | None = None,
        empty_text: Any = "",
        empty_link: Any = None,
        caption: Any = "",
        as_of: date | None = None,
        day_query: str = "",
    ) -> DrawnTable:
        """Draw rows (model instances or dicts) as parts of a table.

        `names` chooses columns, `extra` adds columns of higher floors, `sort_url(name)` makes the
        heads links. With `with_totals` the money columns marked `total` are summed in a foot row
        per currency over the rows given. `as_of` is the day ages are counted on, today unless given;
        `day_query` is what doors that keep the day add to their addresses.
        """
        rows = list(rows)
        columns = cls.declared() | (extra or {})
        chosen = [(name, columns[name]) for name in names or cls.standard_names() if name in columns]
        context = DrawContext.of(
            request, rows, [column for _name, column in chosen], as_of=as_of, day_query=day_query
        )
        body = cls._body(rows, chosen, context, selectable)
        css = ["t"]
        if cls.tight if tight is None else tight:
            css.append("tight")
        if not any(column.phone and not isinstance(column, StatusColumn) for _name, column in chosen):
            css.append("whole")  # nothing that names a row was chosen for a phone: it shows all, and scrolls
        return DrawnTable(
            colgroup=cls._colgroup(chosen, selectable),
            head=cls._head(chosen, selectable, sort, sort_url),
            body=body,
            foot=cls._foot(rows, chosen, context, selectable) if with_totals else mark_safe(""),
            row_count=len(rows),
            width=sum(column.cell_count for _name, column in chosen) + int(selectable),
            css=" ".join(css),
            empty_text=empty_text,
            empty_link=empty_link,
            caption=caption,
            names=[name for name, _column in chosen],
        )

    # ---- the parts ----

    @classmethod
    def _colgroup(cls, chosen, selectable: bool) -> SafeString:
        first = '<col class="w36">' if selectable else ""
        return mark_safe(first + "".join(column.col_html() for _name, column in chosen))

    @classmethod
    def _head(cls, chosen, selectable: bool, sort: str, sort_url) -> SafeString:
        parts = []
        if selectable:
            parts.append(
                '<th><input class="ck" type="checkbox" data-select-all aria-label="'
                + escape(_("Select every row of this page"))
                + '"></th>'
            )
        wanted, descending = sort.lstrip("-"), sort.startswith("-")
        for name, column in chosen:
            span = f' colspan="{column.cell_count}"' if column.cell_count > 1 else ""
            label = column.head_html()
            current = ""
            if sort_url is not None and column.can_sort(name):
                is_current = name == wanted
                if is_current:
                    current = f' aria-sort="{"descending" if descending else "ascending"}"'
                    arrow = icon_html("arrow-down" if descending else "arrow-up")
                    target = name if descending else f"-{name}"
                else:
                    arrow = ""
                    target = f"-{name}" if column.sorts_descending_first else name
                label = f'<a href="{escape(sort_url(target))}">{label}{arrow}</a>'
            parts.append(f'<th scope="col" class="{column.css_class()}"{span}{current}>{label}</th>')
        return mark_safe("<tr>" + "".join(parts) + "</tr>")

    @classmethod
    def _body(cls, rows, chosen, context: DrawContext, selectable: bool) -> SafeString:
        if not rows:
            return mark_safe("")
        sample = rows[0]
        cells = [column.compile(name, context, sample) for name, column in chosen]
        row_class = cls.row_class
        out = []
        if selectable:
            key = getter("pk" if not isinstance(sample, dict) else "id", sample)
            label = getter(cls.row_label, sample)
            verb = escape(_("Select"))
            for row in rows:
                css = row_class(row)
                out.append(f'<tr class="{css}">' if css else "<tr>")
                out.append(
                    f'<td><input class="ck" type="checkbox" name="ids" value="{key(row)}" '
                    f'aria-label="{verb} {escape(str(label(row)))}"></td>'
                )
                for cell in cells:
                    out.append(cell(row))
                out.append("</tr>")
        else:
            for row in rows:
                css = row_class(row)
                out.append(f'<tr class="{css}">' if css else "<tr>")
                for cell in cells:
                    out.append(cell(row))
                out.append("</tr>")
        return mark_safe("".join(out))

    @classmethod
    def _foot(cls, rows, chosen, context: DrawContext, selectable: bool) -> SafeString:
        if not rows or not any(column.total for _name, column in chosen):
            return mark_safe("")
        sample = rows[0]
        summed = [
            (name, column, column.sums(name, rows, sample) if column.total else None)
            for name, column in chosen
        ]
        currencies = sorted({key for _n, _c, sums in summed if sums for key in sums})
        lines = []
        for currency in currencies:
            parts = ["<td></td>"] if selectable else []
            for position, (_name, column, sums) in enumerate(summed):
                if sums is not None and currency in sums:
                    parts.append(column.sum_cells(sums[currency], currency, context))
                elif position == 0:
                    parts.append(f'<td class="{column.css_class()}">{escape(_("Total"))}</td>')
                    parts.extend(["<td></td>"] * (column.cell_count - 1))
                else:
                    parts.append(f'<td class="{column.css_class()}"></td>' * column.cell_count)
            lines.append('<tr class="sum">' + "".join(parts) + "</tr>")
        return mark_safe("".join(lines))
