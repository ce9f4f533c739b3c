"""Reads of the slice: the open call, what to compare, the next step, what happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.utils import formats

from accounts.compliance.decision import Counted, Verdict
from accounts.compliance.queries import Asked, Known, known_for
from accounts.compliance.spoken import Line, due_in, lines_to_say
from accounts.contacts.enums import (
    CONTACT_MADE,
    NEVER_RANG,
    WITHOUT_DEBTOR,
    FollowUpKind,
    IdentityItem,
    NonPaymentReason,
)
from accounts.contacts.models import ContactAttempt, OpenCall
from accounts.contacts.suggestions import Step, next_step
from accounts.parties.enums import Channel, ContactPointKind, ContactPointStatus
from accounts.parties.models import ContactPoint, Debtor
from accounts.policies.queries import policy
from collections_app.core import clock
from collections_app.core.story import until_sql

USABLE = (ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED)


def open_call_of(officer) -> OpenCall | None:
    """The call the officer has open, if any."""
    own = OpenCall.objects.filter(officer=officer)
    # Mostly there is none; planning the join to find that out would take ten times the look itself.
    if not own.exists():
        return None
    return own.select_related("account", "account__creditor", "debtor", "contact_point", "permit").first()


# 12 CFR 1006.14(b)(3): consent to a call holds for seven days at most
CONSENT_DAYS = 7


def asked_to_call_back(account_ids: Iterable[int], at: datetime) -> set[int]:
    """Accounts whose debtor, in a contact with us, asked to be called back by now."""
    return {account_id for account_id, _person, is_debtor in _call_backs(account_ids, at) if is_debtor}


def who_asked_to_call_back(account, at: datetime) -> set[int]:
    """The people who asked to be called back about the account by now, keys of their records."""
    found = _call_backs([account.pk], at)
    own = {account.debtor_id for _account, _person, is_debtor in found if is_debtor}
    return own | {person for _account, person, _is_debtor in found}


def _call_backs(account_ids: Iterable[int], at: datetime) -> set[tuple[int, int, bool]]:
    """(account, person who asked, whether that is the account's debtor).

    Such a call is that person's own wish (purpose "requested") from its day on, in the creditor's
    zone, for `CONSENT_DAYS`; it says nothing of a call to somebody else about the same account.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT planned.account_id, asked.debtor_id,
                coalesce(person.merged_into_id, person.id) = coalesce(debtor.merged_into_id, debtor.id)
            FROM accounts_followup planned
            JOIN accounts_contactattempt asked ON asked.id = planned.attempt_id
            JOIN accounts_debtor person ON person.id = asked.debtor_id
            JOIN accounts_account account ON account.id = planned.account_id
            JOIN accounts_debtor debtor ON debtor.id = account.debtor_id
            JOIN accounts_creditor creditor ON creditor.id = asked.creditor_id
            CROSS JOIN LATERAL (SELECT (%s AT TIME ZONE creditor.time_zone)::date AS day) today
            WHERE planned.account_id = ANY(%s) AND planned.status = 'open'
              AND planned.kind = 'call_back' AND asked.is_contact_made
              AND planned.due_on <= today.day AND planned.due_on > today.day - %s
            """,
            [at, list(account_ids), CONSENT_DAYS],
        )
        return set(cursor.fetchall())


@dataclass(frozen=True)
class IdentityFact:
    """Something only the right party knows. `value` is shown on asking, except the name."""

    item: str
    label: str
    value: str


def identity_facts(account, as_of: date, person: Debtor | None = None) -> list[IdentityFact]:
    """What can be compared with what the `person` on the line says, by default the debtor, the quickest
    to ask first. Who stands for him tells his own name, and number and reference of whom it is about."""
    debtor = person or account.debtor
    points = list(
        ContactPoint.objects.filter(debtor=debtor, kind__in=["address", "email"], status__in=USABLE)
        .exclude(valid_to__lte=as_of)
        .order_by("-is_primary", "id")
    )
    address = next((point for point in points if point.kind == ContactPointKind.ADDRESS), None)
    email = next((point for point in points if point.kind == ContactPointKind.EMAIL), None)
    known = [
        (IdentityItem.NAME, debtor.name),
        (
            IdentityItem.BIRTH_DATE,
            formats.date_format(debtor.birth_date, "j F Y") if debtor.birth_date else "",
        ),
        (IdentityItem.POSTCODE, address.postcode if address else ""),
        (IdentityItem.ADDRESS, address.value if address else ""),
        (IdentityItem.EMAIL, email.value if email else ""),
        (IdentityItem.ACCOUNT_NUMBER, account.number),
        (IdentityItem.REFERENCE, account.debtor.reference),
    ]
    return [IdentityFact(item, str(item.label), value) for item, value in known if value]


def lines_of_call(known: Known, call: OpenCall) -> tuple[Line, ...]:
    """What the law wants said in this call."""
    creditor = call.account.creditor
    return lines_to_say(
        known.profile,
        known.facts,
        known.asked.moment,
        call.debtor.language,
        officer=call.officer.full_name,
        creditor=creditor.sender_name or creditor.name,
    )


def words_to_read(known: Known, language: str) -> list[Line]:
    """The words without which a law lets nobody speak of the debt: to be read out in a call."""
    lines = lines_to_say(known.profile, known.facts, known.asked.moment, language)
    return [line for line in lines if line.is_wording]


def lines_unsaid(call: OpenCall, outcome: str) -> tuple[str, ...]:
    """The lines that a call of this outcome had to have and that nobody ticked.

    With whom nobody ticked that he is the right party the debt was not spoken of.
    """
    answered = outcome in CONTACT_MADE
    if not answered:
        return ()
    (known,) = known_for([Asked(call.debtor_id, (call.account_id,), Channel.CALL, call.opened_at)])
    due = due_in(
        lines_of_call(known, call), somebody_answered=answered, debt_was_spoken_of=call.is_right_party
    )
    return tuple(name for name in due if name not in call.lines_said)


def last_reason(debtor_id: int) -> str:
    """The reason for non-payment heard last, empty when none was."""
    return (
        ContactAttempt.objects.standing()
        .filter(debtor=debtor_id)
        .exclude(nonpayment_reason__in=["", NonPaymentReason.UNKNOWN])
        .order_by("-at")
        .values_list("nonpayment_reason", flat=True)
        .first()
        or ""
    )


def counted_as(outcome: str, at: datetime) -> Counted:
    """A call as the count ledger will have it, so that the next one is proposed for a legal moment."""
    is_made = outcome in CONTACT_MADE
    return Counted(
        at,
        Channel.CALL,
        is_made,
        is_connected=outcome not in NEVER_RANG,
        is_conversation=is_made and outcome not in WITHOUT_DEBTOR,
    )


def step_after(
    *, outcome: str, account, at: datetime, as_of: date, debtor_id: int | None = None
) -> Step | None:
    """The next step after an outcome with that person, by default the account's debtor, moved to where
    the gate would let it be done."""
    (known,) = known_for([Asked(debtor_id or account.debtor_id, (account.pk,), Channel.CALL, at)])
    return step_from(known, outcome=outcome, account=account, at=at, as_of=as_of)


def step_from(known: Known, *, outcome: str, account, at: datetime, as_of: date) -> Step | None:
    """`step_after` with the gate's facts at hand."""
    days = policy(
        "after_contact", as_of=as_of, creditor_id=account.creditor_id, portfolio_id=account.portfolio_id
    )
    zone = clock.zone(known.facts.zones[0] if known.facts.zones else known.facts.business_zone)
    step = next_step(
        outcome,
        day=as_of,
        local_time=at.astimezone(zone).time(),
        days=days,
        calendar=known.facts.calendar or clock.BusinessCalendar(account.creditor.country),
    )
    if step is None or step.kind != FollowUpKind.CALL:
        return step
    # this very call counts too by then
    counted = known.with_counted([counted_as(outcome, at)])
    local = datetime.combine(step.due_on, step.due_time or at.astimezone(zone).time(), zone)
    verdict = _verdict_at(counted, local)
    if verdict.allowed or verdict.next_moment is None:
        return step
    opens = verdict.next_moment.astimezone(zone)
    return Step(step.kind, opens.date(), opens.time().replace(second=0, microsecond=0))


def _verdict_at(known: Known, moment: datetime) -> Verdict:
    asked = known.asked
    at_that_time = Asked(asked.debtor_id, asked.account_ids, asked.channel, moment, asked.purpose)
    there = Known(
        at_that_time,
        known.profile,
        known.facts,
        known.creditor_id,
        known.person_ids,
        known.identity_id,
    )
    return there.reading_out().verdict()


# --- what happened, for timelines ---

# Standing attempts about any of the accounts, each once.
ATTEMPTS = f"""
SELECT a.at, 'attempt ' || a.id AS key, a.id, a.channel, a.direction, a.outcome, a.is_right_party,
       a.nonpayment_reason, left(a.note, 120) AS note, u.full_name AS officer,
       CASE WHEN a.person_reached = 'representative' THEN p.name ELSE '' END AS speaker
FROM accounts_contactattempt a LEFT JOIN core_user u ON u.id = a.officer_id
JOIN accounts_debtor p ON p.id = a.debtor_id
WHERE a.id IN (SELECT l.attempt_id FROM accounts_attemptaccount l WHERE l.account_id = ANY(%(ids)s))
  AND {until_sql("a.at")}
  AND NOT EXISTS (SELECT 1 FROM accounts_contactattempt c WHERE c.supersedes_id = a.id)
ORDER BY a.at DESC, a.id DESC LIMIT 200
"""

# Follow-ups planned on the accounts, by when they were planned.
FOLLOW_UPS = f"""
SELECT f.recorded_at AS at, f.kind, f.due_on, f.status, u.full_name AS owner
FROM accounts_followup f JOIN core_user u ON u.id = f.owner_id
WHERE f.account_id = ANY(%(ids)s) AND f.status <> 'superseded' AND {until_sql("f.recorded_at")}
ORDER BY f.id DESC LIMIT 50
"""

# Notes on the accounts and on their debtors.
NOTES = f"""
SELECT n.recorded_at AS at, left(n.body, 200) AS body FROM (
    SELECT o.id, o.recorded_at, o.body FROM accounts_note o WHERE o.account_id = ANY(%(ids)s)
    UNION ALL
    SELECT p.id, p.recorded_at, p.body FROM accounts_note p
    WHERE p.account_id IS NULL AND p.debtor_id = ANY(
        ARRAY(SELECT a.debtor_id FROM accounts_account a WHERE a.id = ANY(%(ids)s)))
) n
WHERE {until_sql("n.recorded_at")}
ORDER BY n.id DESC LIMIT 50
"""
