"""Whose number is calling (D51): found by its last digits, however the telephone system writes it.

One index serves it: phones by their digits from the end (`point_phone_tail`). A number that stands on
several records names them all; nobody is guessed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject, Reverse

from accounts.arrangements.queries import Agreed, agreed
from accounts.contacts.callees import standing
from accounts.contacts.enums import Outcome
from accounts.ledger.enums import AccountStatus, PartyRole
from accounts.ledger.models import Account, AccountParty
from accounts.parties.enums import ContactPointKind, ContactPointStatus
from accounts.parties.models import ContactPoint, Debtor

# National numbers are told apart by nine digits; a shorter one is compared as far as it goes.
TAIL = 9
SHORTEST = 5
MOST = 30


def digits_of(number: str) -> str:
    """The digits that tell a number apart: no trunk zero, no international prefix, no extension."""
    return re.sub(r"\D", "", re.split(r"[;,x]", number.lower())[0]).lstrip("0")


@dataclass
class CallersAccount:
    """An account as whoever answers wants to see it before he speaks: `role` is what the caller is to
    it, `place` its key."""

    account: Account
    agreed: list[Agreed] = field(default_factory=list)
    last_at: datetime | None = None
    last_outcome: str = ""
    role: PartyRole = PartyRole.DEBTOR
    place: int = 0

    @property
    def is_his_own(self) -> bool:
        """Whether the caller is whose account it is, not somebody who stands beside him."""
        return self.role == PartyRole.DEBTOR


@dataclass
class Caller:
    """A record that has the number: `point` is where it stands; `teams` work what the user may not see."""

    debtor: Debtor
    point: ContactPoint
    accounts: list[CallersAccount] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)

    @property
    def has_own(self) -> bool:
        """Whether he owes something himself that the user may see, so that he has a page."""
        return any(line.is_his_own for line in self.accounts)

    @property
    def is_somebody_elses(self) -> bool:
        """Marked wrong party: whoever calls from it is not this debtor, as far as is known."""
        return self.point.status == ContactPointStatus.WRONG_PARTY


def points_with(number: str, most: int | None = MOST) -> list[ContactPoint]:
    """Phones with these last digits, old and stopped ones too; those that are wholly the same alone.

    At most `most` of them; None is all.
    """
    digits = digits_of(number)
    if len(digits) < SHORTEST:
        return []
    tail = digits[-TAIL:][::-1]
    found = list(
        ContactPoint.objects.filter(kind=ContactPointKind.PHONE)
        .annotate(_tail=Reverse("value"))
        .filter(_tail__startswith=tail)
        .select_related("debtor", "debtor__creditor")
        .order_by("-is_primary", "debtor_id", "id")[:most]
    )
    return [point for point in found if point.value == f"+{digits}"] or found


def who_calls(number: str, user, *, as_of: date) -> list[Caller]:
    """The records that have the number, with what the user may see of each, their own accounts and those
    they stand for: solicitors call too. Six statements at most.

    Records merged into one are one. A record of which the user sees no account says only whose team
    works it.
    """
    callers: dict[int, Caller] = {}
    for point in points_with(number):
        root = point.debtor.merged_into_id or point.debtor_id
        known = callers.setdefault(root, Caller(point.debtor, point))
        if known.is_somebody_elses and point.status != ContactPointStatus.WRONG_PARTY:
            known.point, known.debtor = point, point.debtor
    if not callers:
        return []
    # Asked by themselves: an OR over the join would read every account.
    records = Debtor.objects.filter(Q(pk__in=callers) | Q(merged_into__in=callers))
    roots = {pk: root or pk for pk, root in records.values_list("pk", "merged_into_id")}
    parties = AccountParty.objects.filter(standing(as_of), debtor__in=roots)
    own = Account.objects.filter(debtor__in=roots).values("pk")
    rows = list(
        Account.objects.filter(pk__in=own.union(parties.order_by().values("account"), all=True))
        .filter(status=AccountStatus.OPEN)
        .select_related("standing", "debtor", "creditor", "team")
        .annotate(
            stands=ArraySubquery(
                parties.filter(account=OuterRef("pk"))
                .order_by("id")
                .values_list(JSONObject(who="debtor", role="role"), flat=True)
            )
        )
        .order_by("-standing__overdue", "id")
    )
    visible = Account.objects.visible_to(user).filter(pk__in=[row.pk for row in rows])
    seen = set(visible.values_list("pk", flat=True))
    terms = agreed(seen, as_of=as_of)
    last = _last_contacts(seen)
    for row in rows:
        roles = {roots[stand["who"]]: PartyRole(stand["role"]) for stand in row.stands}
        if row.debtor_id in roots:
            roles[roots[row.debtor_id]] = PartyRole.DEBTOR
        for pk, role in roles.items():
            caller = callers[pk]
            if row.pk in seen:
                at, outcome = last.get(row.pk, (None, ""))
                caller.accounts.append(CallersAccount(row, terms[row.pk], at, outcome, role))
            elif row.team and row.team.name not in caller.teams:
                caller.teams.append(row.team.name)
    found = sorted(callers.values(), key=lambda caller: (not caller.accounts, caller.is_somebody_elses))
    for place, line in enumerate((line for caller in found for line in caller.accounts), start=1):
        line.place = place
    return found


def _last_contacts(account_ids: Iterable[int]) -> dict[int, tuple[Any, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.id, last.at, last.outcome FROM unnest(%s::bigint[]) wanted(id)
            CROSS JOIN LATERAL (
                SELECT a.at, a.outcome FROM accounts_attemptaccount l
                JOIN accounts_contactattempt a ON a.id = l.attempt_id
                WHERE l.account_id = wanted.id ORDER BY l.attempt_id DESC LIMIT 1) last
            """,
            [list(account_ids)],
        )
        return {pk: (at, str(Outcome(outcome).label)) for pk, at, outcome in cursor.fetchall()}
