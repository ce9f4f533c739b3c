"""What is done with a file of returns: posted or discarded."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.returns.enums import TO_DECIDE, FileStatus, RowFinding
from accounts.returns.file_posting import POSTED_AT_ONCE, post_return_file
from accounts.returns.files import discard_return_file
from accounts.returns.jobs import post_by_job
from accounts.returns.models import ReturnFile
from accounts.returns.rules import LOAD_RETURN_FILE
from accounts.web.brought_files import BroughtFileVerb
from collections_app.core.models import Job
from collections_app.core.web.parts import Fact
from collections_app.core.web.views import ConfirmPage, ReasonPage


class FileVerb(BroughtFileVerb):
    permission = LOAD_RETURN_FILE
    menu = "returns"
    noun = "return_file"
    list_title = gettext_lazy("Return files")
    queryset = ReturnFile.objects.all()
    statuses = (FileStatus.PREVIEW,)


class PostFilePage(FileVerb, ConfirmPage):
    title = gettext_lazy("Post the returns")
    button = gettext_lazy("Post the returns")
    is_dangerous = True
    queryset = ReturnFile.objects.filter(is_read=True)
    statuses = (FileStatus.PREVIEW, FileStatus.POSTING)

    def get_object(self):
        file = super().get_object()
        self.matched = file.rows.filter(finding=RowFinding.MATCHED).count()
        return file

    @property
    def takes_long(self) -> bool:
        return self.object.status == FileStatus.POSTING or self.matched > POSTED_AT_ONCE

    def facts(self):
        rows = self.object.rows
        return [
            Fact(_("File"), self.object.name),
            Fact(_("Returns to post"), str(self.matched)),
            Fact(_("Rows left to decide"), str(rows.filter(finding__in=TO_DECIDE).count())),
        ]

    def consequence(self):
        if self.takes_long:
            return _(
                "Every receipt that was found is reversed on its own day; a worker does it, and you see how "
                "far it is. Rows without a receipt wait in the queue."
            )
        return _(
            "Every receipt that was found is reversed on its own day, in one go; rows without a receipt wait "
            "in the queue."
        )

    def perform(self, form):
        do = post_by_job if self.takes_long else post_return_file
        return do(return_file=self.object, actor=self.request.user, as_of=self.today)

    def get_success_url(self, result):
        if isinstance(result, Job):
            return reverse("core:job_detail", args=[result.pk])
        return super().get_success_url(result)

    def get_success_message(self, result) -> str:
        if isinstance(result, Job):
            return _("The returns are being posted.")
        return _("The returns are posted.")


class DiscardFilePage(FileVerb, ReasonPage):
    title = gettext_lazy("Discard a return file")
    button = gettext_lazy("Discard file")
    is_dangerous = True

    def perform(self, form):
        return discard_return_file(
            return_file=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The file is discarded.")
