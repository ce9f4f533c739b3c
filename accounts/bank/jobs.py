"""Large bank files are taken in and matched by a worker, with a progress bar; safe to run again."""

from collections.abc import Sequence
from datetime import date

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.bank.enums import FileStatus
from accounts.bank.files import LINES_AT_ONCE, read_large, take_in
from accounts.bank.matching import match_lines
from accounts.bank.models import BankFile, BankLine
from accounts.bank.rules import LOAD_BANK_FILE, MATCH_BANK_LINE
from collections_app.core import clock
from collections_app.core.jobs import JobRunner
from collections_app.core.models import Job

WORTH_ANALYSING = 5  # pieces after which the tables have grown so much that plans change
QUEUE = "?status=unmatched&status=unidentified"


def match_by_and_by(line_ids: Sequence[int], progress, as_of: date) -> dict[str, int]:
    """Match so many lines that a transaction each would be long; what was matched stays matched."""
    done: dict[str, int] = {}
    for start in range(0, len(line_ids), LINES_AT_ONCE):
        progress.check()
        if start % (WORTH_ANALYSING * LINES_AT_ONCE) == 0 and len(line_ids) > LINES_AT_ONCE:
            # without fresh statistics what a payer paid before is looked for in every posting
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE accounts_bankline, accounts_bankposting")
        chunk = line_ids[start : start + LINES_AT_ONCE]
        for name, number in match_lines(line_ids=chunk, as_of=as_of).items():
            done[name] = done.get(name, 0) + number
        progress.advance(len(chunk), _("Matching lines"))
    return done


class ReadBankFile(JobRunner):
    """`scope` is the file's number. Reads a large file and compares it with what is there."""

    name = "accounts.read_bank_file"
    title = gettext_lazy("Read a bank file")
    permission = LOAD_BANK_FILE

    def result_url(self, job) -> str:
        return reverse("accounts:bank_file_detail", args=[int(job.scope)])

    def run(self, job, progress):
        file = BankFile.objects.get(pk=int(job.scope))
        if file.look is not None or file.status != FileStatus.PREVIEW:
            return {}
        # a reader takes a file whole, so the bar has few steps
        progress.total(2)
        progress.advance(1, _("Reading the file and comparing it with what is there"))
        file = read_large(bank_file=file, actor=job.actor)
        progress.advance(1, _("Read"))
        return {"lines": file.lines_read}

    @classmethod
    def of(cls, bank_file: BankFile) -> Job | None:
        """The live job that reads a file."""
        return Job.objects.live().filter(runner=cls.name, scope=str(bank_file.pk)).order_by("id").first()


def read_by_job(bank_file: BankFile, *, actor) -> Job | None:
    """Have a worker read a large file that nobody has looked at yet; None where there is no need."""
    if not bank_file.is_large or bank_file.look is not None:
        return None
    return ReadBankFile.enqueue_once(scope=str(bank_file.pk), actor=actor)


class TakeInBankFile(JobRunner):
    """`scope` is the file's number; `params` are what the person confirmed."""

    name = "accounts.take_in_bank_file"
    title = gettext_lazy("Take in a bank file")
    permission = LOAD_BANK_FILE

    def result_url(self, job) -> str:
        return reverse("accounts:bank_line_list") + QUEUE

    def run(self, job, progress):
        file = BankFile.objects.get(pk=int(job.scope))
        if file.status == FileStatus.DISCARDED:
            return {}
        as_of = clock.today()
        progress.total(2 * file.lines_read)
        progress.advance(0, _("Reading the file"))
        kept = 0

        def report(lines: int) -> None:
            nonlocal kept
            kept += lines
            progress.advance(lines, _("Keeping the new lines"))

        if file.status == FileStatus.PREVIEW:
            file = take_in(
                bank_file=file,
                add={int(number) for number in job.params.get("add", [])},
                seen=job.params.get("seen"),
                matches=False,
                report=report,
                actor=job.actor,
                as_of=as_of,
            )
        # lines that were there already are neither kept nor matched
        progress.advance(2 * file.lines_read - file.lines_added - kept, _("Matching lines"))
        ids = BankLine.objects.open().filter(statement__bank_file=file).order_by("booking_date", "id")
        done = match_by_and_by(list(ids.values_list("pk", flat=True)), progress, as_of)
        return {"new": file.lines_added, "already_there": file.lines_known, **done}


class MatchBankLines(JobRunner):
    """All lines in view of whoever asked that wait, once more."""

    name = "accounts.match_bank_lines"
    title = gettext_lazy("Match bank lines again")
    permission = MATCH_BANK_LINE

    def result_url(self, job) -> str:
        return reverse("accounts:bank_line_list") + QUEUE

    def run(self, job, progress):
        lines = BankLine.objects.visible_to(job.actor).open().order_by("booking_date", "id")
        ids = list(lines.values_list("pk", flat=True))
        progress.total(len(ids))
        return match_by_and_by(ids, progress, clock.today())
