"""Clearance letters, their public check, receipts, and the pages of papers."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.ledger.models import AccountParty
from accounts.ledger.services import reverse_entry
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion
from accounts.returns.services import record_return
from campaigns.statements import rules
from campaigns.statements.clearance import check_code, issue_letter, obstacles, withdraw_letter
from campaigns.statements.models import ClearanceLetter, Statement, StatementRun
from campaigns.statements.receipts import receipt_of, receipt_pdf
from campaigns.tests import making
from campaigns.tests.test_statements import text_of
from campaigns.web.statements.check import TRIES
from collections_app.core import clock, documents, panels
from collections_app.core.enums import Role
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

CHECK = "campaigns:letter_check"


def paid_up(*, method: str = "cash", days_ago: int = 5, amount: str = "80"):
    """An account that was charged 80 and paid; the payment."""
    today = clock.today()
    account = makers.account()
    makers.entry(
        account=account, amount="80", value_date=today - timedelta(days=days_ago + 5), as_of=today,
        due_date=today - timedelta(days=days_ago + 5), description="May bill", reference="INV-7",
        tax_amount=Decimal("12.77"), tax_code="S",
    )  # fmt: skip
    payment = makers.entry(
        account=account, amount=amount, value_date=today - timedelta(days=days_ago), kind="payment",
        method=method, as_of=today,
    )  # fmt: skip
    return account, payment


def letter_of(*accounts) -> ClearanceLetter:
    actor = makers.user(role=Role.SENIOR_OFFICER)
    return issue_letter(accounts=accounts, actor=actor, as_of=clock.today(), now=clock.now())


def code_of(letter) -> str:
    """The code as it stands on the paper."""
    lines = text_of(documents.read(letter.document)).splitlines()
    return next(line for line in lines if line.count("-") == 3 and len(line.strip()) == 19).strip()


def test_only_what_is_paid_and_final_is_cleared():
    today = clock.today()
    owing = making.message(account=makers.account()).lines.get().account
    makers.entry(account=owing, amount="12.50", value_date=today, due_date=today, as_of=today)
    debited, _payment = paid_up(method="direct_debit")
    empty = makers.account()
    written_off, _payment = paid_up(amount="50")
    makers.entry(account=written_off, amount="30", value_date=today, kind="write_off", as_of=today)
    said = [obstacles([account], as_of=today) for account in (owing, debited, empty, written_off)]
    assert [len(found) for found in said] == [1, 1, 1, 1]
    for words, (found,) in zip(("12.50", "can come back until", "nothing was ever", "written off"), said,
                               strict=True):  # fmt: skip
        assert words in found
    with pytest.raises(rules.NotPaidUp, match="can come back until"):
        letter_of(debited)
    long_ago, _payment = paid_up(method="direct_debit", days_ago=90, amount="95")
    assert obstacles([long_ago], as_of=today) == [], "a credit balance is no obstacle"
    with pytest.raises(NotAllowed):
        issue_letter(
            accounts=[long_ago], actor=makers.user(role=Role.COLLECTION_OFFICER), as_of=today, now=clock.now()
        )
    text = text_of(documents.read(letter_of(long_ago).document))
    assert "Thank you for paying" in text
    assert long_ago.number in text


def test_interest_and_fees_that_are_still_to_be_posted_stand_in_the_way():
    """Else the letter would say nothing is owed, and the next run would charge for the same days."""
    today = clock.today()
    account, _payment = paid_up(days_ago=20)
    scope = {"scope_type": "creditor", "scope_id": account.creditor_id}
    assert obstacles([account], as_of=today) == []
    never = makers.policy("interest", {"rates": {"2020-01-01": "365"}}, **scope)
    assert obstacles([account], as_of=today) == [], "only shown, never posted"
    PolicyVersion.objects.filter(pk=never.pk).update(
        values=KINDS["interest"].clean({"rates": {"2020-01-01": "365"}, "posting": "monthly"})
    )
    # 80.00 bore one percent a day on the five days from the one after it was due through the payment
    (found,) = obstacles([account], as_of=today)
    assert "interest of 4.00" in found
    steps = {"4": {"EUR": "15"}, "9": {"EUR": "30"}}
    makers.policy("late_fee", {"steps": steps, "posting": "monthly"}, **scope)
    assert ["interest" in words for words in obstacles([account], as_of=today)] == [True, False]
    since = today - timedelta(days=40)
    makers.hold(account=account, scopes=("interest", "fee"), first_day=since, as_of=today)
    assert obstacles([account], as_of=today) == []


def test_a_return_withdraws_the_letter_and_a_later_bill_does_not():
    today = clock.today()
    account, payment = paid_up(method="transfer")
    letter = letter_of(account)
    code = code_of(letter)
    with pytest.raises(rules.ClearedAlready, match=letter.letter_number):
        letter_of(account)
    asked = signed_in(Role.MANAGER).get(reverse("campaigns:account_clearance", args=[account.pk]))
    assert reverse("campaigns:clearance_detail", args=[letter.pk]) in asked.content.decode()
    makers.entry(
        account=account, amount="9", value_date=today + timedelta(days=1),
        due_date=today + timedelta(days=30), as_of=today,
    )  # fmt: skip
    assert check_code(code.lower().replace("-", " ")).verdict == "genuine"
    assert letter_of(account).pk != letter.pk, "something was posted since: the later day has its own word"
    reverse_entry(
        entry=payment, value_date=today, reason="came back", actor=makers.user(role=Role.MANAGER), as_of=today
    )
    letter.refresh_from_db()
    assert (letter.status, letter.withdrawn_on) == ("withdrawn", today)
    assert check_code(code).verdict == "withdrawn"
    shown = [
        event["detail"]
        for event in panels.events("account.timeline", [account.pk], makers.user(role=Role.MANAGER), today)
        if event["title"] == "Clearance letter"
    ]
    assert shown == ["withdrawn", "withdrawn"], "both letters rested on it"
    assert code not in str(ClearanceLetter.objects.values().get(pk=letter.pk))


def answer_to(code: str, **headers):
    answer = Client(**headers).post(reverse(CHECK), {"code": code})
    return answer, answer.content.decode()


def test_anybody_may_check_a_letter_and_learns_nothing_else():
    cache.clear()
    account, _payment = paid_up()
    letter = letter_of(account)
    code = code_of(letter)
    page = Client().get(reverse(CHECK))
    assert "noindex" in page["X-Robots-Tag"]
    assert 'name="robots"' in page.content.decode()
    # a browser that is told to hide whence it comes fails the check of the form's origin
    assert page["Referrer-Policy"] == "same-origin"
    (right, genuine), (wrong, unknown) = answer_to(code), answer_to("AAAA-BBBB-CCCC-DDDD")
    assert right.status_code == wrong.status_code == 200
    assert "genuine and still valid" in genuine
    assert letter.ending in genuine
    for secret in (account.number, account.debtor.name, account.creditor.name, letter.letter_number):
        assert secret not in genuine
    shapes = [[line.split(">")[0] for line in text.split("<")] for text in (genuine, unknown)]
    tags = [[part.split(" ")[0] for part in shape] for shape in shapes]
    assert tags[0] == tags[1], "the same shape of answer"
    withdraw_letter(
        letter=letter, reason="wrong person", actor=makers.user(role=Role.MANAGER), as_of=clock.today()
    )
    assert "no longer valid" in answer_to(code)[1]
    for _try in range(TRIES):
        last = answer_to("AAAA-BBBB-CCCC-DDDD", REMOTE_ADDR="203.0.113.9")[0]
    assert last.status_code == 200
    assert answer_to(code, REMOTE_ADDR="203.0.113.9")[0].status_code == 429
    assert answer_to(code, REMOTE_ADDR="203.0.113.10")[0].status_code == 200
    for place in range(TRIES):
        answer_to("AAAA-BBBB-CCCC-DDDD", REMOTE_ADDR=f"2001:db8::{place + 1:x}")
    assert answer_to(code, REMOTE_ADDR="2001:db8::ffff")[0].status_code == 429, "one subscriber's network"
    assert answer_to(code, REMOTE_ADDR="2001:db8:0:1::1")[0].status_code == 200
    cache.clear()


def test_a_receipt_says_what_it_paid_and_that_it_came_back():
    today = clock.today()
    account, payment = paid_up(amount="100", method="direct_debit")
    receipt = receipt_of(payment, as_of=today)
    assert [(item.reference, amount) for item, amount in receipt.paid] == [("INV-7", Decimal(80))]
    assert (receipt.credited, receipt.balance_after) == (Decimal(20), Decimal(-20))
    text = text_of(receipt_pdf(receipt, as_of=today, now=clock.now()))
    for words in (
        "Receipt", "EUR 100.00", "INV-7", "80.00", "in your favour", "direct debit",
        "Billed 80.00: net 67.23, tax 12.77 (S)",
    ):  # fmt: skip
        assert words in text, words
    record_return(
        entry=payment, scheme="sepa", code="AM04", return_date=today,
        actor=makers.user(role=Role.MANAGER), as_of=today,
    )  # fmt: skip
    text = text_of(receipt_pdf(receipt_of(payment, as_of=today), as_of=today, now=clock.now()))
    assert "no longer a receipt" in text
    client = signed_in(Role.MANAGER)
    assert client.get(reverse("campaigns:payment_receipt", args=[payment.pk])).content.startswith(b"%PDF")
    charge = account.entries.filter(kind="charge").first()
    assert client.get(reverse("campaigns:payment_receipt", args=[charge.pk])).status_code == 404


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(makers.user(role=role), backend="django.contrib.auth.backends.ModelBackend")
    return client


def queries_of(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_lists_and_screens_cost_the_same_for_one_row_and_many():
    client = signed_in(Role.MANAGER)
    account, _payment = paid_up()
    letter, statement = letter_of(account), making.statement(account=account)
    run = making.statement_run(account=account)
    lists = [
        reverse(f"campaigns:{name}") for name in ("statement_list", "statement_run_list", "clearance_list")
    ]
    screen = reverse("campaigns:debtor_statement", args=[account.debtor_id])
    few = [queries_of(client, url) for url in [*lists, screen]]
    shown = ["made_at", "known_at", "document_id", "debtor_id", "creditor_id", "language", "actor_id"]
    for number in range(29):
        Statement.objects.create(
            first_day=statement.first_day, last_day=statement.last_day, number=number + 9,
            **{name: getattr(statement, name) for name in shown},
        )  # fmt: skip
        ClearanceLetter.objects.create(
            code_digest=f"{number}", ending="ABCD", issued_on=letter.issued_on,
            **{name: getattr(letter, name) for name in shown},
        )  # fmt: skip
        makers.entry(account=account, amount="1", value_date=clock.today(), as_of=clock.today())
    StatementRun.objects.bulk_create(
        StatementRun(
            creditor_id=run.creditor_id, first_day=run.first_day, last_day=run.last_day, as_of=run.as_of,
            known_at=run.known_at, account_ids=[], each="debtor", delivery="none", actor_id=run.actor_id,
        )
        for _number in range(29)
    )  # fmt: skip
    assert [queries_of(client, url) for url in [*lists, screen]] == few


def test_a_manager_states_many_from_the_list_and_gets_a_workbook():
    client = signed_in(Role.MANAGER)
    account, _payment = paid_up()
    days = {"first_day": "2026-01-01", "last_day": clock.today().isoformat()}
    many = reverse("campaigns:statements_many")
    two_more = [makers.account(debtor=makers.debtor(creditor=makers.creditor())) for _number in range(1)]
    two_more.append(makers.account(debtor=two_more[0].debtor))
    asked = client.post(many, {"ids": [account.pk, *(row.pk for row in two_more)]}).content.decode()
    assert "Issue statements" in asked
    assert client.get(many).url == reverse("accounts:account_list"), "its address alone brings no rows"
    ours, theirs = f"{account.creditor.name}, 1 account<", f"{two_more[0].creditor.name}, 2 accounts<"
    assert asked.index(theirs) < asked.index(ours)
    sent = client.post(
        many,
        {"ids": [account.pk], "_chosen": "1", "_count": "1", "each": "debtor", "delivery": "none",
         "creditor": account.creditor_id, **days},
    )  # fmt: skip
    assert sent.status_code == 302, sent.content.decode()
    assert StatementRun.objects.get().account_ids == [account.pk]
    screen = reverse("campaigns:account_statement", args=[account.pk])
    book = client.get(screen, {**days, "format": "xlsx"})
    assert book.content.startswith(b"PK")
    assert "Issue as PDF" in client.get(screen, days).content.decode()
    assert client.get(screen, days | {"last_day": "2025-01-01"}).status_code == 200
    officer = signed_in(Role.COLLECTION_OFFICER)
    assert officer.get(screen).status_code == 404, "another team's account"
    assert officer.post(many, {"ids": [account.pk]}).status_code == 403
    refused = client.post(reverse("campaigns:account_clearance", args=[making.message(
        account=makers.account()).lines.get().account_id]))  # fmt: skip
    assert "nothing was ever" in refused.content.decode()


def test_the_letter_is_addressed_to_who_represents_him_and_names_him():
    account, _payment = paid_up()
    other, _payment = paid_up()
    lawyer = makers.debtor(creditor=account.creditor, name="Weber Law")
    AccountParty.objects.create(
        account=account, debtor=lawyer, role="representative", valid_from=date(2020, 1, 1)
    )
    text = text_of(documents.read(letter_of(account).document))
    assert "Dear Weber Law" in text
    assert f"This concerns {account.debtor.name}." in text
    own = text_of(documents.read(letter_of(other).document))
    assert f"Dear {other.debtor.name}" in own
    assert "This concerns" not in own
