"""The verbs of formal notices: enter what was sent, give one, record its service or its return."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.ledger.models import Account, Standing
from accounts.parties.models import Creditor, Debtor
from accounts.parties.queries import calendar_of
from accounts.policies.queries import policy
from campaigns.correspondence.enums import NoticeKind
from campaigns.notices import rules
from campaigns.notices.enums import BEFORE, FORMAL_NOTICE, METHOD_OF_CHANNEL, NoticeStatus
from campaigns.notices.models import FormalNotice, FormalNoticeAccount
from campaigns.notices.queries import NextStep, next_steps
from campaigns.notices.rules import ServiceClock, service_clock
from campaigns.notices.signals import notice_returned
from campaigns.notices.under_way import refuse_second
from campaigns.sending.models import Message, MessageAccount
from collections_app.core import audit, clock, documents
from collections_app.core.permissions import require


@transaction.atomic
def enter_sent(*, message_ids: Iterable[int], as_of: date, actor) -> list[FormalNotice]:
    """Enter the messages among these that are formal notices and went out on `as_of`, each once."""
    messages = list(
        Message.objects.filter(pk__in=list(message_ids), formal_notice=None)
        .exclude(template_version__template__notice="")
        .exclude(template_version=None)
        .select_related("creditor", "template_version__template")
        .order_by("pk")
    )
    if not messages:
        return []
    clocks: dict[tuple, tuple[ServiceClock, dict]] = {}
    rows = []
    for message in messages:
        kind = message.template_version.template.notice
        method = METHOD_OF_CHANNEL[message.channel].value
        key = (message.creditor_id, kind, method)
        if key not in clocks:
            clocks[key] = clock_of(message.creditor, kind, method, as_of)
        clock, by = clocks[key]
        rows.append(
            FormalNotice(
                debtor_id=message.debtor_id,
                creditor=message.creditor,
                kind=kind,
                method=method,
                message=message,
                sent_on=as_of,
                served_on=clock.served_on,
                next_step_from=clock.next_step_from,
                clock=by,
                actor=actor,
            )
        )
    FormalNotice.objects.bulk_create(rows)
    of_message = {row.message_id: row for row in rows}
    FormalNoticeAccount.objects.bulk_create(
        FormalNoticeAccount(notice=of_message[message_id], account_id=account_id)
        for message_id, account_id in MessageAccount.objects.filter(
            message_id__in=of_message
        ).values_list("message_id", "account_id")
    )
    ids = [row.pk for row in rows]
    FORMAL_NOTICE.start_many(ids, actor=actor, as_of=as_of)
    audit.record_set("notice.sent", FormalNotice, ids=ids, actor=actor)
    return rows


def clock_of(
    creditor: Creditor, kind: str, method: str, sent_on: date, proved_on: date | None = None
) -> tuple[ServiceClock, dict]:
    """The clock of a notice sent on a day, and the rule it is reckoned by."""
    values = policy("formal_notice", as_of=sent_on, creditor_id=creditor.pk)
    clock = service_clock(
        values,
        kind=kind,
        method=method,
        sent_on=sent_on,
        calendar=calendar_of(creditor),
        proved_on=proved_on,
    )
    by = {
        "served_after": values["served_after"][method],
        "unit": values["unit"],
        "wait": values["wait"][kind],
    }
    return clock, by


def check_not_premature(accounts: Sequence[Account], kind: str, *, on: date) -> None:
    """Refuse a notice before its day, with the day; PrematureNotice."""
    since = _since(accounts, on)
    found = next_steps([account.pk for account in accounts], kind, since=since, as_of=on)
    numbers = {account.pk: account.number for account in accounts}
    for account_id, step in found.items():
        if step.day is None:
            raise rules.PrematureNotice(_unserved(numbers[account_id], kind, step.lacks))
        if step.day > on:
            raise rules.PrematureNotice(_too_early(numbers[account_id], step))


def _too_early(number: str, step: NextStep) -> str:
    named = {"account": number, "day": clock.written(step.day)}
    if step.waits_for is None:
        return (
            _(
                "%(account)s: this notice may be given from %(day)s on, when the time of the one "
                "before is over."
            )
            % named
        )
    return _(
        "%(account)s: this notice may be given from %(day)s on, when the time of the one before is over "
        "for %(debtor)s, who owes it too."
    ) % {**named, "debtor": Debtor.objects.get(pk=step.waits_for).name}


def _unserved(number: str, kind: str, joint_id: int | None) -> str:
    named = {"account": number, "notice": str(BEFORE[NoticeKind(kind)].label).lower()}
    if not joint_id:
        return _("%(account)s has not been served the %(notice)s that must come before.") % named
    return _(
        "%(account)s: %(debtor)s, who owes it too, has not been served the %(notice)s that must come "
        "before."
    ) % {**named, "debtor": Debtor.objects.get(pk=joint_id).name}


def _since(accounts: Sequence[Account], on: date) -> dict[int, date]:
    """The first unpaid due day of each account: notices from before it were about something else."""
    rows = Standing.objects.filter(account__in=accounts).values_list("account_id", "oldest_due_date")
    return {account_id: day or on for account_id, day in rows}


@transaction.atomic
def enter_by_hand(
    *,
    accounts: Sequence[Account],
    kind: str,
    method: str,
    sent_on: date,
    note: str,
    addressee: Debtor | None = None,
    proof: tuple[bytes, str] | None = None,
    actor,
    as_of: date,
) -> FormalNotice:
    """Enter a notice given outside the product: handed over, or sent by registered post.

    `addressee` is who got it where that is not the debtor: his representative, a joint debtor. `proof`
    is (content, file name). One given by hand is proved by its giver. Raises PrematureNotice,
    NoticeRefused for a day ahead or while one of its kind runs, NotAllowed and what `documents.store` raises.
    """
    require(actor, rules.RECORD)
    if sent_on > as_of:
        raise rules.NoticeRefused(_("The day lies ahead."), field="sent_on")
    check_not_premature(accounts, kind, on=sent_on)
    account = accounts[0]
    addressee_id = addressee.pk if addressee else account.debtor_id
    refuse_second(accounts, kind, to=[addressee_id], on=sent_on)
    clock, by = clock_of(account.creditor, kind, method, sent_on)
    notice = FormalNotice.objects.create(
        debtor_id=addressee_id,
        creditor=account.creditor,
        kind=kind,
        method=method,
        sent_on=sent_on,
        served_on=clock.served_on,
        next_step_from=clock.next_step_from,
        clock=by,
        note=note[:300],
        actor=actor,
    )
    FormalNoticeAccount.objects.bulk_create(
        FormalNoticeAccount(notice=notice, account=row) for row in accounts
    )
    FORMAL_NOTICE.start(notice, actor=actor, as_of=as_of)
    _keep_proof(notice, proof, actor)
    audit.record(
        "notice.sent", notice, actor=actor, after={"kind": kind, "method": method}, reason=note
    )
    return notice


@transaction.atomic
def record_service(
    *,
    notice: FormalNotice,
    served_on: date,
    note: str,
    proof: tuple[bytes, str] | None = None,
    actor,
    as_of: date,
) -> FormalNotice:
    """The day on which service is proved; the clock is reckoned anew from it, by the rule of the day
    it was sent. Raises NoticeRefused, StatusHasMoved, NotAllowed and what `documents.store` raises."""
    if not notice.sent_on <= served_on <= as_of:
        raise rules.NoticeRefused(
            _("It was served between the day it was sent and today."), field="served_on"
        )
    clock, _by = clock_of(notice.creditor, notice.kind, notice.method, notice.sent_on, served_on)
    moved = FORMAL_NOTICE.advance(
        notice,
        to=NoticeStatus.SERVED,
        actor=actor,
        as_of=as_of,
        reason=note,
        served_on=served_on,
        next_step_from=clock.next_step_from,
        note=note[:300],
    )
    _keep_proof(moved, proof, actor)
    return moved


@transaction.atomic
def record_return(*, notice: FormalNotice, note: str, actor, as_of: date) -> FormalNotice:
    """It came back unserved: no clock runs on it any more, and the strategy's step that gave it is due
    again. Raises StatusHasMoved, NotAllowed."""
    moved = FORMAL_NOTICE.advance(
        notice, to=NoticeStatus.RETURNED, actor=actor, as_of=as_of, reason=note, note=note[:300]
    )
    account_ids = list(notice.lines.values_list("account_id", flat=True))
    notice_returned.send(FormalNotice, notice=moved, account_ids=account_ids, as_of=as_of)
    return moved


def _keep_proof(notice: FormalNotice, proof: tuple[bytes, str] | None, actor) -> None:
    if proof is None:
        return
    content, filename = proof
    notice.proof = documents.store(
        content=content, filename=filename, kind="evidence", owner=actor, subject=notice
    )
    notice.save(update_fields=["proof"])
