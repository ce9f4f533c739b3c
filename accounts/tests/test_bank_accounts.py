"""Where money arrives: set up by the administrator, seen by the office, within the wall."""

import pytest
from django.urls import reverse

from accounts.payments.bank_accounts import BankAccountRefused, is_iban, save_bank_account
from accounts.payments.models import OwnBankAccount
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

GIVEN = {
    "name": "Collections AED",
    "bank_name": "First Bank",
    "number_kind": "iban",
    "number": "AE07 0331 2345 6789 0123 456",
    "currency": "AED",
}


def test_an_iban_is_kept_compact_and_a_mistyped_one_is_refused():
    administrator = makers.user(role=Role.ADMINISTRATOR)
    made = save_bank_account(actor=administrator, **GIVEN)
    assert made.number == "AE070331234567890123456"
    assert AuditRecord.objects.filter(code="bank_account.saved", subject_id=made.pk).exists()
    with pytest.raises(BankAccountRefused, match="check digits"):
        save_bank_account(
            actor=administrator, **{**GIVEN, "name": "B", "number": "AE08 0331 2345 6789 0123 456"}
        )
    with pytest.raises(BankAccountRefused, match="that number"):
        save_bank_account(actor=administrator, **{**GIVEN, "name": "B"})
    with pytest.raises(BankAccountRefused, match="that name"):
        save_bank_account(actor=administrator, **{**GIVEN, "number": "GB82 WEST 1234 5698 7654 32"})
    with pytest.raises(NotAllowed):
        save_bank_account(actor=makers.user(role=Role.MANAGER), **GIVEN)
    assert not is_iban("DE")


def test_a_currency_once_set_stays():
    administrator = makers.user(role=Role.ADMINISTRATOR)
    made = save_bank_account(actor=administrator, **GIVEN)
    changed = save_bank_account(
        actor=administrator, bank_account=made, **{**GIVEN, "currency": "EUR", "is_active": False}
    )
    assert (changed.currency, changed.is_active) == ("AED", False)
    assert not OwnBankAccount.objects.in_use().exists()


def test_another_creditors_account_is_not_named_to_a_team(client):
    team = makers.team()
    officer = makers.member(makers.user(role=Role.SENIOR_OFFICER), team)
    makers.bank_account(name="Ours")
    makers.bank_account(name="Theirs", creditor=makers.creditor())
    makers.bank_account(name="Hers", creditor=makers.creditor(teams=[team]))
    client.force_login(officer)
    page = client.get(reverse("accounts:bank_account_list")).content.decode()
    assert "Ours" in page
    assert "Hers" in page
    assert "Theirs" not in page
    # who may not change an account is offered no way to
    assert reverse("accounts:bank_account_new") not in page
    assert 'class="lk" href="/bank-accounts/' not in page
    client.force_login(makers.user(role=Role.ADMINISTRATOR))
    assert (
        'class="lk" href="/bank-accounts/'
        in client.get(reverse("accounts:bank_account_list")).content.decode()
    )


def test_the_form_says_what_is_wrong(client):
    client.force_login(makers.user(role=Role.ADMINISTRATOR))
    url = reverse("accounts:bank_account_new")
    answer = client.post(url, {**GIVEN, "number": "AE00", "is_active": "on"})
    assert "check digits" in answer.content.decode()
    assert client.post(url, {**GIVEN, "is_active": "on"}).status_code == 302
    assert OwnBankAccount.objects.get().name == "Collections AED"
