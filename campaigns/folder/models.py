from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.parties.models import Debtor
from campaigns.folder.enums import PaperKind
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.models import StoredFile


class FiledPaper(AppendOnlyModel):
    """A paper that came in, scanned and filed: the day it arrived, what it is, what it says in short."""

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="filed_papers")
    kind = models.CharField(_("type"), max_length=10, choices=PaperKind)
    received_on = models.DateField(_("received on"))
    title = models.CharField(_("what it says"), max_length=200)
    document = models.OneToOneField(StoredFile, models.PROTECT, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("filed paper")
        verbose_name_plural = _("filed papers")
        indexes = [models.Index(fields=["debtor", "-received_on"], name="filed_paper_debtor")]

    def __str__(self) -> str:
        return self.title
