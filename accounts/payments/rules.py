"""Who may take in money, and who may say that it came back."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare

declare("accounts.post_payment", _("Post payments"), OFFICE)
declare(
    "accounts.reverse_payment",
    _("Reverse payments that came back"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
