"""Who may hold our books against the creditor's, and hand over what was born here."""

from django.utils.translation import gettext_lazy as _

from accounts.control.models import ControlCheck, ControlLine, ControlTotal, Journal
from collections_app.core.audit import sealed
from collections_app.core.documents import register_reader
from collections_app.core.enums import Role
from collections_app.core.permissions import declare, has_permission

RECONCILIATION_FILE = "reconciliation"

declare(
    "accounts.view_control_total",
    _("See control totals and where the books differ"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
declare(
    "accounts.state_control_total",
    _("State what the creditor's books show"),
    {Role.SUPERVISOR, Role.MANAGER},
)
VIEW_RECONCILIATION = declare(
    "accounts.view_reconciliation",
    _("Reconcile a month account by account, and see which accounts differ"),
    {Role.MANAGER},
)
declare("accounts.view_journal", _("See and download journals"), {Role.SUPERVISOR, Role.MANAGER})
declare("accounts.make_journal", _("Make the journal of what was born here"), {Role.MANAGER})


def _reads_total(user, file) -> bool:
    if not has_permission(user, "accounts.view_control_total"):
        return False
    return ControlTotal.objects.visible_to(user).filter(pk=file.subject_id).exists()


def _reads_journal(user, file) -> bool:
    if not has_permission(user, "accounts.view_journal"):
        return False
    return Journal.objects.visible_to(user).filter(pk=file.subject_id).exists()


def _reads_result(user, file) -> bool:
    """Files of a job that belong to nobody's account: the reconciliations are every manager's."""
    return file.kind == RECONCILIATION_FILE and has_permission(user, VIEW_RECONCILIATION)


register_reader("core.job", _reads_result)
register_reader("accounts.controltotal", _reads_total)
register_reader("accounts.journal", _reads_journal)

sealed(ControlTotal, columns=["creditor_id", "currency", "as_of", "stated_balance", "recorded_at"])
sealed(ControlLine, columns=["total_id", "number", "account_id", "stated_balance", "recorded_at"])
sealed(ControlCheck, columns=["total_id", "ledger_balance", "differing_accounts", "recorded_at"])
sealed(Journal, columns=["creditor_id", "number", "known_until", "entries", "recorded_at"])
