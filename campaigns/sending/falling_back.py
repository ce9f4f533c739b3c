"""What follows when an address does not work (D15): a trace, and the next channel the debtor allows.

A message that came back stays as it is, listed and counted. Another one takes its place once: to
another address of the same kind if there is one, else by the next channel that has an address and an
approved text. It is judged like any other before it leaves, and belongs to no run, whose figures
stay what was queued by it.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_noop

from accounts.compliance.enums import Purpose
from accounts.compliance.queries import Asked
from accounts.compliance.services import Given, give_permits
from accounts.contacts.services import TRACE
from accounts.hardship.queries import in_hardship
from accounts.ledger.models import Account
from accounts.parties.enums import Channel, ContactPointKind, ContactPointStatus
from accounts.parties.models import ContactPoint, Debtor
from accounts.tasks.models import Task
from accounts.tasks.services import raise_task, raise_tasks
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.queries import TextBook
from campaigns.correspondence.wordings import carries_of, prints_in
from campaigns.sending.models import Message
from campaigns.sending.services import LONGEST_WAIT, NewMessage, queue_messages
from campaigns.sending.signals import message_replaced
from collections_app.core.enums import Role
from collections_app.core.said import Said, said

KIND_OF = {
    Channel.EMAIL: ContactPointKind.EMAIL,
    Channel.SMS: ContactPointKind.PHONE,
    Channel.LETTER: ContactPointKind.ADDRESS,
}
TRACE_DAYS = 7
MOST = 3  # messages in one chain, so that a run of dead addresses comes to an end


def raise_trace(message: Message, *, now: datetime, actor) -> Task:
    """Ask the debtor's officer, or his team, for a working address; an open trace stays the one."""
    account = (
        Account.objects.filter(message_lines__message=message)
        .select_related("officer", "team")
        .order_by("pk")
        .first()
    )
    officer = account.officer if account and account.officer and account.officer.is_active else None
    point = message.contact_point
    return raise_task(
        kind=TRACE,
        title=said(gettext_noop("Find a working address of %(debtor)s"), debtor=message.debtor.name),
        detail=said(
            gettext_noop("%(channel)s to %(address)s came back."),
            channel=Channel(message.channel).label,
            address=point.value if point else "–",
        ),
        subject=message.debtor,
        team=account.team if account else None,
        role="" if officer or (account and account.team) else Role.SENIOR_OFFICER,
        assignee=officer,
        due_at=now + timedelta(days=TRACE_DAYS),
        actor=actor,
    )


def raise_traces(
    wanted: Mapping[int, Said],
    *,
    about: Mapping[int, int] | None = None,
    now: datetime,
    as_of: date,
    actor,
) -> list[int]:
    """As `raise_trace`, for debtors whom no address reaches: debtor -> what was to be sent.

    `about` names the account of each whose officer is asked, for people who stand beside its debtor;
    else it is the debtor's own. In a few statements; a debtor for whom a trace is open gets none.
    Returns the ids of the new ones.
    """
    debtors = Debtor.objects.in_bulk(wanted)
    accounts = Account.objects.select_related("debtor", "officer", "team")
    first: dict[int, Account] = {}
    if about is not None:
        named = accounts.in_bulk(set(about.values()))
        first = {debtor_id: named[pk] for debtor_id, pk in about.items()}
    else:
        own = accounts.filter(Q(debtor__in=wanted) | Q(debtor__merged_into__in=wanted))
        for account in own.order_by("pk"):
            first.setdefault(account.debtor.merged_into_id or account.debtor_id, account)
    rows = []
    for debtor_id, account in sorted(first.items()):
        officer = account.officer if account.officer and account.officer.is_active else None
        debtor = debtors[debtor_id]
        rows.append(
            {
                "subject": debtor,
                "title": said(gettext_noop("Find a working address of %(debtor)s"), debtor=debtor.name),
                "detail": wanted[debtor_id],
                "team": account.team,
                "role": "" if officer or account.team else Role.SENIOR_OFFICER,
                "assignee": officer,
                "due_at": now + timedelta(days=TRACE_DAYS),
            }
        )
    return raise_tasks(kind=TRACE, rows=rows, actor=actor, as_of=as_of)


def fall_back(message: Message, *, now: datetime, as_of: date, actor) -> int | None:
    """Queue the message that takes its place; its id, or None where no way is left.

    Called under the lock on `message`. Only demands fall back; a thank-you does not follow anybody,
    and a paper made for one address is not sent to another.
    """
    if message.purpose != Purpose.DEMAND or message.encloses or _length_of_chain(message) >= MOST:
        return None
    lines = tuple(message.lines.values_list("account_id", "currency", "demanded"))
    for channel, point, text in _ways(message, as_of):
        given = _ask(message, channel, point, text, [pk for pk, _currency, _amount in lines], now, actor)
        if not given.is_allowed:
            continue
        new = NewMessage(
            debtor_id=message.debtor_id,
            creditor_id=message.creditor_id,
            channel=channel,
            language=text.template.language,
            key=f"instead-{message.pk}",
            permit_id=given.pk,
            template_version_id=text.pk,
            contact_point_id=point.pk,
            lines=lines,
            stage=message.stage,
            stage_name=message.stage_name,
            pay_within_days=message.pay_within_days,
            not_before=given.moment if given.moment > now else None,
            reason=given.waits_for,
            asks_until=message.asks_until,
            tolerances=message.tolerances,
            instead_of_id=message.pk,
        )
        for new_id in queue_messages(messages=[new], actor=actor, as_of=as_of).values():
            message_replaced.send(Message, old_id=message.pk, new_id=new_id)
            return new_id
        return None
    return None


def _length_of_chain(message: Message) -> int:
    length, earlier = 1, message.instead_of_id
    while earlier is not None and length < MOST:
        length += 1
        earlier = Message.objects.values_list("instead_of_id", flat=True).get(pk=earlier)
    return length


def _ways(message: Message, as_of: date) -> Iterator[tuple[str, ContactPoint, TemplateVersion]]:
    """Channels with an address and a text, the failed one's other addresses first, then as wanted."""
    points = list(
        ContactPoint.objects.filter(
            debtor=message.debtor_id,
            status__in=[ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED],
            valid_from__lte=as_of,
        )
        .exclude(valid_to__lte=as_of)
        .exclude(pk=message.contact_point_id)
        .order_by("-is_primary", "status", "-noted_on", "-pk")
    )
    wanted = [message.channel, message.debtor.preferred_channel, *KIND_OF]
    book, debtor = TextBook(), message.debtor
    gentle = bool(in_hardship([debtor.pk], as_of=as_of))
    for channel in dict.fromkeys(name for name in wanted if name in KIND_OF):
        point = next((row for row in points if row.kind == KIND_OF[Channel(channel)]), None)
        text = book.pick(
            code=message.template_version.template.code,
            channel=channel,
            languages=[debtor.language, message.creditor.language],
            payer_type=debtor.payer_type,
            creditor_id=message.creditor_id,
            gentle=gentle,
        )
        if point is not None and text is not None:
            yield str(channel), point, text


def _ask(
    message: Message,
    channel: str,
    point: ContactPoint,
    text: TemplateVersion,
    accounts: list[int],
    now: datetime,
    actor,
) -> Given:
    asked = Asked(
        debtor_id=message.debtor_id,
        account_ids=tuple(sorted(accounts)),
        channel=channel,
        moment=now,
        purpose=Purpose.DEMAND,
        point_id=point.pk,
        is_automatic=True,
        prints=prints_in(channel, text),
        carries=carries_of(text),
    )
    return give_permits(requests=[asked], wait=LONGEST_WAIT, actor=actor)[0]
