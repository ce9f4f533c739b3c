"""Who may change a text that debtors will read (D13: none goes out without approval)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare
from collections_app.core.refusal import Refused

VIEW = declare("campaigns.view_template", gettext_lazy("See the texts"), OFFICE)
EDIT = declare(
    "campaigns.edit_template",
    gettext_lazy("Draft a text"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
APPROVE = declare(
    "campaigns.approve_template",
    gettext_lazy("Approve or retire a text another person wrote"),
    {Role.SUPERVISOR, Role.MANAGER},
)


class TemplateMissing(Refused):
    """A step names a text that nobody has approved."""


class SamePersonWrote(Refused):
    """Who wrote a text does not approve it."""


class NotADraftText(Refused):
    """Only a draft can be changed."""


def check_two_people(version, actor) -> None:
    """Writer is not approver; the database holds the same rule."""
    if version.made_by_id == actor.pk:
        raise SamePersonWrote(_("You wrote this text, so another person must approve it."))
