"""A payment that came back: what is posted, what follows, once, whoever says it."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.arrangements.models import Promise
from accounts.holds.models import Hold
from accounts.holds.services import lift_hold
from accounts.ledger.models import LedgerEntry, NamedAllocation
from accounts.ledger.queries import balances, open_items
from accounts.ledger.services import refresh_standing
from accounts.ledger.write_offs import write_off
from accounts.payments.services import post_payment, reverse_payment
from accounts.payments.splitting import post_split_payment
from accounts.policies.queries import policy
from accounts.policies.versions import VersionInThePast, VersionMakerApproves
from accounts.returns.enums import ActionClass, Block, RetryStatus, Scheme
from accounts.returns.file_posting import post_return_file
from accounts.returns.files import load_return_file
from accounts.returns.formats import FoundReturn
from accounts.returns.models import MeansStop, PaymentReturn, Retry, ReturnReason
from accounts.returns.queries import reason_on, stops_of
from accounts.returns.reasons import (
    ReasonRefused,
    decide_reason,
    propose_reason,
    values_of,
)
from accounts.returns.retries import RetryRefused, StopRefused, end_stop, give_up_retry, present_again
from accounts.returns.services import (
    NotAReceipt,
    ReasonUnknown,
    ReceiptAlreadyReversed,
    ReturnRefused,
    explain_return,
    record_return,
)
from accounts.tasks.models import Task
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers
from collections_app.testing.hang import HANG_SECONDS

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
    assert set(policy("return_fee", as_of=BACK)) == set(Scheme.values), "a line for every scheme"
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
    assert back(entry, actor=officer, return_date=TODAY) == returned
    with pytest.raises(ReceiptAlreadyReversed, match="came back already"):
        back(entry, code="MD06")
    with pytest.raises(ReceiptAlreadyReversed, match="came back already"):
        back(entry, as_of=date(2026, 3, 30), return_date=date(2026, 3, 30))


def test_what_cannot_come_back_is_refused(account, officer):
    charge = account.entries.get()
    with pytest.raises(NotAReceipt, match="Only a payment"):
        back(charge)
    with pytest.raises(NotAReceipt, match="cash"):
        back(paid(account, "10.00", method="cash"))
    by_card = paid(account, "10.00", method="card")
    with pytest.raises(NotAReceipt, match="card, which does not come back by SEPA"):
        back(by_card)
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
    assert back(by_card, scheme="card", code="13.2").reversal.value_date == BACK


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
    assert MeansStop.objects.get().scheme == "sepa"
    back(paid(account, "100.00"), code="AM04")
    assert not Retry.objects.exists()


def test_the_installed_reasons_cover_every_scheme_and_say_what_is_not_verified():
    reasons = {(reason.scheme, reason.code): reason for reason in ReturnReason.objects.in_force(TODAY)}
    assert len(reasons) == 72
    assert (reasons["ach", "R01"].retry_limit, reasons["ach", "R01"].retry_window_days) == (2, 180)
    for code in ("R02", "R03", "R04", "R05", "R07", "R10", "R29"):
        assert reasons["ach", code].action_class == ActionClass.NEW_MANDATE, code
    assert reasons["sepa", "MD07"].action_class == ActionClass.DECEASED
    assert reasons["ach", "R01"].is_verified
    assert not reasons["ach", "R29"].is_verified
    cards = {code: reason for (scheme, code), reason in reasons.items() if scheme == "card"}
    assert len(cards) == 12
    assert all(reason.is_verified and not reason.retry_limit for reason in cards.values())
    assert cards["10.4"].task_for == cards["4837"].task_for == "senior"
    assert not any(reason.is_verified for (scheme, _c), reason in reasons.items() if scheme == "bacs")


def test_a_retry_pays_counts_and_ends(account, officer):
    first = back(paid(account, "100.00", reference="E2E-9"))
    retry = Retry.objects.get()
    Retry.objects.update(planned_date=TODAY)
    entry = present_again(retry=retry, value_date=TODAY, actor=officer, as_of=TODAY)
    assert (entry.amount, entry.method, entry.reference) == (Decimal(100), "direct_debit", "E2E-9")
    retry.refresh_from_db()
    assert (retry.status, retry.entry, retry.ended_on) == (RetryStatus.DONE, entry, TODAY)
    again = back(entry, return_date=TODAY)
    assert (first.attempt, again.attempt) == (1, 2)
    Retry.objects.filter(pk=again.retry.pk).update(planned_date=TODAY)
    third = present_again(retry=again.retry, value_date=TODAY, actor=officer, as_of=TODAY)
    last = back(third, return_date=TODAY)
    assert last.attempt == 3
    assert not Retry.objects.filter(payment_return=last).exists()


def test_a_retry_is_refused_where_it_must_not_be(account, officer):
    retry = back(paid(account, "100.00")).retry
    with pytest.raises(RetryRefused, match=f"planned for {retry.planned_date:%-d %B %Y}"):
        present_again(retry=retry, value_date=TODAY, actor=officer, as_of=TODAY)
    Retry.objects.update(planned_date=TODAY)
    with pytest.raises(RetryRefused, match="Only 100.00 is owed"):
        present_again(retry=retry, value_date=TODAY, amount=Decimal(101), actor=officer, as_of=TODAY)
    with pytest.raises(RetryRefused, match="Say why"):
        give_up_retry(retry=retry, reason=" ", actor=officer, as_of=TODAY)
    hold = makers.hold(account=account, scopes=["demand"], as_of=TODAY)
    with pytest.raises(RetryRefused, match="on hold"):
        present_again(retry=retry, value_date=TODAY, actor=officer, as_of=TODAY)
    lift_hold(hold=hold, reason="over", actor=officer, as_of=TODAY)
    paid(account, "100.00", method="transfer", value_date=TODAY, as_of=TODAY)
    retry.refresh_from_db()
    assert (retry.status, retry.note) == (RetryStatus.GIVEN_UP, "Nothing is owed any more")


def test_a_stop_is_ended_with_a_reason_by_a_senior(account, officer):
    stop = back(paid(account, "100.00"), code="AC01").means_stop
    with pytest.raises(NotAllowed):
        end_stop(stop=stop, reason="x", actor=makers.user(), as_of=TODAY)
    end_stop(stop=stop, reason="New mandate signed", actor=officer, as_of=TODAY)
    assert stops_of([account.pk], TODAY) == {}
    with pytest.raises(StopRefused, match="again already"):
        end_stop(stop=stop, reason="x", actor=officer, as_of=TODAY)


def test_why_is_said_of_a_return_the_books_have_already(account, officer):
    makers.policy("return_fee", {"sepa": {"EUR": "7.50"}})
    entry = paid(account)
    said = {"scheme": "sepa", "code": "AM04", "actor": officer, "as_of": TODAY}
    with pytest.raises(ReturnRefused, match="stands"):
        explain_return(entry=entry, **said)
    reverse_payment(entry=entry, value_date=BACK, reason="Fed", actor=officer, as_of=TODAY)
    before = LedgerEntry.objects.count()
    returned = explain_return(entry=entry, **said)
    assert (returned.return_date, returned.amount, returned.fee) == (BACK, Decimal(100), None)
    assert LedgerEntry.objects.count() == before
    assert Task.objects.get().subject_id == returned.pk
    assert Retry.objects.get().planned_date == date(2026, 3, 11)
    with pytest.raises(ReceiptAlreadyReversed, match="known already"):
        explain_return(entry=entry, **said)


def test_no_fee_while_fees_are_on_hold(account):
    makers.policy("return_fee", {"sepa": {"*": "7.50"}})
    makers.hold(account=account, scopes=["fee"], as_of=PAID)
    returned = back(paid(account, "100.00"))
    assert returned.fee is None
    assert returned.fee_note == "No fee: fees are on hold."


def test_a_reason_is_proposed_by_one_and_approved_by_another(account):
    supervisor, manager = makers.user(role=Role.SUPERVISOR), makers.user(role=Role.MANAGER)
    values = {**values_of(reason_on("sepa", "AM04", TODAY)), "retry_days": 9, "retry_limit": 1}
    given = {"scheme": "sepa", "code": "AM04", "note": "Our bank asks for it", "as_of": TODAY}
    with pytest.raises(VersionInThePast, match="today or later"):
        propose_reason(values=values, valid_from=BACK, actor=supervisor, **given)
    made = propose_reason(values=values, valid_from=TODAY, actor=manager, **given)
    with pytest.raises(VersionMakerApproves):
        decide_reason(reason=made, approve=True, actor=manager, as_of=TODAY)
    assert reason_on("sepa", "AM04", TODAY).retry_days == 5
    decide_reason(reason=made, approve=True, actor=makers.user(role=Role.MANAGER), as_of=TODAY)
    assert reason_on("sepa", "AM04", TODAY).retry_days == 9
    assert reason_on("sepa", "AM04", BACK).retry_days == 5
    assert back(paid(account, "100.00"), return_date=TODAY).retry.planned_date == date(2026, 3, 18)
    with pytest.raises(ReasonRefused, match="holds already"):
        propose_reason(values=values, valid_from=TODAY, actor=supervisor, **given)


chains = st.lists(
    st.tuples(
        st.integers(1, 90),  # amount, a third of what is owed at most
        st.integers(0, 20),  # paid on
        st.none() | st.tuples(st.integers(0, 9), st.integers(1, 90)),  # came back after, how much of it
        st.none() | st.integers(0, 9),  # paid anew after
    ),
    min_size=1,
    max_size=4,
)


def _play(account, steps) -> None:
    entries: dict[int, LedgerEntry] = {}
    for chain, kind, day, amount in steps:
        if kind == "pay":
            entries[chain] = paid(account, Decimal(amount), value_date=day, as_of=TODAY)
        else:
            back(entries[chain], return_date=day, amount=Decimal(amount))


def _figures(account) -> dict:
    days = [PAID + timedelta(days=ahead) for ahead in range(-12, 8, 3)]
    account.standing.refresh_from_db()
    standing = account.standing
    return {
        "balances": [balances([account.pk], as_of=day)[account.pk] for day in days],
        "items": [
            [(item.due_date, item.open) for item in open_items([account.pk], as_of=day)[account.pk]]
            for day in days
        ],
        "standing": (standing.balance, standing.overdue, standing.not_due, standing.credit),
    }


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(chains=chains, shuffle=st.randoms(use_true_random=False))
def test_the_order_in_which_payments_and_returns_are_told_does_not_matter(chains, shuffle):
    start = PAID - timedelta(days=14)
    told = []
    for number, (amount, paid_after, came_back, anew) in enumerate(chains):
        paid_on = start + timedelta(days=min(paid_after, 14))
        told.append([(number, "pay", paid_on, amount)])
        if came_back is not None:
            back_on = min(paid_on + timedelta(days=came_back[0]), TODAY)
            told[-1].append((number, "back", back_on, min(came_back[1], amount)))
            if anew is not None:
                day = min(back_on + timedelta(days=anew), TODAY)
                told[-1].append((number + 100, "pay", day, amount))
    straight = [step for chain in told for step in chain]
    mixed, left = [], [list(chain) for chain in told]
    while any(left):
        chain = shuffle.choice([chain for chain in left if chain])
        mixed.append(chain.pop(0))
    figures = []
    for steps in (straight, mixed):
        account = makers.account()
        for due in (date(2026, 1, 5), date(2026, 2, 20), date(2026, 3, 20)):
            makers.entry(account=account, amount="60.00", value_date=date(2026, 1, 2), due_date=due)
        _play(account, steps)
        figures.append(_figures(account))
    assert figures[0] == figures[1]


@pytest.mark.parametrize("currency, amount", [("JPY", "100"), ("EUR", "33.33"), ("KWD", "10.125")])
def test_a_return_restores_every_figure(currency, amount):
    account = makers.account(debtor=makers.debtor(creditor=makers.creditor(currency=currency)))
    makers.entry(account=account, amount=amount, value_date=date(2026, 1, 5), due_date=date(2026, 2, 4))
    refresh_standing(as_of=TODAY, account_ids=[account.pk])
    before = _figures(account)
    returned = back(paid(account, amount, value_date=PAID), return_date=PAID)
    assert returned.amount == Decimal(amount)
    assert _figures(account) == before


def test_a_recovery_that_comes_back_leaves_the_write_off_as_it_was(account):
    manager = makers.user(role=Role.MANAGER)
    write_off(account=account, amount=Decimal("70.00"), reason="gone", actor=manager, as_of=PAID)
    before = _figures(account)
    for code, amount in (("AM04", None), ("MS03", "25.00")):
        entry = paid(account, "45.00", value_date=PAID)
        account.standing.refresh_from_db()
        assert (account.standing.balance, account.standing.written_off) == (0, 55)
        back(entry, code=code, return_date=PAID, amount=amount and Decimal(amount))
        account.standing.refresh_from_db()
        if amount is None:
            assert _figures(account) == before
    # of 45.00 came 25.00 back: 20.00 of the 30.00 on the active balance are paid
    assert (account.standing.balance, account.standing.written_off) == (10, 70)


def test_every_part_of_a_payment_over_several_accounts_comes_back(account):
    makers.policy("allocation", {"across_accounts": True})
    makers.policy("return_fee", {"sepa": {"EUR": "7.50"}})
    other = makers.account(debtor=account.debtor, team=account.team)
    makers.entry(account=other, amount="50.00", value_date=date(2026, 1, 5), due_date=date(2026, 2, 9))
    first, second = post_split_payment(
        account=account,
        parts={account.pk: Decimal("100.00"), other.pk: Decimal("50.00")},
        value_date=PAID,
        method="direct_debit",
        reference="E2E-5",
        actor=makers.system(),
        as_of=PAID,
    )
    with pytest.raises(ReturnRefused, match="one part of a payment over 2 accounts"):
        back(second, amount=Decimal("20.00"))
    supervisor = makers.user(role=Role.MANAGER)
    row = FoundReturn(1, "AM04", Decimal(150), "EUR", BACK, reference="E2E-5")
    file = load_return_file(
        content=b"x",
        filename="r.txt",
        scheme="sepa",
        format="camt",
        found=[row],
        actor=supervisor,
        as_of=TODAY,
    )
    post_return_file(return_file=file, actor=supervisor, as_of=TODAY)
    told = {returned.entry: returned for returned in PaymentReturn.objects.all()}
    assert set(told) == {first, second}
    assert [told[entry].amount for entry in (first, second)] == [100, 50]
    assert [told[entry].fee is not None for entry in (first, second)] == [True, False]
    assert {retry.amount for retry in Retry.objects.all()} == {Decimal(100), Decimal(50)}
    assert [balances([made.pk], as_of=TODAY)[made.pk] for made in (account, other)] == [Decimal("107.50"), 50]
    assert back(second) == told[second]


@pytest.mark.django_db(transaction=True)
def test_two_people_return_one_receipt_at_once():
    account = makers.account()
    makers.entry(account=account, amount="100.00", value_date=date(2026, 1, 5), due_date=date(2026, 2, 4))
    entry = paid(account)
    outcomes, gate = [], threading.Barrier(2)

    def send(code):
        try:
            gate.wait(HANG_SECONDS)
            back(entry, code=code)
            outcomes.append("returned")
        except ReceiptAlreadyReversed:
            outcomes.append("too late")
        finally:
            connection.close()

    people = [threading.Thread(target=send, args=(code,)) for code in ("AM04", "MS03")]
    for person in people:
        person.start()
    for person in people:
        person.join(HANG_SECONDS)
    assert sorted(outcomes) == ["returned", "too late"]
    assert LedgerEntry.objects.filter(reverses=entry).count() == 1
    account.standing.refresh_from_db()
    assert account.standing.balance == Decimal(100)
