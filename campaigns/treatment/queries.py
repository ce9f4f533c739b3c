"""Why an account heard nothing, and how many are under way."""

from collections.abc import Iterable

from django.db.models import Count

from campaigns.strategies.models import StrategyVersion
from campaigns.treatment.models import Episode, StepRecord


def spared_reasons(account_ids: Iterable[int]) -> dict[int, StepRecord]:
    """The latest step of each account that was spared and not taken since."""
    rows = (
        StepRecord.objects.filter(account__in=list(account_ids), episode__cured_on=None)
        .select_related("step")
        .order_by("account_id", "-due_on", "-id")
        .distinct("account_id")
    )
    return {row.account_id: row for row in rows if row.status == "spared"}


def under_way_by_version(version: StrategyVersion) -> list[tuple[int, int]]:
    """(number of a version, accounts under way with it) of the version's strategy."""
    return list(
        Episode.objects.filter(version__strategy=version.strategy_id, cured_on=None)
        .values_list("version__number")
        .annotate(n=Count("pk"))
        .order_by("version__number")
    )
