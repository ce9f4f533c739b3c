"""The tables and the chart of a what-if."""

from datetime import timedelta
from decimal import Decimal

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.simulation.models import WhatIf
from campaigns.web.what_if_accounts import what_word
from collections_app.core import charts, money
from collections_app.core.web.figures import count_text, day_text
from collections_app.core.web.tables import LinkColumn, NumberColumn, Table, TextColumn

CSS = {"email": "s-cont", "sms": "s-prom", "letter": "s-part", "call": "s-disp", "visit": "s-tried"}


class PairTable(Table):
    """A figure of both sides."""

    name = TextColumn(verbose_name=gettext_lazy("What"), phone=True)
    live = NumberColumn(verbose_name=gettext_lazy("In force"), width=92, phone=True)
    draft = NumberColumn(verbose_name=gettext_lazy("Draft"), width=92, phone=True)
    more = NumberColumn(verbose_name=gettext_lazy("Difference"), width=108)


class LoadTable(Table):
    name = TextColumn(verbose_name=gettext_lazy("Officer"), phone=True)
    live = NumberColumn(verbose_name=gettext_lazy("In force"), width=92, phone=True)
    draft = NumberColumn(verbose_name=gettext_lazy("Draft"), width=92, phone=True)
    busiest = NumberColumn(verbose_name=gettext_lazy("Busiest day"), width=124)


class PressedTable(Table):
    name = LinkColumn("accounts:debtor_detail", arg="pk", verbose_name=gettext_lazy("Debtor"))
    contacts = NumberColumn(verbose_name=gettext_lazy("Contacts"), width=108, phone=True)
    hardship = TextColumn(verbose_name=gettext_lazy("Protected"), width=124)


class CostTable(Table):
    """What the contacts cost in one currency on either side."""

    name = TextColumn(verbose_name=gettext_lazy("What"), phone=True)
    live = TextColumn(verbose_name=gettext_lazy("In force"), width=124, phone=True)
    draft = TextColumn(verbose_name=gettext_lazy("Draft"), width=124, phone=True)


def pairs(live: dict, draft: dict, word, *, key=str) -> list[dict]:
    return [
        {
            "name": word(code),
            "live": live.get(code, 0),
            "draft": draft.get(code, 0),
            "more": draft.get(code, 0) - live.get(code, 0),
        }
        for code in sorted({*live, *draft}, key=key)
    ]


def cost_rows(result: dict) -> list[dict]:
    """For each currency the sum of both sides, then its channels."""
    language = translation.get_language() or "en"
    rows = []
    sides = [result[side]["cost"] for side in ("live", "draft")]
    for currency in sorted({*sides[0], *sides[1]}):
        parts = [
            {what: Decimal(amount) for what, amount in side.get(currency, {}).items()} for side in sides
        ]
        sums = [{"": sum(part.values(), Decimal(0)), **part} for part in parts]
        for what in ["", *sorted({*parts[0], *parts[1]})]:
            live, draft = (
                money.format_amount(part.get(what, Decimal(0)), currency, language) for part in sums
            )
            word = what_word(what) if what else _("All channels")
            rows.append({"name": f"{currency}: {word}", "live": live, "draft": draft})
    return rows


def busiest_day(side: dict) -> int:
    return max((sum(counts.values()) for counts in side["by_day"].values()), default=0)


def contacts_plot(title: str, side: dict, made: WhatIf, busiest: int) -> charts.Plot:
    """Contacts a day by channel, on a scale that the `busiest` day of both sides fits in; every fifth
    day is named below its bar, all of them in the table."""
    days = [made.first_day + timedelta(days=number) for number in range(made.days)]
    channels = [code for code in CSS if code in side["totals"]]
    series = [
        (
            what_word(code),
            CSS[code],
            [Decimal(side["by_day"].get(day.isoformat(), {}).get(code, 0)) for day in days],
        )
        for code in channels
    ]
    every = max(len(days) // 6, 1)
    labels = [f"{day:%d.%m.}" if place % every == 0 else "" for place, day in enumerate(days)]
    plot = charts.stacked_bars(title, labels, series, reaching=Decimal(busiest))
    plot.rows = [
        (day_text(day), [count_text(int(values[place])) for _name, _css, values in series])
        for place, day in enumerate(days)
    ]
    return plot
