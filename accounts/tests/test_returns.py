"""A payment that came back: what is posted, what follows, once, whoever says it."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.arrangements.models import Promise
from accounts.holds.models import Hold
from accounts.ledger.models import LedgerEntry, NamedAllocation
from accounts.ledger.queries import open_items
from accounts.payments.services import post_payment
from accounts.returns.enums import ActionClass, Block, RetryStatus
from accounts.returns.models import MeansStop, PaymentReturn, Retry, ReturnReason
from accounts.returns.services import (
    NotAReceipt,
    ReasonUnknown,
    ReceiptAlreadyReversed,
    ReturnRefused,
    record_return,
)
from accounts.tasks.models import Task
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

PAID, BACK, TODAY = date(2026, 3, 2), date(2026, 3, 6), date(2026, 3, 9)


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def officer(team):
    return makers.teammate(team=team, role=Role.SENIOR_OFFICER)


@pytest.fixture
def account(team, officer):
    made = makers.account(team=team, officer=officer)
    makers.entry(account=made, amount="100.00", value_date=date(2026, 1, 5), due_date=date(2026, 2, 4))
    return made


def paid(account, amount="100.00", method="direct_debit", **fields) -> LedgerEntry:
    return post_payment(
        account=account,
        amount=Decimal(amount),
        value_date=fields.pop("value_date", PAID),
        method=method,
        actor=makers.system(),
        as_of=fields.pop("as_of", PAID),
        **fields,
    )


def back(entry, code="AM04", **fields) -> PaymentReturn:
    return record_return(
        entry=entry,
        scheme=fields.pop("scheme", "sepa"),
        code=code,
        return_date=fields.pop("return_date", BACK),
        actor=fields.pop("actor", None) or makers.system(),
        as_of=fields.pop("as_of", TODAY),
        **fields,
    )


def test_everything_a_return_asks_for_happens_at_once(account, officer):
    promise = makers.promise(account=account, amount="100.00", due_date=PAID, as_of=date(2026, 2, 20))
    makers.policy("return_fee", {"sepa": {"EUR": "7.50"}})
    entry = paid(account)
    assert Promise.objects.get(pk=promise.pk).status == "kept"
    returned = back(entry, actor=officer)
    account.standing.refresh_from_db()
    assert account.standing.balance == Decimal("107.50")
    assert returned.reversal.value_date == BACK
    assert returned.reversal.reverses_id == entry.pk
    assert returned.reversal.line == "payments_returned"
    assert returned.fee.amount == Decimal("7.50")
    assert returned.fee.kind == "fee"
    assert Promise.objects.get(pk=promise.pk).status == "broken"
    retry = Retry.objects.get()
    assert (retry.attempt, retry.amount, retry.planned_date) == (2, Decimal(100), date(2026, 3, 11))
    task = Task.objects.get(kind="return_retry")
    assert (task.assignee, task.subject_id) == (officer, returned.pk)
    assert AuditRecord.objects.filter(code="payment.returned", subject_id=returned.pk).exists()
    assert back(entry, actor=officer) == returned
    assert PaymentReturn.objects.count() == 1
    assert Retry.objects.count() == 1
    with pytest.raises(ReceiptAlreadyReversed, match="came back already"):
        back(entry, code="MD06")


def test_what_cannot_come_back_is_refused(account, officer):
    charge = account.entries.get()
    with pytest.raises(NotAReceipt, match="Only a payment"):
        back(charge)
    with pytest.raises(NotAReceipt, match="cash"):
        back(paid(account, "10.00", method="cash"))
    entry = paid(account, "20.00")
    with pytest.raises(ReasonUnknown, match="ZZ99"):
        back(entry, code="ZZ99")
    with pytest.raises(ReturnRefused, match="before it was paid"):
        back(entry, return_date=date(2026, 3, 1))
    with pytest.raises(ReturnRefused, match="in the future"):
        back(entry, return_date=date(2026, 3, 10))
    with pytest.raises(ReturnRefused, match="at most"):
        back(entry, amount=Decimal("20.01"))
    with pytest.raises(NotAllowed):
        back(entry, actor=makers.user(role=Role.FIELD_OFFICER))
    assert not PaymentReturn.objects.exists()


def test_a_part_comes_back_and_the_rest_pays_what_it_had_named(account, officer):
    second = makers.entry(
        account=account, amount="80.00", value_date=date(2026, 1, 20), due_date=date(2026, 2, 19)
    )
    entry = paid(account, "80.00", method="cheque", charge=second)
    returned = back(entry, scheme="cheque", code="partly_paid", amount=Decimal("30.00"), certificate="PP-77")
    assert (returned.amount, returned.rest.amount, returned.rest.value_date) == (30, 50, BACK)
    assert NamedAllocation.objects.get(credit=returned.rest).debit_id == second.pk
    items = {item.entry_id: item.open for item in open_items([account.pk], as_of=TODAY)[account.pk]}
    assert items == {account.entries.first().pk: Decimal(100), second.pk: Decimal(30)}
    assert second.due_date == date(2026, 2, 19)
    assert returned.certificate == "PP-77"
    account.standing.refresh_from_db()
    assert account.standing.balance == Decimal(130)


def test_who_may_be_dead_is_held_and_never_chased(account):
    Retry.objects.all().delete()
    first = paid(account, "40.00")
    back(first)
    assert Retry.objects.get().status == RetryStatus.PLANNED
    returned = back(paid(account, "60.00"), code="MD07")
    hold = Hold.objects.get()
    assert (hold.debtor, hold.reason) == (account.debtor, "deceased")
    assert set(hold.scopes) == {"contact", "demand", "fee", "legal"}
    assert Retry.objects.get().status == RetryStatus.GIVEN_UP
    task = Task.objects.get(subject_id=returned.pk)
    assert (task.role, task.team) == (Role.SENIOR_OFFICER, account.team)
    assert MeansStop.objects.get().strength == Block.STOP


def test_a_stopped_means_and_a_limit_end_the_retries(account):
    back(paid(account, "100.00"), code="MD06")
    assert not Retry.objects.exists()
    assert not Retry.objects.exists()
    assert MeansStop.objects.get().scheme == "sepa"
    back(paid(account, "100.00"), code="AM04")
    assert not Retry.objects.exists()


def test_the_installed_reasons_cover_every_scheme_and_say_what_is_not_verified():
    reasons = {(reason.scheme, reason.code): reason for reason in ReturnReason.objects.in_force(TODAY)}
    assert len(reasons) == 60
    assert (reasons["ach", "R01"].retry_limit, reasons["ach", "R01"].retry_window_days) == (2, 180)
    for code in ("R02", "R03", "R04", "R05", "R07", "R10", "R29"):
        assert reasons["ach", code].action_class == ActionClass.NEW_MANDATE, code
    assert reasons["sepa", "MD07"].action_class == ActionClass.DECEASED
    assert reasons["ach", "R01"].is_verified
    assert not reasons["ach", "R29"].is_verified
    assert not any(reason.is_verified for (scheme, _c), reason in reasons.items() if scheme == "bacs")
