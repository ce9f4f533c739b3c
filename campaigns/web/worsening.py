"""Payers who get worse: the list, sign by sign, before their arrears change bucket (D23)."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Func
from django.urls import path
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.web.account_parts import debtor_column
from campaigns.worsening.enums import SIGN_LOOK, Sign
from campaigns.worsening.filtersets import WorseningFilterSet
from campaigns.worsening.models import WorseningPayer
from campaigns.worsening.queries import owing
from campaigns.worsening.rules import VIEW, rule_set
from campaigns.worsening.wording import sign_text
from collections_app.core import charts
from collections_app.core.web import navigation
from collections_app.core.web.columns import RowColumn
from collections_app.core.web.figures import day_text, icon_html
from collections_app.core.web.tables import DateColumn, MoneyColumn, Table, TextColumn
from collections_app.core.web.views import ListPage

navigation.register(
    "worsening",
    gettext_lazy("Getting worse"),
    "campaigns:worsening_list",
    icon="trending-up",
    permission=VIEW,
    order=56,
)


def reasons_of(row: WorseningPayer, today: date) -> list[str]:
    """Every sign of a row in words."""
    currency = row.account.currency
    return [sign_text(sign, row.facts, currency=currency, today=today) for sign in row.signs]


def _signs_cell(row: WorseningPayer, context) -> str:
    said = []
    for sign, words in zip(row.signs, reasons_of(row, context.today), strict=True):
        tone, icon = SIGN_LOOK[Sign(sign)]
        said.append(f'<span class="st q {tone}">{icon_html(icon)}<span>{escape(words)}</span></span>')
    return f'<span class="signs">{"".join(said)}</span>'


def _taken_cell(row: WorseningPayer, context) -> str:
    """The days from due to paid of the last items as a line, with the last number."""
    if not row.days_taken:
        return ""
    title = _("Days from due to paid: %(days)s") % {"days": ", ".join(map(str, row.days_taken))}
    lowest = min(0, *row.days_taken)
    drawn = charts.sparkline(title, [value - lowest for value in row.days_taken])
    return f'<span class="row-x">{drawn}<bdi class="n m">{row.days_taken[-1]}</bdi></span>'


def _change_cell(row: WorseningPayer, context) -> str:
    left = (row.changes_on - context.today).days
    day = escape(day_text(row.changes_on, context.today))
    words = escape(_("%(n)s d left") % {"n": left}) if left > 0 else escape(_("today"))
    bucket = escape(_("not overdue") if row.bucket == "current" else row.bucket)
    return f'<bdi class="n">{bucket}</bdi> <span class="m">{day}, {words}</span>'


class WorseningTable(Table):
    row_label = "account.number"

    debtor = debtor_column("accounts:account_detail", arg="account_id", width=228, phone=True)
    signs = RowColumn(
        _signs_cell,
        accessor="signs_in_words",
        verbose_name=gettext_lazy("What got worse"),
        phone=True,
        order_by=("signs", "account_id"),
    )
    taken = RowColumn(
        _taken_cell,
        accessor="days_in_words",
        verbose_name=gettext_lazy("Days to pay"),
        width=124,
    )
    changes_on = RowColumn(
        _change_cell,
        accessor="changes_on",
        verbose_name=gettext_lazy("Bucket changes"),
        width=188,
        order_by=("changes_on", "account_id"),
    )
    overdue = MoneyColumn(
        accessor="account.standing.overdue",
        verbose_name=gettext_lazy("Overdue"),
        currency="account__currency",
        code=True,
        total=True,
        phone=False,
        order_by=("account__standing__overdue", "account_id"),
    )
    officer = TextColumn(
        accessor="account.officer.full_name", verbose_name=gettext_lazy("Officer"), width=116, muted=True
    )
    listed_on = DateColumn(
        verbose_name=gettext_lazy("Listed"), order_by=("listed_on", "account_id"), shown=False
    )
    listed_in = TextColumn(verbose_name=gettext_lazy("Listed in"), width=84, muted=True, shown=False)
    creditor = TextColumn(
        accessor="account.creditor.name",
        verbose_name=gettext_lazy("Creditor"),
        width=140,
        muted=True,
        shown=False,
    )

    class Meta:
        order_by = "changes_on"


@dataclass
class SignCount:
    """One sign over the accounts in view."""

    sign: Sign
    accounts: int

    @property
    def look(self) -> tuple[str, str]:
        return SIGN_LOOK[self.sign]

    @property
    def url(self) -> str:
        return f"?signs={self.sign.value}"


class WorseningListPage(ListPage):
    permission = VIEW
    title = gettext_lazy("Getting worse")
    menu = "worsening"
    template_name = "campaigns/worsening.html"
    filterset_class = WorseningFilterSet
    table_class = WorseningTable
    list_name = "worsening"
    url_name = "campaigns:worsening_list"
    count_label = ngettext_lazy("%(n)s account", "%(n)s accounts", "n")
    empty_text = gettext_lazy("Nobody pays worse than he used to. The book is gone through every six hours.")
    default_views = (
        (gettext_lazy("Next bucket is near"), "near=true"),
        (gettext_lazy("Mine"), "mine=true"),
        (gettext_lazy("Not overdue yet"), "bucket=current"),
    )

    def get_lead(self):
        rules = rule_set(as_of=self.today)
        return _(
            "Payers held against themselves: later, less or more rarely than their own median, or word"
            " broken. Rule set %(name)s."
        ) % {"name": rules.name}

    def get_queryset(self):
        return WorseningPayer.objects.filter(account__in=owing(self.request.user)).select_related(
            "account__debtor", "account__creditor", "account__officer", "account__standing"
        )

    def get_context_data(self, **kwargs):
        counted = dict(
            self.get_queryset()
            .order_by()
            .annotate(sign=Func(F("signs"), function="unnest"))
            .values_list("sign")
            .annotate(number=Count("pk"))
        )
        counts = [SignCount(sign, counted[sign.value]) for sign in Sign if counted.get(sign.value)]
        return super().get_context_data(
            counts=counts, most=max((row.accounts for row in counts), default=1), **kwargs
        )


urlpatterns = [path("getting-worse/", WorseningListPage.as_view(), name="worsening_list")]
