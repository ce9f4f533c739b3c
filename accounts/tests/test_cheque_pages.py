"""The pages of cheques in use: taking in, moving, lists, hand-overs, counts, walls."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.cashdesk.days import open_day
from accounts.cashdesk.models import CashReceipt
from accounts.cheques.custody_models import ChequeCount, ChequeHandOver
from accounts.cheques.models import Cheque
from accounts.cheques.queries import cover
from accounts.cheques.services import clear_cheque, clear_cheques, submit
from accounts.irregularities.models import Irregularity
from accounts.ledger.models import Account
from accounts.ledger.queries import balances
from collections_app.core import clock, panels
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.fixture
def today():
    return clock.today()


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def account(team, today):
    made = makers.account(team=team)
    makers.entry(account=made, amount="500.00", value_date=today - timedelta(days=60), reference="BILL-5")
    return made


def signed_in(client, team, role=Role.SENIOR_OFFICER):
    person = makers.teammate(team=team, role=role)
    client.force_login(person)
    return person


def lodged(account, today, **fields):
    fields.setdefault("cheque_date", today)
    return makers.cheque(account=account, received_on=today - timedelta(days=5), as_of=today, **fields)


def test_a_series_fills_the_rows_and_a_cheque_is_split_over_accounts(client, team, account, today):
    officer = signed_in(client, team, Role.COLLECTION_OFFICER)
    other = makers.account(debtor=account.debtor, team=team)
    stranger = makers.account(debtor=account.debtor, team=makers.team())
    address = reverse("accounts:cheque_new", args=[account.pk])
    page = client.get(address).content.decode()
    assert other.number in page
    assert stranger.number not in page
    address += f"?with={other.pk}&with={stranger.pk}"
    series = {"s_number": "A-099", "s_bank": "First Bank", "s_date": f"{today:%Y-%m-%d}", "s_count": "4"}
    filled = client.post(address, series | {"_fill": "1", "received_on": f"{today}"}).content.decode()
    assert 'value="A-102"' in filled
    assert not Cheque.objects.exists()
    rows = {
        "rows": "2",
        "received_on": f"{today}",
        "r0-number": "A-099",
        "r0-bank": "First Bank",
        "r0-cheque_date": f"{today + timedelta(days=9)}",
        f"r0-amount_{account.pk}": "300.00",
        f"r0-amount_{other.pk}": "50.5",
        "r0-images": SimpleUploadedFile("front.png", PNG, "image/png"),
        "r1-number": "",
    }
    wrong = client.post(address, rows | {"r1-number": "7"})
    assert wrong.status_code == 422
    rows["r0-images"].seek(0)
    assert client.post(address, rows).status_code == 302
    [cheque] = Cheque.objects.all()
    assert (cheque.amount, cheque.holder, cheque.status) == (Decimal("350.50"), officer, "received")
    assert cheque.shares.count() == 2
    detail = client.get(reverse("accounts:cheque_detail", args=[cheque.pk])).content.decode()
    assert "front.png" in detail
    again = client.post(address, rows | {"r0-images": SimpleUploadedFile("b.png", PNG, "image/png")})
    assert again.status_code == 422
    assert "in the register already" in again.content.decode()
    # the same paper in two rows; and two of which one pays the other account alone are both shown
    double = {
        f"{row}-{name}": value for row in ("r0", "r1") for name, value in (("number", "8"), ("bank", "B"))
    }
    double |= {f"{row}-cheque_date": f"{today}" for row in ("r0", "r1")}
    double |= {f"r0-amount_{account.pk}": "1", f"r1-amount_{other.pk}": "2", "rows": "2"}
    double["received_on"] = f"{today}"
    assert "stands here twice" in client.post(address, double).content.decode()
    taken = client.post(address, double | {"r1-number": "9"}, follow=True).content.decode()
    assert "2 cheques are taken in" in taken
    assert all(f">{number}<" in taken for number in ("A-099", "8", "9"))


def test_who_comes_second_is_told_what_the_cheque_is_now(client, team, account, today):
    signed_in(client, team)
    cheque = lodged(account, today, in_hand=False)
    page = reverse("accounts:cheque_detail", args=[cheque.pk])
    take = reverse("accounts:cheque_take", args=[cheque.pk])
    key = {"_key": str(uuid4())}
    assert client.post(take, key).url == page
    # the second of two clicks leads where the first led and says nothing wrong
    assert "In hand" in client.post(take, key, follow=True).content.decode()
    signed_in(client, team)
    second = client.post(take, {"_key": str(uuid4())}, follow=True)
    assert second.redirect_chain == [(page, 302)]
    assert "It is «In hand» now" in second.content.decode()
    late = client.get(reverse("accounts:cheque_clear", args=[cheque.pk]))
    assert late.url == page


def test_from_the_hand_to_the_bank_and_back_on_the_pages(client, team, account, today):
    senior = signed_in(client, team)
    bank = makers.bank_account()
    foreign = makers.bank_account(creditor=makers.creditor())
    cheque = lodged(account, today, amount="200.00", in_hand=False)

    def do(verb, **data):
        answer = client.post(reverse(f"accounts:cheque_{verb}", args=[cheque.pk]), data)
        cheque.refresh_from_db()
        return answer.status_code

    assert do("take") == 302
    plan = client.get(reverse("accounts:cheque_plan", args=[cheque.pk])).content.decode()
    assert bank.name in plan
    assert foreign.name not in plan
    day = f"{today}"
    assert do("submit", date=day, bank_account=foreign.pk) == 422
    assert do("submit", date=day, bank_account=bank.pk) == 302
    assert do("return", code="stale", return_date=day) == 302
    assert (cheque.status, cheque.holder) == ("returned", senior)
    assert do("submit", date=day, bank_account=bank.pk) == 302
    assert do("part", paid="200.00", bank_value_date=day, certificate="C") == 422
    assert do("part", paid="120.00", bank_value_date=day, certificate="C-1") == 302
    assert balances([account.pk], as_of=today)[account.pk] == Decimal("380.00")
    page = client.get(reverse("accounts:cheque_detail", args=[cheque.pk])).content.decode()
    for words in ("C-1", "Presented, time 2", "Not paid", "To legal"):
        assert words in page
    assert do("settle") == 422
    open_day(cashier=senior, day=today, actor=senior)
    assert do("settle") == 302
    receipt = CashReceipt.objects.get()
    page = client.get(reverse("accounts:cheque_detail", args=[cheque.pk])).content.decode()
    assert receipt.code in page
    assert (cheque.status, balances([account.pk], as_of=today)[account.pk]) == (
        "settled",
        Decimal("300.00"),
    )
    early = lodged(account, today, cheque_date=today + timedelta(days=3))
    refused = client.post(
        reverse("accounts:cheque_submit", args=[early.pk]), {"date": day, "bank_account": bank.pk}
    )
    assert refused.status_code == 422
    assert clock.written(early.cheque_date) in refused.content.decode()


def test_who_lacks_the_paper_is_told_who_has_it(client, team, account, today):
    senior = signed_in(client, team)
    colleague = makers.teammate(team=team, role=Role.SENIOR_OFFICER, full_name="Noor Haddad")
    cheque = lodged(account, today)
    address = reverse("accounts:cheque_detail", args=[cheque.pk])
    given = [reverse(f"accounts:cheque_{verb}", args=[cheque.pk]) for verb in ("submit", "hand_back")]
    told = "Noor Haddad holds the paper."
    for holder, has_it in ((colleague, False), (senior, True)):
        Cheque.objects.filter(pk=cheque.pk).update(holder=holder)
        page = client.get(address).content.decode()
        assert (told in page) is not has_it
        assert [link in page for link in given] == [has_it, has_it]
        # planning moves no paper, and a senior hands over for a colleague
        for verb in ("plan", "hand_over"):
            assert reverse(f"accounts:cheque_{verb}", args=[cheque.pk]) in page


def test_held_back_by_one_person_and_approved_by_another(client, team, account, today):
    signed_in(client, team, Role.COLLECTION_OFFICER)
    cheque = lodged(account, today)
    until = today + timedelta(days=8)
    hold = reverse("accounts:cheque_hold", args=[cheque.pk])
    assert client.post(hold, {"until": f"{until}", "reason": "Salary"}).status_code == 302
    cheque.refresh_from_db()
    assert cheque.held_until is None
    approval = reverse("accounts:approval_list")
    signed_in(client, team)
    assert "Salary" in client.get(approval).content.decode()


def test_many_at_once_and_signed_for(client, team, account, today):
    officer = makers.teammate(team=team)
    senior = signed_in(client, team)
    cheques = [lodged(account, today, actor=officer, in_hand=False) for _number in range(3)]
    ids = [cheque.pk for cheque in cheques]

    def bulk(name, **data):
        known = {"ids": ids, "_chosen": "1", "_count": str(len(ids))}
        return client.post(reverse(f"accounts:{name}"), known | data).status_code

    assert bulk("cheques_take") == 302
    bank = makers.bank_account()
    assert bulk("cheques_plan", bank_account=bank.pk) == 302
    assert bulk("cheques_hand_over", taker=senior.pk) == 302
    [hand_over] = ChequeHandOver.objects.all()
    client.force_login(officer)
    sign = reverse("accounts:hand_over_sign", args=[hand_over.pk])
    assert client.post(sign).status_code == 403
    # whoever looks after them sees it, of his teams' accounts alone, and signs for nobody
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    client.force_login(supervisor)
    looked_at = reverse("accounts:hand_over_detail", args=[hand_over.pk])
    assert "3 cheques" in client.get(looked_at).content.decode()
    Account.objects.filter(pk=account.pk).update(team=makers.team())
    assert cheques[0].number not in client.get(looked_at).content.decode()
    Account.objects.filter(pk=account.pk).update(team=team)
    assert client.post(sign).status_code == 403
    client.force_login(senior)
    assert client.post(sign).status_code == 302
    assert set(Cheque.objects.values_list("holder", "bank_account", "status")) == {
        (senior.pk, bank.pk, "in_hand")
    }
    assert bulk("cheques_collect", bank_account=bank.pk, day=f"{today}") == 302
    assert set(Cheque.objects.values_list("place", "holder")) == {("bank", None)}


def test_a_count_on_the_pages(client, team, account, today):
    officer = makers.teammate(team=team)
    here, _gone = (lodged(account, today, actor=officer, in_hand=False) for _number in range(2))
    signed_in(client, team, Role.SUPERVISOR)
    started = client.post(reverse("accounts:cheque_count_new"), {"holder": officer.pk})
    assert client.get(started.url).status_code == 200
    closed = client.post(started.url, {"found": [here.pk]}, follow=True).content.decode()
    assert "not there" in closed
    assert (ChequeCount.objects.get().status, Irregularity.objects.count()) == ("closed", 1)


def test_the_lists_of_a_day_and_what_a_supervisor_sees_next_morning(client, team, account, today):
    supervisor = signed_in(client, team, Role.SUPERVISOR)
    late = lodged(account, today, cheque_date=today - timedelta(days=4), number="LATE-001")
    submit(cheques=[late], date=today, actor=makers.system(), as_of=today)
    lodged(account, today, cheque_date=today - timedelta(days=4), number="WAITS-001")
    ahead = lodged(account, today, cheque_date=today + timedelta(days=9), number="NEXT-001", amount="77.00")
    day = reverse("accounts:cheque_day")
    numbers = ["LATE-001", "WAITS-001", "NEXT-001"]
    for name, number in zip(
        ("late", "no_answer", "past", "to_submit"), numbers[:1] * 2 + numbers[1:2] * 2, strict=True
    ):
        page = client.get(f"{day}?list={name}").content.decode()
        assert [one for one in numbers if one in page] == [number]
    page = client.get(f"{day}?list=ahead").content.decode()
    assert "77.00" in page
    assert "none planned" in page
    # the day before it was submitted, it waited
    page = client.get(f"{day}?list=to_submit&day={today - timedelta(days=1)}").content.decode()
    assert "LATE-001" in page
    totals = client.get(f"{day}?list=ahead&fragment=totals").content.decode()
    assert "77.00" in totals
    assert "77.00" not in client.get(f"{day}?list=ahead&days=7").content.decode()
    clear_cheque(cheque=late, bank_value_date=today, actor=makers.system(), as_of=today)
    page = client.get(f"{day}?list=to_submit&day={today - timedelta(days=1)}").content.decode()
    row = page.partition("LATE-001")[2].partition("</tr>")[0]
    assert "In hand" in row
    assert "Cleared" not in row
    page = client.get(f"{day}?list=cleared").content.decode()
    assert "LATE-001" in page
    assert f"{account.number} BILL-5 100.00" in page
    assert "100.00" in client.get(f"{day}?list=cleared&fragment=totals").content.decode()
    told = client.post(f"{day}?list=cleared", {"_verb": "export", "format": "csv"})
    assert "BILL-5 100.00" in b"".join(told.streaming_content).decode("utf-8-sig")
    assert client.get(f"{day}?day=2026-13-01").status_code == 404
    month = client.get(f"{reverse('accounts:cheque_calendar')}?month={ahead.cheque_date:%Y-%m}")
    assert "77.00" in month.content.decode()

    def told(day):
        found = panels.collect("today.waiting", [], supervisor, day)
        return {row["text"] for panel in found for row in panel.data}

    assert {"1 cheque was submitted late", "1 cheque should be with the bank"} <= told(today)
    # nobody looks at a weekend: the morning after it says so still
    later = [today + timedelta(days=days) for days in (3, 4)]
    assert ["1 cheque was submitted late" in told(day) for day in later] == [True, False]


def test_the_account_shows_its_cheques_after_itself(client, team, account, today):
    signed_in(client, team, Role.COLLECTION_OFFICER)
    cheque = lodged(account, today, amount="900.00", number="C77")
    page = client.get(reverse("accounts:account_detail", args=[account.pk])).content.decode()
    fragment = reverse("accounts:account_cheques", args=[account.pk])
    assert f'hx-get="{fragment}"' in page
    shown = client.get(fragment, headers={"HX-Request": "true", "HX-Target": "account-cheques"})
    assert "C77" in shown.content.decode()
    assert "500.00" in shown.content.decode()
    assert cover([account.pk], today) == {account.pk: Decimal("500.00")}

    def then(days: int) -> str:
        asked = f"{fragment}?as_of={today - timedelta(days=days)}" if days else fragment
        then = client.get(
            reverse("accounts:account_detail", args=[account.pk]) + asked.removeprefix(fragment)
        )
        assert f'hx-get="{asked}"' in then.content.decode()
        asks = {"HX-Request": "true", "HX-Target": "account-cheques"}
        return client.get(asked, headers=asks).content.decode()

    submit(cheques=[cheque], date=today, actor=makers.system(), as_of=today)
    assert ("Submitted" in then(0), "In hand" in then(1)) == (True, True)
    assert "C77" not in then(6), "the day before it came"
    found = client.get(reverse("core:search"), {"q": "C77"}, follow=True).content.decode()
    assert "C77" in found


def test_pages_cost_the_same_for_one_and_for_thirty_rows(client, team, account, today):
    signed_in(client, team)
    pages = [
        reverse("accounts:cheque_list"),
        f"{reverse('accounts:cheque_day')}?list=mature",
        f"{reverse('accounts:cheque_day')}?list=to_submit",
        f"{reverse('accounts:cheque_day')}?list=cleared",
    ]

    def paid(number):
        """So many more cheques in hand, and as many that the bank paid."""
        waiting = [lodged(account, today, amount="1.00") for _row in range(2 * number)][:number]
        submit(cheques=waiting, date=today, actor=makers.system(), as_of=today)
        clear_cheques(cheques=waiting, bank_value_date=today, actor=makers.system(), as_of=today)

    def costs():
        found = []
        for page in pages:
            client.get(page)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            found.append(len(queries))
        return found

    paid(1)
    one = costs()
    paid(29)
    assert costs() == one
    assert max(one) <= 12


def test_the_wall_between_creditors_and_teams(client, account, today):
    cheque = lodged(account, today)
    signed_in(client, makers.team(), Role.SUPERVISOR)
    assert client.get(reverse("accounts:cheque_detail", args=[cheque.pk])).status_code == 404
    assert client.get(reverse("accounts:cheque_clear", args=[cheque.pk])).status_code == 404
    assert cheque.number not in client.get(reverse("accounts:cheque_list")).content.decode()
    assert client.get(reverse("accounts:cheque_new", args=[account.pk])).status_code == 404
    for role in (Role.DEPARTMENT_USER, Role.ADMINISTRATOR):
        client.force_login(makers.user(role=role))
        assert client.get(reverse("accounts:cheque_list")).status_code == 403
    client.force_login(makers.user(role=Role.AUDITOR))
    assert cheque.number in client.get(reverse("accounts:cheque_list")).content.decode()
    assert client.get(reverse("accounts:cheque_submit", args=[cheque.pk])).status_code == 403
