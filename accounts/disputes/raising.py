"""A dispute is raised on named items, and its question put to one person of a department."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.disputes.enums import DISPUTE, DisputeReason, DisputeStatus
from accounts.disputes.models import Dispute, DisputeItem
from accounts.disputes.queries import contested_now
from accounts.disputes.rules import ANSWER_DISPUTE, RAISE_DISPUTE
from accounts.disputes.signals import dispute_raised
from accounts.ledger.enums import AccountStatus, Direction
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.queries import open_items
from accounts.ledger.services import contest
from accounts.parties.queries import day_after
from accounts.policies.queries import policy
from accounts.tasks.services import raise_task, settle_tasks
from accounts.teams.models import Department
from accounts.teams.queries import department_ids_of
from collections_app.core import audit, clock, documents
from collections_app.core.enums import Role
from collections_app.core.money import format_amount, quantise
from collections_app.core.permissions import has_permission, require
from collections_app.core.refusal import Refused
from collections_app.core.said import said

TO_ROUTE = "dispute_to_route"


class DisputeNamesNothing(Refused):
    """A dispute names the items and how much of each."""


class DisputeMoreThanOpen(Refused):
    """More is disputed than is open and not yet disputed."""


class DisputeAccountClosed(Refused):
    """Nothing is owed on a closed account, so nothing can be disputed."""


class QuestionForNobody(Refused):
    """The question goes to a named person who answers for the department, not to its raiser."""


def _named_items(
    account: Account, items: Iterable[tuple[LedgerEntry, Decimal]], as_of: date
) -> list[tuple[LedgerEntry, Decimal]]:
    """The items with their amounts added up and checked against what is open and undisputed."""
    wanted: dict[int, Decimal] = {}
    entries: dict[int, LedgerEntry] = {}
    for entry, amount in items:
        if entry.account_id != account.pk or entry.direction != Direction.DEBIT:
            raise DisputeNamesNothing(_("Only charges of this account can be disputed."), field="items")
        if amount <= 0 or amount != quantise(amount, account.currency):
            raise DisputeNamesNothing(_("Say how much of each item is disputed, above zero."), field="items")
        entries[entry.pk] = entry
        wanted[entry.pk] = wanted.get(entry.pk, Decimal(0)) + amount
    if not wanted:
        raise DisputeNamesNothing(_("Choose at least one item that is disputed."), field="items")
    free = {
        item.entry_id: item.open - item.contested
        for item in open_items([account.pk], as_of=as_of)[account.pk]
    }
    contested = contested_now(wanted)
    for entry_id, amount in wanted.items():
        # an item without due money left has no row; one contested beyond what is open has less
        left = min(
            free.get(entry_id, Decimal(0)),
            entries[entry_id].amount - contested.get(entry_id, Decimal(0)),
        )
        if amount > left:
            raise DisputeMoreThanOpen(
                _("Of «%(item)s» at most %(left)s can be disputed.")
                % {
                    "item": entries[entry_id].description or entries[entry_id].reference or entry_id,
                    "left": format_amount(max(left, Decimal(0)), account.currency),
                },
                field="items",
            )
    ordered = sorted(wanted, key=lambda pk: (entries[pk].due_date or entries[pk].value_date, pk))
    return [(entries[pk], wanted[pk]) for pk in ordered]


def _check_asked(department: Department, asked, raiser, as_of: date) -> None:
    if asked is None or asked.pk == raiser.pk or not asked.is_active:
        raise QuestionForNobody(
            _("Choose the person of the department who is asked; it can't be yourself."), field="asked"
        )
    if department.pk not in department_ids_of(asked, as_of) or not has_permission(asked, ANSWER_DISPUTE):
        raise QuestionForNobody(
            _("%(person)s does not answer for %(department)s.") % {"person": asked, "department": department},
            field="asked",
        )


def answer_due_on(department: Department | None, account: Account, as_of: date) -> date:
    """The day by which the answer is due: the department's own number of days, else the policy's."""
    clock_values = policy(
        "dispute_clock",
        as_of=as_of,
        creditor_id=account.creditor_id,
        portfolio_id=account.portfolio_id,
    )
    days = department.answer_days if department is not None else clock_values["days"]
    return day_after(as_of, days, clock_values["unit"], account.creditor)


def contest_items(entries: Iterable[LedgerEntry], *, actor, as_of: date) -> None:
    """Tell the ledger how much of each entry open disputes contest now."""
    entries = list(entries)
    contested = contested_now(entry.pk for entry in entries)
    for entry in entries:
        contest(
            entry=entry,
            amount=contested.get(entry.pk, Decimal(0)),
            effective_date=as_of,
            actor=actor,
            as_of=as_of,
        )


def lock_account(account: Account) -> Account:
    return Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)


@transaction.atomic
def raise_dispute(
    *,
    account: Account,
    items: Sequence[tuple[LedgerEntry, Decimal]],
    reason: str,
    statement: str,
    department: Department | None = None,
    asked=None,
    question: str = "",
    evidence: Sequence[tuple[str, bytes]] = (),
    import_batch_id: int | None = None,
    actor,
    as_of: date,
) -> Dispute:
    """Contest amounts of named items from today on, and put a question to a person of a department.

    Without a department the dispute stands and a task asks a senior officer of the account's team
    to route it. `evidence` is (file name, bytes). Amounts are in the account's currency and at most
    what is open and undisputed. Side effects: contested amounts, standing, files, `dispute_raised`.
    Raises DisputeNamesNothing, DisputeMoreThanOpen, DisputeAccountClosed, QuestionForNobody,
    NotAllowed, and what `documents.store` raises.
    """
    require(actor, RAISE_DISPUTE)
    locked = lock_account(account)
    if locked.status != AccountStatus.OPEN:
        raise DisputeAccountClosed(_("The account is closed. Reopen it first."))
    named = _named_items(locked, items, as_of)
    if department is not None:
        _check_asked(department, asked, actor, as_of)
    if department is not None and not question.strip():
        raise QuestionForNobody(_("Write what the department is asked."), field="question")
    dispute = Dispute.objects.create(
        account=locked,
        currency=locked.currency,
        reason=DisputeReason(reason),
        statement=statement,
        amount=sum((amount for _entry, amount in named), Decimal(0)),
        raised_on=as_of,
        raised_by=actor,
        department=department,
        asked=asked if department is not None else None,
        question=question,
        answer_due=answer_due_on(department, locked, as_of),
        import_batch_id=import_batch_id,
    )
    DisputeItem.objects.bulk_create(
        DisputeItem(dispute=dispute, entry=entry, amount=amount, currency=locked.currency)
        for entry, amount in named
    )
    DISPUTE.start(dispute, actor=actor, as_of=as_of)
    contest_items((entry for entry, _amount in named), actor=actor, as_of=as_of)
    for filename, content in evidence:
        documents.store(content=content, filename=filename, kind="evidence", owner=actor, subject=dispute)
    if department is None:
        _ask_for_routing(dispute, actor=actor)
    audit.record(
        "dispute.raised",
        dispute,
        actor=actor,
        after={
            "account": locked,
            "reason": reason,
            "items": {entry.pk: amount for entry, amount in named},
            "department": department,
            "asked": asked,
        },
    )
    dispute_raised.send(Dispute, account_ids=[locked.pk], dispute_ids=[dispute.pk], as_of=as_of, actor=actor)
    return dispute


def _ask_for_routing(dispute: Dispute, *, actor) -> None:
    raise_task(
        kind=TO_ROUTE,
        title=said(gettext_noop("Route a dispute to a department")),
        subject=dispute,
        team=dispute.account.team,
        role=Role.SENIOR_OFFICER,
        due_at=end_of(dispute.raised_on, dispute.account),
        actor=actor,
    )


def end_of(day: date, account: Account) -> datetime:
    """The last minute of a day where the creditor is."""
    return datetime.combine(day, time(23, 59), tzinfo=clock.zone(account.creditor.time_zone))


@transaction.atomic
def route_dispute(
    *, dispute: Dispute, department: Department, asked, question: str, actor, as_of: date
) -> Dispute:
    """Put an open dispute's question to a person, or to another one; its clock starts anew."""
    require(actor, RAISE_DISPUTE)
    lock_account(dispute.account)
    locked = Dispute.objects.select_for_update(of=("self",)).get(pk=dispute.pk)
    DISPUTE.edge(locked.status, DisputeStatus.WITHDRAWN)
    _check_asked(department, asked, actor, as_of)
    if asked.pk == locked.raised_by_id or not question.strip():
        raise QuestionForNobody(_("Write what the department is asked."), field="question")
    before = {"department": locked.department, "asked": locked.asked, "answer_due": locked.answer_due}
    locked.department, locked.asked, locked.question = department, asked, question
    locked.answer_due = answer_due_on(department, locked.account, as_of)
    locked.save(update_fields=["department", "asked", "question", "answer_due"])
    settle_tasks(subject=locked, outcome=said(gettext_noop("Routed")), actor=actor, as_of=as_of)
    audit.record(
        "dispute.routed",
        locked,
        actor=actor,
        before=before,
        after={"department": department, "asked": asked, "answer_due": locked.answer_due},
    )
    dispute_raised.send(
        Dispute, account_ids=[locked.account_id], dispute_ids=[locked.pk], as_of=as_of, actor=actor
    )
    return locked
