"""Post-dated cheques: a paper is cover, the bank's answer is money, and neither counts twice."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from accounts.approvals.services import decide_approval
from accounts.cashdesk.days import DayNotOpen, open_day
from accounts.cashdesk.models import CashReceipt
from accounts.cashdesk.services import void_receipt
from accounts.cheques.cleared import put_items
from accounts.cheques.custody import CountRefused, NotForYou, PaperElsewhere
from accounts.cheques.custody_models import ChequeHandOver
from accounts.cheques.lodging import ChequeKnown, ChequeStale
from accounts.cheques.models import Cheque, ChequePayment, ChequeReturn
from accounts.cheques.paying import BankNotAsked, payments_of
from accounts.cheques.presenting import ChequeHeldBack, NotPresentable, PresentedEarly
from accounts.cheques.queries import bounces_of, cover, day_list, depositable, uncleared
from accounts.cheques.services import (
    ChequeMovedLater,
    ChequeRefused,
    NewCheque,
    ask_hold,
    clear_cheque,
    clear_cheques,
    close_count,
    complete_cheque,
    end_hand_over,
    hand_back,
    hand_to_bank,
    lodge_cheques,
    offer_hand_over,
    part_pay_cheque,
    plan_submission,
    present_collected,
    put_in_batch,
    release_security,
    replace_cheque,
    return_cheque,
    send_to_legal,
    settle_in_cash,
    sign_hand_over,
    start_count,
    submit,
    take_from_bank,
    take_in_hand,
    take_out_of_batch,
    void_cheque,
)
from accounts.holds.models import Hold
from accounts.irregularities.models import Irregularity
from accounts.ledger.queries import balances, open_items
from accounts.ledger.services import reverse_entry
from accounts.parties.creditors import merge_debtors
from accounts.payments.services import post_payment, reverse_payment
from accounts.returns.services import record_return
from accounts.tasks.models import Task
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.refusal import NotAllowed
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


def till_of(cashier, day=TODAY):
    return open_day(cashier=cashier, day=day, actor=cashier)


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
    assert uncleared(date(2026, 3, 5)) == {"EUR": Decimal("60.00")}
    assert uncleared(TODAY) == {}


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
    with pytest.raises(PresentedEarly, match=r"2 Mar 2026"):
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


def test_what_can_not_be_taken_in(account, senior):
    lodged(account, number="7", bank="First  Bank", drawer="A. Drawer")
    with pytest.raises(ChequeKnown):
        lodged(account, number="7", bank="first bank", drawer="a. drawer")
    lodged(account, number="7", bank="first bank", drawer="B. Drawer")
    with pytest.raises(ChequeStale):
        lodged(account, dated=date(2025, 7, 31))
    assert lodged(account, dated=date(2025, 8, 2)).valid_until == LODGED
    other = makers.account(team=account.team)
    with pytest.raises(ChequeRefused, match="one debtor"):
        lodged(account, shares=[(other, Decimal("100.00"), None)])
    with pytest.raises(ChequeRefused, match="add up"):
        lodged(account, shares=[(account, Decimal("99.99"), None)])
    yen = makers.account(debtor=account.debtor, currency="JPY")
    with pytest.raises(ChequeRefused, match="currencies"):
        lodged(account, shares=[(account, Decimal(50), None), (yen, Decimal(50), None)])
    with pytest.raises(NotAllowed):
        lodged(account, actor=makers.user(role=Role.ADMINISTRATOR))
    made = lodged(account, number="8", in_hand=False)
    void_cheque(cheque=made, reason="Typed wrong", actor=senior, as_of=TODAY)
    assert lodged(account, number="8").status == "in_hand"


def test_the_drawer_and_what_is_missing_are_flagged(account):
    cheque = lodged(account, drawer="Somebody Else", missing=["words"], is_security=True)
    assert cheque.flags_text() == "security, missing: amount in words, other drawer"
    assert (cheque.status, cheque.complete_since) == ("received", None)
    with pytest.raises(ChequeRefused, match="incomplete"):
        take_in_hand(cheques=[cheque], actor=makers.system(), as_of=TODAY)


def test_a_part_payment_leaves_the_rest_overdue_from_its_own_due_date(account, senior):
    cheque = at_bank(account)
    part_pay_cheque(
        cheque=cheque,
        paid=Decimal("80.00"),
        bank_value_date=date(2026, 3, 6),
        certificate="C-17",
        paper=RECEIPT,
        actor=senior,
        as_of=TODAY,
    )
    cheque.refresh_from_db()
    [item] = open_items([account.pk], as_of=TODAY)[account.pk]
    assert (item.open, item.due_date) == (Decimal("20.00"), date(2026, 2, 4))
    returned = ChequeReturn.objects.get(cheque=cheque)
    assert (returned.amount, returned.certificate) == (Decimal("20.00"), "C-17")
    assert (cheque.status, cheque.bounces, covered(account)) == ("part_paid", 0, 0)
    assert Task.objects.get(subject_id=cheque.pk).kind == "return_call"
    [new] = replace_cheque(
        cheque=cheque,
        by=[
            NewCheque(
                number="99",
                bank="First Bank",
                amount=Decimal("20.00"),
                cheque_date=date(2026, 4, 1),
                shares=[(account, Decimal("20.00"), None)],
            )
        ],
        received_on=TODAY,
        actor=senior,
        as_of=TODAY,
    )
    assert (covered(account), new.replaces_id) == (Decimal("20.00"), cheque.pk)


def test_a_return_asks_for_what_its_reason_says_and_the_count_stays(account, senior):
    makers.policy("return_fee", {"cheque": {"EUR": "7.50"}})
    cheque = at_bank(account)
    returned = return_cheque(
        cheque=cheque, code="insufficient_funds", return_date=date(2026, 3, 6), actor=senior, as_of=TODAY
    )
    cheque.refresh_from_db()
    assert (cheque.status, cheque.bounces, cheque.holder) == ("returned", 1, senior)
    assert (returned.fee.amount, owed(account), covered(account)) == (
        Decimal("7.50"),
        Decimal("107.50"),
        0,
    )
    assert Task.objects.get(subject_id=cheque.pk).assignee == senior
    plan_submission(cheques=[cheque], planned_on=TODAY, actor=senior, as_of=TODAY)
    assert list(depositable(day=TODAY)) == [cheque]
    put_in_batch(
        cheques=[cheque],
        deposit_reference="D1",
        bank_account=makers.bank_account(),
        date=TODAY,
        actor=senior,
        as_of=TODAY,
    )
    [again] = submit(cheques=[cheque], date=TODAY, actor=senior, as_of=TODAY)
    assert (again.status, again.presentments, covered(account)) == (
        "represented",
        2,
        Decimal("100.00"),
    )
    return_cheque(cheque=again, code="account_closed", return_date=TODAY, actor=senior, as_of=TODAY)
    new = NewCheque(
        number="2",
        bank="Other Bank",
        amount=Decimal("107.50"),
        cheque_date=date(2026, 4, 1),
        shares=[(account, Decimal("107.50"), None)],
    )
    [new] = replace_cheque(cheque=cheque, by=[new], received_on=TODAY, actor=senior, as_of=TODAY)
    assert (new.all_bounces, bounces_of(account.debtor_id)) == (2, 2)
    assert covered(account) == Decimal("107.50")


def test_a_deceased_drawer_stops_asking_only_if_he_is_the_debtor(account, senior):
    stranger = at_bank(account, drawer="Uncle", amount="10.00")
    return_cheque(cheque=stranger, code="drawer_deceased", return_date=TODAY, actor=senior, as_of=TODAY)
    assert not Hold.objects.exists()
    return_cheque(
        cheque=at_bank(account), code="drawer_deceased", return_date=TODAY, actor=senior, as_of=TODAY
    )
    assert Hold.objects.get().debtor == account.debtor
    assert set(Task.objects.values_list("kind", "role")) == {("return_deceased", "senior_officer")}


def test_a_cleared_cheque_that_comes_back_takes_all_its_shares_with_it(account, senior):
    other = makers.account(debtor=account.debtor, team=account.team)
    makers.entry(account=other, amount="50.00", value_date=date(2026, 1, 5))
    shares = [(account, Decimal("100.00"), None), (other, Decimal("50.00"), None)]
    cheque = at_bank(account, amount="150.00", shares=shares)
    first, _second = cleared(cheque, BANKED)
    assert (owed(account), owed(other)) == (0, 0)
    # somebody tells it on the page of the payment, not of the cheque
    record_return(
        entry=first, scheme="cheque", code="alteration", return_date=TODAY, actor=senior, as_of=TODAY
    )
    cheque.refresh_from_db()
    assert (cheque.status, cheque.bounces) == ("returned", 1)
    assert (owed(account), owed(other)) == (Decimal("100.00"), Decimal("50.00"))
    assert ChequeReturn.objects.get().payment_return.entry == first
    assert covered(account, date(2026, 3, 3)) == Decimal("100.00")


def test_a_return_of_a_cleared_cheque_in_part_keeps_what_stayed(account, senior):
    cheque = at_bank(account)
    [entry] = cleared(cheque, BANKED)
    record_return(
        entry=entry,
        scheme="cheque",
        code="partly_paid",
        return_date=TODAY,
        amount=Decimal("30.00"),
        certificate="C-3",
        actor=senior,
        as_of=TODAY,
    )
    cheque.refresh_from_db()
    assert (cheque.status, cheque.bounces, owed(account)) == ("part_paid", 0, Decimal("30.00"))
    till_of(senior)
    settle_in_cash(cheque=cheque, actor=senior, as_of=TODAY)
    assert (owed(account), CashReceipt.objects.get().amount) == (0, Decimal("30.00"))


def test_a_payment_taken_back_as_a_mistake_leaves_the_cheque_with_the_bank(account, senior):
    cheque = at_bank(account)
    [entry] = cleared(cheque, BANKED)
    reverse_payment(entry=entry, value_date=TODAY, reason="Wrong cheque", actor=senior, as_of=TODAY)
    cheque.refresh_from_db()
    assert (cheque.status, cheque.bounces, covered(account)) == ("submitted", 0, Decimal("100.00"))
    cleared(cheque)
    assert (owed(account), ChequePayment.objects.count()) == (0, 2)


def test_a_payment_reversed_past_the_cheque_leaves_its_answer_open(account, senior):
    cheque = at_bank(account)
    [entry] = cleared(cheque, BANKED)
    reverse_entry(entry=entry, value_date=TODAY, reason="Wrong", actor=senior, as_of=TODAY)
    return_cheque(cheque=cheque, code="other", return_date=TODAY, actor=senior, as_of=TODAY)
    cheque.refresh_from_db()
    assert (cheque.status, cheque.bounces, owed(account)) == ("returned", 1, Decimal("100.00"))


def test_a_payment_in_the_books_already_becomes_the_cheques(account, senior):
    cheque = at_bank(account)
    told = {"account": account, "method": "cheque", "actor": senior, "as_of": TODAY}
    wrong = post_payment(amount=Decimal("99.00"), value_date=TODAY, **told)
    with pytest.raises(ChequeRefused, match="not this cheque"):
        clear_cheque(cheque=cheque, bank_value_date=TODAY, entries=[wrong], actor=senior, as_of=TODAY)
    reverse_payment(entry=wrong, value_date=TODAY, reason="Wrong", actor=senior, as_of=TODAY)
    right = post_payment(amount=Decimal("100.00"), value_date=TODAY, **told)
    clear_cheque(cheque=cheque, bank_value_date=TODAY, entries=[right], actor=senior, as_of=TODAY)
    assert (owed(account), ChequePayment.objects.get().entry) == (0, right)


def test_a_cheque_pays_once_even_past_the_services(account):
    cheque = at_bank(account)
    cleared(cheque)
    more = post_payment(
        account=account,
        amount=Decimal("0.01"),
        value_date=TODAY,
        method="cheque",
        actor=makers.system(),
        as_of=TODAY,
    )
    share, presentment = cheque.shares.get(), cheque.presented.get()
    with pytest.raises(DatabaseError, match="pays at most once"), transaction.atomic():
        ChequePayment.objects.create(share=share, presentment=presentment, entry=more)
    assert ChequePayment.objects.count() == 1


def test_settled_in_cash_by_a_receipt_or_at_once(account, senior):
    cheque = lodged(account, amount="60.00")
    cash = {"account": account, "value_date": TODAY, "actor": senior, "as_of": TODAY}
    small = post_payment(amount=Decimal("59.99"), method="cash", **cash)
    with pytest.raises(ChequeRefused, match="less"):
        settle_in_cash(cheque=cheque, value_date=TODAY, entries=[small], actor=senior, as_of=TODAY)
    rest = post_payment(amount=Decimal("0.01"), method="cash", **cash)
    settle_in_cash(cheque=cheque, entries=[small, rest], actor=senior, as_of=TODAY)
    cheque.refresh_from_db()
    assert (cheque.status, owed(account), covered(account)) == ("settled", Decimal("40.00"), 0)
    assert not CashReceipt.objects.exists()
    # one of the two was a mistake: less is left than the cheque was for, which is in hand again
    reverse_payment(entry=rest, value_date=TODAY, reason="Twice", actor=senior, as_of=TODAY)
    cheque.refresh_from_db()
    assert (cheque.status, covered(account)) == ("in_hand", Decimal("40.01"))


def test_cash_taken_for_a_cheque_is_receipted_at_the_open_desk_or_not_taken(account, team, senior):
    cheque = at_bank(account)
    told = {"return_date": date(2026, 3, 6), "actor": senior, "as_of": TODAY}
    return_cheque(cheque=cheque, code="insufficient_funds", **told)
    with pytest.raises(DayNotOpen), transaction.atomic():
        settle_in_cash(cheque=cheque, actor=senior, as_of=TODAY)
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    with pytest.raises(NotAllowed), transaction.atomic():
        settle_in_cash(cheque=cheque, actor=supervisor, as_of=TODAY)
    till_of(senior)
    with pytest.raises(ChequeRefused, match="today"):
        settle_in_cash(cheque=cheque, value_date=date(2026, 3, 8), actor=senior, as_of=TODAY)
    assert (owed(account), CashReceipt.objects.count()) == (Decimal("100.00"), 0)
    settle_in_cash(cheque=cheque, actor=senior, as_of=TODAY)
    receipt = CashReceipt.objects.get()
    assert (receipt.number, receipt.amount, receipt.cashier) == (1, Decimal("100.00"), senior)
    assert receipt.lines.get().entry == cheque.settlements.get().entry
    assert owed(account) == 0
    void_receipt(receipt=receipt, reason="Counterfeit", actor=supervisor, as_of=TODAY)
    cheque.refresh_from_db()
    assert (cheque.status, owed(account), covered(account)) == ("returned", Decimal("100.00"), 0)
    settle_in_cash(cheque=cheque, actor=senior, as_of=TODAY)
    cheque.refresh_from_db()
    hand_back(cheque=cheque, to="Mr X", paper=RECEIPT, reason="Settled", day=TODAY, actor=senior, as_of=TODAY)
    void_receipt(
        receipt=CashReceipt.objects.get(status="issued"), reason="Again", actor=supervisor, as_of=TODAY
    )
    # the paper is gone: a person decides, of this team alone
    asked = Task.objects.get(kind="cheque_settlement")
    assert (asked.team, asked.role) == (team, Role.SENIOR_OFFICER)


def test_told_in_the_order_of_its_days(account, senior):
    cheque = at_bank(account)
    with pytest.raises(ChequeMovedLater):
        cleared(cheque, BANKED - timedelta(days=1))
    with pytest.raises(ChequeRefused, match="come"):
        return_cheque(
            cheque=cheque,
            code="stale",
            return_date=TODAY + timedelta(days=1),
            actor=senior,
            as_of=TODAY,
        )


def test_held_back_only_with_approval_and_a_new_date(account, team, senior):
    officer = makers.teammate(team=team)
    cheque = lodged(account, dated=TODAY)
    until = TODAY + timedelta(days=14)
    asked = ask_hold(cheque=cheque, until=until, reason="Salary comes later", actor=officer, as_of=LODGED)
    cheque.refresh_from_db()
    assert (cheque.planned_on, cheque.held_until) == (TODAY, None)
    with pytest.raises(NotAllowed):
        decide_approval(approval=asked, approve=True, actor=officer, as_of=LODGED)
    with pytest.raises(ChequeRefused, match="holding"):
        plan_submission(cheques=[cheque], planned_on=until, actor=senior, as_of=LODGED)
    decide_approval(approval=asked, approve=True, actor=senior, as_of=LODGED)
    cheque.refresh_from_db()
    assert (cheque.planned_on, cheque.held_until, cheque.cheque_date) == (until, until, TODAY)
    with pytest.raises(ChequeHeldBack):
        submit(cheques=[cheque], date=TODAY, actor=senior, as_of=TODAY)
    assert covered(account) == Decimal("100.00")
    with pytest.raises(ChequeRefused, match="held back"):
        plan_submission(cheques=[cheque], planned_on=TODAY, actor=senior, as_of=TODAY)
    sooner = {"until": until - timedelta(days=2), "reason": "Has money", "actor": officer, "as_of": TODAY}
    decide_approval(approval=ask_hold(cheque=cheque, **sooner), approve=True, actor=senior, as_of=TODAY)
    cheque.refresh_from_db()
    assert cheque.held_until == until - timedelta(days=2)
    late = ask_hold(
        cheque=cheque, until=until + timedelta(days=1), reason="Again", actor=officer, as_of=TODAY
    )
    submit(cheques=[cheque], date=until, actor=senior, as_of=until)
    assert decide_approval(approval=late, approve=True, actor=senior, as_of=until).status == "lapsed"


def test_the_bank_takes_cheques_months_ahead_and_presents_them_on_their_day(account, senior):
    cheque, later = lodged(account, dated=date(2026, 3, 2)), lodged(account, dated=date(2026, 6, 1))
    bank = makers.bank_account()
    hand_to_bank(cheques=[cheque, later], bank_account=bank, day=LODGED, actor=senior, as_of=LODGED)
    assert present_collected(as_of=DATED - timedelta(days=1), actor=makers.system()) == []
    [presented] = present_collected(as_of=TODAY, actor=makers.system())
    assert (presented.pk, presented.submitted_on) == (cheque.pk, DATED)
    assert present_collected(as_of=TODAY, actor=makers.system()) == []
    assert covered(account, DATED) == Decimal("100.00")
    with pytest.raises(ChequeRefused, match="Fetch"):
        settle_in_cash(cheque=later, value_date=TODAY, actor=senior, as_of=TODAY)
    take_from_bank(cheque=later, reason="Asked for", day=TODAY, actor=senior, as_of=TODAY)
    later.refresh_from_db()
    assert (later.place, later.holder) == ("office", senior)
    with pytest.raises(ChequeRefused, match="bank account"):
        hand_to_bank(
            cheques=[later],
            bank_account=makers.bank_account(creditor=makers.creditor()),
            day=TODAY,
            actor=senior,
            as_of=TODAY,
        )


def test_papers_change_hands_against_a_signature_only(account, team, senior):
    officer, other = makers.teammate(team=team), makers.teammate(team=team)
    cheque = lodged(account, actor=officer, in_hand=False)
    offer = offer_hand_over(cheques=[cheque], taker=senior, actor=officer, as_of=LODGED)
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    stranger = makers.teammate(team=makers.team(), role=Role.SUPERVISOR)
    seen = [ChequeHandOver.objects.visible_to(who).exists() for who in (supervisor, senior, other, stranger)]
    assert seen == [True, True, False, False]
    with pytest.raises(NotForYou):
        sign_hand_over(hand_over=offer, actor=supervisor, as_of=LODGED)
    with pytest.raises(PaperElsewhere):
        offer_hand_over(cheques=[cheque], taker=other, actor=officer, as_of=LODGED)
    with pytest.raises(NotForYou):
        sign_hand_over(hand_over=offer, actor=other, as_of=LODGED)
    with pytest.raises(ChequeRefused, match="why"):
        end_hand_over(hand_over=offer, actor=senior, as_of=LODGED)
    cheque.refresh_from_db()
    assert cheque.holder == officer
    sign_hand_over(hand_over=offer, actor=senior, as_of=LODGED)
    cheque.refresh_from_db()
    assert cheque.holder == senior
    with pytest.raises(PaperElsewhere):
        offer_hand_over(cheques=[cheque], taker=other, actor=officer, as_of=LODGED)
    back = offer_hand_over(cheques=[cheque], taker=other, actor=senior, as_of=LODGED)
    end_hand_over(hand_over=back, reason="Not mine", actor=other, as_of=LODGED)
    assert [step.kind for step in cheque.custody.order_by("id")] == ["lodged", "handed_over"]


def test_only_who_holds_the_paper_gives_it_away(account, team, senior):
    officer = makers.teammate(team=team)
    waits, bounced, bank = lodged(account), at_bank(account), makers.bank_account()
    return_cheque(cheque=bounced, code="other", return_date=TODAY, actor=makers.system(), as_of=TODAY)
    Cheque.objects.filter(pk__in=[waits.pk, bounced.pk]).update(holder=officer)
    told = {"actor": senior, "as_of": TODAY}
    new = NewCheque("77", "First Bank", waits.amount, TODAY, [(account, waits.amount, None)])
    back = {"to": "Mr X", "paper": RECEIPT, "reason": "Withdrawn", "day": TODAY}
    slip = {"bank_account": bank, "deposit_reference": "D"}
    for verb in (
        lambda: hand_back(cheque=waits, **back, **told),
        lambda: submit(cheques=[waits], date=TODAY, **told),
        lambda: hand_to_bank(cheques=[waits], bank_account=bank, day=TODAY, **told),
        lambda: put_in_batch(cheques=[waits], date=TODAY, **slip, **told),
        lambda: replace_cheque(cheque=waits, by=[new], received_on=TODAY, **told),
        lambda: send_to_legal(cheque=bounced, reason="Unpaid", day=TODAY, **told),
    ):
        with pytest.raises(PaperElsewhere, match=f"{officer} holds cheque"):
            verb()
    offer = offer_hand_over(cheques=[waits], taker=senior, actor=officer, as_of=TODAY)
    # nor does he himself while a colleague waits for it, nor wait two for one paper
    system = {"actor": makers.system(), "as_of": TODAY}
    for verb in (
        lambda: submit(cheques=[waits], date=TODAY, **system),
        lambda: put_in_batch(cheques=[waits], date=TODAY, **slip, **system),
        lambda: replace_cheque(cheque=waits, by=[new], received_on=TODAY, **system),
    ):
        with pytest.raises(PaperElsewhere, match="waits for a signature"):
            verb()
    sign_hand_over(hand_over=offer, actor=senior, as_of=TODAY)
    [waits] = put_in_batch(cheques=[waits], date=TODAY, **slip, **told)
    with pytest.raises(PaperElsewhere, match="stands on slip D"):
        offer_hand_over(cheques=[waits], taker=officer, **told)
    take_out_of_batch(cheques=[waits], **told)
    waits.refresh_from_db()
    hand_back(cheque=waits, **back, **told)
    last = waits.custody.order_by("-id")[0]
    assert (last.kind, last.giver, last.actor) == ("to_debtor", senior, senior)


def test_a_surprise_count_opens_an_irregularity_for_what_is_not_there(account, team, senior):
    officer = makers.teammate(team=team)
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    here, gone = (lodged(account, actor=officer, in_hand=False) for _number in range(2))
    with pytest.raises(NotAllowed):
        start_count(holder=officer, actor=senior, as_of=TODAY)
    with pytest.raises(CountRefused):
        start_count(holder=supervisor, actor=supervisor, as_of=TODAY)
    count = start_count(holder=officer, actor=supervisor, as_of=TODAY)
    opened = close_count(
        count=count, found=[here], found_more="one of Other Bank", actor=supervisor, as_of=TODAY
    )
    assert [(case.kind, case.subject_id) for case in opened] == [
        ("short", gone.pk),
        ("over", count.pk),
    ]
    assert Irregularity.objects.get(kind="short").amount == gone.amount
    assert set(count.lines.values_list("cheque", "is_found")) == {(here.pk, True), (gone.pk, False)}


def test_back_to_the_debtor_against_a_receipt_or_to_the_lawyers_with_a_task(account, senior):
    cheque = lodged(account)
    give = {"cheque": cheque, "to": "Mr X", "reason": "Withdrawn", "day": TODAY, "actor": senior}
    with pytest.raises(ChequeRefused, match="receipt"):
        hand_back(**give, paper=("receipt.txt", b""), as_of=TODAY)
    hand_back(**give, paper=RECEIPT, as_of=TODAY)
    cheque.refresh_from_db()
    assert (cheque.status, cheque.place, cheque.holder) == ("handed_back", "debtor", None)
    assert cheque.custody.order_by("-id")[0].document.filename == "receipt.txt"
    bounced = at_bank(account)
    return_cheque(cheque=bounced, code="payment_stopped", return_date=TODAY, actor=senior, as_of=TODAY)
    send_to_legal(cheque=bounced, reason="Stopped", day=TODAY, actor=senior, as_of=TODAY)
    bounced.refresh_from_db()
    assert (bounced.status, bounced.place, covered(account)) == ("legal", "legal", 0)
    assert Task.objects.filter(kind="cheque_legal", role=Role.SUPERVISOR, team=account.team).count() == 1


def test_what_is_typed_days_later_bears_its_own_days_and_is_late_for_no_fault_of_anybody(account, senior):
    came = TODAY - timedelta(days=3)
    fields = {"received_on": came, "cheque_date": DATED, "as_of": TODAY, "in_hand": False}
    cheque = makers.cheque(account=account, **fields)
    assert cheque.planned_on == came
    take_in_hand(cheques=[cheque], actor=senior, as_of=TODAY)
    told = {"date": came, "actor": makers.system(), "as_of": TODAY}
    [cheque] = submit(cheques=[cheque], **told)
    assert dict(cheque.custody.values_list("kind", "on")) == {"lodged": came, "to_bank": came}
    # nobody planned when it goes again after it came back
    return_cheque(cheque=cheque, code="insufficient_funds", return_date=TODAY, actor=senior, as_of=TODAY)
    cheque.refresh_from_db()
    assert cheque.planned_on is None
    submit(cheques=[cheque], **(told | {"date": TODAY, "actor": senior}))
    assert not day_list(Cheque.objects.all(), "late", TODAY).exists()


def items_paid(known_at=None):
    """What each cheque paid of which item, by the list of today."""
    found = list(day_list(Cheque.objects.order_by("pk"), "cleared", TODAY, known_at=known_at))
    put_items(found, TODAY, known_at)
    return [[(item, amount) for _number, item, amount in cheque.paid_for()] for cheque in found]


def test_all_cheques_of_a_slip_are_paid_at_once_and_none_where_one_is_not_with_the_bank(account, senior):
    invoice = makers.entry(account=account, amount="50.00", value_date=date(2026, 1, 6), reference="INV-2")
    cheques = [
        at_bank(account, amount="30.00", shares=[(account, Decimal("30.00"), invoice)])
        for _number in range(2)
    ]
    waiting = lodged(account, amount="10.00")
    told = {"bank_value_date": TODAY, "actor": senior, "as_of": TODAY}
    with pytest.raises(BankNotAsked), transaction.atomic():
        clear_cheques(cheques=[*cheques, waiting], **told)
    assert owed(account) == Decimal("150.00")
    before = clock.now()
    posted = clear_cheques(cheques=cheques, **told)
    assert (owed(account), len(posted)) == (Decimal("90.00"), 2)
    assert set(Cheque.objects.values_list("status", "bank_value_date")) == {
        ("cleared", TODAY),
        ("in_hand", None),
    }
    # both name the invoice of 50.00: the second pays what is left of it, the rest goes to the oldest
    paid = [
        [("INV-2", Decimal("30.00"))],
        [("", Decimal("10.00")), ("INV-2", Decimal("20.00"))],
    ]
    assert items_paid() == paid
    # of another moment it says what was known then
    known = clock.now()
    return_cheque(cheque=cheques[0], code="alteration", return_date=TODAY, actor=senior, as_of=TODAY)
    assert items_paid() == paid[1:]
    assert (items_paid(known), items_paid(before)) == (paid, [])
    assert [paid.share.cheque_id for paid in ChequePayment.objects.order_by("id")] == [
        cheque.pk for cheque in cheques
    ]


def test_what_a_person_wrongly_said_was_paid_in_part_waits_with_the_bank_again(account, senior):
    cheque = at_bank(account)
    told = {"bank_value_date": TODAY, "actor": senior, "as_of": TODAY}
    part_pay_cheque(cheque=cheque, paid=Decimal("1.00"), certificate="C", **told)
    [paid] = payments_of(cheque)
    reverse_payment(entry=paid.entry, value_date=TODAY, reason="Wrong", actor=senior, as_of=TODAY)
    cheque.refresh_from_db()
    assert (cheque.status, cheque.place, cheque.holder) == ("submitted", "bank", None)
    assert (owed(account), covered(account)) == (Decimal("100.00"), Decimal("100.00"))


def test_a_person_with_two_records_pays_both_with_one_cheque(account, senior):
    twin = makers.debtor(creditor=account.creditor, name=account.debtor.name)
    other = makers.account(debtor=twin, team=account.team)
    shares = [(account, Decimal("60.00"), None), (other, Decimal("40.00"), None)]
    with pytest.raises(ChequeRefused, match="one debtor"):
        lodged(account, shares=shares)
    told = {"reason": "Same man", "actor": makers.user(role=Role.MANAGER), "as_of": LODGED}
    merge_debtors(debtor=twin, root=account.debtor, **told)
    assert lodged(account, shares=shares).shares.count() == 2


def test_a_batch_is_left_again(account, senior):
    cheque = lodged(account)
    bank = makers.bank_account()
    put_in_batch(
        cheques=[cheque], deposit_reference="D1", bank_account=bank, date=DATED, actor=senior, as_of=DATED
    )
    assert (list(depositable(day=TODAY)), covered(account)) == ([], Decimal("100.00"))
    [out] = take_out_of_batch(cheques=[cheque], actor=senior, as_of=TODAY)
    assert (out.status, out.deposit_reference) == ("in_hand", "")
    assert list(depositable(day=TODAY, bank_account=bank)) == [cheque]
    assert list(depositable(day=DATED - timedelta(days=1))) == []
    # one that had come back and was planned anew on that very day is what it was, and goes again
    back = at_bank(account)
    told = {"actor": senior, "as_of": TODAY}
    return_cheque(cheque=back, code="insufficient_funds", return_date=TODAY, **told)
    assert list(depositable(day=TODAY, bank_account=bank)) == [cheque]
    plan_submission(cheques=[back], planned_on=TODAY, **told)
    assert set(depositable(day=TODAY, bank_account=bank)) == {cheque, back}
    assert back in day_list(Cheque.objects.all(), "to_submit", TODAY)
    put_in_batch(cheques=[back], deposit_reference="D2", bank_account=bank, date=TODAY, **told)
    [out] = take_out_of_batch(cheques=[back], **told)
    assert (out.status, out.bounces) == ("returned", 1)
    [again] = submit(cheques=[back], date=TODAY, **told)
    assert (again.status, again.presentments) == ("represented", 2)


def test_who_may_do_what(account, team, senior):
    officer = makers.teammate(team=team)
    cheque = lodged(account, actor=officer, in_hand=False)
    with pytest.raises(NotAllowed):
        take_in_hand(cheques=[cheque], actor=officer, as_of=TODAY)
    auditor, stranger = makers.user(role=Role.AUDITOR), makers.teammate(team=makers.team())
    for verb in (
        lambda: lodge_cheques(
            debtor=account.debtor, cheques=[], received_on=TODAY, actor=auditor, as_of=TODAY
        ),
        lambda: cleared(cheque, TODAY, officer),
        lambda: submit(cheques=[cheque], date=TODAY, actor=auditor, as_of=TODAY),
    ):
        with pytest.raises(NotAllowed):
            verb()
    seen = [Cheque.objects.visible_to(user).count() for user in (officer, auditor, stranger)]
    assert seen == [1, 1, 0]
