"""Whether a paper may go to the debtor, by which way, and its place in the outbox.

domain.md 4, as it bears on a statement: one that shows something overdue asks for it, so it is a
demand and goes to nobody who is on hold, has promised or opted out; one that shows nothing overdue
is a service message; one the debtor asked for is that. It waits, is judged again and counted like
any other message.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext_noop

from accounts.compliance.enums import Purpose, Rule
from accounts.compliance.queries import Asked
from accounts.compliance.services import Given, give_permits
from accounts.parties.enums import Channel, ContactPointKind, ContactPointStatus
from accounts.parties.models import ContactPoint, Creditor, Debtor
from accounts.position.queries import chaseable_items
from campaigns.correspondence.installed import STATEMENT
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.queries import TextBook
from campaigns.correspondence.wordings import carries_of, prints_in
from campaigns.sending.enums import SPARED_BY_RULE, Spared
from campaigns.sending.queries import STOPS_A_PAPER, stops
from campaigns.sending.services import LONGEST_WAIT, NewMessage, queue_messages
from campaigns.statements.enums import Delivery, LeftOut
from campaigns.statements.figures import Figures
from campaigns.statements.models import Statement
from collections_app.core.models import User
from collections_app.core.said import Said, said

# A whole account in a mailbox: only to an address somebody has found good.
GOOD_FOR = {
    ContactPointKind.EMAIL: (ContactPointStatus.GOOD,),
    ContactPointKind.ADDRESS: (ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED),
}
CHANNELS = {
    Delivery.NONE: (),
    Delivery.EMAIL: (Channel.EMAIL,),
    Delivery.LETTER: (Channel.LETTER,),
    Delivery.BEST: (Channel.EMAIL, Channel.LETTER),
}
POINT_OF = {Channel.EMAIL: ContactPointKind.EMAIL, Channel.LETTER: ContactPointKind.ADDRESS}

Points = Mapping[tuple[int, str], ContactPoint]


@dataclass(frozen=True)
class Way:
    """How one paper goes: with this permit, to this point, behind this text."""

    channel: str
    point: ContactPoint
    purpose: str
    given: Given
    text: TemplateVersion


def points_of(debtor_ids: Iterable[int], *, as_of: date) -> dict[tuple[int, str], ContactPoint]:
    """The point to use by (debtor, kind): first choices first, then the newest."""
    found: dict[tuple[int, str], ContactPoint] = {}
    rows = (
        ContactPoint.objects.filter(
            debtor_id__in=list(debtor_ids), kind__in=list(GOOD_FOR), valid_from__lte=as_of
        )
        .exclude(valid_to__lte=as_of)
        .order_by("is_primary", "pk")
    )
    for point in rows:
        if point.status in GOOD_FOR[ContactPointKind(point.kind)]:
            found[point.debtor_id, point.kind] = point
    return found


def purpose_of(figures: Figures, *, is_requested: bool) -> str:
    """What the gate judges the paper as."""
    if is_requested:
        return Purpose.REQUESTED
    return Purpose.DEMAND if figures.is_overdue else Purpose.SERVICE


def reason_in_words(reason: str) -> str:
    """Why somebody was left out, as a person reads it."""
    for table in (LeftOut, Spared, Rule):
        if reason in table.values:
            return str(table(reason).label)
    return reason


def unreached_in_words(delivery: str) -> Said:
    """What the task says of a debtor whom no good address reaches."""
    return said(
        gettext_noop("A statement of account could not go: %(how)s."), how=Delivery(delivery).label
    )


def find_ways(
    papers: Sequence[tuple[Debtor, Figures]],
    *,
    creditor: Creditor,
    delivery: str,
    points: Points,
    is_requested: bool,
    as_of: date,
    now: datetime,
    actor,
) -> list[Way | str]:
    """For each paper (who gets it, what it says) the way it goes, or the reason why it does not go.
    Permits are stored.

    Some statements a channel, whatever the number of papers.
    """
    answers: list[Way | str] = [LeftOut.NO_POINT.value] * len(papers)
    ids = [pk for _debtor, figures in papers for pk in figures.account_ids]
    reasons, _held = stops(ids, creditor_id=creditor.pk, as_of=as_of, now=now)
    chaseable = chaseable_items(ids, as_of=as_of)
    purposes = [purpose_of(figures, is_requested=is_requested) for _debtor, figures in papers]
    waiting = []
    for place, (_debtor, figures) in enumerate(papers):
        stopped = _stopped(figures, purposes[place], reasons, chaseable)
        if stopped:
            answers[place] = stopped
        else:
            waiting.append(place)
    book = TextBook()
    for channel in CHANNELS[Delivery(delivery)]:
        waiting = _ask(papers, waiting, answers, channel, purposes, points, book, creditor, now, actor)
    return answers


def _stopped(
    figures: Figures, purpose: str, reasons: Mapping[int, str], chaseable: Mapping[int, Sequence]
) -> str:
    """What stops the whole paper before the gate is asked; empty when nothing does."""
    if purpose == Purpose.REQUESTED:
        return ""
    found = [reasons[pk] for pk in figures.account_ids if pk in reasons]
    stopping = [reason for reason in found if reason in STOPS_A_PAPER]
    if stopping:
        return str(stopping[0])
    if purpose == Purpose.SERVICE:
        return ""
    if any(chaseable.get(pk) for pk in figures.account_ids if pk not in reasons):
        return ""
    return str(found[0]) if found else str(Spared.PAID)


def _ask(papers, waiting, answers, channel, purposes, points, book, creditor, now, actor) -> list[int]:
    """Ask the gate for those that wait, by this channel; the places that still wait."""
    asked, texts, chosen, left = [], [], [], []
    for place in waiting:
        debtor, figures = papers[place]
        point = points.get((debtor.pk, POINT_OF[channel]))
        text = book.pick(
            code=STATEMENT,
            channel=channel,
            languages=[debtor.language, creditor.language],
            payer_type=debtor.payer_type,
            creditor_id=creditor.pk,
        )
        if point is None or text is None:
            answers[place] = LeftOut.NO_POINT.value if text else LeftOut.NO_TEXT.value
            left.append(place)
            continue
        chosen.append(place)
        texts.append(text)
        asked.append(
            Asked(
                debtor_id=debtor.pk,
                account_ids=figures.account_ids,
                channel=channel,
                moment=now,
                purpose=purposes[place],
                point_id=point.pk,
                is_automatic=True,
                # the paper was made before: what a law wants said stands in the text that goes with it
                prints=prints_in(channel, text if channel != Channel.LETTER else None),
                carries=carries_of(text),
            )
        )
    permits = give_permits(requests=asked, wait=LONGEST_WAIT, actor=actor) if asked else []
    for place, text, request, given in zip(chosen, texts, asked, permits, strict=True):
        debtor, _figures = papers[place]
        if given.is_allowed:
            point = points[debtor.pk, POINT_OF[channel]]
            answers[place] = Way(channel, point, request.purpose, given, text)
        else:
            known = SPARED_BY_RULE.get(given.rule)
            answers[place] = given.rule if known is None else str(known)
            left.append(place)
    return left


def queue_papers(
    papers: Sequence[tuple[Statement, Way, Mapping[int, tuple[str, Decimal]]]],
    *,
    now: datetime,
    as_of: date,
) -> None:
    """Put issued statements into the outbox with their papers; one message each, once.

    Each goes to whose point its way leads to. `lines` of each: account -> (currency, what it asks
    for). Acts as the system, which sends; the person who issued the statement stands on it.
    """
    if not papers:
        return
    messages = [
        NewMessage(
            debtor_id=way.point.debtor_id,
            creditor_id=statement.creditor_id,
            channel=way.channel,
            purpose=way.purpose,
            language=way.text.template.language,
            key=f"statement-{statement.pk}",
            permit_id=way.given.pk,
            template_version_id=way.text.pk,
            contact_point_id=way.point.pk,
            lines=tuple((pk, currency, amount) for pk, (currency, amount) in sorted(lines.items())),
            not_before=way.given.moment if way.given.moment > now else None,
            reason=way.given.waits_for,
            document_id=statement.document_id,
            encloses=True,
        )
        for statement, way, lines in papers
    ]
    ids = queue_messages(messages=messages, actor=User.objects.system(), as_of=as_of)
    for statement, _way, _lines in papers:
        statement.message_id = ids.get(f"statement-{statement.pk}", statement.message_id)
    Statement.objects.bulk_update([row for row, _way, _lines in papers], ["message"])
