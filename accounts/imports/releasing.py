"""Until a creditor is released nobody contacts his debtors, whatever was brought in."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.imports.rules import RELEASE_CREDITOR
from accounts.parties.models import Creditor
from collections_app.core import audit, clock
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class CreditorAlreadyReleased(Refused):
    """The creditor was released before."""


@transaction.atomic
def release_creditor(*, creditor: Creditor, actor, as_of: date, reason: str = "") -> Creditor:
    """Let reminders and campaigns reach the creditor's debtors, from now on."""
    require(actor, RELEASE_CREDITOR)
    locked = Creditor.objects.select_for_update(of=("self",)).get(pk=creditor.pk)
    if locked.released_at is not None:
        raise CreditorAlreadyReleased(
            _("%(creditor)s is released since %(day)s.")
            % {"creditor": locked.name, "day": locked.released_at.date()}
        )
    locked.released_at, locked.released_by = clock.now(), actor
    locked.save(update_fields=["released_at", "released_by"])
    audit.record(
        "creditor.released",
        locked,
        actor=actor,
        after={"released_at": locked.released_at},
        reason=reason,
    )
    return locked
