"""The cash and change money that people of the office hold, and since when."""

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.cashdesk.filtersets import CashReceiptFilterSet
from accounts.cashdesk.models import CashReceipt
from accounts.cashdesk.queries import change_by_person
from accounts.deposits.queries import held_by_person
from accounts.deposits.rules import MAKE_DEPOSIT, VIEW_DEPOSIT
from collections_app.core.web.parts import Action, Crumb
from collections_app.core.web.tables import DateColumn, LinkColumn, MoneyColumn, Table, TextColumn
from collections_app.core.web.views import ListPage


class HeldCashTable(Table):
    row_label = "code"

    code = LinkColumn(
        "accounts:cash_receipt_detail",
        text="code",
        note="debtor.name",
        verbose_name=gettext_lazy("Receipt"),
        order_by=("code",),
    )
    holder = TextColumn(
        accessor="holder.full_name",
        verbose_name=gettext_lazy("Held by"),
        width=140,
        order_by=("holder__full_name", "received_date", "id"),
    )
    cashier = TextColumn(
        accessor="cashier.full_name", verbose_name=gettext_lazy("Taken by"), width=140, muted=True
    )
    received_date = DateColumn(
        verbose_name=gettext_lazy("Received"), age=True, order_by=("received_date", "id"), phone=True
    )
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), code=True, total=True, order_by=("amount",))
    deposit_by = DateColumn(
        verbose_name=gettext_lazy("To the bank by"), order_by=("deposit_by", "id"), width=108
    )
    bank_account = TextColumn(
        accessor="instruction.bank_account.name", verbose_name=gettext_lazy("Goes to"), width=140, muted=True
    )
    deposit_code = TextColumn(verbose_name=gettext_lazy("On slip"), width=92, bdi=True, muted=True)
    creditor = TextColumn(
        accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=132, muted=True, shown=False
    )

    class Meta:
        order_by = "received_date"


class HeldCashPage(ListPage):
    """Who holds how much cash, how old it is, and what should be at the bank by now."""

    permission = VIEW_DEPOSIT
    title = gettext_lazy("Cash held and not deposited")
    lead = gettext_lazy("Who holds it, how long already, and by when it was to be at the bank.")
    menu = "deposits"
    filterset_class = CashReceiptFilterSet
    table_class = HeldCashTable
    list_name = "held_cash"
    url_name = "accounts:held_cash"
    template_name = "accounts/held_cash.html"
    count_label = ngettext_lazy("%(n)s receipt", "%(n)s receipts", "n")
    empty_text = gettext_lazy("Nobody holds cash: everything is at the bank.")
    default_views = ((gettext_lazy("Late"), "late=true"), (gettext_lazy("Taken by me"), "mine=true"))

    def get_crumbs(self):
        return [Crumb(_("Deposits"), reverse("accounts:deposit_list"))]

    def get_queryset(self):
        return (
            CashReceipt.objects.visible_to(self.request.user)
            .held()
            .select_related("debtor", "creditor", "cashier", "holder", "instruction__bank_account")
        )

    def get_head_actions(self):
        return [
            Action(
                _("New deposit"),
                reverse("accounts:deposit_new"),
                icon="plus",
                primary=True,
                permission=MAKE_DEPOSIT,
            )
        ]

    def get_context_data(self, **kwargs):
        held = CashReceipt.objects.visible_to(self.request.user)
        return super().get_context_data(
            people=held_by_person(held, as_of=self.today),
            change=change_by_person(self.request.user),
            **kwargs,
        )


urlpatterns = [path("deposits/held/", HeldCashPage.as_view(), name="held_cash")]
