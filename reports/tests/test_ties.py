"""Ledger = screen = Excel = PDF, read back from what was drawn; one figure changed by hand is found."""

import io
import json
import zipfile
from datetime import date
from decimal import Decimal
from importlib import import_module

import pgtrigger
import pytest
from django.db import connection
from django.db.models import F
from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.ledger.keeping import keep_day
from accounts.ledger.models import ClosedPeriod, LatePosting, LedgerEntry, Standing
from accounts.ledger.standing import refresh_standing
from accounts.position.ageing import AgeingQuestion, ageing_in_parts
from accounts.position.jobs import CompareStandings
from collections_app.core import clock, documents, spreadsheets
from collections_app.core.enums import Role
from collections_app.core.models import Job, StoredContent
from collections_app.testing import makers
from reports.closing.drawing import draw
from reports.closing.jobs import CheckTies, ProveBuild
from reports.closing.services import ReportDoesNotHold, build_report, load_dataset, sign_report
from reports.closing.ties import check_ties
from reports.figures.month import Month
from reports.rendering.ageing import ageing_pdf
from reports.rendering.jobs import CompareAgeing
from reports.reviews.jobs import CheckCollectorTies
from reports.reviews.services import (
    ReportDiffers,
    approve_report,
    prepare_report,
    review_report,
    submit_report,
)

pytestmark = pytest.mark.django_db

MARCH = Month(2026, 3)
AS_OF = date(2026, 4, 2)


@pytest.fixture
def manager():
    return makers.user(role=Role.MANAGER)


@pytest.fixture
def accounts():
    """Three accounts of two currencies, all with an officer; one of them pays too much."""
    team = makers.team()
    officer = makers.teammate(team=team)
    made = []
    for number, currency in enumerate(("EUR", "EUR", "KWD")):
        creditor = makers.creditor(currency=currency, teams=[team])
        account = makers.account(
            debtor=makers.debtor(creditor=creditor), currency=currency, team=team, officer=officer,
            opened_date=date(2026, 1, 5), as_of=date(2026, 1, 5),
        )  # fmt: skip
        makers.entry(account=account, amount="1234.5", value_date=date(2026, 2, 1 + number), as_of=AS_OF)
        makers.entry(account=account, kind="fee", amount="12", value_date=date(2026, 3, 3), as_of=AS_OF)
        paid = "2000" if number == 1 else "250.25"
        makers.entry(account=account, kind="payment", amount=paid, value_date=date(2026, 3, 9), as_of=AS_OF)
        made.append(account)
    return made


@pytest.fixture
def build(accounts, manager):
    return build_report(kind="collection", month=MARCH, actor=manager)


@pytest.fixture
def unprinted(accounts, manager):
    return build_report(kind="collection", month=MARCH, actor=manager, formats=("json", "xlsx"))


def page_of(client, build, **query) -> str:
    url = reverse("reports:report_detail", args=[build.kind, str(MARCH)])
    return client.get(url, query).content.decode()


def change_file(build, form, content):
    file = build.report_files.get(format=form).file
    StoredContent.objects.filter(pk=file.pk).update(data=content)


def change_entry(account, **fields):
    """By hand, past the trigger, as nobody may."""
    with pgtrigger.ignore("accounts.LedgerEntry:append_only"):
        entry = LedgerEntry.objects.filter(account=account, kind="payment").order_by("id").first()
        LedgerEntry.objects.filter(pk=entry.pk).update(**fields)


def test_every_form_says_what_the_ledger_says(client, build, manager):
    ties = build.ties
    assert ties["holds"], (ties["faults"], ties["differing"])
    assert (ties["sources"], ties["accounts"]) == (["screen", "xlsx", "pdf"], 3)
    closing = next(row for row in ties["rows"] if (row["key"], row["name"]) == ("EUR", "closing"))
    assert closing["ledger"] == closing["screen"] == closing["xlsx"] == closing["pdf"] == "242.75"
    assert {row["key"] for row in ties["rows"]} == {"EUR", "KWD"}
    client.force_login(manager)
    body = page_of(client, build)
    assert "Ledger, screen, Excel and PDF say the same." in body
    assert "3</bdi> accounts one by one" in body
    for kind in ("registration", "followup"):
        other = build_report(kind=kind, month=MARCH, actor=manager)
        assert other.ties["holds"], other.ties["faults"]
        assert other.ties["sources"] == ["screen", "xlsx", "pdf"]
        assert "say the same." in page_of(client, other)


def test_an_arabic_report_is_read_too(accounts, manager):
    """Its heads run from right to left and join; the figures are found by their places."""
    with translation.override("ar"):
        arabic = build_report(kind="collection", month=MARCH, actor=manager, formats=("json", "pdf"))
    assert arabic.drawn["language"] == "ar"
    assert arabic.ties["holds"], arabic.ties["faults"]
    assert {row["pdf"] == row["ledger"] for row in arabic.ties["rows"]} == {True}
    dataset = load_dataset(arabic)
    dataset["currencies"]["EUR"]["collected"] = "2000.00"
    change_file(arabic, "pdf", draw(dataset, arabic.drawn, ["pdf"])["pdf"])
    faults = check_ties(arabic, actor=manager)["faults"]
    assert ("2,000.00", "2,250.25") in [(fault["reads"], fault["ledger"]) for fault in faults]


def test_an_entry_changed_by_hand_is_red_and_names_its_account(client, accounts, unprinted, manager):
    change_entry(accounts[0], amount=Decimal("250.26"))
    ties = check_ties(unprinted, actor=manager)
    assert not ties["holds"]
    [row] = ties["differing"]
    assert (row["number"], row["built"], row["ledger"]) == (accounts[0].number, "996.25", "996.24")
    assert {fault["source"] for fault in ties["faults"]} == {"screen", "xlsx"}
    client.force_login(manager)
    body = page_of(client, unprinted)
    assert "They do not say the same." in body
    assert accounts[0].number in body
    assert 'data-ties="bad"' in body
    with pytest.raises(ReportDoesNotHold):
        sign_report(build=unprinted, actor=manager)
    assert "ledger and files do not say the same" in client.get(reverse("campaigns:today")).content.decode()


def test_an_entry_moved_to_another_account_leaves_the_sums_and_names_both(accounts, unprinted, manager):
    change_entry(accounts[0], account_id=accounts[1].pk)
    ties = check_ties(unprinted, actor=manager)
    assert not ties["faults"]
    assert {row["number"] for row in ties["differing"]} == {accounts[0].number, accounts[1].number}
    assert not ties["holds"]


def test_a_workbook_or_a_pdf_changed_by_hand_is_red_and_says_where(client, build, manager):
    stored = documents.read(build.report_files.get(format="xlsx").file)
    book = load_workbook(io.BytesIO(stored))
    place = [cell.value for cell in book.worksheets[0][1]].index("\u2212 Collected") + 1
    book.worksheets[0].cell(row=2, column=place).value = 2000
    book.save(changed := io.BytesIO())
    change_file(build, "xlsx", changed.getvalue())
    ties = check_ties(build, actor=manager)
    assert {fault["source"] for fault in ties["faults"]} == {"xlsx"}
    assert ("EUR, \u2212 Collected", "2,000.00", "2,250.25") in [
        (fault["where"], fault["reads"], fault["ledger"]) for fault in ties["faults"]
    ]
    change_file(build, "xlsx", stored)
    assert check_ties(build, actor=manager)["holds"]

    dataset = load_dataset(build)
    dataset["currencies"]["KWD"]["closing"] = "996.999"
    change_file(build, "pdf", draw(dataset, build.drawn, ["pdf"])["pdf"])
    ties = check_ties(build, actor=manager)
    assert ("KWD, = Closing", "996.999", "996.250") in [
        (fault["where"], fault["reads"], fault["ledger"]) for fault in ties["faults"]
    ]
    assert "was changed after it was stored" in str(ties["faults"])
    # a line of a table, its strip and sums left right: the second of its officer's, as is printed
    dataset = load_dataset(build)
    row = next(row for row in dataset["rows"] if (row["level"], row["currency"]) == ("team", "KWD"))
    row["collected"] = "250.251"
    box = dataset["ageing"]["EUR"]["buckets"]["1-30"]
    box["balance"] = "984.52"
    change_file(build, "pdf", draw(dataset, build.drawn, ["pdf"])["pdf"])
    found = {fault["where"]: fault["reads"] for fault in check_ties(build, actor=manager)["faults"]}
    assert found[f"KWD, By team, {row['name']}"] == "1,234.500 12.000 250.251 996.250"
    assert found["EUR, Ageing by due date of item, 1\u201330"] == "1 984.52 0.00"
    assert len(found) == 3  # and that it is another file
    change_file(build, "pdf", b"%PDF-1.7 nothing")
    assert "cannot be read" in str(check_ties(build, actor=manager)["faults"])
    client.force_login(manager)
    assert "They do not say the same." in page_of(client, build)
    assert "differs" in client.get(reverse("reports:report_list")).content.decode()

    content = documents.read(build.dataset)
    dataset["currencies"]["KWD"]["closing"] = "996.250"
    dataset["rows"][0]["name"] = "Somebody else"
    StoredContent.objects.filter(pk=build.dataset.pk).update(data=json.dumps(dataset).encode())
    assert "changed after they were stored" in page_of(client, build)
    assert "was changed after it was stored" in str(check_ties(build, actor=manager)["faults"])
    StoredContent.objects.filter(pk=build.dataset.pk).update(data=content)


def test_whoever_asks_gets_it_compared_and_the_night_does_it_for_all(accounts, unprinted, manager):
    auditor = makers.user(role=Role.AUDITOR)
    job = ProveBuild.run_now(scope=str(unprinted.pk), params={"build": unprinted.pk}, actor=auditor)
    assert (job.result["agrees"], job.result["ties"]) == (True, True)
    assert job.result["files"] == dict.fromkeys(("json", "xlsx"), True)
    change_entry(accounts[2], amount=Decimal("1"))
    job = CheckTies.run_now(as_of=AS_OF, actor=makers.system())
    assert job.result == {"compared": 1, "differing": [str(unprinted)]}
    unprinted.refresh_from_db()
    assert [row["number"] for row in unprinted.ties["differing"]] == [accounts[2].number]
    assert unprinted.ties["rebuilt"]["same_hash"] is True


def test_a_collectors_report_is_compared_on_its_page_and_in_its_files(client, accounts, manager):
    officer = accounts[0].officer
    team = accounts[0].team
    report = prepare_report(
        officer=officer, first_day=MARCH.first_day, last_day=MARCH.last_day, actor=officer, as_of=AS_OF
    )
    assert report.ties["holds"], report.ties["faults"]
    assert report.ties["sources"] == ["screen"]
    submit_report(report=report, actor=officer, as_of=AS_OF)
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    review_report(report=report, actor=supervisor, as_of=AS_OF)
    change_entry(accounts[0], amount=Decimal("1"))
    with pytest.raises(ReportDiffers):
        approve_report(report=report, actor=manager, as_of=AS_OF)
    change_entry(accounts[0], amount=Decimal("250.25"))
    approve_report(report=report, actor=manager, as_of=AS_OF)
    report.refresh_from_db()
    assert report.ties["holds"], report.ties["faults"]
    assert report.ties["sources"] == ["screen", "xlsx", "pdf"]
    client.force_login(supervisor)
    url = reverse("reports:collector_detail", args=[report.pk])
    assert "Ledger, screen, Excel and PDF say the same." in client.get(url).content.decode()
    assert client.post(reverse("reports:collector_compare", args=[report.pk])).status_code == 302
    asked = Job.objects.get(runner=CheckCollectorTies.name)
    job = CheckCollectorTies.run_now(scope=asked.scope, params=asked.params, actor=supervisor)
    assert job.result == {"compared": 1, "differing": []}
    client.force_login(makers.teammate(team=makers.team(), role=Role.SUPERVISOR))
    assert client.post(reverse("reports:collector_compare", args=[report.pk])).status_code == 404
    client.force_login(supervisor)
    change_entry(accounts[0], amount=Decimal("1"))
    assert CheckCollectorTies.run_now(as_of=AS_OF, actor=makers.system()).result["differing"] == [report.pk]
    assert "They do not say the same." in client.get(url).content.decode()


def test_what_was_learned_after_a_collectors_report_stands_line_by_line(client, accounts, manager):
    officer, team = accounts[0].officer, accounts[0].team
    report = prepare_report(
        officer=officer, first_day=MARCH.first_day, last_day=MARCH.last_day, actor=officer, as_of=AS_OF
    )
    submit_report(report=report, actor=officer, as_of=AS_OF)
    day = date(2026, 3, 12)
    late = makers.entry(account=accounts[0], kind="payment", amount="40", value_date=day, as_of=AS_OF)
    makers.entry(account=accounts[2], kind="fee", amount="1.5", value_date=date(2026, 2, 3), as_of=AS_OF)
    makers.entry(account=accounts[0], amount="7", value_date=date(2026, 4, 1), as_of=AS_OF)
    other = makers.account(debtor=accounts[0].debtor, team=team, officer=makers.teammate(team=team))
    makers.entry(account=other, amount="9", value_date=day, as_of=AS_OF)
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    url = reverse("reports:collector_restatement", args=[report.pk])
    for person in (officer, supervisor, manager):
        client.force_login(person)
        body = client.get(url).content.decode()
        assert body.count("It adds up.") == 2
        assert "2 entries learned later" in client.get(url, {"fragment": "totals"}).content.decode() + body
        for said in ("2,290.25", "\u221240.00", "202.75", "997.750", late.account.number):
            assert said in body
        assert other.number not in body
    assert url in client.get(reverse("reports:collector_detail", args=[report.pk])).content.decode()
    for person in (makers.teammate(team=makers.team(), role=Role.SUPERVISOR), makers.teammate(team=team)):
        client.force_login(person)
        assert client.get(url).status_code == 404


def test_an_ageing_is_compared_in_every_form(client, accounts, manager):
    question = AgeingQuestion(as_of=date(2026, 3, 31))
    text = "".join(
        page.extract_text()
        for page in PdfReader(io.BytesIO(ageing_pdf(ageing_in_parts(question), question, words="all"))).pages
    )
    assert "996.25" in text
    assert "It sums to the ledger." in text
    client.force_login(manager)
    url = reverse("reports:ageing")
    asked = {"as_of": "2026-03-31", "fragment": "figures"}
    assert "say the same" not in client.get(url, asked).content.decode()
    answer = client.post(f"{reverse('reports:ageing_compare')}?as_of=2026-03-31&basis=due")
    assert answer.status_code == 302
    queued = Job.objects.get(runner=CompareAgeing.name)
    job = CompareAgeing.run_now(scope=queued.scope, params=queued.params, actor=manager)
    assert job.result["holds"], job.result["faults"]
    assert "Ledger, screen, Excel and PDF say the same." in client.get(url, asked).content.decode()
    # items and entries agree about an entry changed by hand: what was kept of the day does not
    keep_day(date(2026, 3, 31), with_balances=True)
    change_entry(accounts[0], amount=Decimal("250.26"))
    broken = client.get(url, asked | {"basis": "invoice"}).content.decode()
    assert "It does not sum to the ledger." in broken
    assert [number.number in broken for number in accounts] == [True, False, False]
    assert '996.25</bdi> in the report, <bdi class="n">996.24</bdi> in the ledger' in broken
    client.post(f"{reverse('reports:ageing_compare')}?as_of=2026-03-31&basis=invoice")
    queued = Job.objects.filter(runner=CompareAgeing.name).latest("pk")
    assert not CompareAgeing.run_now(scope=queued.scope, params=queued.params, actor=manager).result["holds"]
    euros, dinars = client.get(url, asked | {"basis": "invoice"}).content.decode().split("Ageing, KWD")
    assert ('data-ties="bad"' in euros, 'data-ties="good"' in dinars) == (True, True)
    officer = accounts[0].officer
    client.force_login(officer)
    assert client.post(f"{reverse('reports:ageing_compare')}?as_of=2026-03-31").status_code == 403


def tampered(write, says, instead):
    """A writer whose file says something else than it was given, as a fault in it would."""

    def written(first, *args, **kwargs):
        is_book = write.__name__ == "write_workbook"
        stream = args[0] if is_book else args[1].buffer.stream
        made = write(first, *args, **kwargs)
        if not is_book:
            args[1].flush()
        stream.seek(0)
        content = stream.read()
        if is_book:
            source, target = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
            with zipfile.ZipFile(target, "w") as book:
                for name in source.namelist():
                    book.writestr(name, source.read(name).replace(says, instead))
            content = target.getvalue()
        else:
            content = content.replace(says, instead)
        stream.seek(0)
        stream.write(content)
        return made

    return written


def test_the_totals_of_the_list_name_an_account_whose_standing_is_not_its_entries(
    client, accounts, manager, monkeypatch
):
    client.force_login(manager)
    url = reverse("accounts:account_list")
    assert "say the same" not in client.get(url, {"fragment": "totals"}).content.decode()
    refresh_standing(as_of=clock.today())
    CompareStandings.run_now(actor=makers.system())
    body = client.get(url, {"fragment": "totals"}).content.decode()
    assert "Totals and ledger say the same" in body
    answer = client.post(url, {"_verb": "export", "format": "xlsx"})
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    control = {name: value for name, value in book.worksheets[1].iter_rows(values_only=True)}
    assert control["Overdue, EUR: sum of the rows"] == 996.25
    assert control["Overdue, EUR: the list says the same"] == "yes"
    assert b"".join(client.post(url, {"_verb": "export", "format": "csv"}).streaming_content)
    # the finished file is read back: one whose bytes say something else is not given out
    for name in ("write_workbook", "write_csv"):
        with monkeypatch.context() as meanwhile:
            write = getattr(spreadsheets, name)
            meanwhile.setattr(spreadsheets, name, tampered(write, b"996.25", b"996.52"))
            answer = client.post(url, {"_verb": "export", "format": "xlsx" if "book" in name else "csv"})
        assert not answer.streaming
        assert "so it is not given out" in client.get(url).content.decode() + answer.content.decode()
    Standing.objects.filter(pk=accounts[0].pk).update(balance=F("balance") + 1, overdue=F("overdue") + 1)
    CompareStandings.run_now(actor=makers.system())
    body = client.get(url, {"fragment": "totals"}).content.decode()
    assert "Totals and ledger do not say the same." in body
    assert accounts[0].number in body
    outsider = makers.teammate(team=makers.team(), role=Role.SUPERVISOR)
    client.force_login(outsider)
    body = client.get(url, {"fragment": "totals"}).content.decode()
    assert accounts[0].number not in body
    assert "do not say the same" not in body


def test_months_signed_before_periods_were_known_are_closed_and_marked(accounts, manager):
    build = build_report(kind="collection", month=MARCH, actor=manager, formats=("json",))
    sign_report(build=build, actor=manager)
    late = makers.entry(account=accounts[0], amount="5", value_date=date(2026, 3, 20), as_of=clock.today())
    with pgtrigger.ignore("accounts.ClosedPeriod:append_only", "accounts.LatePosting:append_only"):
        LatePosting.objects.all().delete()
        ClosedPeriod.objects.all().delete()
    migration = import_module("reports.migrations.0004_close_months_signed_before")
    for _again in range(2):
        with connection.cursor() as cursor:
            cursor.execute(migration.CLOSE)
            cursor.execute(migration.MARK)
    period = ClosedPeriod.objects.get()
    assert (period.first_day, period.last_day, period.actor) == (MARCH.first_day, MARCH.last_day, manager)
    assert [mark.entry for mark in LatePosting.objects.all()] == [late]
