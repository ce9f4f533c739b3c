"""A closed month keeps its bytes; what was learned later stands beside it, line by line."""

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.cheques.answers import clear_cheque, return_cheque
from accounts.cheques.presenting import submit
from accounts.disputes.services import answer_dispute
from accounts.interest.services import approve_run, post_run, prepare_run, reckon_run
from accounts.ledger.models import LedgerEntry, Standing
from accounts.ledger.naming import reallocate
from accounts.ledger.services import reverse_entry
from accounts.ledger.write_offs import write_off
from accounts.payments.credits import refund_credit
from accounts.returns.services import record_return
from collections_app.core import clock, documents
from collections_app.core.enums import Role
from collections_app.core.refusal import Refused
from collections_app.testing import makers
from reports.closing.services import (
    build_report,
    compute,
    load_dataset,
    sign_report,
    take_cut_off,
    verify_build,
)
from reports.closing.ties import check_ties, rebuild_and_compare
from reports.figures.month import Month
from reports.figures.restatement import restated_ageing, restatement
from reports.rendering.formats import FORMATS

pytestmark = pytest.mark.django_db

MARCH = Month(2026, 3)
FIRST = date(2026, 1, 5)
AS_OF = date(2026, 5, 20)
KINDS = ["charge", "fee", "penalty", "interest", "payment", "credit_note", "discount", "refund"]


def signed_march(manager, formats=("json",), before_signing=lambda accounts: None):
    """A book of nine accounts in three currencies, with March signed."""
    accounts = [
        makers.account(
            debtor=makers.debtor(creditor=makers.creditor(currency=currency)),
            currency=currency,
            opened_date=FIRST,
            as_of=FIRST,
        )
        for currency in ("EUR", "KWD", "JPY")
        for _n in range(3)
    ]
    for index, account in enumerate(accounts):
        makers.entry(account=account, amount="900", value_date=FIRST + timedelta(days=index), as_of=AS_OF)
        makers.entry(account=account, amount="250", kind="payment", value_date=date(2026, 3, 9), as_of=AS_OF)
    before_signing(accounts)
    build = build_report(kind="collection", month=MARCH, actor=manager, formats=formats)
    return accounts, sign_report(build=build, actor=manager)


def learn(accounts, *, events: int, seed: int) -> None:
    """Back-dated entries of every kind, some taken back again."""
    later = Later(accounts, [], seed)
    while later.happened.total() < events:
        later.happens(["entry", "entry", "entry", "entry", "taken_back"])


def paid_cheque(account, amount: str, day: date):
    """A cheque of that day, given to the bank and paid by it."""
    told = {"actor": makers.system(), "as_of": AS_OF}
    cheque = makers.cheque(account=account, amount=amount, received_on=FIRST, cheque_date=day)
    submit(cheques=[cheque], date=day, **told)
    cheque.refresh_from_db()
    clear_cheque(cheque=cheque, bank_value_date=day, **told)
    return cheque


class Later:
    """What is told after March was signed, with days of March and around it; each verb is an event."""

    VERBS = (
        "entry", "entry", "taken_back", "came_back", "cheque_paid", "cheque_back", "disputed", "given_up",
        "recovered", "planned", "allocated", "credit_moved",
    )  # fmt: skip

    def __init__(self, accounts, cheques, seed: int):
        self.accounts, self.cheques, self.dice = accounts, cheques, random.Random(seed)
        self.actor, self.happened = makers.system(), Counter()

    def happens(self, verbs=VERBS) -> None:
        verb = self.dice.choice(verbs)
        try:
            with transaction.atomic():
                done = getattr(self, verb)(self.dice.choice(self.accounts))
        except Refused:
            return
        self.happened[verb] += bool(done)

    def day(self, most: int = 110) -> date:
        return FIRST + timedelta(days=self.dice.randint(0, most))

    def live(self, account, **fields):
        found = LedgerEntry.objects.filter(account=account, reversed_by=None, reverses=None, **fields)
        found = list(found.exclude(line="write_offs_reversed").order_by("pk"))
        return self.dice.choice(found) if found else None

    def entry(self, account):
        return makers.entry(
            account=account, kind=self.dice.choice(KINDS), amount=Decimal(self.dice.randint(1, 400)),
            value_date=self.day(), as_of=AS_OF,
        )  # fmt: skip

    def taken_back(self, account):
        taken = self.live(account)
        return taken and reverse_entry(
            entry=taken, value_date=taken.value_date + timedelta(days=self.dice.randint(0, 40)),
            reason="learned", actor=self.actor, as_of=AS_OF,
        )  # fmt: skip

    def came_back(self, account):
        payment = self.live(account, kind="payment")
        return payment and record_return(
            entry=payment, scheme="sepa", code="AM04", actor=self.actor, as_of=AS_OF,
            amount=self.dice.choice([None, payment.amount - 1 if payment.amount > 1 else None]),
            return_date=min(payment.value_date + timedelta(days=self.dice.randint(0, 30)), AS_OF),
        )  # fmt: skip

    def cheque_paid(self, account):
        cheque = paid_cheque(account, str(self.dice.randint(1, 90)), self.day(100))
        self.cheques.append(cheque)
        return cheque

    def cheque_back(self, account):
        if not self.cheques:
            return None
        cheque = self.cheques.pop(self.dice.randrange(len(self.cheques)))
        cheque.refresh_from_db()
        return return_cheque(
            cheque=cheque, code="insufficient_funds", actor=self.actor, as_of=AS_OF,
            return_date=cheque.cheque_date + timedelta(days=self.dice.randint(0, 9)),
        )  # fmt: skip

    def disputed(self, account):
        charge, day = self.live(account, kind="charge"), self.day(80)
        if charge is None:
            return None
        made = makers.dispute(account=account, items=[(charge, "1")], as_of=max(day, charge.value_date))
        return answer_dispute(
            dispute=made, answer="He is right", upheld_amount=Decimal(1), actor=made.asked,
            as_of=max(day, charge.value_date),
        )  # fmt: skip

    def given_up(self, account):
        return write_off(
            account=account, amount=Decimal(self.dice.randint(1, 60)), reason="gone", actor=self.actor,
            as_of=self.day(84),
        )  # fmt: skip

    def recovered(self, account):
        """Money for what was written off: the payment takes so much of the write-off back."""
        off = account.entries.filter(kind="write_off").order_by("-value_date").first()
        if off is None:
            return None
        makers.entry(
            account=account, kind="payment", amount="2000", value_date=off.value_date, as_of=AS_OF
        )
        return account.entries.filter(line="write_offs_reversed", source="rule").exists()

    def planned(self, account):
        return makers.payment_plan(account=account, amount="30", as_of=self.day(80), freezes=["interest"])

    def allocated(self, account):
        credit, debit = self.live(account, direction="credit"), self.live(account, direction="debit")
        return (
            credit
            and debit
            and reallocate(
                credit=credit, parts=[(debit, Decimal(1))], reason="asked", actor=self.actor, as_of=AS_OF,
                effective_date=max(credit.value_date, debit.value_date, self.day(80)),
            )
        )  # fmt: skip

    def credit_moved(self, account):
        standing = Standing.objects.get(pk=account.pk)
        return standing.credit and refund_credit(
            account=account, amount=standing.credit, reason="overpaid", actor=self.actor, as_of=self.day(84)
        )


def test_a_hundred_late_events_leave_the_signed_month_and_are_listed_exactly(client):
    manager = makers.user(role=Role.MANAGER)
    cheques: list = []

    def begin(accounts):
        """Before March is signed: paid cheques, write-offs, and interest of February."""
        bear = {"rates": {"2026-01-01": "10"}, "posting": "monthly", "second_person": False}
        makers.policy("interest", bear, scope_type="creditor", scope_id=accounts[0].creditor_id)
        for account in accounts:
            write_off(account=account, amount=Decimal(50), reason="gone", actor=makers.system(),
                      as_of=date(2026, 2, 10))  # fmt: skip
            cheques.append(paid_cheque(account, "60", date(2026, 3, 4)))
        charge_interest(accounts[0], date(2026, 2, 28))

    def charge_interest(account, last_day):
        told = {"actor": manager, "as_of": AS_OF}
        run = prepare_run(creditor=account.creditor, kind="interest", last_day=last_day, **told)
        run = approve_run(run=reckon_run(run=run, **told), **told)
        post_run(run=run, **told)

    accounts, march = signed_march(manager, FORMATS, begin)
    kept = {row.format: documents.read(row.file) for row in march.report_files.all()}
    newest = LedgerEntry.objects.latest("pk").pk
    later = Later(accounts, cheques, seed=3)
    while later.happened.total() < 100:
        later.happens()
    assert set(later.happened) == set(Later.VERBS), "every kind of news is among them"
    charge_interest(accounts[0], MARCH.last_day)
    # told by their keys, not by the moment the page goes by
    told = LedgerEntry.objects.filter(pk__gt=newest)
    late = set(told.filter(value_date__lte=MARCH.last_day).values_list("pk", flat=True))
    assert told.filter(kind="interest", source="rule", value_date=AS_OF).exists()
    assert 60 < len(late) < told.count()

    assert verify_build(march) == (True, march.content_sha256)
    found = rebuild_and_compare(march, actor=manager)
    assert (found["agrees"], found["fresh"]) == (True, march.content_sha256)
    assert found["files"] == dict.fromkeys(("xlsx", "pdf", "csv", "json"), True)
    assert {row.format: documents.read(row.file) for row in march.report_files.all()} == kept
    assert check_ties(march, actor=manager)["holds"]
    dataset, now = load_dataset(march), clock.now()
    found = restatement(dataset=dataset, known_at=now)
    assert [row.currency for row in found] == ["EUR", "JPY", "KWD"]
    assert sum(row.entries for row in found) == len(late)
    assert all(row.holds for row in found)
    for row in found:
        fresh = compute(kind="collection", month=MARCH, known_at=take_cut_off(), previous=None)
        figures = fresh["currencies"][row.currency]
        assert {name: Decimal(figures[name]) for name in row.restated} == row.restated
        ages = restated_ageing(dataset=dataset, currency=row.currency, last_day=MARCH.last_day, known_at=now)
        assert sum(bucket.now for bucket in ages) == Decimal(figures["closing_debit"])

    april = compute(kind="collection", month=Month(2026, 4), known_at=take_cut_off(), previous=march)
    for code, figures in april["currencies"].items():
        assert figures["opening"] == dataset["currencies"][code]["closing"]
        learned = next(row for row in found if row.currency == code).learned["closing"]
        assert Decimal(figures["prior_period"]) == learned

    client.force_login(manager)
    url = reverse("reports:report_restatement", args=[march.pk])
    page = client.get(url)
    assert page.status_code == 200
    assert "It adds up." in page.content.decode()
    ages = client.get(url + page.context["ages_url"])
    buckets = ages.context["ages"]
    assert [bucket.built for bucket in buckets] != [bucket.now for bucket in buckets]
    listed = set()
    while True:
        listed |= {entry.pk for entry in page.context["rows_page"].rows}
        if not page.context["next_url"]:
            break
        page = client.get(url + page.context["next_url"])
    assert listed == late


def test_the_page_costs_the_same_for_one_entry_and_thirty_and_keeps_other_teams_apart(
    client, django_assert_num_queries
):
    manager = makers.user(role=Role.MANAGER)
    accounts, march = signed_march(manager)
    client.force_login(manager)
    url = reverse("reports:report_restatement", args=[march.pk])
    assert "Nothing was learned since" in client.get(url).content.decode()
    makers.entry(account=accounts[0], amount="7", value_date=date(2026, 3, 30), as_of=AS_OF)
    client.get(url)
    with django_assert_num_queries(9):
        client.get(url)
    learn(accounts, events=30, seed=5)
    with django_assert_num_queries(9):
        client.get(url)

    team = makers.team()
    client.force_login(makers.member(makers.user(role=Role.SUPERVISOR), team))
    page = client.get(url)
    assert page.context["rows_page"].rows == []
    assert "accounts of your teams" in page.content.decode()
    assert LedgerEntry.objects.exists()
