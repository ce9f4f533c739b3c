"""Splits, credits and write-offs as people do them: the forms, who may, the lists, and the roll."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.approvals.models import Approval
from accounts.approvals.services import decide_approval
from accounts.ledger.authority import BeyondAuthority
from accounts.ledger.models import EntryGroup, LedgerEntry, NamedAllocation, Standing
from accounts.ledger.queries import open_items
from accounts.ledger.services import close_account, reverse_entry
from accounts.ledger.write_off_sets import NothingToWriteOff, propose_write_offs
from accounts.ledger.write_offs import write_off
from accounts.payments.services import post_payment
from accounts.policies.models import PolicyVersion
from accounts.policies.services import approve_policy
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.web.moments import moment_text
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> date:
    return clock.today()


@pytest.fixture
def office(today):
    """A debtor with two accounts of 100 and 300 overdue, and the people of his team."""
    team = makers.team()
    creditor = makers.creditor(teams=[team])
    debtor = makers.debtor(creditor=creditor)
    accounts = [makers.account(debtor=debtor, team=team) for _number in range(2)]
    for account, amount, back in zip(accounts, ("100", "300"), (40, 90), strict=True):
        makers.entry(
            account=account, amount=amount, value_date=today - timedelta(days=back + 10),
            due_date=today - timedelta(days=back), as_of=today,
        )  # fmt: skip
    return {
        "team": team, "creditor": creditor, "accounts": accounts,
        "officer": makers.teammate(team=team),
        "senior": makers.teammate(team=team, role=Role.SENIOR_OFFICER),
        "supervisor": makers.teammate(team=team, role=Role.SUPERVISOR),
        "manager": makers.user(role=Role.MANAGER),
    }  # fmt: skip


def sign_in(client, person):
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")


def standing(account) -> Standing:
    return Standing.objects.get(pk=account.pk)


def pay(account, amount, today, **fields) -> LedgerEntry:
    return post_payment(
        account=account, amount=Decimal(amount), value_date=today, method="cash", actor=makers.system(),
        as_of=today, **fields,
    )  # fmt: skip


def test_a_split_is_shown_posted_and_taken_back_as_one(client, office, today):
    first, second = office["accounts"]
    makers.policy("allocation", {"order": [], "across_accounts": True, "across_order": "oldest"})
    sign_in(client, office["officer"])
    url = reverse("accounts:payment_split", args=[first.pk])
    data = {"amount": "350", "value_date": today, "method": "transfer", "receiver": "office"}
    shown = client.post(url, data).content.decode()
    assert 'value="300.00"' in shown
    assert 'value="50.00"' in shown
    assert not LedgerEntry.objects.filter(kind="payment").exists()
    agreed = data | {f"part_{first.pk}": "50", f"part_{second.pk}": "300"}
    other = data | {f"part_{first.pk}": "100", f"part_{second.pk}": "250"}
    assert client.post(url, other).status_code == 403
    assert client.post(url, data | {f"part_{first.pk}": "50"}).status_code == 422
    assert client.post(url, agreed).status_code == 302
    assert (standing(first).balance, standing(second).balance) == (Decimal(50), Decimal(0))
    assert EntryGroup.objects.get().kind == "split"
    part = LedgerEntry.objects.filter(kind="payment", account=first).get()
    # each part shows all, and a senior changes them with a reason: no balance keeps a trace
    page = client.get(reverse("accounts:entry_detail", args=[part.pk])).content.decode()
    assert "One payment over several accounts" in page
    anew = reverse("accounts:split_anew", args=[part.pk])
    assert anew not in page
    assert client.get(anew).status_code == 403
    sign_in(client, office["senior"])
    assert anew in client.get(reverse("accounts:entry_detail", args=[part.pk])).content.decode()
    parts = {f"part_{first.pk}": "90", f"part_{second.pk}": "260", "reason": "he wrote so"}
    asked = client.get(anew).context["form"]
    assert [asked[f"part_{pk}"].value() for pk in (first.pk, second.pk)] == [Decimal(50), Decimal(300)]
    kept = {"value_date": today}
    assert "must sum to the payment" in client.post(
        anew, kept | parts | {f"part_{first.pk}": "9"}
    ).content.decode()
    assert client.post(anew, kept | parts | {"reason": ""}).status_code == 422
    same = kept | {f"part_{first.pk}": "50", f"part_{second.pk}": "300", "reason": "x"}
    assert client.post(anew, same).status_code == 422
    assert client.post(anew, kept | parts).status_code == 302
    assert (standing(first).balance, standing(second).balance) == (Decimal(10), Decimal(40))
    assert client.post(anew, kept | parts).status_code == 422  # twice: these parts are taken back
    live = LedgerEntry.objects.filter(kind="payment", reversed_by=None).order_by("account_id")
    assert [(one.amount, one.value_date, one.method) for one in live] == [
        (Decimal(90), today, "transfer"), (Decimal(260), today, "transfer"),
    ]  # fmt: skip
    part = live[0]
    reverse_entry(entry=part, value_date=today, reason="bounced", actor=office["senior"], as_of=today)
    assert (standing(first).balance, standing(second).balance) == (Decimal(100), Decimal(300))


def test_who_may_says_what_a_payment_pays_and_both_pages_show_it(client, office, today):
    [account, _other] = office["accounts"]
    late = makers.entry(account=account, amount="80", value_date=today, due_date=today, as_of=today)
    payment = pay(account, "60", today)
    url = reverse("accounts:entry_allocate", args=[payment.pk])
    sign_in(client, office["officer"])
    assert client.get(url).status_code == 403
    sign_in(client, office["senior"])
    assert client.get(url).status_code == 200
    data = {f"item_{late.pk}": "60", "effective_date": today, "reason": "he wrote so"}
    assert client.post(url, data).status_code == 302
    assert NamedAllocation.objects.get().debit == late
    assert [item.open for item in open_items([account.pk], as_of=today)[account.pk]] == [
        Decimal(100), Decimal(20),
    ]  # fmt: skip
    page = client.get(reverse("accounts:entry_detail", args=[payment.pk])).content.decode()
    assert "What it paid" in page
    assert reverse("accounts:entry_detail", args=[late.pk]) in page
    item = client.get(reverse("accounts:entry_detail", args=[late.pk])).content.decode()
    assert "What paid it" in item
    assert reverse("accounts:entry_detail", args=[payment.pk]) in item


def test_credit_is_listed_paid_back_and_moved_with_approval(client, office, today):
    first, second = office["accounts"]
    pay(first, "600", today - timedelta(days=5))
    sign_in(client, office["senior"])
    page = client.get(reverse("accounts:credit_list")).content.decode()
    assert "500.00" in page
    assert reverse("accounts:account_detail", args=[first.pk]) in page
    account_page = client.get(reverse("accounts:account_detail", args=[first.pk])).content.decode()
    assert reverse("accounts:credit_refund", args=[first.pk]) in account_page
    owing = client.get(reverse("accounts:credit_move", args=[second.pk]), follow=True)
    assert owing.redirect_chain == [(reverse("accounts:account_detail", args=[second.pk]), 302)]
    assert "This account is not in credit" in owing.content.decode()
    refund = reverse("accounts:credit_refund", args=[first.pk])
    assert client.post(refund, {"amount": "501", "reason": "asked"}).status_code == 422
    assert client.post(refund, {"amount": "50", "reason": "asked"}).status_code == 302
    assert standing(first).credit == Decimal(450)
    move = reverse("accounts:credit_move", args=[first.pk])
    asked = {"amount": "300", "to": second.pk, "reason": "asked"}
    assert client.post(move, asked).status_code == 422
    assert client.post(move, asked | {"_ask": "1"}).status_code == 302
    approval = Approval.objects.get()
    assert standing(second).balance == Decimal(300)
    decide_approval(approval=approval, approve=True, actor=office["supervisor"], as_of=today)
    assert (standing(first).credit, standing(second).balance) == (Decimal(150), Decimal(0))
    moved = LedgerEntry.objects.filter(account=second, kind="adjustment").get()
    reverse_entry(entry=moved, value_date=today, reason="wrong", actor=office["manager"], as_of=today)
    assert (standing(first).credit, standing(second).balance) == (Decimal(450), Decimal(300))
    # what is asked for is paid back only while it is still credit, by whichever form
    assert client.post(refund, {"amount": "400", "reason": "asked", "_ask": "1"}).status_code == 302
    waiting = Approval.objects.get(kind="post_refund")
    makers.entry(account=first, amount="100", value_date=today, as_of=today)
    lapsed = decide_approval(approval=waiting, approve=True, actor=office["manager"], as_of=today)
    assert (lapsed.status, "less credit" in lapsed.comment) == ("lapsed", True)
    by_hand = {"kind": "refund", "amount": "351", "value_date": today, "reason": "asked"}
    sign_in(client, office["manager"])
    new = reverse("accounts:adjustment_new", args=[first.pk])
    assert client.post(new, by_hand).status_code == 422
    assert standing(first).credit == Decimal(350)
    assert client.post(new, by_hand | {"amount": "350"}).status_code == 302
    assert standing(first).balance == Decimal(0)


def test_write_off_recovery_and_reinstatement_roll(client, office, today):
    account, _other = office["accounts"]
    manager = office["manager"]
    write_off(account=account, amount=Decimal(100), reason="gone", actor=manager, as_of=today)
    assert (standing(account).overdue, standing(account).written_off) == (Decimal(0), Decimal(100))
    payment = pay(account, "30", today)
    assert (standing(account).balance, standing(account).written_off) == (Decimal(0), Decimal(70))
    sign_in(client, manager)
    done = client.post(
        reverse("accounts:reinstate", args=[account.pk]), {"amount": "20", "reason": "he is back"}
    )
    assert done.status_code == 302
    assert (standing(account).balance, standing(account).written_off) == (Decimal(20), Decimal(50))
    page = client.get(reverse("accounts:write_offs")).content.decode()
    assert "It adds up." in page
    for amount in ("100.00", "30.00", "20.00", "50.00"):
        assert amount in page
    pay(account, "20", today)
    close_account(account=account, reason="given up", actor=manager, as_of=today)
    closed = client.get(reverse("accounts:account_detail", args=[account.pk])).content.decode()
    for name in ("payment_new", "reinstate", "account_reopen"):
        assert reverse(f"accounts:{name}", args=[account.pk]) in closed
    assert reverse("accounts:write_off", args=[account.pk]) not in closed
    more = pay(account, "10", today)
    assert (standing(account).balance, standing(account).written_off) == (Decimal(0), Decimal(40))
    account.refresh_from_db()
    assert account.status == "closed"
    reverse_entry(entry=more, value_date=today, reason="bounced", actor=manager, as_of=today)
    reverse_entry(entry=payment, value_date=today, reason="bounced", actor=manager, as_of=today)
    assert (standing(account).balance, standing(account).written_off) == (Decimal(0), Decimal(80))
    page = client.get(reverse("accounts:write_offs")).content.decode()
    assert "It adds up." in page
    assert "80.00" in page
    assert (
        client.get(reverse("accounts:account_list"), {"written_off": "true"})
        .content.decode()
        .count(account.number)
    )
    sign_in(client, makers.teammate(team=makers.team()))
    assert "Nothing was written off." in client.get(reverse("accounts:write_offs")).content.decode()


def test_the_roll_counts_a_reversal_of_its_first_day_once_and_names_who_does_not_add_up(
    client, office, today
):
    account, _other = office["accounts"]
    manager, first = office["manager"], today - timedelta(days=3)
    gone = write_off(
        account=account, amount=Decimal(60), reason="gone", actor=manager, as_of=today - timedelta(days=9)
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        before = cursor.fetchone()[0]
    reverse_entry(entry=gone, value_date=first, reason="wrong", actor=manager, as_of=today)
    sign_in(client, manager)

    def roll(**query):
        days = {"first_day": first.isoformat(), "last_day": today.isoformat()}
        page = client.get(reverse("accounts:write_offs"), days | query)
        [row] = [row for row in page.context["rolls"] if row["code"] == "EUR"]
        return row, page.content.decode()

    row, page = roll()
    assert (row["opening"], row["reversed"], row["closing"], row["kept"]) == (60, 60, 0, 0)
    assert "It adds up." in page
    row, page = roll(known_at=moment_text(before))
    assert (row["opening"], row["reversed"], row["closing"], row["kept"]) == (60, 0, 60, None)
    assert "as known on" in page
    Standing.objects.filter(pk=account.pk).update(written_off=7)
    row, page = roll()
    assert row["differing"] == [account]
    assert "It does not add up." in page
    assert account.number in page


def test_small_balances_are_written_off_as_one_set(client, office, today):
    small = [makers.account(team=office["team"], currency="EUR") for _number in range(3)]
    for account in small:
        makers.entry(account=account, amount="2.50", value_date=today - timedelta(days=60), as_of=today)
    sign_in(client, office["supervisor"])
    url = reverse("accounts:write_off_many")
    data = {"all": "1", "_chosen": "1", "_count": "5", "at_most": "5", "reason": "not worth a stamp"}
    assert client.post(url, data).status_code == 302
    approval = Approval.objects.get()
    pay(small[0], "1", today)
    sign_in(client, office["manager"])
    page = client.get(reverse("accounts:approval_detail", args=[approval.pk])).content.decode()
    assert small[1].number in page
    assert "balance changed, stays" in page
    assert approval.summary[:20] in client.get(reverse("accounts:write_offs")).content.decode()
    sign_in(client, makers.teammate(team=makers.team(), role=Role.SUPERVISOR))
    assert approval.summary[:20] not in client.get(reverse("accounts:write_offs")).content.decode()
    decide_approval(approval=approval, approve=True, actor=office["manager"], as_of=today)
    assert [standing(account).written_off for account in small] == [0, Decimal("2.5"), Decimal("2.5")]
    assert standing(office["accounts"][0]).balance == Decimal(100)


def test_pieces_of_one_debtor_add_up_over_sets_accounts_and_people(office, today):
    team, supervisor, manager = (office[name] for name in ("team", "supervisor", "manager"))
    another = makers.teammate(team=team, role=Role.MANAGER)
    debtor = makers.debtor(creditor=office["accounts"][0].creditor)
    merged = makers.debtor(creditor=debtor.creditor)
    type(debtor).objects.filter(pk=merged.pk).update(merged_into=debtor)
    his = [makers.account(debtor=one, team=team, currency="EUR") for one in (debtor, debtor, merged, debtor)]
    other = makers.account(debtor=makers.debtor(creditor=debtor.creditor), team=team, currency="EUR")
    for account in (*his, other):
        makers.entry(account=account, amount="40", value_date=today - timedelta(days=60), as_of=today)
    makers.policy("write_off", {"alone": {"*": "100"}})
    ask = {"at_most": Decimal(50), "reason": "not worth a stamp", "actor": supervisor, "as_of": today}

    def proposed(*accounts):
        return propose_write_offs(account_ids=[account.pk for account in accounts], **ask)

    with pytest.raises(NothingToWriteOff, match="in pieces"):
        proposed(*his[:3], other)
    first, second, third = proposed(his[0]), proposed(his[1], other), proposed(his[2])
    decide_approval(approval=first, approve=True, actor=manager, as_of=today)
    decide_approval(approval=second, approve=True, actor=another, as_of=today)
    with pytest.raises(BeyondAuthority, match="in pieces"):
        decide_approval(approval=third, approve=True, actor=another, as_of=today)
    with pytest.raises(NothingToWriteOff, match="in pieces"):
        proposed(his[3])
    assert [standing(account).written_off for account in (*his, other)] == [40, 40, 0, 0, 40]
    # one person alone, account by account, gives up no more either
    write_off(account=his[2], amount=Decimal(40), reason="no", actor=another, as_of=today)
    with pytest.raises(BeyondAuthority, match="of this debtor before"):
        write_off(account=his[3], amount=Decimal(40), reason="no", actor=another, as_of=today)
    for account in his[:2]:
        written = LedgerEntry.objects.get(account=account, kind="write_off")
        reverse_entry(entry=written, value_date=today, reason="he pays", actor=manager, as_of=today)
    assert proposed(his[3]).pk


def test_an_approved_order_moves_what_is_open_at_once(office, today):
    account, _other = office["accounts"]
    fee = makers.entry(
        account=account, amount="30", kind="fee", value_date=today, due_date=today, as_of=today
    )
    pay(account, "100", today)
    assert standing(account).overdue == Decimal(0)
    version = PolicyVersion.objects.create(
        kind="allocation", valid_from=today, status="submitted", made_by=office["manager"],
        values={"order": ["fees", "interest", "penalties", "charges"], "across_accounts": False,
                "across_order": "oldest"},
    )  # fmt: skip
    approve_policy(version=version, actor=makers.user(role=Role.MANAGER), as_of=today)
    assert standing(account).overdue == Decimal(30)
    [left] = open_items([account.pk], as_of=today)[account.pk]
    assert left.entry_id != fee.pk
    [before] = open_items([account.pk], as_of=today - timedelta(days=1))[account.pk]
    assert before.open == Decimal(100)


@pytest.mark.parametrize("name", ["credit_list", "write_off_list"])
def test_the_lists_cost_the_same_for_one_row_and_for_thirty(client, office, today, name):
    sign_in(client, office["manager"])
    url = reverse(f"accounts:{name}")

    def more():
        account = makers.account(team=office["team"])
        makers.entry(account=account, amount="10", value_date=today, as_of=today)
        if name == "credit_list":
            pay(account, "12", today)
        else:
            write_off(
                account=account, amount=Decimal(10), reason="gone", actor=office["manager"], as_of=today
            )

    more()
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for _number in range(29):
        more()
    with CaptureQueriesContext(connection) as thirty:
        client.get(url)
    assert len(thirty) == len(one) <= 9
