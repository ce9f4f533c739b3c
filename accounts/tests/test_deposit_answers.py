"""A slip of cheques that the bank answers one by one: credited in part, then credited."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.bank.cheques import clear_by_line
from accounts.bank.queries import cash_bridge
from accounts.bank.services import LineRefused, unmatch_line
from accounts.bank.tying import deposits_behind, tie_line
from accounts.cheques.services import clear_cheque, clear_cheques, part_pay_cheque, return_cheque
from accounts.deposits.models import Deposit
from accounts.deposits.services import mark_deposited, prepare_deposit, tie, untie
from accounts.deposits.verification import deposit_faults
from accounts.irregularities.models import Irregularity
from accounts.payments.services import reverse_payment
from accounts.tests.bank_making import DAY, TODAY
from accounts.tests.test_cheque_bank_lines import DATED, GIVEN, lines
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
STAMPED = b"%PDF-1.4\nstamped"


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
    makers.entry(account=made, amount="500.00", value_date=DATED - timedelta(days=40))
    return made


def slip_of(account, bank, depositor, amounts=("100.00", "60.00", "40.00")):
    cheques = [
        makers.cheque(
            account=account,
            amount=amount,
            number=f"004011{place}",
            received_on=DATED - timedelta(days=9),
            cheque_date=DATED,
        )
        for place, amount in enumerate(amounts, 1)
    ]
    slip = prepare_deposit(
        bank_account=bank, cheque_ids=[one.pk for one in cheques], actor=depositor, as_of=GIVEN
    )
    mark_deposited(
        deposit=slip, deposited_on=GIVEN, content=STAMPED, filename="slip.pdf", actor=depositor, as_of=GIVEN
    )
    return slip, cheques


def state(slip):
    slip.refresh_from_db()
    return (slip.status, slip.credited_amount, slip.returned_amount, slip.credited_on, slip.by_cheques)


def test_a_slip_is_credited_as_its_cheques_are_answered(account, bank, senior, team):
    slip, [first, second, third] = slip_of(account, bank, senior)
    told = {"actor": senior, "as_of": TODAY}
    assert state(slip) == ("deposited", None, 0, None, False)
    [entry] = clear_cheque(cheque=first, bank_value_date=DAY, **told)
    assert state(slip) == ("partly", 100, 0, DAY, True)
    return_cheque(cheque=second, code="insufficient_funds", return_date=DAY, **told)
    assert state(slip) == ("partly", 100, 60, DAY, True)
    part_pay_cheque(cheque=third, paid=Decimal(25), bank_value_date=TODAY, certificate="C-1", **told)
    assert state(slip) == ("credited", 125, 75, TODAY, True)
    assert not Irregularity.objects.exists(), "what the bank returned is no difference"
    # one answer was a mistake: the cheque waits, and so does the slip
    reverse_payment(entry=entry, value_date=DAY, reason="Wrong cheque", actor=makers.system(), as_of=TODAY)
    assert state(slip) == ("partly", 25, 75, TODAY, True)
    assert list(deposit_faults()) == []


def test_whoever_ties_the_whole_credit_says_the_last_word(account, bank, senior, team):
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    slip, cheques = slip_of(account, bank, senior)
    clear_cheques(cheques=cheques[:2], bank_value_date=DAY, actor=senior, as_of=TODAY)
    credit = {"value_date": DAY, "reference": "CHQ DEP", "actor": supervisor, "as_of": TODAY}
    # the rest: what is not answered yet
    tie(deposit=slip, amount=Decimal(40), **credit)
    assert state(slip) == ("credited", 200, 0, DAY, False)
    untie(deposit=slip, reason="Another's", actor=supervisor, as_of=TODAY)
    assert state(slip) == ("partly", 160, 0, DAY, True)
    clear_cheque(cheque=cheques[2], bank_value_date=DAY, actor=senior, as_of=TODAY)
    assert state(slip) == ("credited", 200, 0, DAY, True)
    [line] = lines(bank, [("200.00", "D1", f"{slip.code} CHEQUES", "CLEARING", "")], supervisor)
    assert list(deposits_behind(line)) == [slip]
    tie_line(line=line, deposit=slip, actor=supervisor, as_of=TODAY)
    assert state(slip) == ("credited", 200, 0, DAY, False)
    assert Deposit.objects.get().bank_line_id == line.pk
    unmatch_line(line=line, reason="No", actor=supervisor, as_of=TODAY)
    assert state(slip) == ("credited", 200, 0, DAY, True)
    tie(deposit=slip, amount=Decimal(190), **credit)
    assert state(slip)[0] == "differing"
    assert Irregularity.objects.get().amount == 10


def test_cheques_that_are_lines_of_their_own_leave_no_credit_for_the_slip(account, bank, senior, team):
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    slip, [first, second] = slip_of(account, bank, senior, ("100.00", "60.00"))
    one, two, three = lines(
        bank,
        [
            ("100.00", "X1", "CHQ 40111", "CLEARING", ""),
            ("60.00", "X2", "SOMETHING", "CLEARING", ""),
            ("160.00", "X3", "SOMETHING", "CLEARING", ""),
        ],
        supervisor,
    )
    assert state(slip)[:2] == ("partly", 100), one.status
    clear_by_line(line=two, cheques=[second], actor=supervisor, as_of=TODAY)
    assert state(slip)[:2] == ("credited", 160)
    assert not deposits_behind(three).exists()
    with pytest.raises(LineRefused, match="a line of its own"):
        tie_line(line=three, deposit=slip, actor=supervisor, as_of=TODAY)
    assert cash_bridge(bank, DAY, DAY).is_sound
    unmatch_line(line=two, reason="Not that", actor=supervisor, as_of=TODAY)
    assert state(slip)[:2] == ("partly", 100)
    assert list(deposit_faults()) == []
