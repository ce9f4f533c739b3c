"""The accounts that a draft would treat differently, and the words of a what-if."""

from collections.abc import Callable
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.compliance.enums import Rule
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from campaigns.simulation import rules
from campaigns.simulation.models import ChangedAccount, WhatIf
from campaigns.strategies.enums import StepKind
from collections_app.core.web.figures import day_text
from collections_app.core.web.parts import Crumb
from collections_app.core.web.tables import LinkColumn, NumberColumn, RowColumn, Table, TextColumn
from collections_app.core.web.views import ListPage


def what_word(code: str) -> str:
    """A channel or a kind of work in words."""
    if code in Channel.values:
        return str(Channel(code).label)
    return str(StepKind(code).label)


def rule_word(code: str) -> str:
    return str(Rule(code).label) if code in Rule.values else code


def _steps_cell(name: str) -> Callable:
    def cell(row, context) -> str:
        steps = _steps(getattr(row, name))
        # where both sides come by the same channels on the same days it is the text that differs
        is_text = [step[:2] for step in _steps(row.live)] == [step[:2] for step in _steps(row.draft)]
        return (
            ", ".join(
                f"{day_text(date.fromisoformat(day), context.today)} {what_word(what)}"
                f"{f' ({code})' if is_text else ''}"
                for day, what, code in steps
            )
            or "–"
        )

    return cell


def _steps(text: str) -> list[list[str]]:
    """[day, channel or work, text] of each step as it is kept."""
    return [part.split("|") for part in text.split(";") if part.count("|") == 2]


class ChangedTable(Table):
    number = LinkColumn(
        "accounts:account_detail",
        text="account.number",
        arg="account_id",
        verbose_name=gettext_lazy("Account"),
        width=140,
        phone=True,
    )
    debtor = TextColumn(accessor="account.debtor.name", verbose_name=gettext_lazy("Debtor"), width=180)
    live = RowColumn(_steps_cell("live"), verbose_name=gettext_lazy("In force"))
    draft = RowColumn(_steps_cell("draft"), verbose_name=gettext_lazy("Draft"), phone=True)
    live_contacts = NumberColumn(verbose_name=gettext_lazy("Steps now"), width=100)
    draft_contacts = NumberColumn(verbose_name=gettext_lazy("Steps then"), width=100)

    class Meta:
        order_by = "number"


class ChangedAccountsPage(ListPage):
    permission = rules.VIEW
    title = gettext_lazy("Accounts treated differently")
    menu = "strategies"
    list_name = "what_if_accounts"
    url_name = "campaigns:what_if_accounts"
    table_class = ChangedTable
    count_label = ngettext_lazy("%(n)s account", "%(n)s accounts", "n")
    exportable = True

    def get_crumbs(self):
        return [
            Crumb(_("Strategies"), reverse("campaigns:strategy_list")),
            Crumb(_("What it would do"), reverse("campaigns:what_if", args=[self.kwargs["pk"]])),
        ]

    def get_queryset(self):
        return ChangedAccount.objects.filter(
            what_if=self.kwargs["pk"],
            what_if__in=WhatIf.objects.visible_to(self.request.user),
            account__in=Account.objects.visible_to(self.request.user),
        ).select_related("account__debtor")
