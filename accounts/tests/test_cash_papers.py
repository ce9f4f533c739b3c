"""What is printed at the cash desk, what a till must come to, and the pages around it."""

import html
import io
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from accounts.cashdesk.days import close_day, open_day
from accounts.cashdesk.models import CashCount, CashDifference, CashReceipt
from accounts.cashdesk.printing import day_pdf, receipt_pdf
from accounts.cashdesk.queries import change_held_by
from accounts.cashdesk.services import ReceiptRefused, issue_for_posted, take_cash, void_receipt
from accounts.cashdesk.verification import cash_faults
from accounts.cheques.lodging import NewCheque, lodge_cheques
from accounts.cheques.models import Cheque
from accounts.cheques.services import offer_hand_over, sign_hand_over, take_in_hand
from accounts.deposits.models import DepositItem
from accounts.deposits.printing import slip_pdf
from accounts.deposits.services import DepositRefused, cancel_deposit, mark_deposited, prepare_deposit
from accounts.irregularities.models import Irregularity
from accounts.payments.services import post_payment
from collections_app.core import clock
from collections_app.core.amount_words import in_words
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 3, 2)
EUROS = [Decimal(value).scaleb(-2) for value in (50_000, 5_000, 2_000, 500, 200, 50, 20, 5, 1)]


def text_of(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages)


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def cashier(team):
    return makers.teammate(team=team, role=Role.FIELD_OFFICER, full_name="Noor Cashier")


@pytest.fixture
def supervisor(team):
    return makers.teammate(team=team, role=Role.SUPERVISOR)


@pytest.fixture
def account(team, cashier):
    made = makers.account(
        team=team, officer=cashier, debtor=makers.debtor(name="Rahman, Layla", language="en"), number="A-777"
    )
    makers.entry(
        account=made,
        amount="1500.50",
        value_date=date(2026, 1, 5),
        due_date=date(2026, 2, 4),
        reference="INV-9",
    )
    return made


@pytest.mark.parametrize(
    "amount, currency, language, words",
    [
        ("1200.50", "EUR", "en", "one thousand, two hundred euros and 50/100"),
        ("1.005", "KWD", "en", "one Kuwaiti dinar and 005/1000"),
        ("300", "JPY", "en", "three hundred Japanese yen"),
        ("21.00", "EUR", "de", "einundzwanzig Euro und 00/100"),
        ("5.25", "AED", "ar", "خمسة درهم إماراتي و 25/100"),
        ("5.00", "EUR", "xx", "five euros and 00/100"),
        ("0.00", "EUR", "", "zero euros and 00/100"),
    ],
)
def test_amounts_in_words(amount, currency, language, words):
    assert in_words(Decimal(amount), currency, language) == words


def test_a_receipt_says_who_paid_what_and_what_is_left_and_marks_its_duplicates(account, cashier, supervisor):
    makers.change_money(cashier, "20.00")
    day = open_day(cashier=cashier, day=MONDAY, counted={"EUR": Decimal(20)}, actor=cashier)
    makers.entry(
        account=account, amount="12.00", kind="fee", description="Reminder fee", value_date=MONDAY,
        due_date=date(2020, 1, 1), tax_amount=Decimal("2.00"), tax_code="VAT20", as_of=MONDAY,
    )  # fmt: skip
    receipt = take_cash(
        account=account, amount=Decimal("1200.50"), payer_name="Her brother", actor=cashier, as_of=MONDAY
    )
    first = receipt_pdf(receipt, print_number=1)
    text = text_of(first)
    for said in (
        receipt.code, "Rahman, Layla", "Her brother", "1,200.50 EUR", "A-777", "INV-9", "312.00",
        "Reminder fee",
        "billed 12.00: net 10.00, tax 2.00 (VAT20)",
        "one thousand, two hundred euros and 50/100", "Noor Cashier",
    ):  # fmt: skip
        assert said in text
    assert "DUPLICATE" not in text
    assert receipt_pdf(receipt, print_number=1) == first
    assert "DUPLICATE 2" in text_of(receipt_pdf(receipt, print_number=3))

    void_receipt(receipt=receipt, reason="Typing error", actor=supervisor, as_of=MONDAY)
    voided = text_of(receipt_pdf(receipt, print_number=2))
    assert "VOID" in voided
    assert "Typing error" in voided
    close_day(cash_day=day, counted={"EUR": {Decimal(10): 1, Decimal(5): 1}}, actor=cashier, as_of=MONDAY)
    closed = text_of(day_pdf(day, user=supervisor, language="en"))
    for said in ("Expected 20.00", "Counted 15.00", "Difference 5.00", receipt.code, "Noor Cashier"):
        assert said in closed
    assert "A-777" in closed
    stranger = makers.teammate(team=makers.team(), role=Role.SUPERVISOR)
    hidden = text_of(day_pdf(day, user=stranger, language="en"))
    assert receipt.code in hidden
    assert "A-777" not in hidden


def test_a_receipt_for_cash_that_was_posted_by_another_act(account, cashier):
    open_day(cashier=cashier, day=MONDAY, actor=cashier)
    made = {"account": account, "value_date": MONDAY, "actor": makers.system(), "as_of": MONDAY}
    cash = post_payment(amount=Decimal(10), method="cash", **made)
    transfer = post_payment(amount=Decimal(10), method="transfer", **made)
    second = post_payment(amount=Decimal(3), method="cash", **made)
    receipt = issue_for_posted(entries=[cash, second], actor=cashier, as_of=MONDAY)
    assert receipt.amount == 13 == sum(line.amount for line in receipt.lines.all())
    paid = [part for line in receipt.lines.order_by("id") for part in line.paid]
    assert [(part["text"], Decimal(part["amount"])) for part in paid] == [("INV-9", 10), ("INV-9", 3)]
    for entry in (cash, transfer):
        with pytest.raises(ReceiptRefused):
            issue_for_posted(entries=[entry], actor=cashier, as_of=MONDAY)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    given_out=st.sampled_from((0, 0, 5_000, 20_000)),
    found=st.sampled_from((0, 0, -300, 150)),
    amounts=st.lists(st.integers(1, 500_000), max_size=3),
    pieces=st.dictionaries(st.sampled_from(EUROS), st.integers(0, 400), max_size=6),
)
def test_expected_is_counted_and_the_difference_and_change_money_has_a_holder(
    account, cashier, given_out, found, amounts, pieces
):
    """Day after day: what was put aside in the evening is what the next morning counts against."""
    makers.change_money(cashier, Decimal(given_out).scaleb(-2))
    held = change_held_by(cashier).get("EUR", Decimal(0))
    floats = max(held + Decimal(found).scaleb(-2), Decimal(0)) if held else Decimal(0)
    cases = Irregularity.objects.count()
    day = open_day(cashier=cashier, day=MONDAY, counted={"EUR": floats} if held else {}, actor=cashier)
    assert change_held_by(cashier) == {}
    missing_at_opening = held - floats
    taken = Decimal(sum(amounts)).scaleb(-2)
    for cents in amounts:
        take_cash(account=account, amount=Decimal(cents).scaleb(-2), actor=cashier, as_of=MONDAY)
    close_day(cash_day=day, counted={"EUR": pieces}, actor=cashier, as_of=MONDAY)
    counted = sum((value * number for value, number in pieces.items()), Decimal(0))
    missing = floats + taken - counted
    # receipts bear what is missing first; without any, everything in the till is change money
    of_receipts = min(missing, taken) if taken else Decimal(0)
    told = dict(CashDifference.objects.filter(cash_day=day).values_list("found_at", "amount"))
    right = {"opening": missing_at_opening, "close": of_receipts, "put_aside": missing - of_receipts}
    assert told == {name: amount for name, amount in right.items() if amount}
    assert Irregularity.objects.count() - cases == len(told)
    kept = floats - right["put_aside"]
    assert change_held_by(cashier) == ({"EUR": kept} if kept else {})
    count = CashCount.objects.filter(cash_day=day).first()
    if floats or taken or counted:
        assert (count.expected_amount, count.counted_amount) == (floats + taken, counted)
        assert count.expected_amount == count.counted_amount + count.difference_amount
        assert sum(row.value * row.pieces for row in count.pieces.all()) == counted
    # nothing is lost between two days: what is there is in receipts' cash or has a holder
    assert counted == taken - of_receipts + kept
    assert list(cash_faults()) == []


def test_cheques_go_along_with_the_cash_and_come_back_off_a_cancelled_slip(
    client, account, cashier, supervisor
):
    open_day(cashier=cashier, day=MONDAY, actor=cashier)
    receipt = take_cash(account=account, amount=Decimal(50), actor=cashier, as_of=MONDAY)
    new = NewCheque(
        number="000777",
        bank="City Bank",
        drawer=account.debtor.name,
        amount=Decimal(100),
        cheque_date=MONDAY,
        shares=[(account, Decimal(100), None)],
    )
    lodged = lodge_cheques(
        debtor=account.debtor, cheques=[new], received_on=MONDAY, actor=supervisor, as_of=MONDAY
    )
    take_in_hand(cheques=lodged, actor=supervisor, as_of=MONDAY)
    [cheque] = lodged
    slip = {
        "bank_account": makers.bank_account(name="Collections EUR"),
        "receipt_ids": [receipt.pk],
        "cheque_ids": [cheque.pk],
        "pieces": {Decimal(50): 1},
        "actor": cashier,
        "as_of": MONDAY,
    }
    with pytest.raises(DepositRefused):
        prepare_deposit(**slip)  # the supervisor holds the paper
    offer = offer_hand_over(cheques=[cheque], taker=cashier, actor=supervisor, as_of=MONDAY)
    sign_hand_over(hand_over=offer, actor=cashier, as_of=MONDAY)
    deposit = prepare_deposit(**slip)
    assert (deposit.cash_amount, deposit.cheque_amount, deposit.total_amount) == (50, 100, 150)
    assert Cheque.objects.get().status == "in_batch"
    cancel_deposit(deposit=deposit, reason="Wrong account", actor=cashier, as_of=MONDAY)
    assert Cheque.objects.get().status == "in_hand"
    deposit = prepare_deposit(**slip)
    text = text_of(slip_pdf(deposit, language="en"))
    for said in (
        "D-000002",
        "Collections EUR",
        "150.00 EUR",
        "one hundred and fifty euros",
        "000777",
        "City Bank",
    ):
        assert said in text
    mark_deposited(
        deposit=deposit,
        deposited_on=MONDAY,
        content=b"%PDF-1.4 stamped",
        filename="slip.pdf",
        actor=cashier,
        as_of=MONDAY,
    )
    assert (Cheque.objects.get().status, Cheque.objects.get().deposit_reference) == ("submitted", "D-000002")
    assert DepositItem.objects.filter(is_live=True).count() == 2
    client.force_login(supervisor)
    page = client.get(reverse("accounts:deposit_detail", args=[deposit.pk])).content.decode()
    asked = f"{reverse('accounts:cheque_list')}?q=D-000002&status=submitted&status=represented"
    assert asked in html.unescape(page)
    assert "000777" in client.get(asked).content.decode()


@pytest.fixture
def today_open(cashier):
    makers.change_money(cashier, "50.00")
    return open_day(cashier=cashier, day=clock.today(), counted={"EUR": Decimal(50)}, actor=cashier)


PAGES = (
    "/receipts/",
    "/cash-days/",
    "/change-money/",
    "/deposits/held/",
    "/deposits/",
    "/receipt-books/",
    "/deposit-instructions/",
)


def test_lists_cost_the_same_for_one_row_and_for_thirty(
    client, team, account, cashier, supervisor, today_open
):
    def costs():
        found = {}
        for page in PAGES:
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(page)
            assert answer.status_code == 200
            found[page] = len(queries)
        return found

    def receipts(number):
        for _again in range(number):
            take_cash(account=account, amount=Decimal(1), actor=cashier, as_of=clock.today())
            makers.change_money(cashier, "5.00")

    client.force_login(supervisor)
    receipts(1)
    costs()
    one = costs()
    receipts(29)
    assert costs() == one
    assert max(one.values()) < 20


def test_the_desk_from_the_name_to_the_printed_receipt(client, account, cashier, supervisor):
    client.force_login(cashier)
    assert "Open my day" in client.get("/cash-desk/").content.decode()
    given = {"holder": cashier.pk, "amount": "50", "currency": "eur", "note": "Voucher 12"}
    assert client.post("/change-money/new/", given).status_code == 403
    client.force_login(supervisor)
    assert client.post("/change-money/new/", given).status_code == 302
    client.force_login(cashier)
    other = client.post("/cash-days/open/", {"counted_EUR": "49"})
    assert "you hold 50.00 and counted 49.00" in other.content.decode()
    assert client.post("/cash-days/open/", {"counted_EUR": "50"}).status_code == 302
    found = client.get("/cash-desk/", {"q": "A-777"})
    assert found.url == f"/accounts/{account.pk}/cash/"
    page = client.get(found.url).content.decode()
    assert 'value="1500.50"' in page
    issued = client.post(found.url, {"amount": "500.50"})
    receipt = CashReceipt.objects.get()
    assert issued.url == f"/receipts/{receipt.pk}/"
    for words in ("Print receipt", "Print a duplicate"):
        assert words in client.get(issued.url).content.decode()
        answer = client.post(f"/receipts/{receipt.pk}/print/")
        assert answer["Content-Type"] == "application/pdf"
    day = receipt.cash_day
    close = f"/cash-days/{day.pk}/close/"
    counted = {"count_EUR_500": "1", "count_EUR_50": "1", "receiver": supervisor.pk}
    refused = client.post(close, counted)
    assert "expected 550.50, counted 550.00" in refused.content.decode()
    client.post(close, {**counted, "count_EUR_0_50": "1"})
    client.force_login(supervisor)
    assert "hands you the cash" in client.get("/cash-desk/").content.decode()
    client.post(f"/cash-days/{day.pk}/sign/")
    day.refresh_from_db()
    assert (day.status, day.receiver) == ("closed", supervisor)
    bank = makers.bank_account()
    made = client.post(
        f"/deposits/new/{bank.pk}/",
        {"receipts": [receipt.pk], "count_EUR_500": "1", "count_EUR_0_50": "1"},
    )
    detail = client.get(made.url).content.decode()
    assert receipt.code in detail
    assert client.get(f"{made.url}print/")["Content-Type"] == "application/pdf"


def test_post_payment_leaves_cash_to_the_desk(client, account, cashier, supervisor):
    today = clock.today()
    makers.entry(account=account, amount="10.00", value_date=date(2026, 1, 6), reference="INV-10")
    url = f"/accounts/{account.pk}/payment/"
    cash = {"amount": "5", "value_date": today, "method": "cash", "receiver": "office"}
    for who, words in ((cashier, "Use «Take cash»"), (supervisor, "which an officer issues")):
        client.force_login(who)
        refused = client.post(url, cash)
        assert (refused.status_code, words in refused.content.decode()) == (422, True)
        split = client.post(f"/accounts/{account.pk}/split-payment/", cash | {"reference": "R-1"})
        assert (split.status_code, words in split.content.decode()) == (422, True)
    assert (
        "There is no receipt of that number" in client.post(url, cash | {"reference": "R-1"}).content.decode()
    )
    assert f"/accounts/{account.pk}/cash/" not in client.get(url).content.decode()
    client.force_login(cashier)
    assert f"/accounts/{account.pk}/cash/" in client.get(url).content.decode()
    assert client.post(url, cash | {"receiver": "creditor"}).status_code == 302
    open_day(cashier=cashier, day=today, actor=cashier)
    desk = f"/accounts/{account.pk}/cash/"
    assert "Pays this item" in client.get(desk).content.decode()
    named = account.entries.get(reference="INV-10")
    assert client.post(desk, {"amount": "10", "charge": named.pk}).status_code == 302
    line = CashReceipt.objects.get().lines.get()
    assert [part["text"] for part in line.paid] == ["INV-10"]
    receipt_page = f"/receipts/{line.receipt_id}/"
    assert receipt_page in client.get(f"/entries/{line.entry_id}/").content.decode()
    assert client.get(f"/entries/{line.entry_id}/receipt/").url == receipt_page
    makers.entry(
        account=account, kind="payment", method="cash", receiver="office", amount="3.00", value_date=today,
        source="import",
    )  # fmt: skip
    for numbered, amounts in (("true", {"10.00"}), ("false", {"3.00"})):
        page = client.get("/payments/", {"numbered": numbered}).content.decode()
        assert {amount for amount in ("5.00", "10.00", "3.00") if f">{amount}" in page} == amounts
