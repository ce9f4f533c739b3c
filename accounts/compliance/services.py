"""The gate's verbs: ask before acting, count and judge what happened."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.compliance.decision import Counted, Verdict
from accounts.compliance.enums import Judgement, Purpose
from accounts.compliance.evidence import data_of
from accounts.compliance.models import SOURCE_LENGTH, CountedContact, Permit
from accounts.compliance.queries import (
    Asked,
    Known,
    Reading,
    as_it_was,
    debtors_of,
    identities_of,
    known_debtors,
    known_for,
    previews,
)
from accounts.compliance.rules import MAKE_CONTACT
from accounts.parties.enums import Channel
from collections_app.core import audit, bulk
from collections_app.core.enums import Role
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

CHUNK = 2_000


class NoAccountNamed(Refused):
    """A contact is about at least one account."""


@dataclass(frozen=True)
class Happened:
    """One contact that took place, for the count ledger. `permit` is None where there was none; `carries`
    are the wordings a law asks for that were said in it."""

    debtor_id: int
    account_ids: tuple[int, ...]
    channel: str
    at: datetime
    is_inbound: bool = False
    is_contact_made: bool = False
    is_right_party: bool = False
    permit: Permit | None = None
    point_id: int | None = None
    purpose: str = Purpose.DEMAND
    supersedes: CountedContact | None = None
    is_connected: bool = True
    is_conversation: bool = True
    carries: frozenset[str] = frozenset()


def preview(
    *,
    at: datetime,
    account_ids: Iterable[int] | None = None,
    debtor_ids: Iterable[int] | None = None,
    channels: Iterable[str] = Channel.values,
    requested_calls: Container[int] = frozenset(),
) -> dict[int, dict[str, Verdict]]:
    """The verdict per channel for each account (or debtor); nothing is stored.

    For chips and worklists: a fixed number of statements for any set; ids that do not exist are
    left out. `requested_calls` are accounts whose debtor asked to be called back by now
    (`contacts.queries.asked_to_call_back`).
    """
    if account_ids is not None:
        wanted = debtors_of(account_ids)
        requests = [Asked(debtor, (pk,), Channel.CALL, at) for pk, debtor in wanted.items()]
        keys = list(wanted)
    else:
        keys = list(known_debtors(debtor_ids or ()))
        requests = [Asked(pk, (), Channel.CALL, at) for pk in keys]
    return dict(zip(keys, previews(requests, channels, requested_calls), strict=True))


def ask_permit(
    *,
    debtor,
    accounts: Sequence,
    channel: str,
    at: datetime,
    purpose: str = Purpose.DEMAND,
    contact_point=None,
    actor,
    is_automatic: bool | None = None,
    in_progress: Sequence[Counted] = (),
    carries: Iterable[str] = (),
) -> Permit:
    """Ask the gate about one contact. The answer, yes or no, is stored and returned.

    `in_progress` are contacts with the same person that go on at this moment and stand in the
    count ledger only once they are over.

    `carries` are the wordings of the text that a law asks for ("time_barred").

    `is_automatic` (by default: the system asks) adds the rule that nothing is sent by itself for a
    creditor that no manager has released.
    """
    asked = Asked(
        debtor_id=debtor.pk,
        account_ids=tuple(sorted(account.pk for account in accounts)),
        channel=channel,
        moment=at,
        purpose=purpose,
        point_id=contact_point.pk if contact_point else None,
        is_automatic=actor.role == Role.SYSTEM if is_automatic is None else is_automatic,
        carries=frozenset(carries),
    )
    return ask_permits(requests=[asked], actor=actor, in_progress=in_progress)[0]


@transaction.atomic
def ask_permits(*, requests: Sequence[Asked], actor, in_progress: Sequence[Counted] = ()) -> list[Permit]:
    """Ask the gate about a set; permits come back in the order of the requests.

    Requests of one person in one set are judged each by itself: a set that would contact a person
    twice must be asked in two calls, with the first counted between them.
    """
    require(actor, MAKE_CONTACT)
    _check_named(requests)
    permits: list[Permit] = []
    for start in range(0, len(requests), CHUNK):
        known = [row.with_counted(in_progress) for row in known_for(requests[start : start + CHUNK])]
        permits += [Permit(actor=actor, **_as_stored(row, row.verdict())) for row in known]
    Permit.objects.bulk_create(permits, batch_size=CHUNK)
    _audit_permits([(permit.pk, permit.is_allowed) for permit in permits], actor)
    return permits


@dataclass(frozen=True)
class Given:
    """A stored permit, as much of it as a queue needs.

    `waits_for` is the rule that refused the moment asked for when the permit is for a later one.
    """

    pk: int
    moment: datetime
    is_allowed: bool
    rule: str
    next_moment: datetime | None
    waits_for: str = ""


@transaction.atomic
def give_permits(*, requests: Sequence[Asked], wait: timedelta, actor) -> list[Given]:
    """`ask_permits` for thousands: facts once, rows by COPY, answers in the order of the requests.

    One that is refused now but has a legal moment within `wait` is asked again for that moment
    from the same facts; both answers are stored and the second is returned.
    """
    require(actor, MAKE_CONTACT)
    _check_named(requests)
    answers: list[Given] = []
    for start in range(0, len(requests), CHUNK):
        answers += _give_chunk(requests[start : start + CHUNK], wait, actor)
    return answers


def _give_chunk(requests: Sequence[Asked], wait: timedelta, actor) -> list[Given]:
    read = Reading(requests)
    judged: list[tuple[Known, Verdict]] = []
    last: list[tuple[int, str]] = []
    for asked in requests:
        known = read.known(asked)
        verdict = known.verdict()
        judged.append((known, verdict))
        waits_for, later = "", verdict.next_moment
        if not verdict.allowed and later is not None and later - asked.moment <= wait:
            known = read.known(replace(asked, moment=later))
            judged.append((known, known.verdict()))
            waits_for = verdict.rule
        last.append((len(judged) - 1, waits_for))
    keys = bulk.draw_keys(Permit, len(judged))
    rows = [_as_stored(known, verdict) for known, verdict in judged]
    bulk.copy_rows(
        Permit,
        ["id", "actor_id", *rows[0]],
        ([key, actor.pk, *row.values()] for key, row in zip(keys, rows, strict=True)),
    )
    _audit_permits(
        [(key, verdict.allowed) for key, (_known, verdict) in zip(keys, judged, strict=True)], actor
    )
    return [
        Given(
            keys[place],
            judged[place][0].asked.moment,
            judged[place][1].allowed,
            judged[place][1].rule,
            judged[place][1].next_moment,
            waits_for,
        )
        for place, waits_for in last
    ]


def _check_named(requests: Sequence[Asked]) -> None:
    if any(not asked.account_ids for asked in requests):
        raise NoAccountNamed(_("Name the account this contact is about."))


def _audit_permits(given: Sequence[tuple[int, bool]], actor) -> None:
    for code, wanted in (("permit.given", True), ("permit.refused", False)):
        ids = [pk for pk, is_allowed in given if is_allowed is wanted]
        audit.record_set(code, Permit, ids=ids, actor=actor)


def _as_stored(known: Known, verdict: Verdict) -> dict[str, Any]:
    """The columns of a permit, the asker left out."""
    asked = known.asked
    return {
        "debtor_id": asked.debtor_id,
        "creditor_id": known.creditor_id,
        "account_ids": list(asked.account_ids),
        "channel": asked.channel,
        "purpose": asked.purpose,
        "contact_point_id": asked.point_id,
        "moment": asked.moment,
        "is_allowed": verdict.allowed,
        "rule": verdict.rule,
        "rule_source": str(verdict.source)[:SOURCE_LENGTH],
        "next_moment": verdict.next_moment,
        "profile": known.profile.name[:40],
        "profile_version": known.profile.version,
        "facts": _decided_by(known, verdict),
    }


def _decided_by(known: Known, verdict: Verdict) -> dict[str, Any]:
    """What a verdict rested on, enough to decide again."""
    facts = known.facts
    return {
        "zones": list(facts.zones),
        "zone_known": facts.is_zone_known,
        "laws": [law.name for law in known.profile.laws],
        "counts": {count.name: count.used for count in verdict.counts},
        "until": verdict.until.isoformat() if verdict.until else None,
        "holds": sorted({hold.reason for hold in facts.holds}),
        "automatic": facts.is_automatic,
        "at": known.asked.moment.astimezone(UTC).isoformat(),
        "creditor": known.creditor_id,
        "inputs": data_of(facts, known.where, known.portfolio_id),
    }


def judged_by(known: Known, verdict: Verdict) -> dict[str, Any]:
    """What a judgement afterwards rested on; the ledger's row has no columns of its own for these."""
    return {
        **_decided_by(known, verdict),
        "profile": known.profile.name[:40],
        "profile_version": known.profile.version,
        "purpose": known.asked.purpose,
        "point": known.asked.point_id,
        "source": str(verdict.source),
    }


@transaction.atomic
def count_contacts(*, contacts: Sequence[Happened], actor) -> list[CountedContact]:
    """Enter contacts into the count ledger, in the order given.

    An outbound one without a permit is judged by the rules, holds and counts of its own moment,
    earlier ones of the same call included. A correction takes the place of what it supersedes.
    """
    require(actor, MAKE_CONTACT)
    judged = _judge(contacts)
    rows = [_counted_row(contact, judged[place]) for place, contact in enumerate(contacts)]
    CountedContact.objects.bulk_create(rows, batch_size=CHUNK)
    audit.record_set("contact.counted", CountedContact, ids=[row.pk for row in rows], actor=actor)
    breaches = [row.pk for row in rows if row.judgement == Judgement.BREACH]
    audit.record_set("contact.breach_found", CountedContact, ids=breaches, actor=actor)
    return rows


@dataclass(frozen=True)
class Judged:
    """What the gate says of a contact that happened, and what it said so by."""

    judgement: str
    rule: str
    identity_id: int | None
    inputs: dict[str, Any]


def _counted_row(contact: Happened, judged: Judged) -> CountedContact:
    return CountedContact(
        debtor_id=contact.debtor_id,
        identity_id=judged.identity_id,
        account_ids=sorted(contact.account_ids),
        channel=contact.channel,
        is_inbound=contact.is_inbound,
        at=contact.at,
        is_contact_made=contact.is_contact_made,
        is_right_party=contact.is_right_party,
        permit=contact.permit,
        judgement=judged.judgement,
        rule=judged.rule,
        is_connected=contact.is_connected,
        is_conversation=contact.is_conversation,
        inputs=judged.inputs,
        supersedes=contact.supersedes,
    )


def _judge(contacts: Sequence[Happened]) -> dict[int, Judged]:
    """What is said of each, by its place in the list."""
    if all(_needs_no_facts(contact) for contact in contacts):
        identities = identities_of({contact.debtor_id for contact in contacts})
        return {
            place: _judge_without_facts(contact, identities[contact.debtor_id])
            for place, contact in enumerate(contacts)
        }
    superseded = [contact.supersedes.pk for contact in contacts if contact.supersedes]
    known = known_for([_as_asked(contact) for contact in contacts], without_counted=superseded)
    fresh: dict[int, list[Counted]] = {}
    judged = {}
    for place in sorted(range(len(contacts)), key=lambda place: contacts[place].at):
        contact, row = contacts[place], known[place]
        judged[place] = _judge_one(contact, row, fresh)
        counted = Counted(
            contact.at,
            contact.channel,
            contact.is_contact_made,
            contact.is_inbound,
            frozenset(contact.account_ids),
            purpose=contact.permit.purpose if contact.permit else "",
            is_connected=contact.is_connected,
            is_conversation=contact.is_conversation,
        )
        fresh.setdefault(contact.debtor_id, []).append(counted)
    return judged


def _as_asked(contact: Happened) -> Asked:
    return Asked(
        contact.debtor_id,
        tuple(contact.account_ids),
        contact.channel,
        contact.at,
        contact.purpose,
        contact.point_id,
        carries=contact.carries,
    )


def _needs_no_facts(contact: Happened) -> bool:
    """He called himself, or the gate was asked before."""
    return contact.is_inbound or (contact.permit is not None and contact.permit.is_allowed)


def _judge_without_facts(contact: Happened, identity_id: int | None) -> Judged:
    said = Judgement.NOT_JUDGED if contact.is_inbound else Judgement.PERMITTED
    return Judged(said, "", identity_id, {})


def _judge_one(contact: Happened, known: Known, fresh: dict[int, list[Counted]]) -> Judged:
    if _needs_no_facts(contact):
        return _judge_without_facts(contact, known.identity_id)
    earlier = [counted for pk in known.person_ids for counted in fresh.get(pk, ())]
    judged = as_it_was(known, earlier)
    verdict = judged.verdict()
    said, rule = (Judgement.LAWFUL, "") if verdict.allowed else (Judgement.BREACH, verdict.rule)
    return Judged(said, rule, known.identity_id, judged_by(judged, verdict))
