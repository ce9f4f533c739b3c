"""What a message leaves behind when it has gone: the attempt and its place in the count ledger."""

from datetime import date, datetime

from accounts.compliance.services import Happened, count_contact
from accounts.contacts.enums import ContactDirection, ContactSource, Outcome
from accounts.contacts.models import AttemptAccount, ContactAttempt
from accounts.parties.enums import ContactPointStatus
from accounts.parties.models import ContactPoint
from campaigns.sending.models import Message
from collections_app.core import audit


def book_attempt(
    message: Message, *, at: datetime, actor, is_bounced: bool = False
) -> ContactAttempt:
    """One attempt for all accounts the message asked about, counted once; a bounce counts too."""
    account_ids = sorted(message.lines.values_list("account_id", flat=True))
    counted = count_contact(
        contact=Happened(
            debtor_id=message.debtor_id,
            account_ids=tuple(account_ids),
            channel=message.channel,
            at=at,
            permit=message.permit,
            point_id=message.contact_point_id,
            purpose=message.purpose,
        ),
        actor=actor,
    )
    attempt = ContactAttempt.objects.create(
        debtor_id=message.debtor_id,
        creditor_id=message.creditor_id,
        channel=message.channel,
        direction=ContactDirection.OUT,
        at=at,
        contact_point_id=message.contact_point_id,
        outcome=Outcome.BOUNCED if is_bounced else Outcome.SENT,
        source=ContactSource.PRODUCT,
        permit=message.permit,
        counted=counted,
    )
    AttemptAccount.objects.bulk_create(
        AttemptAccount(attempt=attempt, account_id=pk) for pk in account_ids
    )
    audit.record("contact.sent", attempt, actor=actor, after={"message": message.pk})
    return attempt


def mark_point_bad(point: ContactPoint | None, *, as_of: date, actor, reason: str) -> None:
    """An address that bounced is not used again until a person says it is good (D15)."""
    if point is None or point.status not in (
        ContactPointStatus.GOOD,
        ContactPointStatus.UNVERIFIED,
    ):
        return
    before = point.status
    ContactPoint.objects.filter(pk=point.pk).update(
        status=ContactPointStatus.BAD, status_on=as_of
    )
    audit.record(
        "contact_point.bounced",
        point,
        actor=actor,
        before={"status": before},
        after={"status": ContactPointStatus.BAD},
        reason=reason[:300],
    )
