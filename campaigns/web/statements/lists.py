"""The lists: statements, runs, clearance letters; one menu entry, three tabs."""

import django_filters
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.parties.queries import creditor_choices
from campaigns.statements import rules
from campaigns.statements.enums import LetterStatus
from campaigns.statements.models import ClearanceLetter, Statement, StatementRun
from collections_app.core.web import navigation
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.parts import Action, Crumb
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MomentColumn,
    NumberColumn,
    RowColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ListPage


def way_of(row, context=None) -> str:
    """How it went out and where it stands; empty for a paper that was only made."""
    if row.message is None:
        return str(_("made only"))
    return f"{row.message.get_channel_display()}: {row.message.get_status_display()}"


class PaperFilterSet(FilterSet):
    """What the lists of papers are narrowed by."""

    q = django_filters.CharFilter(label=gettext_lazy("Search"), method="search")
    creditor = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Creditor"), queryset=creditor_choices
    )

    def search(self, queryset, name, value):
        """The debtor's name, or an account number from its beginning."""
        listed = queryset.model.lines.rel.related_model.objects.filter(
            account__number__startswith=value.strip()
        )
        return queryset.filter(Q(debtor__name__icontains=value.strip()) | Q(pk__in=listed.values("paper_id")))


class StatementFilterSet(PaperFilterSet):
    last_day = django_filters.DateFromToRangeFilter(label=gettext_lazy("Until"), field_name="last_day")
    run = django_filters.NumberFilter(label=gettext_lazy("Run"), field_name="run_id")

    class Meta:
        model = Statement
        fields: list[str] = []


class StatementTable(Table):
    row_label = "debtor.name"

    debtor = LinkColumn("campaigns:statement_detail", text="debtor.name", verbose_name=gettext_lazy("Debtor"))
    account = TextColumn(
        accessor="account.number", verbose_name=gettext_lazy("Account"), width=108, bdi=True, muted=True
    )
    creditor = TextColumn(
        accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=156, muted=True
    )
    first_day = DateColumn(verbose_name=gettext_lazy("From"), width=100)
    last_day = DateColumn(verbose_name=gettext_lazy("To"), width=100, order_by=("last_day", "pk"), phone=True)
    way = RowColumn(way_of, verbose_name=gettext_lazy("Sent"), width=148)
    made_at = MomentColumn(verbose_name=gettext_lazy("Issued"), order_by=("pk",))
    actor = TextColumn(verbose_name=gettext_lazy("By"), width=124, muted=True)

    class Meta:
        order_by = "-made_at"


class StatementListPage(ListPage):
    permission = rules.VIEW
    title = gettext_lazy("Statements")
    lead = gettext_lazy("Every statement of account that was issued. Each balances on its face.")
    menu = "statements"
    queryset = Statement.objects.select_related("debtor", "account", "creditor", "message", "actor")
    filterset_class = StatementFilterSet
    table_class = StatementTable
    list_name = "statements"
    url_name = "campaigns:statement_list"
    count_label = ngettext_lazy("%(n)s statement", "%(n)s statements", "n")
    empty_text = gettext_lazy(
        "No statement yet. Open a debtor's statement under “More”, or choose accounts in their list."
    )

    def get_head_actions(self):
        return [
            Action(_("Clearance letters"), reverse("campaigns:clearance_list"), icon="shield-check"),
            Action(_("Runs"), reverse("campaigns:statement_run_list"), icon="file-text"),
        ]


def _count(name: str):
    return lambda row, context: f'<bdi class="n">{row.counts.get(name, 0):,}</bdi>'


class RunTable(Table):
    run = LinkColumn(
        "campaigns:statement_run_detail", text="creditor.name", verbose_name=gettext_lazy("Creditor")
    )
    first_day = DateColumn(verbose_name=gettext_lazy("From"), width=100)
    last_day = DateColumn(verbose_name=gettext_lazy("To"), width=100, phone=True)
    made = RowColumn(_count("made"), verbose_name=gettext_lazy("Made"), width=76, phone=True)
    left_out = RowColumn(_count("left_out"), verbose_name=gettext_lazy("Left out"), width=84)
    queued = RowColumn(_count("queued"), verbose_name=gettext_lazy("To send"), width=84)
    delivery = TextColumn(
        accessor="get_delivery_display", verbose_name=gettext_lazy("How"), width=200, muted=True
    )
    made_at = MomentColumn(verbose_name=gettext_lazy("Ordered"), order_by=("pk",))
    actor = TextColumn(verbose_name=gettext_lazy("By"), width=124, muted=True)

    class Meta:
        order_by = "-made_at"


class RunListPage(ListPage):
    permission = rules.VIEW
    title = gettext_lazy("Statement runs")
    lead = gettext_lazy("Many statements at once: one file for the printer, one for each debtor.")
    menu = "statements"
    queryset = StatementRun.objects.select_related("creditor", "actor")
    table_class = RunTable
    list_name = "statement_runs"
    url_name = "campaigns:statement_run_list"
    count_label = ngettext_lazy("%(n)s run", "%(n)s runs", "n")
    empty_text = gettext_lazy("No run yet. Choose accounts in their list, then “Statements”.")

    def get_crumbs(self):
        return [Crumb(_("Statements"), reverse("campaigns:statement_list"))]


class LetterFilterSet(PaperFilterSet):
    status = django_filters.MultipleChoiceFilter(label=gettext_lazy("Status"), choices=LetterStatus.choices)

    class Meta:
        model = ClearanceLetter
        fields: list[str] = []


class LetterTable(Table):
    row_label = "debtor.name"

    debtor = LinkColumn(
        "campaigns:clearance_detail",
        text="debtor.name",
        note="letter_number",
        verbose_name=gettext_lazy("Debtor"),
    )
    creditor = TextColumn(
        accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=156, muted=True
    )
    status = StatusColumn(LetterStatus, verbose_name=gettext_lazy("Status"), phone=True)
    issued_on = DateColumn(verbose_name=gettext_lazy("Issued"), order_by=("issued_on", "pk"))
    withdrawn_on = DateColumn(verbose_name=gettext_lazy("Withdrawn"))
    count = NumberColumn(accessor="account_count", verbose_name=gettext_lazy("Accounts"))
    actor = TextColumn(verbose_name=gettext_lazy("By"), width=124, muted=True)

    class Meta:
        order_by = "-issued_on"


class LetterListPage(ListPage):
    permission = rules.VIEW
    title = gettext_lazy("Clearance letters")
    lead = gettext_lazy("Letters that say nothing is owed. Money that comes back withdraws them.")
    menu = "statements"
    filterset_class = LetterFilterSet
    table_class = LetterTable
    list_name = "clearance_letters"
    url_name = "campaigns:clearance_list"
    count_label = ngettext_lazy("%(n)s letter", "%(n)s letters", "n")
    empty_text = gettext_lazy("No clearance letter yet. A debtor who has paid gets one under “More”.")
    default_views = (
        (gettext_lazy("Valid"), "status=issued"),
        (gettext_lazy("Withdrawn"), "status=withdrawn"),
    )

    def get_queryset(self):
        return (
            ClearanceLetter.objects.visible_to(self.request.user)
            .select_related("debtor", "creditor", "actor")
            .annotate(account_count=Count("lines"))
        )

    def get_crumbs(self):
        return [Crumb(_("Statements"), reverse("campaigns:statement_list"))]


navigation.register(
    "statements",
    gettext_lazy("Statements"),
    "campaigns:statement_list",
    icon="file-text",
    permission=rules.VIEW,
    order=75,
    group="money",
)
