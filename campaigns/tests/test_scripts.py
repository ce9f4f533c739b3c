"""What an officer is given to say: the approved text of the stage in the debtor's language."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.contacts.models import ContactAttempt
from accounts.contacts.services import UnknownLine, check_right_party, open_call, save_outcome
from accounts.parties.models import Debtor
from campaigns.correspondence.rules import SamePersonWrote
from campaigns.correspondence.services import OnlyForCalls, approve_text, create_template, submit_text
from campaigns.scripts.queries import script_of
from campaigns.worklists.models import WorklistItem
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 16, tzinfo=UTC)


@pytest.fixture
def world():
    """An account of a creditor who collects for others in the United States, in stage 3, and its officer."""
    with time_machine.travel(MORNING, tick=False):
        team = makers.team()
        creditor = makers.creditor(
            name="City Power", country="US", kind="third_party", currency="USD",
            time_zone="America/New_York", teams=[team],
        )  # fmt: skip
        debtor = makers.debtor(
            creditor=creditor, country="US", time_zone="America/New_York", birth_date=date(1988, 3, 4)
        )
        makers.contact_point(debtor=debtor, value="+12125550142")
        officer = makers.teammate(team=team, role=Role.COLLECTION_OFFICER)
        account = makers.account(debtor=debtor, team=team, officer=officer)
        makers.entry(
            account=account, amount="120.00", value_date=date(2026, 9, 1), due_date=date(2026, 10, 7),
            as_of=MONDAY,
        )  # fmt: skip
        WorklistItem.objects.filter(account=account).update(stage=3, stage_name="Warning")
        yield officer, account


def said(account):
    return script_of(account, as_of=MONDAY)


def test_the_script_is_the_approved_text_of_stage_language_creditor_and_hardship(world):
    _officer, account = world
    first = said(account)
    assert (first.stage, first.language) == ("3 Warning", "en")
    assert "USD 120.00 is still open with City Power after our reminders" in first.text
    writer, manager = makers.user(role=Role.SENIOR_OFFICER), makers.user(role=Role.MANAGER)
    own = create_template(
        code="warning", name="Our warning", channel="call", language="en", creditor=account.creditor,
        body="“{{ creditor_name }} misses {{ total }}.”", actor=writer, as_of=MONDAY,
    )  # fmt: skip
    assert said(account) == first  # a draft is said by nobody
    submit_text(version=own, actor=writer, as_of=MONDAY)
    writer.role = Role.SUPERVISOR
    writer.save()
    with pytest.raises(SamePersonWrote):
        approve_text(version=own, actor=writer, as_of=MONDAY)
    approve_text(version=own, actor=manager, as_of=MONDAY)
    assert said(account).text == "“City Power misses USD 120.00.”"
    for law in ("us_reg_f", "uk_conc"):
        made = create_template(
            code="warning", name=law, channel="call", language="en", profile=law,
            body=f"“By {law} for {{{{ creditor_name }}}}.”",
            actor=makers.user(role=Role.SENIOR_OFFICER), as_of=MONDAY,
        )  # fmt: skip
        submit_text(version=made, actor=made.made_by, as_of=MONDAY)
        approve_text(version=made, actor=manager, as_of=MONDAY)
    # the law of where he lives goes before the creditor's own words
    type(account.creditor).objects.filter(pk=account.creditor_id).update(kind="third_party")
    for country, words in (("GB", "By uk_conc"), ("US", "By us_reg_f"), ("DE", "City Power misses")):
        Debtor.objects.filter(pk=account.debtor_id).update(country=country)
        assert words in said(type(account).objects.get(pk=account.pk)).text
    with pytest.raises(OnlyForCalls):
        create_template(
            code="warning", name="x", channel="email", language="en", profile="uk_conc", subject="x",
            body="{{ creditor_name }}", actor=manager, as_of=MONDAY,
        )  # fmt: skip
    Debtor.objects.filter(pk=account.debtor_id).update(language="ar")
    account.debtor.refresh_from_db()
    assert (said(account).language, "USD 120.00" in said(account).text) == ("ar", True)
    WorklistItem.objects.update(stage=None)
    assert said(account) is None
    makers.hardship_case(debtor=account.debtor, as_of=MONDAY, marker="income_lost")
    assert "ظروفكم" in said(account).text


def test_what_the_law_wants_said_is_shown_ticked_and_kept_with_the_contact(world):
    officer, account = world
    page = Client()
    page.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("accounts:account_detail", args=[account.pk])
    line, name = "This is a call from a debt collector.", "us_reg_f:who_calls"
    call = open_call(account=account, contact_point=None, officer=officer, at=MORNING)
    shown = page.get(address).content.decode()
    # nobody knows yet who answers
    assert line not in shown
    assert "still open with City Power" not in shown
    call = check_right_party(call=call, items=["name", "birth_date"], officer=officer)
    shown = page.get(address).content.decode()
    assert line in shown
    assert "still open with City Power" in shown
    with pytest.raises(UnknownLine):
        check_right_party(call=call, items=call.checked_items, lines=["anything"], officer=officer)
    attempt = save_outcome(
        call=call, outcome="refuses", officer=officer, at=MORNING + timedelta(minutes=2)
    )
    assert (attempt.lines_said, attempt.lines_unsaid) == ([], [name])
    told = page.get(reverse("accounts:contact_detail", args=[attempt.pk])).content.decode()
    assert "Lines not ticked as said" in told
    assert line in told

    call = open_call(account=account, direction="in", officer=officer, at=MORNING + timedelta(hours=1))
    ticked = page.post(
        reverse("accounts:call_check", args=[account.pk]),
        {"items": ["name", "birth_date"], "lines": [name], "outcome": "refuses"},
        headers={"hx-request": "true", "hx-target": "outcome"},
    )
    assert 'value="us_reg_f:who_calls" checked' in ticked.content.decode()
    call.refresh_from_db()
    save_outcome(call=call, outcome="refuses", officer=officer, at=MORNING + timedelta(hours=1))
    last = ContactAttempt.objects.latest("pk")
    assert (last.lines_said, last.lines_unsaid) == ([name], [])
    call = open_call(account=account, direction="in", officer=officer, at=MORNING + timedelta(hours=2))
    save_outcome(call=call, outcome="wrong_party", officer=officer, at=MORNING + timedelta(hours=2))
    assert ContactAttempt.objects.latest("pk").lines_unsaid == []  # the debt was not spoken of
