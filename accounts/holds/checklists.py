"""What is to be done once a person is known to have died, to be insolvent or a minor (D59).

Ordinary treatment stops by the fact itself; each line of its checklist is a task for a senior of the
team that works the debtor, about the debtor, and is done one by one.
"""

from datetime import date, datetime, time

from django.utils.translation import gettext_noop

from accounts.ledger.models import Account
from accounts.parties.enums import LegalFactKind
from accounts.parties.models import Debtor, LegalFact
from accounts.parties.queries import day_after
from accounts.tasks.enums import TASK, TaskStatus
from accounts.tasks.models import Task
from accounts.tasks.services import raise_task
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.said import said

WITHIN_BUSINESS_DAYS = 5
CHECKLISTS: dict[str, tuple[tuple[str, str], ...]] = {
    LegalFactKind.DECEASED: (
        ("certificate", gettext_noop("Deceased: ask for the death certificate")),
        ("estate", gettext_noop("Deceased: find who answers for the estate, and note it under Parties")),
        ("claim", gettext_noop("Deceased: claim the debt from the estate, or propose to write it off")),
    ),
    LegalFactKind.INSOLVENT: (
        ("trustee", gettext_noop("Insolvent: note the trustee under Parties, and the case number")),
        ("claim", gettext_noop("Insolvent: file the claim with the trustee in time")),
        ("debits", gettext_noop("Insolvent: stop what is drawn from the debtor's account")),
    ),
    LegalFactKind.MINOR: (
        ("guardian", gettext_noop("Minor: find who has parental authority, and note it under Parties")),
        ("contract", gettext_noop("Minor: have it looked at whether the contract binds")),
    ),
}


def _kinds(fact: LegalFact) -> list[str]:
    return [f"{fact.kind}_{step}" for step, _title in CHECKLISTS[fact.kind]]


def begin_checklist(fact: LegalFact, debtor: Debtor, *, actor, as_of: date) -> list[Task]:
    """A task for each line; one that is open already is left as it is."""
    newest = (
        Account.objects.filter(debtor=debtor, team__isnull=False)
        .select_related("team")
        .order_by("-id")
        .first()
    )
    due = day_after(as_of, WITHIN_BUSINESS_DAYS, "business", debtor.creditor)
    return [
        raise_task(
            kind=kind,
            title=said(title),
            subject=debtor,
            team=newest.team if newest else None,
            role=Role.SENIOR_OFFICER,
            due_at=datetime.combine(due, time(23, 59), tzinfo=clock.zone(debtor.creditor.time_zone)),
            actor=actor,
        )
        for kind, (_step, title) in zip(_kinds(fact), CHECKLISTS[fact.kind], strict=True)
    ]


def drop_checklist(fact: LegalFact, *, actor, as_of: date) -> list[int]:
    """The lines still open are cancelled: the fact is no longer so. Returns their ids."""
    return TASK.advance_many(
        Task.objects.filter(
            kind__in=_kinds(fact),
            subject_type=Debtor._meta.label_lower,
            subject_id__in=fact.identity.debtors.values("pk"),
            status=TaskStatus.OPEN,
        ),
        to=TaskStatus.CANCELLED,
        actor=actor,
        as_of=as_of,
    )
