"""The plots of a Collection Report, the same on screen and in print but for their colours."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from collections_app.core import charts
from reports.figures.month import Month
from reports.rendering.labels import age_label, amount_in_words

# A picture in a PDF takes no style from the document, so it carries its own.
PRINT_STYLE = (
    "<style>"
    ".gl{stroke:#ddd;stroke-width:.6}.ax{stroke:#444;stroke-width:.8}.v{font-weight:700}"
    "rect{stroke:#111;stroke-width:.7}.p-now{fill:#111}.p-past,.p-a0{fill:#fff}"
    ".p-a1{fill:#eee}.p-a2{fill:#d0d0d0}.p-a3{fill:#a8a8a8}.p-a4{fill:#707070}.p-a5{fill:#222}"
    "</style>"
)


def _trend(steps: list[dict], css: Callable[[bool], str]) -> list[charts.Bar]:
    last = len(steps) - 1
    return [
        charts.Bar(
            label=date_format(Month.parse(step["month"]).first_day, "M"),
            value=Decimal(step["collected"]),
            text=charts.compact_number(Decimal(step["collected"])),
            css=css(index == last),
            is_current=index == last,
        )
        for index, step in enumerate(steps)
    ]


def _ages(ageing: dict, currency: str, prefix: str) -> list[charts.Bar]:
    return [
        charts.Bar(
            label=age_label(label),
            value=Decimal(box["balance"]),
            text=amount_in_words(box["balance"], currency),
            css=f"{prefix}{min(index, 5)}",
        )
        for index, (label, box) in enumerate(ageing["buckets"].items())
    ]


def trend_plot(steps: list[dict], currency: str) -> charts.Plot:
    """Collected per month, for the screen."""
    return charts.bars(_("Collected per month"), _trend(steps, lambda _is_last: ""), note=currency)


def age_plot(ageing: dict, currency: str) -> charts.Plot:
    """The closing by age of item, for the screen."""
    note = _("%(currency)s, days past due") % {"currency": currency}
    return charts.hbars(_("Closing by age of item"), _ages(ageing, currency, "a"), note=note)


def _in_ink(plot: charts.Plot) -> charts.Plot:
    return replace(plot, svg=mark_safe(plot.svg.replace("</title>", f"</title>{PRINT_STYLE}", 1)))


def printed_trend_plot(steps: list[dict], currency: str) -> charts.Plot:
    """Collected per month, in colours that save ink."""
    title = _("Collected per month, %(currency)s") % {"currency": currency}
    return _in_ink(charts.bars(title, _trend(steps, lambda is_last: "p-now" if is_last else "p-past")))


def printed_age_plot(ageing: dict, currency: str) -> charts.Plot:
    """The closing by age of item, in colours that save ink."""
    title = _("Closing by age of item, days past due, %(currency)s") % {"currency": currency}
    return _in_ink(charts.hbars(title, _ages(ageing, currency, "p-a")))
