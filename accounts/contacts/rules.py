"""Who sees and plans contacts. Making one stands with the gate: `accounts.make_contact`."""

from django.utils.translation import gettext_lazy as _

from accounts.contacts.models import ContactAttempt
from collections_app.core.audit import sealed
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare

VIEW_CONTACT = declare("accounts.view_contact", _("See contacts with debtors"), OFFICE)
VIEW_FOLLOW_UP = declare("accounts.view_follow_up", _("See follow-ups"), OFFICE)
PLAN_FOLLOW_UP = declare("accounts.plan_follow_up", _("Plan and complete follow-ups"), OFFICE)
CORRECT_CONTACT = declare(
    "accounts.correct_contact",
    _("Correct a colleague's contact"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
ADD_NOTE = declare("accounts.add_note", _("Write notes"), OFFICE)
STOP_POINT = declare(
    "accounts.stop_contact_point", _("Stop the use of a number or address, or opt a debtor out"), OFFICE
)

# what was said is free text about a person, so it stays erasable; that there was a contact is not
sealed(ContactAttempt, leaving_out=["note"])
