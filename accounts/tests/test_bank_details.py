"""From which account a debtor pays: two people, neither of whom takes his payments."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError
from django.urls import reverse

from accounts.parties.models import Debtor, DebtorBankDetails
from accounts.payments.bank_details import (
    BankDetailsMakerApproves,
    BankDetailsRefused,
    ChangedTheBankDetails,
    TakesThePayments,
    approve_bank_details,
    propose_bank_details,
    refuse_bank_details,
)
from accounts.payments.rules import may_approve_bank_details
from accounts.payments.services import post_payment
from accounts.payments.splitting import post_split_payment
from collections_app.core.enums import Role
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.core.models import AccessRecord, AuditRecord
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
TODAY, LATER = date(2026, 3, 9), date(2026, 3, 20)
IBAN, OTHER = "DE89370400440532013000", "GB82WEST12345698765432"


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def account(team):
    return makers.account(team=team)


@pytest.fixture
def people(team):
    return [makers.teammate(team=team, role=Role.SENIOR_OFFICER) for _ in range(3)]


def propose(debtor, actor, number=IBAN, **fields):
    given = {
        "holder": "Anna Berg",
        "number_kind": "iban",
        "valid_from": TODAY,
        "source": "Mandate signed",
        "as_of": TODAY,
    }
    return propose_bank_details(debtor=debtor, number=number, actor=actor, **{**given, **fields})


def pays_to(account, person):
    return post_payment(
        account=account,
        amount=Decimal("10.00"),
        value_date=TODAY,
        method="transfer",
        actor=person,
        as_of=TODAY,
    )


def test_one_proposes_another_approves_and_the_old_ones_end(account, people):
    first = propose(account.debtor, people[0], "DE89 3704 0044 0532 0130 00")
    assert DebtorBankDetails.objects.on(TODAY).count() == 0
    with pytest.raises(BankDetailsMakerApproves):
        approve_bank_details(details=first, actor=people[0], as_of=TODAY)
    approve_bank_details(details=first, actor=people[1], as_of=TODAY)
    assert DebtorBankDetails.objects.on(TODAY).get().number == IBAN
    second = propose(account.debtor, people[1], OTHER, valid_from=LATER)
    approve_bank_details(details=second, actor=people[0], as_of=TODAY)
    assert [DebtorBankDetails.objects.on(day).get().number for day in (TODAY, LATER)] == [IBAN, OTHER]
    assert DebtorBankDetails.objects.get(pk=first.pk).valid_to == LATER
    with pytest.raises(StatusHasMoved):
        approve_bank_details(details=first, actor=people[2], as_of=TODAY)
    said = AuditRecord.objects.filter(subject_type="accounts.debtorbankdetails")
    assert said.count() == 4
    assert not any(IBAN in str(record.after) + str(record.before) for record in said)


def test_who_takes_the_payments_neither_proposes_nor_approves(account, people):
    taker, maker, second = people
    details = propose(account.debtor, maker)
    pays_to(account, taker)
    assert not may_approve_bank_details(taker, details)
    assert may_approve_bank_details(second, details)
    with pytest.raises(TakesThePayments):
        approve_bank_details(details=details, actor=taker, as_of=TODAY)
    refuse_bank_details(details=details, reason="unreadable", actor=second, as_of=TODAY)
    with pytest.raises(TakesThePayments):
        propose(account.debtor, taker)
    other = makers.account(team=account.team)
    assert propose(other.debtor, taker).proposed_by == taker
    for role in (Role.FIELD_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR, Role.DEPARTMENT_USER):
        with pytest.raises(NotAllowed):
            propose(account.debtor, makers.user(role=role))
    with pytest.raises(NotAllowed):
        approve_bank_details(details=details, actor=makers.user(), as_of=TODAY)


def test_what_cannot_be_proposed_and_what_the_database_keeps(account, people):
    for fields, says in (
        ({"number": "DE88370400440532013000"}, "check digits"),
        ({"number": "12", "number_kind": "other"}, "whole account number"),
        ({"source": " "}, "how we know"),
    ):
        with pytest.raises(BankDetailsRefused, match=says):
            propose(account.debtor, people[0], **{"number": IBAN, **fields})
    details = propose(account.debtor, people[0])
    with pytest.raises(BankDetailsRefused, match="waits for a second person"):
        propose(account.debtor, people[1], OTHER)
    with pytest.raises(InternalError), transaction.atomic():
        DebtorBankDetails.objects.filter(pk=details.pk).update(number=OTHER)
    with pytest.raises(IntegrityError), transaction.atomic():
        DebtorBankDetails.objects.filter(pk=details.pk).update(status="approved", decided_by=people[0])
    approve_bank_details(details=details, actor=people[1], as_of=TODAY)
    with pytest.raises(BankDetailsRefused, match="hold already"):
        propose(account.debtor, people[0])


def test_the_number_is_masked_and_each_reading_is_recorded(client, account, people):
    details = propose(account.debtor, people[0])
    client.force_login(people[1])
    page = client.get(reverse("accounts:bank_details_detail", args=[details.pk])).content.decode()
    debtor = client.get(reverse("accounts:debtor_detail", args=[account.debtor_id])).content.decode()
    assert "…3000" in page
    assert "…3000" in debtor
    assert IBAN not in page + debtor
    assert client.get(reverse("accounts:bank_details_reveal", args=[details.pk])).status_code == 405
    shown = client.post(reverse("accounts:bank_details_reveal", args=[details.pk])).content.decode()
    assert IBAN in shown
    assert AccessRecord.objects.filter(kind="revealed", user=people[1]).count() == 1
    officer = makers.teammate(team=account.team)
    client.force_login(officer)
    assert client.post(reverse("accounts:bank_details_reveal", args=[details.pk])).status_code == 403


def test_who_changed_them_takes_no_payment_until_the_policys_days_are_over(account, people, team):
    maker, second, taker = people
    details = propose(account.debtor, maker)
    day = details.proposed_at.date()
    ends = day + timedelta(days=90)
    charge = makers.entry(account=account, amount="100", value_date=TODAY)

    def pay(person, on, **fields):
        given = {"value_date": TODAY, "method": "transfer", "actor": person, "as_of": on}
        return post_payment(account=account, amount=Decimal("10.00"), **{**given, **fields})

    with pytest.raises(ChangedTheBankDetails, match="somebody else takes his payments"):
        pay(maker, day)
    with pytest.raises(ChangedTheBankDetails):
        post_split_payment(
            account=account, parts={account.pk: Decimal("5")}, value_date=TODAY, method="transfer",
            actor=maker, as_of=day, reason="agreed",
        )  # fmt: skip
    with pytest.raises(ChangedTheBankDetails):
        makers.cheque(account=account, cheque_date=ends, received_on=day, actor=maker, as_of=day)
    assert pay(taker, day, charge=charge).actor == taker
    assert pay(second, day).actor == second
    refuse_bank_details(details=details, reason="unreadable", actor=makers.teammate(
        team=team, role=Role.SENIOR_OFFICER), as_of=TODAY)  # fmt: skip
    assert pay(maker, day).actor == maker
    # a payment taken already bars him from changing them; another debtor's does not
    other = makers.account(team=team)
    details = propose(other.debtor, maker)
    approve_bank_details(details=details, actor=second, as_of=TODAY)
    account = other
    for person in (maker, second):
        with pytest.raises(ChangedTheBankDetails):
            pay(person, ends - timedelta(days=1))
        assert pay(person, ends).actor == person
    makers.policy("bank_details", {"days": 10}, valid_from=TODAY)
    assert pay(second, day + timedelta(days=10)).actor == second
    merged = makers.account(team=team, debtor=makers.debtor(creditor=other.creditor))
    Debtor.objects.filter(pk=merged.debtor_id).update(merged_into=other.debtor_id)
    account = merged
    with pytest.raises(ChangedTheBankDetails):
        pay(maker, day)
