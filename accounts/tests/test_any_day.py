"""Pages that show accounts of any day by any knowledge, held against plain sums of the entries."""

import csv
import io
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse
from openpyxl import load_workbook

from accounts.disputes.services import withdraw_dispute
from accounts.holds.services import lift_hold
from accounts.ledger.models import LedgerEntry
from accounts.ledger.queries import open_items
from accounts.ledger.services import reverse_entry
from accounts.position.any_day import stand_as_of
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.web.moments import moment_text, read_moment
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

FIRST = date(2026, 1, 5)
LAST = date(2026, 5, 20)
THEN = "/accounts/any-day/"


def moment() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def happen(accounts, dice, number: int) -> None:
    made = []
    for _turn in range(number):
        if made and dice.random() < 0.2:
            taken = made.pop(dice.randrange(len(made)))
            reverse_entry(
                entry=taken, value_date=taken.value_date + timedelta(days=dice.randint(0, 20)),
                reason="wrong", actor=makers.system(), as_of=LAST,
            )  # fmt: skip
            continue
        day = FIRST + timedelta(days=dice.randint(0, 130))
        made.append(
            makers.entry(
                account=dice.choice(accounts), kind=dice.choice(["charge", "charge", "payment", "fee"]),
                amount=Decimal(dice.randint(1, 400)), value_date=day, as_of=LAST,
                due_date=day + timedelta(days=20),
            )
        )  # fmt: skip


def plain(account, day, known_at) -> Decimal:
    rows = LedgerEntry.objects.filter(account=account, value_date__lte=day, recorded_at__lte=known_at)
    return sum((row.amount if row.direction == "debit" else -row.amount for row in rows), Decimal(0))


@pytest.fixture
def book():
    """Two debtors of one creditor, four accounts in three currencies, and what was learned late."""
    creditor, dice = makers.creditor(), random.Random(11)
    people = [makers.debtor(creditor=creditor) for _n in range(2)]
    accounts = [
        makers.account(debtor=people[n % 2], currency=code, opened_date=FIRST, as_of=FIRST)
        for n, code in enumerate(("EUR", "KWD", "EUR", "JPY"))
    ]
    happen(accounts, dice, 30)
    promise_day = date(2026, 3, 2)
    makers.entry(account=accounts[0], amount="500", value_date=FIRST, as_of=LAST)
    makers.promise(account=accounts[0], amount="40", due_date=date(2026, 3, 20), as_of=promise_day)
    learned = moment()
    happen(accounts, dice, 20)
    return accounts, learned


def test_every_page_and_file_tells_the_day_and_the_knowledge_asked_for(client, book):
    accounts, learned = book
    client.force_login(makers.user(role=Role.MANAGER))
    asked = [
        (day, known) for day in (date(2026, 2, 10), date(2026, 3, 31), LAST) for known in (None, learned)
    ]
    told = set()
    for day, known in asked:
        query = {"as_of": day.isoformat()} | ({"known_at": moment_text(known)} if known else {})
        until = known or clock.now()
        sums = {account.pk: plain(account, day, until) for account in accounts}
        told.add(tuple(sums.values()))

        page = client.get(THEN, query)
        rows = {row.pk: row for row in page.context["rows_page"].rows}
        assert {pk: row.balance_then for pk, row in rows.items()} == {
            pk: amount for pk, amount in sums.items() if pk in rows
        }
        assert all(not sums[pk] for pk in sums.keys() - rows.keys())
        text = page.content.decode()
        assert ("as known on" in text) == bool(known)
        items = open_items(list(rows), as_of=day, known_at=until)
        for pk, row in rows.items():
            assert row.standing.balance == row.balance_then
            assert row.standing.overdue == sum(item.open for item in items[pk] if item.due_date < day)
            assert row.standing.overdue + row.standing.not_due == sum(item.open for item in items[pk])
            assert f"/accounts/{pk}/?as_of={day}" in text
        totals = client.get(THEN, {**query, "fragment": "totals"}).context["sums"]
        for code in ("EUR", "JPY", "KWD"):
            of_code = sum(sums[a.pk] for a in accounts if a.currency == code)
            assert dict(totals).get(code, 0) == of_code

        for account in accounts[:2]:
            page = client.get(reverse("accounts:account_detail", args=[account.pk]), query)
            opened = page.context["items"]["open"]
            assert opened == sum(item.open for item in items.get(account.pk, []))
            others = {line.account.pk: line.account.standing.balance for line in page.context["who"].others}
            assert others == {pk: sums[pk] for pk in others}
            if known:
                rows_since = page.context["learned"]["rows"]
                assert (
                    page.context["learned"]["change"] == plain(account, day, clock.now()) - sums[account.pk]
                )
                assert {row.pk for row in rows_since} == set(
                    LedgerEntry.objects.filter(
                        account=account, value_date__lte=day, recorded_at__gt=known
                    ).values_list("pk", flat=True)
                )
                assert "What happened" not in page.content.decode()
        page = client.get(reverse("accounts:debtor_detail", args=[accounts[0].debtor_id]), query)
        foot = page.context["sections"][0].table.foot
        assert foot
        assert "Nothing can be changed here" in page.content.decode()
    assert len(told) == len(asked)  # every question has an answer of its own

    # a banner writes both days alike
    page = client.get(THEN, {"as_of": "2024-03-31", "known_at": "2024-04-05"}).content.decode()
    assert ">Sun 31 Mar 2024</time></b> as known on <b>Fri 5 Apr 2024</b>" in page

    # a file of that day says so and comes to the same
    query = f"?as_of=2026-03-31&known_at={moment_text(learned).replace('+', '%2B')}"
    made = client.post(THEN + query, {"_verb": "export", "format": "xlsx"})
    assert 'filename="accounts_then-2026-03-31.xlsx"' in made["Content-Disposition"]
    rows, control = load_workbook(io.BytesIO(made.getvalue()), data_only=True).worksheets
    facts = {row[0]: row[1] for row in control.iter_rows(values_only=True)}
    assert facts["As of"].date() == date(2026, 3, 31)
    assert facts["As known on (UTC)"] == moment_text(learned)
    head, *lines = rows.iter_rows(values_only=True)
    found = {line[0]: line for line in lines if line[0] in {account.number for account in accounts}}
    for account in accounts:
        wanted = plain(account, date(2026, 3, 31), learned)
        assert Decimal(str(found[account.number][head.index("Balance")])) == wanted
    made = client.post(THEN + query, {"_verb": "export", "format": "csv"})
    lines = list(csv.DictReader(io.StringIO(made.getvalue().decode("utf-8-sig"))))
    assert {line["Account"] for line in lines} == set(found)

    # of the day they were refreshed the ledger's own standings say the same
    for account in accounts:
        account.refresh_from_db()
        kept = account.standing
        day = kept.standing_as_of
        stand_as_of([account], as_of=day, known_at=clock.now())
        for name in ("balance", "overdue", "not_due", "contested", "credit", "oldest_due_date",
                     "last_payment_date"):  # fmt: skip
            assert getattr(account.standing, name) == getattr(kept, name), name


def test_an_account_list_with_a_day_leads_there_and_others_are_refused(
    client, book, django_assert_num_queries
):
    accounts, _learned = book
    client.force_login(makers.user(role=Role.MANAGER))
    creditor = accounts[0].creditor_id
    led = client.get("/accounts/", {"as_of": "2026-03-31", "creditor": creditor, "has_hold": "true"})
    assert led["Location"] == f"{THEN}?as_of=2026-03-31&creditor={creditor}"
    # a day that is none shows no figures: the page without it says which field was wrong
    wrong = {"as_of": ("2026-02-30", "abc", "0026-03-31"), "known_at": ("yesterday", "2026-02-30 17:00")}
    words = {"as_of": "Show the page as of", "known_at": "As known on (UTC)"}
    for key, texts in wrong.items():
        for text in texts:
            led = client.get(THEN, {"creditor": creditor, key: text}, follow=True)
            assert led.redirect_chain == [(f"{THEN}?creditor={creditor}", 302)]
            assert f"{words[key]}: «{text}». Write a day" in led.content.decode()
    assert client.post(THEN + "?as_of=abc", {"_verb": "export", "format": "xlsx"}).status_code == 404
    asked = {"as_of": "2026-05-20"}
    client.get(THEN, asked)
    with django_assert_num_queries(7):
        client.get(THEN, asked)
    happen([makers.account(debtor=accounts[0].debtor) for _n in range(30)], random.Random(2), 60)
    with django_assert_num_queries(7):
        assert len(client.get(THEN, asked).context["rows_page"].rows) > 20
    officer = makers.member(makers.user(), makers.team())
    client.force_login(officer)
    assert client.get(THEN, asked).context["rows_page"].rows == []
    client.force_login(makers.user(role=Role.ADMINISTRATOR))
    assert client.get(THEN, asked).status_code == 403


def test_a_moment_of_an_address_is_read_and_said_the_same():
    for text in ("2026-03-31", "2026-03-31 17:00", "2026-03-31 17:00:01.000002"):
        assert moment_text(read_moment(text)) == text
    for text in ("0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "9999-12-31", "\0"):
        assert read_moment(text) is None, "beside the calendar's ends there is no zone's day"
    assert read_moment("2026-03-31T17:00+02:00") == datetime(2026, 3, 31, 15, tzinfo=UTC)
    assert read_moment("31.3.2026") is None


def test_a_side_has_the_accounts_on_it_and_in_a_large_book_its_rows_come_after_the_page(
    client, book, monkeypatch
):
    accounts, learned = book
    makers.account(debtor=accounts[0].debtor, opened_date=FIRST, as_of=FIRST)  # has no entry: on no side
    even = makers.account(debtor=accounts[0].debtor, opened_date=FIRST, as_of=FIRST)
    for kind in ("charge", "payment"):
        makers.entry(account=even, kind=kind, amount="9", value_date=FIRST, as_of=LAST)
    sums = {account.pk: plain(account, LAST, learned) for account in accounts}
    asked = {"as_of": LAST.isoformat(), "known_at": moment_text(learned)}
    client.force_login(makers.user(role=Role.MANAGER))

    def shown(**query):
        return {row.pk for row in client.get(THEN, {**asked, **query}).context["rows_page"].rows}

    owing = {pk for pk, balance in sums.items() if balance > 0}
    assert owing
    assert shown(side="owing") == owing
    assert shown(side="credit") == {pk for pk, balance in sums.items() if balance < 0}
    assert shown(side="even", known_at="") == {even.pk}

    monkeypatch.setattr("accounts.web.accounts_then.is_large_book", lambda: True)
    assert "rows_url" not in client.get(THEN, asked).context
    for compares in ({"side": "owing"}, {"sort": "-balance"}):
        page = client.get(THEN, {**asked, **compares})
        assert "rows_page" not in page.context
        assert b"Computing from the entries" in page.content
        late = client.get(THEN + page.context["rows_url"])
        assert {row.pk for row in late.context["rows_page"].rows} >= owing
        assert late.content.count(b'id="rows"') == page.content.count(b'id="rows"') == 1
        section = late.content.decode().partition('id="rows"')[2].partition("</section>")[0]
        assert "sort=" in section
        assert "fragment" not in section


def test_lists_with_a_status_say_what_it_was_and_lists_of_entries_leave_the_later_ones_out(client):
    account = makers.account(opened_date=FIRST, as_of=FIRST)
    charge = makers.entry(account=account, amount="500", value_date=FIRST, as_of=FIRST)
    march = [date(2026, 3, day) for day in range(1, 32)]
    promise = makers.promise(account=account, amount="40", due_date=march[19], as_of=march[1])
    hold = makers.hold(account=account, scopes=["contact"], first_day=march[2], as_of=march[2])
    dispute = makers.dispute(account=account, items=[(charge, "100")], as_of=march[3])
    payment = makers.entry(
        account=account, amount="40", kind="payment", value_date=march[9], as_of=march[9], method="cash"
    )
    before = moment()
    lift_hold(hold=hold, reason="over", actor=makers.system(), as_of=march[11])
    withdraw_dispute(dispute=dispute, actor=makers.system(), as_of=march[12], reason="his mistake")
    reverse_entry(entry=payment, value_date=march[14], reason="wrong", actor=makers.system(), as_of=march[14])
    makers.payment_plan(account=account, amount="300", as_of=march[16])
    client.force_login(makers.user(role=Role.AUDITOR))

    def told(path, day, **query):
        page = client.get(f"/{path}/", {"as_of": day.isoformat(), **query})
        assert "Nothing can be changed here" in page.content.decode()
        return page.context["rows_page"].rows

    def statuses(path, day, **query):
        return [row.status for row in told(path, day, **query)]

    knows = {"known_at": moment_text(before)}
    assert statuses("promises", march[0]) == []
    assert [(row.status, row.received) for row in told("promises", march[8])] == [("open", 0)]
    assert [(row.status, row.received) for row in told("promises", march[9])] == [("kept", 40)]
    assert [row.received for row in told("promises", march[15])] == [0]
    assert [(row.status, row.received) for row in told("promises", march[15], **knows)] == [("kept", 40)]
    assert statuses("promises", march[9], status="open") == []
    assert statuses("promises", march[8], status="open") == ["open"]
    promise.refresh_from_db()
    assert promise.status == "cancelled", "the plan took its place; nothing that was shown is saved"
    for path, ends in (("holds", 11), ("disputes", 12)):
        first, last = (statuses(path, march[day])[0] for day in (ends - 1, ends))
        assert first != last
        assert statuses(path, march[ends], **knows) == [first]
        assert statuses(path, march[ends], status=first) == []
    assert [(row.status, row.received) for row in told("plans", march[17])] == [("in_force", 0)]
    assert told("plans", march[15]) == []

    def came_back(day, **query):
        (row,) = told("payments", day, **query)
        return getattr(row, "reversed_by", None) is not None

    assert told("payments", march[8]) == []
    assert [came_back(march[day]) for day in (9, 13, 14)] == [False, False, True]
    assert not came_back(march[14], **knows)
    for path in ("cheques", "bank-lines", "deposits", "irregularities", "write-offs/movements"):
        assert told(path, march[14], **knows) == []
