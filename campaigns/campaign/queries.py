"""What a campaign selects, and where its members stand."""

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.arrangements.queries import PLANNED_SQL
from accounts.ledger.enums import AccountStatus
from accounts.ledger.models import Account
from accounts.position.filtersets import AccountFilterSet
from campaigns.campaign.enums import MemberStatus
from campaigns.campaign.models import Campaign, CampaignPick
from collections_app.core import clock, panels
from collections_app.core.money import format_amount


@dataclass(frozen=True)
class Audience:
    """Who would be a member now: ids, count, overdue sum per currency, and the list's hash."""

    account_ids: tuple[int, ...]
    sums: dict[str, Decimal]
    content_hash: str

    @property
    def count(self) -> int:
        return len(self.account_ids)

    def sums_in_words(self) -> list[str]:
        """"EUR 1,200.00" per currency; currencies never add."""
        return [f"{code} {format_amount(amount, code)}" for code, amount in self.sums.items()]


def segment_filters(segment: str, *, user, as_of: date, queryset=None) -> AccountFilterSet:
    """The account list's filters, with the words that other floors add to that list (stage, step)."""
    extra: dict[str, Any] = {}
    for panel in panels.collect("list.accounts.filters", [], user, as_of):
        extra |= panel.data
    selection = type("SegmentFilterSet", (AccountFilterSet,), extra)
    return selection(QueryDict(segment), queryset=queryset, as_of=as_of)


def segment_in_words(segment: str, *, user, as_of: date) -> list[str]:
    """The segment as the account list says it: "Overdue: from 500"."""
    parameters = QueryDict(segment)
    selection = segment_filters(segment, user=user, as_of=as_of)
    words = [_("Search: %(words)s") % {"words": parameters["q"]}] if parameters.get("q") else []
    return words + [chip.label for chip in selection.chips(parameters)]


def possible_members(campaign: Campaign, *, accounts=None):
    """Accounts that may be members at all, of `accounts` or of everything: open, something overdue,
    seen by the campaign's maker, and of its creditor and team where it names them."""
    queryset = (Account.objects.all() if accounts is None else accounts).visible_to(campaign.made_by)
    queryset = queryset.filter(status=AccountStatus.OPEN, standing__overdue__gt=0)
    if campaign.creditor_id:
        queryset = queryset.filter(creditor_id=campaign.creditor_id)
    if campaign.team_id:
        queryset = queryset.filter(team_id=campaign.team_id)
    return queryset


def candidates(campaign: Campaign, *, as_of: date):
    """The accounts that would be members today: those the segment selects, and those picked by hand."""
    possible = possible_members(campaign)
    picked = CampaignPick.objects.filter(campaign_id=campaign.pk).values("account_id")
    if campaign.is_by_hand:
        return possible.filter(pk__in=picked)
    selected = segment_filters(
        campaign.segment, user=campaign.made_by, as_of=as_of, queryset=possible
    ).qs
    if campaign.pk is None or not picked.exists():
        return selected
    return possible.filter(Q(pk__in=selected.values("pk")) | Q(pk__in=picked))


def audience_of(campaign: Campaign, *, as_of: date) -> Audience:
    """The candidates as they stand today, with their sums.

    The hash covers account, balance and overdue of each, so a list that changed has another.
    """
    return _sum_up(candidates(campaign, as_of=as_of))


def audience_among(campaign: Campaign, accounts) -> Audience:
    """Those of `accounts`, a queryset, that could be members of the campaign."""
    return _sum_up(possible_members(campaign, accounts=accounts))


def _sum_up(accounts) -> Audience:
    rows = accounts.order_by("pk").values_list(
        "pk", "currency", "standing__balance", "standing__overdue"
    )
    digest = hashlib.sha256()
    sums: dict[str, Decimal] = {}
    ids = []
    for pk, currency, balance, overdue in rows:
        ids.append(pk)
        sums[currency] = sums.get(currency, Decimal(0)) + overdue
        digest.update(f"{pk}:{currency}:{balance}:{overdue};".encode())
    return Audience(tuple(ids), dict(sorted(sums.items())), digest.hexdigest())


# The nine statuses by their precedence. Parameters: campaign, frozen (a moment), frozen_on, as_of.
MEMBERS = f"""
WITH member AS (
    SELECT m.id, m.account_id, m.currency, m.frozen_balance, m.frozen_overdue, m.area, m.building,
           a.debtor_id, a.team_id, d.merged_into_id
    FROM campaigns_campaignmember m
    JOIN accounts_account a ON a.id = m.account_id
    JOIN accounts_debtor d ON d.id = a.debtor_id
    WHERE m.campaign_id = %(campaign)s
),
paid AS (
    SELECT e.account_id, sum(e.amount) AS amount FROM accounts_ledgerentry e
    JOIN member m ON m.account_id = e.account_id
    WHERE e.kind = 'payment' AND e.recorded_at > %(frozen)s
      AND e.value_date BETWEEN %(frozen_on)s AND %(as_of)s
      AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id
                      AND r.value_date <= %(as_of)s)
    GROUP BY e.account_id
),
held AS (
    SELECT DISTINCT m.account_id FROM member m
    JOIN accounts_hold h ON h.entry_id IS NULL AND (h.account_id = m.account_id
         OR h.debtor_id = m.debtor_id OR h.debtor_id = m.merged_into_id)
    WHERE h.first_day <= %(as_of)s AND (h.last_day IS NULL OR h.last_day >= %(as_of)s)
      AND (h.lifted_on IS NULL OR h.lifted_on > %(as_of)s)
      AND h.scopes && ARRAY['contact', 'demand']::varchar[]
),
disputed AS (
    SELECT DISTINCT d.account_id FROM accounts_dispute d JOIN member m ON m.account_id = d.account_id
    WHERE d.status = 'open'
),
promised AS (
    SELECT DISTINCT p.account_id FROM accounts_promise p JOIN member m ON m.account_id = p.account_id
    WHERE p.status = 'open'
    UNION
    SELECT n.account_id FROM ({PLANNED_SQL}) n JOIN member m ON m.account_id = n.account_id
),
tried AS (
    SELECT l.account_id, bool_or(t.is_contact_made) AS reached FROM accounts_attemptaccount l
    JOIN member m ON m.account_id = l.account_id
    JOIN accounts_contactattempt t ON t.id = l.attempt_id
    WHERE t.at > %(frozen)s AND NOT EXISTS (
        SELECT 1 FROM accounts_contactattempt x WHERE x.supersedes_id = t.id)
    GROUP BY l.account_id
),
reachable AS (
    SELECT DISTINCT m.account_id FROM member m JOIN accounts_contactpoint c ON c.debtor_id = m.debtor_id
    WHERE c.valid_to IS NULL AND c.status IN ('good', 'unverified')
),
stand AS (
    SELECT m.*, s.balance, s.overdue, coalesce(p.amount, 0) AS paid,
           h.account_id IS NOT NULL AS is_held, d.account_id IS NOT NULL AS is_disputed,
           o.account_id IS NOT NULL AS is_promised, t.reached, r.account_id IS NOT NULL AS is_reachable
    FROM member m
    JOIN accounts_standing s ON s.account_id = m.account_id
    LEFT JOIN paid p ON p.account_id = m.account_id
    LEFT JOIN held h ON h.account_id = m.account_id
    LEFT JOIN disputed d ON d.account_id = m.account_id
    LEFT JOIN promised o ON o.account_id = m.account_id
    LEFT JOIN tried t ON t.account_id = m.account_id
    LEFT JOIN reachable r ON r.account_id = m.account_id
),
status AS (
    SELECT stand.*,
           CASE WHEN is_held OR (balance <= 0 AND paid = 0) THEN '{MemberStatus.WITHHELD}'
                WHEN is_disputed THEN '{MemberStatus.DISPUTED}'
                WHEN paid > 0 AND (paid >= frozen_overdue OR balance <= 0) THEN '{MemberStatus.PAID_IN_FULL}'
                WHEN paid > 0 THEN '{MemberStatus.PART_PAID}'
                WHEN is_promised THEN '{MemberStatus.PROMISED}'
                WHEN reached THEN '{MemberStatus.CONTACTED}'
                WHEN reached IS NOT NULL THEN '{MemberStatus.NOT_REACHED}'
                WHEN NOT is_reachable THEN '{MemberStatus.UNREACHABLE}'
                ELSE '{MemberStatus.NOT_TRIED}' END AS status
    FROM stand
)
"""


def _parameters(campaign: Campaign, as_of: date) -> dict:
    return {
        "campaign": campaign.pk,
        "frozen": campaign.frozen_at,
        "frozen_on": clock.local_date(campaign.frozen_at) if campaign.frozen_at else as_of,
        "as_of": as_of,
    }


@dataclass(frozen=True)
class Progress:
    """Members and frozen overdue sums per status and currency; the counts sum to the members."""

    members: int
    counts: dict[str, int]
    sums: dict[str, dict[str, Decimal]]
    paid: dict[str, Decimal]
    promised_disputed: int
    withheld_paid: int


def progress_of(campaign: Campaign, *, as_of: date) -> Progress:
    """Where the members stand: exactly one status each, by the precedence of `MemberStatus`."""
    counts = dict.fromkeys(MemberStatus.values, 0)
    sums: dict[str, dict[str, Decimal]] = {status: {} for status in counts}
    paid: dict[str, Decimal] = {}
    overlaps = [0, 0]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{MEMBERS}
            SELECT status, currency, count(*), sum(frozen_overdue), sum(paid),
                   count(*) FILTER (WHERE is_promised AND is_disputed),
                   count(*) FILTER (WHERE status = 'withheld' AND paid > 0)
            FROM status GROUP BY 1, 2 ORDER BY 2""",
            _parameters(campaign, as_of),
        )
        for status, currency, number, amount, received, both, held_paid in cursor.fetchall():
            counts[status] += number
            sums[status][currency] = amount
            paid[currency] = paid.get(currency, Decimal(0)) + received
            overlaps[0] += both
            overlaps[1] += held_paid
    return Progress(sum(counts.values()), counts, sums, paid, overlaps[0], overlaps[1])


def progress_by(campaign: Campaign, *, level: str, as_of: date) -> list[tuple[str, dict[str, int], int]]:
    """Status counts per area or team: (name, counts, members)."""
    column = {"area": "coalesce(nullif(s.area, ''), '\u2013')", "team": "coalesce(t.name, '\u2013')"}[level]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{MEMBERS}
            SELECT {column}, s.status, count(*) FROM status s
            LEFT JOIN accounts_team t ON t.id = s.team_id GROUP BY 1, 2 ORDER BY 1""",
            _parameters(campaign, as_of),
        )
        found: dict[str, dict[str, int]] = {}
        for name, status, number in cursor.fetchall():
            found.setdefault(name, dict.fromkeys(MemberStatus.values, 0))[status] = number
    return [(name, counts, sum(counts.values())) for name, counts in found.items()]


@dataclass(frozen=True)
class NoticeCounts:
    """What became of the members' notices; the four sum to the members."""

    delivered: int
    pending: int
    failed: int
    none: int

    @property
    def members(self) -> int:
        return self.delivered + self.pending + self.failed + self.none


def notice_counts(campaign: Campaign) -> NoticeCounts:
    """Each member once: delivered in any round, else not back yet, else failed, else without a notice."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE delivered), count(*) FILTER (WHERE pending AND NOT delivered),
                   count(*) FILTER (WHERE NOT pending AND NOT delivered),
                   count(*) FILTER (WHERE delivered IS NULL)
            FROM (
                SELECT bool_or(n.result = 'delivered') AS delivered, bool_or(n.result = '') AS pending
                FROM campaigns_campaignmember m LEFT JOIN campaigns_notice n ON n.member_id = m.id
                WHERE m.campaign_id = %s GROUP BY m.id
            ) member""",
            [campaign.pk],
        )
        return NoticeCounts(*cursor.fetchone())


def member_statuses(campaign: Campaign, *, as_of: date, member_ids) -> dict[int, str]:
    """The status of some members by member id."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{MEMBERS} SELECT id, status FROM status WHERE id = ANY(%(ids)s)",
            {**_parameters(campaign, as_of), "ids": list(member_ids)},
        )
        return dict(cursor.fetchall())
