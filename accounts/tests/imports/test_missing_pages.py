"""The page of missing items: who sees them, what it costs, and deciding several at once."""

import pytest
from django.urls import reverse

from accounts.imports.enums import ImportMode
from accounts.imports.models import MissingItem
from accounts.ledger.models import Account
from accounts.tests.imports.making import ACCOUNTS, ENTRIES, post, table
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


def test_a_leader_decides_several_at_once_and_other_teams_see_none(client, django_assert_num_queries):
    post("accounts", table(*ACCOUNTS))
    many = [f"0001,D-{number},charge,{number}.00,2026-02-01," for number in range(1, 31)]
    post("entries", table(*ENTRIES, *many))
    team = makers.team()
    Account.objects.update(team=team)
    leader = makers.member(makers.user(role=Role.SUPERVISOR), team)
    client.force_login(leader)
    url = reverse("accounts:missing_item_list")
    assert "No document is missing" in client.get(url).content.decode()

    post("entries", table(*ENTRIES[:2], *many), mode=ImportMode.SNAPSHOT)
    client.get(url)
    with django_assert_num_queries(6):
        client.get(url)
    post("entries", table(*ENTRIES), mode=ImportMode.SNAPSHOT)
    with django_assert_num_queries(6):
        client.get(url)
    waiting = MissingItem.objects.filter(status="waiting")
    assert waiting.count() == 30

    decide = reverse("accounts:missing_item_decide")
    chosen = {"all": "1", "selection": "status=waiting", "_chosen": "1"}
    answer = client.post(decide, {**chosen, "to": "paid", "value_date": "2099-01-01", "note": "told"})
    assert waiting.count() == 30
    assert "future" in answer.content.decode() or "today" in answer.content.decode()
    answer = client.post(
        decide, {**chosen, "to": "kept", "value_date": "2026-03-01", "note": "asked them"}, follow=True
    )
    assert "30 items were decided" in answer.content.decode()
    assert set(MissingItem.objects.values_list("status", flat=True)) == {"superseded", "kept"}

    client.force_login(makers.member(makers.user(role=Role.SUPERVISOR), makers.team()))
    assert client.get(url).context["rows_page"].rows == []
    client.force_login(makers.member(makers.user(role=Role.SENIOR_OFFICER), team))
    assert client.get(url).status_code == 200
    assert client.post(decide, chosen).status_code == 403
