"""Post-dated cheques: a paper is cover, the bank's answer is money, and neither counts twice."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.cheques.answers import BankNotAsked
from accounts.cheques.models import Cheque, ChequePayment
from accounts.cheques.presenting import NotPresentable, PresentedEarly
from accounts.cheques.queries import cover
from accounts.cheques.services import (
    ChequeRefused,
    clear_cheque,
    complete_cheque,
    release_security,
    submit,
)
from accounts.ledger.queries import balances
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

LODGED, DATED, BANKED, TODAY = date(2026, 2, 2), date(2026, 3, 2), date(2026, 3, 4), date(2026, 3, 9)
RECEIPT = ("receipt.txt", b"signed")


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def senior(team):
    return makers.teammate(team=team, role=Role.SENIOR_OFFICER)


@pytest.fixture
def account(team, senior):
    made = makers.account(team=team, officer=senior)
    makers.entry(account=made, amount="100.00", value_date=date(2026, 1, 5), due_date=date(2026, 2, 4))
    return made


def lodged(account, **fields):
    return makers.cheque(
        account=account, received_on=LODGED, cheque_date=fields.pop("dated", DATED), **fields
    )


def at_bank(account, actor=None, **fields):
    cheque = lodged(account, **fields)
    [cheque] = submit(cheques=[cheque], date=BANKED, actor=actor or makers.system(), as_of=TODAY)
    return cheque


def owed(account, day=TODAY):
    return balances([account.pk], as_of=day)[account.pk]


def covered(account, day=TODAY):
    return cover([account.pk], day).get(account.pk, Decimal(0))


def cleared(cheque, day=TODAY, actor=None):
    return clear_cheque(cheque=cheque, bank_value_date=day, actor=actor or makers.system(), as_of=TODAY)


def test_a_cheque_covers_until_it_clears_and_only_then_pays(account, senior):
    cheque = lodged(account, amount="60.00")
    assert (owed(account, LODGED), covered(account, LODGED)) == (Decimal("100.00"), Decimal("60.00"))
    assert covered(account, LODGED - timedelta(days=1)) == 0
    submit(cheques=[cheque], date=BANKED, actor=senior, as_of=TODAY)
    assert (owed(account), covered(account)) == (Decimal("100.00"), Decimal("60.00"))
    [payment] = cleared(cheque, date(2026, 3, 6), senior)
    assert (payment.method, payment.value_date) == ("cheque", date(2026, 3, 6))
    assert (owed(account), covered(account)) == (Decimal("40.00"), Decimal(0))
    # asked for a day before, the cheque is cover still
    assert (owed(account, date(2026, 3, 5)), covered(account, date(2026, 3, 5))) == (
        Decimal("100.00"),
        Decimal("60.00"),
    )
    with pytest.raises(BankNotAsked):
        cleared(cheque, TODAY, senior)
    assert ChequePayment.objects.count() == 1


def test_cover_is_never_more_than_the_debt_and_never_of_security_or_incomplete_papers(account):
    lodged(account, amount="500.00")
    assert covered(account) == Decimal("100.00")
    other = makers.account(debtor=account.debtor, team=account.team)
    makers.entry(account=other, amount="300.00", value_date=date(2026, 1, 5))
    security = lodged(other, amount="50.00", is_security=True)
    undated = lodged(other, amount="20.00", missing=["date", "signature"])
    assert cover([account.pk, other.pk], TODAY) == {account.pk: Decimal("100.00")}
    release_security(cheque=security, reason="Agreed", actor=makers.system(), as_of=TODAY)
    complete_cheque(cheque=undated, cheque_date=date(2026, 4, 1), actor=makers.system(), as_of=TODAY)
    assert cover([other.pk], TODAY) == {other.pk: Decimal("70.00")}
    assert cover([other.pk], TODAY - timedelta(days=1)) == {}
    # six months after its date no bank takes it
    assert cover([other.pk], date(2026, 9, 3)) == {other.pk: Decimal("20.00")}
    assert cover([other.pk], TODAY, known_at=security.recorded_at) == {}


def test_nothing_is_presented_before_its_date_not_even_past_the_product(account, senior):
    cheque = lodged(account)
    with pytest.raises(PresentedEarly, match=r"02\.03\.2026"):
        submit(cheques=[cheque], date=DATED - timedelta(days=1), actor=senior, as_of=TODAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Cheque.objects.filter(pk=cheque.pk).update(submitted_on=DATED - timedelta(days=1))
    with pytest.raises(NotPresentable, match="stale"):
        submit(cheques=[cheque], date=date(2026, 9, 3), actor=senior, as_of=date(2026, 9, 3))
    security = lodged(account, is_security=True)
    with pytest.raises(NotPresentable, match="security"):
        submit(cheques=[security], date=BANKED, actor=senior, as_of=TODAY)
    with pytest.raises(ChequeRefused, match="come"):
        submit(cheques=[cheque], date=TODAY + timedelta(days=1), actor=senior, as_of=TODAY)
