"""E-mail that comes in, from the office's inbox or a mail system's call: reports, complaints, replies.

A report is believed by a Message-ID that only we can make, and taken once: the e-mail's own id makes a
repeat harmless. A failed delivery acts as a gateway's receipt does (D15); what merely says that the
server refuses mail of ours, or that a mailbox is full, leaves the address as it is.
"""

import hashlib
import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext_noop

from accounts.parties.enums import Channel
from accounts.tasks.services import raise_task
from campaigns.sending.enums import MessageStatus
from campaigns.sending.gateways import says_address_is_bad
from campaigns.sending.mail_access import open_inbox
from campaigns.sending.mail_reading import Incoming, MailKind, read_mail
from campaigns.sending.models import GatewayEvent, Message
from campaigns.sending.receipts import take_receipt
from campaigns.sending.replies import file_reply, is_stop, obey_stop
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import Organisation, User
from collections_app.core.said import said

logger = logging.getLogger(__name__)

class TooLarge(Exception):
    """More than an answer or a report ever is."""


MOST = 500  # e-mails taken from the inbox in one go
SIZE_LIMIT = 10_000_000


@transaction.atomic
def take_mail(*, content: bytes, now: datetime) -> str:
    """Book one e-mail; returns what was done with it ("again" for a repeat, "nobody's")."""
    mail = read_mail(content)
    row, is_new = GatewayEvent.objects.get_or_create(
        key=f"mail {hashlib.sha256(mail.key.encode()).hexdigest()}",
        defaults={
            "kind": mail.kind,
            "detail": {
                "from": mail.sender,
                "subject": mail.subject,
                "text": mail.text,
                "status": mail.status,
                "detail": mail.detail,
            },
        },
    )
    if not is_new:
        return "again"
    message = (
        Message.objects.select_for_update(of=("self",), no_key=True)
        .select_related("debtor", "creditor", "contact_point", "permit")
        .filter(message_id__in=mail.refers_to)
        .order_by("-pk")
        .first()
        if mail.refers_to
        else None
    )
    if message is not None:
        GatewayEvent.objects.filter(pk=row.pk).update(message=message)
    return _act(mail, message, now)


def _act(mail: Incoming, message: Message | None, now: datetime) -> str:
    system = User.objects.system()
    as_of = clock.local_date(now, message.creditor.time_zone) if message else clock.local_date(now)
    if message is not None and message.status == MessageStatus.UNKNOWN and mail.kind != MailKind.FAILED:
        # whatever answers it or tells of it names its Message-ID: so it left
        take_receipt(message, "sent", now=now, as_of=as_of, actor=system)
    if mail.kind == MailKind.REPLY:
        if is_stop(mail.text) or is_stop(_plain_subject(mail.subject)):
            obey_stop(address=_address(mail, message), channel=Channel.EMAIL, actor=system, as_of=as_of)
        return file_reply(
            message=message,
            address=mail.sender,
            channel=Channel.EMAIL,
            text=f"{mail.subject}\n{mail.text}".strip(),
            now=now,
            as_of=as_of,
            actor=system,
        )
    if message is None:
        return "nobody's"
    if mail.kind == MailKind.COMPLAINT:
        obey_stop(address=_address(mail, message), channel=Channel.EMAIL, actor=system, as_of=as_of)
    elif mail.kind == MailKind.FAILED:
        take_receipt(
            message,
            "failed",
            now=now,
            as_of=as_of,
            actor=system,
            is_address_bad=says_address_is_bad(f"{mail.status} {mail.detail}"),
            detail=f"{mail.status} {mail.detail}".strip(),
        )
    elif mail.kind == MailKind.DELIVERED:
        take_receipt(message, "delivered", now=now, as_of=as_of, actor=system)
    return str(mail.kind)


def _address(mail: Incoming, message: Message | None) -> str:
    """The address to stop: the one we wrote to, since he may answer from another."""
    if message is not None and message.contact_point is not None:
        return message.contact_point.value
    return mail.sender


def _plain_subject(subject: str) -> str:
    words = subject.strip()
    while ":" in words[:5]:
        words = words.partition(":")[2].strip()
    return words


def read_inbox(*, now: datetime) -> dict[str, int]:
    """Take what lies unread in the inbox; counts of what was done.

    An e-mail is marked read once it is booked. One that breaks the reading is marked with a flag and
    left to a person, and the others go on.
    """
    counts: dict[str, int] = {}
    inbox = open_inbox()
    try:
        _answer, found = inbox.uid("SEARCH", "UNSEEN")
        for uid in (found[0] or b"").split()[:MOST]:
            _answer, parts = inbox.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
            content = next((part[1] for part in parts if isinstance(part, tuple)), b"")
            flags = r"(\Seen)"
            try:
                if len(content) > SIZE_LIMIT:
                    raise TooLarge(f"{len(content)} bytes")
                done = take_mail(content=content, now=now)
            except (OperationalError, InterfaceError):
                raise  # the database is away: the e-mail stays unread
            except Exception:
                logger.exception("an e-mail of the inbox could not be taken")
                _ask_to_look(now)
                flags, done = r"(\Seen \Flagged)", "flagged"
            inbox.uid("STORE", uid.decode(), "+FLAGS", flags)
            counts[done] = counts.get(done, 0) + 1
    finally:
        inbox.logout()
    return counts


def _ask_to_look(now: datetime) -> None:
    raise_task(
        kind="inbox",
        title=said(gettext_noop("An e-mail in the inbox could not be read: look for the flagged one")),
        subject=Organisation.objects.first(),  # one task, however many there are
        role=Role.SENIOR_OFFICER,
        due_at=now,
        actor=User.objects.system(),
    )
