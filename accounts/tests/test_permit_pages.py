"""Every refusal is readable: its rule, where the rule comes from, and from when on it would be allowed."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.compliance import rulebook
from accounts.compliance.enums import Rule, Source
from accounts.compliance.facts import CapCount
from accounts.compliance.models import Permit
from accounts.compliance.replay import replay
from accounts.compliance.services import ask_permit
from accounts.compliance.versions import install_profiles
from accounts.compliance.wording import source_words
from accounts.contacts.services.calls import refusal_sentence
from accounts.ledger.models import AccountParty
from accounts.web.call.chip import count_words
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
AT_NIGHT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def account():
    install_profiles()
    house = makers.creditor(country="AE", time_zone="Asia/Dubai")
    debtor = makers.debtor(creditor=house, country="AE")
    makers.contact_point(debtor=debtor, value="+971501234567")
    makers.contact_point(debtor=debtor, kind="email", value="a@example.com")
    return makers.account(debtor=debtor, team=makers.team())


def entered(client, team, role):
    person = makers.teammate(team=team, role=role)
    client.force_login(person, backend=BACKEND)
    return person


def test_a_refusal_says_its_rule_its_source_and_its_moment(client, account):
    officer = entered(client, account.team, Role.COLLECTION_OFFICER)
    asked = {"debtor": account.debtor, "accounts": [account], "channel": "call", "actor": officer}
    refused = ask_permit(at=AT_NIGHT, **asked)
    assert not refused.is_allowed
    assert refused.rule_source
    assert refused.rule_source in refusal_sentence(refused)
    for url in (
        reverse("accounts:permit_detail", args=[refused.pk]),
        reverse("accounts:account_permits", args=[account.pk]),
        reverse("accounts:permit_list") + f"?q={account.number}&is_allowed=false",
    ):
        page = client.get(url).content.decode()
        assert str(Rule(refused.rule).label) in page
        assert refused.rule_source in page
        assert "23 Nov" in page
    listed = client.get(reverse("accounts:permit_list") + "?is_allowed=true").content.decode()
    assert refused.rule_source not in listed


def test_a_permit_says_the_same_in_whatever_language_it_was_asked_for(account):
    """A replay holds its words against those of another day, ordered by somebody of another language."""
    for kept in ("_built", "_default", "_policy", "_stored", "_law", "_shipped", "office_source"):
        getattr(rulebook, kept).cache_clear()
    with translation.override("ar"):
        asked = {"debtor": account.debtor, "accounts": [account], "actor": makers.user()}
        for channel in ("email", "call"):  # by the office's own hours, by the law's
            permit = ask_permit(at=AT_NIGHT, channel=channel, **asked)
            assert permit.rule_source.isascii()
            assert not source_words(permit.rule_source).isascii()
    day = AT_NIGHT.date()
    assert replay(first=day - timedelta(days=1), last=day).disagreements == []


def test_what_stops_here_is_named_in_words_and_who_represents_him_is_shown_beside(client, account):
    entered(client, account.team, Role.SENIOR_OFFICER)
    makers.hold(account=account, reason="represented", scopes=["contact"])
    lawyer = makers.debtor(creditor=account.creditor, name="Lind & Partners")
    AccountParty.objects.create(
        account=account, debtor=lawyer, role="representative", valid_from=account.opened_date
    )
    page = client.get(reverse("accounts:account_permits", args=[account.pk])).content.decode()
    assert "Lind &amp; Partners, Representative" in page
    assert str(Rule.REPRESENTED.label) in page
    assert not Permit.objects.exists()  # looking asks for nothing
    for source in Source:
        assert source_words(source.value) == source.label
    assert source_words("12 CFR 1006.14(b)") == "12 CFR 1006.14(b)"
    assert source_words("strictest of all: A; strictest of all: B").startswith("A; B, as the strictest")


def test_a_source_that_names_several_laws_is_kept_whole():
    house = makers.creditor(country="DE", time_zone="Europe/Berlin")
    account = makers.account(debtor=makers.debtor(creditor=house, country="DE"))
    makers.contact_point(debtor=account.debtor, value="+493012345678")
    install_profiles()
    refused = ask_permit(
        debtor=account.debtor, accounts=[account], channel="call", at=AT_NIGHT, actor=makers.user()
    )
    assert refused.rule_source.endswith("RBI of 12 August 2022")
    day = AT_NIGHT.date()
    assert replay(first=day - timedelta(days=1), last=day).disagreements == []


def test_the_chip_counts_in_the_words_of_the_permit():
    """Seven rolling days are no week, and a month has no number of days."""
    rolling = CapCount("call attempts 7/7d", 3, 7, 7, "attempts")
    monthly = CapCount("call+visit contacts 10/month", 9, 10, 31, "contacts")
    assert count_words((rolling,)) == "3 used of 7 attempts in 7 days."
    assert count_words((rolling, monthly)) == "9 used of 10 contacts a month."


def test_a_refusal_in_arabic_has_its_words_and_keeps_the_law_as_cited_in_one_run():
    law = "CBUAE Circular 8/2020, Notice 1158/2021 article 5"
    assert source_words(f"Firm default; duty: {law}") == f"Firm default; duty: {law}"
    permit = Permit(rule=Rule.DECEASED, rule_source=f"Firm default; duty: {law}")
    with translation.override("ar"):
        sentence = refusal_sentence(permit)
    assert "Firm" not in sentence
    assert "duty" not in sentence
    assert f"\u2068{law}\u2069" in sentence
