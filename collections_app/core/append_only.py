"""Base of the facts that are never edited: a wrong one is reversed by a new one."""

import pgtrigger
from django.db import models

from collections_app.core.fields import ClockTimestamp


class AppendOnlyModel(models.Model):
    """Rows that the database refuses to update or delete.

    `recorded_at` is when the product learned the fact (UTC, the database's clock).
    Subclasses inherit `Meta` (`class Meta(AppendOnlyModel.Meta)`) so that the trigger comes along.
    """

    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        abstract = True
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
