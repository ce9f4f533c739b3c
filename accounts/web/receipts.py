"""Payments over all accounts in view."""

from datetime import timedelta

import django_filters
from django.db.models import Exists, OuterRef, Q
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.cashdesk.models import CashReceipt
from accounts.ledger.enums import EntryKind, PaymentMethod, Receiver
from accounts.ledger.models import Account, LedgerEntry
from accounts.payments.filtersets import PaymentFilterSet
from accounts.web.account_parts import debtor_column
from collections_app.core.web import navigation
from collections_app.core.web.columns import RowColumn
from collections_app.core.web.figures import status_html
from collections_app.core.web.tables import DateColumn, MoneyColumn, Table, TextColumn
from collections_app.core.web.views import AnyDayList, ListPage


def _stands(row, context) -> str:
    """Whether the money is still there: nothing said where it is."""
    returned = getattr(row, "payment_return", None)
    if returned is not None:
        words = _("Came back: %(code)s") % {"code": returned.reason.shown_code() or returned.reason.meaning()}
        return status_html(words, "stop", "receipt-refund", quiet=True)
    if getattr(row, "reversed_by", None) is not None:
        return status_html(_("Taken back"), "none", "arrow-back-up", quiet=True)
    return ""


class PaymentTable(Table):
    row_label = "account.number"

    debtor = debtor_column("accounts:entry_detail")
    value_date = DateColumn(verbose_name=gettext_lazy("Value date"), order_by=("value_date", "id"))
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), code=True, total=True, order_by=("amount",))
    method = TextColumn(accessor="get_method_display", verbose_name=gettext_lazy("How"), width=108)
    receiver = TextColumn(
        accessor="get_receiver_display", verbose_name=gettext_lazy("Received"), width=156, muted=True
    )
    reference = TextColumn(verbose_name=gettext_lazy("Reference"), width=140, bdi=True, muted=True)
    officer = TextColumn(
        accessor="account.officer.full_name", verbose_name=gettext_lazy("Officer"), width=124, muted=True
    )
    came_back = RowColumn(_stands, verbose_name=gettext_lazy("Came back"), width=172)
    creditor = TextColumn(
        accessor="account.creditor.name",
        verbose_name=gettext_lazy("Creditor"),
        width=132,
        muted=True,
        shown=False,
    )
    source = TextColumn(
        accessor="get_source_display", verbose_name=gettext_lazy("From"), width=124, muted=True, shown=False
    )

    class Meta:
        order_by = "-value_date"


class MoneyFilterSet(PaymentFilterSet):
    """With the question only the cash desk can answer: whether cash got its number."""

    numbered = django_filters.BooleanFilter(label=gettext_lazy("Cash with a receipt"), method="has_number")

    def has_number(self, queryset, name, value):
        cash = queryset.filter(method=PaymentMethod.CASH, receiver=Receiver.OFFICE, reversed_by__isnull=True)
        anew = CashReceipt.objects.issued().filter(code=OuterRef("reference"), currency=OuterRef("currency"))
        numbered = Q(receipt_line__isnull=False) | Exists(anew)
        return cash.filter(numbered) if value else cash.exclude(numbered)


class PaymentListPage(AnyDayList, ListPage):
    permission = "accounts.view_account"
    title = gettext_lazy("Payments")
    lead = gettext_lazy("Money that arrived, and whether it is still there.")
    menu = "payments"
    filterset_class = MoneyFilterSet
    table_class = PaymentTable
    list_name = "payments"
    day_field = "value_date"
    only_now = ("came_back", "mine", "numbered")
    url_name = "accounts:payment_list"
    count_label = ngettext_lazy("%(n)s payment", "%(n)s payments", "n")
    empty_text = gettext_lazy("No payment yet. Post one on an account's page.")

    @property
    def default_views(self):
        """Tabs that everyone has; they name days, so they are made for today."""
        today = self.today
        first = today.replace(day=1)
        return [
            (_("Today"), f"paid_after={today}"),
            (_("This month"), f"paid_after={first}"),
            (_("Came back, last 30 days"), f"came_back=true&paid_after={today - timedelta(days=30)}"),
        ]

    def get_queryset(self):
        rows = LedgerEntry.objects.filter(
            kind=EntryKind.PAYMENT, account__in=Account.objects.visible_to(self.request.user)
        ).select_related(
            "account__debtor",
            "account__creditor",
            "account__officer",
            "reversed_by",
            "payment_return__reason",
        )
        return self.as_then(rows)

    def complete_then(self, rows) -> None:
        """A payment that came back later, or of which it was known later, still stands."""
        for row in rows:
            back = getattr(row, "reversed_by", None)
            if back is not None and (back.value_date > self.as_of or back.recorded_at > self.known_until):
                row._state.fields_cache["reversed_by"] = row._state.fields_cache["payment_return"] = None


navigation.register(
    "payments",
    gettext_lazy("Payments"),
    "accounts:payment_list",
    icon="cash-banknote",
    permission="accounts.view_account",
    order=10,
    group="money",
)

urlpatterns = [path("payments/", PaymentListPage.as_view(), name="payment_list")]
