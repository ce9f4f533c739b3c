from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class BuildStatus(StatusChoices):
    BUILT = "built", Tone.WAIT, "writing", _("Built")
    SIGNED = "signed", Tone.GOOD, "circle-check", _("Signed")
    REPLACED = "replaced", Tone.NONE, "archive", _("Replaced")


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
