"""Which versions bind on a day."""

from collections.abc import Sequence
from datetime import date

from django.db import connection

from campaigns.strategies.enums import VersionStatus
from campaigns.strategies.models import StrategyStep, StrategyVersion

# One row a strategy: its approved version with the latest first day on or before %(as_of)s.
IN_FORCE_SQL = """
    SELECT DISTINCT ON (v.strategy_id)
           v.id AS version_id, s.id AS strategy_id, s.creditor_id, s.portfolio_id,
           COALESCE(s.segment -> 'payer_types', '[]'::jsonb) AS payer_types, s.priority
      FROM campaigns_strategyversion v
      JOIN campaigns_strategy s ON s.id = v.strategy_id
     WHERE v.status = 'approved' AND s.is_active
       AND (v.valid_from IS NULL OR v.valid_from <= %(as_of)s)
     ORDER BY v.strategy_id, v.valid_from DESC NULLS LAST, v.number DESC
"""

# The most particular strategy wins: portfolio, creditor, payer type, then the lower priority.
BEST_FIRST_SQL = """
    ORDER BY (f.portfolio_id IS NOT NULL) DESC, (f.creditor_id IS NOT NULL) DESC,
             (f.payer_types <> '[]'::jsonb) DESC, f.priority, f.strategy_id
"""


def versions_in_force(as_of: date) -> list[StrategyVersion]:
    """The approved version of every active strategy that binds on that day, most particular first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH f AS ({IN_FORCE_SQL}) SELECT f.version_id FROM f {BEST_FIRST_SQL}",
            {"as_of": as_of},
        )
        ids = [row[0] for row in cursor.fetchall()]
    found = (
        StrategyVersion.objects.select_related("strategy").prefetch_related("steps").in_bulk(ids)
    )
    return [found[pk] for pk in ids]


def steps_of(version: StrategyVersion) -> list[StrategyStep]:
    return list(version.steps.order_by("day_offset", "id"))


def waiting_versions() -> Sequence[StrategyVersion]:
    """Versions that wait for an approval, oldest first."""
    return (
        StrategyVersion.objects.filter(status=VersionStatus.SUBMITTED)
        .select_related("strategy", "made_by")
        .order_by("id")
    )
