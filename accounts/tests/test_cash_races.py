"""Several people at the desk at once: no number twice, none left out."""

import pytest
from django.db import transaction

from accounts.cashdesk.days import open_day
from accounts.cashdesk.models import CashReceipt, NumberSeries
from accounts.cashdesk.queries import series_with_gaps
from accounts.cashdesk.services import ReceiptRefused, take_cash
from accounts.ledger.models import Standing
from accounts.tests.test_cashdesk import MONDAY, Decimal
from accounts.tests.test_contact_races import at_once
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db(transaction=True)
THREADS, EACH = 8, 6


def test_eight_cashiers_of_one_series_leave_no_gap_though_every_third_receipt_is_rolled_back():
    """The third of each is taken back after its number was drawn, while the others wait for theirs."""
    makers.policy("cash_desk", {"series": "office"})
    makers.system()
    team = makers.team()
    accounts = [makers.account(team=team) for _number in range(2)]
    cashiers = [makers.teammate(team=team, role=Role.FIELD_OFFICER) for _number in range(THREADS)]
    for cashier in cashiers:
        open_day(cashier=cashier, day=MONDAY, actor=cashier)

    def work(cashier, shift):
        taken_back = []
        for number in range(EACH):
            order = accounts if (number + shift) % 2 else accounts[::-1]
            try:
                with transaction.atomic():
                    made = take_cash(account=order[0], amount=Decimal(1), actor=cashier, as_of=MONDAY)
                    if number % 3 == 2:
                        raise ReceiptRefused(made.code)
            except ReceiptRefused as refusal:
                taken_back.append(refusal.message)
        return taken_back

    results = at_once(
        *[lambda cashier=cashier, shift=shift: work(cashier, shift) for shift, cashier in enumerate(cashiers)]
    )
    codes = [code for taken_back in results for code in taken_back]
    assert [len(taken_back) for taken_back in results] == [2] * THREADS
    issued = THREADS * EACH - len(codes)
    # a number that was rolled back was drawn again by somebody, but for those drawn last of all
    assert CashReceipt.objects.filter(code__in=codes).count() >= len(set(codes)) - 1
    assert sorted(CashReceipt.objects.values_list("number", flat=True)) == list(range(1, issued + 1))
    assert NumberSeries.objects.get().last_number == issued
    assert series_with_gaps() == []
    assert -sum(Standing.objects.values_list("balance", flat=True)) == issued
