"""Who may issue statements, receipts and clearance letters, and who may read them."""

from django.utils.translation import gettext_lazy as _

from accounts.tasks.models import Task
from accounts.teams.queries import department_ids_of
from campaigns.statements.models import ClearanceLetter, Statement, StatementRun
from collections_app.core import clock
from collections_app.core.documents import register_reader
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare, has_permission
from collections_app.core.refusal import Refused

SENIORS = {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER}

VIEW = declare("campaigns.view_statement", _("See statements, receipts and clearance letters"), OFFICE)
ISSUE = declare(
    "campaigns.issue_statement",
    _("Issue a statement of account for a debtor of one's own"),
    {Role.COLLECTION_OFFICER, Role.FIELD_OFFICER, *SENIORS},
)
RUN = declare(
    "campaigns.run_statements",
    _("Issue statements for many debtors in one run"),
    {Role.SUPERVISOR, Role.MANAGER},
)
CLEAR = declare(
    "campaigns.issue_clearance_letter",
    _("Issue a clearance letter for accounts that are paid up"),
    SENIORS,
)
WITHDRAW = declare(
    "campaigns.withdraw_letter",
    _("Withdraw a clearance letter"),
    {Role.SUPERVISOR, Role.MANAGER},
)
RUN_LIMIT = 2_000  # accounts in one run


class NothingToState(Refused):
    """No movement in the period and nothing owed: a paper would say nothing."""


class StatedAlready(Refused):
    """The same debtor and period have a statement; a second one is asked for in so many words."""


class SeveralStandFor(Refused):
    """Other people represent the debtor on some of the accounts: one paper would tell each of the rest."""


class NotSent(Refused):
    """The gate, a hold or a missing address stands between the paper and the debtor.

    `is_unreached`: no good address of his is known.
    """

    is_unreached = False


class NobodyToState(Refused):
    """The selection holds no account of the creditor."""


class TooManyAccounts(Refused):
    """A run has a limit, so that it can be looked through."""


class NotPaidUp(Refused):
    """Something is owed or not yet final on an account, so no letter may say it is cleared."""


class ClearedAlready(Refused):
    """A valid letter says the same of the same accounts, and nothing was posted since."""


def _reader(model):
    """Whoever sees the paper's row reads the paper."""

    def may_read(user, file) -> bool:
        return (
            has_permission(user, VIEW) and model.objects.visible_to(user).filter(pk=file.subject_id).exists()
        )

    return may_read


def _may_read_run(user, file) -> bool:
    """The merged file holds every statement of its run: all of them must be his to see, or the run
    was handed to his department (D79)."""
    if user.role == Role.DEPARTMENT_USER:
        return Task.objects.filter(
            subject_type=file.subject_type,
            subject_id=file.subject_id,
            department__in=department_ids_of(user, clock.today()),
        ).exists()
    if not has_permission(user, VIEW):
        return False
    if not StatementRun.objects.visible_to(user).filter(pk=file.subject_id).exists():
        return False
    papers = Statement.objects.filter(run_id=file.subject_id)
    return papers.count() == papers.visible_to(user).count()


register_reader("campaigns.statement", _reader(Statement))
register_reader("campaigns.clearanceletter", _reader(ClearanceLetter))
register_reader("campaigns.statementrun", _may_read_run)
