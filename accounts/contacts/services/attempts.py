"""Logging what was dialled, sent or visited; one attempt whatever the number of its accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.compliance.models import Permit
from accounts.compliance.rules import MAKE_CONTACT
from accounts.compliance.services import Happened, count_contacts
from accounts.compliance.spoken import wordings_in
from accounts.contacts.callees import standing
from accounts.contacts.enums import (
    CONTACT_MADE,
    ITEMS_NEEDED,
    NEVER_RANG,
    SAID_BY_OUTCOME,
    SPEAKS_FOR_DEBTOR,
    WITHOUT_DEBTOR,
    ContactDirection,
    ContactSource,
    NonPaymentReason,
    Outcome,
    PersonReached,
)
from accounts.contacts.models import AttemptAccount, ContactAttempt, OpenCall
from accounts.contacts.rules import CORRECT_CONTACT
from accounts.contacts.signals import tell_recorded
from accounts.ledger.models import AccountParty
from accounts.parties.enums import Channel
from accounts.parties.models import Debtor
from collections_app.core import audit
from collections_app.core.clock import local_date
from collections_app.core.permissions import has_permission, require
from collections_app.core.refusal import NotAllowed, Refused

BATCH = 2_000
MINUTE = timedelta(minutes=1)


class PermitMissing(Refused):
    """An outbound contact made through the product carries an allowed permit."""


class AccountOfAnother(Refused):
    """The account has nothing to do with the person who was contacted."""


class ColleagueInTheSameMinute(Refused):
    """A colleague is on the phone with the same debtor, and no reason was given (D22)."""


class AttemptAlreadyCorrected(Refused):
    """Somebody else corrected it; the correction may be corrected in turn."""


class AttemptOfAColleague(NotAllowed):
    """Only who made a contact, or somebody senior, corrects it."""


@dataclass(frozen=True)
class NewAttempt:
    """One attempt as it is written. `at` is aware; `person_reached` follows the outcome if empty."""

    debtor_id: int
    creditor_id: int
    account_ids: tuple[int, ...]
    channel: str
    direction: str
    at: datetime
    outcome: str
    officer_id: int | None = None
    source: str = ContactSource.LOGGED
    permit: Permit | None = None
    contact_point_id: int | None = None
    person_reached: str = ""
    checked_items: tuple[str, ...] = ()
    lines_said: tuple[str, ...] = ()
    lines_unsaid: tuple[str, ...] = ()
    nonpayment_reason: str = ""
    note: str = ""
    duration_seconds: int | None = None
    colleague_reason: str = ""
    supersedes: ContactAttempt | None = None
    import_batch_id: int | None = None

    @property
    def is_contact_made(self) -> bool:
        return self.outcome in CONTACT_MADE

    @property
    def is_connected(self) -> bool:
        """Whether it rang where it was meant to."""
        return self.outcome not in NEVER_RANG

    @property
    def reached(self) -> str:
        """Who was reached, as said or as the outcome lets suppose; a wrong party is never the debtor."""
        if self.person_reached and not (
            self.outcome == Outcome.WRONG_PARTY and self.person_reached in SPEAKS_FOR_DEBTOR
        ):
            return self.person_reached
        if not self.is_contact_made:
            return PersonReached.NOBODY
        return PersonReached.THIRD_PARTY if self.outcome in WITHOUT_DEBTOR else PersonReached.DEBTOR

    @property
    def is_conversation(self) -> bool:
        """Whether somebody was spoken to with whom the debt may be spoken of."""
        return self.is_contact_made and self.reached in SPEAKS_FOR_DEBTOR

    @property
    def why_unpaid(self) -> str:
        """The coded reason for non-payment (D30): as said, or as the outcome says by itself.

        Every contact with the debtor stores one; where none was heard, that it is not known.
        """
        if self.nonpayment_reason:
            return self.nonpayment_reason
        if self.reached not in SPEAKS_FOR_DEBTOR or self.outcome not in CONTACT_MADE:
            return ""
        return SAID_BY_OUTCOME.get(Outcome(self.outcome), NonPaymentReason.UNKNOWN)

    @property
    def is_right_party(self) -> bool:
        """Whether enough identity items were compared with somebody who may speak of the debt."""
        return len(set(self.checked_items)) >= ITEMS_NEEDED and self.reached in SPEAKS_FOR_DEBTOR


@transaction.atomic
def log_attempts(*, attempts: Sequence[NewAttempt], actor) -> list[ContactAttempt]:
    """Write attempts as a set: counted, judged where they had no permit, linked to their accounts.

    For imports, sending and rounds; a fixed number of statements for any set. What is outbound and
    made through the product raises PermitMissing without an allowed permit.
    """
    require(actor, MAKE_CONTACT)
    for attempt in attempts:
        _check_permit(attempt)
    counted = count_contacts(contacts=[_happened(attempt) for attempt in attempts], actor=actor)
    rows = [
        ContactAttempt(
            debtor_id=attempt.debtor_id,
            creditor_id=attempt.creditor_id,
            channel=attempt.channel,
            direction=attempt.direction,
            at=attempt.at,
            duration_seconds=attempt.duration_seconds,
            contact_point_id=attempt.contact_point_id,
            outcome=attempt.outcome,
            person_reached=attempt.reached,
            is_contact_made=attempt.is_contact_made,
            is_right_party=attempt.is_right_party,
            checked_items=list(attempt.checked_items),
            lines_said=list(attempt.lines_said),
            lines_unsaid=list(attempt.lines_unsaid),
            nonpayment_reason=attempt.why_unpaid,
            note=attempt.note,
            colleague_reason=attempt.colleague_reason,
            officer_id=attempt.officer_id,
            source=attempt.source,
            permit=attempt.permit,
            counted=row,
            supersedes=attempt.supersedes,
            import_batch_id=attempt.import_batch_id,
        )
        for attempt, row in zip(attempts, counted, strict=True)
    ]
    ContactAttempt.objects.bulk_create(rows, batch_size=BATCH)
    AttemptAccount.objects.bulk_create(
        [
            AttemptAccount(attempt=row, account_id=account_id)
            for attempt, row in zip(attempts, rows, strict=True)
            for account_id in sorted(set(attempt.account_ids))
        ],
        batch_size=BATCH,
    )
    audit.record_set("contact.logged", ContactAttempt, ids=[row.pk for row in rows], actor=actor)
    if attempts:
        tell_recorded(
            ContactAttempt,
            account_ids={pk for attempt in attempts for pk in attempt.account_ids},
            as_of=local_date(max(attempt.at for attempt in attempts)),
            actor=actor,
        )
    return rows


def _check_permit(attempt: NewAttempt) -> None:
    if attempt.direction != ContactDirection.OUT or attempt.source != ContactSource.PRODUCT:
        return
    if attempt.permit is None or not attempt.permit.is_allowed:
        raise PermitMissing(_("This contact has no permit. Ask for one before you make it."))


def _happened(attempt: NewAttempt) -> Happened:
    superseded = attempt.supersedes
    return Happened(
        debtor_id=attempt.debtor_id,
        account_ids=tuple(attempt.account_ids),
        channel=attempt.channel,
        at=attempt.at,
        is_inbound=attempt.direction == ContactDirection.IN,
        is_contact_made=attempt.is_contact_made,
        is_right_party=attempt.is_right_party,
        is_connected=attempt.is_connected,
        is_conversation=attempt.is_conversation,
        permit=attempt.permit,
        point_id=attempt.contact_point_id,
        supersedes=superseded.counted if superseded else None,
        carries=wordings_in(attempt.lines_said),
    )


@transaction.atomic
def log_attempt(
    *,
    debtor: Debtor,
    accounts: Sequence,
    channel: str,
    direction: str,
    at: datetime,
    outcome: str,
    officer,
    permit: Permit | None = None,
    source: str = ContactSource.LOGGED,
    contact_point=None,
    person_reached: str = "",
    checked_items: Sequence[str] = (),
    lines_said: Sequence[str] = (),
    lines_unsaid: Sequence[str] = (),
    nonpayment_reason: str = "",
    note: str = "",
    duration_seconds: int | None = None,
    colleague_reason: str = "",
    supersedes: ContactAttempt | None = None,
    actor=None,
) -> ContactAttempt:
    """Write one attempt. Without a permit it is judged at its time and shown if it is a breach; of the
    words that a law wants said `lines_said` were, `lines_unsaid` were not.

    `officer` made it, `actor` writes it down (by default the officer). Raises PermitMissing,
    AccountOfAnother, ColleagueInTheSameMinute.
    """
    Debtor.objects.select_for_update(no_key=True).get(pk=debtor.pk)
    check_accounts(debtor, accounts, at=at)
    if channel == Channel.CALL and not colleague_reason.strip():
        refuse_beside_colleague(debtor=debtor, officer=officer, at=at)
    (attempt,) = log_attempts(
        attempts=[
            NewAttempt(
                debtor_id=debtor.pk,
                creditor_id=debtor.creditor_id,
                account_ids=tuple(account.pk for account in accounts),
                channel=channel,
                direction=direction,
                at=at,
                outcome=Outcome(outcome),
                officer_id=officer.pk if officer else None,
                source=source,
                permit=permit,
                contact_point_id=contact_point.pk if contact_point else None,
                person_reached=person_reached,
                checked_items=tuple(checked_items),
                lines_said=tuple(lines_said),
                lines_unsaid=tuple(lines_unsaid),
                nonpayment_reason=nonpayment_reason,
                note=note.strip(),
                duration_seconds=duration_seconds,
                colleague_reason=colleague_reason.strip()[:200],
                supersedes=supersedes,
            )
        ],
        actor=actor or officer,
    )
    return attempt


def check_accounts(debtor: Debtor, accounts: Sequence, *, at: datetime) -> None:
    """Every account is the debtor's, or he stands in a role to it that day; never another creditor's.

    Raises AccountOfAnother.
    """
    if not accounts:
        raise AccountOfAnother(_("Name the account this contact is about."), field="accounts")
    others = [account for account in accounts if account.debtor_id != debtor.pk]
    if not others:
        return
    day = local_date(at, debtor.creditor.time_zone)
    parties = AccountParty.objects.filter(standing(day), account__in=others, debtor=debtor)
    known = set(parties.values_list("account_id", flat=True))
    for account in others:
        merged = account.debtor.merged_into_id == debtor.pk or debtor.merged_into_id == account.debtor_id
        if account.creditor_id != debtor.creditor_id or not (merged or account.pk in known):
            raise AccountOfAnother(
                _("%(debtor)s has nothing to do with account %(account)s.")
                % {"debtor": debtor, "account": account},
                field="accounts",
            )


def refuse_beside_colleague(*, debtor: Debtor, officer, at: datetime) -> None:
    """Raise when a colleague has, or had, the debtor on the phone in the minute of `at`.

    Raises ColleagueInTheSameMinute.
    """
    minute = at.replace(second=0, microsecond=0)
    on_the_phone = OpenCall.objects.filter(debtor=debtor, opened_at__lt=minute + MINUTE).exclude(
        officer=officer
    )
    spoke = (
        ContactAttempt.objects.standing()
        .filter(debtor=debtor, channel=Channel.CALL, at__gte=minute, at__lt=minute + MINUTE)
        .exclude(officer=officer)
    )
    colleague = on_the_phone.select_related("officer").first() or spoke.select_related("officer").first()
    if colleague is not None:
        raise ColleagueInTheSameMinute(
            _("%(colleague)s calls this debtor in the same minute. Say why you call too.")
            % {"colleague": colleague.officer or _("A colleague")},
            field="colleague_reason",
        )


def _still_reached(attempt: ContactAttempt, outcome: str) -> str:
    """Who speaks for the debtor stays the one who was reached, where the outcome has it that he was."""
    speaks = attempt.person_reached == PersonReached.REPRESENTATIVE
    return attempt.person_reached if speaks and outcome in CONTACT_MADE - WITHOUT_DEBTOR else ""


@transaction.atomic
def correct_attempt(*, attempt: ContactAttempt, actor, **changes) -> ContactAttempt:
    """Put a corrected attempt in the place of a wrong one; both stay, only the new one counts.

    `changes` are fields of NewAttempt (outcome, at, note, nonpayment_reason, person_reached,
    checked_items, direction, duration_seconds). Raises AttemptAlreadyCorrected,
    AttemptOfAColleague.
    """
    require(actor, MAKE_CONTACT)
    if attempt.officer_id != actor.pk and not has_permission(actor, CORRECT_CONTACT):
        raise AttemptOfAColleague(_("Ask the colleague who made this contact, or somebody senior."))
    Debtor.objects.select_for_update(no_key=True).get(pk=attempt.debtor_id)
    if ContactAttempt.objects.filter(supersedes=attempt).exists():
        raise AttemptAlreadyCorrected(_("This contact was corrected already; open the correction."))
    same_time = changes.get("at", attempt.at) == attempt.at
    fields = {
        "debtor_id": attempt.debtor_id,
        "creditor_id": attempt.creditor_id,
        "account_ids": tuple(attempt.attempt_accounts.values_list("account_id", flat=True)),
        "channel": attempt.channel,
        "direction": attempt.direction,
        "at": attempt.at,
        "outcome": attempt.outcome,
        "officer_id": attempt.officer_id,
        # a permit is for its moment: moved to another, the contact is judged like any without one
        "source": attempt.source if same_time else ContactSource.LOGGED,
        "permit": attempt.permit if same_time else None,
        "contact_point_id": attempt.contact_point_id,
        "person_reached": _still_reached(attempt, changes.get("outcome", attempt.outcome)),
        "checked_items": tuple(attempt.checked_items),
        "lines_said": tuple(attempt.lines_said),
        "lines_unsaid": tuple(attempt.lines_unsaid),
        "nonpayment_reason": attempt.nonpayment_reason,
        "note": attempt.note,
        "duration_seconds": attempt.duration_seconds,
        "colleague_reason": attempt.colleague_reason,
        **changes,
    }
    (corrected,) = log_attempts(attempts=[NewAttempt(**fields, supersedes=attempt)], actor=actor)
    audit.record(
        "contact.corrected",
        corrected,
        actor=actor,
        before={"attempt": attempt.pk, "outcome": attempt.outcome},
        after={"outcome": corrected.outcome},
    )
    return corrected
