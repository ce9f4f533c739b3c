"""Statement packs: a strategy's step hands who has not answered to a department's queue (D79).

The papers are a run of statements as anybody may order it; the department gets one task a run and
day, and its completion is the receipt, logged with who and when.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.parties.models import Creditor
from accounts.tasks.models import Task
from accounts.tasks.services import raise_task
from accounts.teams.models import Department
from campaigns.statements.models import StatementRun
from campaigns.statements.rules import RUN_LIMIT
from campaigns.statements.services import order_run
from campaigns.strategies.models import StrategyStep
from campaigns.treatment.book_pass import Work
from collections_app.core.said import said

PACK = "statement_pack"
PERIOD_DAYS = 365


def hand_over(
    *,
    works: Sequence[Work],
    steps: Mapping[int, StrategyStep],
    creditor: Creditor,
    as_of: date,
    now: datetime,
    actor,
) -> tuple[dict[int, int], list[StatementRun]]:
    """Order the papers and raise the tasks; the task of each debtor and the runs to be made."""
    tasks: dict[int, int] = {}
    runs = []
    by_department: dict[Department, list[Work]] = {}
    for work in works:
        by_department.setdefault(steps[work.step_ids[0]].department, []).append(work)
    for department, all_works in by_department.items():
        for chunk in _chunks(all_works):
            run, task = order_pack(
                department=department,
                creditor=creditor,
                account_ids=[pk for work in chunk for pk in work.account_ids],
                debtors=len(chunk),
                as_of=as_of,
                now=now,
                actor=actor,
            )
            runs.append(run)
            tasks |= {work.debtor_id: task.pk for work in chunk}
    return tasks, runs


def order_pack(
    *,
    department: Department,
    creditor: Creditor,
    account_ids: Iterable[int],
    debtors: int,
    as_of: date,
    now: datetime,
    actor,
) -> tuple[StatementRun, Task]:
    """One run of statements over the last year, and the department's task whose end is the receipt."""
    run = order_run(
        account_ids=account_ids,
        creditor=creditor,
        first_day=as_of - timedelta(days=PERIOD_DAYS),
        last_day=as_of,
        is_again=True,
        selection=_("Not answered, for %(department)s") % {"department": department.name},
        actor=actor,
        as_of=as_of,
        now=now,
    )
    task = raise_task(
        kind=PACK,
        title=said(
            gettext_noop("Statement pack from %(creditor)s: %(n)s debtors have not answered"),
            creditor=creditor.name,
            n=debtors,
        ),
        detail=said(gettext_noop("Done is the receipt: say what becomes of them.")),
        subject=run,
        department=department,
        actor=actor,
    )
    return run, task


def _chunks(works: Sequence[Work]) -> list[list[Work]]:
    """As many as one run of statements takes, which is of accounts."""
    chunks: list[list[Work]] = []
    size = RUN_LIMIT + 1
    for work in works:
        if size + len(work.account_ids) > RUN_LIMIT // 4:  # with the debtor's other accounts
            chunks.append([])
            size = 0
        chunks[-1].append(work)
        size += len(work.account_ids)
    return chunks
