"""What each benchmark does, what it is held against, and its limit."""

import io
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_tables2
from django.core.management import call_command
from django.db import connection, transaction
from django.template import engines
from django.template.backends.django import DjangoTemplates
from django.test import Client, RequestFactory

from accounts.ledger.models import Account
from accounts.ledger.queries import ageing
from accounts.ledger.standing import refresh_standing
from accounts.web.accounts import AccountTable
from campaigns.treatment.services import run_reminders
from campaigns.worklists.models import WorklistItem
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import User
from reports.closing.services import compute, take_cut_off
from reports.figures.month import Month
from reports.rendering.formats import render

PAGE_SECONDS = 0.060
REPORT_SECONDS = 30.0
ROUNDS = 15


class Undone(Exception):
    """Takes back what a measured piece of work wrote."""


def peak_mb() -> float:
    """The highest memory of this process so far."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def median_of(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Median seconds of a piece of work after one warm-up."""
    work()
    taken = []
    for _round in range(rounds):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def bare(sql: str, parameters: list | None = None) -> Callable[[], Any]:
    """The statement alone, rows fetched."""

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters or [])
            cursor.fetchall()

    return run


def figures(seconds: float, sql_seconds: float, limits: dict[str, float], **extra: Any) -> dict[str, Any]:
    """The JSON object; `limits` names a figure and the most it may be."""
    found = {
        "seconds": round(seconds, 4),
        "bare_sql_seconds": round(sql_seconds, 4),
        "ratio": round(seconds / sql_seconds, 2) if sql_seconds else None,
        "peak_mb": peak_mb(),
        **extra,
    }
    return {**found, "limits": limits, "holds": all(found[name] <= most for name, most in limits.items())}


def signed_in(role: str, **fields: Any) -> Client:
    user = User.objects.filter(role=role, is_active=True, **fields).order_by("pk").first()
    client = Client(SERVER_NAME="localhost")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.user = user
    return client


def page(client: Client, path: str) -> Callable[[], Any]:
    def run() -> None:
        answer = client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")

    return run


def busiest_officer() -> Client:
    owner = (
        WorklistItem.objects.exclude(officer=None)
        .values_list("officer_id", flat=True)
        .order_by("officer_id")
        .first()
    )
    return signed_in(Role.COLLECTION_OFFICER, pk=owner)


def worklist(accounts: int) -> dict:
    """An officer's Today page, against the fifty rows with debtor and standing."""
    client = busiest_officer()
    sql = """
        SELECT w.account_id, w.reason, w.reason_values, w.next_action_on, a.number, d.name, s.overdue
        FROM campaigns_worklistitem w JOIN accounts_account a ON a.id = w.account_id
        JOIN accounts_debtor d ON d.id = a.debtor_id JOIN accounts_standing s ON s.account_id = a.id
        WHERE w.officer_id = %s ORDER BY w.rank, w.account_id LIMIT 50
    """
    return figures(
        median_of(page(client, "/today/")), median_of(bare(sql, [client.user.pk])), {"seconds": PAGE_SECONDS}
    )


LIST_SQL = """
    SELECT a.id, a.number, d.name, c.name, s.overdue, s.balance, s.oldest_due_date, u.full_name
    FROM accounts_standing s JOIN accounts_account a ON a.id = s.account_id
    JOIN accounts_debtor d ON d.id = a.debtor_id JOIN accounts_creditor c ON c.id = a.creditor_id
    LEFT JOIN core_user u ON u.id = a.officer_id
    ORDER BY s.oldest_due_date, a.id LIMIT 50
"""


class StockTable(django_tables2.Table):
    """The same columns as the account list, drawn by the library's own page."""

    class Meta:
        model = Account
        fields = [
            "number", "debtor__name", "creditor__name", "standing__overdue", "standing__balance",
            "standing__oldest_due_date", "officer__full_name",
        ]  # fmt: skip


def account_list(accounts: int) -> dict:
    """The account list of a manager; its table must draw four times as fast as the stock page."""
    client = signed_in(Role.MANAGER)
    request = RequestFactory().get("/accounts/")
    request.user = client.user
    rows = list(
        Account.objects.select_related("debtor", "creditor", "officer", "team", "standing").order_by("pk")[
            :50
        ]
    )
    options = {"context_processors": ["django.template.context_processors.request"]}
    library = DjangoTemplates({"NAME": "stock", "DIRS": [], "APP_DIRS": True, "OPTIONS": options})
    stock_page = library.get_template("django_tables2/table.html")
    own_page = engines["django"].from_string('{% include "components/table.html" %}')

    def draw_stock() -> None:
        table = StockTable(rows)
        django_tables2.RequestConfig(request, paginate=False).configure(table)
        stock_page.render({"table": table}, request)

    stock = median_of(draw_stock, 9)
    own = median_of(lambda: own_page.render({"table": AccountTable.draw(rows, request=request)}), 9)
    return figures(
        median_of(page(client, "/accounts/")),
        median_of(bare(LIST_SQL)),
        {"seconds": PAGE_SECONDS, "own_per_stock": 0.25},
        own_per_stock=round(own / stock, 3),
        stock_ms=round(stock * 1000, 1),
        own_ms=round(own * 1000, 1),
    )


def account_page(accounts: int) -> dict:
    """The page of the first account in the queue, against its entries and its debtor."""
    client = busiest_officer()
    pk = (
        WorklistItem.objects.filter(officer=client.user)
        .order_by("rank")
        .values_list("account_id", flat=True)[0]
    )
    sql = """
        SELECT e.*, d.name FROM accounts_ledgerentry e JOIN accounts_account a ON a.id = e.account_id
        JOIN accounts_debtor d ON d.id = a.debtor_id WHERE e.account_id = %s
    """
    return figures(
        median_of(page(client, f"/accounts/{pk}/")), median_of(bare(sql, [pk])), {"seconds": PAGE_SECONDS}
    )


def search(accounts: int) -> dict:
    """The palette's answer to part of a name, against the word index alone."""
    client = busiest_officer()
    name = Account.objects.filter(officer=client.user).values_list("debtor__name", flat=True)[0]
    word = "".join(letter for letter in name.split()[0] if letter.isalnum())[:4]
    sql = """
        SELECT d.id, d.name FROM accounts_debtor d
        WHERE to_tsvector('simple'::regconfig, coalesce(d.name, '')) @@ to_tsquery('simple', %s) LIMIT 20
    """
    return figures(
        median_of(page(client, f"/search/?q={word}")),
        median_of(bare(sql, [f"'{word}':*"])),
        {"seconds": PAGE_SECONDS},
    )


# First in, first out by window functions over live entries: what an ageing needs at the least.
FIFO = """
    WITH live AS (
        SELECT e.account_id, e.id, e.direction, e.amount, e.due_date FROM accounts_ledgerentry e
        WHERE e.kind <> 'reversal' AND e.value_date <= %s AND NOT EXISTS (
            SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id AND r.value_date <= %s)
    ), pool AS (
        SELECT account_id, sum(amount) AS amount FROM live WHERE direction = 'credit' GROUP BY 1
    ), item AS (
        SELECT d.account_id, d.due_date, d.amount, coalesce(p.amount, 0) AS pool,
               sum(d.amount) OVER (PARTITION BY d.account_id ORDER BY d.due_date, d.id) AS through
        FROM live d LEFT JOIN pool p ON p.account_id = d.account_id WHERE d.direction = 'debit'
    )
    SELECT width_bucket(%s::date - due_date, ARRAY[1, 31, 61, 91, 181, 366]) AS box,
           count(DISTINCT account_id), sum(least(amount, greatest(through - pool, 0)))
    FROM item GROUP BY 1
"""


STANDING = """
    WITH live AS (
        SELECT e.account_id, e.id, e.kind, e.direction, e.amount, e.value_date, e.due_date
        FROM accounts_ledgerentry e
        WHERE e.kind <> 'reversal' AND e.value_date <= %s AND NOT EXISTS (
            SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id AND r.value_date <= %s)
    ), total AS (
        SELECT account_id, coalesce(sum(amount) FILTER (WHERE direction = 'credit'), 0) AS pool,
               coalesce(sum(amount) FILTER (WHERE direction = 'debit'), 0) AS charged,
               max(value_date) FILTER (WHERE kind = 'payment') AS last_payment
        FROM live GROUP BY 1
    ), item AS (
        SELECT d.account_id, d.due_date, d.amount, t.pool,
               sum(d.amount) OVER (PARTITION BY d.account_id ORDER BY d.due_date, d.id) AS through
        FROM live d JOIN total t ON t.account_id = d.account_id WHERE d.direction = 'debit'
    ), open AS (
        SELECT account_id, min(due_date) AS oldest, sum(least(amount, greatest(through - pool, 0)))
                   FILTER (WHERE due_date < %s) AS overdue
        FROM item WHERE through > pool GROUP BY 1
    )
    SELECT a.id, t.charged - t.pool, t.last_payment, o.oldest, o.overdue FROM accounts_account a
    LEFT JOIN total t ON t.account_id = a.id LEFT JOIN open o ON o.account_id = a.id
"""


def ageing_of_the_book(accounts: int) -> dict:
    """The ageing summary and the standing of every account, each within twice the bare statement."""
    as_of = clock.today()
    sql_seconds = median_of(bare(FIFO, [as_of, as_of, as_of]), 3)
    summary = median_of(lambda: ageing(as_of=as_of), 3)

    def standing() -> None:
        with transaction.atomic():
            refresh_standing(as_of=as_of)

    all_standings, plain = median_of(standing, 3), median_of(bare(STANDING, [as_of] * 3), 3)
    return figures(
        summary, sql_seconds, {"ratio": 2.0, "standing_ratio": 2.0},
        standing_seconds=round(all_standings, 3), standing_sql_seconds=round(plain, 3),
        standing_ratio=round(all_standings / plain, 2),
    )  # fmt: skip


def reports_of_a_month(accounts: int) -> dict:
    """The three reports of last month with their workbooks and PDF, against sums by line."""
    month = Month.of(clock.today()).previous
    sql = """
        SELECT currency, line, direction, sum(amount) FROM accounts_ledgerentry
        WHERE value_date <= %s GROUP BY 1, 2, 3
    """
    known_at = take_cut_off()
    slowest = {}
    for kind in ("collection", "registration", "followup"):
        start = time.perf_counter()
        dataset = compute(kind=kind, month=month, known_at=known_at, previous=None)
        for form in ("xlsx", "pdf"):
            render(dataset, form)
        slowest[kind] = round(time.perf_counter() - start, 2)
    return figures(
        max(slowest.values()), median_of(bare(sql, [month.last_day]), 3),
        {"seconds": REPORT_SECONDS, "peak_mb": 400.0},
        **{f"{kind}_seconds": value for kind, value in slowest.items()},
    )  # fmt: skip


def reminders(accounts: int) -> dict:
    """A day's pass over the book, taken back afterwards, against finding the accounts that are due."""
    sql = """
        SELECT a.id FROM accounts_account a JOIN accounts_standing s ON s.account_id = a.id
        WHERE a.status = 'open' AND s.overdue - s.contested > 0
    """
    queued = 0
    start = time.perf_counter()
    try:
        with transaction.atomic():
            runs = run_reminders(as_of=clock.today(), now=clock.now(), actor=User.objects.system())
            queued = sum(run.steps.count() for run in runs)
            seconds = time.perf_counter() - start
            raise Undone
    except Undone:
        pass
    return figures(
        seconds, median_of(bare(sql), 3), {"peak_mb": 400.0}, steps=queued,
        steps_a_second=round(queued / seconds, 1),
    )  # fmt: skip


def import_of_a_book(accounts: int) -> dict:
    """Accounts with two entries each from CSV through the command, taken back afterwards; bare: COPY."""
    with tempfile.TemporaryDirectory() as folder:
        people, lines = Path(folder, "accounts.csv"), Path(folder, "entries.csv")
        day = clock.today() - timedelta(days=90)
        people.write_text(
            "account_number,creditor,debtor_reference,debtor_name,currency,country,opened_date\n"
            + "".join(f"B{n},BENCH,R{n},Name {n},EUR,DE,{day}\n" for n in range(accounts))
        )
        lines.write_text(
            "account_number,entry_reference,kind,amount,value_date,due_date\n"
            + "".join(f"B{n},I{n},charge,{n % 900 + 10}.50,{day},{day}\nB{n},P{n},payment,5.00,{day},\n"
                      for n in range(accounts))
        )  # fmt: skip
        start = time.perf_counter()
        try:
            with transaction.atomic():
                quiet = io.StringIO()
                call_command("import_file", "accounts", str(people), stdout=quiet)
                call_command("import_file", "entries", str(lines), creditor="BENCH", stdout=quiet)
                seconds = time.perf_counter() - start
                raise Undone
        except Undone:
            pass

        def copied() -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "CREATE TEMP TABLE plain (a text, b text, c text, d text, e text, f text) ON COMMIT DROP"
                )
                with lines.open() as stream:
                    cursor.copy_expert("COPY plain FROM STDIN WITH (FORMAT csv, HEADER)", stream)

        sql_seconds = median_of(copied, 3)
    rows = accounts * 3
    return figures(
        seconds, sql_seconds, {"seconds": max(rows / 9_000, 5.0), "peak_mb": 400.0}, rows=rows,
        rows_a_second=round(rows / seconds),
    )  # fmt: skip


MEASURES: dict[str, Callable[[int], dict]] = {
    "import": import_of_a_book,
    "worklist": worklist,
    "account_list": account_list,
    "account_page": account_page,
    "search": search,
    "ageing": ageing_of_the_book,
    "reports": reports_of_a_month,
    "reminders": reminders,
}
