"""The proof: every contact of a period decided again, from what was known when it was decided.

Three questions are put to each permit and to each contact that had none:

* do the inputs it stores, under the rules in force then, give the verdict it stores;
* are its inputs still what the count ledger says: no counted contact moved, changed, or vanished,
  and none left out that the ledger knew by then;
* is the contact itself (the attempt, the message) the one it was decided for: the same moment,
  channel and debtor, and after the permit.

What does not agree is a disagreement. A contact judged a breach agrees as long as it is judged one
again: breaches are listed beside. So are contacts made before we were told of a protection that
had begun by then: those are not judged.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from accounts.compliance.enums import Judgement, Purpose
from accounts.compliance.facts import Verdict
from accounts.compliance.models import SOURCE_LENGTH
from accounts.compliance.queries import Asked, Known, as_it_was, known_for, was_known
from accounts.compliance.replay_rows import (
    CONTACTS,
    PERMITS,
    Contact,
    Finding,
    Ledger,
    Stored,
)
from accounts.compliance.rulebook import EARLIER_SOURCE, Rulebook, office_source
from accounts.holds.enums import HoldScope
from collections_app.core import clock

CHUNK = 1_000
DISAGREEMENT, BREACH, LEARNED_LATER = "disagreement", "breach", "learned_later"
COUNTED = "accounts.countedcontact"
CUT_EARLIER = 120  # so many characters of a source were kept before they were kept whole
PROTECTING_SCOPES = {HoldScope.CONTACT, HoldScope.DEMAND}
# A worker's clock and the database's are not one
CLOCKS_DIFFER = timedelta(minutes=1)
Progress = Callable[[int], None]


@dataclass
class Replayed:
    """What a replay found over a period."""

    first: date
    last: date
    permits: int = 0
    contacts: int = 0
    judged: int = 0
    disagreements: list[Finding] = field(default_factory=list)
    breaches: list[Finding] = field(default_factory=list)
    learned_later: list[Finding] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        return not self.disagreements

    def figures(self) -> dict[str, int]:
        return {
            "permits": self.permits,
            "contacts": self.contacts,
            "judged": self.judged,
            "disagreements": len(self.disagreements),
            "breaches": len(self.breaches),
            "learned_later": len(self.learned_later),
        }

    def as_data(self) -> dict[str, Any]:
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            **self.figures(),
            "rows": [row.as_data() for row in (*self.disagreements, *self.breaches, *self.learned_later)],
        }


def replay(*, first: date, last: date, progress: Progress | None = None) -> Replayed:
    """Decide again every permit and judge again every contact whose moment lies on these days (of
    the active zone, both included). Reads only."""
    start = datetime.combine(first, datetime.min.time(), clock.zone())
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), clock.zone())
    result = Replayed(first, last)
    rulebook = Rulebook.read()
    for rows in _chunks(PERMITS, start, end):
        _replay_permits(rows, rulebook, result)
        result.permits += len(rows)
        if progress:
            progress(len(rows))
    for rows in _chunks(CONTACTS, start, end):
        _replay_contacts(rows, rulebook, result)
        result.contacts += len(rows)
        if progress:
            progress(len(rows))
    for source in _sources:
        result.disagreements += source(start, end)
    return result


def rows_to_replay(*, first: date, last: date) -> int:
    """How many permits and contacts a replay of these days will read."""
    start = datetime.combine(first, datetime.min.time(), clock.zone())
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), clock.zone())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM accounts_permit WHERE moment >= %(start)s AND moment < %(end)s)"
            " + (SELECT count(*) FROM accounts_countedcontact WHERE at >= %(start)s AND at < %(end)s)",
            {"start": start, "end": end},
        )
        return cursor.fetchone()[0]


# --- where contacts are told a second time ---

Source = Callable[[datetime, datetime], list[Finding]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """A floor above tells what it keeps of a contact, to be held against the count ledger: attempts,
    messages. The function answers what does not agree for moments from, and before."""
    if source not in _sources:
        _sources.append(source)


# --- permits ---


def _chunks(sql: str, start: datetime, end: datetime) -> Iterator[list[tuple]]:
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(sql, {"start": start, "end": end, "after": after, "limit": CHUNK})
            rows = cursor.fetchall()
        if not rows:
            return
        yield rows
        after = rows[-1][0]


def _replay_permits(rows: list[tuple], rulebook: Rulebook, result: Replayed) -> None:
    stored = [Stored.of_permit(row) for row in rows]
    kept = [permit for permit in stored if "at" in permit.inputs]
    ledger = Ledger(kept, rulebook.longest_window) if kept else None
    for row, permit in zip(rows, stored, strict=True):
        if ledger is None or "at" not in permit.inputs:
            continue  # given before permits kept what they were decided from
        result.judged += 1
        said = (row[8], row[9], office_source() if row[10] == EARLIER_SOURCE else row[10], row[11])
        if what := _what_differs(permit, said, rulebook, ledger):
            result.disagreements.append(_finding(DISAGREEMENT, "accounts.permit", permit, what))


def _what_differs(permit: Stored, said: tuple, rulebook: Rulebook, ledger: Ledger) -> str:
    """How a permit's verdict, or what it was decided from, differs today; empty when all agrees."""
    rules = permit.rules(rulebook)
    if what := permit.what_differs(rules):
        return what
    facts = permit.facts
    verdict = permit.again(rules, facts)
    kept = CUT_EARLIER if len(said[2]) == CUT_EARLIER else SOURCE_LENGTH
    again = (verdict.allowed, verdict.rule, verdict.source[:kept], verdict.next_moment)
    if again != said:
        return _verdict_words(said, again)
    counts = {count.name: count.used for count in verdict.counts}
    if counts != permit.inputs["counts"]:
        return f"counted {permit.inputs['counts']}, again {counts}"
    return ledger.what_differs(permit, facts, rules.longest_window)


def _verdict_words(said: tuple, again: tuple) -> str:
    names = ("allowed", "rule", "source", "next moment")
    parts = [
        f"{name} {_word(one)}, again {_word(other)}"
        for name, one, other in zip(names, said, again, strict=True)
        if one != other
    ]
    return "; ".join(parts)


def _word(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) or "none"


def _finding(kind: str, subject: str, row: Stored | Contact, what: str) -> Finding:
    at = row.moment if isinstance(row, Stored) else row.at
    return Finding(kind, subject, row.id, at.isoformat(), row.channel, row.debtor_id, what)


# --- contacts ---


def _replay_contacts(rows: list[tuple], rulebook: Rulebook, result: Replayed) -> None:
    contacts = [Contact.of(row) for row in rows]
    outbound = [contact for contact in contacts if not contact.is_inbound]
    known = dict(
        zip(
            [contact.id for contact in outbound],
            known_for([_asked(contact) for contact in outbound]),
            strict=True,
        )
    )
    judged = [contact.stored for contact in outbound if "at" in contact.inputs]
    ledger = Ledger(judged, rulebook.longest_window) if judged else None
    for contact in contacts:
        what = _what_differs_of(contact, known.get(contact.id), rulebook, ledger)
        if what:
            result.disagreements.append(_finding(DISAGREEMENT, COUNTED, contact, what))
        result.judged += not contact.is_inbound and contact.permit_id is None
        if contact.judgement == Judgement.BREACH and not contact.is_superseded:
            result.breaches.append(_finding(BREACH, COUNTED, contact, contact.rule))
        if contact.id in known and not contact.is_superseded:
            _list_learned_later(contact, known[contact.id], result)


def _asked(contact: Contact) -> Asked:
    inputs = contact.inputs
    return Asked(
        contact.debtor_id,
        tuple(contact.account_ids),
        contact.channel,
        contact.at,
        inputs.get("purpose", Purpose.DEMAND),
        inputs.get("point"),
    )


def _what_differs_of(contact: Contact, known: Known | None, rulebook: Rulebook, ledger: Ledger | None) -> str:
    """How what is said of a contact differs from what is found today; empty when it agrees."""
    if known is None:
        expected = Judgement.NOT_JUDGED
        return "" if contact.judgement == expected else f"inbound, but said to be {contact.judgement}"
    if contact.permit_id is not None and contact.permit_allowed:
        return _what_differs_of_permitted(contact)
    if "at" not in contact.inputs:
        return _judged_words(contact, as_it_was(_without_itself(known, contact)).verdict())
    stored = contact.stored
    rules = stored.rules(rulebook)
    if what := stored.what_differs(rules):
        return what
    facts = stored.facts
    if what := _judged_words(contact, stored.again(rules, facts)):
        return what
    return ledger.what_differs(stored, facts, rules.longest_window) if ledger else ""


def _without_itself(known: Known, contact: Contact) -> Known:
    """Without the contact, what it corrects, and what had not been written down before it."""
    left_out = {contact.id, contact.supersedes_id}
    counted = tuple(row for row in known.facts.counted if row.id not in left_out)
    return replace(known, facts=replace(known.facts, counted=counted))


def _what_differs_of_permitted(contact: Contact) -> str:
    if contact.judgement != Judgement.PERMITTED:
        return f"has a permit, but is said to be {contact.judgement}"
    if contact.permit_channel != contact.channel:
        return f"permitted was {contact.permit_channel}"
    if contact.at < contact.permit_moment - CLOCKS_DIFFER:
        return f"happened before its permit of {contact.permit_moment.isoformat()}"
    return ""


def _judged_words(contact: Contact, verdict: Verdict) -> str:
    again = Judgement.LAWFUL if verdict.allowed else Judgement.BREACH
    if (contact.judgement, contact.rule) == (again, verdict.rule):
        return ""
    return f"said to be {contact.judgement} {contact.rule}, again {again} {verdict.rule}".replace("  ", " ")


def _list_learned_later(contact: Contact, known: Known, result: Replayed) -> None:
    """Protections that had begun when the contact was made, and of which we were told afterwards."""
    facts, at = known.facts, contact.at
    day = clock.local_date(at, facts.business_zone)
    for hold in facts.holds:
        covers = hold.first_day <= day and (hold.last_day is None or day <= hold.last_day)
        if covers and not was_known(hold, at) and hold.scopes & PROTECTING_SCOPES:
            result.learned_later.append(_finding(LEARNED_LATER, COUNTED, contact, hold.reason))
            return
    for state in facts.legal_states:
        covers = state.since <= day and (state.until is None or day < state.until)
        if covers and not was_known(state, at):
            result.learned_later.append(_finding(LEARNED_LATER, COUNTED, contact, state.kind))
            return
