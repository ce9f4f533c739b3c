from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportKind(models.TextChoices):
    ACCOUNTS = "accounts", _("Accounts")
    ENTRIES = "entries", _("Entries")
    CONTACTS = "contacts", _("Contacts")
    PROTECTIONS = "protections", _("Protections")


class ImportStatus(models.TextChoices):
    UPLOADED = "uploaded", _("Uploaded")
    MAPPED = "mapped", _("Columns chosen")
    CHECKED = "checked", _("Checked")
    POSTED = "posted", _("Posted")
    REVERSED = "reversed", _("Reversed")
    REFUSED = "refused", _("Refused")


class ImportMode(models.TextChoices):
    """What a file says about its period (domain: the daily feed)."""

    MOVEMENTS = "movements", _("Movements")
    COMPLETE = "complete", _("Complete for its period")
    SNAPSHOT = "snapshot", _("All open items")


class RowState(models.TextChoices):
    NEW = "new", _("New")
    UNCHANGED = "unchanged", _("Unchanged")
    AMENDED = "amended", _("Amended")
    NO_EFFECT = "no_effect", _("No effect")
    REJECTED = "rejected", _("Rejected")
