"""Who speaks for a debtor is said on his account's page, and from that day on the gate heeds it (D58)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.compliance.queries import Asked, known_for
from accounts.ledger.models import AccountParty
from accounts.ledger.parties import representatives
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def text(answer) -> str:
    return answer.content.decode()


def test_a_representative_is_added_by_an_officer_and_ended_by_a_senior(client):
    team, today = makers.team(), clock.today()
    account = makers.account(team=team)
    makers.contact_point(debtor=account.debtor, value="+493012345678")
    makers.debtor(creditor=makers.creditor(), reference="ELSEWHERE")

    def enter(role):
        client.force_login(makers.teammate(team=team, role=role), backend=BACKEND)

    def rule_for(debtor_id):
        (known,) = known_for([Asked(debtor_id, (account.pk,), "call", clock.now())])
        return known.verdict().rule

    enter(Role.COLLECTION_OFFICER)
    new = reverse("accounts:party_new", args=[account.pk])
    asked = {"role": "representative", "valid_from": str(today), "source": "Letter of authority"}
    for wrong, words in (
        ({}, "a name, or the reference"),
        ({"name": "Lind"}, "Give a number"),
        ({"name": "Lind", "phone": "nonsense"}, "This is no phone number"),
        ({"reference": "ELSEWHERE"}, "no debtor of that reference"),
        ({"reference": account.debtor.reference}, "the debtor himself"),
        ({"name": "Lind", "phone": "+4930111222", "valid_from": "1926-01-01"}, "Look at the year"),
        ({"name": "Lind", "role": "joint_debtor"}, "Select a valid choice"),
    ):
        answer = client.post(new, {**asked, **wrong})
        assert answer.status_code == 422
        assert words in text(answer)
    assert AccountParty.objects.filter(account=account).exclude(role="debtor").count() == 0
    assert rule_for(account.debtor_id) != "represented"
    assert client.post(new, {**asked, "name": "Lind & Partners", "phone": "+4930111222"}).status_code == 302
    party = AccountParty.objects.get(account=account, role="representative")
    again = {**asked, "reference": party.debtor.reference}
    assert "stands there already" in text(client.post(new, again))
    assert representatives([account.pk], as_of=today) == {account.pk: party.debtor_id}
    assert rule_for(account.debtor_id) == "represented"
    assert rule_for(party.debtor_id) not in ("represented", "third_party", "no_point")

    listed, end = (
        reverse("accounts:party_list", args=[account.pk]),
        reverse("accounts:party_end", args=[party.pk]),
    )
    page = text(client.get(listed))
    assert "+4930111222" in page
    assert end not in page
    assert listed in text(client.get(reverse("accounts:account_detail", args=[account.pk])))
    # his ways are kept from there, though he owes nothing and has no page of his own
    add = reverse("accounts:contact_point_new", args=[party.debtor_id])
    office = party.debtor.contact_points.get()
    mark = reverse("accounts:contact_point_mark", args=[office.pk])
    assert add in page
    assert mark in page
    more = {"kind": "phone", "value": "+4930111333", "source": "his letter", "confidence": "90"}
    assert client.post(add, more).url == listed
    assert client.post(mark, {"status": "bad", "reason": "Disconnected"}).url == listed
    assert "+4930111333" in text(client.get(listed))
    assert "Bad" in text(client.get(listed))
    client.force_login(makers.teammate(team=makers.team()), backend=BACKEND)
    assert {client.get(page).status_code for page in (add, mark)} == {404}
    enter(Role.COLLECTION_OFFICER)
    assert client.post(end, {"valid_to": str(today), "reason": "Ended"}).status_code == 403
    enter(Role.SENIOR_OFFICER)
    early = {"valid_to": str(today - timedelta(days=1)), "reason": "Ended"}
    assert "after it begins" in text(client.post(end, early))
    assert client.post(end, {"valid_to": str(today), "reason": "Withdrawn"}).status_code == 302
    assert rule_for(account.debtor_id) != "represented"
    assert client.get(end).status_code == 404
    codes = set(AuditRecord.objects.filter(code__startswith="account.party_").values_list("code", flat=True))
    assert codes == {"account.party_added", "account.party_ended"}
