"""Dated contact facts: what a debtor agreed to or refused, what an employer forbids, time bars."""

from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.enums import ContactFactKind
from accounts.compliance.models import ContactFact
from accounts.compliance.rules import MAKE_CONTACT
from accounts.holds.rules import LIFT_PROTECTION
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.parties.models import Debtor
from collections_app.core import audit
from collections_app.core.permissions import has_permission, require
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.core.web.figures import full_day_text

OF_ACCOUNTS = {ContactFactKind.VALIDATION, ContactFactKind.TIME_BARRED}
OF_POINTS = {ContactFactKind.CHECKED, ContactFactKind.EMPLOYER_FORBIDS}
OF_CHANNELS = {ContactFactKind.CONSENT, ContactFactKind.REFUSED}
# As with holds that protect a person, ending one is not for the officer who would like to go on.
PROTECTING = {
    ContactFactKind.REFUSED,
    ContactFactKind.EMPLOYER_FORBIDS,
    ContactFactKind.TIME_BARRED,
}

PROTECTS = gettext_lazy("This protects the debtor, so a senior officer or a supervisor must end it.")


def may_end(user, fact: ContactFact) -> bool:
    """What lets a contact pass: any officer. What keeps one off: a senior, supervisor or manager."""
    return has_permission(user, LIFT_PROTECTION if fact.kind in PROTECTING else MAKE_CONTACT)


class ContactFactIncomplete(Refused):
    """A fact about a number names the number, one about a channel the channel."""


class ContactFactThere(Refused):
    """The same is noted, and holds: ending one of two would leave the other."""


class ContactFactEnded(Refused):
    """It was ended already."""


class ContactFactProtects(NotAllowed):
    """It protects the debtor; somebody senior ends it."""


@transaction.atomic
def note_contact_fact(
    *,
    kind: str,
    since: date,
    until: date | None = None,
    debtor=None,
    account=None,
    contact_point=None,
    channel: str = "",
    source: str = "",
    actor,
) -> ContactFact:
    """Note one fact from a day on; the gate heeds it from then.

    Raises ContactFactIncomplete, ContactFactThere.
    """
    require(actor, MAKE_CONTACT)
    kind = ContactFactKind(kind)
    if kind in OF_ACCOUNTS and account is None:
        raise ContactFactIncomplete(_("Name the account this is about."), field="account")
    if kind in OF_POINTS and contact_point is None:
        raise ContactFactIncomplete(_("Name the number or address this is about."), field="contact_point")
    if kind in OF_CHANNELS and channel not in Channel.values:
        raise ContactFactIncomplete(_("Name the channel this is about."), field="channel")
    if until is not None and until <= since:
        raise ContactFactIncomplete(_("It must end after it begins."), field="until")
    about = {
        "kind": kind,
        "debtor": None if kind in OF_ACCOUNTS else debtor,
        "account": account if kind in OF_ACCOUNTS else None,
        "contact_point": contact_point,
        "channel": channel,
    }
    _refuse_again(about, since=since, until=until)
    fact = ContactFact.objects.create(
        **about, since=since, until=until, source=source.strip()[:200], actor=actor
    )
    audit.record("contact_fact.noted", fact, actor=actor, after={"kind": kind, "since": since})
    return fact


def _refuse_again(about: dict, *, since: date, until: date | None) -> None:
    """One that holds on all these days already; noted again it would outlive its own ending."""
    if about["debtor"] is not None:
        Debtor.objects.select_for_update(no_key=True).get(pk=about["debtor"].pk)
    else:
        Account.objects.select_for_update(no_key=True).get(pk=about["account"].pk)
    if about["kind"] == ContactFactKind.CHECKED:
        return  # checked again on another day is news
    standing = ContactFact.objects.filter(
        Q(until__isnull=True) if until is None else Q(until__isnull=True) | Q(until__gte=until),
        **{name if value is not None else f"{name}__isnull": value if value is not None else True
           for name, value in about.items()},
        ends__isnull=True,
        ended_by__isnull=True,
        since__lte=since,
    ).first()  # fmt: skip
    if standing is not None:
        raise ContactFactThere(
            _("This is noted already, from %(day)s on.") % {"day": full_day_text(standing.since)}
        )


@transaction.atomic
def end_contact_fact(*, fact: ContactFact, since: date, source: str = "", actor) -> ContactFact:
    """End a fact from a day on, as when the validation notice went out.

    Raises ContactFactProtects, ContactFactEnded.
    """
    require(actor, MAKE_CONTACT)
    if not may_end(actor, fact):
        raise ContactFactProtects(PROTECTS)
    ContactFact.objects.select_for_update().get(pk=fact.pk)
    if ContactFact.objects.filter(ends=fact).exists():
        raise ContactFactEnded(_("This was ended already."))
    ending = ContactFact.objects.create(
        kind=fact.kind,
        debtor_id=fact.debtor_id,
        account_id=fact.account_id,
        contact_point_id=fact.contact_point_id,
        channel=fact.channel,
        since=max(since, fact.since),
        source=source.strip()[:200],
        ends=fact,
        actor=actor,
    )
    audit.record("contact_fact.ended", ending, actor=actor, before={"fact": fact.pk}, after={"since": since})
    return ending
