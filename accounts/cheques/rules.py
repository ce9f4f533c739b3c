"""Who takes, sees and moves cheques, and what of them is sealed."""

from django.utils.translation import gettext_lazy as _

from accounts.cheques.custody_models import CustodyStep
from accounts.cheques.models import (
    Cheque,
    ChequePayment,
    ChequePlan,
    ChequeReturn,
    ChequeSettlement,
    ChequeShare,
    Presentment,
)
from collections_app.core import documents
from collections_app.core.audit import sealed
from collections_app.core.enums import Role
from collections_app.core.permissions import declare, has_permission

SENIORS = {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER}
OFFICERS = {Role.COLLECTION_OFFICER, Role.FIELD_OFFICER, *SENIORS}

VIEW_CHEQUE = declare("accounts.view_cheque", _("See the register of cheques"), OFFICERS)
LODGE_CHEQUE = declare(
    "accounts.lodge_cheque",
    _("Take in cheques, hand them over, and ask for one to be held back"),
    OFFICERS,
)
MOVE_CHEQUE = declare(
    "accounts.move_cheque",
    _("Check, plan, submit, replace and hand back cheques, and settle them in cash"),
    SENIORS,
)
ANSWER_CHEQUE = declare("accounts.answer_cheque", _("Record what the bank did with a cheque"), SENIORS)
APPROVE_CHEQUE_HOLD = declare(
    "accounts.approve_cheque_hold", _("Approve that a cheque is held back until a later day"), SENIORS
)
COUNT_CHEQUES = declare(
    "accounts.count_cheques",
    _("Count the cheques that somebody holds"),
    {Role.SUPERVISOR, Role.MANAGER},
)


def _may_read_paper(user, file) -> bool:
    return (
        has_permission(user, VIEW_CHEQUE)
        and Cheque.objects.visible_to(user).filter(pk=file.subject_id).exists()
    )


for evidence in (
    ChequeShare,
    ChequePlan,
    Presentment,
    ChequePayment,
    ChequeReturn,
    ChequeSettlement,
    CustodyStep,
):
    sealed(evidence)
documents.register_reader("accounts.cheque", _may_read_paper)
