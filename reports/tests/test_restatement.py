"""A closed month keeps its bytes; what was learned later stands beside it, line by line."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.ledger.models import LedgerEntry
from accounts.ledger.services import reverse_entry
from collections_app.core import clock, documents
from collections_app.core.enums import Role
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


def signed_march(manager, formats=("json",)):
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
    build = build_report(kind="collection", month=MARCH, actor=manager, formats=formats)
    return accounts, sign_report(build=build, actor=manager)


def learn(accounts, *, events: int, seed: int) -> set[int]:
    """Back-dated events of every kind, some taken back again; keys of those that concern March."""
    dice, made, reversed_keys = random.Random(seed), [], set()
    while len(made) < events:
        if made and dice.random() < 0.2:
            taken = dice.choice(made)
            if taken.kind == "reversal" or taken.pk in reversed_keys:
                continue
            reversed_keys.add(taken.pk)
            made.append(
                reverse_entry(
                    entry=taken, value_date=taken.value_date + timedelta(days=dice.randint(0, 40)),
                    reason="learned", actor=makers.system(), as_of=AS_OF,
                )
            )  # fmt: skip
            continue
        made.append(
            makers.entry(
                account=dice.choice(accounts),
                kind=dice.choice(KINDS),
                amount=Decimal(dice.randint(1, 400)),
                value_date=FIRST + timedelta(days=dice.randint(0, 110)),
                as_of=AS_OF,
            )
        )
    return {entry.pk for entry in made if entry.value_date <= MARCH.last_day}


def test_a_hundred_late_events_leave_the_signed_month_and_are_listed_exactly(client):
    manager = makers.user(role=Role.MANAGER)
    accounts, march = signed_march(manager, FORMATS)
    kept = {row.format: documents.read(row.file) for row in march.report_files.all()}
    late = learn(accounts, events=100, seed=3)
    assert 40 < len(late) < 100

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
