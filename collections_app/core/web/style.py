"""Every component on one page, for whoever builds a page; not open in production."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.core import charts
from collections_app.core.enums import JobStatus
from collections_app.core.refusal import Refused
from collections_app.core.web.actions import ActionPage
from collections_app.core.web.figures import AGE_STEPS
from collections_app.core.web.forms import DayField, MoneyFormField
from collections_app.core.web.pages import SIGNED_IN
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section, Tab
from collections_app.core.web.tables import (
    AgeColumn,
    DateColumn,
    LinkColumn,
    MoneyColumn,
    StatusColumn,
    Table,
    TextColumn,
)

NAMES = (
    ("Saffron Court", "30251", "AED", "41660.00", 203),
    ("Gulf Lantern Hotel", "30077", "KWD", "4120.750", 128),
    ("Noor Trading LLC", "30112", "AED", "18900.00", 95),
    ("Fakhoury, Karim", "41906", "AED", "6300.00", 72),
    ("Барсукова, Ирина", "44871", "EUR", "1240.00", 47),
    ("Lindqvist, Maja", "70418", "EUR", "-31.60", 19),
    ("عديل قريشي", "61120", "KWD", "0.000", -14),
)


@dataclass
class Example:
    pk: int
    name: str
    number: str
    currency: str
    balance: Decimal
    days: int
    status: str
    due_date: Any


class ExampleTable(Table):
    number = TextColumn(verbose_name=gettext_lazy("Account"), bdi=True, muted=True, width=76)
    name = LinkColumn("core:job_detail", verbose_name=gettext_lazy("Debtor"), orderable=True)
    balance = MoneyColumn(code=True, credit=True, total=True, verbose_name=gettext_lazy("Balance"))
    days = AgeColumn(verbose_name=gettext_lazy("Oldest"), orderable=True)
    status = StatusColumn(JobStatus, verbose_name=gettext_lazy("State"))
    due_date = DateColumn(verbose_name=gettext_lazy("Due"), age=True)

    class Meta:
        order_by = "-days"


class ExampleForm(forms.Form):
    amount = MoneyFormField(label=gettext_lazy("Amount, EUR"), currency="EUR", min_value=Decimal("0.01"))
    by = DayField(label=gettext_lazy("By"), not_before_today=True)
    channel = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=[("transfer", gettext_lazy("Transfer")), ("cash", gettext_lazy("Cash"))],
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        widget=forms.Textarea,
        required=False,
        help_text=gettext_lazy("Nobody edits it later."),
    )
    agreed = forms.BooleanField(label=gettext_lazy("The debtor said so himself"), required=False)


class ExampleRefusal(Refused):
    """What the form of the style page always gets."""


class Style(ActionPage):
    """All components, in the theme and language of whoever looks."""

    permission = SIGNED_IN
    template_name = "core/style.html"
    title = gettext_lazy("Style")
    lead = gettext_lazy("Every component of the product on one page, as this user sees it.")
    form_class = ExampleForm
    two_columns = True
    wide_fields = ("note", "agreed")
    offers_as_of = True
    button = gettext_lazy("Save promise")

    def dispatch(self, request, *args, **kwargs):
        if settings.PRODUCTION:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def perform(self, form) -> Any:
        if form.cleaned_data["agreed"]:
            raise ExampleRefusal(_("Refused as an example. Untick the box."), field="agreed")
        messages.success(self.request, _("Saved, as an example."), extra_tags="undo=/style/")

    def get_crumbs(self):
        return [Crumb(_("Today"), "/"), Crumb(_("1 of 31"))]

    def get_head_actions(self):
        return [
            Action(_("Statement"), "#", "file-text"),
            Action(_("Place hold"), "#", "hand-stop", key="h"),
            Action(_("Take promise"), "#", "calendar-dollar", primary=True, key="p"),
        ]

    def consequence(self):
        return _(
            "Kept if the amount comes by then, with two business days of grace. Reminders pause until then."
        )

    def examples(self) -> list[Example]:
        states = list(JobStatus)
        return [
            Example(
                pk, name, number, currency, Decimal(amount), days, states[pk % len(states)].value,
                self.today - timedelta(days=days),
            )
            for pk, (name, number, currency, amount, days) in enumerate(NAMES, start=1)
        ]  # fmt: skip

    def get_context_data(self, **kwargs):
        months = ["Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct"]
        heights = (331, 298, 342, 309, 366, 351, 377, 330, 341, 318, 372, 392)
        collected = [
            charts.Bar(label, Decimal(value), str(value), is_current=label == "Oct")
            for label, value in zip(months, heights, strict=True)
        ]
        ages = [
            charts.Bar(label, Decimal(value), f"{value:,}.00", css=f"a{step}")
            for step, (label, value) in enumerate(
                zip(
                    ("Current", "1-30", "31-60", "61-90", "91-180", "over 180"),
                    (751606, 474181, 291198, 182982, 159372, 108215),
                    strict=True,
                )
            )
        ]
        parts = [
            charts.Bar(label, Decimal(value), str(value), css=css)
            for label, value, css in (
                ("Paid", 96, "s-paid"), ("Promised", 52, "s-prom"),
                ("Tried", 58, "s-tried"), ("Disputed", 23, "s-disp"),
            )
        ]  # fmt: skip
        halves = [
            ("City Power", "f-acc", [Decimal(value) for value in heights]),
            ("Harbour", "f-soft", [Decimal(90)] * 12),
        ]
        table = ExampleTable.draw(
            self.examples(),
            request=self.request,
            with_totals=True,
            sort="-days",
            sort_url=lambda name: f"?sort={name}",
        )
        return super().get_context_data(
            figures=[
                Figure(_("Overdue"), "1,240.00", size="xl", currency="AED"),
                Figure(_("Less disputed"), "120.00"),
                Figure(_("To ask for"), "1,120.00", size="ask"),
                Figure(_("Oldest unpaid"), "7 Oct", age=47),
                Figure(_("Hold"), _("none")),
            ],
            tabs=[Tab(_("All"), "?", True, 412), Tab(_("Over 90 days"), "?", False, 38)],
            table_section=Section(
                _("Accounts"), table=table, note=_("drawn by the lean loop"), link=Crumb(_("All"), "#")
            ),
            empty_section=Section(
                _("Nothing yet"),
                table=ExampleTable.draw(
                    [],
                    request=self.request,
                    empty_text=_("No account is overdue."),
                    empty_link=Crumb(_("Bring a book in"), "#"),
                ),
            ),
            facts_section=Section(
                _("Who"),
                facts=[
                    Fact(_("Speaks"), "Arabic, English"),
                    Fact(_("Also liable"), "Rahman, Tariq", url="#"),
                ],
            ),
            plots=[
                charts.bars(_("Collected per month"), collected, note=_("AED thousand")),
                charts.hbars(_("Closing by age of item"), ages, note="AED"),
                charts.line(_("Kept promises"), collected, note="%"),
                charts.stacked_bars(_("By creditor"), months, halves),
            ],
            stacked=charts.stacked(_("Where the members stand"), parts),
            spark=charts.sparkline(_("Twelve months"), [Decimal(value) for value in heights]),
            meter=charts.meter(_("Collected"), Decimal("0.71"), mark=Decimal("0.76")),
            ages=[-14, *(upper + 1 for upper in AGE_STEPS)],
            states=[(member.label, member.tone, member.icon) for member in JobStatus],
            amount=Decimal("1240.5"),
            credit=Decimal("-500"),
            nothing=Decimal(0),
            **kwargs,
        )
