"""Whom the officer may ring up about the account, each with the gate's word on that very person."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from accounts.compliance.enums import Purpose
from accounts.compliance.queries import Known
from accounts.contacts.callees import role_of
from accounts.contacts.models import OpenCall
from accounts.ledger.enums import PartyRole
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.parties.models import ContactPoint
from accounts.parties.phones import readable
from accounts.web.call.chip import call_title

NUMBERS_SHOWN = 4


@dataclass(frozen=True)
class Number:
    """A number as people read it, and whether the gate would let it be dialled now."""

    point: ContactPoint
    text: str
    may: bool


@dataclass(frozen=True)
class Callee:
    """`role` is empty for the debtor; `why` says why none of the numbers may be dialled."""

    name: str
    role: str
    title: str
    why: str
    numbers: tuple[Number, ...]

    @property
    def may(self) -> bool:
        return any(number.may for number in self.numbers)


def callees_of(
    asked: Iterable[tuple[ContactPoint, Known]], wishes: Container[int], now: datetime
) -> list[Callee]:
    """Each person with his numbers and what the gate says of each; the debtor first.

    A number is judged as a call in which the words that a law wants are read out; `wishes` are those
    who asked to be called.
    """
    people: dict[int | None, list] = {}
    for point, known in asked:
        purpose = Purpose.REQUESTED if point.debtor_id in wishes else None
        verdict = known.reading_out().verdict(Channel.CALL, purpose)
        person = None if point.role is None else point.debtor_id
        people.setdefault(person, []).append((point, verdict))
    found = []
    for rows in people.values():
        rows = rows[:NUMBERS_SHOWN]
        point, verdict = next((row for row in rows if row[1].allowed), rows[0])
        found.append(
            Callee(
                name=point.debtor.name,
                role=str(PartyRole(point.role).label) if point.role else "",
                title=call_title(verdict, now),
                why="" if verdict.allowed else verdict.sentence,
                numbers=tuple(Number(row[0], readable(row[0].value), row[1].allowed) for row in rows),
            )
        )
    return found


def role_label(account: Account, call: OpenCall, as_of: date) -> str:
    """What the person on the line is to the account, where that is not its debtor."""
    if call.debtor_id == account.debtor_id:
        return ""
    role = role_of(account, call.debtor, as_of)
    return str(PartyRole(role).label) if role and role != PartyRole.DEBTOR else ""
