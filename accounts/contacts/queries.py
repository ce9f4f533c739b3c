"""Reads of the slice: the open call, what to compare, the next step, what happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.decision import Counted, Verdict
from accounts.compliance.queries import Asked, Known, known_for
from accounts.contacts.enums import (
    CONTACT_MADE,
    ContactDirection,
    FollowUpKind,
    FollowUpStatus,
    IdentityItem,
    NonPaymentReason,
    Outcome,
)
from accounts.contacts.models import AttemptAccount, ContactAttempt, FollowUp, Note, OpenCall
from accounts.contacts.suggestions import Step, next_step
from accounts.parties.enums import Channel, ContactPointKind, ContactPointStatus
from accounts.parties.models import ContactPoint
from accounts.policies.queries import policy
from collections_app.core import clock
from collections_app.core.statuses import Tone

CHANNEL_ICON = {
    Channel.CALL: "phone",
    Channel.EMAIL: "mail",
    Channel.SMS: "message",
    Channel.LETTER: "file-text",
    Channel.VISIT: "walk",
}
USABLE = (ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED)


def open_call_of(officer) -> OpenCall | None:
    """The call the officer has open, if any."""
    return (
        OpenCall.objects.filter(officer=officer)
        .select_related("account", "account__creditor", "debtor", "contact_point", "permit")
        .first()
    )


def callable_points(debtor, as_of: date) -> list[ContactPoint]:
    """Phone numbers that may be dialled, the best first."""
    return list(
        ContactPoint.objects.filter(debtor=debtor, kind=ContactPointKind.PHONE, status__in=USABLE)
        .exclude(valid_to__lte=as_of)
        .order_by("-is_primary", "status", "-noted_on", "id")
    )


# 12 CFR 1006.14(b)(3): consent to a call holds for seven days at most
CONSENT_DAYS = 7


def asked_to_call_back(account_ids: Iterable[int], at: datetime) -> set[int]:
    """Accounts whose debtor, in a contact with us, asked to be called back by now.

    Such a call is his own wish (purpose "requested") from its day on, in the creditor's zone, for
    `CONSENT_DAYS`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT planned.account_id
            FROM accounts_followup planned
            JOIN accounts_contactattempt asked ON asked.id = planned.attempt_id
            JOIN accounts_creditor creditor ON creditor.id = asked.creditor_id
            CROSS JOIN LATERAL (SELECT (%s AT TIME ZONE creditor.time_zone)::date AS day) today
            WHERE planned.account_id = ANY(%s) AND planned.status = 'open'
              AND planned.kind = 'call_back' AND asked.is_contact_made
              AND planned.due_on <= today.day AND planned.due_on > today.day - %s
            """,
            [at, list(account_ids), CONSENT_DAYS],
        )
        return {row[0] for row in cursor.fetchall()}


@dataclass(frozen=True)
class IdentityFact:
    """Something only the right party knows. `value` is shown on asking, except the name."""

    item: str
    label: str
    value: str


def identity_facts(account, as_of: date) -> list[IdentityFact]:
    """What can be compared with what the person on the line says, the quickest to ask first."""
    debtor = account.debtor
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
        (IdentityItem.REFERENCE, debtor.reference),
    ]
    return [IdentityFact(item, str(item.label), value) for item, value in known if value]


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


def step_after(*, outcome: str, account, at: datetime, as_of: date) -> Step | None:
    """The next step after an outcome, moved to where the gate would let it be done."""
    (known,) = known_for([Asked(account.debtor_id, (account.pk,), Channel.CALL, at)])
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
    counted = known.with_counted([Counted(at, Channel.CALL, outcome in CONTACT_MADE)])
    local = datetime.combine(step.due_on, step.due_time or at.astimezone(zone).time(), zone)
    verdict = _verdict_at(counted, local)
    if verdict.allowed or verdict.next_moment is None:
        return step
    opens = verdict.next_moment.astimezone(zone)
    return Step(step.kind, opens.date(), opens.time().replace(second=0, microsecond=0))


def _verdict_at(known: Known, moment: datetime) -> Verdict:
    asked = known.asked
    at_that_time = Asked(asked.debtor_id, asked.account_ids, asked.channel, moment, asked.purpose)
    return Known(
        at_that_time,
        known.profile,
        known.facts,
        known.creditor_id,
        known.person_ids,
        known.identity_id,
    ).verdict()


# --- what happened, for timelines ---

TITLES = {
    (Channel.CALL, ContactDirection.OUT): gettext_lazy("Called"),
    (Channel.CALL, ContactDirection.IN): gettext_lazy("Was called"),
    (Channel.EMAIL, ContactDirection.OUT): gettext_lazy("E-mail"),
    (Channel.EMAIL, ContactDirection.IN): gettext_lazy("E-mail received"),
    (Channel.SMS, ContactDirection.OUT): gettext_lazy("Text message"),
    (Channel.SMS, ContactDirection.IN): gettext_lazy("Text message received"),
    (Channel.LETTER, ContactDirection.OUT): gettext_lazy("Letter"),
    (Channel.LETTER, ContactDirection.IN): gettext_lazy("Letter received"),
    (Channel.VISIT, ContactDirection.OUT): gettext_lazy("Visited"),
    (Channel.VISIT, ContactDirection.IN): gettext_lazy("Came to us"),
}


def attempts_about(account_ids: Iterable[int], limit: int = 200):
    """Standing attempts about any of the accounts, newest first, each once."""
    about = AttemptAccount.objects.filter(account__in=list(account_ids)).values("attempt")
    return (
        ContactAttempt.objects.standing()
        .filter(pk__in=about)
        .select_related("officer", "contact_point")
        .order_by("-at", "-pk")[:limit]
    )


def attempt_icon(attempt: ContactAttempt) -> str:
    """The icon of the channel, with its direction for calls."""
    if attempt.channel == Channel.CALL:
        return "phone-incoming" if attempt.direction == ContactDirection.IN else "phone-outgoing"
    return CHANNEL_ICON[Channel(attempt.channel)]


def attempt_event(attempt: ContactAttempt) -> dict:
    """An attempt as an event of a timeline."""
    outcome = Outcome(attempt.outcome)
    parts = [outcome.label]
    if attempt.is_right_party:
        parts.append(_("right party"))
    if attempt.nonpayment_reason:
        parts.append(NonPaymentReason(attempt.nonpayment_reason).label)
    if attempt.note:
        parts.append(attempt.note[:120])
    if attempt.officer:
        parts.append(attempt.officer.get_full_name())
    return {
        "key": f"attempt {attempt.pk}",
        "at": attempt.at,
        "kind": attempt.channel,
        "icon": attempt_icon(attempt),
        "tone": outcome.tone if outcome.tone == Tone.STOP else Tone.NONE,
        "title": str(TITLES[Channel(attempt.channel), ContactDirection(attempt.direction)]),
        "detail": ", ".join(str(part) for part in parts),
        "url": "",
    }


def follow_up_events(account_ids: Iterable[int], limit: int = 50) -> list[dict]:
    """Follow-ups planned on the accounts, by when they were planned."""
    planned = (
        FollowUp.objects.filter(account__in=list(account_ids))
        .exclude(status=FollowUpStatus.SUPERSEDED)
        .select_related("owner")
        .order_by("-pk")[:limit]
    )
    return [
        {
            "at": row.recorded_at,
            "kind": "follow_ups",
            "icon": "calendar-event",
            "tone": Tone.NONE,
            "title": _("Follow-up: %(kind)s") % {"kind": row.get_kind_display()},
            "detail": _("for %(day)s, %(owner)s, %(status)s")
            % {
                "day": formats.date_format(row.due_on, "j M"),
                "owner": row.owner.get_full_name(),
                "status": row.get_status_display().lower(),
            },
            "url": "",
        }
        for row in planned
    ]


def note_events(account_ids: Iterable[int], limit: int = 50) -> list[dict]:
    """Notes on the accounts and on their debtors."""
    ids = list(account_ids)
    notes = (
        Note.objects.filter(debtor__accounts__in=ids)
        .filter(account__isnull=True)
        .union(Note.objects.filter(account__in=ids))
        .order_by("-id")[:limit]
    )
    return [
        {
            "at": note.recorded_at,
            "kind": "notes",
            "icon": "note",
            "tone": Tone.NONE,
            "title": _("Note"),
            "detail": note.body[:200],
            "url": "",
        }
        for note in notes
    ]
