"""Whom one may ring up about an account: its debtor, and who stands beside him there on that day.

A solicitor, a debt adviser or a parent is called in the debtor's place, a joint debtor or a guarantor for
himself. Whether one of them may be called now is asked of the gate for that very person.
"""

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from accounts.contacts.enums import PersonReached
from accounts.ledger.enums import PartyRole
from accounts.ledger.models import Account, AccountParty
from accounts.ledger.party_changes import SPEAKS
from accounts.parties.enums import ContactPointKind, ContactPointStatus
from accounts.parties.models import ContactPoint, Debtor
from accounts.parties.queries import is_somebody_elses

USABLE = (ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED)
# They owe it themselves, so what they say binds them as it binds the debtor.
OWE = {PartyRole.DEBTOR, PartyRole.JOINT_DEBTOR, PartyRole.GUARANTOR}


def standing(day: date) -> Q:
    """Condition on a party: he stands there on the day; `valid_to` is the first day he does not."""
    return Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))


def usable_phones(as_of: date) -> QuerySet[ContactPoint]:
    """Phone numbers that may be dialled, the best of each person first."""
    return (
        ContactPoint.objects.filter(kind=ContactPointKind.PHONE, status__in=USABLE)
        .exclude(valid_to__lte=as_of)
        .exclude(is_somebody_elses())
        .order_by("-is_primary", "status", "-noted_on", "id")
    )


def callable_points(debtor: Debtor, as_of: date) -> list[ContactPoint]:
    """The numbers of one person."""
    return list(usable_phones(as_of).filter(debtor=debtor))


def people_of(account: Account, as_of: date) -> QuerySet:
    """The records of who stands for the account on the day, its debtor's and those merged with it too."""
    own = Debtor.objects.filter(pk__in=[account.debtor_id, account.debtor.merged_into_id])
    merged = Debtor.objects.filter(merged_into=account.debtor_id)
    parties = AccountParty.objects.filter(standing(as_of), account=account).order_by()
    # a union, because an OR over them would read every record
    return own.values("pk").union(merged.values("pk"), parties.values("debtor"), all=True)


def phones_of_account(account: Account, as_of: date) -> list[ContactPoint]:
    """The numbers of everybody who stands for the account, its debtor's first; one statement.

    Each has its `debtor` and his `role` to the account, None for a record of the debtor himself.
    """
    parties = AccountParty.objects.filter(standing(as_of), account=account, debtor=OuterRef("debtor"))
    role = parties.exclude(debtor=account.debtor_id).order_by("id").values("role")[:1]
    points = usable_phones(as_of).filter(debtor__in=people_of(account, as_of)).select_related("debtor")
    return sorted(points.annotate(role=Subquery(role)), key=lambda point: point.role is not None)


def people_in_view(user) -> QuerySet[Debtor]:
    """The debtors a user may see, and who stands or stood beside an account he may see: those whose ways
    to reach them he keeps."""
    beside = AccountParty.objects.filter(
        debtor=OuterRef("pk"), account__in=Account.objects.visible_to(user)
    )
    return Debtor.objects.filter(Q(pk__in=Debtor.objects.visible_to(user).values("pk")) | Exists(beside))


def role_of(account: Account, debtor: Debtor, as_of: date) -> str:
    """What the person is to the account: "debtor" for the one whose account it is, empty for a stranger."""
    if debtor.pk == account.debtor_id:
        return PartyRole.DEBTOR.value
    found = AccountParty.objects.filter(standing(as_of), account=account, debtor=debtor)
    if role := found.order_by("id").values_list("role", flat=True).first():
        return role
    is_same = debtor.pk == account.debtor.merged_into_id or debtor.merged_into_id == account.debtor_id
    return PartyRole.DEBTOR.value if is_same else ""


def people_with_roles(account: Account, as_of: date) -> list[tuple[Debtor, str]]:
    """Each person of the account with what he is to it, its debtor first."""
    roles = dict(
        AccountParty.objects.filter(standing(as_of), account=account)
        .exclude(debtor=account.debtor_id)
        .order_by("-id")
        .values_list("debtor", "role")
    )
    people = Debtor.objects.in_bulk([account.debtor_id, *roles])
    roles = {account.debtor_id: PartyRole.DEBTOR.value} | roles
    return [(people[pk], role) for pk, role in roles.items()]


def reached_as(role: str) -> str:
    """Who was reached where somebody in this role is on the line: one who owes it, or one who speaks
    for who owes it."""
    return PersonReached.DEBTOR if not role or role in OWE else PersonReached.REPRESENTATIVE


def concerns(account: Account, debtor: Debtor, as_of: date) -> Debtor:
    """Whose lot it is that the person speaks of: the debtor's where he speaks for him, else his own."""
    return account.debtor if role_of(account, debtor, as_of) in SPEAKS else debtor
