"""What is about to go out, shown to the officers it concerns before it goes, and held with one click.

Reminders of a run wait for as long as the office's "Sending" policy says, and for the next moment the
contact rules allow. Until then whoever works with an account may hold them back: an ordinary hold on
demands to the debtor for a week, which everybody sees and may lift.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.compliance.enums import Purpose
from accounts.holds.enums import HoldReason, HoldScope
from accounts.holds.models import Hold
from accounts.holds.services import HoldAlreadyThere, place_hold
from accounts.policies.queries import policy
from campaigns.sending.enums import WAITING, Spared
from campaigns.sending.models import Message
from campaigns.sending.settling import Withheld, withhold_many
from collections_app.core import clock
from collections_app.core.enums import Role

HELD_DAYS = 7
OWN_FIRST = {Role.COLLECTION_OFFICER, Role.FIELD_OFFICER}


def forewarned_until(now: datetime, *, creditor_id: int, as_of) -> datetime | None:
    """Until when the reminders of a run wait so that officers may look; None when they need not."""
    minutes = policy("sending", as_of=as_of, creditor_id=creditor_id)["forewarning_minutes"]
    return now + timedelta(minutes=minutes) if minutes else None


def going_out(user, *, own: bool):
    """Waiting demands about accounts in view, the first to go first; `own` leaves only those about
    accounts of this very officer."""
    rows = Message.objects.visible_to(user).filter(status__in=WAITING, purpose=Purpose.DEMAND)
    if own:
        rows = rows.filter(lines__account__officer=user).distinct()
    return rows.select_related("debtor", "creditor", "template_version__template").order_by(
        "not_before", "pk"
    )


@transaction.atomic
def hold_back(*, message: Message, actor, now: datetime) -> Hold | None:
    """Hold demands to the debtor for a week and withhold what waits for him, at once.

    None where such a hold is in force already. Raises NotAllowed.
    """
    as_of = clock.local_date(now, message.creditor.time_zone)
    hold = None
    try:
        with transaction.atomic():
            hold = place_hold(
                scopes=[HoldScope.DEMAND],
                reason=HoldReason.OTHER,
                first_day=as_of,
                last_day=as_of + timedelta(days=HELD_DAYS - 1),
                debtor=message.debtor,
                note=_("Held before it went: %(text)s")
                % {"text": message.template_version.template.name if message.template_version else ""},
                actor=actor,
                as_of=as_of,
            )
    except HoldAlreadyThere:
        pass
    waiting = Message.objects.select_for_update(no_key=True).filter(
        debtor=message.debtor_id, status__in=WAITING, purpose=Purpose.DEMAND
    )
    rows = [Withheld(row, Spared.HOLD, as_of) for row in waiting.order_by("pk")]
    withhold_many(rows, actor=actor)
    return hold
