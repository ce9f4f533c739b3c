import smtplib

import pytest
from django.core.mail import send_mail
from django.db import connection, transaction
from django.template import engines

from collections_app.core.models import User
from collections_app.testing.guards import WRITES, UndefinedVariable, WrittenOnGet, nothing_written


@pytest.mark.django_db
def test_the_database_is_a_prepared_copy():
    assert connection.settings_dict["NAME"].startswith("collections_test_")
    assert User.objects.system().role == "system"


@pytest.mark.django_db
def test_nothing_is_written_under_the_guard_and_writing_comes_back():
    user = User.objects.system()
    with pytest.raises(WrittenOnGet), nothing_written(), transaction.atomic():
        User.objects.filter(pk=user.pk).update(full_name="Somebody")
    User.objects.filter(pk=user.pk).update(full_name="Somebody else")
    assert User.objects.system().full_name == "Somebody else"


@pytest.mark.parametrize(
    ("statement", "writes"),
    [
        ("SELECT 1 FROM core_user FOR UPDATE", False),
        ("WITH old AS (SELECT 1 AS updated) SELECT * FROM old", False),
        ('WITH x AS (UPDATE "core_user" SET phone = 1 RETURNING id) SELECT * FROM x', True),
        ("  insert into core_user values (1)", True),
        ("COPY core_user FROM STDIN", True),
        ("COPY core_user TO STDOUT", False),
    ],
)
def test_the_guard_knows_a_write_when_it_reads_one(statement, writes):
    assert bool(WRITES.match(statement)) is writes


@pytest.mark.django_db(transaction=True)
def test_a_committed_row_is_seen_by_a_test_of_its_own():
    User.objects.filter(username="system").update(full_name="Committed")
    assert User.objects.system().full_name == "Committed"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_each_committing_test_begins_with_the_prepared_copy(turn):
    assert User.objects.system().full_name == "System"
    User.objects.filter(username="system").update(full_name=f"Turn {turn}")


def test_an_undefined_template_variable_fails():
    template = engines["django"].from_string("{{ debtor.name }}")
    with pytest.raises(UndefinedVariable, match=r"debtor\.name"):
        template.render({})
    assert engines["django"].from_string("{% if debtor %}x{% endif %}").render({}) == ""


def test_the_mailbox_keeps_what_arrives_and_refuses_what_it_must(mailbox):
    send_mail("Hello", "Text", "office@example.com", ["ann@example.com"])
    assert [message["Subject"] for message in mailbox.to("ann@example.com")] == ["Hello"]
    mailbox.refuse["bob@example.com"] = "550 no such person"
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send_mail("Hello", "Text", "office@example.com", ["bob@example.com"])
    assert len(mailbox.messages) == 1
