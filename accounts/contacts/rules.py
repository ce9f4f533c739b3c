"""Who sees and plans contacts. Making one stands with the gate: `accounts.make_contact`."""

from django.utils.translation import gettext_lazy as _

from accounts.contacts.models import ContactAttempt, FieldVisit, TraceResult
from accounts.ledger.models import Account
from collections_app.core.audit import sealed
from collections_app.core.documents import register_reader
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare, has_permission

VIEW_CONTACT = declare("accounts.view_contact", _("See contacts with debtors"), OFFICE)
VIEW_FOLLOW_UP = declare("accounts.view_follow_up", _("See follow-ups"), OFFICE)
PLAN_FOLLOW_UP = declare("accounts.plan_follow_up", _("Plan and complete follow-ups"), OFFICE)
ASSIGN_FOLLOW_UP = declare(
    "accounts.assign_follow_up",
    _("Give follow-ups and visits to a colleague"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
CORRECT_CONTACT = declare(
    "accounts.correct_contact",
    _("Correct a colleague's contact"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
END_LEFT_CALL = declare(
    "accounts.end_left_call",
    _("See calls left without an outcome, and say what came of them"),
    {Role.SUPERVISOR, Role.MANAGER},
)
ADD_NOTE = declare("accounts.add_note", _("Write notes"), OFFICE)
STOP_POINT = declare(
    "accounts.stop_contact_point", _("Stop the use of a number or address, or opt a debtor out"), OFFICE
)



def _may_see_photo(user, file) -> bool:
    """Whoever sees the account that was visited."""
    visit = FieldVisit.objects.filter(pk=file.subject_id).select_related("follow_up").first()
    return (
        visit is not None
        and has_permission(user, VIEW_CONTACT)
        and Account.objects.visible_to(user).filter(pk=visit.follow_up.account_id).exists()
    )


register_reader("accounts.fieldvisit", _may_see_photo)

# what was said is free text about a person, so it stays erasable; that there was a contact is not
sealed(ContactAttempt, leaving_out=["note"])
sealed(TraceResult, leaving_out=["note"])
