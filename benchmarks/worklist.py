"""Today's page of an officer: his worklist, 50 rows at a time."""

from django.urls import reverse

from benchmarks.books import officer, use_book
from benchmarks.rows import against_stock
from benchmarks.runner import Measured
from benchmarks.timing import median_cpu_seconds, median_seconds, page, page_detail, signed_in, statement
from campaigns.web.worklist_rows import rows_html
from campaigns.worklists.queries import queue
from collections_app.core import clock

BARE = """
    SELECT w.account_id, a.number, d.name, s.currency, s.overdue, s.oldest_due_date, w.reason
    FROM campaigns_worklistitem w
    JOIN accounts_account a ON a.id = w.account_id
    JOIN accounts_debtor d ON d.id = a.debtor_id
    JOIN accounts_standing s ON s.account_id = w.account_id
    WHERE w.officer_id = %s ORDER BY w.rank, w.account_id LIMIT 50
"""
SMALLER = 10
GROWTH = 2.5  # a query of under a millisecond is not repeatable to better than that


def measure(*, accounts: int, seed: int) -> Measured:
    user, today, now = officer(), clock.today(), clock.now()
    client, url = signed_in(user), reverse("campaigns:today")
    seconds = median_seconds(page(client, url))
    bare = median_seconds(statement(BARE, [user.pk]), repeats=50)
    rows = queue(user, as_of=today, limit=50)
    lean = median_cpu_seconds(lambda: rows_html(rows, today=today, now=now), repeats=30)
    stock, table = against_stock()
    rows_query = median_seconds(lambda: queue(user, as_of=today, limit=50), repeats=50)
    detail = page_detail(client, url)
    use_book(accounts=max(accounts // SMALLER, 100), seed=seed)
    small = officer()
    rows_query_small = median_seconds(lambda: queue(small, as_of=today, limit=50), repeats=50)
    return Measured(
        seconds,
        bare,
        figures={
            "page_ms": seconds * 1000,
            "rows_query_growth": rows_query / rows_query_small,
            "rows_to_table": lean / table,
            "stock_to_rows": stock / lean,
        },
        limits={"page_ms": 60, "rows_query_growth": GROWTH, "rows_to_table": 1},
        at_least={"stock_to_rows": 4},
        detail={
            **detail,
            "rows_query_ms": round(rows_query * 1000, 3),
            f"rows_query_ms_at_1/{SMALLER}": round(rows_query_small * 1000, 3),
            "rows_cpu_ms": round(lean * 1000, 3),
            "table_cpu_ms": round(table * 1000, 3),
            "stock_table_cpu_ms": round(stock * 1000, 3),
        },
    )
