"""Postings into signed months: the question a form asks, and the list of what was posted there."""

from datetime import date, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.urls import path
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.ledger.enums import EntryKind, EntrySource
from accounts.ledger.filtersets import OfAccountFilterSet
from accounts.ledger.models import ALLOCATION_CHANGED, LatePosting
from accounts.ledger.periods import POST_INTO_CLOSED, closed_until
from accounts.parties.queries import creditor_choices
from accounts.teams.queries import team_choices
from accounts.web.account_parts import debtor_column
from collections_app.core.permissions import has_permission
from collections_app.core.web import navigation
from collections_app.core.web.columns import RowColumn
from collections_app.core.web.figures import full_day_text
from collections_app.core.web.tables import DateColumn, MoneyColumn, Table, TextColumn
from collections_app.core.web.views import ListPage

VIEW_LATE = "accounts.view_late_posting"


class LateReasonForm(forms.Form):
    """A form with a day (`late_field`) that asks why, once the day lies in a signed month.

    The caller gives `account` and `user`. Without the permission the day is refused at once.
    """

    late_field = "value_date"

    def ask_when_late(self, *, account, user) -> None:
        """Called at the end of `__init__`: shows the question where the date asks for it."""
        self._closed = closed_until(account.creditor_id)
        self._may_be_late = has_permission(user, POST_INTO_CLOSED)
        if self._closed is None:
            return
        given = self.data.get(self.add_prefix(self.late_field)) if self.is_bound else None
        day: Any = given or self.initial.get(self.late_field)
        if self._may_be_late and str(day or "") and str(day) <= self._closed.isoformat():
            self.fields["late_reason"] = forms.CharField(
                label=_("Why into a closed month"),
                max_length=300,
                required=False,
                help_text=_("Stands in the list «Posted into closed months»."),
            )

    def clean(self):
        data = super().clean()
        day, closed = data.get(self.late_field), getattr(self, "_closed", None)
        data.setdefault("late_reason", "")
        if day is None or closed is None or day > closed:
            data["late_reason"] = ""
            return data
        if not self._may_be_late:
            self.add_error(
                self.late_field,
                _(
                    "The books are closed until %(closed)s. Date it later, or ask somebody who may "
                    "post into closed months."
                )
                % {"closed": full_day_text(closed)},
            )
        elif not data["late_reason"]:
            self.add_error(
                "late_reason",
                _("The books are closed until %(closed)s. Say why this is posted there.")
                % {"closed": full_day_text(closed)},
            )
        return data


def first_open_day(account) -> date:
    """The first day that no signed month holds, for this account."""
    closed = closed_until(account.creditor_id)
    return closed + timedelta(days=1) if closed is not None else date.min


ALLOCATION = "allocation"  # beside the kinds of entries


class LatePostingFilterSet(OfAccountFilterSet):
    month = django_filters.DateFromToRangeFilter(label=gettext_lazy("Closed month"))
    posted = django_filters.DateFromToRangeFilter(label=gettext_lazy("Posted on"), field_name="recorded_at")
    kind = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Kind"),
        field_name="what",
        choices=[*EntryKind.choices, (ALLOCATION, ALLOCATION_CHANGED)],
    )
    source = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("From"), field_name="origin", choices=EntrySource.choices
    )
    creditor = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Creditor"), field_name="account__creditor", queryset=creditor_choices
    )
    team = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Team"), field_name="account__team", queryset=team_choices
    )
    currency = django_filters.CharFilter(label=gettext_lazy("Currency"), lookup_expr="iexact")

    class Meta:
        model = LatePosting
        fields: list[str] = []


class LatePostingTable(Table):
    row_label = "account.number"

    debtor = debtor_column("accounts:entry_detail", arg="money_id")
    month = RowColumn(
        lambda row, context: date_format(row.month, "F Y"),
        verbose_name=gettext_lazy("Closed month"),
        width=124,
    )
    value_date = DateColumn(accessor="day", verbose_name=gettext_lazy("Value date"), width=92)
    recorded_at = DateColumn(verbose_name=gettext_lazy("Posted"), width=92, order_by=("recorded_at", "id"))
    kind = TextColumn(accessor="kind_label", verbose_name=gettext_lazy("Kind"), width=120, wrap=True)
    effect = MoneyColumn(
        verbose_name=gettext_lazy("Effect"),
        code=True,
        total=True,
        credit=True,
        width=136,
        order_by=("effect",),
    )
    who = TextColumn(verbose_name=gettext_lazy("Who"), width=116)
    source = TextColumn(
        accessor="source_label", verbose_name=gettext_lazy("From"), width=116, muted=True
    )
    reason = TextColumn(verbose_name=gettext_lazy("Why"), muted=True, wrap=True)
    creditor = TextColumn(
        accessor="account.creditor.name",
        verbose_name=gettext_lazy("Creditor"),
        width=132,
        muted=True,
        shown=False,
    )

    class Meta:
        order_by = "-recorded_at"


def late_postings():
    """The list's rows: entries, and named allocations with the money they are of."""
    of = ("entry", "account__debtor", "account__creditor")
    return LatePosting.objects.select_related(*of).annotate(
        money_id=Coalesce("entry_id", "allocation__credit_id"),
        day=Coalesce("entry__value_date", "allocation__effective_date"),
        what=Coalesce("entry__kind", Value(ALLOCATION)),
        origin=Coalesce("entry__source", Value(EntrySource.MANUAL.value)),
        who=Coalesce("entry__actor__full_name", "allocation__actor__full_name"),
    )


class LatePostingListPage(ListPage):
    permission = VIEW_LATE
    title = gettext_lazy("Posted into closed months")
    lead = gettext_lazy(
        "What was dated into a month after it was signed, changed allocations included. The signed "
        "report stays; the amounts stand under prior period in a later one."
    )
    menu = "late_postings"
    queryset = late_postings()
    filterset_class = LatePostingFilterSet
    table_class = LatePostingTable
    list_name = "late_postings"
    url_name = "accounts:late_posting_list"
    count_label = ngettext_lazy("%(n)s posting", "%(n)s postings", "n")
    empty_text = gettext_lazy("Nothing was posted into a closed month.")
    default_views = (
        (gettext_lazy("By hand"), "source=manual"),
        (gettext_lazy("Imported"), "source=import"),
        (gettext_lazy("By rule"), "source=rule"),
    )


navigation.register(
    "late_postings",
    gettext_lazy("Into closed months"),
    "accounts:late_posting_list",
    icon="lock-open",
    permission=VIEW_LATE,
    order=80,
    group="money",
)

urlpatterns = [path("closed-months/", LatePostingListPage.as_view(), name="late_posting_list")]
