"""Who may take in money, who may say that it came back, and who sets up where it arrives."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare

declare("accounts.post_payment", _("Post payments"), OFFICE)
declare(
    "accounts.reverse_payment",
    _("Reverse payments that came back"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
declare(
    "accounts.view_bank_account",
    _("See the bank accounts on which money arrives"),
    {*OFFICE, Role.ADMINISTRATOR},
)
# One who posts payments does not also say where money arrives.
declare("accounts.manage_bank_account", _("Set up bank accounts"), {Role.ADMINISTRATOR})
