"""Planning what to do on a day, doing it, calling it off (D20)."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, time

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.contacts.enums import FOLLOW_UP, FollowUpKind, FollowUpStatus
from accounts.contacts.models import ContactAttempt, FieldVisit, FollowUp
from accounts.contacts.rules import ASSIGN_FOLLOW_UP, PLAN_FOLLOW_UP
from accounts.contacts.signals import contacts_recorded
from accounts.ledger.models import Account
from collections_app.core import audit
from collections_app.core.models import User
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

# A call, once planned or made, answers for any of these.
CALLS = (FollowUpKind.CALL, FollowUpKind.CALL_BACK)


class FollowUpInThePast(Refused):
    """A follow-up is planned for today or later."""


class NotHisTeam(Refused):
    """Whoever is to do it may not see the account."""


@transaction.atomic
def plan_follow_up(
    *,
    account,
    debtor=None,
    owner,
    kind: str = FollowUpKind.CALL,
    due_on: date,
    due_time: time | None = None,
    note: str = "",
    attempt: ContactAttempt | None = None,
    actor,
    as_of: date,
) -> FollowUp:
    """Put something on an officer's day list. A call supersedes his open calls on the account.
    `debtor` is whom it is about where that is not the account's debtor: somebody who stands for it.

    Raises FollowUpInThePast.
    """
    require(actor, PLAN_FOLLOW_UP)
    if due_on < as_of:
        raise FollowUpInThePast(_("Choose today or a later day."), field="due_on")
    if kind in CALLS:
        earlier = FollowUp.objects.open().filter(account=account, owner=owner, kind__in=CALLS)
        FOLLOW_UP.advance_many(earlier, to=FollowUpStatus.SUPERSEDED, actor=actor, as_of=as_of)
    follow_up = FollowUp.objects.create(
        account=account,
        debtor_id=debtor.pk if debtor else account.debtor_id,
        owner=owner,
        kind=kind,
        due_on=due_on,
        due_time=due_time,
        note=note.strip()[:300],
        attempt=attempt,
        raised_by=actor,
    )
    FOLLOW_UP.start(follow_up, actor=actor, as_of=as_of)
    audit.record(
        "follow_up.planned",
        follow_up,
        actor=actor,
        after={"kind": kind, "due_on": due_on, "owner": owner},
    )
    _tell([follow_up], as_of=as_of, actor=actor)
    return follow_up


@dataclass(frozen=True)
class NewFollowUp:
    account_id: int
    debtor_id: int
    owner_id: int
    kind: str
    due_on: date
    note: str = ""


@transaction.atomic
def plan_follow_ups(*, rows: Sequence[NewFollowUp], actor, as_of: date) -> list[int]:
    """`plan_follow_up` for a set, in a few statements; the ids in the order of the rows."""
    require(actor, PLAN_FOLLOW_UP)
    if not rows:
        return []
    calls = [row for row in rows if row.kind in CALLS]
    if calls:
        earlier = FollowUp.objects.open().filter(
            account__in=[row.account_id for row in calls],
            owner__in={row.owner_id for row in calls},
            kind__in=CALLS,
        )
        FOLLOW_UP.advance_many(earlier, to=FollowUpStatus.SUPERSEDED, actor=actor, as_of=as_of)
    made = FollowUp.objects.bulk_create(
        [FollowUp(raised_by=actor, **(asdict(row) | {"note": row.note[:300]})) for row in rows],
        batch_size=1000,
    )
    ids = [row.pk for row in made]
    FOLLOW_UP.start_many(ids, actor=actor, as_of=as_of)
    audit.record_set("follow_up.planned", FollowUp, ids=ids, actor=actor)
    _tell(made, as_of=as_of, actor=actor)
    return ids


@transaction.atomic
def complete_follow_up(
    *, follow_up: FollowUp, actor, as_of: date, attempt: ContactAttempt | None = None
) -> FollowUp:
    """Say it is done, by which attempt if there was one. Raises StatusHasMoved."""
    FOLLOW_UP.advance(
        follow_up,
        to=FollowUpStatus.DONE,
        actor=actor,
        as_of=as_of,
        done_on=as_of,
        done_attempt=attempt,
    )
    _tell([follow_up], as_of=as_of, actor=actor)
    return follow_up


@transaction.atomic
def cancel_follow_up(*, follow_up: FollowUp, reason: str, actor, as_of: date) -> FollowUp:
    """Call it off, with a reason. Raises StatusHasMoved."""
    FOLLOW_UP.advance(follow_up, to=FollowUpStatus.CANCELLED, actor=actor, as_of=as_of, reason=reason)
    _tell([follow_up], as_of=as_of, actor=actor)
    return follow_up


def _tell(follow_ups: Iterable[FollowUp], *, as_of: date, actor) -> None:
    contacts_recorded.send(
        sender=FollowUp,
        account_ids=sorted({follow_up.account_id for follow_up in follow_ups}),
        as_of=as_of,
        actor=actor,
    )


@transaction.atomic
def complete_follow_ups(*, follow_ups, actor, as_of: date) -> list[int]:
    """Say of a set that it is done; returns the ids that were still open."""
    done = FOLLOW_UP.advance_many(follow_ups, to=FollowUpStatus.DONE, actor=actor, as_of=as_of, done_on=as_of)
    _tell(FollowUp.objects.filter(pk__in=done), as_of=as_of, actor=actor)
    return done


@transaction.atomic
def cancel_follow_ups(*, follow_ups, reason: str, actor, as_of: date) -> list[int]:
    """Call a set off, with a reason; returns the ids that were still open."""
    off = FOLLOW_UP.advance_many(
        follow_ups, to=FollowUpStatus.CANCELLED, actor=actor, as_of=as_of, reason=reason
    )
    _tell(FollowUp.objects.filter(pk__in=off), as_of=as_of, actor=actor)
    return off


@transaction.atomic
def assign_follow_ups(*, follow_ups, to: User, reason: str, actor, as_of: date) -> list[int]:
    """Give open follow-ups, visits among them, to a colleague; returns the ids that changed hands.

    A visit that was begun stays with whoever stands at the door. Raises Refused, NotHisTeam, NotAllowed.
    """
    require(actor, ASSIGN_FOLLOW_UP)
    if not reason.strip():
        raise Refused(_("Say why."), field="reason")
    wanted = FollowUp.objects.open().filter(pk__in=follow_ups.values("pk")).exclude(owner=to)
    begun = FieldVisit.objects.filter(attempt__isnull=True).values("follow_up")
    wanted = wanted.exclude(pk__in=begun)
    accounts = set(wanted.values_list("account_id", flat=True))
    his = set(Account.objects.visible_to(to).filter(pk__in=accounts).values_list("pk", flat=True))
    if not to.is_active or accounts - his:
        raise NotHisTeam(
            _("%(who)s does not work for the team of these accounts. Choose a colleague who does.")
            % {"who": to.full_name},
            field="to",
        )
    return hand_follow_ups(follow_ups=wanted, to=to, reason=reason.strip(), actor=actor, as_of=as_of)


def hand_follow_ups(*, follow_ups, to: User, reason: str = "", actor, as_of: date) -> list[int]:
    """Change the owner of follow-ups, unasked: for those who have settled that it may be done."""
    rows = list(follow_ups.order_by("pk").select_for_update(of=("self",)))
    ids = [row.pk for row in rows]
    FollowUp.objects.filter(pk__in=ids).update(owner=to)
    audit.record_set(
        "follow_up.handed_over",
        FollowUp,
        ids=ids,
        actor=actor,
        after={"owner": to.pk, "as_of": as_of},
        reason=reason,
    )
    _tell(rows, as_of=as_of, actor=actor)
    return ids


def complete_due_calls(
    *, account_ids: Iterable[int], attempt: ContactAttempt, actor, as_of: date
) -> list[int]:
    """A call on an account does the calls that were to be made on it by today."""
    due = FollowUp.objects.due(as_of).filter(account__in=list(account_ids), kind__in=CALLS)
    return FOLLOW_UP.advance_many(
        due, to=FollowUpStatus.DONE, actor=actor, as_of=as_of, done_on=as_of, done_attempt=attempt
    )


@transaction.atomic
def rotate_calendar_token(*, user: User, actor) -> User:
    """Give a user's calendar feed a new address; the old one stops at once."""
    user.calendar_token = uuid.uuid4()
    user.save(update_fields=["calendar_token"])
    audit.record("user.calendar_address_changed", user, actor=actor)
    return user
