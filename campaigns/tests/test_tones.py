"""A person in hardship is never sent a firm text: softer, or not at all, and the reason is said."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from accounts.holds.services import lift_hold
from campaigns.correspondence import texts
from campaigns.correspondence.enums import SOFT, TextTone
from campaigns.correspondence.installed import installed_texts
from campaigns.correspondence.models import Template
from campaigns.notices.giving import give_notice
from campaigns.notices.rules import NoticeRefused
from campaigns.notices.services import enter_by_hand
from campaigns.sending.enums import MessageStatus, Spared
from campaigns.sending.models import Message
from campaigns.sending.services import send_due
from campaigns.tests.test_treatment import DUE, at, owing, run, step_of
from campaigns.treatment.previewing import who_would_get_what
from collections_app.core.enums import Role
from collections_app.testing import makers


def test_soft_words_are_soft_and_each_firm_text_has_a_softer_one():
    rows = list(installed_texts())
    soft = {(row.code, row.channel, row.language) for row in rows if row.tone in SOFT}
    for row in rows:
        texts.check_tone(tone=row.tone, subject=row.subject, body=row.body)
        if row.tone not in SOFT and not row.notice:
            assert (row.softer, row.channel, row.language) in soft


@pytest.mark.parametrize(
    "body", ["We go to court.", "Our lawyer writes", "This is the last reminder!", "سنلجأ إلى المحكمة"]
)
def test_a_text_that_says_it_is_soft_may_not_threaten(body):
    with pytest.raises(texts.TextNotAllowed):
        texts.check_tone(tone=TextTone.NEUTRAL, subject="", body=body)
    texts.check_tone(tone=TextTone.LEGAL, subject="", body=body)
    texts.check_tone(tone=TextTone.FRIENDLY, subject="", body="Your courtyard lease, finally")


def in_hardship(account, day):
    """A case whose hold somebody lifted: contact is free, firm words are not."""
    case = makers.hardship_case(debtor=account.debtor, as_of=day)
    lift_hold(hold=case.hold, reason="Talks go on", actor=makers.system(), as_of=day)


@pytest.fixture
def late(db):
    """Thirty days late, so that the step is a firm letter."""
    account = owing(due=DUE - timedelta(days=29), email="late@example.com")
    makers.contact_point(debtor=account.debtor, kind="address", value="Ring 1, 10115 Berlin")
    return account


DAY = DUE + timedelta(days=1)


def test_the_run_and_its_preview_take_the_softer_text_in_hardship(late):
    in_hardship(late, DAY)
    (row,) = who_would_get_what(as_of=DAY, now=at(DAY), creditor=late.creditor).rows
    assert row.text.template.code == "considerate"
    run(DAY)
    assert Message.objects.get().template_version.template.code == "considerate"


def test_without_a_softer_text_the_run_spares_and_says_why(late):
    Template.objects.update(softer="")
    in_hardship(late, DAY)
    (row,) = who_would_get_what(as_of=DAY, now=at(DAY), creditor=late.creditor).rows
    assert row.reason == Spared.TOO_FIRM
    run(DAY)
    assert not Message.objects.exists()
    assert step_of(late).spared == Spared.TOO_FIRM


def test_a_firm_text_that_waits_is_withheld_when_hardship_becomes_known(late):
    Template.objects.filter(channel="email").update(tone=TextTone.FIRM)
    account = owing(due=DUE, email="queued@example.com")
    run(DAY)
    in_hardship(account, DAY)
    send_due(now=at(DAY, 12), limit=10, actor=makers.system())
    message = Message.objects.get(lines__account=account)
    assert (message.status, message.spared) == (MessageStatus.WITHHELD, Spared.TOO_FIRM)


def test_firm_notices_are_neither_offered_nor_given_in_hardship(late, client):
    manager = makers.user(role=Role.MANAGER)
    first = date(2026, 3, 2)
    enter_by_hand(
        accounts=[late], kind="first", method="hand", sent_on=first, note="At the door",
        actor=makers.system(), as_of=DAY,
    )  # fmt: skip
    in_hardship(late, DAY)
    client.force_login(manager)
    page = client.get(reverse("campaigns:formal_notice_give", args=[late.pk]))
    kinds = [kind for kind, _label in page.context["form"].fields["kind"].choices]
    assert kinds == ["first"]
    with pytest.raises(NoticeRefused, match="hardship"):
        give_notice(
            accounts=[late], kind="second", channel="letter", pay_within_days=14, actor=manager,
            as_of=DAY, now=datetime(2026, 9, 8, 12, tzinfo=UTC),
        )  # fmt: skip
