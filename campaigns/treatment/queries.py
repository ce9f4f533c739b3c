"""Why an account heard nothing."""

from collections.abc import Iterable

from campaigns.treatment.models import StepRecord


def spared_reasons(account_ids: Iterable[int]) -> dict[int, StepRecord]:
    """The latest step of each account that was spared and not taken since."""
    rows = (
        StepRecord.objects.filter(account__in=list(account_ids), episode__cured_on=None)
        .select_related("step")
        .order_by("account_id", "-due_on", "-id")
        .distinct("account_id")
    )
    return {row.account_id: row for row in rows if row.status == "spared"}
