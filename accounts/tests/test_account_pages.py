"""The account list, the account page, debtors and search: what they cost, whom they let see what."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.models import ContactPoint
from accounts.web.search import search
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> date:
    return clock.today()


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def officer(client, team):
    person = makers.teammate(team=team)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return person


def owing(officer, team, today, *, amount="100.00", days=20, **fields):
    account = makers.account(team=team, officer=officer, **fields)
    due = today - timedelta(days=days)
    makers.entry(
        account=account, amount=amount, value_date=due - timedelta(days=14), due_date=due, as_of=today
    )
    return account


def queries_of(client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(url)
        assert answer.status_code == 200, answer
    return len(captured)


def text(answer) -> str:
    return answer.content.decode()


# ---- cost ----


@pytest.mark.parametrize("name", ["campaigns:today", "accounts:account_list", "accounts:debtor_list"])
def test_a_page_costs_the_same_for_one_row_and_for_thirty(client, officer, team, today, name):
    owing(officer, team, today)
    url = reverse(name)
    client.get(url)
    one = queries_of(client, url)
    for days in range(29):
        owing(officer, team, today, days=5 + days)
    assert queries_of(client, url) == one
    assert one <= {"campaigns:today": 22, "accounts:account_list": 12, "accounts:debtor_list": 7}[name]


def test_the_account_page_costs_the_same_for_one_item_and_for_thirty(client, officer, team, today):
    account = owing(officer, team, today)
    makers.contact_point(debtor=account.debtor)
    url = reverse("accounts:account_detail", args=[account.pk])
    client.get(url)
    one = queries_of(client, url)
    for days in range(29):
        due = today - timedelta(days=days)
        makers.entry(account=account, amount="10.00", value_date=due, due_date=due, as_of=today)
        makers.contact_point(debtor=account.debtor)
    assert queries_of(client, url) == one
    assert one <= 30


# ---- what is seen ----


def test_the_account_page_says_how_much_how_old_and_where_each_line_comes_from(client, officer, team, today):
    account = owing(officer, team, today, amount="1240.00", days=47)
    page = text(client.get(reverse("accounts:account_detail", args=[account.pk])))
    assert "1,240.00" in page
    assert "<bdi>47</bdi> d" in page
    entry = LedgerEntry.objects.get(account=account)
    line = text(
        client.get(
            reverse("accounts:entry_detail", args=[entry.pk]),
            headers={"HX-Request": "true", "HX-Target": f"why-{entry.pk}"},
        )
    )
    assert "Known since" in line
    assert "money goes to the oldest due item first" in line
    assert "<html" not in line


def test_as_of_another_day_the_page_is_read_only_and_shows_that_day(client, officer, team, today):
    account = owing(officer, team, today, amount="77.00", days=20)
    url = reverse("accounts:account_detail", args=[account.pk])
    page = text(client.get(url, {"as_of": (today - timedelta(days=30)).isoformat()}))
    assert "Nothing can be changed here." in page
    assert reverse("accounts:payment_new", args=[account.pk]) not in page
    assert "in <bdi>10</bdi> d" in page


def test_another_teams_account_of_the_debtor_is_one_masked_line(client, officer, team, today):
    mine = owing(officer, team, today)
    other_team = makers.team(name="Harbour desk")
    theirs = makers.account(team=other_team, debtor=mine.debtor)
    makers.entry(account=theirs, amount="9876.00", value_date=today - timedelta(days=9), as_of=today)
    page = text(client.get(reverse("accounts:account_detail", args=[mine.pk])))
    assert "Harbour desk" in page
    assert "9,876.00" not in page
    assert theirs.number not in page
    assert client.get(reverse("accounts:account_detail", args=[theirs.pk])).status_code == 404


def test_the_list_filters_by_age_and_says_it_in_a_chip(client, officer, team, today):
    old, young = owing(officer, team, today, days=120), owing(officer, team, today, days=10)
    page = text(client.get(reverse("accounts:account_list"), {"age": "91-180"}))
    assert f">{old.number}<" in page or old.number in page
    assert reverse("accounts:account_detail", args=[young.pk]) not in page
    assert "Days past due: 91-180" in page


def test_filters_of_upper_floors_stand_in_the_same_list(client, officer, team, today):
    account = owing(officer, team, today, days=100)
    assert account.number in text(client.get(reverse("accounts:account_list"), {"stage_min": "4"}))
    assert account.number not in text(client.get(reverse("accounts:account_list"), {"stage_min": "5"}))


# ---- verbs ----


def test_a_payment_is_posted_from_its_form_and_the_balance_follows(client, officer, team, today):
    account = owing(officer, team, today, amount="300.00")
    url = reverse("accounts:payment_new", args=[account.pk])
    answer = client.post(
        url,
        {
            "amount": "120.50",
            "value_date": today.isoformat(),
            "method": "transfer",
            "receiver": "office",
            "reference": "R-1",
        },
    )
    assert answer.status_code == 302, text(answer)
    assert Account.objects.get(pk=account.pk).standing.balance == Decimal("179.50")


def test_a_wrong_amount_is_said_beside_its_field(client, officer, team, today):
    account = owing(officer, team, today)
    answer = client.post(
        reverse("accounts:payment_new", args=[account.pk]),
        {"amount": "1.234", "value_date": today.isoformat(), "method": "cash", "receiver": "office"},
    )
    assert answer.status_code == 422
    assert "decimals" in text(answer)


def test_a_supervisor_moves_accounts_to_an_officer_in_one_action_with_a_reason(client, team, today):
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    officer = makers.teammate(team=team)
    accounts = [makers.account(team=team) for _n in range(3)]
    client.force_login(supervisor, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(
        reverse("accounts:account_assign_many"),
        {
            "ids": [account.pk for account in accounts],
            "_chosen": "1",
            "team": team.pk,
            "officer": officer.pk,
            "effective_date": today.isoformat(),
            "reason": "Osei is on leave",
        },
    )
    assert answer.status_code == 302, text(answer)
    assert Account.objects.filter(officer=officer).count() == 3


def test_rows_that_came_to_the_list_meanwhile_are_seen_before_they_are_moved(client, team, today):
    supervisor, officer = makers.teammate(team=team, role=Role.SUPERVISOR), makers.teammate(team=team)
    makers.account(team=team)
    client.force_login(supervisor, backend="django.contrib.auth.backends.ModelBackend")
    sent = {"all": "1", "selection": "", "team": team.pk, "officer": officer.pk, "reason": "On leave"}
    sent["effective_date"] = today.isoformat()
    shown = text(client.post(reverse("accounts:account_assign_many"), sent))
    assert 'name="_count" value="1"' in shown
    makers.account(team=team)
    sent |= {"_chosen": "1", "_count": "1"}
    answer = client.post(reverse("accounts:account_assign_many"), sent)
    assert answer.status_code == 422
    assert 'name="_count" value="2"' in text(answer)
    assert not Account.objects.filter(officer=officer).exists()
    assert client.post(reverse("accounts:account_assign_many"), sent | {"_count": "2"}).status_code == 302
    assert Account.objects.filter(officer=officer).count() == 2


def test_a_new_number_is_kept_in_its_international_form_and_found_in_any_spelling(client, officer, team):
    account = makers.account(team=team, debtor=makers.debtor(creditor=makers.creditor(country="AE")))
    url = reverse("accounts:contact_point_new", args=[account.debtor_id])
    answer = client.post(
        url, {"kind": "phone", "value": "050 555 0142", "source": "his sister", "confidence": "60"}
    )
    assert answer.status_code == 302, text(answer)
    assert ContactPoint.objects.get(debtor=account.debtor).value == "+971505550142"
    for spelling in ("+971 50 555 0142", "00971505550142", "050-555 0142", "5550142"):
        assert [hit["url"] for hit in search(spelling, officer, 10)] == [
            reverse("accounts:account_detail", args=[account.pk])
        ], spelling


# ---- search ----


def test_search_finds_by_words_of_the_name_number_reference_and_mail(officer, team, today):
    account = owing(officer, team, today, debtor=makers.debtor(name="Rahmān, Layla"), number="44871")
    makers.contact_point(debtor=account.debtor, kind="email", value="l.rahman@example.com")
    url = reverse("accounts:account_detail", args=[account.pk])
    for words in ("layl rah", "44871", "4487", "4871", "l.rahman@exa"):
        assert url in [hit["url"] for hit in search(words, officer, 10)], words
    assert search("44871", officer, 10)[0]["exact"]


def test_search_shows_nothing_of_another_team(officer, team):
    makers.account(team=makers.team(), number="99887766", debtor=makers.debtor(name="Hidden, Harriet"))
    assert search("99887766", officer, 10) == []
    assert search("harriet", officer, 10) == []
