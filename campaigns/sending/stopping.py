"""A day's send, stopped for good: what waits of a run is cancelled in one act."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.sending import rules
from campaigns.sending.enums import MESSAGE, WAITING, MessageStatus
from campaigns.sending.models import Message
from collections_app.core.models import User
from collections_app.core.permissions import require


def waiting_of(run_id: int) -> int:
    """How many messages of a run have not gone yet and are nobody's at this moment."""
    return Message.objects.filter(run_id=run_id, status__in=WAITING).count()


@transaction.atomic
def stop_run(*, run_id: int, reason: str, actor: User, as_of: date) -> list[int]:
    """Cancel what waits of a run; returns the ids. What a worker has in hand this second still goes,
    unless the creditor is paused. Raises NothingWaits."""
    require(actor, rules.PAUSE)
    waiting = Message.objects.filter(run_id=run_id, status__in=WAITING)
    stopped = MESSAGE.advance_many(
        waiting,
        to=MessageStatus.CANCELLED,
        actor=actor,
        as_of=as_of,
        reason=reason,
        beside={"reason": reason[:300]},
    )
    if not stopped:
        raise rules.NothingWaits(_("Nothing of this run waits any more."))
    return stopped
