"""Which debtors have a hardship case."""

from collections.abc import Iterable

from django.db.models import Q

from accounts.hardship.enums import HardshipStatus
from accounts.hardship.models import HardshipCase
from accounts.parties.models import Debtor


def person_of(debtor: Debtor) -> Q:
    """The debtor's own record and those merged with it, as a condition on `debtor`."""
    root = debtor.merged_into_id or debtor.pk
    return Q(debtor=root) | Q(debtor__merged_into=root)


def cases_in_force(debtor_ids: Iterable[int]) -> dict[int, HardshipCase]:
    """The open or granted case of each debtor record that has one; one statement."""
    rows = HardshipCase.objects.filter(
        debtor__in=list(debtor_ids), status__in=[HardshipStatus.OPEN, HardshipStatus.GRANTED]
    ).order_by("id")
    return {case.debtor_id: case for case in rows}
