"""The verbs of disputes: raised and routed (`raising`), shown by evidence, answered or withdrawn."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.disputes.enums import DISPUTE, DisputeStatus, EvidenceKind
from accounts.disputes.models import Dispute, DisputeEvidence, DisputeItem
from accounts.disputes.raising import (
    TO_ROUTE,
    DisputeAccountClosed,
    DisputeMoreThanOpen,
    DisputeNamesNothing,
    QuestionForNobody,
    answer_due_on,
    contest_items,
    end_of,
    lock_account,
    raise_dispute,
    route_dispute,
)
from accounts.disputes.rules import ANSWER_DISPUTE, RAISE_DISPUTE, may_add_evidence, may_answer
from accounts.disputes.signals import dispute_resolved
from accounts.ledger.enums import EntryKind, EntrySource
from accounts.ledger.models import LedgerEntry
from accounts.ledger.naming import name_allocation, unnamed_part
from accounts.ledger.services import NewEntry, post_entries
from accounts.parties.queries import day_after
from accounts.policies.queries import policy
from accounts.tasks.services import raise_tasks, settle_tasks
from collections_app.core import audit, clock, documents
from collections_app.core.enums import Role
from collections_app.core.money import format_amount, quantise
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.core.said import said

__all__ = [
    "TO_ROUTE",
    "DisputeAccountClosed",
    "DisputeMoreThanOpen",
    "DisputeNamesNothing",
    "QuestionForNobody",
    "add_evidence",
    "answer_dispute",
    "answer_due_on",
    "chase_late_answers",
    "raise_dispute",
    "route_dispute",
    "withdraw_dispute",
]

LATE_ANSWER = "dispute_answer_late"


class AnswerNotYours(NotAllowed):
    """Only whoever was asked, or his deputy, answers."""


class AnswerMissing(Refused):
    """An answer says something, and upholds between nothing and all of it."""


class EvidenceRefused(Refused):
    """The document can't be added as given."""


@transaction.atomic
def add_evidence(
    *,
    dispute: Dispute,
    filename: str,
    content: bytes,
    kind: str,
    dated: date | None = None,
    note: str = "",
    actor,
    as_of: date,
) -> DisputeEvidence:
    """Add a document to an open dispute: by the office that sees it, or by whoever is asked.

    `dated` is the document's own day. Side effects: the stored file, an audit record. Raises
    NotAllowed, StatusHasMoved, EvidenceRefused, and what `documents.store` raises.
    """
    locked = Dispute.objects.select_for_update(of=("self",)).get(pk=dispute.pk)
    if not may_add_evidence(actor, locked, as_of):
        raise NotAllowed(_("Only who sees the account, or who is asked, adds documents to a dispute."))
    if locked.status != DisputeStatus.OPEN:
        raise EvidenceRefused(_("The dispute is decided. Documents are added while it is open."))
    if dated is not None and dated > as_of:
        raise EvidenceRefused(_("A document can't be dated in the future."), field="dated")
    file = documents.store(content=content, filename=filename, kind="evidence", owner=actor, subject=locked)
    evidence = DisputeEvidence.objects.create(
        dispute=locked, file=file, kind=EvidenceKind(kind), dated=dated, note=note.strip()
    )
    audit.record(
        "dispute.evidence_added",
        locked,
        actor=actor,
        after={"file": file, "sha256": file.sha256, "kind": kind, "dated": dated},
    )
    return evidence


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
    locked_account = lock_account(dispute.account)
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
    contest_items((item.entry for item in items), actor=actor, as_of=as_of)
    if upheld:
        dispute.credit_note = _credit(dispute, items, upheld, actor=actor, as_of=as_of)
        dispute.save(update_fields=["credit_note"])
    settle_tasks(subject=dispute, outcome=said(gettext_noop("Answered")), actor=actor, as_of=as_of)
    dispute_resolved.send(
        Dispute, account_ids=[dispute.account_id], dispute_ids=[dispute.pk], as_of=as_of, actor=actor
    )
    return dispute


@transaction.atomic
def withdraw_dispute(*, dispute: Dispute, reason: str, actor, as_of: date) -> Dispute:
    """The debtor no longer disputes it: the items are due as before, at once. Raises Refused."""
    require(actor, RAISE_DISPUTE)
    if not reason.strip():
        raise Refused(_("Say why it is withdrawn."), field="reason")
    lock_account(dispute.account)
    DISPUTE.advance(
        dispute,
        to=DisputeStatus.WITHDRAWN,
        actor=actor,
        as_of=as_of,
        reason=reason,
        resolved_on=as_of,
    )
    items = dispute.items.select_related("entry")
    contest_items((item.entry for item in items), actor=actor, as_of=as_of)
    settle_tasks(subject=dispute, outcome=said(gettext_noop("Withdrawn")), actor=actor, as_of=as_of)
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
                "title": said(
                    gettext_noop("%(department)s has not answered a dispute, due %(day)s"),
                    department=(
                        dispute.department.name if dispute.department else said(gettext_noop("Nobody"))
                    ),
                    day=dispute.answer_due,
                ),
                "detail": dispute.question,
                "team": dispute.account.team,
                "role": Role.SUPERVISOR,
                "due_at": end_of(as_of, dispute.account),
            }
            for dispute in late
        ],
        actor=actor,
        as_of=as_of,
    )
