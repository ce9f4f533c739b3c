"""A call from the moment it is opened to its outcome. No call is left without one."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.compliance import spoken
from accounts.compliance.decision import Counted
from accounts.compliance.enums import Purpose, Rule
from accounts.compliance.facts import Verdict
from accounts.compliance.lawful import TIME_BARRED_WORDING
from accounts.compliance.models import Permit
from accounts.compliance.rules import MAKE_CONTACT
from accounts.compliance.services import ask_permit
from accounts.compliance.wording import source_words
from accounts.contacts import open_calls
from accounts.contacts.callees import reached_as, role_of
from accounts.contacts.enums import WITHOUT_DEBTOR, ContactDirection, IdentityItem, Outcome
from accounts.contacts.models import OpenCall
from accounts.contacts.queries import who_asked_to_call_back
from accounts.contacts.services.attempts import check_accounts, refuse_beside_colleague
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.parties.models import ContactPoint, Debtor
from accounts.tasks.services import settle_tasks
from collections_app.core import audit, clock
from collections_app.core.models import User
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused
from collections_app.core.said import said

# What a call may carry; a tone is a text's.
WORDINGS = frozenset({TIME_BARRED_WORDING})


class CallStillOpen(Refused):
    """The officer's last call has no outcome yet. `call` is that call."""

    def __init__(self, call: OpenCall) -> None:
        self.call = call
        super().__init__(
            _("You are still on the call about account %(account)s. Save its outcome first.")
            % {"account": call.account}
        )


class CallNotAllowed(Refused):
    """The gate says no. `permit` is its stored answer."""

    def __init__(self, permit: Permit) -> None:
        self.permit = permit
        super().__init__(refusal_sentence(permit))


class CallNotOpen(Refused):
    """The call has its outcome already, or was never opened."""


class UnknownIdentityItem(Refused):
    """What was ticked is none of the items the product knows of this debtor."""


class UnknownLine(Refused):
    """What was ticked as said is no line of a profile."""


def refusal_sentence(permit: Permit | Verdict) -> str:
    """Why not, by what, and from when: "Outside contact hours (12 CFR 1006.6(b)(1)). Allowed from Mon
    23 Nov, 08:00." """
    source = source_words(permit.rule_source if isinstance(permit, Permit) else permit.source)
    reason = str(Rule(permit.rule).label)
    if source:
        reason = _("%(reason)s (%(source)s)") % {"reason": reason, "source": source}
    if permit.next_moment is None:
        return _("%(reason)s. No contact this way until that changes.") % {"reason": reason}
    local = permit.next_moment.astimezone(clock.zone())
    return _("%(reason)s. Allowed from %(moment)s.") % {
        "reason": reason,
        "moment": formats.date_format(local, pgettext("date format", "D j M, H:i")),
    }


def open_call(
    *,
    account: Account,
    contact_point: ContactPoint | None = None,
    direction: str = ContactDirection.OUT,
    officer,
    at: datetime,
    colleague_reason: str = "",
    reads: Iterable[str] = (),
) -> OpenCall:
    """Begin a call with whose number it is: the debtor, or somebody who stands for the account.

    Outbound, the gate is asked first, about that person; its answer is kept, also when it is no.
    `reads` are the wordings that the officer undertakes to read out ("time_barred").

    Opening the same account twice gives the same call. Raises CallNotAllowed, CallStillOpen,
    ColleagueInTheSameMinute.
    """
    require(officer, MAKE_CONTACT)
    with transaction.atomic():
        # one call an officer, one decision a debtor at a time
        User.objects.select_for_update(no_key=True).get(pk=officer.pk)
        debtor = _locked_person(account, contact_point)
        known = OpenCall.objects.filter(officer=officer).select_related("account").first()
        if known is not None and known.account_id == account.pk:
            return known
        if known is not None:
            raise CallStillOpen(known)
        if debtor.pk != account.debtor_id:
            check_accounts(debtor, [account], at=at)
        if not colleague_reason.strip():
            refuse_beside_colleague(debtor=debtor, officer=officer, at=at)
        permit = None
        if direction == ContactDirection.OUT:
            permit = ask_permit(
                debtor=debtor,
                accounts=[account],
                channel=Channel.CALL,
                at=at,
                purpose=_purpose(account, debtor, at),
                contact_point=contact_point,
                actor=officer,
                in_progress=_in_progress(debtor, officer),
                carries=WORDINGS & set(reads),
            )
        if permit is None or permit.is_allowed:
            call = OpenCall.objects.create(
                officer=officer,
                account=account,
                debtor=debtor,
                contact_point=contact_point,
                direction=direction,
                permit=permit,
                opened_at=at,
                colleague_reason=colleague_reason.strip()[:200],
            )
            open_calls.forget(officer.pk)
            audit.record("call.opened", call, actor=officer, after={"account": account, "permit": permit})
            return call
    # outside the transaction, so that the refusal stays on record
    raise CallNotAllowed(permit)


def _locked_person(account: Account, contact_point: ContactPoint | None) -> Debtor:
    """Whose number it is, locked with every record of the same person and with the account's debtor:
    caps count over the person, and over the account whoever is called about it."""
    wanted = contact_point.debtor_id if contact_point is not None else account.debtor_id
    people = Debtor.objects.filter(pk__in={wanted, account.debtor_id})
    identities = [row.identity_id for row in people if row.identity_id]
    person = Debtor.objects.filter(Q(pk__in={wanted, account.debtor_id}) | Q(identity__in=identities))
    rows = {row.pk: row for row in person.order_by("pk").select_for_update(no_key=True)}
    return rows[wanted]


def _purpose(account: Account, debtor: Debtor, at: datetime) -> str:
    """A call back that this person asked for is his own wish, on its day."""
    return Purpose.REQUESTED if debtor.pk in who_asked_to_call_back(account, at) else Purpose.DEMAND


def _in_progress(debtor: Debtor, officer) -> list[Counted]:
    """Calls of colleagues with the same person that are not counted yet."""
    person = OpenCall.objects.filter(debtor=debtor)
    if debtor.identity_id:
        person = OpenCall.objects.filter(debtor__identity=debtor.identity_id)
    others = person.filter(direction=ContactDirection.OUT).exclude(officer=officer)
    return [Counted(opened_at, Channel.CALL) for opened_at in others.values_list("opened_at", flat=True)]


@transaction.atomic
def check_right_party(
    *, call: OpenCall, items: Iterable[str], lines: Iterable[str] | None = None, officer
) -> OpenCall:
    """Store which identity items the person on the line got right; two open amounts and forms. With
    `lines` also which of the lines that the law wants said were said.

    What is stored already is not written again. Raises CallNotOpen, UnknownIdentityItem, UnknownLine.
    """
    require(officer, MAKE_CONTACT)
    ticked = list(dict.fromkeys(items))
    said = None if lines is None else list(dict.fromkeys(lines))
    if unknown := [item for item in ticked if item not in IdentityItem.values]:
        raise UnknownIdentityItem(_("%(item)s is nothing to compare.") % {"item": unknown[0]})
    call = locked_call(call, officer)
    said = call.lines_said if said is None else said
    if strange := [name for name in said if not spoken.NAME.match(name)]:
        raise UnknownLine(_("%(line)s is no line to say.") % {"line": strange[0]})
    if ticked == call.checked_items and said == call.lines_said:
        return call
    before = {"items": call.checked_items, "lines": call.lines_said}
    call.checked_items, call.lines_said = ticked, said
    call.save(update_fields=["checked_items", "lines_said"])
    audit.record(
        "call.right_party_checked",
        call,
        actor=officer,
        before=before,
        after={"items": ticked, "lines": said, "is_right_party": call.is_right_party},
    )
    return call


def close_call(*, call: OpenCall, outcome: str, actor, as_of: date) -> None:
    """The call has its outcome: it is open no longer, nor is the task about it."""
    settle_tasks(subject=call, outcome=said(Outcome(outcome).label), actor=actor, as_of=as_of)
    call.delete()
    open_calls.forget(call.officer_id)


def locked_call(call: OpenCall, officer) -> OpenCall:
    """The officer's own open call, locked. Raises CallNotOpen."""
    found = (
        OpenCall.objects.select_for_update(of=("self",))
        .select_related("account", "account__creditor", "debtor", "permit", "contact_point")
        .filter(pk=call.pk, officer=officer)
        .first()
    )
    if found is None:
        raise CallNotOpen(_("This call has its outcome already."))
    return found


def person_on(call: OpenCall, outcome: str) -> str:
    """Who was on the line: the person called where enough was compared and he answered at all; else as
    the outcome lets suppose. Ticks made before it came out that it was somebody else prove nothing."""
    if not call.is_right_party or outcome in WITHOUT_DEBTOR:
        return ""
    return reached_as(role_of(call.account, call.debtor, clock.local_date(call.opened_at)))
