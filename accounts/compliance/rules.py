"""Who may contact and who sees what went wrong; the gate's tables under seal."""

from django.utils.translation import gettext_lazy as _

from accounts.compliance.models import ContactFact, CountedContact, Permit
from collections_app.core import audit
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare

MAKE_CONTACT = declare("accounts.make_contact", _("Contact debtors and log contacts"), OFFICE)
VIEW_BREACH = declare(
    "accounts.view_breach",
    _("See contacts that broke a rule"),
    {Role.SUPERVISOR, Role.MANAGER},
)

VIEW_PERMIT = declare("accounts.view_permit", _("See what the contact gate was asked and said"), OFFICE)
VIEW_REPLAY = declare(
    "accounts.view_contact_replay",
    _("Have contacts decided again and see what does not agree"),
    {Role.SUPERVISOR, Role.MANAGER},
)

audit.sealed(
    Permit,
    [
        "debtor",
        "creditor",
        "account_ids",
        "channel",
        "purpose",
        "contact_point",
        "moment",
        "is_allowed",
        "rule",
        "rule_source",
        "next_moment",
        "profile",
        "profile_version",
        "facts",
        "actor",
        "recorded_at",
    ],
)
audit.sealed(
    CountedContact,
    [
        "debtor",
        "identity_id",
        "account_ids",
        "channel",
        "is_inbound",
        "at",
        "is_contact_made",
        "is_right_party",
        "permit",
        "judgement",
        "rule",
        "supersedes",
        "recorded_at",
        "is_connected",
        "inputs",
        "is_conversation",
    ],
)
audit.sealed(ContactFact)
