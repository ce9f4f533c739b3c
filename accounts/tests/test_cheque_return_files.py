"""A bank's file of returned cheques: those not yet cleared are found too, and given back once."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.cheques.models import Cheque, ChequeReturn
from accounts.cheques.paying import paid_of
from accounts.cheques.services import clear_cheque, return_cheque, submit
from accounts.deposits.models import Deposit
from accounts.deposits.services import mark_deposited, prepare_deposit
from accounts.ledger.queries import balances
from accounts.returns.file_posting import post_return_file
from accounts.returns.files import RowRefused, load_return_file, match_paper
from accounts.returns.formats import FoundReturn
from accounts.returns.models import PaymentReturn
from collections_app.core.enums import Role
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
GIVEN, BACK, TODAY = date(2026, 3, 2), date(2026, 3, 6), date(2026, 3, 9)


@pytest.fixture
def team():
    makers.system()
    return makers.team()


@pytest.fixture
def supervisor(team):
    return makers.teammate(team=team, role=Role.SUPERVISOR)


@pytest.fixture
def account(team):
    made = makers.account(team=team)
    makers.entry(account=made, amount="900.00", value_date=date(2026, 1, 5))
    return made


def cheque(account, number, amount="100.00", **fields):
    return makers.cheque(
        account=account,
        amount=amount,
        number=number,
        received_on=GIVEN - timedelta(days=20),
        cheque_date=GIVEN - timedelta(days=3),
        bank_account=fields.pop("bank", None) or makers.bank_account(),
        **fields,
    )


def at_bank(account, number, amount="100.00", **fields):
    [made] = submit(
        cheques=[cheque(account, number, amount, **fields)], date=GIVEN, actor=makers.system(), as_of=TODAY
    )
    return made


def row(number, reference, amount="100.00", code="insufficient_funds", **fields):
    return FoundReturn(
        number=number,
        code=code,
        amount=Decimal(amount),
        currency="EUR",
        return_date=BACK,
        reference=reference,
        **fields,
    )


def loaded(actor, *found, name="back.csv"):
    return load_return_file(
        content=f"{name} {found}".encode(),
        filename=name,
        scheme="cheque",
        format="csv",
        found=list(found),
        actor=actor,
        as_of=TODAY,
    )


def findings(file):
    return list(file.rows.order_by("number").values_list("finding", flat=True))


def test_a_file_gives_back_cheques_whether_they_were_paid_or_not(account, supervisor):
    makers.policy("return_fee", {"cheque": {"EUR": "7.50"}})
    bank = makers.bank_account()
    first = cheque(account, "0040117", "100.00", bank=bank)
    slip = prepare_deposit(bank_account=bank, cheque_ids=[first.pk], actor=supervisor, as_of=GIVEN)
    stamped = {"content": b"%PDF-1.4\nx", "filename": "s.pdf"}
    mark_deposited(deposit=slip, deposited_on=GIVEN, **stamped, actor=supervisor, as_of=GIVEN)
    paid = at_bank(account, "50222", "60.00")
    clear_cheque(cheque=paid, bank_value_date=GIVEN, reference="CLR 9", actor=supervisor, as_of=TODAY)
    known = at_bank(account, "60333", "30.00")
    return_cheque(cheque=known, code="stale", return_date=BACK, actor=supervisor, as_of=TODAY)
    twins = [at_bank(account, "70444", "20.00", drawer=name) for name in ("Anna", "Ben")]
    file = loaded(
        supervisor,
        row(1, "40117"),
        row(2, "0050222", "60.00", code="payment_stopped"),
        row(3, "60333", "30.00", code="stale"),
        row(4, "70444", "20.00"),
        row(5, "40117"),
        row(6, "999999", "5.00"),
        row(7, "0040117", "99.00"),
    )
    assert findings(file) == ["matched", "matched", "already", "unknown", "unknown", "unknown", "unknown"]
    assert [one.meant for one in file.rows.order_by("number")[:2]] == [str(first), str(paid)]
    post_return_file(return_file=file, actor=supervisor, as_of=TODAY)
    assert findings(file)[:2] == ["returned", "returned"]
    first.refresh_from_db()
    paid.refresh_from_db()
    assert (first.status, first.returned_on, first.bounces) == ("returned", BACK, 1)
    assert (paid.status, paid.bounces) == ("returned", 1)
    # one was never money, of the other the payment is taken back; one fee, for the reason that has one
    assert PaymentReturn.objects.get().entry.cheque_payment.share.cheque == paid
    assert balances([account.pk], as_of=TODAY)[account.pk] == Decimal("907.50")
    assert (Deposit.objects.get().status, Deposit.objects.get().returned_amount) == ("credited", 100)
    assert {one.status for one in Cheque.objects.filter(pk__in=[one.pk for one in twins])} == {"submitted"}
    # told again by an overlapping file: nothing more
    again = loaded(supervisor, row(1, "40117"), row(2, "50222", "60.00", code="payment_stopped"), name="b")
    assert findings(again) == ["already", "already"]
    assert ChequeReturn.objects.count() == 3


def test_what_became_impossible_waits_and_a_person_says_which_cheque(client, account, supervisor, team):
    gone, part = at_bank(account, "40117"), at_bank(account, "50222", "80.00")
    file = loaded(supervisor, row(1, "40117"), row(2, "50222", "30.00"))
    assert findings(file) == ["matched", "unknown"]
    clear_cheque(cheque=gone, bank_value_date=TODAY, actor=supervisor, as_of=TODAY)
    post_return_file(return_file=file, actor=supervisor, as_of=TODAY)
    waits, partly = file.rows.order_by("number")
    assert (waits.finding, waits.instrument_id) == ("unknown", None)
    assert "can't have been before" in waits.note
    told = {"row": partly, "instrument_id": part.pk, "code": "partly_paid", "as_of": TODAY}
    with pytest.raises(NotAllowed):
        match_paper(**told, actor=makers.teammate(team=team))
    with pytest.raises(RowRefused):
        match_paper(**told | {"instrument_id": 0}, actor=supervisor)
    client.force_login(supervisor)
    address = reverse("accounts:return_row_detail", args=[partly.pk])
    page = client.get(address).content.decode()
    assert "same number" in page
    sent = {"paper": part.pk, "reason": "cheque:partly_paid"}
    assert "certificate" in client.post(address, sent).content.decode()
    assert client.post(address, sent | {"certificate": "C-8"}).status_code == 302
    part.refresh_from_db()
    assert (part.status, paid_of(part)) == ("part_paid", Decimal("50.00"))
    page = client.get(address).content.decode()
    assert reverse("accounts:cheque_detail", args=[part.pk]) in page
    assert findings(file) == ["unknown", "returned"]
