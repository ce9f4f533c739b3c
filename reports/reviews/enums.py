from django.db import models
from django.utils.translation import gettext_lazy as _


class ReviewStatus(models.TextChoices):
    DRAFT = "draft", _("Being prepared")
    SUBMITTED = "submitted", _("With the reviewer")
    RETURNED = "returned", _("Returned with comments")
    REVIEWED = "reviewed", _("Reviewed, waiting for approval")
    APPROVED = "approved", _("Approved")
