"""Cash taken: the receipt, its number, the day it belongs to and the money's way to the bank."""

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction

from accounts.cashdesk.books import PaperSlip
from accounts.cashdesk.change import ChangeOfAnother, ChangeRefused, give_out, take_out_of_use, take_over
from accounts.cashdesk.change_models import ChangeMoney
from accounts.cashdesk.corrections import NotOfThatReceipt, VoidTheReceipt, post_again, unposted_part
from accounts.cashdesk.days import (
    DayNotOpen,
    DayOfAnother,
    DayRefused,
    close_day,
    count_again,
    open_day,
    sign_handover,
)
from accounts.cashdesk.enums import DayStatus, DepositedBy, SlipStatus
from accounts.cashdesk.instructions import OwnInstruction, decide_instruction, propose_instruction
from accounts.cashdesk.models import CashDifference, CashReceipt, ReceiptLine
from accounts.cashdesk.paper import (
    BookRefused,
    SlipRefused,
    account_for_slip,
    issue_book,
    take_back_book,
)
from accounts.cashdesk.queries import books_of, change_held_by, series_with_gaps, tills, use_of
from accounts.cashdesk.services import (
    OwnReceipt,
    ReceiptAlreadyBanked,
    ReceiptRefused,
    count_print,
    take_cash,
    void_receipt,
)
from accounts.cashdesk.verification import cash_faults
from accounts.deposits.enums import DepositStatus
from accounts.deposits.models import Deposit, DepositItem
from accounts.deposits.queries import (
    bank_accounts_for,
    depositable_receipts,
    loose_differences,
    to_hand_over,
)
from accounts.deposits.services import (
    CashDoesNotAgree,
    DepositOfAnother,
    DepositRefused,
    cancel_deposit,
    mark_deposited,
    prepare_deposit,
    tie,
    untie,
)
from accounts.irregularities.models import Irregularity
from accounts.irregularities.services import close_irregularity
from accounts.ledger.models import LatePosting, LedgerEntry, Standing
from accounts.ledger.periods import PeriodClosed, close_period
from accounts.ledger.queries import open_items
from accounts.payments.services import reverse_payment
from collections_app.core.enums import Role
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
STAMPED = b"%PDF-1.4 stamped"


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def cashier(team):
    return makers.teammate(team=team, full_name="Noor Cashier")


@pytest.fixture
def supervisor(team):
    return makers.teammate(team=team, role=Role.SUPERVISOR)


@pytest.fixture
def account(team, cashier):
    made = makers.account(team=team, officer=cashier)
    makers.entry(
        account=made,
        amount="100.00",
        value_date=date(2026, 1, 5),
        due_date=date(2026, 2, 4),
        reference="INV-1",
    )
    makers.entry(
        account=made,
        amount="40.00",
        value_date=date(2026, 2, 5),
        due_date=date(2026, 3, 4),
        reference="INV-2",
    )
    return made


@pytest.fixture
def day(cashier):
    makers.change_money(cashier, "50.00")
    return open_day(cashier=cashier, day=MONDAY, counted={"EUR": Decimal(50)}, actor=cashier)


def taken(account, cashier, amount="120.00", **fields) -> CashReceipt:
    return take_cash(account=account, amount=Decimal(amount), actor=cashier, **{"as_of": MONDAY, **fields})


def standing_of(account) -> dict:
    """Every figure of the standing; the day it was last looked at is not one."""
    return Standing.objects.filter(account=account).values().get() | {"standing_as_of": None}


def instruct(bank_account, *, creditor=None, **fields):
    """An approved instruction in force long since."""
    made = propose_instruction(
        creditor=creditor,
        currency=bank_account.currency,
        bank_account=bank_account,
        **{"within_days": 1, "valid_from": date(2026, 1, 1), **fields},
        actor=makers.user(role=Role.SUPERVISOR),
        as_of=date(2026, 1, 1),
    )
    return decide_instruction(
        instruction=made, approve=True, actor=makers.user(role=Role.MANAGER), as_of=date(2026, 1, 1)
    )


def test_a_receipt_posts_the_payment_says_what_it_paid_and_a_void_restores_everything(
    account, cashier, supervisor, day
):
    before = standing_of(account)
    items = open_items([account.pk], as_of=MONDAY)
    receipt = taken(account, cashier)
    line = receipt.lines.get()
    assert receipt.code == f"C{cashier.pk:03d}-000001"
    assert (line.entry.amount, line.entry.method, line.entry.reference) == (120, "cash", receipt.code)
    assert [(part["text"], part["amount"]) for part in line.paid] == [
        ("INV-1", "100.000"),
        ("INV-2", "20.000"),
    ]
    assert line.balance_after == 20 == Standing.objects.get(account=account).balance
    assert receipt.holder == cashier

    with pytest.raises(NotAllowed):
        void_receipt(receipt=receipt, reason="Typing error", actor=cashier, as_of=MONDAY)
    void_receipt(receipt=receipt, reason="Typing error", actor=supervisor, as_of=MONDAY)
    receipt.refresh_from_db()
    assert (receipt.status, receipt.number, receipt.void_reason) == ("void", 1, "Typing error")
    assert standing_of(account) == before
    assert open_items([account.pk], as_of=MONDAY) == items
    assert tills(day)[0].expected_amount == 50
    assert taken(account, cashier).number == 2

    senior = makers.teammate(team=account.team, role=Role.SENIOR_OFFICER)
    open_day(cashier=senior, day=MONDAY, actor=senior)
    own = taken(account, senior, "1.00")
    with pytest.raises(OwnReceipt):
        void_receipt(receipt=own, reason="Mine", actor=senior, as_of=MONDAY)


def test_the_number_of_a_refused_receipt_is_the_next_ones(account, cashier, day):
    taken(account, cashier, "1.00")
    for wrong in ({"amount": "0.00"}, {"amount": "0.001"}, {"received_date": date(2026, 3, 1)}):
        with pytest.raises(ReceiptRefused):
            taken(account, cashier, **wrong)
    with transaction.atomic():
        assert taken(account, cashier, "2.00").number == 2
        transaction.set_rollback(True)
    assert taken(account, cashier, "3.00").number == 2
    assert series_with_gaps() == []
    receipt = CashReceipt.objects.latest("pk")
    for change in ({"amount": 5}, {"number": 9}):
        with pytest.raises(DatabaseError), transaction.atomic():
            CashReceipt.objects.filter(pk=receipt.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        receipt.delete()


def test_one_series_of_the_office_where_the_policy_says_so(account, cashier, team, day):
    makers.policy("cash_desk", {"series": "office"})
    colleague = makers.teammate(team=team, role=Role.FIELD_OFFICER)
    open_day(cashier=colleague, day=MONDAY, actor=colleague)
    assert [taken(account, who, "1.00").code for who in (cashier, colleague, cashier)] == [
        "R-000001",
        "R-000002",
        "R-000003",
    ]


def test_one_receipt_for_several_accounts_of_one_debtor_in_one_currency(account, cashier, day):
    second = makers.account(debtor=account.debtor, team=account.team)
    receipt = taken(account, cashier, "10.00", others=[(second, Decimal("5.00"))])
    assert receipt.amount == 15
    assert {line.account_id: line.balance_after for line in receipt.lines.all()} == {
        account.pk: 130,
        second.pk: -5,
    }
    stranger = makers.account(team=account.team)
    dollars = makers.account(debtor=account.debtor, currency="USD", team=account.team)
    for others in ([(stranger, Decimal(1))], [(dollars, Decimal(1))], [(account, Decimal(1))]):
        with pytest.raises(ReceiptRefused):
            taken(account, cashier, "10.00", others=others)
    assert ReceiptLine.objects.count() == LedgerEntry.objects.filter(kind="payment").count() == 2


def test_a_receipt_may_name_the_item_it_pays(account):
    second = LedgerEntry.objects.get(reference="INV-2")
    for role, amount in ((Role.FIELD_OFFICER, "30.00"), (Role.SENIOR_OFFICER, "10.00")):
        who = makers.teammate(team=account.team, role=role)
        open_day(cashier=who, day=MONDAY, actor=who)
        line = taken(account, who, amount, charge=second).lines.get()
        assert [part["text"] for part in line.paid] == ["INV-2"]


def test_a_payment_of_a_receipt_is_not_taken_back_past_the_desk(account, cashier, supervisor, day):
    open_one, counted_one = taken(account, cashier, "10.00"), taken(account, cashier, "20.00")

    def reverse(receipt):
        return reverse_payment(
            entry=receipt.lines.get().entry, value_date=MONDAY, reason="Wrong", actor=supervisor, as_of=MONDAY
        )

    with pytest.raises(VoidTheReceipt, match=open_one.code), transaction.atomic():
        reverse(open_one)
    void_receipt(receipt=open_one, reason="Typing error", actor=supervisor, as_of=MONDAY)
    assert not Irregularity.objects.exists()
    close_day(
        cash_day=day,
        counted={"EUR": {Decimal(50): 1, Decimal(20): 1}},
        receiver=supervisor,
        actor=cashier,
        as_of=MONDAY,
    )
    sign_handover(cash_day=day, actor=supervisor, as_of=MONDAY)
    reverse(counted_one)
    case = Irregularity.objects.get()
    assert (case.kind, case.amount, case.account, case.owner) == ("wrong_account", 20, account, supervisor)
    assert counted_one.code in case.note
    assert str(supervisor) in case.note
    assert list(cash_faults()) == []
    Irregularity.objects.update(subject_type="")
    assert [fault.split(":")[0] for fault in cash_faults()] == [f"Receipt {counted_one.code}"]
    Irregularity.objects.update(subject_type="accounts.ledgerentry")
    right = makers.account(debtor=account.debtor, team=account.team)
    given = {"account": right, "value_date": MONDAY, "actor": supervisor, "as_of": TUESDAY}
    for code, amount in ((counted_one.code, 21), (open_one.code, 10), ("R-77", 1)):
        with pytest.raises(NotOfThatReceipt):
            post_again(code=code, amount=Decimal(amount), **given)
    stranger = makers.account(team=account.team)
    with pytest.raises(NotOfThatReceipt, match="another creditor"):
        post_again(code=counted_one.code, amount=Decimal(20), **given | {"account": stranger})
    moving = {"code": counted_one.code, "amount": Decimal(5)} | given | {"account": stranger}
    with pytest.raises(NotAllowed):
        post_again(move_reason="His other landlord", **moving | {"actor": cashier})
    moved = post_again(move_reason="His other landlord", **moving)
    record = AuditRecord.objects.get(code="cash_receipt.moved")
    assert (record.reason, record.subject_id) == ("His other landlord", counted_one.pk)
    assert moved.account == stranger
    own_bank = makers.bank_account(creditor=account.creditor)
    assert not depositable_receipts(supervisor, own_bank).exists()
    assert depositable_receipts(supervisor, makers.bank_account()).exists()
    assert list(cash_faults()) == []
    reverse_payment(entry=moved, value_date=MONDAY, reason="No", actor=supervisor, as_of=TUESDAY)
    entry = post_again(code=counted_one.code, amount=Decimal(20), **given)
    close_irregularity(irregularity=case, entry=entry, note="Posted there", actor=supervisor, as_of=TUESDAY)
    assert (entry.method, entry.reference, unposted_part(counted_one)) == ("cash", counted_one.code, 0)
    assert CashReceipt.objects.count() == 2
    with pytest.raises(NotOfThatReceipt):
        post_again(code=counted_one.code, amount=Decimal(1), **given)
    call_command("verify_cash", stdout=StringIO())
    makers.entry(
        account=right, kind="payment", method="cash", receiver="office", reference=counted_one.code,
        amount="1.00", value_date=MONDAY, as_of=TUESDAY,
    )  # fmt: skip
    with pytest.raises(CommandError, match="1 things"):
        call_command("verify_cash", stderr=StringIO())


def test_a_paper_of_a_signed_month_needs_a_reason_and_is_listed(account, cashier, supervisor, day):
    paper_day = date(2026, 2, 27)
    book = issue_book(
        prefix="L", first_number=1, last_number=9, holder=cashier, actor=supervisor, as_of=date(2026, 2, 1)
    )
    close_period(
        first_day=date(2026, 2, 1), last_day=date(2026, 2, 28), actor=supervisor, as_of=date(2026, 3, 1)
    )
    with pytest.raises(ReceiptRefused, match="28 February 2026") as refusal, transaction.atomic():
        taken(account, cashier, "10.00", slip=(book, 1), received_date=paper_day)
    assert refusal.value.field == "late_reason"
    receipt = taken(
        account, cashier, "10.00", slip=(book, 1), received_date=paper_day, late_reason="Was on the road"
    )
    entry = receipt.lines.get().entry
    assert LatePosting.objects.get(entry=entry).reason == "Was on the road"
    senior = makers.teammate(team=account.team, role=Role.SENIOR_OFFICER)
    with pytest.raises(PeriodClosed), transaction.atomic():
        void_receipt(receipt=receipt, reason="Torn", actor=senior, as_of=MONDAY)
    void_receipt(receipt=receipt, reason="Torn", actor=supervisor, as_of=MONDAY)
    assert LatePosting.objects.get(entry__reverses=entry).reason == "Torn"


def test_cash_is_taken_in_an_open_day_of_today_only(account, cashier, supervisor):
    with pytest.raises(DayNotOpen):
        taken(account, cashier)
    first = open_day(cashier=cashier, day=MONDAY, actor=cashier)
    with pytest.raises(DayNotOpen):
        taken(account, cashier, as_of=TUESDAY)
    with pytest.raises(DayRefused):
        open_day(cashier=cashier, day=TUESDAY, actor=cashier)
    with pytest.raises(DayOfAnother):
        open_day(cashier=cashier, day=TUESDAY, actor=makers.teammate(team=account.team))
    close_day(cash_day=first, counted={}, actor=cashier, as_of=TUESDAY)
    again = open_day(cashier=cashier, day=TUESDAY, actor=cashier)
    assert taken(account, cashier, as_of=TUESDAY).cash_day == again
    with pytest.raises(NotAllowed):
        open_day(cashier=supervisor, day=TUESDAY, actor=supervisor)


def test_the_close_counts_the_till_and_the_receiver_signs_for_it(account, cashier, supervisor, day):
    receipt = taken(account, cashier, "120.00")
    counted = {"EUR": {Decimal(100): 1, Decimal(50): 1, Decimal(10): 1, Decimal(5): 1}}
    with pytest.raises(DayRefused):
        close_day(
            cash_day=day, counted={"EUR": {Decimal(3): 1}}, receiver=supervisor, actor=cashier, as_of=MONDAY
        )
    outsider = makers.teammate(team=makers.team(), role=Role.SUPERVISOR)
    with pytest.raises(DayRefused):
        close_day(cash_day=day, counted=counted, receiver=outsider, actor=cashier, as_of=MONDAY)
    close_day(cash_day=day, counted=counted, receiver=supervisor, actor=cashier, as_of=MONDAY)
    with pytest.raises(DayNotOpen):
        taken(account, cashier)
    with pytest.raises(DayRefused):
        open_day(cashier=cashier, day=TUESDAY, actor=cashier)
    with pytest.raises(DayOfAnother):
        sign_handover(cash_day=day, actor=makers.user(role=Role.MANAGER), as_of=MONDAY)
    count_again(cash_day=day, reason="A note stuck", actor=supervisor, as_of=MONDAY)
    assert not Irregularity.objects.exists()
    close_day(cash_day=day, counted=counted, receiver=supervisor, actor=cashier, as_of=MONDAY)
    sign_handover(cash_day=day, actor=supervisor, as_of=MONDAY)
    day.refresh_from_db()
    count = day.counts.get()
    assert (count.expected_amount, count.counted_amount, count.difference_amount) == (170, 165, 5)
    assert (day.status, day.receiver) == (DayStatus.CLOSED, supervisor)
    receipt.refresh_from_db()
    assert receipt.holder == supervisor
    case = Irregularity.objects.get()
    assert (case.kind, case.amount, case.owner) == ("short", 5, supervisor)
    assert CashDifference.objects.get().irregularity == case
    with pytest.raises(ReceiptAlreadyBanked):
        void_receipt(receipt=receipt, reason="Late", actor=supervisor, as_of=MONDAY)


def test_a_senior_counts_in_the_cashiers_place_and_receives(account, cashier, supervisor, day):
    with pytest.raises(DayRefused):
        close_day(cash_day=day, counted={"EUR": {Decimal(50): 1}}, actor=supervisor, as_of=MONDAY)
    stranger = makers.teammate(team=makers.team(), role=Role.SUPERVISOR)
    with pytest.raises(DayOfAnother):
        close_day(cash_day=day, counted={}, note="He is ill", actor=stranger, as_of=MONDAY)
    close_day(
        cash_day=day, counted={"EUR": {Decimal(50): 1}}, note="He is ill", actor=supervisor, as_of=MONDAY
    )
    day.refresh_from_db()
    assert (day.status, day.receiver) == (DayStatus.CLOSED, supervisor)


def test_change_money_changes_hands_against_a_second_persons_count(cashier, supervisor, team):
    manager, stranger = makers.user(role=Role.MANAGER), makers.teammate(team=makers.team())
    gift = {"amount": Decimal(200), "currency": "EUR", "note": "Voucher 7", "as_of": MONDAY}
    for holder, actor in ((cashier, cashier), (manager, manager), (stranger, supervisor)):
        with pytest.raises(NotAllowed):
            give_out(holder=holder, actor=actor, **gift)
    with pytest.raises(ChangeRefused):
        give_out(holder=supervisor, actor=manager, **gift | {"note": " "})
    with pytest.raises(ChangeRefused):
        give_out(holder=supervisor, actor=manager, **gift | {"amount": Decimal("1.005")})
    give_out(holder=supervisor, actor=manager, **gift)
    own = {"currency": "EUR", "note": "", "from_own": True, "actor": supervisor}
    with pytest.raises(ChangeRefused):
        give_out(holder=cashier, amount=Decimal(201), as_of=MONDAY, **own)
    give_out(holder=cashier, amount=Decimal(80), as_of=TUESDAY, **own)
    assert (change_held_by(supervisor), change_held_by(cashier)) == ({"EUR": 120}, {"EUR": 80})
    rest = ChangeMoney.objects.held().get(holder=supervisor)
    assert (rest.held_from, rest.previous.amount) == (MONDAY, 200)  # its age goes on
    with pytest.raises(DayRefused):
        open_day(cashier=cashier, day=WEDNESDAY, actor=cashier)  # not counted
    with pytest.raises(DayRefused):
        open_day(
            cashier=cashier,
            day=WEDNESDAY,
            counted={"EUR": Decimal(80), "USD": Decimal(5)},
            actor=cashier,
        )
    held = ChangeMoney.objects.held().get(holder=cashier)
    for actor in (cashier, stranger):
        with pytest.raises(NotAllowed):
            take_over(holding=held, counted=Decimal(80), actor=actor, as_of=WEDNESDAY)
    with pytest.raises(ChangeOfAnother):
        take_out_of_use(holding=rest, reason="Bank", actor=supervisor, as_of=WEDNESDAY)
    got = take_over(holding=held, counted=Decimal(75), actor=supervisor, as_of=WEDNESDAY)
    case = Irregularity.objects.get()
    assert (case.kind, case.amount, got.holder, got.given_by) == ("short", 5, supervisor, cashier)
    assert not loose_differences(cashier, "EUR").exists()  # no deposit bears it
    with pytest.raises(StatusHasMoved):
        take_over(holding=held, counted=Decimal(75), actor=manager, as_of=WEDNESDAY)
    take_out_of_use(holding=got, reason="Back to the bank", actor=manager, as_of=WEDNESDAY)
    assert change_held_by(supervisor) == {"EUR": 120}
    with pytest.raises(DatabaseError), transaction.atomic():
        ChangeMoney.objects.filter(pk=rest.pk).update(amount=1)


def test_change_money_stays_with_the_cashier_or_goes_along(account, cashier, supervisor, day):
    """50.00 of change, 100.00 of receipts, 8.00 missing, 3.00 of it from the change money."""
    taken(account, cashier, "100.00")
    count = {"counted": {"EUR": {Decimal(50): 2, Decimal(20): 2, Decimal(2): 1}}, "actor": cashier}
    for kept in (Decimal(41), Decimal("50.01"), Decimal(-1)):
        with pytest.raises(DayRefused):
            close_day(cash_day=day, kept={"EUR": kept}, as_of=MONDAY, **count)
    with pytest.raises(DayRefused):
        close_day(cash_day=day, change_goes_along=True, as_of=MONDAY, **count)
    close_day(
        cash_day=day,
        kept={"EUR": Decimal(47)},
        receiver=supervisor,
        change_goes_along=True,
        as_of=MONDAY,
        **count,
    )
    assert change_held_by(supervisor) == {}  # not before he signs
    sign_handover(cash_day=day, actor=supervisor, as_of=MONDAY)
    assert (change_held_by(supervisor), change_held_by(cashier)) == ({"EUR": 47}, {})
    told = CashDifference.objects.values_list("found_at", "amount").order_by("found_at")
    assert list(told) == [("close", 5), ("put_aside", 3)]
    assert [row.amount for row in loose_differences(supervisor, "EUR")] == [5]
    assert list(cash_faults()) == []


def test_prints_after_the_first_are_duplicates(account, cashier, day):
    receipt = taken(account, cashier)
    assert [count_print(receipt=receipt, actor=cashier).number for _again in range(3)] == [1, 2, 3]


def test_paper_books_account_for_every_leaf(account, cashier, supervisor, day):
    book = issue_book(
        prefix="B",
        first_number=101,
        last_number=150,
        holder=cashier,
        actor=supervisor,
        as_of=date(2026, 2, 1),
    )
    with pytest.raises(BookRefused):
        issue_book(
            prefix="B", first_number=150, last_number=160, holder=cashier, actor=supervisor, as_of=MONDAY
        )
    for prefix in ("B0", "R-", "c012-x"):
        with pytest.raises(BookRefused, match="another number"):
            issue_book(
                prefix=prefix, first_number=1, last_number=9, holder=cashier, actor=supervisor, as_of=MONDAY
            )
    receipt = taken(account, cashier, "10.00", slip=(book, 103), received_date=date(2026, 2, 27))
    assert (receipt.code, receipt.series, receipt.lines.get().entry.value_date) == (
        "B103",
        None,
        date(2026, 2, 27),
    )
    for number in (103, 99):
        with pytest.raises(SlipRefused):
            taken(account, cashier, "10.00", slip=(book, number))
    other = makers.teammate(team=account.team)
    open_day(cashier=other, day=MONDAY, actor=other)
    with pytest.raises(NotAllowed):
        taken(account, other, "10.00", slip=(book, 104))
    senior = makers.teammate(team=account.team, role=Role.SENIOR_OFFICER)
    stranger = makers.teammate(team=makers.team(), role=Role.SENIOR_OFFICER)
    assert [list(books_of(who)) for who in (cashier, senior, other, stranger)] == [[book], [book], [], []]
    with pytest.raises(BookRefused):
        take_back_book(book=book, actor=supervisor, as_of=MONDAY)
    account_for_slip(book=book, number=101, status=SlipStatus.VOID, reason="Ink", actor=cashier, as_of=MONDAY)
    account_for_slip(
        book=book, number=102, status=SlipStatus.MISSING, reason="Lost", actor=cashier, as_of=MONDAY
    )
    assert Irregularity.objects.get().note.startswith("Paper receipt B102")
    use = use_of(book)
    assert (use.used, use.spoilt, use.missing, use.blank, use.gaps) == (1, 1, 1, 47, ())
    taken(account, cashier, "4.00", slip=(book, 102))
    assert PaperSlip.objects.get(number=102).status == SlipStatus.USED
    take_back_book(book=book, actor=supervisor, as_of=MONDAY)
    with pytest.raises(SlipRefused):
        taken(account, cashier, "10.00", slip=(book, 105))


def test_instructions_are_dated_approved_by_another_and_the_creditors_own_goes_first(
    account, cashier, supervisor, day
):
    office, own = makers.bank_account(), makers.bank_account(creditor=account.creditor)
    instruct(office, within_days=2)
    assert taken(account, cashier, "1.00").deposit_by == WEDNESDAY
    instruct(own, creditor=account.creditor, within_days=0, valid_from=date(2026, 3, 1))
    receipt = taken(account, cashier, "1.00")
    assert (receipt.deposit_by, receipt.instruction.bank_account) == (MONDAY, own)
    assert CashReceipt.objects.late(TUESDAY).get() == receipt
    mine = propose_instruction(
        creditor=None,
        currency="EUR",
        bank_account=office,
        within_days=1,
        valid_from=MONDAY,
        actor=(manager := makers.user(role=Role.MANAGER)),
        as_of=MONDAY,
    )
    with pytest.raises(OwnInstruction):
        decide_instruction(instruction=mine, approve=True, actor=manager, as_of=MONDAY)


def test_what_is_to_be_handed_over_is_not_kept(account, cashier, supervisor, day):
    bank = makers.bank_account()
    instruct(bank, deposited_by=DepositedBy.RECEIVER)
    receipt = taken(account, cashier, "20.00")
    with pytest.raises(DayRefused):
        close_day(cash_day=day, counted={}, actor=cashier, as_of=MONDAY)
    assert not depositable_receipts(cashier, bank).exists()
    assert to_hand_over(cashier) == 1
    counted = {"EUR": {Decimal(50): 1, Decimal(20): 1}}
    close_day(cash_day=day, counted=counted, receiver=supervisor, actor=cashier, as_of=MONDAY)
    sign_handover(cash_day=day, actor=supervisor, as_of=MONDAY)
    assert depositable_receipts(supervisor, bank).get() == receipt
    assert (to_hand_over(cashier), to_hand_over(supervisor)) == (0, 0)


def test_cash_goes_to_the_bank_account_it_is_directed_to(account, cashier, day):
    """Loose cash may go anywhere, directed cash elsewhere only when its own account is no longer used."""
    own, other = makers.bank_account(name="A own"), makers.bank_account(name="B other")
    loose = taken(account, cashier, "1.00")
    instruct(own)
    directed = taken(account, cashier, "2.00")
    assert set(depositable_receipts(cashier, own)) == {loose, directed}
    assert set(depositable_receipts(cashier, other)) == {loose}
    assert [(place, count, amount) for place, count, amount in bank_accounts_for(cashier)] == [
        (own, 2, 3),
        (other, 1, 1),
    ]
    with pytest.raises(DepositRefused):
        prepare_deposit(
            bank_account=other, receipt_ids=[directed.pk], pieces={Decimal(2): 1}, actor=cashier, as_of=MONDAY
        )
    own.is_active = False
    own.save()
    assert set(depositable_receipts(cashier, other)) == {loose, directed}
    assert bank_accounts_for(cashier) == [(other, 2, 3)]


def test_a_deposit_goes_to_the_bank_and_is_tied_to_one_credit(account, cashier, supervisor, day):
    bank = makers.bank_account()
    first, second = taken(account, cashier, "70.00"), taken(account, cashier, "30.00")
    pieces = {Decimal(50): 1, Decimal(20): 2, Decimal(10): 1}
    for wrong in ({Decimal(50): 1}, {Decimal(50): 3}):
        with pytest.raises(CashDoesNotAgree):
            prepare_deposit(
                bank_account=bank,
                receipt_ids=[first.pk, second.pk],
                pieces=wrong,
                actor=cashier,
                as_of=MONDAY,
            )
    slip = prepare_deposit(
        bank_account=bank, receipt_ids=[first.pk, second.pk], pieces=pieces, actor=cashier, as_of=MONDAY
    )
    assert (slip.code, slip.total_amount) == ("D-000001", 100)
    with pytest.raises(DayRefused, match="D-000001"), transaction.atomic():
        close_day(
            cash_day=day, counted={"EUR": {Decimal(50): 3}}, receiver=supervisor, actor=cashier, as_of=MONDAY
        )
    assert not depositable_receipts(cashier, bank).exists()
    with pytest.raises(DepositRefused):
        prepare_deposit(
            bank_account=bank, receipt_ids=[first.pk], pieces={Decimal(10): 7}, actor=cashier, as_of=MONDAY
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        DepositItem.objects.create(deposit=slip, receipt=first, amount=70, currency="EUR")
    with pytest.raises(ReceiptAlreadyBanked):
        void_receipt(receipt=first, reason="Late", actor=supervisor, as_of=MONDAY)
    cancel_deposit(deposit=slip, reason="Counted in a hurry", actor=cashier, as_of=MONDAY)
    slip = prepare_deposit(
        bank_account=bank, receipt_ids=[first.pk, second.pk], pieces=pieces, actor=cashier, as_of=MONDAY
    )
    brought = {"deposit": slip, "deposited_on": MONDAY, "actor": cashier, "as_of": MONDAY}
    with pytest.raises(DepositRefused, match="scan or photograph"):
        mark_deposited(content=b"{}", filename="slip.json", **brought)
    mark_deposited(content=STAMPED, filename="slip.pdf", **brought)
    assert tills(day)[0].expected_amount == 50
    assert not CashReceipt.objects.held().exists()
    credit = {"value_date": TUESDAY, "reference": "CASH DEP", "as_of": TUESDAY}
    with pytest.raises(NotAllowed):
        tie(deposit=slip, amount=Decimal(100), actor=cashier, **credit)
    tie(deposit=slip, amount=Decimal(100), bank_line_id=7, actor=supervisor, **credit)
    slip.refresh_from_db()
    assert (slip.status, slip.credited_amount) == (DepositStatus.CREDITED, 100)
    untie(deposit=slip, reason="Another's", actor=supervisor, as_of=TUESDAY)
    tie(deposit=slip, amount=Decimal(90), bank_line_id=7, actor=supervisor, **credit)
    slip.refresh_from_db()
    assert (slip.status, slip.difference_amount) == (DepositStatus.DIFFERING, 10)
    case = Irregularity.objects.get()
    assert (case.kind, case.amount, case.subject_type, case.subject_id) == (
        "short",
        10,
        "accounts.deposit",
        slip.pk,
    )



def test_a_counted_difference_travels_with_the_deposit_or_opens_a_case(account, cashier, supervisor, day):
    """100.00 of receipts, 5.00 missing at the close, 1.00 more missing when the slip is made."""
    receipt = taken(account, cashier, "100.00")
    close_day(
        cash_day=day,
        counted={"EUR": {Decimal(50): 2, Decimal(20): 2, Decimal(5): 1}},
        receiver=supervisor,
        actor=cashier,
        as_of=MONDAY,
    )
    sign_handover(cash_day=day, actor=supervisor, as_of=MONDAY)
    bank = makers.bank_account()
    make = {"bank_account": bank, "receipt_ids": [receipt.pk], "actor": supervisor, "as_of": TUESDAY}
    with pytest.raises(CashDoesNotAgree):
        prepare_deposit(pieces={Decimal(50): 1, Decimal(20): 2, Decimal(5): 1}, **make)
    make["difference_ids"] = [CashDifference.objects.get().pk]
    with pytest.raises(CashDoesNotAgree):
        prepare_deposit(pieces={Decimal(50): 2}, **make)
    pieces = {Decimal(50): 1, Decimal(20): 2, Decimal(2): 2}
    with pytest.raises(CashDoesNotAgree):
        prepare_deposit(pieces=pieces, accept_difference=True, **make)
    slip = prepare_deposit(pieces=pieces, accept_difference=True, note="One coin gone", **make)
    assert slip.total_amount == 94 == sum(item.amount for item in slip.items.all())
    assert [case.amount for case in Irregularity.objects.order_by("id")] == [5, 1]
    assert Deposit.objects.untied().count() == 0


def test_a_creditors_bank_account_takes_his_money_only(account, cashier, day):
    stranger = makers.account(team=account.team)
    foreign, own = taken(stranger, cashier, "10.00"), taken(account, cashier, "10.00")
    bank = makers.bank_account(creditor=account.creditor)
    assert list(depositable_receipts(cashier, bank)) == [own]
    with pytest.raises(DepositRefused):
        prepare_deposit(
            bank_account=bank, receipt_ids=[foreign.pk], pieces={Decimal(10): 1}, actor=cashier, as_of=MONDAY
        )
    slip = prepare_deposit(
        bank_account=bank, receipt_ids=[own.pk], pieces={Decimal(10): 1}, actor=cashier, as_of=MONDAY
    )
    with pytest.raises(DepositOfAnother):
        cancel_deposit(
            deposit=slip, reason="Not mine", actor=makers.teammate(team=account.team), as_of=MONDAY
        )


def test_a_deposit_to_a_creditors_account_shows_to_those_who_may_read_his_name(
    account, cashier, supervisor, day
):
    """The cashier works in two teams for two creditors; each supervisor reads of his own only."""
    other_team = makers.team()
    makers.member(cashier, other_team)
    other = makers.teammate(team=other_team, role=Role.SUPERVISOR)
    account.creditor.teams.set([account.team])
    makers.creditor(teams=[other_team])
    receipt = taken(account, cashier, "10.00")
    slip = prepare_deposit(
        bank_account=makers.bank_account(creditor=account.creditor),
        receipt_ids=[receipt.pk],
        pieces={Decimal(10): 1},
        actor=cashier,
        as_of=MONDAY,
    )
    sees = [person for person in (cashier, supervisor, other) if slip in Deposit.objects.visible_to(person)]
    assert sees == [cashier, supervisor]
    assert not CashReceipt.objects.visible_to(other).exists()
