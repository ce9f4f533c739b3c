"""Reconciling a month account by account, for a creditor or the whole book."""

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from accounts.control.account_roll import RolledAccount, RolledCurrency, roll_accounts, rolled_rows
from accounts.control.rules import RECONCILIATION_FILE, VIEW_RECONCILIATION
from accounts.ledger.enums import EntryKind
from accounts.ledger.reconciliation import NotKept
from accounts.parties.models import Creditor
from collections_app.core import audit, clock, documents
from collections_app.core.enums import JobStatus, Retention
from collections_app.core.export_limits import row_limit
from collections_app.core.jobs import JobRunner
from collections_app.core.models import Job
from collections_app.core.refusal import Refused
from collections_app.core.spreadsheets import Column, Sheet, control_sheet, print_mark, write_workbook
from collections_app.core.web.moments import moment_text

SHOWN = 100
STEP = 10_000
SIZE_LIMIT = 200_000_000


class MonthNotKept(Refused):
    """The month's opening or closing is not kept any more, or not yet."""


def scope_of(first_day: date, creditor_id: int | None, known_at: datetime | None = None) -> str:
    """The question in a word: one job at a time answers it."""
    asked = f"{first_day:%Y-%m}:{creditor_id or 'all'}"
    return f"{asked}:{known_at:%Y%m%dT%H%M%S%f}" if known_at else asked


def known_of(job: Job) -> datetime | None:
    """The moment whose knowledge the question asks for."""
    told = job.params.get("known_at")
    return datetime.fromisoformat(told) if told else None


class ReconcileAccounts(JobRunner):
    """Holds opening, movements and closing of every account together; the workbook has all of them.

    `params` are the month's first day, the creditor's key, or none for the whole book, and the moment
    after which what was recorded is left out, where one is asked for.
    """

    name = "accounts.reconcile_accounts"
    title = _("Reconcile a month account by account")
    permission = VIEW_RECONCILIATION
    words = {"differing": _("Accounts that differ")}

    def result_url(self, job):
        asked = {"month": job.params["month"][:7], "creditor": job.params["creditor"] or ""}
        if (known_at := known_of(job)) is not None:
            asked["known_at"] = moment_text(known_at)
        return f"{reverse('accounts:reconciliation')}?{urlencode(asked)}"

    def run(self, job, progress):
        first_day, creditor_id = date.fromisoformat(job.params["month"]), job.params["creditor"]
        most = row_limit(job.actor, clock.today())
        with transaction.atomic():
            try:
                rolled = roll_accounts(
                    first_day=first_day, creditor_id=creditor_id, known_at=known_of(job)
                )
            except NotKept as error:
                raise MonthNotKept(
                    translate("The end of this month, or of the one before, is not kept. Choose another.")
                ) from error
            accounts = sum(row.accounts for row in rolled)
            progress.total(accounts)
            shown: list[dict[str, Any]] = []
            content = _workbook(job, rolled, _told(rolled_rows(most=most), shown, progress), most=most)
        progress.advance(max(accounts - progress.done, 0), translate("Written"))
        name = f"reconciliation-{job.scope.replace(':', '-')}.xlsx"
        file = documents.store(
            content=content, filename=name, kind=RECONCILIATION_FILE, owner=job.actor, subject=job,
            retention=Retention.WORKING, size_limit=SIZE_LIMIT,
        )  # fmt: skip
        progress.attach(file)
        differing = sum(row.differing for row in rolled)
        audit.record(
            "accounts.reconciled", job, actor=job.actor,
            after={"month": str(first_day), "accounts": accounts, "differing": differing},
        )  # fmt: skip
        return {
            "at": clock.now().isoformat(),
            "currencies": [_plain(row) for row in rolled],
            "accounts": shown,
            "differing": differing,
        }


def _plain(row: RolledCurrency | RolledAccount) -> dict[str, Any]:
    """A row as JSON keeps it: amounts as text."""
    values = {name: str(value) if isinstance(value, Decimal) else value for name, value in vars(row).items()}
    return values | {"kinds": {kind: str(amount) for kind, amount in row.kinds.items()}}


def _told(rows, shown: list[dict[str, Any]], progress):
    """The same rows; the first are kept for the page, and progress is told on their way."""
    for number, row in enumerate(rows, 1):
        if len(shown) < SHOWN:
            shown.append(_plain(row))
        if number % STEP == 0:
            progress.advance(STEP, row.number)
        yield row


def _workbook(job, rolled: list[RolledCurrency], rows, *, most: int) -> bytes:
    kinds = [kind for kind in EntryKind if any(kind.value in row.kinds for row in rolled)]

    def money(title) -> Column:
        return Column(str(title), "money", currency_from=translate("Currency"), total=True)

    columns = [
        Column(translate("Account"), width=16), Column(translate("Debtor"), width=28),
        Column(translate("Currency"), width=10), money(translate("Opening")),
        *(money(kind.label) for kind in kinds), money(translate("Closing")), money(translate("Difference")),
    ]  # fmt: skip
    lines = (
        [row.number, row.name, row.currency, row.opening,
         *(row.kinds.get(kind.value) for kind in kinds), row.closing,
         row.difference if row.differs else Decimal(0)]
        for row in rows
    )  # fmt: skip
    accounts = sum(row.accounts for row in rolled)
    creditor = Creditor.objects.filter(pk=job.params["creditor"]).first()
    facts = [
        (translate("Month"), job.params["month"][:7]),
        (translate("Creditor"), creditor.name if creditor else translate("All")),
        (translate("Accounts"), accounts),
        (translate("Accounts in this file"), min(accounts, most)),
        (translate("As known on (UTC)"), moment_text(known_of(job) or clock.now())),
        (translate("Taken by"), str(job.actor)),
        (translate("Taken at"), clock.now()),
    ]
    for row in rolled:
        words = {"currency": row.currency}
        facts.append((translate("Accounts that differ, %(currency)s") % words, row.differing))
        facts.append((translate("Closing of all, %(currency)s") % words, row.closing))
    title = translate("Reconciliation")
    write_workbook(
        [Sheet(title, columns, lines, total_label=translate("Total")), control_sheet(facts)],
        stream := io.BytesIO(), title=title, made_at=clock.now(), mark=print_mark(),
    )  # fmt: skip
    return stream.getvalue()


def last_reconciliation(
    first_day: date, creditor_id: int | None, known_at: datetime | None = None
) -> Job | None:
    """The last finished job that answered exactly this."""
    found = Job.objects.filter(
        runner=ReconcileAccounts.name, scope=scope_of(first_day, creditor_id, known_at), status=JobStatus.DONE
    )
    return found.select_related("result_file", "actor").order_by("-id").first()
