"""What officers have in hand, for the hand-over when one leaves."""

from datetime import date

from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from accounts.compliance import replay
from accounts.contacts import open_calls
from accounts.contacts.enums import FollowUpStatus
from accounts.contacts.models import FollowUp, OpenCall
from accounts.contacts.proof import attempts_that_differ
from accounts.contacts.services.follow_ups import hand_follow_ups
from accounts.disputes.enums import DisputeStatus
from accounts.disputes.models import Dispute
from accounts.ledger.enums import AccountStatus
from accounts.ledger.models import Account
from accounts.ledger.services import assign_accounts
from accounts.tasks.enums import TaskStatus
from accounts.tasks.models import Task
from accounts.teams import open_work
from collections_app.core import audit
from collections_app.core.models import User


def _accounts(user):
    return Account.objects.filter(officer=user, status=AccountStatus.OPEN)


def _hand_accounts(*, user, to, actor, as_of: date) -> None:
    system = User.objects.system()
    teams = {account.team for account in _accounts(user).select_related("team").distinct("team")}
    for team in teams:
        in_team = to.memberships.on(as_of).filter(team=team).exists()
        assign_accounts(
            account_ids=_accounts(user).filter(team=team).values_list("pk", flat=True),
            team=team,
            officer=to if in_team else None,
            effective_date=as_of,
            reason=translate("Handed over by %(who)s") % {"who": actor},
            actor=system,
        )


def _follow_ups(user):
    return FollowUp.objects.filter(owner=user, status=FollowUpStatus.OPEN)


def _hand_follow_ups(*, user, to, actor, as_of: date) -> None:
    hand_follow_ups(follow_ups=_follow_ups(user), to=to, actor=actor, as_of=as_of)


def _tasks(user):
    return Task.objects.filter(assignee=user, status=TaskStatus.OPEN)


def _questions(user):
    return Dispute.objects.filter(asked=user, status=DisputeStatus.OPEN)


def _mover(rows, column: str, code: str):
    def hand_over(*, user, to, actor, as_of: date) -> None:
        found = rows(user)
        ids = list(found.values_list("pk", flat=True))
        found.model.objects.filter(pk__in=ids).update(**{column: to})
        audit.record_set(code, found.model, ids=ids, actor=actor, after={column: to.pk, "as_of": as_of})

    return hand_over


def _open_calls(user):
    return OpenCall.objects.filter(officer=user)


def _drop_calls(*, user, to, actor, as_of: date) -> None:
    ids = list(_open_calls(user).values_list("pk", flat=True))
    audit.record_set("call.abandoned", OpenCall, ids=ids, actor=actor, after={"as_of": as_of})
    OpenCall.objects.filter(pk__in=ids).delete()
    open_calls.forget(user.pk)


open_work.register(
    "accounts", _("Accounts"), count=lambda user: _accounts(user).count(), hand_over=_hand_accounts
)
open_work.register(
    "follow_ups",
    _("Follow-ups"),
    count=lambda user: _follow_ups(user).count(),
    hand_over=_hand_follow_ups,
)
open_work.register(
    "tasks",
    _("Tasks"),
    count=lambda user: _tasks(user).count(),
    hand_over=_mover(_tasks, "assignee", "task.handed_over"),
)
open_work.register(
    "questions",
    _("Questions to answer"),
    count=lambda user: _questions(user).count(),
    hand_over=_mover(_questions, "asked", "dispute.handed_over"),
)
open_work.register(
    "open_calls",
    _("Calls without an outcome"),
    count=lambda user: _open_calls(user).count(),
    hand_over=_drop_calls,
)

replay.register(attempts_that_differ)
