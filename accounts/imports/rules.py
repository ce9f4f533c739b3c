"""Who may bring books in, take them back, and release a creditor's debtors for contact."""

from django.utils.translation import gettext_lazy as _

from accounts.imports.models import ImportBatch
from accounts.parties.models import Creditor
from accounts.teams.enums import SEES_EVERY_ACCOUNT
from accounts.teams.queries import present_team_ids
from collections_app.core.documents import register_reader
from collections_app.core.enums import Role
from collections_app.core.permissions import declare, has_permission

VIEW_IMPORT = declare(
    "accounts.view_import",
    _("See imports and their control sheets"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
POST_IMPORT = declare(
    "accounts.post_import", _("Bring files in and post them"), {Role.SUPERVISOR, Role.MANAGER}
)
REVERSE_IMPORT = declare("accounts.reverse_import", _("Take a whole import back"), {Role.MANAGER})
RELEASE_CREDITOR = declare(
    "accounts.release_creditor",
    _("Release a creditor's debtors for contact after its cut-over"),
    {Role.MANAGER},
)

VIEW_FEED = declare(
    "accounts.view_feed",
    _("See until when each creditor's books are fed, and missed feeds"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR},
)
RELEASE_FEED = declare(
    "accounts.release_feed",
    _("Let reminders go though a creditor's feed has not come"),
    {Role.SUPERVISOR, Role.MANAGER},
)
declare(
    "accounts.decide_missing_item",
    _("Decide what became of documents that a creditor's list no longer names"),
    {Role.SUPERVISOR, Role.MANAGER},
)


def creditors_open_to(user):
    """The creditors into whose books the user may bring files: all, or those his teams work for."""
    if user.role in SEES_EVERY_ACCOUNT:
        return Creditor.objects.all()
    return Creditor.objects.filter(teams__in=present_team_ids(user)).distinct()


def may_make_creditor(user) -> bool:
    """A file may make an unknown creditor only in the hands of somebody who sees the whole book."""
    return user.role in SEES_EVERY_ACCOUNT


def may_read_file(user, file) -> bool:
    """The file brought and the file of rejects: whoever sees the import."""
    seen = ImportBatch.objects.visible_to(user).filter(pk=file.subject_id)
    return has_permission(user, VIEW_IMPORT) and seen.exists()


register_reader(ImportBatch._meta.label_lower, may_read_file)
