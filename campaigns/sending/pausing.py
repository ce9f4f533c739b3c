"""A pause: nothing waiting leaves, for one creditor or for all, until somebody resumes it."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.parties.models import Creditor
from campaigns.sending import rules
from campaigns.sending.models import SendingPause
from collections_app.core import audit, clock
from collections_app.core.models import User
from collections_app.core.permissions import require


@transaction.atomic
def pause_sending(*, creditor: Creditor | None, reason: str, actor: User) -> SendingPause:
    """Hold back what waits. Raises AlreadyPaused when the same pause is open."""
    require(actor, rules.PAUSE)
    try:
        with transaction.atomic():
            pause = SendingPause.objects.create(creditor=creditor, reason=reason, paused_by=actor)
    except IntegrityError as error:
        raise rules.AlreadyPaused(_("Sending is paused there already.")) from error
    audit.record(
        "sending.paused",
        pause,
        actor=actor,
        after={"creditor": creditor.code if creditor else ""},
        reason=reason,
    )
    return pause


@transaction.atomic
def resume_sending(*, pause: SendingPause, actor: User) -> SendingPause:
    """Let messages leave again; each is judged anew."""
    require(actor, rules.PAUSE)
    ended = SendingPause.objects.filter(pk=pause.pk, ended_at=None).update(
        ended_by=actor, ended_at=clock.now()
    )
    if ended:
        audit.record("sending.resumed", pause, actor=actor)
    return pause
