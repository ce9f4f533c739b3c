"""Issuing statements: one for a person at his page, or a run of many that a job makes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.compliance.rules import MAKE_CONTACT
from accounts.ledger.models import Account
from accounts.ledger.services import knowledge_cut_off
from accounts.parties.enums import ContactPointKind
from accounts.parties.models import Creditor, Debtor
from campaigns.sending.falling_back import raise_traces
from campaigns.statements import rules
from campaigns.statements.addressees import addressees
from campaigns.statements.enums import Delivery, Each, LeftOut
from campaigns.statements.figures import Figures, check_period, prove
from campaigns.statements.mailing import (
    Way,
    find_ways,
    points_of,
    queue_papers,
    reason_in_words,
    unreached_in_words,
)
from campaigns.statements.models import Statement, StatementAccount, StatementRun
from campaigns.statements.papers import Sender, statement_pdf
from campaigns.statements.queries import (
    Wanted,
    accounts_of,
    by_debtor,
    statements,
    with_their_other_accounts,
)
from collections_app.core import audit, documents
from collections_app.core.models import Organisation
from collections_app.core.permissions import require


@dataclass(frozen=True)
class Paper:
    """A proved statement of `debtor` on its way to be issued. `way` is None where it is only made."""

    debtor: Debtor
    figures: Figures
    sender: Sender
    way: Way | None


def last_numbers(wanted: Iterable[Wanted], *, first_day: date, last_day: date) -> dict[tuple, int]:
    """How many statements of exactly this period exist, by (debtor, account)."""
    rows = (
        Statement.objects.filter(
            debtor_id__in=[row.debtor_id for row in wanted], first_day=first_day, last_day=last_day
        )
        .values_list("debtor_id", "account_id")
        .annotate(most=Max("number"))
    )
    return {(debtor_id, account_id): most for debtor_id, account_id, most in rows}


@transaction.atomic
def issue_statement(
    *,
    accounts: Sequence[Account],
    account: Account | None = None,
    first_day: date,
    last_day: date,
    delivery: str = Delivery.NONE,
    is_requested: bool = False,
    is_again: bool = False,
    actor,
    as_of: date,
    now: datetime,
) -> Statement:
    """Issue one statement: prove it, keep its paper, and send it if asked to.

    `accounts` are of one debtor and creditor; `account` names the one when it is about it alone.
    `is_requested`: the debtor asked for it. Side effects: the stored PDF, and with a delivery a
    permit and a message to him, or to who represents him. Raises PeriodWrong, NothingToState,
    StatedAlready, SeveralStandFor, DoesNotBalance, and NotSent with the gate's words when it may not go
    out; where nobody knows a good address the caller then asks for one (`trace_unreached`).
    """
    require(actor, rules.ISSUE)
    check_period(first_day, last_day, as_of=as_of)
    rows = list(accounts_of(Account.objects.filter(pk__in=[row.pk for row in accounts])))
    groups = by_debtor(rows)
    if len(groups) != 1:
        raise rules.NothingToState(_("There is no account to state."))
    wanted = Wanted(groups[0].debtor_id, account.pk if account else None, groups[0].accounts)
    debtor = Debtor.objects.select_related("creditor").get(pk=wanted.debtor_id)
    (figures,) = statements([wanted], first_day=first_day, last_day=last_day, known_at=now)
    if figures.is_empty:
        raise rules.NothingToState(
            _("Nothing moved in this period and nothing is owed. Choose another period.")
        )
    numbers = last_numbers([wanted], first_day=first_day, last_day=last_day)
    number = numbers.get((wanted.debtor_id, wanted.account_id), 0)
    if number and not is_again:
        raise rules.StatedAlready(
            _("A statement of this period exists. Tick “Issue it again” if another one is wanted."),
            field="is_again",
        )
    (reader,) = addressees([(debtor, figures.account_ids)], as_of=as_of)
    if reader is None:
        raise rules.SeveralStandFor(
            _("Other people stand for some of these accounts. State each account alone.")
        )
    prove(figures)
    points = points_of([reader.pk], as_of=as_of)
    way = None
    if delivery != Delivery.NONE:
        require(actor, MAKE_CONTACT)
        (found,) = find_ways(
            [(reader, figures)],
            creditor=debtor.creditor,
            delivery=delivery,
            points=points,
            is_requested=is_requested,
            as_of=as_of,
            now=now,
            actor=actor,
        )
        if isinstance(found, str):
            refusal = rules.NotSent(
                _("It may not be sent: %(reason)s. It can be made without being sent.")
                % {"reason": reason_in_words(found)},
                field="delivery",
            )
            refusal.is_unreached = found == LeftOut.NO_POINT
            raise refusal
        way = found
    sender = Sender(
        debtor,
        debtor.creditor,
        Organisation.objects.first(),
        points.get((reader.pk, ContactPointKind.ADDRESS)),
        reader,
    )
    (made,) = write_papers(
        papers=[Paper(debtor, figures, sender, way)],
        contents=None,
        numbers={(wanted.debtor_id, wanted.account_id): number},
        run=None,
        actor=actor,
        as_of=as_of,
        now=now,
    )
    return made


@transaction.atomic
def trace_unreached(*, debtor: Debtor, delivery: str, actor, as_of: date, now: datetime) -> bool:
    """Ask his officer for a working address of a debtor whom a statement can't reach; whether a new
    task was raised. Raises NotAllowed."""
    require(actor, rules.ISSUE)
    wanted = {debtor.pk: unreached_in_words(delivery)}
    return bool(raise_traces(wanted, now=now, as_of=as_of, actor=actor))


@transaction.atomic
def write_papers(
    *,
    papers: Sequence[Paper],
    contents: Sequence[bytes] | None,
    numbers: dict[tuple, int],
    run: StatementRun | None,
    actor,
    as_of: date,
    now: datetime,
) -> list[Statement]:
    """Keep statements that were proved, with their PDFs, and put those with a way into the outbox.

    `contents` are the PDFs where they were drawn already; `numbers` as `last_numbers` gives them.
    """
    require(actor, rules.RUN if run else rules.ISSUE)
    made = Statement.objects.bulk_create(
        Statement(
            run=run,
            debtor=paper.debtor,
            creditor=paper.sender.creditor,
            account_id=paper.figures.account_id,
            number=numbers.get((paper.debtor.pk, paper.figures.account_id), 0) + 1,
            language=paper.sender.language,
            first_day=paper.figures.first_day,
            last_day=paper.figures.last_day,
            known_at=paper.figures.known_at,
            actor=actor,
        )
        for paper in papers
    )
    StatementAccount.objects.bulk_create(
        StatementAccount(
            paper=statement,
            account_id=part.account_id,
            currency=table.currency,
            opening=part.opening,
            closing=part.closing,
        )
        for statement, paper in zip(made, papers, strict=True)
        for table in paper.figures.tables
        for part in table.accounts
    )
    for place, (statement, paper) in enumerate(zip(made, papers, strict=True)):
        content = (
            contents[place]
            if contents is not None
            else statement_pdf(paper.figures, paper.sender, reference=reference_of(paper.figures))
        )
        statement.document = documents.store(
            content=content,
            filename=f"statement-{statement.pk}.pdf",
            kind="statement",
            owner=actor,
            subject=statement,
        )
    Statement.objects.bulk_update(made, ["document"])
    audit.record_set("statement.issued", Statement, ids=[row.pk for row in made], actor=actor)
    queue_papers(
        [
            (statement, paper.way, _asked_by(paper.figures))
            for statement, paper in zip(made, papers, strict=True)
            if paper.way is not None
        ],
        now=now,
        as_of=as_of,
    )
    return made


def reference_of(figures: Figures) -> str:
    """What stands on the paper: the debtor's (or account's) number of record and the last day."""
    return f"S{figures.account_id or figures.debtor_id}-{figures.last_day:%Y%m%d}"


def _asked_by(figures: Figures) -> dict[int, tuple[str, Decimal]]:
    """What the message says it asks for on each account: what is overdue less what is disputed."""
    asked = {
        part.account_id: (table.currency, Decimal(0)) for table in figures.tables for part in table.accounts
    }
    for table in figures.tables:
        for account_id, item in table.items:
            if item.due_date < figures.last_day:
                currency, amount = asked[account_id]
                asked[account_id] = (currency, amount + item.open - item.contested)
    return asked


@transaction.atomic
def order_run(
    *,
    account_ids: Iterable[int],
    creditor: Creditor,
    first_day: date,
    last_day: date,
    each: str = Each.DEBTOR,
    delivery: str = Delivery.NONE,
    is_again: bool = False,
    selection: str = "",
    actor,
    as_of: date,
    now: datetime,
) -> StatementRun:
    """Write down a run: whose accounts (of this creditor only, and only those the actor may see),
    which days, how they go out. The job makes it. One for each debtor takes all his accounts that
    the actor may see, whichever of them were chosen.

    Raises PeriodWrong, NobodyToState, TooManyAccounts.
    """
    require(actor, rules.RUN)
    check_period(first_day, last_day, as_of=as_of)
    seen = accounts_of(Account.objects.visible_to(actor), creditor_id=creditor.pk)
    found = seen.filter(pk__in=list(account_ids))
    if each == Each.DEBTOR:
        found = with_their_other_accounts(found, seen)
    ids = sorted(found.values_list("pk", flat=True)[: rules.RUN_LIMIT + 1])
    if not ids:
        raise rules.NobodyToState(_("None of the selected accounts is of this creditor."), field="creditor")
    if len(ids) > rules.RUN_LIMIT:
        raise rules.TooManyAccounts(
            _("A run has at most %(limit)s accounts. Narrow the list with a filter.")
            % {"limit": rules.RUN_LIMIT}
        )
    with knowledge_cut_off():
        pass  # whoever posts while this is ordered is through, so that what was known now is settled
    run = StatementRun.objects.create(
        creditor=creditor,
        first_day=first_day,
        last_day=last_day,
        as_of=as_of,
        known_at=now,
        selection=selection,
        account_ids=ids,
        each=each,
        delivery=delivery,
        is_again=is_again,
        actor=actor,
    )
    audit.record(
        "statement_run.ordered",
        run,
        actor=actor,
        after={"accounts": len(ids), "first_day": first_day, "last_day": last_day, "delivery": delivery},
    )
    return run
