"""The gate's reads: what is known for a set of requests, verdicts without a permit, and how it was.

`gathering` reads the facts, for everybody and whatever the user may see; nothing of it but counts
reaches a page.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from accounts.compliance.decision import POINT_KIND, Counted, Held, LegalState, Point, Term
from accounts.compliance.enums import Purpose
from accounts.compliance.gathering import Asked, Known, Reading
from accounts.compliance.people import rows_of
from accounts.parties.enums import Channel, ContactPointStatus
from collections_app.core import clock

USABLE = {ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED}


def known_for(requests: Sequence[Asked], *, without_counted: Iterable[int] = ()) -> list[Known]:
    """Facts and profile of each request, in their order; eight statements whatever their number.

    `without_counted` are rows of the count ledger to leave out, such as one being corrected.
    """
    if not requests:
        return []
    read = Reading(requests, without_counted=without_counted)
    return [read.known(asked) for asked in requests]


def previews(
    requests: Sequence[Asked],
    channels: Iterable[str] = Channel.values,
    requested_calls: Container[int] = frozenset(),
) -> list[dict]:
    """For each request the verdict by channel; nothing is stored. A call is meant as one in which the
    words that a law wants are read out: the call screen opens none without them.

    `requested_calls` are accounts whose debtor asked to be called: that call is his own wish.
    """
    wanted = list(channels)
    return [
        {
            channel: (known.reading_out() if channel == Channel.CALL else known).verdict(
                channel,
                Purpose.REQUESTED
                if channel == Channel.CALL and any(pk in requested_calls for pk in known.asked.account_ids)
                else None,
            )
            for channel in wanted
        }
        for known in known_for(requests)
    ]


def debtors_of(account_ids: Iterable[int]) -> dict[int, int]:
    """The debtor of each account."""
    return dict(rows_of("SELECT id, debtor_id FROM accounts_account WHERE id = ANY(%s)", list(account_ids)))


def identities_of(debtor_ids: Iterable[int]) -> dict[int, int | None]:
    """The identity of each debtor, as far as one was given to him."""
    return dict(rows_of("SELECT id, identity_id FROM accounts_debtor WHERE id = ANY(%s)", list(debtor_ids)))


def known_debtors(debtor_ids: Iterable[int]) -> list[int]:
    """Those of the ids that are debtors."""
    rows = rows_of("SELECT id FROM accounts_debtor WHERE id = ANY(%s) ORDER BY id", list(debtor_ids))
    return [row[0] for row in rows]


def as_it_was(known: Known, earlier: Sequence[Counted] = ()) -> Known:
    """The same before this contact happened: what was counted until then, and known."""
    at = known.asked.moment
    # what stands in the ledger at the very moment is this contact's own kind of neighbour, not it
    before = tuple(row for row in (*known.facts.counted, *earlier) if row.at < at)
    return at_the_time(replace(known, facts=replace(known.facts, counted=before)))


def at_the_time(known: Known) -> Known:
    """The same facts as far as they can be held against a contact that already happened.

    A point stopped since then was not stopped yet; a stop whose day nobody noted is not held
    against it either, nor a protection we were told of only afterwards. Which creditor is released
    concerns automatic sending only.
    """
    at = known.asked.moment
    day = clock.local_date(at, known.facts.business_zone)
    points = [
        point
        if point.status in USABLE or (point.status_since and point.status_since < day)
        else replace(point, status=ContactPointStatus.UNVERIFIED)
        for point in known.facts.points
    ]
    if known.asked.point_id not in {point.id for point in points}:
        # it happened, so there was a way to reach him, whether or not it was written down
        kind = POINT_KIND[Channel(known.asked.channel)]
        points.append(Point(known.asked.point_id or 0, kind, ContactPointStatus.UNVERIFIED))
    facts = replace(
        known.facts,
        points=tuple(points),
        holds=tuple(hold for hold in known.facts.holds if was_known(hold, at)),
        legal_states=tuple(state for state in known.facts.legal_states if was_known(state, at)),
        terms=tuple(term for term in known.facts.terms if was_known(term, at)),
        is_automatic=False,
    )
    return replace(known, facts=facts)


def was_known(protection: Held | LegalState | Term, at: datetime) -> bool:
    """Whether we had been told by then; what we heard later is listed, not held against us."""
    return protection.known_at is None or protection.known_at <= at
