"""Documents that a creditor's list of all open items no longer names: look, and say what became of them."""

import django_filters
from django import forms
from django.contrib import messages
from django.urls import path
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.imports.enums import MissingStatus
from accounts.imports.missing import DECIDE, decide_missing
from accounts.imports.models import MissingItem
from accounts.parties.queries import creditor_choices
from collections_app.core.web import navigation
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import BulkAction
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import BulkActionPage, ListPage

VIEW = "accounts.view_import"


def count_waiting(user, as_of) -> int:
    return MissingItem.objects.visible_to(user).filter(status=MissingStatus.WAITING).count()


navigation.register(
    "missing_items",
    gettext_lazy("Missing items"),
    "accounts:missing_item_list",
    icon="file-alert",
    permission=DECIDE,
    order=82,
    group="money",
    count=count_waiting,
)


class MissingItemFilterSet(FilterSet):
    q = django_filters.CharFilter(
        label=gettext_lazy("Search"), field_name="account__number", lookup_expr="istartswith"
    )
    status = django_filters.ChoiceFilter(label=gettext_lazy("Decision"), choices=MissingStatus.choices)
    creditor = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Creditor"), field_name="account__creditor", queryset=creditor_choices
    )
    batch = django_filters.NumberFilter(label=gettext_lazy("Import"), field_name="batch_id")

    class Meta:
        model = MissingItem
        fields: list[str] = []


class MissingItemTable(Table):
    row_label = "account.number"

    account = LinkColumn(
        "accounts:account_detail",
        text="account.number",
        arg="account_id",
        verbose_name=gettext_lazy("Account"),
        order_by=("account__number", "id"),
    )
    debtor = TextColumn(accessor="account.debtor.name", verbose_name=gettext_lazy("Debtor"))
    reference = TextColumn(accessor="entry.reference", verbose_name=gettext_lazy("Document"), bdi=True)
    due_date = DateColumn(accessor="entry.due_date", verbose_name=gettext_lazy("Due"))
    open_amount = MoneyColumn(verbose_name=gettext_lazy("Open"), code=True, total=True)
    snapshot_date = DateColumn(verbose_name=gettext_lazy("List of"), order_by=("snapshot_date",))
    status = StatusColumn(MissingStatus, verbose_name=gettext_lazy("Decision"), width=190)
    note = TextColumn(verbose_name=gettext_lazy("Note"), shown=False)

    class Meta:
        order_by = "account"


class MissingItemListPage(ListPage):
    permission = VIEW
    title = gettext_lazy("Missing items")
    lead = gettext_lazy(
        "Open documents that a creditor's list of all open items does not name. Nothing is guessed."
    )
    menu = "missing_items"
    queryset = MissingItem.objects.select_related("account__debtor", "entry")
    filterset_class = MissingItemFilterSet
    table_class = MissingItemTable
    list_name = "missing_items"
    url_name = "accounts:missing_item_list"
    count_label = ngettext_lazy("%(n)s missing item", "%(n)s missing items", "n")
    empty_text = gettext_lazy("No document is missing: every list of open items named all that is open here.")
    default_views = ((gettext_lazy("To decide"), "status=waiting"),)
    bulk_actions = (
        BulkAction(
            gettext_lazy("Say what became of them"), "accounts:missing_item_decide", DECIDE, primary=True
        ),
    )


class DecideForm(forms.Form):
    to = forms.ChoiceField(
        label=gettext_lazy("What became of them"),
        widget=forms.RadioSelect,
        choices=[
            (MissingStatus.PAID, gettext_lazy("Paid to the creditor: a payment is posted")),
            (MissingStatus.CREDITED, gettext_lazy("Credited by the creditor: a credit note is posted")),
            (MissingStatus.KEPT, gettext_lazy("Still open: nothing changes")),
        ],
    )
    value_date = DayField(label=gettext_lazy("Value date"), not_after_today=True)
    note = forms.CharField(
        label=gettext_lazy("How you know"),
        max_length=300,
        help_text=gettext_lazy("For instance: told by their accounts department, 20 November."),
    )


class DecideMissingPage(BulkActionPage):
    list_page = MissingItemListPage
    permission = DECIDE
    title = gettext_lazy("What became of the missing items")
    menu = "missing_items"
    form_class = DecideForm
    button = gettext_lazy("Decide")
    wide_fields = ("to", "note")
    two_columns = True

    def get_initial(self):
        return {"value_date": self.today}

    def perform(self, form):
        return decide_missing(
            ids=list(self.selected().values_list("pk", flat=True)),
            actor=self.request.user,
            as_of=self.today,
            **form.cleaned_data,
        )

    def form_valid(self, form, result, url):
        messages.success(
            self.request,
            ngettext("%(n)s item was decided.", "%(n)s items were decided.", result) % {"n": result},
        )
        return self.go(url)


urlpatterns = [
    path("missing-items/", MissingItemListPage.as_view(), name="missing_item_list"),
    path("missing-items/decide/", DecideMissingPage.as_view(), name="missing_item_decide"),
]
