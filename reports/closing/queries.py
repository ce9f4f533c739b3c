"""Builds and their datasets: which stands for a month, what it said, what the facts say of it now."""

import json
from collections.abc import Callable
from datetime import datetime

from collections_app.core import documents
from reports.closing.enums import BuildStatus
from reports.closing.models import ReportBuild
from reports.figures.collection import collection_dataset
from reports.figures.dataset import Labels, seal_dataset
from reports.figures.enums import ReportKind
from reports.figures.follow_up import follow_up_dataset
from reports.figures.month import Month, SignedMonth
from reports.figures.registration import registration_dataset


def signed_build(kind: str, month: Month) -> ReportBuild | None:
    """The build of a month that was signed; None while the month is open."""
    return ReportBuild.objects.filter(kind=kind, month=month.first_day, status=BuildStatus.SIGNED).first()


def chain_of(previous: ReportBuild | None) -> SignedMonth | None:
    """The signed month that a build opens at."""
    return SignedMonth(previous.pk, previous.known_at) if previous else None


def compute(
    *,
    kind: str,
    month: Month,
    known_at: datetime,
    previous: ReportBuild | None,
    labels: Labels | None = None,
    is_closed: bool = True,
    keep_accounts: Callable[[bytes], None] | None = None,
) -> dict:
    """The sealed dataset of one report; writes nothing.

    `keep_accounts` is given what the Collection Report says of each account.
    """
    asked = {"month": month, "known_at": known_at, "previous": chain_of(previous), "labels": labels}
    if kind == ReportKind.COLLECTION:
        return seal_dataset(collection_dataset(**asked, keep_accounts=keep_accounts))
    if kind == ReportKind.REGISTRATION:
        return seal_dataset(registration_dataset(**asked))
    return seal_dataset(follow_up_dataset(**asked, is_closed=is_closed))


def compute_again(build: ReportBuild, stored: dict) -> dict:
    """The dataset of a build from the facts as they lie now, with its own names and its own moment."""
    return compute(
        kind=build.kind,
        month=Month.of(build.month),
        known_at=build.known_at,
        previous=build.previous,
        labels=Labels(stored["labels"]),
        is_closed=stored.get("is_closed", True),
    )


def load_dataset(build: ReportBuild) -> dict:
    """The dataset as it was built."""
    return json.loads(documents.read(build.dataset))
