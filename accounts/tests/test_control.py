"""Our book against the creditor's: where it differs, and what is handed back once only."""

import csv
import io
import threading
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.db.models import F
from django.urls import reverse
from openpyxl import load_workbook

from accounts.control.files import file_of
from accounts.control.jobs import ReconcileAccounts
from accounts.control.journal import NothingNew, make_journal, waiting
from accounts.control.lists import ListRefused, read_balances
from accounts.control.models import ControlTotal, Journal
from accounts.control.queries import differing
from accounts.control.services import ControlRefused, check_control_total, state_control_total
from accounts.ledger.enums import EntrySource
from accounts.ledger.keeping import keep_days
from accounts.ledger.models import DayEnd, LedgerEntry, Standing
from accounts.ledger.services import reverse_entry
from collections_app.core import clock, documents
from collections_app.core.enums import Role
from collections_app.core.models import Job
from collections_app.core.refusal import NotAllowed
from collections_app.core.web.moments import moment_text
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


def book(currency="EUR"):
    """A creditor with three accounts that owe 100.00, 250.50 and nothing, less 40.00 paid."""
    team = makers.team()
    creditor = makers.creditor(currency=currency, teams=[team])
    day = clock.today()
    accounts = [
        makers.account(
            debtor=makers.debtor(creditor=creditor), number=number, currency=currency, team=team,
            opened_date=day - timedelta(days=60), as_of=day - timedelta(days=60),
        )
        for number in ("K1", "K2", "K3")
    ]  # fmt: skip
    makers.entry(
        account=accounts[0], amount="100", value_date=day - timedelta(days=40), source=EntrySource.IMPORT
    )
    makers.entry(
        account=accounts[1], amount="250.5", value_date=day - timedelta(days=40), source=EntrySource.IMPORT
    )
    makers.entry(account=accounts[1], amount="40", kind="payment", value_date=day - timedelta(days=5))
    return team, creditor, accounts, day


LIST = "account_number,balance\nK1,100.00\nK2,250.50\nK9,7.00\n"


def test_the_difference_is_listed_by_account_and_goes_when_the_books_agree():
    team, creditor, accounts, day = book()
    leader = makers.member(makers.user(role=Role.SUPERVISOR), team)
    total = state_control_total(
        creditor=creditor, currency="EUR", day=day, filename="b.csv", content=LIST.encode(),
        actor=leader, as_of=day,
    )  # fmt: skip
    assert total.stated_balance == Decimal("357.50")
    found = {row.number: (row.ours, row.theirs) for row in differing(total)}
    assert found == {
        "K2": (Decimal("210.50"), Decimal("250.50")),
        "K9": (Decimal("0"), Decimal("7.00")),
    }
    [check] = total.checks.all()
    assert (check.ledger_balance, check.differing_accounts) == (Decimal("310.50"), 2)
    assert documents.read(file_of(total)) == LIST.encode()
    # of a day before the payment only the account we lack is left
    earlier = state_control_total(
        creditor=creditor, currency="EUR", day=day - timedelta(days=6), filename="b.csv",
        content=LIST.encode(), actor=leader, as_of=day,
    )  # fmt: skip
    assert [row.number for row in differing(earlier)] == ["K9"]
    makers.entry(account=accounts[1], amount="40", value_date=day)
    again = check_control_total(total=total, actor=leader)
    assert (again.ledger_balance, again.differing_accounts) == (Decimal("350.50"), 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("account,balance\nK1,1\n", "no column «account_number».*account, balance"),
        ("account_number,balance\nK1,1\nK1,2\n", "row 3: account K1 stands twice"),
        ("account_number,balance\nK1,abc\n", "row 2: «abc» is not an amount"),
        ("account_number,balance\nK1,1.005\n", "row 2: 1.005 has more decimals than EUR"),
        ("account_number,balance\n,1.00\n", "row 2: the account number is missing"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_by_row_and_column(text, says):
    with pytest.raises(ListRefused, match=says):
        read_balances(filename="b.csv", content=text.encode(), currency="EUR")


def test_amounts_are_read_as_people_write_them():
    text = "Konto;Saldo\nK1;1.250,50\nK2;12,00-\n"
    found = read_balances(
        filename="b.csv", content=text.encode(), currency="EUR",
        number_column="konto", balance_column="SALDO",
    )  # fmt: skip
    assert found == {"K1": Decimal("1250.50"), "K2": Decimal("-12.00")}


def test_what_cannot_be_compared_is_refused_and_nothing_is_kept():
    team, creditor, _accounts, day = book()
    leader = makers.member(makers.user(role=Role.SUPERVISOR), team)
    given = {"creditor": creditor, "currency": "EUR", "day": day, "actor": leader, "as_of": day}
    with pytest.raises(ControlRefused, match="Give their balance"):
        state_control_total(**given)
    with pytest.raises(ControlRefused, match="sums to 357.50"):
        state_control_total(**given, stated_balance=Decimal("350"), filename="b.csv", content=LIST.encode())
    with pytest.raises(ControlRefused, match="no account in JPY"):
        state_control_total(**{**given, "currency": "JPY"}, stated_balance=Decimal(1))
    with pytest.raises(ControlRefused, match="still to come"):
        state_control_total(**{**given, "day": day + timedelta(days=1)}, stated_balance=Decimal(1))
    with pytest.raises(NotAllowed):
        state_control_total(**{**given, "actor": makers.user()}, stated_balance=Decimal(1))
    assert not ControlTotal.objects.exists()


def entry_keys(journal) -> list[str]:
    text = documents.read(file_of(journal)).decode("utf-8-sig")
    return [row["entry_key"] for row in csv.DictReader(io.StringIO(text))]


def test_each_entry_born_here_stands_in_one_journal():
    _team, creditor, accounts, day = book()
    manager = makers.user(role=Role.MANAGER)
    fee = makers.entry(account=accounts[0], amount="5", kind="fee", value_date=day)
    assert waiting(creditor_ids=[creditor.pk], known_at=clock.now()) == {creditor.pk: [("EUR", 2)]}
    first = make_journal(creditor=creditor, actor=manager)
    assert first.sums == {"EUR": {"entries": 2, "debits": "5.00", "credits": "40.00"}}
    assert f"E{fee.pk}" in entry_keys(first)
    with pytest.raises(NothingNew):
        make_journal(creditor=creditor, actor=manager)
    late = makers.entry(account=accounts[0], amount="9", kind="interest", value_date=day - timedelta(days=20))
    second = make_journal(creditor=creditor, actor=manager)
    assert (second.number, second.known_from) == (2, first.known_until)
    assert entry_keys(second) == [f"E{late.pk}"]
    with pytest.raises(NotAllowed):
        make_journal(creditor=creditor, actor=makers.user(role=Role.SUPERVISOR))


@pytest.mark.django_db(transaction=True)
def test_two_who_make_a_journal_at_once_never_hand_over_an_entry_twice():
    _team, creditor, accounts, day = book()
    manager = makers.user(role=Role.MANAGER)
    for number in range(6):
        makers.entry(account=accounts[number % 3], amount=number + 1, kind="fee", value_date=day)
    results: list = []

    def work():
        try:
            results.append(make_journal(creditor=creditor, actor=manager))
        except NothingNew as error:
            results.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _n in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    made = Journal.objects.all()
    assert len(made) == 1
    assert len(entry_keys(made[0])) == 7
    assert sum(isinstance(result, NothingNew) for result in results) == 1


def test_the_pages_cost_the_same_for_one_row_and_thirty_and_keep_the_wall(client, django_assert_num_queries):
    team, creditor, _accounts, day = book()
    leader = makers.member(makers.user(role=Role.SUPERVISOR), team)
    client.force_login(leader)

    def state(back: int):
        return state_control_total(
            creditor=creditor, currency="EUR", day=day - timedelta(days=back),
            stated_balance=Decimal("310.50"), actor=leader, as_of=day,
        )  # fmt: skip

    total = state(0)
    url = reverse("accounts:control_total_list")
    client.get(url)
    with django_assert_num_queries(6):
        client.get(url)
    for back in range(1, 30):
        state(back)
    with django_assert_num_queries(6):
        client.get(url)
    assert client.get(f"{url}?differs=true").context["rows_page"].rows[0].difference

    answer = client.post(
        reverse("accounts:control_total_new"),
        {
            "creditor": creditor.pk, "currency": "eur", "day": day.isoformat(), "stated_balance": "",
            "file": SimpleUploadedFile("list.csv", LIST.encode()),
        },
    )  # fmt: skip
    page = client.get(answer.url).content.decode()
    assert "not in our book" in page
    assert "K2" in page

    stranger = makers.member(makers.user(role=Role.SUPERVISOR), makers.team())
    client.force_login(stranger)
    assert client.get(reverse("accounts:control_total_detail", args=[total.pk])).status_code == 404
    assert client.get(url).context["rows_page"].rows == []
    kept = file_of(ControlTotal.objects.filter(has_list=True).get())
    assert not documents.may_read(stranger, kept)
    assert documents.may_read(makers.user(role=Role.MANAGER), kept)


def test_a_manager_makes_and_downloads_a_journal(client):
    _team, creditor, _accounts, _day = book()
    client.force_login(makers.user(role=Role.MANAGER))
    new = reverse("accounts:journal_new")
    assert creditor.name in client.get(new).content.decode()
    answer = client.post(new, {"creditor": creditor.pk})
    page = client.get(answer.url)
    assert "40.00" in page.content.decode()
    token = file_of(Journal.objects.get()).token
    assert reverse("core:file_download", args=[token]) in page.content.decode()
    assert "Nothing was born here" in client.post(new, {"creditor": creditor.pk}).content.decode()


def test_a_month_is_reconciled_account_by_account_by_a_job_and_names_who_differs(client):
    today = clock.today()
    first = today.replace(day=1)
    team = makers.team()
    creditor = makers.creditor(teams=[team])
    manager, auditor = makers.user(role=Role.MANAGER), makers.user(role=Role.AUDITOR)
    made = []
    for currency in ("EUR", "EUR", "KWD"):
        debtor = makers.debtor(creditor=creditor)
        account = makers.account(
            debtor=debtor, team=team, currency=currency, opened_date=first - timedelta(days=50),
            as_of=first - timedelta(days=50),
        )  # fmt: skip
        for kind, amount, day in (
            ("charge", "100", first - timedelta(days=45)),
            ("fee", "5.5", first),
            ("payment", "30", first),
        ):
            makers.entry(account=account, kind=kind, amount=amount, value_date=day, as_of=today)
        made.append(account)
    url = reverse("accounts:reconciliation")
    client.force_login(manager)
    assert "No month-end is kept yet" in client.get(url).content.decode()
    keep_days(as_of=today)
    asked = {"month": f"{first:%Y-%m}", "creditor": creditor.pk}
    assert "Not reconciled yet" in client.get(url, asked).content.decode()
    press = f"{url}?month={first:%Y-%m}&creditor={creditor.pk}"
    assert client.post(press).status_code == 302
    queued = Job.objects.get(runner=ReconcileAccounts.name)
    job = ReconcileAccounts.run_now(scope=queued.scope, params=queued.params, actor=manager)
    assert (job.result["differing"], job.total, job.done) == (0, 3, 3)
    page = client.get(url, asked).content.decode()
    assert "Every account adds up." in page
    for said in ("200.00", "11.00", "151.00", "75.500", made[2].number):
        assert said in page
    book = load_workbook(io.BytesIO(documents.read(job.result_file)), data_only=True)
    head, *rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    assert {"Opening", "Payment", "Fee", "Closing", "Difference"} <= set(head)
    closing = head.index("Closing")
    assert [row[closing] for row in rows if row[2] == "KWD"] == [75.5, 75.5]
    # what is learned later is in neither the page nor the file of what was known before
    known, told = clock.now(), job.result["currencies"]
    paid = LedgerEntry.objects.get(account=made[0], kind="payment")
    reverse_entry(entry=paid, value_date=today, reason="came back", actor=manager, as_of=today)
    late = first - timedelta(days=20)
    makers.entry(account=made[1], amount="7", value_date=late, as_of=today)
    earlier = {**asked, "known_at": moment_text(known)}
    assert "Not reconciled yet" in client.get(url, earlier).content.decode()
    assert client.post(f"{url}?{urlencode(earlier)}").status_code == 302
    asks = Job.objects.filter(runner=ReconcileAccounts.name).latest("id")
    for again in (False, True):  # by the month-end kept before, and by one kept after it was learned
        if again:
            DayEnd.objects.all().delete()
            keep_days(as_of=today)
            assert DayEnd.objects.get(day=first - timedelta(days=1)).known_at > known
        answer = ReconcileAccounts.run_now(scope=asks.scope, params=asks.params, actor=manager)
        assert (answer.result["currencies"], answer.result["differing"]) == (told, 0)
    now = ReconcileAccounts.run_now(scope=queued.scope, params=queued.params, actor=manager)
    assert now.result["differing"] == 0
    assert [row["closing"] for row in now.result["currencies"]] == ["188.000", "75.500"]
    page = client.get(url, earlier).content.decode()
    assert "151.00" in page
    assert "as known on" in page
    facts = load_workbook(io.BytesIO(documents.read(answer.result_file)), data_only=True).worksheets[-1]
    assert moment_text(known) in [row[1] for row in facts.iter_rows(values_only=True)]
    # a balance changed behind the product's back, and a kept one
    more = {"balance": F("balance") + 1, "overdue": F("overdue") + 1}
    Standing.objects.filter(pk=made[1].pk).update(**more)
    job = ReconcileAccounts.run_now(scope=queued.scope, params=queued.params, actor=manager)
    assert job.result["accounts"][0]["number"] == made[1].number
    for person in (manager, auditor):
        client.force_login(person)
        page = client.get(url, asked).content.decode()
        assert "1 account differs." in page
        assert client.get(reverse("core:file_download", args=[job.result_file.token])).status_code == 200
        assert client.post(press).status_code == 302
    for role in (Role.SUPERVISOR, Role.COLLECTION_OFFICER, Role.ADMINISTRATOR):
        client.force_login(makers.teammate(team=team, role=role))
        assert client.get(url).status_code == 403
        assert client.post(press).status_code == 403
        assert client.get(reverse("core:file_download", args=[job.result_file.token])).status_code == 404
