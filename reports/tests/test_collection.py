"""The identity on every row, whatever happened, and the chain of signed months."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.ledger.queries import balances
from accounts.ledger.services import assign_accounts, reverse_entry
from accounts.payments.services import reverse_payment
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers
from reports.closing.services import build_report, compute, sign_report, take_cut_off, verify_build
from reports.figures.collection import collection_dataset, difference
from reports.figures.dataset import Labels
from reports.figures.month import Month
from reports.rendering.document import lines_of
from reports.rendering.workbook import report_csv

pytestmark = pytest.mark.django_db

MARCH = Month(2026, 3)
FIRST = date(2026, 2, 1)
AS_OF = date(2026, 4, 30)
amounts = st.integers(1, 90_000).map(lambda cents: Decimal(cents) / 100)
days = st.integers(0, 80).map(lambda offset: FIRST + timedelta(days=offset))
moves = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["charge", "fee", "penalty", "payment", "credit_note", "discount"]),
        amounts,
        days,
        st.booleans(),
    ),
    max_size=12,
)
transfers = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), days), max_size=5)


@pytest.mark.long
@given(moves=moves, transfers=transfers)
@settings(max_examples=25, deadline=None)
def test_every_row_holds_whatever_happened(moves, transfers):
    teams = [makers.team(), makers.team()]
    officers = [
        makers.teammate(team=teams[0]), makers.teammate(team=teams[0]), makers.teammate(team=teams[1])
    ]  # fmt: skip
    creditor = makers.creditor(teams=teams)
    accounts = [
        makers.account(
            debtor=makers.debtor(creditor=creditor), opened_date=FIRST, as_of=FIRST,
            team=teams[0], officer=officers[0],
        )
        for _n in range(3)
    ]  # fmt: skip
    for which, kind, amount, day, is_reversed in moves:
        made = makers.entry(account=accounts[which], kind=kind, amount=amount, value_date=day, as_of=AS_OF)
        if is_reversed:
            reverse_entry(
                entry=made, value_date=day + timedelta(days=9), reason="test", actor=makers.system(),
                as_of=AS_OF,
            )  # fmt: skip
    for which, whom, day in sorted(transfers, key=lambda transfer: transfer[2]):
        officer = officers[whom]
        team = teams[0] if whom < 2 else teams[1]
        assign_accounts(
            account_ids=[accounts[which].pk], team=team, officer=officer, effective_date=day,
            reason="test", actor=makers.system(),
        )  # fmt: skip
    known_at = take_cut_off()
    for month in (Month(2026, 2), MARCH, Month(2026, 4)):
        dataset = collection_dataset(month=month, known_at=known_at)
        assert [check for check in dataset["checks"] if not check["holds"]] == []
        assert all(difference(row) == 0 for row in dataset["rows"])
        ledger = sum(balances(as_of=month.last_day).values(), Decimal(0))
        closing = dataset["currencies"].get("EUR", {"closing": "0"})["closing"]
        assert Decimal(closing) == ledger


def test_an_account_that_moves_carries_its_balance_of_that_day():
    team = makers.team()
    first, second = makers.teammate(team=team, full_name="Ann"), makers.teammate(team=team, full_name="Bob")
    debtor = makers.debtor(creditor=makers.creditor(teams=[team]))
    account = makers.account(debtor=debtor, opened_date=FIRST, as_of=FIRST, team=team, officer=first)
    makers.entry(account=account, amount="500", value_date=FIRST)
    makers.entry(account=account, amount="100", value_date=date(2026, 3, 5), kind="payment")
    makers.entry(account=account, amount="40", value_date=date(2026, 3, 20), kind="payment")
    assign_accounts(
        account_ids=[account.pk], team=team, officer=second, effective_date=date(2026, 3, 10),
        reason="", actor=makers.system(),
    )  # fmt: skip
    dataset = collection_dataset(month=MARCH, known_at=take_cut_off())
    rows = {row["name"]: row for row in dataset["rows"] if row["level"] == "officer"}
    assert (rows["Ann"]["collected"], rows["Ann"]["transferred_out"]) == ("100.00", "400.00")
    assert (rows["Bob"]["transferred_in"], rows["Bob"]["collected"]) == ("400.00", "40.00")
    assert (rows["Ann"]["closing"], rows["Bob"]["closing"]) == ("0.00", "360.00")
    [in_team] = [row for row in dataset["rows"] if row["level"] == "team"]
    assert (in_team["transferred_in"], in_team["transferred_out"]) == ("0.00", "0.00")


def test_april_opens_at_march_as_signed_and_late_news_is_prior_period():
    manager = makers.user(role=Role.MANAGER)
    account = makers.account(opened_date=FIRST, as_of=FIRST)
    makers.entry(account=account, amount="500", value_date=date(2026, 3, 2), as_of=AS_OF)
    payment = makers.entry(
        account=account, amount="200", value_date=date(2026, 3, 12), kind="payment", as_of=AS_OF
    )
    march = build_report(kind="collection", month=MARCH, actor=manager, formats=("json",))
    sign_report(build=march, actor=manager)
    reverse_payment(
        entry=payment, value_date=date(2026, 3, 28), reason="R01", actor=makers.system(), as_of=AS_OF
    )
    makers.entry(account=account, amount="50", value_date=date(2026, 4, 3), as_of=AS_OF)
    april = compute(kind="collection", month=Month(2026, 4), known_at=take_cut_off(), previous=march)[
        "currencies"
    ]["EUR"]
    assert (april["opening"], april["prior_period"]) == ("300.00", "200.00")
    assert (april["charges"], april["closing"]) == ("50.00", "550.00")
    assert verify_build(march) == (True, march.content_sha256)


def test_a_build_meets_its_hash_again_after_later_news_and_a_renamed_team():
    manager = makers.user(role=Role.MANAGER)
    team = makers.team(name="North")
    debtor = makers.debtor(creditor=makers.creditor(teams=[team]))
    account = makers.account(debtor=debtor, opened_date=FIRST, as_of=FIRST, team=team)
    makers.entry(account=account, amount="500", value_date=date(2026, 3, 2), as_of=AS_OF)
    builds = [
        build_report(kind=kind, month=MARCH, actor=manager, formats=("json",))
        for kind in ("collection", "registration", "followup")
    ]
    team.name = "South"
    team.save()
    makers.entry(account=account, amount="70", value_date=date(2026, 3, 3), as_of=AS_OF)
    assert [verify_build(build)[0] for build in builds] == [True, True, True]
    later = compute(kind="collection", month=MARCH, known_at=clock.now(), previous=None)
    assert later["content_sha256"] != builds[0].content_sha256


def test_two_builders_of_two_languages_make_one_hash_and_each_reads_his_own_word():
    """Nobody has no name: the dataset says so, and the reader is told in his words."""
    account = makers.account(opened_date=MARCH.first_day, as_of=MARCH.first_day)
    makers.entry(account=account, amount="500", value_date=date(2026, 3, 2), as_of=AS_OF)
    known_at = take_cut_off()
    words = {"en": "Unassigned", "ar": "غير مسند"}
    for kind in ("collection", "registration", "followup"):
        built = {}
        for language, word in words.items():
            with translation.override(language):
                dataset = compute(kind=kind, month=MARCH, known_at=known_at, previous=None)
                built[language] = dataset["content_sha256"]
                if kind != "followup":
                    page = "".join(cell for line in lines_of(dataset) for cell in (line.label, *line.cells))
                    assert word in page
                    assert word in report_csv(dataset).decode()
        assert built["en"] == built["ar"], kind
    # what was built with a builder's word is built with it again
    kept = Labels({"officer:-": "Unassigned"})
    again = compute(kind="collection", month=MARCH, known_at=known_at, previous=None, labels=kept)
    [row] = [row for row in again["rows"] if row["level"] == "officer"]
    assert row["name"] == "Unassigned"
