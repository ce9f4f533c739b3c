"""Letters the post brought back: found by the reference printed on them, acted on, taken back (D15).

What follows is what follows a bounce: the address is marked bad, a trace is opened and the next
channel takes the letter's place. A return entered by mistake is undone as long as nothing has gone
out instead.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.parties.enums import Channel, ContactPointStatus
from accounts.parties.services import mark_contact_point
from accounts.tasks.enums import TASK, TaskStatus
from accounts.tasks.models import Task
from campaigns.sending import rules
from campaigns.sending.enums import MESSAGE, WAITING, DeliveryStatus, MessageStatus, PrintState
from campaigns.sending.falling_back import TRACE
from campaigns.sending.models import LetterPrint, Message
from campaigns.sending.receipts import take_receipt
from campaigns.sending.settling import tell_settled
from campaigns.sending.signals import message_replaced
from collections_app.core import audit, clock
from collections_app.core.models import User
from collections_app.core.permissions import require

MOST_LINES = 500
# As printed, as a scanner reads it with the stars of Code 39, or typed with a blank.
REFERENCE = re.compile(r"^\*?\s*L\s*0*(\d{1,18})\s*\*?$", re.IGNORECASE)


@dataclass
class Returned:
    """What was done with each line: ids of the letters, and the lines that named none of them, one that
    came back before, or one whose print was spoilt and so was never posted."""

    taken: list[int] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    spoilt: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def references_in(text: str) -> list[str]:
    """The lines of a scan, each once, in their order."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


@transaction.atomic
def take_back_letters(*, lines: Iterable[str], reason: str, actor: User, now: datetime) -> Returned:
    """Enter letters that came back, one reference a line. A line that fits no letter of the user's
    that was sent is given back in `unknown` and changes nothing; one entered before in `again`, one that
    never left in `spoilt`."""
    require(actor, rules.PRINT)
    lines = list(lines)
    if len(lines) > MOST_LINES:
        raise rules.TooManyLines(
            _("Enter at most %(limit)s letters at a time.") % {"limit": MOST_LINES}, field="lines"
        )
    done = Returned()
    named: dict[int, str] = {}
    for line in lines:
        match = REFERENCE.match(line)
        if match is None:
            done.unknown.append(line)
        else:
            named[int(match[1])] = line
    found = {message.pk: message for message in _locked(named, actor)}
    spoilt = LetterPrint.objects.latest().filter(message__in=found, status=PrintState.SPOILT)
    never_left = set(spoilt.values_list("message", flat=True))
    for pk, line in named.items():
        message = found.get(pk)
        if message is None:
            done.unknown.append(line)
        elif pk in never_left:
            done.spoilt.append(line)
        elif message.delivery == DeliveryStatus.BOUNCED:
            done.again.append(line)
        else:
            as_of = clock.local_date(now, message.creditor.time_zone)
            take_receipt(message, "failed", now=now, as_of=as_of, actor=actor, detail=reason)
            audit.record("letter.returned", message, actor=actor, reason=reason)
            done.taken.append(pk)
    return done


def _locked(ids: Iterable[int], actor: User) -> list[Message]:
    seen = Message.objects.visible_to(actor).filter(
        pk__in=list(ids), channel=Channel.LETTER, status=MessageStatus.SENT
    )
    return list(
        Message.objects.select_for_update(of=("self",), no_key=True)
        .select_related("debtor", "creditor", "contact_point", "permit", "template_version__template")
        .filter(pk__in=seen.values("pk"))
        .order_by("pk")
    )


@transaction.atomic
def undo_return(*, message: Message, reason: str, actor: User, now: datetime) -> Message:
    """The letter did not come back after all: the address is usable again, as unverified; the trace
    and what waits in the letter's place are cancelled. Raises rules.ReturnStands."""
    require(actor, rules.PRINT)
    found = _locked([message.pk], actor)
    if not found or found[0].delivery != DeliveryStatus.BOUNCED:
        raise rules.ReturnStands(_("This letter did not come back, so there is nothing to undo."))
    (message,) = found
    as_of = clock.local_date(now, message.creditor.time_zone)
    if message.template_version is not None and message.template_version.template.notice:
        raise rules.ReturnStands(
            _("A formal notice that came back must be given again: its clock has been stopped.")
        )
    instead = (
        Message.objects.select_for_update(of=("self",), no_key=True)
        .select_related("creditor")
        .filter(instead_of=message)
        .first()
    )
    if instead is not None and instead.status != MessageStatus.CANCELLED:
        if instead.status not in WAITING:
            raise rules.ReturnStands(
                _("Another message has taken its place and gone out. Mark the address good by hand.")
            )
        MESSAGE.advance(instead, to=MessageStatus.CANCELLED, actor=actor, as_of=as_of, reason=reason)
        message_replaced.send(Message, old_id=instead.pk, new_id=message.pk)
        tell_settled([message.pk], MessageStatus.SENT, as_of, actor)
    Message.objects.filter(pk=message.pk).update(delivery=DeliveryStatus.NONE, reason="")
    point = message.contact_point
    if point is not None and point.status == ContactPointStatus.BAD:
        mark_contact_point(
            point=point, status=ContactPointStatus.UNVERIFIED, reason=reason, actor=actor, as_of=as_of
        )
    for task in Task.objects.filter(
        kind=TRACE,
        status=TaskStatus.OPEN,
        subject_type="accounts.debtor",
        subject_id=message.debtor_id,
        detail__contains=point.value if point else "–",
    ):
        TASK.advance(task, to=TaskStatus.CANCELLED, actor=actor, as_of=as_of, reason=reason)
    audit.record("letter.return_undone", message, actor=actor, reason=reason)
    return message
