"""Posting of a file with many returns, with a progress bar; safe to run again."""

from datetime import date

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.returns.enums import FileStatus, RowFinding
from accounts.returns.file_posting import begin_posting, post_step
from accounts.returns.models import ReturnFile
from accounts.returns.rules import LOAD_RETURN_FILE
from accounts.returns.sets import Reasons
from collections_app.core import clock
from collections_app.core.jobs import JobRunner
from collections_app.core.models import Job


class PostReturnFile(JobRunner):
    """`scope` is the file's number. Each step is a transaction; the next run takes what is left."""

    name = "accounts.post_return_file"
    title = gettext_lazy("Post a return file")
    permission = LOAD_RETURN_FILE
    retries = 2

    def run(self, job, progress):
        file = ReturnFile.objects.get(pk=int(job.scope))
        left = file.rows.filter(finding=RowFinding.MATCHED).count()
        progress.total(left)
        reasons, as_of = Reasons(file.scheme), clock.today()
        while done := post_step(return_file=file, reasons=reasons, actor=job.actor, as_of=as_of):
            progress.advance(done, _("Posting returns"))
        return {"rows": left}

    def result_url(self, job) -> str:
        return reverse("accounts:return_file_detail", args=[int(job.scope)])

    @classmethod
    def of(cls, return_file: ReturnFile) -> Job | None:
        """The live job that posts a file."""
        return Job.objects.live().filter(runner=cls.name, scope=str(return_file.pk)).order_by("id").first()


@transaction.atomic
def post_by_job(*, return_file: ReturnFile, actor, as_of: date) -> Job:
    """Have a worker post a file, or what is left of one. Raises as `begin_posting`."""
    if not ReturnFile.objects.filter(pk=return_file.pk, status=FileStatus.POSTING).exists():
        begin_posting(return_file=return_file, actor=actor, as_of=as_of)
    return PostReturnFile.enqueue_once(scope=str(return_file.pk), actor=actor)
