"""The tax within an amount: by the dated rule for its kind, unless it is stated."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.ledger.models import LedgerEntry
from accounts.ledger.services import reverse_entry
from accounts.ledger.taxes import parts_of, tax_within
from accounts.policies.kinds import KINDS
from accounts.policies.values import PolicyValueWrong
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 1)


def test_the_rule_of_the_entrys_own_day_and_creditor_holds():
    account = makers.account()
    makers.policy("tax", {"table": {"fee": "VAT20 20", "charge": "VAT20 20"}})
    makers.policy(
        "tax", {"table": {"fee": "VAT19 19"}}, valid_from=date(2026, 4, 1), scope_type="creditor",
        scope_id=account.creditor_id,
    )  # fmt: skip
    before = makers.entry(account=account, amount="120.00", kind="fee", value_date=DAY)
    after = makers.entry(account=account, amount="119.00", kind="fee", value_date=date(2026, 4, 1))
    none = makers.entry(account=account, amount="119.00", value_date=date(2026, 4, 1))
    paid = makers.entry(account=account, amount="10.00", kind="payment", value_date=date(2026, 4, 1))
    stated = makers.entry(
        account=account, amount="100.00", kind="fee", value_date=DAY, tax_amount=Decimal(5), tax_code="RED"
    )
    imported = makers.entry(account=account, amount="50.00", kind="fee", value_date=DAY, source="import")
    found = [(parts.net, parts.tax, parts.code) for parts in map(parts_of, (before, after, stated))]
    assert found == [(100, 20, "VAT20"), (100, 19, "VAT19"), (95, 5, "RED")]
    assert [parts_of(entry).tax for entry in (none, paid, imported)] == [0, 0, 0]
    back = reverse_entry(entry=before, value_date=DAY, reason="x", actor=makers.system(), as_of=DAY)
    assert (back.tax_amount, back.tax_code) == (Decimal(20), "VAT20")


@pytest.mark.parametrize(
    "amount, rate, currency, tax",
    [("100", "20", "EUR", "16.67"), ("1000", "10", "JPY", "91"), ("10", "5", "KWD", "0.476")],
)
def test_tax_is_rounded_to_the_currency(amount, rate, currency, tax):
    assert tax_within(Decimal(amount), Decimal(rate), currency) == Decimal(tax)


@pytest.mark.parametrize("wrong", [{"rent": "VAT 20"}, {"fee": "VAT"}, {"fee": "VAT 100"}, {"fee": "VAT x"}])
def test_a_rule_that_can_not_be_is_refused(wrong):
    with pytest.raises(PolicyValueWrong):
        KINDS["tax"].clean({"table": wrong})


def test_a_senior_states_the_tax_and_the_entry_page_shows_net(client):
    team = makers.team()
    account = makers.account(team=team)
    senior = makers.teammate(team=team, role=Role.SENIOR_OFFICER)
    client.force_login(senior, backend="django.contrib.auth.backends.ModelBackend")
    data = {
        "kind": "fee", "amount": "30", "value_date": DAY, "reason": "letter", "tax_amount": "5",
        "tax_code": "VAT20",
    }  # fmt: skip
    url = reverse("accounts:adjustment_new", args=[account.pk])
    assert client.post(url, data | {"tax_amount": "31"}).status_code == 422
    assert client.post(url, data).status_code == 302
    entry = LedgerEntry.objects.get()
    page = client.get(reverse("accounts:entry_detail", args=[entry.pk])).content.decode()
    assert "VAT20" in page
    assert "25.00" in page
