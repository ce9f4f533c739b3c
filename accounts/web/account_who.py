"""The "Who" column of the account page: how to reach the debtor, and what else he owes here."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from accounts.contacts.enums import NonPaymentReason
from accounts.contacts.models import ContactAttempt
from accounts.holds.queries import person_records
from accounts.ledger.enums import PartyRole
from accounts.ledger.models import Account, AccountParty
from accounts.parties.enums import ContactPointKind, ContactPointStatus
from accounts.parties.models import ContactPoint, Debtor
from accounts.parties.phones import readable
from accounts.parties.queries import is_somebody_elses
from accounts.position.any_day import stand_as_of
from accounts.teams.enums import SEES_EVERY_ACCOUNT
from accounts.teams.queries import present_team_ids
from collections_app.core import clock
from collections_app.core.said import retold
from collections_app.core.web.figures import day_text, language_text

USABLE = {ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED}
ICONS = {
    ContactPointKind.PHONE: "device-mobile",
    ContactPointKind.EMAIL: "mail",
    ContactPointKind.ADDRESS: "map-pin",
}
OTHERS_SHOWN = 6
# What a line about another account reads; a row of both tables has sixty columns.
OTHER_SHOWN = (
    "number", "product", "currency", "team__name", "standing__overdue", "standing__balance",
    "standing__credit", "standing__oldest_due_date",
)  # fmt: skip


@dataclass(frozen=True)
class PointLine:
    """A contact point as a line: where, what is known of it, and whether it may be used."""

    point: ContactPoint
    value: str
    note: str
    icon: str
    usable: bool

    @property
    def source(self) -> str:
        """Where it was heard of, in the reader's language where the product says so."""
        return retold(self.point.source)


@dataclass(frozen=True)
class OtherAccount:
    """Another account of the debtor; one of another team is masked to a line without figures."""

    account: Account | None
    days: int | None = None
    team: str = ""
    last_contact: datetime | None = None


@dataclass
class Who:
    points: list[PointLine] = field(default_factory=list)
    facts: list[tuple[Any, Any, str]] = field(default_factory=list)
    others: list[OtherAccount] = field(default_factory=list)
    more_others: int = 0


def family(debtor: Debtor) -> Q:
    """Condition on a `debtor` key: this record and those merged with it."""
    root = debtor.merged_into_id or debtor.pk
    # A subquery, because an OR over the join would read every contact point and account.
    return Q(debtor__in=Debtor.objects.filter(Q(pk=root) | Q(merged_into=root)).values("pk"))


def point_line(point: ContactPoint, today: date) -> PointLine:
    if getattr(point, "stopped_elsewhere", False):
        point.status = ContactPointStatus.WRONG_PARTY  # as the gate sees it; never saved
    usable = point.status in USABLE and (point.valid_to is None or point.valid_to > today)
    notes = [str(point.label)] if point.label else []
    if point.status == ContactPointStatus.UNVERIFIED:
        notes.append(_("not verified"))
    elif not usable:
        notes.append(str(ContactPointStatus(point.status).label).lower())
    if point.is_workplace:
        notes.append(_("workplace"))
    stopped_on = point.valid_to or point.status_on
    if not usable and stopped_on:
        notes.append(_("stopped %(day)s") % {"day": day_text(stopped_on, today)})
    elif point.source:
        notes.append(_("from %(source)s") % {"source": retold(point.source)})
    if point.kind == ContactPointKind.ADDRESS and point.city and point.city not in point.value:
        notes.insert(0, point.city)
    icon = ICONS[point.kind]
    if not usable:
        icon = {"device-mobile": "phone-off", "mail": "mail-x"}.get(icon, icon)
    value = readable(point.value) if point.kind == ContactPointKind.PHONE else point.value
    return PointLine(point, value, ", ".join(notes), icon, usable)


def points_of(debtor: Debtor, *, as_of: date) -> list[PointLine]:
    """Usable ones first, phones before e-mail before addresses; what was stopped stays visible."""
    order = [ContactPointKind.PHONE, ContactPointKind.EMAIL, ContactPointKind.ADDRESS]
    points = ContactPoint.objects.filter(
        debtor__in=person_records([debtor.pk]), valid_from__lte=as_of
    ).annotate(stopped_elsewhere=is_somebody_elses())
    lines = [point_line(point, as_of) for point in points]
    lines.sort(
        key=lambda line: (
            order.index(line.point.kind),
            not line.usable,
            not line.point.is_primary,
            line.point.pk,
        )
    )
    return lines


def local_time_text(debtor: Debtor, default_zone: str) -> str:
    """The debtor's clock now, and whether it is ours."""
    name = debtor.time_zone or default_zone
    here, there = clock.zone(None), ZoneInfo(name)
    moment = clock.now()
    text = f"{moment.astimezone(there):%H:%M}"
    same = moment.astimezone(here).utcoffset() == moment.astimezone(there).utcoffset()
    return _("%(time)s, same as here") % {"time": text} if same else f"{text}, {name.rpartition('/')[2]}"


def who(account: Account, user, *, as_of: date, known_at: datetime | None = None) -> Who:
    """What the column shows; five statements, whatever the debtor has. With `known_at` his accounts
    stand as they stood on that day by what was known then, which costs two more."""
    debtor = account.debtor
    found = Who(points=points_of(debtor, as_of=as_of))
    if debtor.language:
        found.facts.append((_("Speaks"), language_text(debtor.language), ""))
    found.facts.append((_("Their time"), local_time_text(debtor, account.creditor.time_zone), ""))
    if debtor.preferred_channel:
        found.facts.append((_("Prefers"), debtor.get_preferred_channel_display(), ""))
    if debtor.contact_from or debtor.contact_until:
        span = f"{debtor.contact_from or '':%H:%M}–{debtor.contact_until or '':%H:%M}"
        found.facts.append((_("Reachable"), span, ""))
    parties = (
        AccountParty.objects.filter(account=account, valid_from__lte=as_of)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=as_of))
        .exclude(debtor=debtor)
        .order_by("id")
        .values_list("role", "debtor__name")[:3]
    )
    for role, name in parties:
        label = _("Also liable") if role in LIABLE else PartyRole(role).label
        # his own page shows nothing to who sees none of his own accounts; the account's parties do
        found.facts.append((label, name, f"{account.pk}"))
    reason = (
        ContactAttempt.objects.filter(accounts=account)
        .exclude(nonpayment_reason__in=["", NonPaymentReason.UNKNOWN])
        .order_by("-at")
        .values_list("nonpayment_reason", flat=True)
        .first()
    )
    if reason is not None:
        found.facts.append((_("Why unpaid"), NonPaymentReason(reason).label, ""))
    _fill_others(found, account, user, as_of, known_at)
    return found


LIABLE = {PartyRole.JOINT_DEBTOR, PartyRole.GUARANTOR, PartyRole.DEBTOR}


def _fill_others(found: Who, account: Account, user, as_of: date, known_at: datetime | None) -> None:
    rows = list(
        Account.objects.filter(debtor__in=person_records([account.debtor_id]))
        .exclude(status="void")
        .select_related("standing", "team")
        .only(*OTHER_SHOWN)
        .order_by("id")[:50]
    )
    # The same answer as `visible_to`, from what is read already.
    teams = set(present_team_ids(user))
    seen = {row.pk for row in rows if user.role in SEES_EVERY_ACCOUNT or row.team_id in teams}
    if known_at is not None:
        stand_as_of([row for row in rows if row.pk in seen], as_of=as_of, known_at=known_at)
    masked = [row.pk for row in rows if row.pk not in seen]
    last = (
        dict(
            ContactAttempt.objects.filter(accounts__in=masked)
            .values_list("accounts")
            .annotate(last=Max("at"))
            .order_by()
        )
        if masked
        else {}
    )
    lines = []
    for row in rows:
        if row.pk in seen:
            standing = getattr(row, "standing", None)
            due = standing.oldest_due_date if standing else None
            lines.append(OtherAccount(row, (as_of - due).days if due else None))
        else:
            team = row.team.name if row.team else _("another team")
            lines.append(OtherAccount(None, team=team, last_contact=last.get(row.pk)))
    lines.sort(key=lambda line: (line.account is None, line.account is None or line.account.pk != account.pk))
    found.others, found.more_others = lines[:OTHERS_SHOWN], max(0, len(lines) - OTHERS_SHOWN)
