"""What the contact rules would refuse of a draft: to whom, about which account, on which day, and why."""

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.ledger.models import Account
from accounts.parties.models import Debtor
from campaigns.simulation import rules
from campaigns.simulation.enums import Outcome, Side
from campaigns.simulation.models import ForetoldStep, WhatIf
from campaigns.web.what_if_accounts import rule_word, what_word
from collections_app.core.web.parts import Crumb
from collections_app.core.web.tables import DateColumn, LinkColumn, RowColumn, Table, TextColumn
from collections_app.core.web.views import ListPage


class RefusedTable(Table):
    day = DateColumn(verbose_name=gettext_lazy("Day"), width=110, phone=True)
    who = TextColumn(verbose_name=gettext_lazy("To"), width=200, phone=True)
    number = LinkColumn(
        "accounts:account_detail",
        text="account.number",
        arg="account_id",
        verbose_name=gettext_lazy("Account"),
        width=140,
        phone=True,
    )
    channel = RowColumn(
        lambda row, _context: what_word(row.channel or row.kind), verbose_name=gettext_lazy("Channel")
    )
    rule = RowColumn(
        lambda row, _context: rule_word(row.rule), verbose_name=gettext_lazy("Why"), phone=True
    )

    class Meta:
        order_by = "day"


class RefusedStepsPage(ListPage):
    """A message about several accounts stands there once for each."""

    permission = rules.VIEW
    title = gettext_lazy("What the contact rules would refuse")
    menu = "strategies"
    list_name = "what_if_refused"
    url_name = "campaigns:what_if_refused"
    table_class = RefusedTable
    count_label = ngettext_lazy("%(n)s step", "%(n)s steps", "n")
    empty_text = gettext_lazy("The contact rules would let all of it pass.")
    exportable = True

    def get_crumbs(self):
        return [
            Crumb(_("Strategies"), reverse("campaigns:strategy_list")),
            Crumb(_("What it would do"), reverse("campaigns:what_if", args=[self.kwargs["pk"]])),
        ]

    def get_queryset(self):
        who = Debtor.objects.filter(pk=OuterRef("debtor_id")).values("name")
        return (
            ForetoldStep.objects.filter(
                what_if=self.kwargs["pk"],
                what_if__in=WhatIf.objects.visible_to(self.request.user),
                account__in=Account.objects.visible_to(self.request.user),
                side=Side.DRAFT,
                outcome=Outcome.REFUSED,
            )
            .select_related("account")
            .annotate(who=Subquery(who))
            .order_by("day", "account_id", "debtor_id")
        )
