"""Who else stands for an account, said by a person: added and ended, with how we know.

A representative gets what the debtor would get from his first day on, and the gate keeps everybody else
away from the debtor (D58).
"""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.ledger.enums import PartyRole
from accounts.ledger.models import Account, AccountParty
from accounts.ledger.rules import ADD_PARTY, CHANGE_LIABLE
from accounts.parties.enums import ContactPointKind
from accounts.parties.models import Debtor
from accounts.parties.services import add_contact_point
from collections_app.core import audit
from collections_app.core.permissions import has_permission, require
from collections_app.core.refusal import NotAllowed, Refused

# Who speaks for the debtor is heard of by the officer; who owes, or stops owing, is for somebody senior.
SPEAKS = {PartyRole.REPRESENTATIVE, PartyRole.AUTHORISED_CONTACT}
WAYS = {
    "phone": ContactPointKind.PHONE,
    "email": ContactPointKind.EMAIL,
    "address": ContactPointKind.ADDRESS,
}


class PartyNotNamed(Refused):
    """Neither a record of this creditor nor a name, or a record that cannot be one."""


class PartyThere(Refused):
    """The same person stands in that role already."""


class PartyUnreachable(Refused):
    """A representative whom nothing reaches would leave the debtor without any word."""


class PartyDays(Refused):
    """It would begin before the account or end before it begins."""


class PartyOfSeniors(NotAllowed):
    """Who owes, and who is no longer spoken to, is for somebody senior."""


def may_add(user, role: str) -> bool:
    """Somebody who speaks for the debtor: any officer. Somebody who owes or pays: a senior."""
    return has_permission(user, ADD_PARTY if role in SPEAKS else CHANGE_LIABLE)


@transaction.atomic
def add_party(
    *,
    account: Account,
    role: str,
    valid_from: date,
    source: str,
    name: str = "",
    reference: str = "",
    phone: str = "",
    email: str = "",
    address: str = "",
    actor,
    as_of: date,
) -> AccountParty:
    """Let a person stand in a role to an account from a day on: the record of that `reference` with
    the account's creditor, else a new one of that `name`, with the ways to reach him that are given.

    Raises PartyNotNamed, PartyThere, PartyUnreachable, PartyDays, PartyOfSeniors.
    """
    require(actor, ADD_PARTY)
    role = PartyRole(role)
    if not may_add(actor, role):
        raise PartyOfSeniors(_("Who owes beside the debtor is noted by a senior officer or a supervisor."))
    if valid_from < account.opened_date:
        raise PartyDays(_("The account was opened later. Look at the year."), field="valid_from")
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    debtor = _person(account, name.strip(), reference.strip())
    if AccountParty.objects.filter(account=account, debtor=debtor, role=role, valid_to__isnull=True).exists():
        raise PartyThere(_("%(name)s stands there already.") % {"name": debtor.name})
    given = {"phone": phone.strip(), "email": email.strip(), "address": address.strip()}
    for field, value in given.items():
        if value:
            _reach(debtor, field, value, source=source, actor=actor, as_of=as_of)
    if role == PartyRole.REPRESENTATIVE and not debtor.contact_points.filter(valid_to__isnull=True).exists():
        raise PartyUnreachable(
            _("Give a number, an e-mail or an address: all that the debtor would get goes there."),
            field="phone",
        )
    party = AccountParty.objects.create(account=account, debtor=debtor, role=role, valid_from=valid_from)
    audit.record(
        "account.party_added",
        account,
        actor=actor,
        after={"party": debtor, "role": role, "from": valid_from},
        reason=source,
    )
    return party


def _person(account: Account, name: str, reference: str) -> Debtor:
    own = Debtor.objects.filter(creditor=account.creditor_id)
    if reference:
        found = own.filter(reference=reference).first()
        if found is None:
            raise PartyNotNamed(_("This creditor has no debtor of that reference."), field="reference")
        if found.pk == account.debtor_id:
            raise PartyNotNamed(_("That is the debtor himself."), field="reference")
        return found
    if not name:
        raise PartyNotNamed(_("Say who it is: a name, or the reference of a debtor."), field="name")
    number = own.filter(reference__startswith=f"{account.number}-P").count() + 1
    while own.filter(reference=f"{account.number}-P{number}").exists():
        number += 1
    return Debtor.objects.create(
        creditor_id=account.creditor_id,
        reference=f"{account.number}-P{number}",
        name=name,
        country=account.debtor.country,
        language=account.debtor.language,
    )


def _reach(debtor: Debtor, field: str, value: str, *, source: str, actor, as_of: date) -> None:
    if debtor.contact_points.filter(kind=WAYS[field], value=value, valid_to__isnull=True).exists():
        return
    try:
        add_contact_point(
            debtor=debtor, kind=WAYS[field], value=value, source=source[:60], actor=actor, as_of=as_of
        )
    except Refused as refusal:
        refusal.field = field
        raise


@transaction.atomic
def end_party(*, party: AccountParty, valid_to: date, reason: str, actor, as_of: date) -> AccountParty:
    """From `valid_to` on he stands there no more. Raises PartyDays, Refused, NotAllowed."""
    require(actor, CHANGE_LIABLE)
    locked = AccountParty.objects.select_for_update().get(pk=party.pk)
    if locked.valid_to is not None:
        raise PartyDays(_("This has ended already."))
    if valid_to < locked.valid_from:
        raise PartyDays(_("It must end after it begins."), field="valid_to")
    if not reason.strip():
        raise Refused(_("Say why."), field="reason")
    locked.valid_to = valid_to
    locked.save(update_fields=["valid_to"])
    audit.record(
        "account.party_ended",
        locked.account,
        actor=actor,
        before={"party": locked.debtor, "role": locked.role, "from": locked.valid_from},
        after={"to": valid_to},
        reason=reason.strip(),
    )
    return locked
