"""Steps that give somebody work: calls and visits as follow-ups, packs and escalations by signal."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.contacts.enums import FollowUpKind
from accounts.contacts.services.follow_ups import NewFollowUp, plan_follow_ups
from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from accounts.tasks.services import raise_tasks
from campaigns.strategies.enums import StepKind
from campaigns.strategies.models import StrategyStep
from campaigns.treatment.book_pass import Work
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.models import ReminderRun
from campaigns.treatment.recording import record_steps
from campaigns.treatment.signals import work_wanted
from collections_app.core.enums import Role
from collections_app.core.said import said

FOLLOW_UPS = {StepKind.CALL: FollowUpKind.CALL, StepKind.VISIT: FollowUpKind.VISIT}
UNOWNED = "strategy_step"  # kind of the task for an account that no officer has


@transaction.atomic
def give_work(
    works: Sequence[Work],
    creditor: Creditor,
    *,
    run: ReminderRun,
    as_of: date,
    now: datetime,
    actor,
) -> dict[str, int]:
    """Give out these works, one a debtor and kind, and record the steps; accounts by kind of work."""
    steps = StrategyStep.objects.select_related("department").in_bulk(
        {pk for work in works for pk in work.step_ids}
    )
    tally: Counter[str] = Counter()
    records: list[tuple] = []
    for kind in StepKind:
        chosen = [work for work in works if work.kind == kind]
        if not chosen:
            continue
        if kind in FOLLOW_UPS:
            given = _follow_ups(chosen, steps, FOLLOW_UPS[kind], as_of=as_of, actor=actor)
        else:
            given = _by_signal(kind, chosen, steps, creditor, run=run, now=now, actor=actor)
        for work in chosen:
            if work.debtor_id not in given:
                continue  # nobody does such work here: the step stays due
            tally[f"work.{kind}"] += len(work.account_ids)
            # an escalation is done by being listed; the rest waits for somebody
            follow_up, task = given[work.debtor_id]
            waits = follow_up is not None or task is not None
            status = StepStatus.QUEUED if waits else StepStatus.DONE
            rows = zip(work.account_ids, work.episode_ids, work.step_ids, work.due_on, strict=True)
            records += [(*row, status, "", None, follow_up, task) for row in rows]
    record_steps(records, run)
    return tally


def _follow_ups(works, steps, kind: str, *, as_of: date, actor) -> dict[int, tuple]:
    """(follow-up, task) of each debtor: his officer's day list, or a task for the team without one."""
    owned = [work for work in works if work.officer_id is not None]
    ids = plan_follow_ups(
        rows=[
            NewFollowUp(
                account_id=work.account_ids[0],
                debtor_id=work.debtor_id,
                owner_id=work.officer_id,
                kind=kind,
                due_on=as_of,
                note=steps[work.step_ids[0]].title,
            )
            for work in owned
        ],
        actor=actor,
        as_of=as_of,
    )
    given: dict[int, tuple] = {
        work.debtor_id: (pk, None) for work, pk in zip(owned, ids, strict=True)
    }
    rest = [work for work in works if work.officer_id is None]
    accounts = Account.objects.select_related("team").in_bulk([work.account_ids[0] for work in rest])
    for work in rest:
        account = accounts[work.account_ids[0]]
        (task,) = raise_tasks(
            kind=UNOWNED,
            rows=[
                {
                    "subject": account,
                    "title": said(
                        gettext_noop("%(step)s: account %(number)s has no officer"),
                        step=steps[work.step_ids[0]].title,
                        number=account.number,
                    ),
                    "team": account.team,
                    "role": Role.SUPERVISOR,
                }
            ],
            actor=actor,
            as_of=as_of,
        ) or [None]
        given[work.debtor_id] = (None, task)
    return given


def _by_signal(kind, works, steps, creditor, *, run: ReminderRun, now, actor) -> dict[int, tuple]:
    answers = work_wanted.send(
        sender=Work,
        kind=kind,
        works=works,
        steps=steps,
        creditor=creditor,
        run=run,
        as_of=run.as_of,
        now=now,
        actor=actor,
    )
    given: dict[int, tuple] = {}
    for _receiver, answer in answers:
        given |= {debtor_id: (None, task) for debtor_id, task in (answer or {}).items()}
    return given
