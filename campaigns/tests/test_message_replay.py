"""Messages in the proof of the gate: queued, sent, replayed; one changed moment is found."""

from datetime import date, timedelta

import pytest
from django.db import connection

from accounts.compliance.models import Permit
from accounts.compliance.replay import replay
from campaigns.sending.enums import MessageStatus
from campaigns.sending.models import Message
from campaigns.sending.services import send_due
from campaigns.tests.test_treatment import DUE, at, owing, run
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


def test_a_run_and_its_messages_agree_and_a_moved_one_is_found(mailbox):
    owed_to = makers.creditor()
    for _debtor in range(3):
        owing(debtor=makers.reachable(creditor=owed_to))
    day = DUE + timedelta(days=1)
    run(day)
    send_due(now=at(day, 12), limit=10, actor=makers.system())
    sent = Message.objects.filter(status=MessageStatus.SENT)
    assert sent.count() == 3
    span = {"first": date(2026, 9, 1), "last": date(2026, 9, 30)}
    found = replay(**span)
    assert found.agrees, found.disagreements
    assert (found.permits, found.contacts) == (Permit.objects.count(), 3)
    moved = sent.first()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE campaigns_message SET sent_at = sent_at + interval '1 minute' WHERE id = %s", [moved.pk]
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    named = [(row.subject, row.pk) for row in replay(**span).disagreements]
    assert named == [("campaigns.message", moved.pk)]
