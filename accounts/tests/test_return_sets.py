"""A file posted in sets comes to what one return at a time comes to, and no step is lost or doubled."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.holds.models import Hold
from accounts.holds.services import place_hold
from accounts.ledger.models import LedgerEntry, Standing
from accounts.payments.services import reverse_payment
from accounts.payments.splitting import post_split_payment
from accounts.returns import file_posting
from accounts.returns.file_posting import begin_posting, post_return_file, post_step
from accounts.returns.jobs import PostReturnFile, post_by_job
from accounts.returns.models import MeansStop, PaymentReturn, Retry
from accounts.returns.reasons import install_reasons
from accounts.returns.services import record_return
from accounts.returns.sets import Reasons
from accounts.tasks.models import Task
from accounts.tests.test_contact_races import at_once
from accounts.tests.test_return_files import BACK, PAID, TODAY, findings, load, paid, row
from collections_app.core.enums import Role
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return makers.user(role=Role.MANAGER)


def owing(name: str, world: str, **fields):
    made = makers.account(number=f"{world}-{name}", debtor=makers.debtor(name=name), **fields)
    makers.entry(account=made, amount="200.00", value_date=date(2026, 1, 5), due_date=date(2026, 2, 4))
    return made


def a_book(world: str, manager) -> tuple[list, list]:
    """Accounts to whom everything happens that a file can tell, and its rows; the same in every world."""
    team = makers.team(name=f"Team {world}")
    officer = makers.teammate(team=team)
    names = ["retry", "stop", "dead", "part", "gone", "twice", "held", "split", "again", "codeless"]
    book = {name: owing(name, world, team=team, officer=officer) for name in names}
    makers.promise(account=book["retry"], amount="40.00", due_date=PAID, as_of=date(2026, 2, 20))
    for scope in ("fee", "demand"):
        place_hold(
            scopes=[scope], reason="other", first_day=PAID, account=book["held"], note="He asked",
            actor=manager, as_of=PAID,
        )  # fmt: skip
    rows, amounts = [], {"retry": "40.00", "stop": "40.00", "dead": "40.00", "gone": "40.00", "held": "40.00"}
    codes = {"retry": "AM04", "stop": "AC04", "dead": "MD07", "gone": "AM04", "held": "AM04"}
    entries = {name: paid(book[name], f"{world}-{name}", amount) for name, amount in amounts.items()}
    rows += [row(f"{world}-{name}", code) for name, code in codes.items()]
    paid(book["part"], f"{world}-part", "50.00")
    rows.append(row(f"{world}-part", "AM04", "50.00"))
    for place, code in ((1, "AM04"), (2, "AC04"), (3, "AM04")):
        paid(book["twice"], f"{world}-twice-{place}", "10.00")
        rows.append(row(f"{world}-twice-{place}", code, "10.00"))
    other = makers.account(number=f"{world}-other", debtor=book["split"].debtor, team=team, officer=officer)
    makers.entry(account=other, amount="50.00", value_date=date(2026, 1, 5), due_date=date(2026, 2, 9))
    post_split_payment(
        account=book["split"], parts={book["split"].pk: Decimal(30), other.pk: Decimal(20)},
        value_date=PAID, method="direct_debit", reference=f"{world}-split", reason="He said so",
        actor=makers.system(), as_of=PAID,
    )  # fmt: skip
    rows.append(row(f"{world}-split", "AM04", "50.00"))
    paid(book["again"], f"{world}-again", "40.00")
    rows += [row(f"{world}-again", "AM04"), row(f"{world}-ok", is_success=True), row("nobody")]
    paid(book["codeless"], f"{world}-codeless", "40.00")
    rows.append(row(f"{world}-codeless", "ZZ9"))
    file = load(rows, manager)
    # what the rows meant when they were looked at is not all true any more when they are posted
    reverse_payment(entry=entries["gone"], value_date=PAID, reason="typed twice", actor=manager, as_of=TODAY)
    file.rows.filter(reference=f"{world}-part").update(amount=Decimal("20.00"))
    return [*book.values(), other], file


def outcome(accounts, file, world: str) -> dict:
    """All that became of a book, without keys, and without the world's own words."""
    ids = [account.pk for account in accounts]

    def plain(*values):
        return tuple(str(value).replace(world, "W") for value in values)

    returns = PaymentReturn.objects.filter(account__in=ids).select_related(
        "fee", "rest", "reason", "reversal"
    )
    return {
        "standings": [
            plain(*values)
            for values in Standing.objects.filter(account__in=ids).order_by("account").values_list(
                "balance", "overdue", "credit", "oldest_due_date", "next_due_date"
            )
        ],
        "entries": sorted(
            plain(*values)
            for values in LedgerEntry.objects.filter(account__in=ids).values_list(
                "account__number", "kind", "line", "amount", "value_date", "reference", "description",
                "reason", "source", "method", "tax_amount", "actor__role",
            )
        ),
        "returns": sorted(
            plain(
                one.account.number, one.reason.code, one.amount, one.return_date, one.attempt,
                one.fee and one.fee.amount, one.fee_note, one.rest and one.rest.amount, one.note,
                one.reversal.value_date, one.actor.role,
            )
            for one in returns
        ),
        "retries": sorted(
            plain(*values)
            for values in Retry.objects.filter(account__in=ids).values_list(
                "account__number", "planned_date", "attempt", "amount", "status", "note", "ended_on"
            )
        ),
        "stops": sorted(
            plain(*values)
            for values in MeansStop.objects.filter(account__in=ids).values_list(
                "account__number", "scheme", "strength", "first_day", "payment_return__reason__code"
            )
        ),
        "tasks": sorted(
            plain(
                task.kind, task.title, task.detail, task.due_at, task.role, task.assignee is not None,
                task.team is not None, task.status,
            )
            for task in Task.objects.filter(
                subject_type="accounts.paymentreturn", subject_id__in=[one.pk for one in returns]
            )
        ),
        "holds": sorted(
            plain(hold.reason, hold.scopes, hold.note)
            for hold in Hold.objects.filter(debtor__accounts__in=ids).distinct()
        ),
        "promises": sorted(
            plain(*values)
            for account in accounts
            for values in account.promises.values_list("account__number", "status", "amount")
        ),
        "rows": [
            plain(*values)
            for values in file.rows.order_by("number").values_list(
                "reference", "finding", "note", "payment_return__reason__code", "payment_return__amount"
            )
        ],
    }  # fmt: skip


def test_a_set_comes_to_what_one_by_one_comes_to(manager, monkeypatch):
    makers.policy("return_fee", {"sepa": {"EUR": "7.50"}})
    in_sets, as_set = a_book("alpha", manager)
    one_by_one, as_singles = a_book("gamma", manager)
    post_return_file(return_file=as_set, actor=manager, as_of=TODAY)
    with monkeypatch.context() as patched:
        patched.setattr(file_posting, "record_return_set", lambda **given: {})
        post_return_file(return_file=as_singles, actor=manager, as_of=TODAY)
    found = outcome(in_sets, as_set, "alpha")
    assert found == outcome(one_by_one, as_singles, "gamma")
    assert len(found["returns"]) == 11
    assert [rows[1] for rows in found["rows"]].count("returned") == 10
    by_account = {values[0]: values for values in found["promises"]}
    assert by_account["W-retry"][1] == "broken"
    # of three that came back on one account the second stops what the first planned, the third plans nothing
    assert [values[4] for values in found["retries"] if values[0] == "W-twice"] == ["given_up"]
    assert "on hold" in next(values[6] for values in found["returns"] if values[0] == "W-held")


def test_what_a_step_posted_stays_when_the_next_one_fails(manager, monkeypatch):
    accounts = [owing(f"A{number}", "N") for number in range(5)]
    entries = [paid(account, f"R-{account.number}") for account in accounts]
    file = load([row(entry.reference) for entry in entries], manager, b"steps")
    monkeypatch.setattr(file_posting, "STEP", 2)
    begin_posting(return_file=file, actor=manager, as_of=TODAY)
    with pytest.raises(StatusHasMoved):
        begin_posting(return_file=file, actor=manager, as_of=TODAY)
    given = {"return_file": file, "reasons": Reasons("sepa"), "actor": manager, "as_of": TODAY}
    assert post_step(**given) == 2
    with monkeypatch.context() as patched:
        patched.setattr(file_posting, "_end_rows", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            post_step(**given)
    assert findings(file).count("returned") == 2 == PaymentReturn.objects.count()
    # meanwhile an overlapping file comes, and the same one again
    assert findings(load([row(entry.reference) for entry in entries], manager, b"more")) == ["already"] * 5
    assert load([], manager, b"steps") == file
    job = post_by_job(return_file=file, actor=manager, as_of=TODAY)
    assert PostReturnFile.of(file) == job == post_by_job(return_file=file, actor=manager, as_of=TODAY)
    ended = PostReturnFile.run_now(scope=str(file.pk), actor=manager)
    assert (ended.pk, ended.status, ended.done, ended.total) == (job.pk, "done", 3, 3)
    file.refresh_from_db()
    assert (file.status, file.posted_by, file.posted_at is not None) == ("posted", manager, True)
    assert findings(file) == ["returned"] * 5
    assert {one.entry_id for one in PaymentReturn.objects.all()} == {entry.pk for entry in entries}
    assert PaymentReturn.objects.filter(return_date=BACK).count() == 5
    assert PostReturnFile.of(file) is None
    assert post_step(**given) == 0


def test_the_statements_do_not_grow_with_the_rows(manager):
    creditor = makers.creditor()

    def cost(number: int) -> int:
        debtors = [makers.debtor(creditor=creditor) for _place in range(number)]
        accounts = [makers.account(debtor=debtor) for debtor in debtors]
        entries = [paid(account, f"C-{account.number}") for account in accounts]
        file = load([row(entry.reference) for entry in entries], manager)
        with CaptureQueriesContext(connection) as asked:
            post_return_file(return_file=file, actor=manager, as_of=TODAY)
        assert findings(file) == ["returned"] * number
        return len(asked)

    cost(1)
    assert cost(30) <= cost(8) + 2


@pytest.mark.django_db(transaction=True)
def test_a_file_and_a_person_tell_of_the_same_returns_at_once():
    """Each payment comes back once, whoever was first; neither waits for the other in vain."""
    makers.system()
    install_reasons()
    chief, team = makers.user(role=Role.MANAGER), makers.team()
    entries = [paid(owing(f"R{number}", "R", team=team), f"R-{number}") for number in range(8)]
    file = load([row(entry.reference) for entry in entries], chief, b"race")

    def by_hand():
        for entry in reversed(entries):
            record_return(entry=entry, scheme="sepa", code="AM04", return_date=BACK, actor=chief, as_of=TODAY)

    at_once(by_hand, lambda: post_return_file(return_file=file, actor=chief, as_of=TODAY))
    assert sorted(PaymentReturn.objects.values_list("entry", flat=True)) == [entry.pk for entry in entries]
    assert findings(file) == ["returned"] * 8
    assert LedgerEntry.objects.filter(kind="reversal").count() == 8
    assert set(Standing.objects.values_list("balance", flat=True)) == {Decimal(200)}
