"""The same 50 rows drawn by our table and by a stock django-tables2 page."""

import django_tables2
from django.template.loader import render_to_string
from django.test import RequestFactory

from accounts.ledger.models import Account
from accounts.web.accounts import AccountTable
from benchmarks.timing import median_cpu_seconds

ROWS = 50


class StockTable(django_tables2.Table):
    """The account list's standard columns as the library draws them."""

    number = django_tables2.Column()
    debtor = django_tables2.Column(accessor="debtor__name", linkify=("accounts:account_detail", {"pk": 1}))
    creditor = django_tables2.Column(accessor="creditor__name")
    overdue = django_tables2.Column(accessor="standing__overdue")
    balance = django_tables2.Column(accessor="standing__balance")
    oldest = django_tables2.DateColumn(accessor="standing__oldest_due_date")
    officer = django_tables2.Column(accessor="officer__full_name")

    class Meta:
        template_name = "django_tables2/table.html"


def against_stock() -> tuple[float, float]:
    """CPU seconds for one page of rows: (stock django-tables2, our table)."""
    rows = list(
        Account.objects.select_related("debtor", "creditor", "officer", "team", "standing")
        .filter(standing__overdue__gt=0)
        .order_by("pk")[:ROWS]
    )
    request = RequestFactory().get("/")

    def stock() -> str:
        return StockTable(rows).as_html(request)

    def ours() -> str:
        return render_to_string("components/table.html", {"table": AccountTable.draw(rows, request=request)})

    return median_cpu_seconds(stock), median_cpu_seconds(ours)
