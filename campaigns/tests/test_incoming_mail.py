"""Bounces, complaints, replies and STOP by e-mail; the inbox over IMAP; signing in by token."""

import base64
import json
import re
import smtplib
import socketserver
import threading
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aiosmtpd.smtp import AuthResult
from django.core.management import call_command
from django.db import OperationalError
from django.urls import reverse

from accounts.contacts.models import ContactAttempt
from accounts.tasks.models import Task
from campaigns.sending import incoming, mail_access, receipts
from campaigns.sending.enums import MessageStatus
from campaigns.sending.gateways import Answer, sign
from campaigns.sending.mail_reading import MailKind, own_words, read_mail
from campaigns.sending.models import GatewayEvent, Message
from campaigns.sending.services import send_due
from campaigns.tests.test_sending import NOON, queued, send
from collections_app.core import clock
from collections_app.core.models import Organisation
from collections_app.testing import makers
from collections_app.testing.mailbox import AnyPort

# the double on this machine alone takes tokens without TLS
pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:Requiring AUTH")]


def sent(email: str = "debtor@example.com"):
    account, message = queued(email=email)
    send(Answer("sent"))
    message.refresh_from_db()
    return account, message


def report(
    message: Message, *, action: str = "failed", status: str = "5.1.1", key: str = "dsn-1"
) -> bytes:
    """A delivery report as RFC 3464 has it, with the headers of what came back."""
    return f"""\
From: Mail Delivery System <mailer-daemon@mail.example.com>
To: collections@office.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <{key}@mail.example.com>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com

Final-Recipient: rfc822; debtor@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} as the server says

--b
Content-Type: text/rfc822-headers

Message-ID: {message.message_id}
Subject: Your account

--b--
""".encode()


def reply(text: str, *, to: Message | None = None, sender: str = "debtor@example.com", **headers) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = f"Somebody <{sender}>", "collections@office.example"
    mail["Subject"] = headers.pop("subject", "Re: Your account")
    mail["Message-ID"] = headers.pop("key", "<reply-1@example.com>")
    if to is not None:
        mail["In-Reply-To"] = to.message_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def take(content: bytes) -> str:
    return incoming.take_mail(content=content, now=NOON)


def test_a_bounce_marks_the_address_bad_opens_a_trace_and_takes_the_next_channel():
    account, message = sent()
    makers.contact_point(debtor=account.debtor, kind="phone", value="+971501112233")
    assert take(report(message)) == "failed"
    assert take(report(message)) == "again"
    message.refresh_from_db()
    assert (message.status, message.delivery) == (MessageStatus.SENT, "bounced")
    assert account.debtor.contact_points.get(kind="email").status == "bad"
    assert Task.objects.get(kind="trace").subject_id == account.debtor_id
    assert Message.objects.get(instead_of=message).channel == "sms"


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", "4.4.7"])
def test_what_is_not_the_addresss_fault_leaves_it_usable(status):
    account, message = sent()
    assert take(report(message, status=status)) == "failed"
    message.refresh_from_db()
    assert message.delivery == "bounced"
    assert account.debtor.contact_points.get().status == "good"
    assert not Task.objects.filter(kind="trace").exists()


def test_a_delay_changes_nothing_and_a_delivery_is_shown():
    account, message = sent()
    assert take(report(message, action="delayed", status="4.2.0")) == "delayed"
    message.refresh_from_db()
    assert (message.delivery, account.debtor.contact_points.get().status) == ("", "good")
    assert take(report(message, action="delivered", status="2.0.0", key="dsn-2")) == "delivered"
    message.refresh_from_db()
    assert message.delivery == "delivered"


def test_a_report_proves_that_an_unknown_message_was_sent():
    _account, message = queued()
    send(Answer("unknown"))
    message.refresh_from_db()
    assert take(report(message, action="delivered", status="2.0.0")) == "delivered"
    message.refresh_from_db()
    assert message.status == MessageStatus.SENT


def test_a_reply_proves_that_an_unknown_message_was_sent():
    """And counts it, as any that was sent."""
    account, message = queued()
    send(Answer("unknown"))
    message.refresh_from_db()
    assert take(reply("I paid on Monday.", to=message)) == "filed"
    message.refresh_from_db()
    assert message.status == MessageStatus.SENT
    assert ContactAttempt.objects.filter(direction="out", accounts=account).count() == 1


def test_a_report_about_somebody_elses_mail_is_nobodys():
    account, message = sent()
    forged = report(message).replace(message.message_id.encode(), b"<" + b"0" * 32 + b"@office.example>")
    assert take(forged) == "nobody's"
    assert account.debtor.contact_points.get().status == "good"


def test_a_reply_is_filed_with_the_accounts_and_read_by_their_officer():
    account, message = sent()
    assert take(reply("I paid on Monday.\n\nOn 9 September, the office wrote:\n> pay", to=message)) == "filed"
    attempt = ContactAttempt.objects.get(direction="in")
    assert attempt.note == "Re: Your account\nI paid on Monday."
    assert list(attempt.attempt_accounts.values_list("account_id", flat=True)) == [account.pk]
    assert Task.objects.get(kind="reply").subject_id == account.debtor_id
    assert GatewayEvent.objects.get().message == message


@pytest.mark.parametrize("text", ["STOP", "Unsubscribe.\n", " stop \n\n> earlier"])
def test_stop_by_e_mail_ends_e_mail_to_that_address_and_leaves_calls(text):
    account, message = sent()
    take(reply(text, to=message, sender="another@example.com"))
    account.debtor.refresh_from_db()
    assert "email" not in account.debtor.allowed_channels
    assert "call" in account.debtor.allowed_channels


def test_not_every_sentence_with_the_word_stop_is_a_wish():
    account, message = sent()
    take(reply("Please do not stop the delivery.", to=message))
    account.debtor.refresh_from_db()
    assert account.debtor.allowed_channels == []


def test_a_complaint_to_the_mail_provider_is_a_stop():
    account, message = sent()
    complaint = report(message).replace(b"report-type=delivery-status", b"report-type=feedback-report")
    assert take(complaint) == "complaint"
    account.debtor.refresh_from_db()
    assert "email" not in account.debtor.allowed_channels


def test_an_automatic_answer_bothers_nobody():
    _account, message = sent()
    assert take(reply("I am away.", to=message, Auto_Submitted="auto-replied")) == "automatic"
    assert not Task.objects.filter(kind="reply").exists()
    assert not ContactAttempt.objects.filter(direction="in").exists()


def test_an_answer_that_may_be_of_several_is_filed_with_nobody():
    for _ in range(2):
        makers.account(debtor=makers.reachable(email="shared@example.com"))
    assert take(reply("Hello", sender="shared@example.com")) == "asked"
    assert Task.objects.get(kind="reply").role == "senior_officer"
    assert not ContactAttempt.objects.filter(direction="in").exists()


def test_mail_of_all_the_world_bothers_nobody():
    assert take(reply("Buy now!", sender="stranger@example.com")) == "nobody's"
    assert not Task.objects.exists()


def test_an_answer_to_a_text_message_is_filed_too():
    account = makers.account()
    makers.contact_point(debtor=account.debtor, value="+971501112299")
    event = {"event_id": "in1", "event": "inbound", "from": "+971501112299", "text": "Call me"}
    assert receipts.take_event(event=event, now=NOON) == "filed"
    assert ContactAttempt.objects.get(direction="in").note == "Call me"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe no mail at all",
        b"Content-Type: multipart/report; report-type=delivery-status\n\nno parts",
        b"From: \xff<>\nSubject: =?x?q?=?=\nContent-Type: text/plain; charset=no-such\n\nhi",
    ],
)
def test_whatever_arrives_can_be_read(content):
    assert read_mail(content).kind in MailKind.values
    assert own_words("> all\n> quoted") == "> all\n> quoted"


def test_a_mail_system_posts_what_came_back_and_nobody_else_can(client, settings):
    settings.INBOX_SECRET = "the office's"
    account, message = sent()
    body, stamp = report(message), str(int(clock.now().timestamp()))
    headers = {"X-Timestamp": stamp, "X-Signature": sign(body, stamp, "the office's")}
    wrong = {"X-Timestamp": stamp, "X-Signature": sign(body, stamp, "a guess")}
    url = reverse("campaigns:mail_gateway")
    refused = client.post(url, body, content_type="message/rfc822", headers=wrong)
    assert refused.status_code == 403
    taken = client.post(url, body, content_type="message/rfc822", headers=headers)
    assert taken.json() == {"done": "failed"}
    assert account.debtor.contact_points.get().status == "bad"


# ---- the inbox over IMAP ----


class Inbox(socketserver.StreamRequestHandler):
    """As much of an IMAP server as a client that reads unread mail asks for."""

    def handle(self):
        server = self.server
        self.say("* OK ready")
        while line := self.rfile.readline().decode():
            tag, verb, *words = line.split()
            verb = verb.upper()
            if verb == "CAPABILITY":
                self.say("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2")
            elif verb == "AUTHENTICATE":
                self.say("+ ")
                server.signed_in.append(base64.b64decode(self.rfile.readline()).decode())
            elif verb == "LOGIN":
                server.signed_in.append(" ".join(words))
            elif verb == "SELECT":
                self.say(f"* {len(server.mails)} EXISTS")
            elif verb == "LOGOUT":
                self.say("* BYE")
            elif verb == "UID":
                self.uid(words)
            self.say(f"{tag} OK done")
            if verb == "LOGOUT":
                return

    def uid(self, words):
        server = self.server
        if words[0] == "SEARCH":
            unread = [str(place) for place in server.mails if place not in server.flags]
            self.say("* SEARCH " + " ".join(unread))
        elif words[0] == "FETCH":
            mail = server.mails[int(words[1])]
            self.wfile.write(f"* {words[1]} FETCH (UID {words[1]} BODY[] {{{len(mail)}}}\r\n".encode())
            self.wfile.write(mail + b")\r\n")
        elif words[0] == "STORE":
            server.flags[int(words[1])] = " ".join(words[3:])

    def say(self, words):
        self.wfile.write(words.encode() + b"\r\n")


@pytest.fixture
def inbox(settings):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Inbox)
    server.daemon_threads = True
    server.mails, server.flags, server.signed_in = {}, {}, []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    port = server.server_address[1]
    settings.INBOX_URL = f"imap://collections%40office.example:secret@127.0.0.1:{port}/INBOX"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_inbox_is_read_once_and_what_cannot_be_read_is_left_to_a_person(inbox, monkeypatch):
    Organisation.objects.create(name="O", country="DE", currency="EUR")
    account, message = sent()
    inbox.mails = {1: report(message), 2: b"breaks", 3: reply("Call me", to=message), 4: b"x" * 6_000}
    plain = incoming.take_mail

    def take_mail(*, content, now):
        if content == b"breaks":
            raise ValueError("as a fault of ours would")
        return plain(content=content, now=now)

    monkeypatch.setattr(incoming, "take_mail", take_mail)
    monkeypatch.setattr(incoming, "SIZE_LIMIT", 5_000)
    assert incoming.read_inbox(now=NOON) == {"failed": 1, "flagged": 2, "filed": 1}
    flagged = r"(\Seen \Flagged)"
    assert inbox.flags == {1: r"(\Seen)", 2: flagged, 3: r"(\Seen)", 4: flagged}
    assert incoming.read_inbox(now=NOON) == {}
    assert Task.objects.filter(kind="inbox").count() == 1
    assert account.debtor.contact_points.get().status == "bad"


# ---- by token ----


class Tenant(BaseHTTPRequestHandler):
    def do_POST(self):  # noqa: N802 the server asks for this name
        self.server.asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(self.server.code)
        self.end_headers()
        self.wfile.write(json.dumps({"access_token": "token-1", "expires_in": 3600}).encode())

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def tenant(settings):
    server = HTTPServer(("127.0.0.1", 0), Tenant)
    server.asked, server.code = [], 200
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.EMAIL_OAUTH_TOKEN_URL = f"http://127.0.0.1:{server.server_port}/token"
    settings.EMAIL_OAUTH_CLIENT_ID, settings.EMAIL_OAUTH_CLIENT_SECRET = "app", "app secret"
    settings.EMAIL_BACKEND = "campaigns.sending.mail_access.OAuthBackend"
    mail_access.forget_token()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Post:
    """An SMTP server that lets in by XOAUTH2 alone."""

    def __init__(self):
        self.kept, self.words, self.accepts = [], [], True

    async def handle_DATA(self, server, session, envelope):
        self.kept.append((session.authenticated, envelope.rcpt_tos))
        return "250 Kept"

    async def auth_XOAUTH2(self, server, args):
        self.words.append(base64.b64decode(args[1]).decode())
        return AuthResult(success=self.accepts, handled=False)


@pytest.fixture
def post(settings):
    handler = Post()
    controller = AnyPort(
        handler, hostname="127.0.0.1", port=0, auth_require_tls=False, auth_required=True
    )
    controller.start()
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "127.0.0.1", False
    settings.EMAIL_PORT = controller.port
    settings.EMAIL_HOST_USER = "collections@office.example"
    yield handler
    controller.stop()


def test_mail_goes_out_through_the_tenants_mailbox_by_token(tenant, post):
    queued(email="by-token@example.com")
    assert send_due(now=NOON, limit=5, actor=makers.system()) == {"sent": 1}
    assert post.kept == [(True, ["by-token@example.com"])]
    assert post.words == ["user=collections@office.example\x01auth=Bearer token-1\x01\x01"]
    assert len(tenant.asked) == 1
    call_command("sendtestemail", "operator@example.com")  # as the operators' guide says
    assert post.kept[1] == (True, ["operator@example.com"])
    assert re.search("grant_type=client_credentials.*client_secret=app\\+secret", tenant.asked[0])


@pytest.mark.parametrize("who", ["tenant", "server"])
def test_without_a_token_nothing_was_sent_and_it_is_tried_again(tenant, post, who):
    tenant.code, post.accepts = (401 if who == "tenant" else 200), who == "tenant"
    _account, message = queued()
    assert send_due(now=NOON, limit=5, actor=makers.system()) == {"deferred": 1}
    message.refresh_from_db()
    assert post.kept == []
    assert "app secret" not in message.reason
    assert message.not_before > NOON


def test_while_the_database_is_away_mail_stays_unread(inbox, monkeypatch):
    inbox.mails = {1: b"anything"}

    def away(**_given):
        raise OperationalError("gone")

    monkeypatch.setattr(incoming, "take_mail", away)
    with pytest.raises(OperationalError):
        incoming.read_inbox(now=NOON)
    assert inbox.flags == {}


def test_the_inbox_is_opened_by_token_where_there_is_one(tenant, inbox):
    assert incoming.read_inbox(now=NOON) == {}
    assert inbox.signed_in == ["user=collections@office.example\x01auth=Bearer token-1\x01\x01"]


def test_a_token_that_is_refused_is_asked_for_anew(tenant):
    assert mail_access.access_token() == mail_access.access_token() == "token-1"
    mail_access.forget_token()
    mail_access.access_token()
    assert len(tenant.asked) == 2
    tenant.code = 500
    mail_access.forget_token()
    with pytest.raises(smtplib.SMTPException):
        mail_access.access_token()


