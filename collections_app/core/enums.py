from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.statuses import StatusChoices, Tone


class Role(models.TextChoices):
    """Who a user is in the office. What a role may do stands in `permissions.py`."""

    COLLECTION_OFFICER = "collection_officer", _("Collection officer")
    FIELD_OFFICER = "field_officer", _("Field officer")
    SENIOR_OFFICER = "senior_officer", _("Senior officer")
    SUPERVISOR = "supervisor", _("Supervisor")
    MANAGER = "manager", _("Manager")
    DEPARTMENT_USER = "department_user", _("Department user")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")
    SYSTEM = "system", _("System")


class JobStatus(StatusChoices):
    QUEUED = "queued", Tone.WAIT, "hourglass", _("Queued")
    RUNNING = "running", Tone.WAIT, "progress", _("Running")
    DONE = "done", Tone.GOOD, "circle-check", _("Done")
    FAILED = "failed", Tone.STOP, "alert-circle", _("Failed")
    CANCELLED = "cancelled", Tone.NONE, "player-stop", _("Cancelled")


class Retention(models.TextChoices):
    """How long a stored file is kept, counted from the last activity on its subject."""

    WORKING = "working", _("Working file, 90 days")
    EVIDENCE = "evidence", _("Evidence, 10 years")
    REPORT = "report", _("Report, 10 years")
