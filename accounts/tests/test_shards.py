"""Ranges of accounts asked at once add up to what one statement says, at one moment."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, connections

from accounts.ledger import shards
from accounts.ledger.queries import ageing
from accounts.position.ageing import AgeingQuestion, ageing_in_parts, ledger_of_day
from collections_app.core import clock
from collections_app.testing import makers

FIRST = date(2026, 1, 5)
AS_OF = date(2026, 6, 30)


@pytest.mark.django_db(transaction=True)
def test_ranges_add_up_to_the_whole_and_see_one_moment(monkeypatch):
    for index in range(9):
        account = makers.account(opened_date=FIRST, as_of=FIRST)
        makers.entry(
            account=account, amount=100 + index, value_date=FIRST + timedelta(days=9 * index), as_of=AS_OF
        )
        makers.entry(
            account=account, amount=Decimal("30.10") * (index + 1), kind="payment",
            value_date=FIRST + timedelta(days=70), as_of=AS_OF,
        )  # fmt: skip
    known_at = clock.now()
    asked = [
        {"as_of": AS_OF},
        {"as_of": date(2026, 3, 1), "basis": "invoice"},
        {"as_of": AS_OF, "basis": "opened", "known_at": known_at},
    ]
    whole = [ageing(**question) for question in asked]
    assert whole[0]["EUR"]["open_accounts"] == 3
    assert whole[0]["EUR"]["credit_balance"] < 0

    monkeypatch.setattr(shards, "WORTH_SHARDING", -2)
    monkeypatch.setattr(shards.os, "sched_getaffinity", lambda _pid: range(3))
    with connection.cursor() as cursor:
        assert len(shards._bounds(cursor)) == 3
    seen: list[str] = []
    ask = shards._ask

    def watch(sql, params, snapshot):
        seen.append(snapshot)
        if len(seen) == 1:
            # what is posted while the ranges are asked belongs to none of them
            makers.entry(account=account, amount="999", value_date=FIRST, as_of=AS_OF)
            connections.close_all()
        return ask(sql, params, snapshot)

    monkeypatch.setattr(shards, "_ask", watch)
    assert ageing(**asked[0]) == whole[0]
    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert ageing(**asked[2]) == whole[2]
    by_part = AgeingQuestion(as_of=AS_OF, basis="invoice", known_at=known_at)
    ranges = ageing_in_parts(by_part)
    assert len(seen) == 9
    assert sum(row.ledger for row in ranges) == ledger_of_day(by_part)["EUR"]["closing"]
    monkeypatch.setattr(shards, "WORTH_SHARDING", 50_000)
    assert ageing_in_parts(by_part) == ranges
