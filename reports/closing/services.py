"""Building, signing and proving the monthly reports.

Months chain: a month opens at the balances its predecessor was signed with, and what was learned
since stands under `prior_period`. A build keeps its dataset and the hash of it; `verify_build`
computes the dataset anew from facts and must meet the same hash, also years later.
"""

import json
from datetime import UTC, datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.ledger.periods import close_period
from accounts.ledger.services import knowledge_cut_off
from collections_app.core import audit, clock, documents, pdf
from collections_app.core.enums import Retention
from collections_app.core.models import Seal, StoredFile
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused
from reports.closing.drawing import draw, drawn_now
from reports.closing.enums import REPORT_BUILD, BuildStatus
from reports.closing.models import ReportBuild, ReportFile
from reports.closing.queries import chain_of, compute, compute_again, load_dataset, signed_build
from reports.closing.ties import check_ties, tie_files_again
from reports.figures.dataset import canonical
from reports.figures.enums import ReportKind
from reports.figures.month import Month
from reports.figures.month_rows import make_month_rows
from reports.rendering.formats import FORMATS

SIZE_LIMIT = 200_000_000


class MonthNotOver(Refused):
    """The month still runs; only the Follow-up Report is live."""


class MonthAlreadySigned(Refused):
    """The month is signed: what was learned since belongs to a later month."""


class ReportDoesNotHold(Refused):
    """A check of the report failed, so it can't be signed."""


class EarlierMonthUnsigned(Refused):
    """Months are signed in order."""


def take_cut_off() -> datetime:
    """A moment before which every posting that is recorded earlier has committed."""
    with transaction.atomic(), knowledge_cut_off() as moment:
        return moment


def build_report(
    *, kind: str, month: Month, actor, known_at: datetime | None = None, formats=FORMATS
) -> ReportBuild:
    """Build a report of a month, keep its dataset and files; returns the build.

    Raises MonthNotOver (but the Follow-up Report may be built live) and MonthAlreadySigned.
    `known_at` in the past rebuilds what could have been known then.
    """
    require(actor, "reports.build_report")
    if signed_build(kind, month) is not None:
        raise MonthAlreadySigned(
            _("%(month)s is signed. What was learned since shows in a later month.") % {"month": month}
        )
    is_closed = month.last_day < clock.today()
    if not is_closed and kind != ReportKind.FOLLOW_UP:
        raise MonthNotOver(_("%(month)s is not over yet.") % {"month": month})
    # One moment has one spelling, or the dataset would not come out the same again.
    known_at = (known_at or take_cut_off()).astimezone(UTC)
    previous = signed_build(kind, month.previous)
    accounts: list[bytes] = []
    dataset = compute(
        kind=kind, month=month, known_at=known_at, previous=previous, is_closed=is_closed,
        keep_accounts=accounts.append,
    )  # fmt: skip
    drawn = drawn_now(actor.full_name, clock.now())
    rendered = draw(dataset, drawn, formats)
    build = _keep(kind, month, known_at, dataset, drawn, accounts, rendered, previous, actor)
    check_ties(build, actor=actor)
    return build


@transaction.atomic
def _keep(kind, month, known_at, dataset, drawn, accounts, rendered, previous, actor) -> ReportBuild:
    stem = f"{kind}-{month}"
    stored = documents.store(
        content=json.dumps(dataset, ensure_ascii=False).encode(),
        filename=f"{stem}.json",
        kind="report_dataset",
        owner=actor,
        retention=Retention.REPORT,
        size_limit=SIZE_LIMIT,
    )
    seal = Seal.objects.order_by("-id").first()
    older = ReportBuild.objects.filter(kind=kind, month=month.first_day, status=BuildStatus.BUILT)
    REPORT_BUILD.advance_many(older, to=BuildStatus.REPLACED, actor=actor, as_of=clock.today())
    build = ReportBuild.objects.create(
        kind=kind,
        month=month.first_day,
        as_of=dataset["as_of"],
        known_at=known_at,
        dataset=stored,
        content_sha256=dataset["content_sha256"],
        renderer=pdf.fingerprint(),
        drawn=drawn,
        seal_hash=bytes(seal.hash).hex() if seal else "",
        built_by=actor,
        previous=previous,
    )
    REPORT_BUILD.start(build, actor=actor, as_of=clock.today())
    for form, content in rendered.items():
        file = _store(build, content, f"{stem}.{form}", actor)
        ReportFile.objects.create(build=build, file=file, format=form)
    for content in accounts:
        build.accounts_file = _store(build, content, f"{stem}-accounts.zip", actor)
        build.save(update_fields=["accounts_file"])
    audit.record(
        "report.built",
        build,
        actor=actor,
        after={"kind": kind, "month": str(month), "content_sha256": build.content_sha256},
    )
    return build


def _store(build: ReportBuild, content: bytes, filename: str, actor) -> StoredFile:
    return documents.store(
        content=content,
        filename=filename,
        kind="report",
        owner=actor,
        subject=build,
        retention=Retention.REPORT,
        size_limit=SIZE_LIMIT,
    )


def verify_build(build: ReportBuild) -> tuple[bool, str]:
    """Recompute the dataset from facts; whether its hash is the stored one, and the new hash."""
    stored = load_dataset(build)
    fresh = compute_again(build, stored)
    same_text = canonical(fresh) == canonical(stored)
    return same_text and fresh["content_sha256"] == build.content_sha256, fresh["content_sha256"]


@transaction.atomic
def sign_report(*, build: ReportBuild, actor) -> ReportBuild:
    """Sign a build: the month is closed with these figures and the next opens with them.

    Raises ReportDoesNotHold when a check of it fails or its forms differ from the ledger,
    EarlierMonthUnsigned when the month before was built but never signed while an earlier one was.
    Side effect for the Collection Report: the closing balance of every account is kept, and the
    ledger is told that the month is closed.
    """
    require(actor, "reports.sign_report")
    dataset = load_dataset(build)
    failed = [check["name"] for check in dataset["checks"] if not check["holds"]]
    if failed:
        raise ReportDoesNotHold(_("It does not add up: %(checks)s.") % {"checks": ", ".join(failed)})
    if not build.ties.get("holds", True):
        raise ReportDoesNotHold(
            _("Ledger, screen, Excel and PDF do not say the same. Build it again, or see what differs.")
        )
    last = ReportBuild.objects.filter(kind=build.kind, status=BuildStatus.SIGNED).order_by("-month").first()
    month = Month.of(build.month)
    if last is not None and last.month != month.previous.first_day:
        raise EarlierMonthUnsigned(
            _("Sign the months in order: the last one signed is %(month)s.") % {"month": Month.of(last.month)}
        )
    if build.previous != last:
        raise EarlierMonthUnsigned(
            _("This was built before %(month)s was signed. Build it again, then sign.")
            % {"month": Month.of(last.month) if last else month.previous}
        )
    if build.kind == ReportKind.COLLECTION:
        _keep_balances(build)
        close_period(first_day=month.first_day, last_day=month.last_day, actor=actor, as_of=clock.today())
    signed = REPORT_BUILD.advance(
        build,
        to=BuildStatus.SIGNED,
        actor=actor,
        as_of=clock.today(),
        signed_by=actor,
        signed_at=clock.now(),
    )
    _name_signer(signed, dataset)
    return signed


def _name_signer(build: ReportBuild, dataset: dict) -> None:
    """Draw the PDF anew with its signer, in the language it was built in, and read it back."""
    row = build.report_files.select_related("file").filter(format="pdf").first()
    if row is None:
        return
    prepared = [build.built_by.full_name, build.built_at.isoformat()]
    build.drawn = {
        **drawn_now(build.built_by.full_name, build.built_at),
        **(build.drawn or {"prepared": prepared}),
        "signed": [build.signed_by.full_name, build.signed_at.isoformat()],
    }
    build.renderer = pdf.fingerprint()
    build.save(update_fields=["drawn", "renderer"])
    content = draw(dataset, build.drawn, ["pdf"])["pdf"]
    row.file = _store(build, content, row.file.filename, build.signed_by)
    row.save(update_fields=["file"])
    tie_files_again(build, dataset)


def _keep_balances(build: ReportBuild) -> None:
    make_month_rows(month=Month.of(build.month), known_at=build.known_at, previous=chain_of(build.previous))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO reports_signedbalance (build_id, account_id, currency, balance, team_id, officer_id)
            SELECT %s, account_id, currency, closing, team_id, officer_id FROM month_row
            WHERE is_last AND closing <> 0
            """,
            [build.pk],
        )
