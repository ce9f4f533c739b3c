"""The bank's statement answers cheques: each is paid once, whoever tells it, and the cash reconciles."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.bank.cheques import ChequeLineRefused, clear_by_line, return_by_line
from accounts.bank.enums import LineStatus, Rule
from accounts.bank.models import BankLine, BankPosting
from accounts.bank.queries import cash_bridge
from accounts.bank.services import unmatch_line
from accounts.bank.tying import link_line
from accounts.cheques.models import Cheque, ChequeReturn
from accounts.cheques.part_back import WhichAccount, suggested
from accounts.cheques.paying import paid_of
from accounts.cheques.queries import cover
from accounts.cheques.services import clear_cheque, return_cheque, submit
from accounts.ledger.models import LedgerEntry
from accounts.ledger.queries import balances, open_items
from accounts.tasks.models import Task
from accounts.tests.bank_making import DAY, TODAY, mt940, taken
from collections_app.core.enums import Role
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
DATED, GIVEN = date(2026, 2, 20), date(2026, 2, 25)


@pytest.fixture
def team():
    makers.system()
    return makers.team()


@pytest.fixture
def senior(team):
    return makers.teammate(team=team, role=Role.SENIOR_OFFICER)


@pytest.fixture
def bank():
    return makers.bank_account(number="DE89370400440532013000")


@pytest.fixture
def account(team):
    made = makers.account(team=team, number="A-1001")
    makers.entry(account=made, amount="500.00", value_date=date(2026, 1, 5), due_date=date(2026, 2, 4))
    return made


def given(account, bank, amount="100.00", **fields):
    """A cheque with the bank since GIVEN."""
    cheque = makers.cheque(
        account=account,
        amount=amount,
        received_on=date(2026, 2, 2),
        cheque_date=DATED,
        bank_account=bank,
        **fields,
    )
    [cheque] = submit(cheques=[cheque], date=GIVEN, actor=makers.system(), as_of=TODAY)
    return cheque


def lines(bank, rows, actor, opening="0.00", **fields):
    """Bring a statement; its lines as they were decided, in order."""
    taken(mt940(bank.number, opening, rows, **fields), actor)
    return list(BankLine.objects.filter(bank_account=bank).order_by("id"))


def owed(account, day=TODAY):
    return balances([account.pk], as_of=day)[account.pk]


def test_a_cheque_is_cleared_by_its_number_and_amount_and_never_paid_twice(account, bank, senior, team):
    cheque = given(account, bank, number="0040117")
    twin = given(account, bank, number="0050222", amount="60.00")
    other = makers.account(team=team, debtor=account.debtor, number="B-2002")
    makers.entry(account=other, amount="70.00", value_date=date(2026, 1, 5))
    given(other, bank, number="0060333", amount="70.00")
    rows = [
        ("100.00", "X1", "CHQ 40117 First Bank", "CLEARING", ""),
        ("60.00", "X2", "A-1001", "CLEARING", ""),
        ("70.00", "X3", "CHQ 60333 for A-1001", "CLEARING", ""),
        ("33.00", "X4", "A-1001", "ANNA", "DE1"),
    ]
    paid, asked, contradicts, transfer = lines(bank, rows, senior)
    cheque.refresh_from_db()
    assert (paid.status, paid.rule, cheque.status, cheque.bank_value_date) == (
        LineStatus.POSTED,
        Rule.CHEQUE,
        "cleared",
        DAY,
    )
    entry = LedgerEntry.objects.get(method="cheque")
    assert (entry.amount, entry.value_date, entry.bank_posting.line) == (Decimal("100.00"), DAY, paid)
    # the account is named, but the amount is what a cheque with the bank is for: a person says
    assert (asked.status, contradicts.status) == (LineStatus.UNMATCHED, LineStatus.UNMATCHED)
    assert (transfer.status, transfer.rule) == (LineStatus.POSTED, Rule.TEXT)
    clear_by_line(line=asked, cheques=[twin], actor=senior, as_of=TODAY)
    twin.refresh_from_db()
    assert (twin.status, owed(account)) == ("cleared", Decimal("307.00"))
    # the same statement again adds nothing
    again = lines(bank, rows, senior, reference="AGAIN")
    assert (len(again), owed(account)) == (4, Decimal("307.00"))
    bridge = cash_bridge(bank, DAY, DAY)
    assert (bridge.is_sound, bridge.posted_in_ledger) == (True, Decimal("193.00"))
    assert cover([account.pk], TODAY) == {}


def test_a_part_that_the_bank_paid_needs_its_certificate(account, bank, senior):
    cheque = given(account, bank)
    [line] = lines(bank, [("80.00", "X", "part", "CLEARING", "")], senior)
    told = {"line": line, "cheques": [cheque], "actor": senior, "as_of": TODAY}
    with pytest.raises(ChequeLineRefused, match="certificate"):
        clear_by_line(**told)
    clear_by_line(**told, certificate="C-9")
    cheque.refresh_from_db()
    [item] = open_items([account.pk], as_of=TODAY)[account.pk]
    assert (cheque.status, cheque.bounces) == ("part_paid", 0)
    assert (item.open, item.due_date) == (Decimal("420.00"), date(2026, 2, 4))
    returned = ChequeReturn.objects.get()
    assert (returned.amount, returned.certificate) == (Decimal("20.00"), "C-9")
    assert cash_bridge(bank, DAY, DAY).is_sound


def test_several_cheques_of_one_credit_and_one_that_was_said_to_be_paid(account, bank, senior):
    told, waits, more = (given(account, bank, amount=amount) for amount in ("40.00", "60.00", "5.00"))
    clear_cheque(cheque=told, bank_value_date=DAY, actor=senior, as_of=TODAY)
    [line] = lines(bank, [("100.00", "X", "cheques", "CLEARING", "")], senior)
    kind = {"line": line, "actor": senior, "as_of": TODAY}
    with pytest.raises(ChequeLineRefused, match="make 105"):
        clear_by_line(**kind, cheques=[told, waits, more])
    clear_by_line(**kind, cheques=[told, waits])
    assert (owed(account), LedgerEntry.objects.filter(kind="payment").count()) == (Decimal("400.00"), 2)
    assert set(BankPosting.objects.values_list("amount", "is_linked")) == {
        (Decimal("40.00"), True),
        (Decimal("60.00"), False),
    }
    assert cash_bridge(bank, DAY, DAY).is_sound
    # taken back: what the line posted is reversed, what it was tied to stands
    unmatch_line(line=line, reason="Wrong slip", actor=senior, as_of=TODAY)
    assert dict(Cheque.objects.values_list("pk", "status")) == {
        told.pk: "cleared",
        waits.pk: "submitted",
        more.pk: "submitted",
    }
    assert owed(account) == Decimal("460.00")


def test_a_receipt_of_a_cheque_in_the_ledger_is_tied_and_not_posted_again(account, bank, senior):
    cheque = given(account, bank, amount="77.00")
    [entry] = clear_cheque(cheque=cheque, bank_value_date=DAY, actor=senior, as_of=TODAY)
    [line] = lines(bank, [("77.00", "X", "A-1001", "CLEARING", "")], senior)
    assert line.status == LineStatus.UNMATCHED
    link_line(line=line, entry=entry, actor=senior, as_of=TODAY)
    assert (owed(account), cash_bridge(bank, DAY, DAY).is_sound) == (Decimal("423.00"), True)


@pytest.mark.parametrize("is_cleared", [False, True])
@pytest.mark.parametrize("back", ["-100.00", "-30.00"])
def test_a_debit_is_a_cheque_that_came_back_whole_or_in_part(account, bank, senior, is_cleared, back):
    makers.policy("return_fee", {"cheque": {"EUR": "7.50"}})
    cheque = given(account, bank)
    rows = [(back, "R", "unpaid", "BANK", "")]
    if is_cleared:
        clear_cheque(cheque=cheque, bank_value_date=GIVEN, actor=senior, as_of=TODAY)
    [line] = lines(bank, rows, senior, opening="500.00")
    told = {"line": line, "cheque": cheque, "code": "insufficient_funds", "actor": senior, "as_of": TODAY}
    if back == "-30.00":
        with pytest.raises(ChequeLineRefused, match="certificate"):
            return_by_line(**told)
    return_by_line(**told, certificate="C-1")
    cheque.refresh_from_db()
    line.refresh_from_db()
    whole = back == "-100.00"
    assert (line.status, line.rule) == (LineStatus.RETURNED, Rule.CHEQUE)
    assert (cheque.status, cheque.bounces) == (("returned", 1) if whole else ("part_paid", 0))
    assert owed(account) == Decimal("507.50" if whole else "430.00")
    returned = ChequeReturn.objects.get()
    assert (returned.return_date, returned.certificate) == (DAY, "" if whole else "C-1")
    assert owed(account, date(2026, 3, 1)) == Decimal("400.00" if is_cleared else "500.00")


def test_a_return_told_before_its_line_is_tied_to_it_and_nothing_happens_again(account, bank, senior):
    cheque, cleared = given(account, bank), given(account, bank)
    kind = {"actor": senior, "as_of": TODAY}
    clear_cheque(cheque=cleared, bank_value_date=GIVEN, **kind)
    for one in (cheque, cleared):
        return_cheque(cheque=one, code="stale", return_date=date(2026, 3, 1), **kind)
    first, second = lines(
        bank, [("-100.00", x, "unpaid", "BANK", "") for x in "RS"], senior, opening="500.00"
    )
    for line, one in ((first, cheque), (second, cleared)):
        return_by_line(line=line, cheque=one, **kind)
        line.refresh_from_db()
        assert (line.status, line.rule, line.cheque_return.cheque) == (LineStatus.RETURNED, Rule.LEDGER, one)
    assert second.payment_return is not None
    assert set(Cheque.objects.values_list("status", "bounces")) == {("returned", 1)}
    assert owed(account) == Decimal("500.00")
    unmatch_line(line=first, reason="Another's", **kind)
    first.refresh_from_db()
    assert (first.status, first.cheque_return) == (LineStatus.UNMATCHED, None)


def test_a_cheque_for_two_accounts_that_comes_back_leaves_the_cash_whole(account, bank, senior, team):
    other = makers.account(debtor=account.debtor, team=team)
    makers.entry(account=other, amount="90.00", value_date=date(2026, 1, 5))
    shares = [(account, Decimal("60.00"), None), (other, Decimal("40.00"), None)]
    cheque = given(account, bank, shares=shares)
    rows = [("100.00", "X", "cheque", "CLEARING", ""), ("-100.00", "Y", "unpaid", "CLEARING", "")]
    paid, back = lines(bank, rows, senior)
    clear_by_line(line=paid, cheques=[cheque], actor=senior, as_of=TODAY)
    assert (owed(account), owed(other)) == (Decimal("440.00"), Decimal("50.00"))
    return_by_line(line=back, cheque=cheque, code="alteration", actor=senior, as_of=TODAY)
    assert (owed(account), owed(other)) == (Decimal("500.00"), Decimal("90.00"))
    bridge = cash_bridge(bank, DAY, DAY)
    assert (bridge.is_sound, bridge.posted_in_ledger) == (True, Decimal("100.00"))


def test_a_part_of_a_cheque_for_two_accounts_comes_back_from_those_that_are_named(
    client, account, bank, senior, team
):
    other = makers.account(debtor=account.debtor, team=team, number="B-7")
    charge = makers.entry(account=other, amount="90.00", value_date=date(2026, 1, 5))
    shares = [(account, Decimal("60.00"), None), (other, Decimal("40.00"), charge)]
    cheque = given(account, bank, shares=shares)
    rows = [("100.00", "X", "cheque", "CLEARING", ""), ("-50.00", "Y", "unpaid", "CLEARING", "")]
    paid, back = lines(bank, rows, senior)
    clear_by_line(line=paid, cheques=[cheque], actor=senior, as_of=TODAY)
    told = {"line": back, "cheque": cheque, "certificate": "C-4", "actor": senior, "as_of": TODAY}
    with pytest.raises(WhichAccount, match="from each"):
        return_by_line(**told)
    for wrong, words in (
        ({account.pk: Decimal("49.00")}, "The parts make"),
        ({account.pk: Decimal("5.00"), other.pk: Decimal("45.00")}, "at most what"),
        ({makers.account().pk: Decimal("50.00")}, "nothing to one"),
    ):
        with pytest.raises(Refused, match=words):
            return_by_line(**told, parts=wrong)
    assert suggested(cheque, Decimal("50.00")) == {account.pk: 10, other.pk: 40}
    # the page asks once the cheque is chosen, with what is suggested in the fields
    client.force_login(senior)
    address = reverse("accounts:bank_line_cheque_return", args=[back.pk])
    sent = {"cheque": cheque.pk, "certificate": "C-4"}
    asked = client.post(address, sent)
    assert asked.status_code == 422
    html = asked.content.decode()
    assert "Came back from B-7" in html
    assert "Say how much came back from each" in html
    parts = {f"back_{account.pk}": "35.00", f"back_{other.pk}": "15.00"}
    assert client.post(address, sent | parts).status_code == 302
    cheque.refresh_from_db()
    assert (cheque.status, cheque.bounces, paid_of(cheque)) == ("part_paid", 0, Decimal("50.00"))
    assert (cheque.place, cheque.holder) == ("office", senior)
    assert (owed(account), owed(other)) == (Decimal("475.00"), Decimal("65.00"))
    [item] = open_items([other.pk], as_of=TODAY)[other.pk]
    assert (item.entry_id, item.open) == (charge.pk, Decimal("65.00"))
    returned = ChequeReturn.objects.get()
    assert (returned.amount, returned.certificate) == (Decimal("50.00"), "C-4")
    assert Task.objects.filter(subject_type="accounts.cheque").count() <= 1
    assert cash_bridge(bank, DAY, DAY).is_sound
    # the rest of one account comes back too, told on the cheque's own page
    page = client.get(reverse("accounts:cheque_part_back", args=[cheque.pk])).content.decode()
    assert "It was paid EUR 25.00." in page
    client.post(
        reverse("accounts:cheque_part_back", args=[cheque.pk]),
        {f"back_{account.pk}": "25.00", "return_date": TODAY.isoformat(), "certificate": "C-5"},
    )
    assert (owed(account), owed(other), paid_of(cheque)) == (500, Decimal("65.00"), Decimal("25.00"))


def test_who_may_and_what_a_line_can_not_be(account, bank, senior, team):
    cheque = given(account, bank)
    [line] = lines(bank, [("100.00", "X", "cheque", "CLEARING", "")], senior)
    elsewhere = given(account, makers.bank_account(), amount="100.00")
    told = {"line": line, "as_of": TODAY}
    with pytest.raises(NotAllowed):
        clear_by_line(**told, cheques=[cheque], actor=makers.teammate(team=team))
    for actor, wrong in ((senior, elsewhere), (makers.user(role=Role.MANAGER), elsewhere)):
        with pytest.raises(ChequeLineRefused, match="with this bank"):
            clear_by_line(**told, cheques=[wrong], actor=actor)
    stranger = makers.teammate(team=makers.team(), role=Role.SENIOR_OFFICER)
    with pytest.raises(ChequeLineRefused, match="of yours"):
        clear_by_line(**told, cheques=[cheque], actor=stranger)
    assert owed(account) == Decimal("500.00")


def test_the_pages_of_a_line_that_is_a_cheque(client, account, bank, senior, team):
    cheque = given(account, bank, number="0077001")
    given(account, bank, number="0077002", amount="250.00")
    # its number and another's: not sure
    paid, back = lines(
        bank,
        [("100.00", "X", "0077001 0077002", "CLEARING", ""), ("-250.00", "Y", "0077002", "CLEARING", "")],
        senior,
        opening="500.00",
    )
    client.force_login(senior)
    page = client.get(reverse("accounts:bank_line_detail", args=[paid.pk])).content.decode()
    assert "A cheque of the register?" in page
    assert "exactly its amount" in page
    address = reverse("accounts:bank_line_cheque", args=[paid.pk])
    form = client.get(f"{address}?cheque={cheque.pk}").content.decode()
    assert "0077002" in form
    assert client.post(address, {}).status_code == 422
    assert client.post(address, {"number": "99"}).status_code == 422
    assert client.post(address, {"cheques": [cheque.pk]}).status_code == 302
    assert owed(account) == Decimal("400.00")
    address = reverse("accounts:bank_line_cheque_return", args=[back.pk])
    told = {"number": "0077002", "code": "stale"}
    client.force_login(makers.teammate(team=team))
    assert client.post(address, told).status_code == 403
    client.force_login(makers.user(role=Role.AUDITOR))
    assert client.get(address).status_code == 403
    client.force_login(senior)
    assert client.post(address, told).status_code == 302
    assert Cheque.objects.get(number="0077002").status == "returned"
