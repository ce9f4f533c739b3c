"""Which versions bind on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection

from accounts.ledger.models import Account
from campaigns.strategies.enums import InFlight, VersionStatus
from campaigns.strategies.models import StrategyStep, StrategyVersion

# One row a strategy: its approved version with the latest first day on or before %(as_of)s.
IN_FORCE_SQL = """
    SELECT DISTINCT ON (v.strategy_id)
           v.id AS version_id, s.id AS strategy_id, s.creditor_id, s.portfolio_id,
           coalesce(v.criteria, s.segment) AS criteria, s.priority
      FROM campaigns_strategyversion v
      JOIN campaigns_strategy s ON s.id = v.strategy_id
     WHERE v.status = 'approved' AND s.is_active
       AND (v.valid_from IS NULL OR v.valid_from <= %(as_of)s)
     ORDER BY v.strategy_id, v.valid_from DESC NULLS LAST, v.number DESC
"""

# The most particular strategy wins: portfolio, creditor, what it takes, then the lower priority.
BEST_FIRST_SQL = """
    ORDER BY (f.portfolio_id IS NOT NULL) DESC, (f.creditor_id IS NOT NULL) DESC,
             (f.criteria <> '{}'::jsonb) DESC, f.priority, f.strategy_id
"""


PRODUCTS_NAMED = 10


def unknown_products(words: Iterable[str]) -> list[str]:
    """Those of these words that are the product of no account, in their order."""
    return [word for word in words if not Account.objects.filter(product=word).exists()]


def some_products() -> list[str]:
    """The first products of accounts in the order of the alphabet; none in a book that names none."""
    named = Account.objects.exclude(product="").order_by("product")
    return list(named.values_list("product", flat=True).distinct()[:PRODUCTS_NAMED])


def versions_in_force(as_of: date) -> list[StrategyVersion]:
    """The approved version of every active strategy that binds on that day, most particular first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH f AS ({IN_FORCE_SQL}) SELECT f.version_id FROM f {BEST_FIRST_SQL}",
            {"as_of": as_of},
        )
        ids = [row[0] for row in cursor.fetchall()]
    found = (
        StrategyVersion.objects.select_related("strategy__creditor")
        .prefetch_related("steps")
        .in_bulk(ids)
    )
    return [found[pk] for pk in ids]


def criteria_of(version: StrategyVersion) -> dict:
    """Whom the version takes; one made before versions said it takes its strategy's payer types."""
    found = version.strategy.segment if version.criteria is None else version.criteria
    return found or {}


@dataclass(frozen=True)
class InForce:
    """What binds on a day: `versions`, most particular first; `known`, every version of their
    strategies by id with its steps; `follows`, which of those treats an account that is with each."""

    versions: list[StrategyVersion]
    known: dict[int, StrategyVersion]
    follows: dict[int, int]

    @property
    def treating(self) -> list[StrategyVersion]:
        """The versions that treat anybody."""
        return [self.known[pk] for pk in sorted(set(self.follows.values()))]

    @property
    def steps(self) -> list[StrategyStep]:
        return [step for version in self.treating for step in version.steps.all()]


def in_force(as_of: date) -> InForce:
    """The versions in force on a day, and which of them (or an earlier one) treats whom.

    An account stays with its version while that is approved and no later one in force moved
    everybody; whoever was with one taken out of force follows what is in force.
    """
    versions = versions_in_force(as_of)
    newest = {version.strategy_id: version for version in versions}
    rows = StrategyVersion.objects.filter(strategy__in=newest).prefetch_related("steps")
    known = {row.pk: row for row in rows}
    followed = {pk: _followed(row, known.values(), newest[row.strategy_id]) for pk, row in known.items()}
    return InForce(versions, known, followed)


def _followed(
    row: StrategyVersion, known: Iterable[StrategyVersion], newest: StrategyVersion
) -> int:
    begun = sorted(
        (
            other
            for other in known
            if other.strategy_id == row.strategy_id
            and other.status == VersionStatus.APPROVED
            and place_in_time(other) <= place_in_time(newest)
        ),
        key=place_in_time,
    )
    later = [other for other in begun if place_in_time(other) > place_in_time(row)]
    movers = [other for other in later if other.in_flight == InFlight.MOVE]
    if row in begun and not movers:
        return row.pk
    return (movers or [newest])[-1].pk


def place_in_time(version: StrategyVersion) -> tuple[date, int]:
    """Versions of a strategy in the order in which they bind."""
    return version.valid_from or date.min, version.number


def later_versions(version: StrategyVersion) -> list[StrategyVersion]:
    """Approved versions of its strategy that bind after it, or will."""
    approved = StrategyVersion.objects.filter(
        strategy=version.strategy_id, status=VersionStatus.APPROVED
    )
    return sorted(
        (row for row in approved if place_in_time(row) > place_in_time(version)), key=place_in_time
    )
