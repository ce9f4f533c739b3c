"""The accounts behind the interest of a day, those that bear most first."""

from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Max
from django.http import Http404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.interest.day import BY_ACCOUNT, borne_on, terms_of_creditors
from accounts.interest.models import AccrualBook
from accounts.interest.rules import VIEW_ACCRUED
from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from accounts.web.interest.accrued import CRUMBS
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import day_text
from collections_app.core.web.moments import read_day
from collections_app.core.web.parts import Crumb
from collections_app.core.web.row_ids import row_id
from collections_app.core.web.tables import (
    LinkColumn,
    NumberColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import PageView

ACCOUNTS_SHOWN = 200


class BearingTable(Table):
    row_label = "number"

    debtor = LinkColumn(
        "accounts:account_interest",
        text="debtor",
        note="number",
        arg="account_id",
        verbose_name=gettext_lazy("Debtor"),
        phone=True,
    )
    creditor = TextColumn(verbose_name=gettext_lazy("Creditor"), width=172, muted=True)
    items = NumberColumn(verbose_name=gettext_lazy("Items"))
    interest = TextColumn(verbose_name=gettext_lazy("Interest of the day"), width=188, phone=True)


class AccruedAccountsPage(PageView):
    """The accounts behind a day's interest, those that bear most first; asked of the entries."""

    permission = VIEW_ACCRUED
    menu = "interest"
    template_name = "accounts/interest_accrued_accounts.html"

    @cached_property
    def day(self) -> date:
        day = read_day(self.kwargs["day"])
        if day is None:
            raise Http404(_("There is no such day."))
        return day

    @property
    def creditor(self) -> int | None:
        """The creditor whose accounts alone are asked for."""
        return row_id(self.request.GET.get("creditor", ""))

    @cached_property
    def creditor_ids(self) -> list[int]:
        seen = Creditor.objects.visible_to(self.request.user)
        if self.creditor is not None:
            seen = seen.filter(pk=self.creditor)
        return list(seen.filter(accrual_book__isnull=False).order_by("pk").values_list("pk", flat=True))

    def get_title(self):
        return _("Interest of %(day)s, %(currency)s") % {
            "day": day_text(self.day, self.today),
            "currency": self.kwargs["currency"],
        }

    def get_crumbs(self):
        asked = {"month": f"{self.day:%Y-%m}"}
        if self.creditor is not None:
            asked["creditor"] = str(self.creditor)
        return [
            *(Crumb(label, reverse(name)) for label, name in CRUMBS),
            Crumb(_("Interest accrued"), f"{reverse('accounts:interest_accrued')}?{urlencode(asked)}"),
        ]

    def get_context_data(self, **kwargs):
        code = self.kwargs["currency"]
        through = AccrualBook.objects.filter(creditor__in=self.creditor_ids).aggregate(Max("last_day"))
        last = through["last_day__max"]
        if last is None or self.day > last:
            raise Http404(_("That day is not kept."))
        found = terms_of_creditors(self.creditor_ids, as_of=last)
        rows = borne_on(self.day, [one for one in found if one.currency == code], told=BY_ACCOUNT)
        rows.sort(key=lambda row: (-row[2], row[0]))
        accounts = Account.objects.visible_to(self.request.user).select_related("debtor", "creditor")
        shown = accounts.in_bulk([row[0] for row in rows[:ACCOUNTS_SHOWN]])
        lines = [
            {
                "id": account_id,
                "account_id": account_id,
                "debtor": shown[account_id].debtor.name,
                "number": shown[account_id].number,
                "creditor": shown[account_id].creditor.name,
                "items": items,
                "interest": f"{interest:,f}",
            }
            for account_id, items, interest in rows[:ACCOUNTS_SHOWN]
            if account_id in shown
        ]
        return super().get_context_data(
            drawn=BearingTable.draw(
                lines,
                request=self.request,
                caption=self.get_title(),
                empty_text=_("No account bore interest on that day."),
            ),
            count=len(rows),
            shown=len(lines),
            total=ui.money_with_code(sum((row[2] for row in rows), Decimal(0)), code),
            **kwargs,
        )


urlpatterns = [
    path(
        "interest/accrued/<str:day>/<str:currency>/",
        AccruedAccountsPage.as_view(),
        name="interest_accrued_accounts",
    ),
]
