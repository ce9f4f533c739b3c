"""Amounts above one's authority: asked by one, approved by another, posted once and exactly."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.approvals.models import Approval
from accounts.approvals.rules import decidable_by
from accounts.approvals.services import (
    ApprovalAlreadyAsked,
    ApprovalNotYours,
    content_hash,
    decide_approval,
    withdraw_approval,
)
from accounts.ledger.authority import (
    BeyondAuthority,
    NotWhatWasApproved,
    bounded_amounts,
    content_of,
    entries_of,
)
from accounts.ledger.enums import Direction, EntryKind
from accounts.ledger.models import Account, ApprovedEntry, LedgerEntry, Standing
from accounts.ledger.proposals import NobodyReachesIt, NothingToApprove, propose_entries
from accounts.ledger.services import EntryRefused, NewEntry, post_entries, reversal_of, reverse_entry
from accounts.ledger.write_offs import write_off, write_off_of
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.core.models import AuditRecord, User
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 2)


def owing(team, amount="5000"):
    account = makers.account(debtor=makers.debtor(creditor=makers.creditor(teams=[team])), team=team)
    charge = makers.entry(account=account, amount=amount, value_date=DAY, due_date=DAY, reference="INV-7")
    return account, charge


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def account(team):
    return owing(team)[0]


@pytest.fixture
def maker(team):
    return makers.teammate(team=team, role=Role.SUPERVISOR)


@pytest.fixture
def manager():
    return makers.user(role=Role.MANAGER)


def ask(account, maker, amount="4000", **changes):
    entry = write_off_of(account, amount=Decimal(amount), reason="no hope", as_of=DAY)
    fields = {"entries": [entry], "permission": "accounts.write_off", "actor": maker, "as_of": DAY}
    return propose_entries(**fields | changes)


def approve(approval, actor, as_of=DAY, **more):
    return decide_approval(approval=approval, approve=True, actor=actor, as_of=as_of, **more)


def balance(account):
    return Standing.objects.get(pk=account.pk).balance


def decidable(user):
    return set(Approval.objects.filter(decidable_by(user, DAY)))


entries = st.builds(
    NewEntry,
    account_id=st.integers(1, 10**9),
    kind=st.sampled_from(EntryKind.values),
    amount=st.decimals("0.001", "9999999.999", places=3),
    value_date=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    due_date=st.none() | st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    direction=st.none() | st.sampled_from(Direction.values),
    reference=st.text(max_size=20),
    description=st.text(max_size=20),
    tax_amount=st.decimals("0", "99", places=2),
    reverses_id=st.none() | st.integers(1, 10**9),
    reason=st.text(max_size=20),
)


@given(st.lists(entries, min_size=1, max_size=4))
def test_what_is_kept_is_what_was_proposed(proposed):
    kept = content_of(proposed)
    assert entries_of(kept) == proposed
    assert content_hash(content_of(entries_of(kept))) == content_hash(kept)


@given(entries, st.decimals("0.01", "99", places=2))
def test_another_amount_is_another_request(entry, more):
    other = NewEntry(**vars(entry) | {"amount": entry.amount + more})
    assert content_hash(content_of([entry])) != content_hash(content_of([other]))


def test_approved_is_posted_exactly_and_both_people_are_on_record(account, maker, manager):
    approval = ask(account, maker)
    assert balance(account) == 5000
    assert approval.roles == ["manager"]
    later = DAY + timedelta(days=3)
    decided = approve(approval, manager, as_of=later, comment="Agreed")
    assert decided.status == "approved"
    entry = LedgerEntry.objects.get(account=account, kind=EntryKind.WRITE_OFF)
    assert (entry.amount, entry.value_date, entry.reason) == (Decimal(4000), DAY, "no hope")
    assert entry.actor == manager
    assert entry.approved.approval.requested_by == maker
    assert balance(account) == 1000
    record = AuditRecord.objects.get(code="account.approved_entries_posted")
    assert record.after == {
        "approval": approval.pk,
        "asked_by": maker.pk,
        "approved_by": manager.pk,
        "entries": [entry.pk],
    }
    assert AuditRecord.objects.filter(code="account.written_off", actor=manager).count() == 1


def test_refused_and_withdrawn_requests_post_nothing(account, maker, manager):
    refused = ask(account, maker)
    decide_approval(approval=refused, approve=False, comment="Too early", actor=manager, as_of=DAY)
    withdrawn = ask(account, maker)
    withdraw_approval(approval=withdrawn, actor=maker, as_of=DAY)
    with pytest.raises(StatusHasMoved):
        approve(withdrawn, manager)
    assert balance(account) == 5000
    assert not ApprovedEntry.objects.exists()


def test_neither_the_maker_nor_one_without_the_authority_decides(account, team, maker):
    approval = ask(account, maker)
    other_supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    for person in (maker, other_supervisor, makers.teammate(team=team, role=Role.SENIOR_OFFICER)):
        assert decidable(person) == set()
        with pytest.raises(ApprovalNotYours):
            approve(approval, person)
    assert balance(account) == 5000


def test_a_seniors_request_goes_to_the_supervisors_of_the_team(account, team):
    senior = makers.teammate(team=team, role=Role.SENIOR_OFFICER)
    approval = ask(account, senior, "900")
    assert approval.roles == ["supervisor", "manager"]
    elsewhere = makers.teammate(team=makers.team(), role=Role.SUPERVISOR)
    ours = makers.teammate(team=team, role=Role.SUPERVISOR)
    assert (decidable(elsewhere), decidable(ours)) == (set(), {approval})
    approve(approval, ours)
    assert balance(account) == 4100


def test_the_deputy_decides_with_the_authority_of_whom_he_stands_in_for(account, team, maker, manager):
    deputy = makers.teammate(team=team, role=Role.SENIOR_OFFICER)
    makers.absence(manager, deputy, DAY, DAY)
    approval = ask(account, maker)
    assert decidable(deputy) == {approval}
    approve(approval, deputy)
    assert LedgerEntry.objects.get(kind=EntryKind.WRITE_OFF).actor == deputy


def test_the_maker_who_stands_in_for_the_manager_does_not_decide(account, maker, manager):
    makers.absence(manager, maker, DAY, DAY)
    with pytest.raises(ApprovalNotYours):
        approve(ask(account, maker), maker)


def test_a_request_that_no_longer_fits_lapses_and_says_why(account, maker, manager):
    approval = ask(account, maker)
    makers.entry(account=account, kind=EntryKind.PAYMENT, amount="2000", value_date=DAY)
    decided = approve(approval, manager)
    assert decided.status == "lapsed"
    assert "3,000.00" in decided.comment
    assert Approval.objects.get(pk=approval.pk).status == "lapsed"
    assert balance(account) == 3000
    assert AuditRecord.objects.filter(code="approval.lapsed", actor=manager).count() == 1
    assert not AuditRecord.objects.filter(code="approval.approved").exists()
    assert ask(account, maker, "3000").pk != approval.pk


def test_an_authority_that_was_lowered_meanwhile_no_longer_reaches(account, maker, manager):
    approval = ask(account, maker)
    makers.policy("authority", {"write_off": {"manager": {"*": "3999"}}}, valid_from=DAY)
    with pytest.raises(BeyondAuthority):
        approve(approval, manager)
    assert Approval.objects.get(pk=approval.pk).status == "waiting"
    assert balance(account) == 5000


def test_what_may_be_posted_alone_is_not_asked(account, maker, manager):
    with pytest.raises(NothingToApprove):
        ask(account, maker, "1000")
    with pytest.raises(NothingToApprove):
        ask(account, manager)


def test_what_cannot_stand_is_not_asked(account, maker):
    with pytest.raises(EntryRefused, match=r"5,000\.00"):
        ask(account, maker, "5000.01")


def test_asked_once_for_an_account(account, maker, manager):
    ask(account, maker)
    with pytest.raises(ApprovalAlreadyAsked):
        ask(account, maker, "2000")


def test_nobody_is_asked_where_nobodys_authority_reaches(account, maker):
    makers.policy("authority", {"write_off": {"manager": {"*": "2000"}}})
    with pytest.raises(NobodyReachesIt):
        ask(account, maker)


def test_without_the_permission_nobody_asks(account, team):
    with pytest.raises(NotAllowed):
        ask(account, makers.teammate(team=team))


@pytest.mark.parametrize(
    ("kind", "direction", "effect"),
    [
        (EntryKind.CREDIT_NOTE, None, -2000),
        (EntryKind.DISCOUNT, None, -2000),
        (EntryKind.REFUND, None, 2000),
        (EntryKind.ADJUSTMENT, "credit", -2000),
        (EntryKind.ADJUSTMENT, "debit", 2000),
    ],
)
def test_every_bounded_kind_can_be_asked(account, maker, manager, kind, direction, effect):
    entry = NewEntry(
        account_id=account.pk,
        kind=kind,
        direction=direction,
        amount=Decimal(2000),
        value_date=DAY,
        reason="agreed with the client",
    )
    with pytest.raises(BeyondAuthority):
        post_entries(entries=[entry], actor=maker, as_of=DAY)
    before = 5000
    if kind == EntryKind.REFUND:
        # only what was paid beyond the debt is paid back
        with pytest.raises(EntryRefused, match="less credit"):
            propose_entries(entries=[entry], actor=maker, as_of=DAY)
        makers.entry(account=account, amount="7000", kind="payment", value_date=DAY, as_of=DAY)
        before = -2000
    approve(propose_entries(entries=[entry], actor=maker, as_of=DAY), manager)
    assert balance(account) == before + effect


def test_a_bill_taken_back_needs_the_authority_of_an_adjustment(team, maker, manager):
    account, charge = owing(team)
    with pytest.raises(BeyondAuthority):
        reverse_entry(entry=charge, value_date=DAY, reason="wrong bill", actor=maker, as_of=DAY)
    entry = reversal_of(charge, value_date=DAY, reason="wrong bill")
    approval = propose_entries(entries=[entry], permission="accounts.reverse_entry", actor=maker, as_of=DAY)
    assert approval.amount == 5000
    approve(approval, manager)
    assert balance(account) == 0
    assert AuditRecord.objects.filter(code="entry.reversed", actor=manager).count() == 1


def test_a_bill_taken_back_meanwhile_lets_the_request_lapse(team, maker, manager):
    account, charge = owing(team)
    entry = reversal_of(charge, value_date=DAY, reason="wrong bill")
    approval = propose_entries(entries=[entry], permission="accounts.reverse_entry", actor=maker, as_of=DAY)
    reverse_entry(entry=charge, value_date=DAY, reason="wrong bill", actor=manager, as_of=DAY)
    assert approve(approval, manager).status == "lapsed"
    assert balance(account) == 0


def test_money_that_came_back_and_what_raises_the_debt_again_is_not_bounded(account):
    payment = makers.entry(account=account, kind=EntryKind.PAYMENT, amount="2000", value_date=DAY)
    note = makers.entry(account=account, kind=EntryKind.CREDIT_NOTE, amount="2000", value_date=DAY)
    for entry in (payment, note):
        assert bounded_amounts([reversal_of(entry, value_date=DAY, reason="x")]) == []


def test_an_approval_posts_nothing_but_what_it_was_given_for(account, maker, manager):
    approval = ask(account, maker)
    with pytest.raises(NotWhatWasApproved):
        post_entries(entries=entries_of(approval.content), actor=manager, as_of=DAY, approval=approval)
    approve(approval, manager)
    again = {"actor": manager, "as_of": DAY, "approval": approval}
    with pytest.raises(NotWhatWasApproved):
        post_entries(entries=entries_of(approval.content), **again)
    other = write_off_of(account, amount=Decimal(1), reason="no hope", as_of=DAY)
    with pytest.raises(NotWhatWasApproved):
        post_entries(entries=[other], **again)


def test_the_database_keeps_what_was_asked_and_lets_it_be_posted_once(account, maker, manager):
    approval = ask(account, maker)
    with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(content={"entries": []})
    approve(approval, manager)
    other = makers.entry(account=account, amount="1", value_date=DAY)
    with pytest.raises(IntegrityError, match="approved_entry_posted_once"), transaction.atomic():
        ApprovedEntry.objects.create(entry=other, approval=approval, position=0)


@pytest.mark.django_db(transaction=True)
def test_two_who_approve_at_once_post_once(account, maker):
    approval = ask(account, maker, "2000")
    managers = [makers.user(role=Role.MANAGER), makers.user(role=Role.MANAGER)]
    start = Barrier(2)

    def decide(person):
        start.wait()
        try:
            return approve(Approval.objects.get(pk=approval.pk), person).status
        except Refused as refusal:
            return type(refusal).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(decide, managers))
    assert sorted(answers) == ["StatusHasMoved", "approved"]
    assert LedgerEntry.objects.filter(kind=EntryKind.WRITE_OFF).count() == 1
    assert balance(account) == 3000


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_make_one_request(account, team):
    makers_ = [makers.teammate(team=team, role=Role.SUPERVISOR) for _n in range(2)]
    start = Barrier(2)

    def run(person):
        start.wait()
        try:
            return type(ask(account, person)).__name__
        except Refused as refusal:
            return type(refusal).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(run, makers_))
    assert sorted(answers) == ["Approval", "ApprovalAlreadyAsked"]


# ---- the pages ----


def words(answer):
    return answer.content.decode()


@pytest.fixture
def due(team):
    """An account that owes 5000 since yesterday, as pages see it."""
    day = clock.today() - timedelta(days=1)
    account = makers.account(debtor=makers.debtor(creditor=makers.creditor(teams=[team])), team=team)
    makers.entry(account=account, amount="5000", value_date=day, due_date=day, as_of=clock.today())
    return account


def test_the_form_offers_to_ask_only_above_the_authority(client, due, maker):
    client.force_login(maker)
    url = reverse("accounts:write_off", args=[due.pk])
    assert "Ask for approval" not in words(client.get(url))
    answer = client.post(url, {"amount": "4000", "reason": "no hope"})
    assert answer.status_code == 422
    assert 'name="_ask"' in words(answer)
    answer = client.post(url, {"amount": "4000", "reason": "no hope", "_ask": "1"})
    approval = Approval.objects.get()
    assert answer.url == reverse("accounts:approval_detail", args=[approval.pk])
    page = words(client.get(answer.url))
    for shown in ("What would be posted", "Balance after", "1,000.00", "no hope", "Take back"):
        assert shown in page
    account = reverse("accounts:account_detail", args=[due.pk])
    assert "Waits for approval" in words(client.get(account))
    decide_approval(
        approval=approval, approve=False, comment="Ask him first", actor=makers.user(role=Role.MANAGER),
        as_of=clock.today(),
    )  # fmt: skip
    page = words(client.get(account))
    assert "Waits for approval" not in page
    assert approval.summary in page
    assert "Refused" in page


def test_in_pieces_nobody_writes_off_more_than_at_once_and_much_takes_two(team, maker, manager):
    account, _charge = owing(team, "20000")
    fields = {"account": account, "reason": "no hope", "as_of": DAY}
    write_off(**fields, amount=Decimal(600), actor=maker)
    with pytest.raises(BeyondAuthority, match="before it is 1,200.00"):
        write_off(**fields, amount=Decimal(600), actor=maker)
    assert ask(account, maker, "600").roles == ["manager"]
    with pytest.raises(BeyondAuthority, match="Nobody writes off 5,000.01"):
        write_off(**fields, amount=Decimal("5000.01"), actor=manager)
    gone = write_off(**fields, amount=Decimal(5000), actor=manager)
    with pytest.raises(BeyondAuthority):
        write_off(**fields, amount=Decimal("0.01"), actor=manager)
    reverse_entry(entry=gone, value_date=DAY, reason="paid after all", actor=manager, as_of=DAY)
    write_off(**fields, amount=Decimal(1), actor=manager)
    other = owing(team, "20000")[0]
    approval = ask(other, manager, "20000")
    with pytest.raises(ApprovalNotYours):
        approve(approval, manager)
    approve(approval, makers.user(role=Role.MANAGER))
    assert balance(other) == 0


@pytest.mark.parametrize("name", ["adjustment_new", "entry_reverse"])
def test_the_other_doors_offer_it_too(client, due, maker, name):
    client.force_login(maker)
    charge = LedgerEntry.objects.get(account=due)
    day = clock.today().isoformat()
    forms = {
        "adjustment_new": (due.pk, {"kind": "credit_note", "amount": "1000.01"}),
        "entry_reverse": (charge.pk, {}),
    }
    pk, fields = forms[name]
    url = reverse(f"accounts:{name}", args=[pk])
    fields |= {"value_date": day, "reason": "wrong bill"}
    assert 'name="_ask"' in words(client.post(url, fields))
    client.post(url, fields | {"_ask": "1"})
    assert Approval.objects.get().requested_by == maker


def test_who_may_decide_sees_it_on_his_pages_and_posts_it(client, due, maker, manager):
    entry = write_off_of(due, amount=Decimal(4000), reason="no hope", as_of=clock.today())
    approval = propose_entries(
        entries=[entry], permission="accounts.write_off", actor=maker, as_of=clock.today()
    )
    client.force_login(manager)
    for name in ("accounts:approval_list", "campaigns:today"):
        assert approval.summary in words(client.get(reverse(name), follow=True)), name
    page = words(client.get(reverse("accounts:approval_decide", args=[approval.pk])))
    assert "exactly these entries" in page
    answer = client.post(
        reverse("accounts:approval_decide", args=[approval.pk]), {"decision": "approve", "comment": ""}
    )
    page = words(client.get(answer.url))
    assert "What was posted" in page
    written = LedgerEntry.objects.get(kind=EntryKind.WRITE_OFF)
    assert reverse("accounts:entry_detail", args=[written.pk]) in page
    assert maker.full_name in words(client.get(reverse("accounts:entry_detail", args=[written.pk])))


def test_a_lapse_is_told_and_shown(client, due, maker, manager):
    entry = write_off_of(due, amount=Decimal(4000), reason="no hope", as_of=clock.today())
    approval = propose_entries(
        entries=[entry], permission="accounts.write_off", actor=maker, as_of=clock.today()
    )
    makers.entry(account=due, kind=EntryKind.PAYMENT, amount="3000", value_date=clock.today())
    client.force_login(maker)
    url = reverse("accounts:approval_detail", args=[approval.pk])
    assert manager.full_name in words(client.get(url))
    User.objects.filter(pk=manager.pk).update(is_active=False)
    assert "only its maker has this right" in words(client.get(url))
    User.objects.filter(pk=manager.pk).update(is_active=True)
    client.force_login(manager)
    assert "would let it lapse" in words(client.get(reverse("accounts:approval_detail", args=[approval.pk])))
    answer = client.post(
        reverse("accounts:approval_decide", args=[approval.pk]),
        {"decision": "approve", "comment": ""},
        follow=True,
    )
    assert "The request lapsed" in words(answer)
    assert Account.objects.get(pk=due.pk).standing.balance == 2000


def test_the_page_of_a_request_costs_a_fixed_number_of_statements(
    client, due, maker, manager, django_assert_max_num_queries
):
    entry = write_off_of(due, amount=Decimal(4000), reason="no hope", as_of=clock.today())
    approval = propose_entries(
        entries=[entry], permission="accounts.write_off", actor=maker, as_of=clock.today()
    )
    client.force_login(manager)
    url = reverse("accounts:approval_detail", args=[approval.pk])
    client.get(url)
    with django_assert_max_num_queries(14):
        client.get(url)


def test_the_list_shows_what_waits_for_oneself_and_its_tabs_the_rest(client, due, maker, manager):
    entry = write_off_of(due, amount=Decimal(4000), reason="no hope", as_of=clock.today())
    approval = propose_entries(
        entries=[entry], permission="accounts.write_off", actor=maker, as_of=clock.today()
    )
    url = reverse("accounts:approval_list")
    seen = {}
    for moment in ("waiting", "decided"):
        for name, person in (("maker", maker), ("manager", manager)):
            client.force_login(person)
            for which in ("", "asked", "decided"):
                if approval.summary in words(client.get(url, {"which": which} if which else {})):
                    seen.setdefault(moment, []).append((name, which))
        if moment == "waiting":
            approve(approval, manager, as_of=clock.today())
    assert seen["waiting"] == [("maker", "asked"), ("manager", "")]
    assert seen["decided"] == [("maker", "asked"), ("maker", "decided"), ("manager", "decided")]


def test_an_empty_list_says_so(client, manager):
    client.force_login(manager)
    assert "Nothing waits for your decision." in words(client.get(reverse("accounts:approval_list")))
