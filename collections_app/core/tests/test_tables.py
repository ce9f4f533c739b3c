"""Tables: what the cells say, and that they are drawn at least four times as fast as the stock page."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from time import process_time

import django_tables2
import pytest
from django.template import engines
from django.template.backends.django import DjangoTemplates
from django.test import RequestFactory

from collections_app.core.enums import JobStatus
from collections_app.core.web.tables import (
    AgeColumn,
    BadgeColumn,
    DateColumn,
    LinkColumn,
    MoneyColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)

TODAY = date(2026, 11, 23)
FASTER = 4


@dataclass
class Row:
    pk: int
    name: str = "Rahman, Layla"
    currency: str = "AED"
    balance: Decimal | None = Decimal("1240.5")
    days: int | None = 47
    due: date | None = date(2026, 10, 7)
    status: str = "done"
    note: str = ""


class AccountTable(Table):
    name = LinkColumn("core:job_detail", verbose_name="Debtor", note="pk", orderable=True)
    balance = MoneyColumn(verbose_name="Balance", code=True, credit=True, total=True)
    days = AgeColumn(verbose_name="Oldest", orderable=True)
    due = DateColumn(verbose_name="Due", age=True)
    status = StatusColumn(JobStatus, verbose_name="State")
    note = TextColumn(verbose_name="Note", shown=False)

    class Meta:
        order_by = "-days"


def body(*rows: Row, **kwargs) -> str:
    return str(AccountTable.draw(rows, **kwargs).body)


def test_a_row_is_a_door_and_its_text_is_escaped():
    text = body(Row(7, name="<b>O'Neil & Sons"))
    assert 'href="/jobs/7/"' in text
    assert "&lt;b&gt;O&#x27;Neil &amp; Sons" in text
    assert "<b>O" not in text


def test_an_amount_stands_with_its_code_and_decimals():
    assert '<bdi class="cur">AED</bdi>' in body(Row(1))
    assert '<bdi class="n">1,240.50</bdi>' in body(Row(1))
    assert '<bdi class="n">1,240.500</bdi>' in body(Row(1, currency="KWD"))


def test_two_decimals_are_set_in_beside_three():
    assert 'class="d2"' not in body(Row(1), Row(2))
    mixed = body(Row(1), Row(2, currency="KWD"))
    assert mixed.count('class="d2"') == 1


def test_a_zero_is_a_dash_and_a_credit_says_so():
    assert '<span class="m">–</span>' in body(Row(1, balance=Decimal(0)))
    credit = body(Row(1, balance=Decimal("-31.6")))
    assert "credit</span>" in credit
    assert "\u221231.60" in credit


def test_a_missing_value_is_a_dash():
    text = body(Row(1, due=None, days=None))
    assert text.count('<span class="m">–</span>') == 2


@pytest.mark.parametrize(
    ("days", "step"),
    [(-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (180, 4), (181, 5)],
)
def test_the_age_has_six_steps_and_its_number_as_text(days, step):
    text = body(Row(1, days=days))
    assert f'class="age a{step}"' in text
    assert str(abs(days)) in text or "today" in text


def test_a_status_is_icon_and_word():
    text = body(Row(1, status="failed"))
    assert 'class="st stop q"' in text
    assert "Failed" in text
    assert "#alert-circle" in text


def test_columns_are_those_a_user_chose():
    drawn = AccountTable.draw([Row(1)], names=["name", "note"])
    assert drawn.names == ["name", "note"]
    assert "Balance" not in drawn.head
    assert AccountTable.standard_names() == ["name", "balance", "days", "due", "status"]


def test_a_heading_sorts_and_says_how_it_is_sorted():
    drawn = AccountTable.draw([Row(1)], sort="-days", sort_url=lambda name: f"?sort={name}")
    assert 'aria-sort="descending"' in drawn.head
    assert 'href="?sort=days"' in drawn.head
    assert 'href="?sort=name"' in drawn.head
    assert "sort=status" not in drawn.head, "a column that is not sortable has no link"


def test_totals_stand_per_currency_and_never_add_two():
    drawn = AccountTable.draw(
        [Row(1), Row(2), Row(3, currency="KWD", balance=Decimal("1.250"))], with_totals=True
    )
    assert "2,481.00" in drawn.foot
    assert "1.250" in drawn.foot
    assert drawn.foot.count('class="sum"') == 2
    assert "2,482" not in drawn.foot


def test_a_table_without_rows_keeps_its_head():
    drawn = AccountTable.draw([], empty_text="Nobody owes.")
    assert drawn.row_count == 0
    assert "Debtor" in drawn.head
    assert drawn.width == 6


def test_ticks_name_their_row():
    text = body(Row(44871), selectable=True)
    assert 'name="ids" value="44871"' in text
    assert 'aria-label="Select 44871"' in text


def test_badge_and_count_columns():
    class SmallTable(Table):
        status = BadgeColumn(JobStatus, verbose_name="State")
        days = NumberColumn(verbose_name="Days")

    text = str(SmallTable.draw([Row(1, days=1200)]).body)
    assert '<span class="tag good">Done</span>' in text
    assert '<bdi class="n">1,200</bdi>' in text


class StockTable(django_tables2.Table):
    """The same five columns as django-tables2 draws them by itself."""

    name = django_tables2.Column(linkify=lambda record: f"/jobs/{record.pk}/")
    currency = django_tables2.Column()
    balance = django_tables2.Column()
    days = django_tables2.Column()
    due = django_tables2.DateColumn()
    status = django_tables2.Column()


def test_fifty_rows_cost_a_quarter_of_the_stock_page():
    rows = [
        Row(pk, balance=Decimal(pk) * 7, days=pk * 3, due=TODAY - timedelta(days=pk)) for pk in range(1, 51)
    ]
    request = RequestFactory().get("/")
    # an engine as the stock page has it: its own templates, cached, without this product's strictness
    options = {"context_processors": ["django.template.context_processors.request"]}
    stock_engine = DjangoTemplates({"NAME": "stock", "DIRS": [], "APP_DIRS": True, "OPTIONS": options})
    stock_template = stock_engine.get_template("django_tables2/table.html")
    template = engines["django"].from_string('{% include "components/table.html" %}')

    def stock() -> str:
        table = StockTable(rows)
        django_tables2.RequestConfig(request, paginate=False).configure(table)
        return stock_template.render({"table": table}, request)

    def own() -> str:
        return template.render({"table": AccountTable.draw(rows, request=request)})

    def cost(draw) -> float:
        draw()
        times = []
        for _run in range(7):
            begun = process_time()
            draw()
            times.append(process_time() - begun)
        return median(times)

    stock_seconds, own_seconds = cost(stock), cost(own)
    assert own().count("<tr") == 51
    assert stock().count("<tr") == 51
    assert stock_seconds / own_seconds >= FASTER, f"{stock_seconds:.4f} s against {own_seconds:.4f} s"
