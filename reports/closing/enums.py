from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle


class BuildStatus(models.TextChoices):
    BUILT = "built", _("Built")
    SIGNED = "signed", _("Signed")
    REPLACED = "replaced", _("Replaced")


REPORT_BUILD = Lifecycle(
    "reports.reportbuild",
    initial=BuildStatus.BUILT,
    edges=[
        Edge(
            BuildStatus.BUILT,
            BuildStatus.SIGNED,
            verb=_("Sign report"),
            permission="reports.sign_report",
            audit="report.signed",
        ),
        Edge(BuildStatus.BUILT, BuildStatus.REPLACED, audit="report.replaced"),
    ],
)
