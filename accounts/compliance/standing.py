"""Dated contact facts: what a debtor agreed to or refused, what an employer forbids, time bars."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.compliance.enums import ContactFactKind
from accounts.compliance.models import ContactFact
from accounts.compliance.rules import MAKE_CONTACT
from accounts.parties.enums import Channel
from collections_app.core import audit
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

OF_ACCOUNTS = {ContactFactKind.VALIDATION, ContactFactKind.TIME_BARRED}
OF_POINTS = {ContactFactKind.CHECKED, ContactFactKind.EMPLOYER_FORBIDS}
OF_CHANNELS = {ContactFactKind.CONSENT, ContactFactKind.REFUSED}


class ContactFactIncomplete(Refused):
    """A fact about a number names the number, one about a channel the channel."""


class ContactFactEnded(Refused):
    """It was ended already."""


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
    """Note one fact from a day on; the gate heeds it from then. Raises ContactFactIncomplete."""
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
    fact = ContactFact.objects.create(
        kind=kind,
        debtor=None if kind in OF_ACCOUNTS else debtor,
        account=account if kind in OF_ACCOUNTS else None,
        contact_point=contact_point,
        channel=channel,
        since=since,
        until=until,
        source=source.strip()[:200],
        actor=actor,
    )
    audit.record("contact_fact.noted", fact, actor=actor, after={"kind": kind, "since": since})
    return fact


@transaction.atomic
def end_contact_fact(*, fact: ContactFact, since: date, source: str = "", actor) -> ContactFact:
    """End a fact from a day on, as when the validation notice went out. Raises ContactFactEnded."""
    require(actor, MAKE_CONTACT)
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
