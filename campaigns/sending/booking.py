"""What a message leaves behind when it has gone: the attempt, counted, and a bad address marked."""

from collections.abc import Sequence
from datetime import date, datetime

from accounts.contacts.enums import ContactDirection, ContactSource, Outcome
from accounts.contacts.models import ContactAttempt
from accounts.contacts.services.attempts import NewAttempt, log_attempts
from accounts.parties.enums import ContactPointStatus
from accounts.parties.models import ContactPoint
from accounts.parties.services import mark_contact_point
from campaigns.sending.models import Message, MessageAccount

USABLE = (ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED)


def book_attempt(
    message: Message, *, at: datetime, actor, is_bounced: bool = False
) -> ContactAttempt:
    """One attempt for all accounts the message was about, counted once; a bounce counts too."""
    (attempt,) = book_attempts([message], at=at, actor=actor, is_bounced=is_bounced)
    return attempt


def book_attempts(
    messages: Sequence[Message], *, at: datetime, actor, is_bounced: bool = False
) -> list[ContactAttempt]:
    """As `book_attempt` for a set, in the order of the messages."""
    accounts: dict[int, list[int]] = {message.pk: [] for message in messages}
    lines = MessageAccount.objects.filter(message__in=accounts).order_by("message_id", "id")
    for message_id, account_id in lines.values_list("message_id", "account_id"):
        accounts[message_id].append(account_id)
    return log_attempts(
        attempts=[
            NewAttempt(
                debtor_id=message.debtor_id,
                creditor_id=message.creditor_id,
                account_ids=tuple(accounts[message.pk]),
                channel=message.channel,
                direction=ContactDirection.OUT,
                at=at,
                outcome=Outcome.BOUNCED if is_bounced else Outcome.SENT,
                source=ContactSource.PRODUCT,
                permit=message.permit,
                contact_point_id=message.contact_point_id,
            )
            for message in messages
        ],
        actor=actor,
    )


def mark_point_bad(point: ContactPoint | None, *, as_of: date, actor, reason: str) -> None:
    """An address that bounced is not used again until a person says it is good (D15)."""
    if point is not None and point.status in USABLE:
        mark_contact_point(
            point=point,
            status=ContactPointStatus.BAD,
            reason=reason[:300],
            actor=actor,
            as_of=as_of,
        )
