"""Two transactions a message: judged at the last moment, never twice, always in one place."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.compliance.models import CountedContact, Permit
from accounts.contacts.models import ContactAttempt
from accounts.contacts.services import opt_out
from accounts.tasks.models import Task
from campaigns.correspondence.models import TemplateVersion
from campaigns.sending import decisions, dispatching, parcels, pausing, printing, receipts, rules, settling
from campaigns.sending.enums import MessageStatus, Spared
from campaigns.sending.gateways import Answer, Gateways, Parcel, SmsGateway, message_id_of, sign
from campaigns.sending.jobs import CallSenders
from campaigns.sending.looking_up import look_up_unknown
from campaigns.sending.models import Message
from campaigns.sending.queries import due_ids
from campaigns.sending.replies import is_stop
from campaigns.sending.services import database_now, prepare_message, send_due, send_one
from campaigns.tests import making
from campaigns.tests.test_treatment import DUE, at, owing, run
from campaigns.treatment.models import StepRecord
from collections_app.core import documents, pdf
from collections_app.core.enums import Role
from collections_app.core.fields import ClockTimestamp
from collections_app.core.models import Job
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

DAY = DUE + timedelta(days=1)
NOON = at(DAY, 12)
pytestmark = pytest.mark.django_db


class Silent:
    """A gateway that gives one answer and remembers what it was handed."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.parcels: list[Parcel] = []

    def send(self, parcel):
        self.parcels.append(parcel)
        return self.answer

    def close(self):
        pass


def send(answer: Answer, now=NOON):
    gateway = Silent(answer)
    outcomes = send_due(
        now=now, limit=50, actor=makers.system(), gateways=Gateways(email=gateway, sms=gateway)
    )
    return outcomes, gateway


def queued(**fields):
    account = owing(**fields)
    run(DAY)
    return account, Message.objects.get()


def test_a_payment_one_second_before_the_send_stops_the_reminder(mailbox):
    account, message = queued(email="one-second@example.com")
    makers.entry(account=account, amount="100.00", value_date=DAY, kind="payment")
    Message.objects.filter(pk=message.pk).update(status=MessageStatus.QUEUED, spared="")
    send_due(now=NOON, limit=10, actor=makers.system())
    message.refresh_from_db()
    assert mailbox.to("one-second@example.com") == []
    assert (message.status, message.spared) == (MessageStatus.WITHHELD, Spared.PAID)
    assert StepRecord.objects.get().spared == Spared.PAID


def test_a_part_payment_lowers_what_the_message_asks_for(mailbox):
    account, message = queued(email="part@example.com")
    makers.entry(account=account, amount="40.00", value_date=DAY, kind="payment")
    send_due(now=NOON, limit=10, actor=makers.system())
    (mail,) = mailbox.to("part@example.com")
    assert "60.00" in mail.get_body(("plain",)).get_content()
    assert "100.00" not in mail.get_body(("plain",)).get_content()


def test_what_was_sent_is_stored_word_for_word_and_counted_once(mailbox):
    _account, message = queued(email="exact@example.com")
    send_due(now=NOON, limit=10, actor=makers.system())
    message.refresh_from_db()
    (mail,) = mailbox.to("exact@example.com")
    assert mail["Message-ID"] == message.message_id == message_id_of(message.key)
    assert mail.get_body(("plain",)).get_content().split() == message.body.split()
    assert mail["Subject"] == message.subject
    assert ContactAttempt.objects.get() == message.contact
    assert CountedContact.objects.get().permit == message.permit


def test_nothing_in_the_subject_shows_a_debt(mailbox):
    queued(email="subject@example.com")
    send_due(now=NOON, limit=10, actor=makers.system())
    (mail,) = mailbox.to("subject@example.com")
    assert not {"due", "pay", "overdue", "debt", "reminder"} & set(mail["Subject"].lower().split())


def test_sending_again_sends_nothing():
    queued()
    first, gateway = send(Answer("sent"))
    second, again = send(Answer("sent"))
    assert (first, second) == ({"sent": 1}, {})
    assert (len(gateway.parcels), len(again.parcels)) == (1, 0)


@pytest.mark.parametrize("change", ["hold", "promise", "opt_out", "release", "dispute"])
def test_what_changed_since_it_was_queued_is_heard(change):
    account, message = queued()
    if change == "hold":
        makers.hold(account=account, scopes=("demand",), as_of=DAY)
    elif change == "promise":
        makers.open_promise(account, due=DAY + timedelta(days=3))
    elif change == "opt_out":
        account.debtor.contact_points.update(status="opted_out")
    elif change == "release":
        type(account.creditor).objects.update(released_at=None)
    else:
        makers.contested(account.entries.get(), "100.00")
    outcomes, gateway = send(Answer("sent"))
    assert outcomes == {"withheld": 1}
    assert gateway.parcels == []
    message.refresh_from_db()
    expected = {
        "hold": Spared.HOLD,
        "promise": Spared.PROMISE,
        "opt_out": Spared.OPTED_OUT,
        "release": Spared.NOT_RELEASED,
        "dispute": Spared.DISPUTED,
    }
    assert message.spared == expected[change]


def test_outside_hours_it_waits_and_is_judged_again():
    account, message = queued()
    outcomes, gateway = send(Answer("sent"), now=at(DAY, 23))
    message.refresh_from_db()
    assert outcomes == {"deferred": 1}
    assert message.not_before > at(DAY, 23)
    makers.entry(account=account, amount="100.00", value_date=DAY, kind="payment")
    Message.objects.filter(pk=message.pk).update(status=MessageStatus.DEFERRED)
    outcomes, gateway = send(Answer("sent"), now=message.not_before)
    assert outcomes == {"withheld": 1}
    assert gateway.parcels == []


def test_a_gateway_that_is_away_is_tried_again_and_then_the_message_is_parked():
    _account, message = queued()
    now, seen = NOON, []
    for _attempt in range(rules.MAX_ATTEMPTS):
        seen.append(send(Answer("again", "refused"), now=now)[0])
        message.refresh_from_db()
        now = message.not_before or now
    assert seen == [{"deferred": 1}] * len(rules.BACK_OFF) + [{"failed": 1}]
    assert send(Answer("sent"), now=now + timedelta(days=1))[0] == {}


def test_an_answer_nobody_can_read_is_unknown_and_never_sent_again_by_itself():
    _account, message = queued()
    assert send(Answer("unknown", "cut off"))[0] == {"unknown": 1}
    for hours in (1, 5, 24):
        assert send(Answer("sent"), now=NOON + timedelta(hours=hours))[0] == {}
    message.refresh_from_db()
    assert message.status == MessageStatus.UNKNOWN


def claimed_and_handed_over():
    """A message at the gateway's door, whose worker then dies: its lease is over."""
    _account, message = queued()
    prepared = prepare_message(message_id=message.pk, now=NOON, actor=makers.system())
    assert dispatching.begin(message.pk, lease=prepared.lease, state=prepared.state)
    return message, prepared


def reaped(message) -> Message:
    Message.objects.update(lease_until=NOON - timedelta(days=900))
    settling.reap(actor=makers.system(), as_of=DAY, now=NOON)
    message.refresh_from_db()
    return message


def answer_late(message, prepared) -> str:
    answered = settling.Answered(message.pk, prepared.lease, Answer("sent"))
    return settling.book_answers(answers=[answered], now=NOON, actor=makers.system())[message.pk]


def test_a_worker_that_dies_while_sending_leaves_an_unknown_for_a_person():
    message, prepared = claimed_and_handed_over()
    assert reaped(message).status == MessageStatus.UNKNOWN
    assert due_ids(now=NOON + timedelta(days=1), limit=5) == []
    # the worker was only slow, and its answer is certain
    answer_late(message, prepared)
    message.refresh_from_db()
    assert message.status == MessageStatus.SENT


def test_a_worker_that_dies_before_the_hand_over_leaves_nothing_in_doubt():
    _account, message = queued()
    prepared = prepare_message(message_id=message.pk, now=NOON, actor=makers.system())
    assert reaped(message).status == MessageStatus.QUEUED
    # however late it wakes, it may hand over nothing any more
    assert not dispatching.begin(message.pk, lease=prepared.lease, state=prepared.state)
    assert send(Answer("sent"))[0] == {"sent": 1}


def test_what_the_gateway_had_answered_is_booked_for_a_dead_worker():
    message, prepared = claimed_and_handed_over()
    dispatching.tell_answer(message.pk, lease=prepared.lease, answer=Answer("sent", reference="abc"))
    assert reaped(message).status == MessageStatus.SENT
    assert message.provider_reference == "abc"
    assert ContactAttempt.objects.get() == message.contact


def test_a_late_worker_with_an_old_token_marks_nothing():
    message, prepared = claimed_and_handed_over()
    decisions.resolve_unknown(
        message=reaped(message), outcome="again", note="not in the log", now=NOON,
        actor=makers.user(role=Role.SUPERVISOR),
    )  # fmt: skip
    assert answer_late(message, prepared) == MessageStatus.QUEUED
    again = prepare_message(message_id=message.pk, now=NOON, actor=makers.system())
    assert again.lease != prepared.lease
    assert answer_late(message, prepared) == MessageStatus.SENDING
    assert not dispatching.begin(message.pk, lease=prepared.lease, state=again.state)
    assert ContactAttempt.objects.count() == 0


@pytest.mark.parametrize("change", ["payment", "hold", "opt_out", "promise", "pause", "lease"])
def test_what_is_committed_between_judgement_and_hand_over_stops_it(change):
    account, message = queued()
    prepared = prepare_message(message_id=message.pk, now=NOON, actor=makers.system())
    if change == "payment":
        makers.entry(account=account, amount="100.00", value_date=DAY, kind="payment")
    elif change == "hold":
        makers.hold(debtor=account.debtor, scopes=("demand",), as_of=DAY)
    elif change == "opt_out":
        opt_out(debtor=account.debtor, channel="email", actor=makers.system(), as_of=DAY)
    elif change == "promise":
        makers.open_promise(account, due=DAY + timedelta(days=3))
    elif change == "pause":
        making.sending_pause(creditor=message.creditor)
    else:
        Message.objects.update(lease_until=ClockTimestamp() + timedelta(seconds=5))
    assert not dispatching.begin(message.pk, lease=prepared.lease, state=prepared.state)
    back = settling.put_back(
        message_id=message.pk, lease=prepared.lease, now=NOON, actor=makers.system()
    )
    assert back == MessageStatus.QUEUED
    outcomes = send(Answer("sent"))[0]
    assert outcomes == {"pause": {}, "lease": {"sent": 1}}.get(change, {"withheld": 1})


def test_a_chunk_takes_as_many_statements_as_two_messages():
    """Each hand-over is one statement; all else is the same for any number."""
    taken, owed_to = [], makers.creditor()
    for number in (2, 12):
        for _place in range(number):
            owing(debtor=makers.reachable(creditor=owed_to))
        run(DAY)
        with CaptureQueriesContext(connection) as captured:
            assert send(Answer("sent"))[0] == {"sent": number}
        taken.append(len(captured) - number)
    assert taken[0] == taken[1]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("sent", MessageStatus.SENT),
        ("again", MessageStatus.QUEUED),
        ("not_sent", MessageStatus.CANCELLED),
    ],
)
def test_a_person_resolves_an_unknown_message(outcome, status):
    _account, message = queued()
    send(Answer("unknown"))
    decisions.resolve_unknown(
        message=message,
        outcome=outcome,
        note="asked the provider",
        actor=makers.user(role=Role.SUPERVISOR),
        now=NOON,
    )
    message.refresh_from_db()
    assert message.status == status
    with pytest.raises(rules.NotUnknown):
        decisions.resolve_unknown(
            message=message,
            outcome="sent",
            note="",
            actor=makers.user(role=Role.SUPERVISOR),
            now=NOON,
        )


def test_an_officer_does_not_resolve():
    _account, message = queued()
    with pytest.raises(NotAllowed):
        decisions.resolve_unknown(
            message=message, outcome="sent", note="", actor=makers.user(), now=NOON
        )


def test_a_recipient_the_server_refuses_is_a_bounce_and_the_address_is_bad(mailbox):
    account, message = queued(email="gone@example.com")
    mailbox.refuse["gone@example.com"] = "550 5.1.1 no such user"
    assert send_due(now=NOON, limit=5, actor=makers.system()) == {"failed": 1}
    message.refresh_from_db()
    assert message.delivery == "bounced"
    assert account.debtor.contact_points.get().status == "bad"
    assert ContactAttempt.objects.get().outcome == "bounced"


def test_a_text_that_fails_on_real_figures_parks_its_message_and_not_the_others():
    _account, message = queued()
    broken = TemplateVersion.objects.get(pk=message.template_version_id)
    TemplateVersion.objects.filter(pk=broken.pk).update(body="{{ nobody.knows }}")
    owing(email="fine@example.com", due=DUE - timedelta(days=14))
    run(DAY)
    outcomes, _gateway = send(Answer("sent"))
    assert outcomes == {"failed": 1, "sent": 1}


def test_a_message_that_breaks_its_chunk_is_parked_and_the_others_go(monkeypatch):
    owed_to = makers.creditor()
    for name in ("Fine One", "Poison", "Fine Two"):
        owing(debtor=makers.reachable(creditor=owed_to, name=name))
    run(DAY)
    written = parcels.figures

    def figures(*, debtor, **given):
        if debtor.name == "Poison":
            raise ZeroDivisionError("as a fault of ours would")
        return written(debtor=debtor, **given)

    monkeypatch.setattr(parcels, "figures", figures)
    outcomes, now = [], NOON
    for _attempt in range(rules.MAX_ATTEMPTS):
        outcomes.append(send(Answer("sent"), now=now)[0])
        poison = Message.objects.get(debtor__name="Poison")
        now = poison.not_before or now
    later = [{"deferred": 1}] * (rules.MAX_ATTEMPTS - 2)
    assert outcomes == [{"deferred": 1, "sent": 2}, *later, {"failed": 1}]
    assert "ZeroDivisionError" in poison.reason


@pytest.mark.parametrize(("due_in", "called"), [(-1, 1), (60, 0)])
def test_a_sender_is_called_as_soon_as_something_is_due(due_in, called):
    _account, message = queued()
    moment = database_now() + timedelta(seconds=due_in)
    Message.objects.update(not_before=moment, status=MessageStatus.DEFERRED)
    CallSenders().run()
    CallSenders().run()
    assert Job.objects.filter(runner="campaigns.send_due_messages").count() == called


def test_no_message_without_a_permit_even_by_sql():
    account, message = queued()
    for permit in ("NULL", str(refused_permit(account).pk)):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO campaigns_message (debtor_id, creditor_id, channel, purpose, language,"
                " key, permit_id, status, delivery, subject, body, message_id, attempts, reason,"
                " spared, stage, stage_name, pay_within_days, tolerances, provider_reference, actor_id)"
                f" SELECT debtor_id, creditor_id, channel, purpose, language, 'by-hand', {permit},"
                " status, '', '', '', '', 0, '', '', 1, '', 14, '{}', '', actor_id"
                " FROM campaigns_message"
            )


def refused_permit(account) -> Permit:
    permit = Permit.objects.get()
    permit.pk, permit.is_allowed = None, False
    permit._state.adding = True
    permit.save(force_insert=True)
    return permit


def test_two_messages_to_one_person_are_not_at_the_gateway_together():
    """Two creditors write to him; the cap can be counted only after the first is booked."""
    person = makers.identity()
    for _creditor in range(2):
        owing(debtor=makers.reachable(identity=person))
    run(DAY)
    first, second = Message.objects.order_by("id")
    prepare_message(message_id=first.pk, now=NOON, actor=makers.system())
    gateway = Silent(Answer("sent"))
    outcome = send_one(
        message_id=second.pk,
        now=NOON,
        gateways=Gateways(email=gateway, sms=gateway),
        actor=makers.system(),
    )
    assert (outcome, gateway.parcels) == ("busy", [])


def test_letters_are_judged_when_they_are_printed_and_come_as_one_file_and_one_each():
    accounts = []
    for number in range(3):
        account = owing(due=DUE - timedelta(days=29), email=f"letter{number}@example.com")
        makers.contact_point(
            debtor=account.debtor, kind="address", value=f"Ring {number}, 10115 Berlin"
        )
        accounts.append(account)
    run(DAY)
    assert set(Message.objects.values_list("channel", flat=True)) == {"letter"}
    assert due_ids(now=NOON, limit=5) == []
    makers.entry(account=accounts[0], amount="100.00", value_date=DAY, kind="payment")
    batch = printing.print_letters(now=NOON, actor=makers.user(role=Role.SUPERVISOR))
    assert batch.letters == 2
    sent = Message.objects.filter(status=MessageStatus.SENT)
    assert {message.document.kind for message in sent} == {"letter"}
    assert pdf.page_count(documents.read(batch.document)) == 2
    assert printing.print_letters(now=NOON, actor=makers.user(role=Role.SUPERVISOR)) is None


# ---- text messages over HTTP ----


@pytest.fixture
def sms_server(settings):
    """A gateway that keeps what it is sent; `replies` are given in turn, then 200."""
    kept, replies = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):  # noqa: N802 the server asks for this name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.append((dict(self.headers), body))
            self.send_response(replies.pop(0) if replies else 200)
            self.end_headers()
            self.wfile.write(b'{"id": "abc"}')

        def do_GET(self):  # noqa: N802 the server asks for this name
            signed = sign(
                self.path.encode(), self.headers["X-Timestamp"], settings.SMS_GATEWAY_SECRET
            )
            assert signed == self.headers["X-Signature"]
            self.send_response(200 if self.path == "/step%201%2F2" else 404)
            self.end_headers()
            self.wfile.write(b'{"id": "abc", "status": "delivered"}')

        def log_message(self, *_arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.SMS_GATEWAY_URL = f"http://127.0.0.1:{server.server_port}/"
    settings.SMS_GATEWAY_SECRET = "a secret of this office"
    yield kept, replies
    server.shutdown()
    thread.join()
    server.server_close()


def parcel():
    return Parcel("step-1", "<1@x>", "+971500000001", "City Power", "", "", "Hello", "en")


def test_a_text_message_is_signed_and_carries_its_key(sms_server, settings):
    kept, _replies = sms_server
    gateway = SmsGateway()
    answer = gateway.send(parcel())
    gateway.close()
    headers, body = kept[0]
    assert (answer.kind, answer.reference) == ("sent", "abc")
    assert headers["Idempotency-Key"] == json.loads(body)["idempotency_key"] == "step-1"
    assert headers["X-Signature"] == sign(body, headers["X-Timestamp"], settings.SMS_GATEWAY_SECRET)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(429, "again"), (503, "again"), (500, "unknown"), (400, "refused"), (422, "refused")],
)
def test_what_a_gateway_answers_says_what_is_certain(sms_server, code, kind):
    _kept, replies = sms_server
    replies.append(code)
    gateway = SmsGateway()
    assert gateway.send(parcel()).kind == kind
    gateway.close()


def test_nobody_at_the_address_can_be_asked_again(settings):
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:9/"
    gateway = SmsGateway()
    assert gateway.send(parcel()).kind == "again"
    gateway.close()


class Asked(Silent):
    """A text message gateway that can be asked after a message, too."""

    def look_up(self, key):
        return self.answer


@pytest.mark.parametrize(
    ("answer", "honours", "status"),
    [
        (Answer("sent", reference="r7"), False, MessageStatus.SENT),
        (Answer("never"), True, MessageStatus.QUEUED),
        (Answer("never"), False, MessageStatus.UNKNOWN),
        (Answer("unknown"), True, MessageStatus.UNKNOWN),
        (Answer("refused"), False, MessageStatus.SENT),
    ],
)
def test_an_unknown_text_message_is_asked_after(settings, answer, honours, status):
    settings.SMS_GATEWAY_STATUS_URL, settings.SMS_GATEWAY_HONOURS_KEYS = "http://asked", honours
    _account, message = queued()
    send(Answer("unknown"))
    Message.objects.update(channel="sms")
    gateways = Gateways(email=Silent(answer), sms=Asked(answer))
    look_up_unknown(gateways=gateways, now=NOON, actor=makers.system())
    message.refresh_from_db()
    assert message.status == status
    if answer.kind == "refused":  # it was sent, and came to nothing
        assert message.delivery == "bounced"


def test_a_look_up_is_signed_and_reads_what_the_gateway_knows(sms_server, settings):
    settings.SMS_GATEWAY_STATUS_URL = settings.SMS_GATEWAY_URL
    gateway = SmsGateway()
    assert gateway.look_up("step 1/2") == Answer("sent", "delivered", "abc")
    assert gateway.look_up("nobody") == Answer("never")
    gateway.close()


def test_a_blocked_sender_says_nothing_about_the_address(mailbox):
    account, message = queued(email="fine-address@example.com")
    mailbox.refuse["fine-address@example.com"] = "550 5.7.1 our list does not like your server"
    assert send_due(now=NOON, limit=5, actor=makers.system()) == {"failed": 1}
    message.refresh_from_db()
    assert (message.delivery, account.debtor.contact_points.get().status) == ("", "good")


def signed(event: dict, secret: str = "office secret"):
    body = json.dumps(event).encode()
    stamp = str(int(NOON.timestamp()))
    return body, {"X-Timestamp": stamp, "X-Signature": sign(body, stamp, secret)}


def test_stop_ends_texts_to_the_number_on_every_record(settings):
    settings.SMS_GATEWAY_SECRET = "office secret"
    first, second = makers.debtor(), makers.debtor()
    for debtor in (first, second):
        makers.contact_point(debtor=debtor, value="+971501112233")
    body, headers = signed(
        {"event_id": "1", "event": "inbound", "from": "+971501112233", "text": "Stop."}
    )
    assert receipts.take_event(event=receipts.parse(body, headers, now=NOON), now=NOON) == "stopped"
    assert receipts.take_event(event=receipts.parse(body, headers, now=NOON), now=NOON) == "again"
    for debtor in (first, second):
        debtor.refresh_from_db()
        assert "sms" not in debtor.allowed_channels
        assert "call" in debtor.allowed_channels


def test_stop_is_heard_however_the_gateway_writes_the_number_and_in_a_few_words():
    debtor, other = makers.debtor(), makers.debtor()
    for who in (debtor, other):
        makers.account(debtor=who)
    makers.contact_point(debtor=debtor, value="+971501112244")
    makers.contact_point(debtor=other, value="+971501112255")

    def inbound(key, number, text):
        return receipts.take_event(
            event={"event_id": key, "event": "inbound", "from": number, "text": text}, now=NOON
        )

    assert inbound("1", "00971 50 111 2244", "STOP") == "stopped"
    assert inbound("2", "971501112255", "Stop texting me, please") == "filed"
    assert inbound("3", "+971509999999", "STOP") == "asked", "of nobody's number a person is asked"
    for who in (debtor, other):
        who.refresh_from_db()
        assert "sms" not in who.allowed_channels
        assert "call" in who.allowed_channels
    assert Task.objects.filter(kind="reply").count() == 2
    story = ContactAttempt.objects.filter(direction="in").order_by("pk")
    assert list(story.values_list("debtor", "note")) == [
        (debtor.pk, "STOP"),
        (other.pk, "Stop texting me, please"),
    ]
    assert not is_stop("Stopped at your office, nobody there")
    assert not is_stop("End of the month I pay")
    assert not is_stop("Please do not stop the delivery.")


@pytest.mark.parametrize("how", ["other secret", "old", "changed", "none", "no figures", "no letters"])
def test_an_unsigned_call_is_nobodys_word(settings, how):
    settings.SMS_GATEWAY_SECRET = "" if how == "none" else "office secret"
    secret = "x" if how == "other secret" else "office secret"
    body, headers = signed({"event_id": "1", "event": "inbound"}, secret)
    body = body + b" " if how == "changed" else body
    # what a stranger may write there: a figure that is none, a letter beyond ASCII
    headers |= {"no figures": {"X-Timestamp": "\xb2"}, "no letters": {"X-Signature": "\xe9"}}.get(how, {})
    now = NOON + timedelta(hours=1) if how == "old" else NOON
    with pytest.raises(rules.SignatureWrong):
        receipts.parse(body, headers, now=now)


def test_a_receipt_proves_that_an_unknown_message_was_sent():
    _account, message = queued()
    send(Answer("unknown"))
    event = {
        "event_id": "r1",
        "event": "receipt",
        "idempotency_key": message.key,
        "status": "delivered",
    }
    assert receipts.take_event(event=event, now=NOON) == "delivered"
    message.refresh_from_db()
    assert (message.status, message.delivery) == (MessageStatus.SENT, "delivered")


def test_a_pause_holds_back_and_only_for_its_creditor():
    _account, message = queued()
    making.sending_pause(creditor=makers.creditor())
    pause = making.sending_pause(creditor=message.creditor)
    assert send(Answer("sent"))[0] == {}
    assert send_one(
        message_id=message.pk, now=NOON, gateways=Gateways(), actor=makers.system()
    ) == ("gone")
    pausing.resume_sending(pause=pause, actor=makers.user(role=Role.MANAGER))
    assert send(Answer("sent"))[0] == {"sent": 1}
