"""Our book against the creditor's: control totals, and where the books differ."""

import django_filters
from django import forms
from django.db.models import F, OuterRef, Subquery
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.control.files import file_of
from accounts.control.models import ControlCheck, ControlTotal
from accounts.control.queries import Differing, differing
from accounts.control.services import check_control_total, state_control_total
from accounts.parties.models import Creditor
from accounts.parties.queries import creditor_choices
from accounts.web.own_creditors import OwnCreditors
from collections_app.core import clock
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import full_day_text
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.forms import DayField, MoneyFormField
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, DetailPage, ListPage, VerbView

navigation.register(
    "control",
    gettext_lazy("Control totals"),
    "accounts:control_total_list",
    icon="scale",
    permission="accounts.view_control_total",
    order=80,
    group="money",
)
DIFFERENCES_SHOWN = 200


class ControlTotalFilterSet(FilterSet):
    creditor = django_filters.ModelChoiceFilter(label=gettext_lazy("Creditor"), queryset=creditor_choices)
    currency = django_filters.CharFilter(
        label=gettext_lazy("Currency"), field_name="currency", lookup_expr="iexact"
    )
    since = django_filters.DateFilter(label=gettext_lazy("Since"), field_name="as_of", lookup_expr="gte")
    differs = django_filters.BooleanFilter(label=gettext_lazy("Books differ"), method="filter_differs")

    class Meta:
        model = ControlTotal
        fields: list[str] = []

    def filter_differs(self, queryset, name, value):
        return queryset.exclude(difference=0) if value else queryset.filter(difference=0)


class ControlTotalTable(Table):
    row_label = "creditor.name"

    as_of = LinkColumn(
        "accounts:control_total_detail",
        text=lambda row: clock.written(row.as_of),
        verbose_name=gettext_lazy("End of day"),
        accessor="as_of",
        order_by=("as_of", "id"),
        width=112,
        phone=True,
    )
    creditor = TextColumn(accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), phone=True)
    stated_balance = MoneyColumn(verbose_name=gettext_lazy("Their balance"), code=True)
    ledger_balance = MoneyColumn(verbose_name=gettext_lazy("Ours"))
    difference = MoneyColumn(verbose_name=gettext_lazy("Difference"), strong=True)
    differing_accounts = NumberColumn(verbose_name=gettext_lazy("Accounts that differ"))
    checked_at = MomentColumn(verbose_name=gettext_lazy("Compared"))

    class Meta:
        order_by = "-as_of"

    @staticmethod
    def row_class(row) -> str:
        return "att" if row.difference else ""


def with_last_check(queryset):
    """Each total with its latest comparison: `ledger_balance`, `difference`, `checked_at`."""
    last = ControlCheck.objects.filter(total=OuterRef("pk")).order_by("-id")
    return queryset.annotate(
        ledger_balance=Subquery(last.values("ledger_balance")[:1]),
        differing_accounts=Subquery(last.values("differing_accounts")[:1]),
        checked_at=Subquery(last.values("recorded_at")[:1]),
    ).annotate(difference=F("ledger_balance") - F("stated_balance"))


class ControlTotalListPage(ListPage):
    permission = "accounts.view_control_total"
    title = gettext_lazy("Control totals")
    lead = gettext_lazy("What the creditors' own books show, held against ours; the difference by account.")
    menu = "control"
    filterset_class = ControlTotalFilterSet
    table_class = ControlTotalTable
    list_name = "control_totals"
    url_name = "accounts:control_total_list"
    count_label = ngettext_lazy("%(n)s control total", "%(n)s control totals", "n")
    empty_text = gettext_lazy("No control total yet. State what a creditor's books show at the end of a day.")
    default_views = ((gettext_lazy("Books differ"), "differs=true"),)

    def get_queryset(self):
        rows = ControlTotal.objects.visible_to(self.request.user).select_related("creditor")
        return with_last_check(rows)

    def get_head_actions(self):
        return [
            Action(
                _("State a total"),
                reverse("accounts:control_total_new"),
                icon="plus",
                primary=True,
                permission="accounts.state_control_total",
            )
        ]


class ControlTotalForm(forms.Form):
    creditor = forms.ModelChoiceField(label=gettext_lazy("Creditor"), queryset=Creditor.objects.none())
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, min_length=3)
    day = DayField(label=gettext_lazy("End of day"), not_after_today=True)
    stated_balance = MoneyFormField(
        label=gettext_lazy("Their balance"),
        required=False,
        help_text=gettext_lazy("Debit less credit. May stay empty where a list comes along."),
    )
    file = forms.FileField(
        label=gettext_lazy("List by account"),
        required=False,
        help_text=gettext_lazy("CSV or Excel with an account number and a balance in each row."),
    )
    number_column = forms.CharField(
        label=gettext_lazy("Column of the account number"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("If it is not called account_number."),
    )
    balance_column = forms.CharField(
        label=gettext_lazy("Column of the balance"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("If it is not called balance."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)

    def clean_currency(self):
        return self.cleaned_data["currency"].upper()


class ControlTotalNewPage(OwnCreditors, ActionPage):
    permission = "accounts.state_control_total"
    menu = "control"
    title = gettext_lazy("State a control total")
    form_class = ControlTotalForm
    button = gettext_lazy("Keep and compare")
    two_columns = True

    def get_crumbs(self):
        return [Crumb(_("Control totals"), reverse("accounts:control_total_list"))]

    def perform(self, form):
        data = dict(form.cleaned_data)
        file = data.pop("file")
        return state_control_total(
            filename=file.name if file else "",
            content=file.read() if file else b"",
            actor=self.request.user,
            as_of=self.today,
            **data,
        )

    def get_success_url(self, result):
        return reverse("accounts:control_total_detail", args=[result.pk])


class DifferingTable(Table):
    number = LinkColumn(
        "accounts:account_detail",
        text="number",
        arg="account_id",
        verbose_name=gettext_lazy("Account"),
    )
    why = TextColumn(verbose_name=gettext_lazy("Listed"), muted=True)
    theirs = MoneyColumn(verbose_name=gettext_lazy("Theirs"))
    ours = MoneyColumn(verbose_name=gettext_lazy("Ours"))
    difference = MoneyColumn(verbose_name=gettext_lazy("Difference"), strong=True, total=True)


class DifferenceRow:
    """A differing account with the currency that its columns are drawn in."""

    def __init__(self, found: Differing, currency: str) -> None:
        self.pk = found.number
        self.currency = currency
        self.account_id, self.number, self.is_listed = found.account_id, found.number, found.is_listed
        self.ours, self.theirs, self.difference = found.ours, found.theirs, found.difference

    @property
    def why(self) -> str:
        if self.account_id is None:
            return _("not in our book")
        return _("by both") if self.is_listed else _("not on their list")


class ControlTotalPage(DetailPage):
    permission = "accounts.view_control_total"
    menu = "control"
    list_url_name = "accounts:control_total_list"
    list_title = gettext_lazy("Control totals")

    def get_queryset(self):
        rows = ControlTotal.objects.visible_to(self.request.user).select_related("creditor", "actor")
        return with_last_check(rows)

    def get_title(self):
        return _("%(creditor)s, end of %(day)s") % {
            "creditor": self.object.creditor.name,
            "day": full_day_text(self.object.as_of),
        }

    def get_head_actions(self):
        file = file_of(self.object)
        actions = [
            Action(
                _("Compare again"),
                reverse("accounts:control_total_check", args=[self.object.pk]),
                icon="refresh",
                primary=True,
                post=True,
                permission="accounts.view_control_total",
            )
        ]
        if file is not None:
            actions.insert(
                0, Action(_("Their list"), reverse("core:file_download", args=[file.token]), icon="download")
            )
        return actions

    def figures(self):
        total, code = self.object, self.object.currency
        return [
            Figure(_("Their balance"), ui.money(total.stated_balance, code), currency=code),
            Figure(_("Ours, same day"), ui.money(total.ledger_balance, code), currency=code),
            Figure(_("Difference"), ui.figure(total.difference, code), currency=code),
        ]

    def sections(self):
        total = self.object
        if not total.has_list:
            text = (
                _("The books agree.")
                if not total.difference
                else _("No list by account came with this total. Ask for one to see where the books differ.")
            )
            return [Section(_("By account"), note=text)]
        found = differing(total, limit=DIFFERENCES_SHOWN)
        table = DifferingTable.draw(
            [DifferenceRow(row, total.currency) for row in found],
            request=self.request,
            empty_text=_("The books agree on every account."),
        )
        heading = _("Accounts on which the books differ")
        if total.differing_accounts and total.differing_accounts > DIFFERENCES_SHOWN:
            heading = _("The %(shown)s largest differences of %(all)s") % {
                "shown": DIFFERENCES_SHOWN,
                "all": total.differing_accounts,
            }
        return [Section(heading, table=table)]

    def side(self):
        total = self.object
        return [
            Section(
                _("Stated"),
                facts=[
                    Fact(_("By"), total.actor),
                    Fact(_("When"), ui.moment(total.recorded_at)),
                    Fact(_("Compared"), ui.moment(total.checked_at)),
                    Fact(_("Note"), total.note or "\u2013"),
                ],
            )
        ]


class ControlTotalCheck(VerbView):
    permission = "accounts.view_control_total"

    def get_queryset(self):
        return ControlTotal.objects.visible_to(self.request.user)

    def perform(self, form):
        return check_control_total(total=self.object, actor=self.request.user)

    def get_success_url(self, result):
        return reverse("accounts:control_total_detail", args=[self.object.pk])


urlpatterns = [
    path("control-totals/", ControlTotalListPage.as_view(), name="control_total_list"),
    path("control-totals/new/", ControlTotalNewPage.as_view(), name="control_total_new"),
    path("control-totals/<int:pk>/", ControlTotalPage.as_view(), name="control_total_detail"),
    path("control-totals/<int:pk>/check/", ControlTotalCheck.as_view(), name="control_total_check"),
]
