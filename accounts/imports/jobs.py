"""Checking and posting of large files, with a progress bar, and the watch over feeds; safe to run again."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.imports.enums import ImportStatus
from accounts.imports.feeds import watch_feeds
from accounts.imports.models import ImportBatch
from accounts.imports.returned_files import read_kept_file
from accounts.imports.rules import POST_IMPORT
from accounts.imports.services import check_import, post_import
from accounts.returns.models import ReturnFile
from accounts.returns.rules import LOAD_RETURN_FILE
from collections_app.core import clock
from collections_app.core.jobs import JobRunner
from collections_app.core.models import Job

# Of the bar, how much is the reading; the rest is the search for receipts.
READING_SHARE = 60


class _ImportJob(JobRunner):
    """`scope` is the import's number."""

    permission = POST_IMPORT

    def batch(self, job) -> ImportBatch:
        return ImportBatch.objects.get(pk=int(job.scope))

    def result_url(self, job) -> str:
        return reverse("accounts:import_detail", args=[int(job.scope)])

    def report_to(self, batch: ImportBatch, progress):
        """Tells the bar how many rows are read; the total is known from the check before."""
        progress.total(batch.rows_read)
        seen = 0

        def report(rows: int) -> None:
            nonlocal seen
            progress.advance(rows - seen, _("Reading and checking rows"))
            seen = rows

        return report


class ReadReturnFile(JobRunner):
    """`scope` is the number of a bank's file of returns. Read again it makes its rows anew."""

    name = "accounts.read_return_file"
    title = gettext_lazy("Read a return file")
    permission = LOAD_RETURN_FILE

    def result_url(self, job) -> str:
        return reverse("accounts:return_file_detail", args=[int(job.scope)])

    def run(self, job, progress):
        file = ReturnFile.objects.get(pk=int(job.scope))
        if file.is_read:
            return {}
        progress.total(100)
        told = 0

        def report(part: float) -> None:
            nonlocal told
            progress.check()
            step = int(part * READING_SHARE) - told
            told += step
            progress.advance(step, _("Reading the file"))

        report(0.0)
        read_kept_file(return_file=file, report=report, actor=job.actor, as_of=clock.today())
        progress.advance(100 - told, _("Looking for the receipts"))
        return {"rows": file.rows.count()}

    @classmethod
    def of(cls, return_file: ReturnFile) -> Job | None:
        """The live job that reads a file."""
        return Job.objects.live().filter(runner=cls.name, scope=str(return_file.pk)).order_by("id").first()


def read_by_job(return_file: ReturnFile, *, actor) -> Job | None:
    """Have a worker read a file that is not read yet; None where it is."""
    if return_file.is_read:
        return None
    return ReadReturnFile.enqueue_once(scope=str(return_file.pk), actor=actor)


class CheckImport(_ImportJob):
    name = "accounts.check_import"
    title = gettext_lazy("Check an import")

    def run(self, job, progress):
        batch = self.batch(job)
        if batch.status in (ImportStatus.POSTED, ImportStatus.REVERSED, ImportStatus.REFUSED):
            return {}
        batch = check_import(
            batch=batch, actor=job.actor, as_of=clock.today(), report=self.report_to(batch, progress)
        )
        return {"rows": batch.rows_read, "held_back": batch.rows_rejected}


class PostImport(_ImportJob):
    name = "accounts.post_import"
    title = gettext_lazy("Post an import")

    def run(self, job, progress):
        batch = self.batch(job)
        if batch.status in (ImportStatus.POSTED, ImportStatus.REVERSED, ImportStatus.REFUSED):
            return {}
        batch = post_import(
            batch=batch,
            actor=job.actor,
            as_of=clock.today(),
            seen=job.params.get("seen", ""),
            report=self.report_to(batch, progress),
        )
        return {"rows": batch.rows_read, "held_back": batch.rows_rejected, **batch.control.get("made", {})}


class WatchFeeds(JobRunner):
    """Raises the alarm of a missed feed before the hour's reminders, and ends it."""

    name = "accounts.watch_feeds"
    title = gettext_lazy("Watch the daily feeds")

    def run(self, job, progress):
        return watch_feeds(now=clock.now())
