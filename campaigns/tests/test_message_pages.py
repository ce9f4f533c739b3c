"""The pages of messages, runs, letters, strategies and texts: done by the role that should."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.correspondence.models import TemplateVersion
from campaigns.sending.enums import MessageStatus
from campaigns.sending.models import Message, SendingPause
from campaigns.simulation.services import make_what_if, order_what_if
from campaigns.strategies.models import StrategyVersion
from campaigns.tests import making
from campaigns.tests.test_treatment import DUE, at, owing, run
from campaigns.treatment.panels import message_events, why_not
from collections_app.core import clock, panels
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


def signed_in(role: str, **fields) -> Client:
    client = Client()
    client.force_login(
        makers.user(role=role, **fields), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def queries_of(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    ("url_name", "make"),
    [
        ("message_list", lambda: making.message(account=makers.account())),
        ("reminder_run_list", making.reminder_run),
        ("print_batch_list", making.print_batch),
        ("strategy_list", making.strategy_version),
        ("template_list", making.text_version),
    ],
)
def test_a_list_costs_the_same_for_one_row_and_thirty(url_name, make):
    client = signed_in(Role.MANAGER)
    url = reverse(f"campaigns:{url_name}")
    make()
    few = queries_of(client, url)
    for _row in range(29):
        make()
    assert queries_of(client, url) == few


def test_a_message_costs_the_same_for_one_account_and_ten():
    client = signed_in(Role.MANAGER)
    debtor = makers.debtor()
    message = making.message(account=makers.account(debtor=debtor))
    url = reverse("campaigns:message_detail", args=[message.pk])
    few = queries_of(client, url)
    for _row in range(9):
        account = makers.account(debtor=debtor)
        message.lines.create(account=account, currency=account.currency, demanded=1)
    assert queries_of(client, url) == few


def test_a_strategy_is_drafted_by_one_and_approved_by_another():
    senior, manager = signed_in(Role.SENIOR_OFFICER), signed_in(Role.MANAGER)
    senior.post(
        reverse("campaigns:strategy_new"), {"name": "Gentle", "priority": "50", "creditor": ""}
    )
    version = StrategyVersion.objects.latest("pk")
    answer = senior.post(
        reverse("campaigns:strategy_edit", args=[version.pk]),
        {
            "note": "softer",
            "tolerances": "EUR 7.5",
            "entry": "at_day",
            "exit_rule": "criteria",
            "reentry_days": "0",
            "catch_up_days": "3",
            "steps-TOTAL_FORMS": "2",
            "steps-INITIAL_FORMS": "0",
            "steps-0-day_offset": "2",
            "steps-0-title": "First word",
            "steps-0-stage": "1",
            "steps-0-what": "email",
            "steps-0-template_code": "friendly",
            "steps-0-pay_within_days": "10",
            "steps-1-title": "",
        },
    )
    assert answer.status_code == 302
    senior.post(reverse("campaigns:strategy_submit", args=[version.pk]))
    approval = reverse("campaigns:strategy_approve", args=[version.pk])
    said = {"valid_from": clock.today() + timedelta(days=1), "has_seen": "on"}
    assert senior.post(approval, said).status_code == 403
    untried = manager.post(approval, said)
    assert "Nobody has tried this version out" in untried.content.decode()
    version.refresh_from_db()
    assert version.status == "submitted"
    what_if = order_what_if(
        version=version,
        first_day=said["valid_from"],
        days=5,
        actor=version.made_by,
        as_of=clock.today(),
    )
    signed = make_what_if(what_if=what_if, actor=what_if.made_by).result_hash
    assert manager.post(approval, said | {"signed": signed}).status_code == 302
    version.refresh_from_db()
    assert (version.status, version.tolerances) == ("approved", {"EUR": "7.50"})
    assert version.steps.get().title == "First word"


def test_a_wrong_step_is_said_on_the_form():
    senior = signed_in(Role.SENIOR_OFFICER)
    version = making.strategy_version()
    answer = senior.post(
        reverse("campaigns:strategy_edit", args=[version.pk]),
        {
            "steps-TOTAL_FORMS": "3",
            "steps-INITIAL_FORMS": "0",
            "steps-0-title": "No day",
            "steps-1-title": "No text",
            "steps-1-day_offset": "3",
            "steps-1-what": "email",
            "steps-2-title": "No department",
            "steps-2-day_offset": "9",
            "steps-2-what": "statement",
        },
    )
    assert answer.status_code == 422
    shown = answer.content.decode()
    # each at its own line, all at once
    assert all(
        shown.count(error) == 1
        for error in ("Say on which day.", "Choose a text.", "Choose the department.")
    )
    assert "friendly (E-mail" in shown  # which channels have a text of this name


def test_a_text_is_written_tried_submitted_and_approved_by_another():
    senior, manager = signed_in(Role.SENIOR_OFFICER), signed_in(Role.MANAGER)
    said = {
        "name": "Kind word",
        "code": "kind-word",
        "tone": "friendly",
        "channel": "email",
        "language": "en",
        "subject": "A message from {{ creditor_name }}",
        "body": "Dear {{ debtor_name }}, {{ total }}. {{ creditor_name }}",
    }
    debt = senior.post(reverse("campaigns:template_new"), said | {"subject": "Your debt"})
    assert debt.status_code == 422
    senior.post(reverse("campaigns:template_new"), said)
    version = TemplateVersion.objects.get(template__code="kind-word")
    account = owing("321.00")
    tried = manager.get(
        reverse("campaigns:template_preview", args=[version.pk]), {"account": account.number}
    )
    assert "EUR 321.00" in tried.content.decode()
    senior.post(reverse("campaigns:template_submit", args=[version.pk]))
    manager.post(reverse("campaigns:template_approve", args=[version.pk]))
    version.refresh_from_db()
    assert version.status == "approved"
    # a draft begun by mistake is discarded, and the next one begins with the words in use
    draft = reverse("campaigns:template_draft", args=[version.pk])
    senior.post(draft)
    slip = TemplateVersion.objects.get(template=version.template, status="draft")
    TemplateVersion.objects.filter(pk=slip.pk).update(body="What nobody wants")
    discard = reverse("campaigns:template_discard", args=[slip.pk])
    assert discard in senior.get(reverse("campaigns:template_detail", args=[slip.pk])).content.decode()
    assert discard not in senior.get(reverse("campaigns:template_detail", args=[version.pk])).content.decode()
    senior.post(discard)
    senior.post(reverse("campaigns:template_discard", args=[version.pk]))  # in use: not this way
    senior.post(draft)
    states = dict(version.template.versions.values_list("status", "body"))
    assert states == {"approved": version.body, "retired": "What nobody wants", "draft": version.body}


def test_a_text_is_tried_only_on_accounts_one_sees():
    version = making.text_version()
    account = owing("321.00")
    officer = signed_in(Role.COLLECTION_OFFICER)
    answer = officer.get(
        reverse("campaigns:template_preview", args=[version.pk]), {"account": account.number}
    )
    assert "321.00" not in answer.content.decode()


def test_an_unknown_message_is_resolved_by_a_senior_and_not_by_an_officer():
    team = makers.team()
    account = makers.account(team=team)
    message = making.message(account=account, status=MessageStatus.UNKNOWN)
    url = reverse("campaigns:message_resolve", args=[message.pk])
    said = {"outcome": "again", "note": "not in the mail server's log"}
    for role, code in ((Role.COLLECTION_OFFICER, 403), (Role.SENIOR_OFFICER, 302)):
        client = Client()
        client.force_login(
            makers.teammate(team=team, role=role),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        assert client.post(url, said).status_code == code
    message.refresh_from_db()
    assert message.status == MessageStatus.QUEUED


def test_several_unknown_messages_are_resolved_at_once():
    team = makers.team()
    account = makers.account(team=team)
    lost = [making.message(account=account, status=MessageStatus.UNKNOWN) for _n in range(2)]
    other = making.message(account=account, status=MessageStatus.SENT)
    client = Client()
    client.force_login(
        makers.teammate(team=team, role=Role.SENIOR_OFFICER),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    url = reverse("campaigns:messages_resolve")
    chosen = {"ids": [row.pk for row in (*lost, other)]}
    assert "What became of these messages?" in client.post(url, chosen).content.decode()
    said = {**chosen, "_chosen": "1", "outcome": "not_sent", "note": "not in the mail server's log"}
    assert client.post(url, said).status_code == 302
    assert sorted(Message.objects.values_list("status", flat=True)) == ["cancelled", "cancelled", "sent"]
    assert client.post(url, said).status_code == 422


def test_a_pause_holds_back_and_is_ended_once():
    manager = signed_in(Role.MANAGER)
    manager.post(
        reverse("campaigns:sending_pause"), {"creditor": "", "reason": "books are checked"}
    )
    again = manager.post(reverse("campaigns:sending_pause"), {"creditor": "", "reason": "again"})
    assert again.status_code == 422
    pause = SendingPause.objects.get()
    manager.post(reverse("campaigns:sending_resume", args=[pause.pk]))
    pause.refresh_from_db()
    assert pause.ended_at is not None


def test_the_preview_page_shows_who_would_get_what_and_queues_nothing():
    account = owing("77.00")
    manager = signed_in(Role.MANAGER)
    answer = manager.get(
        reverse("campaigns:reminder_preview"),
        {"creditor": account.creditor_id, "day": DUE + timedelta(days=1)},
    )
    assert "77.00" in answer.content.decode()
    assert not Message.objects.exists()


def test_a_run_page_says_that_its_figures_add_up():
    owing()
    (done,) = run(DUE + timedelta(days=1))
    page = signed_in(Role.MANAGER).get(reverse("campaigns:reminder_run_detail", args=[done.pk]))
    assert "1 queued = 0 sent" in page.content.decode()


def test_messages_stand_in_the_story_of_their_account_and_spared_steps_say_why():
    account, other = owing(), owing()
    other.debtor.contact_points.update(status="bad")
    day = DUE + timedelta(days=1)
    run(day)
    Message.objects.update(queued_at=at(day))
    (event,) = message_events([account.pk], None, day)
    assert (event["kind"], event["amount"]) == ("message", 100)
    reasons = why_not([account.pk, other.pk], None, day)
    assert [row["code"] for row in reasons[other.pk]] == ["no_contact_point"]
    names = [panel.name for panel in panels.registered("account.timeline")]
    assert "messages" in names
