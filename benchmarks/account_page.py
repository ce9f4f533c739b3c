"""The account page: everything about one account, for the officer who works it."""

from itertools import cycle

from django.urls import reverse

from benchmarks.books import officer
from benchmarks.runner import Measured
from benchmarks.timing import median_seconds, page, page_detail, signed_in, statement
from campaigns.worklists.queries import queue
from collections_app.core import clock

PAGES = 10
BARE = """
    SELECT (SELECT row_to_json(x) FROM (SELECT a.*, s.*, d.name FROM accounts_account a
                JOIN accounts_standing s ON s.account_id = a.id
                JOIN accounts_debtor d ON d.id = a.debtor_id WHERE a.id = %(id)s) x),
           (SELECT json_agg(e) FROM accounts_ledgerentry e WHERE e.account_id = %(id)s),
           (SELECT json_agg(p) FROM accounts_contactpoint p JOIN accounts_account a
                ON a.debtor_id = p.debtor_id WHERE a.id = %(id)s),
           (SELECT json_agg(p) FROM accounts_promise p WHERE p.account_id = %(id)s),
           (SELECT json_agg(p) FROM accounts_dispute p WHERE p.account_id = %(id)s),
           (SELECT json_agg(c) FROM accounts_attemptaccount l JOIN accounts_contactattempt c
                ON c.id = l.attempt_id WHERE l.account_id = %(id)s)
"""


def measure(*, accounts: int, seed: int) -> Measured:
    user = officer()
    ids = [row.account_id for row in queue(user, as_of=clock.today(), limit=PAGES)]
    client = signed_in(user)
    pages = cycle([page(client, reverse("accounts:account_detail", args=[pk])) for pk in ids])
    seconds = median_seconds(lambda: next(pages)(), repeats=2 * PAGES)
    bare = median_seconds(statement(BARE, {"id": ids[0]}), repeats=30)
    return Measured(
        seconds,
        bare,
        figures={"page_ms": seconds * 1000},
        limits={"page_ms": 60},
        detail=page_detail(client, reverse("accounts:account_detail", args=[ids[0]])),
    )
