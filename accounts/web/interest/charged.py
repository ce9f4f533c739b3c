"""What runs charge, account by account, and waiving it."""

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.interest.enums import RunStatus
from accounts.interest.filtersets import InterestPostingFilterSet
from accounts.interest.models import InterestPosting
from accounts.interest.rules import VIEW_RUNS, WAIVE_INTEREST
from accounts.interest.services import waive
from accounts.ledger.models import Account
from accounts.web.account_parts import debtor_column
from collections_app.core.templatetags import ui
from collections_app.core.web.columns import RowColumn
from collections_app.core.web.figures import day_text, status_html
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.tables import MoneyColumn, Table, TextColumn
from collections_app.core.web.views import ListPage, ReasonPage


def _state(row, context) -> str:
    if row.waived_by_id:
        return status_html(_("Waived"), "attn", "circle-x", quiet=True)
    if row.is_live:
        return status_html(_("Posted"), "good", "circle-check", quiet=True)
    if row.reversal_id:
        return status_html(_("Taken back"), "none", "arrow-back-up", quiet=True)
    if row.entry_id is None and row.run.status == RunStatus.POSTED:
        return status_html(_("Nothing due any more"), "none", "circle-check", quiet=True)
    return status_html(_("Not posted"), "wait", "clock", quiet=True)


class PostingTable(Table):
    row_label = "account.number"

    debtor = debtor_column("accounts:account_interest", arg="account_id")
    about = TextColumn(accessor="about", verbose_name=gettext_lazy("For"), width=140)
    kind = TextColumn(accessor="get_kind_display", verbose_name=gettext_lazy("What"), width=108, muted=True)
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), code=True, total=True, order_by=("amount",))
    instead = MoneyColumn(accessor="replaces.amount", verbose_name=gettext_lazy("Instead of"), width=116)
    state = RowColumn(_state, verbose_name=gettext_lazy("State"), width=172)
    creditor = TextColumn(
        accessor="account.creditor.name", verbose_name=gettext_lazy("Creditor"), width=132, muted=True
    )

    class Meta:
        order_by = "-amount"


class PostingListPage(ListPage):
    permission = VIEW_RUNS
    title = gettext_lazy("What is charged")
    lead = gettext_lazy("Every account's month of interest and every fee, of posted and of waiting runs.")
    menu = "interest"
    filterset_class = InterestPostingFilterSet
    table_class = PostingTable
    list_name = "interest_postings"
    url_name = "accounts:interest_posting_list"
    count_label = ngettext_lazy("%(n)s amount", "%(n)s amounts", "n")
    empty_text = gettext_lazy("Nothing was charged yet. Prepare a run of interest or fees.")
    default_views = (
        (gettext_lazy("Corrections"), "correction=true"),
        (gettext_lazy("Waived"), "waived=true"),
    )

    def get_crumbs(self):
        return [Crumb(_("Interest and fees"), reverse("accounts:interest_run_list"))]

    def get_queryset(self):
        return InterestPosting.objects.filter(
            account__in=Account.objects.visible_to(self.request.user)
        ).select_related("account__debtor", "account__creditor", "replaces", "run")


class WaivePage(ReasonPage):
    permission = WAIVE_INTEREST
    menu = "accounts"
    title = gettext_lazy("Waive")
    button = gettext_lazy("Waive it")
    is_dangerous = True

    def get_queryset(self):
        return InterestPosting.objects.filter(
            account__in=Account.objects.visible_to(self.request.user),
            is_live=True,
            waived_by__isnull=True,
            entry__reversed_by__isnull=True,
        ).select_related("account__debtor", "entry")

    def get_crumbs(self):
        account = self.object.account
        return [
            Crumb(
                f"{account.debtor.name} {account.number}",
                reverse("accounts:account_detail", args=[account.pk]),
            )
        ]

    def facts(self):
        charged = self.object
        return [
            Fact(_("Amount"), ui.money_with_code(charged.amount, charged.currency)),
            Fact(_("For"), charged.about()),
            Fact(_("Posted with"), day_text(charged.entry.value_date, self.today)),
        ]

    def consequence(self):
        return _("The entry is reversed for good: later runs leave this month, or this fee, alone.")

    def perform(self, form):
        return waive(
            charged=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("accounts:entry_detail", args=[self.object.entry_id])

    def get_cancel_url(self):
        return reverse("accounts:entry_detail", args=[self.object.entry_id])

    def get_success_message(self, result) -> str:
        return _("It is waived.")


urlpatterns = [
    path("interest/charged/", PostingListPage.as_view(), name="interest_posting_list"),
    path("interest/charged/<int:pk>/waive/", WaivePage.as_view(), name="interest_posting_waive"),
]
