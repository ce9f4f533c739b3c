"""A dispute is raised on named items, put to one person of a department, and resolved by his answer."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.disputes.enums import DISPUTE, DisputeReason, DisputeStatus
from accounts.disputes.models import Dispute, DisputeItem
from accounts.disputes.queries import contested_now
from accounts.disputes.rules import ANSWER_DISPUTE, RAISE_DISPUTE, may_answer
from accounts.disputes.signals import dispute_raised, dispute_resolved
from accounts.ledger.enums import AccountStatus, Direction, EntryKind, EntrySource
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.queries import open_items
from accounts.ledger.services import (
    NewEntry,
    contest,
    name_allocation,
    post_entries,
    unnamed_part,
)
from accounts.parties.queries import day_after
from accounts.policies.queries import policy
from accounts.tasks.services import raise_task, raise_tasks, settle_tasks
from accounts.teams.models import Department
from accounts.teams.queries import department_ids_of
from collections_app.core import audit, clock, documents
from collections_app.core.enums import Role
from collections_app.core.money import format_amount, quantise
from collections_app.core.permissions import has_permission, require
from collections_app.core.refusal import NotAllowed, Refused

LATE_ANSWER = "dispute_answer_late"
TO_ROUTE = "dispute_to_route"


class DisputeNamesNothing(Refused):
    """A dispute names the items and how much of each."""


class DisputeMoreThanOpen(Refused):
    """More is disputed than is open and not yet disputed."""


class DisputeAccountClosed(Refused):
    """Nothing is owed on a closed account, so nothing can be disputed."""


class QuestionForNobody(Refused):
    """The question goes to a named person who answers for the department, not to its raiser."""


class AnswerNotYours(NotAllowed):
    """Only whoever was asked, or his deputy, answers."""


class AnswerMissing(Refused):
    """An answer says something, and upholds between nothing and all of it."""


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


def _contest(entries: Iterable[LedgerEntry], *, actor, as_of: date) -> None:
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


def _lock_account(account: Account) -> Account:
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
    locked = _lock_account(account)
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
    _contest((entry for entry, _amount in named), actor=actor, as_of=as_of)
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
        title=_("Route a dispute to a department"),
        subject=dispute,
        team=dispute.account.team,
        role=Role.SENIOR_OFFICER,
        due_at=_end_of(dispute.raised_on, dispute.account),
        actor=actor,
    )


def _end_of(day: date, account: Account) -> datetime:
    """The last minute of a day where the creditor is."""
    return datetime.combine(day, time(23, 59), tzinfo=clock.zone(account.creditor.time_zone))


@transaction.atomic
def route_dispute(
    *, dispute: Dispute, department: Department, asked, question: str, actor, as_of: date
) -> Dispute:
    """Put an open dispute's question to a person, or to another one; its clock starts anew."""
    require(actor, RAISE_DISPUTE)
    _lock_account(dispute.account)
    locked = Dispute.objects.select_for_update(of=("self",)).get(pk=dispute.pk)
    DISPUTE.edge(locked.status, DisputeStatus.WITHDRAWN)
    _check_asked(department, asked, actor, as_of)
    if asked.pk == locked.raised_by_id or not question.strip():
        raise QuestionForNobody(_("Write what the department is asked."), field="question")
    before = {"department": locked.department, "asked": locked.asked, "answer_due": locked.answer_due}
    locked.department, locked.asked, locked.question = department, asked, question
    locked.answer_due = answer_due_on(department, locked.account, as_of)
    locked.save(update_fields=["department", "asked", "question", "answer_due"])
    settle_tasks(subject=locked, outcome=_("Routed"), actor=actor, as_of=as_of)
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


def _outcome(dispute: Dispute, upheld: Decimal) -> str:
    if upheld == dispute.amount:
        return DisputeStatus.UPHELD
    return DisputeStatus.PARTLY_UPHELD if upheld else DisputeStatus.REJECTED


def _credit(dispute: Dispute, items: list[DisputeItem], upheld: Decimal, *, actor, as_of) -> LedgerEntry:
    """Post what was upheld as a credit note that pays the disputed items, oldest due first."""
    [note] = post_entries(
        entries=[
            NewEntry(
                account_id=dispute.account_id,
                kind=EntryKind.CREDIT_NOTE,
                amount=upheld,
                value_date=as_of,
                reference=_("Dispute %(number)s") % {"number": dispute.pk},
                description=_("Dispute upheld"),
                source=EntrySource.DISPUTE,
                reason=dispute.answer[:300],
            )
        ],
        actor=actor,
        as_of=as_of,
        permission=ANSWER_DISPUTE,
    )
    left = upheld
    for item in items:
        if (part := min(item.amount, left, unnamed_part(item.entry, "debit"))) > 0:
            name_allocation(
                credit=note,
                debit=item.entry,
                amount=part,
                reason=_("Dispute upheld"),
                actor=actor,
                as_of=as_of,
                permission=ANSWER_DISPUTE,
            )
            left -= part
    return note


@transaction.atomic
def answer_dispute(*, dispute: Dispute, answer: str, upheld_amount: Decimal, actor, as_of: date) -> Dispute:
    """The department's answer resolves the dispute: upheld in full, in part, or rejected.

    What is upheld is posted as a credit note on the disputed items. For the rest the original due
    dates stand, and it is left in peace until `chase_again_on` (policy `after_rejection`). Sends
    `dispute_resolved`. Raises AnswerNotYours, AnswerMissing, StatusHasMoved.
    """
    locked_account = _lock_account(dispute.account)
    locked = Dispute.objects.select_for_update(of=("self",)).get(pk=dispute.pk)
    DISPUTE.edge(locked.status, DisputeStatus.REJECTED)
    if not may_answer(actor, locked, as_of):
        raise AnswerNotYours(_("Only the person who was asked, or who stands in for him, can answer."))
    if not answer.strip():
        raise AnswerMissing(_("Write the answer: why it is right or wrong."), field="answer")
    upheld = quantise(upheld_amount, locked.currency)
    if upheld != upheld_amount or not 0 <= upheld <= locked.amount:
        raise AnswerMissing(
            _("Between zero and %(amount)s can be upheld.")
            % {"amount": format_amount(locked.amount, locked.currency)},
            field="upheld_amount",
        )
    rest = policy(
        "after_rejection",
        as_of=as_of,
        creditor_id=locked_account.creditor_id,
        portfolio_id=locked_account.portfolio_id,
    )
    chase_again_on = (
        day_after(as_of, rest["days"], rest["unit"], locked_account.creditor)
        if upheld < locked.amount
        else None
    )
    items = list(locked.items.select_related("entry").order_by("entry__due_date", "entry_id"))
    DISPUTE.advance(
        dispute,
        to=_outcome(locked, upheld),
        actor=actor,
        as_of=as_of,
        answer=answer,
        answered_by=actor,
        answered_at=clock.now(),
        upheld_amount=upheld,
        resolved_on=as_of,
        chase_again_on=chase_again_on,
    )
    _contest((item.entry for item in items), actor=actor, as_of=as_of)
    if upheld:
        dispute.credit_note = _credit(dispute, items, upheld, actor=actor, as_of=as_of)
        dispute.save(update_fields=["credit_note"])
    settle_tasks(subject=dispute, outcome=_("Answered"), actor=actor, as_of=as_of)
    dispute_resolved.send(
        Dispute, account_ids=[dispute.account_id], dispute_ids=[dispute.pk], as_of=as_of, actor=actor
    )
    return dispute


@transaction.atomic
def withdraw_dispute(*, dispute: Dispute, reason: str, actor, as_of: date) -> Dispute:
    """The debtor no longer disputes it: the items are due as before, at once."""
    require(actor, RAISE_DISPUTE)
    if not reason.strip():
        raise Refused(_("Say why it is withdrawn."), field="reason")
    _lock_account(dispute.account)
    DISPUTE.advance(
        dispute,
        to=DisputeStatus.WITHDRAWN,
        actor=actor,
        as_of=as_of,
        reason=reason,
        resolved_on=as_of,
    )
    items = dispute.items.select_related("entry")
    _contest((item.entry for item in items), actor=actor, as_of=as_of)
    settle_tasks(subject=dispute, outcome=_("Withdrawn"), actor=actor, as_of=as_of)
    dispute_resolved.send(
        Dispute, account_ids=[dispute.account_id], dispute_ids=[dispute.pk], as_of=as_of, actor=actor
    )
    return dispute


@transaction.atomic
def chase_late_answers(*, as_of: date, actor) -> list[int]:
    """Raise a task for the account's supervisor about every answer that is late; ids of new tasks.

    An answer that is still late has its task already, so running again adds nothing.
    """
    late = (
        Dispute.objects.late(as_of)
        .select_related("account__team", "account__creditor", "department", "asked")
        .order_by("id")
    )
    return raise_tasks(
        kind=LATE_ANSWER,
        rows=[
            {
                "subject": dispute,
                "title": _("%(department)s has not answered a dispute, due %(day)s")
                % {
                    "department": dispute.department or _("Nobody"),
                    "day": date_format(dispute.answer_due, "j M"),
                },
                "detail": dispute.question,
                "team": dispute.account.team,
                "role": Role.SUPERVISOR,
                "due_at": _end_of(as_of, dispute.account),
            }
            for dispute in late
        ],
        actor=actor,
        as_of=as_of,
    )
