"""The account list of a manager, who sees every account, first page of 50 rows."""

from django.urls import reverse

from benchmarks.books import manager, officer, use_book
from benchmarks.rows import against_stock
from benchmarks.runner import Measured
from benchmarks.timing import median_seconds, page, page_detail, signed_in, statement

BARE = """
    SELECT a.id, a.number, d.name, c.name, s.overdue, s.balance, s.oldest_due_date, u.full_name
    FROM (SELECT account_id, oldest_due_date FROM accounts_standing
          ORDER BY oldest_due_date, account_id LIMIT 50) k
    JOIN accounts_account a ON a.id = k.account_id
    JOIN accounts_standing s ON s.account_id = a.id
    JOIN accounts_debtor d ON d.id = a.debtor_id
    JOIN accounts_creditor c ON c.id = a.creditor_id
    LEFT JOIN core_user u ON u.id = a.officer_id
    ORDER BY k.oldest_due_date, k.account_id
"""
SMALLER = 10
GROWTH = 2.0


def measure(*, accounts: int, seed: int) -> Measured:
    url = reverse("accounts:account_list")
    client = signed_in(manager())
    seconds = median_seconds(page(client, url))
    own = median_seconds(page(signed_in(officer()), url))
    bare = median_seconds(statement(BARE), repeats=50)
    stock, table = against_stock()
    detail = page_detail(client, url)
    use_book(accounts=max(accounts // SMALLER, 100), seed=seed)
    small = median_seconds(page(signed_in(manager()), url))
    return Measured(
        seconds,
        bare,
        figures={
            "page_ms": seconds * 1000,
            "officers_page_ms": own * 1000,
            "page_growth": seconds / small,
            "stock_to_table": stock / table,
        },
        limits={"page_ms": 60, "officers_page_ms": 60, "page_growth": GROWTH},
        at_least={"stock_to_table": 4},
        detail={
            **detail,
            f"page_ms_at_1/{SMALLER}": round(small * 1000, 2),
            "table_cpu_ms": round(table * 1000, 3),
            "stock_table_cpu_ms": round(stock * 1000, 3),
        },
    )
