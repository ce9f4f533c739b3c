"""What an empty office needs before its first reminder; shown by the kernel's page of first steps."""

from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from accounts.teams.models import Team, TeamMembership
from collections_app.core import setup
from collections_app.core.enums import Role
from collections_app.core.models import User


def register() -> None:
    """Called when the URLs are read, after every model exists."""
    setup.register_step(
        "teams",
        _("Make the teams"),
        _("An account belongs to a team, and only its team sees it."),
        url_name="accounts:team_list",
        order=10,
        is_done=lambda: Team.objects.exists(),
    )
    setup.register_step(
        "users",
        _("Invite the people"),
        _("A manager to release and approve, officers to work; each gets a role and a password by mail."),
        url_name="accounts:user_list",
        order=20,
        is_done=lambda: User.objects.filter(role=Role.MANAGER, is_active=True).exists(),
    )
    setup.register_step(
        "members",
        _("Put officers into teams"),
        _("An officer sees the accounts of his teams."),
        url_name="accounts:team_list",
        order=30,
        is_done=lambda: TeamMembership.objects.exists(),
    )
    setup.register_step(
        "creditors",
        _("Enter the creditors"),
        _("Currency, time zone, holidays and which teams work for them. An import can make them too."),
        url_name="accounts:creditor_list",
        order=40,
        is_done=lambda: Creditor.objects.exists(),
    )
    setup.register_step(
        "book",
        _("Bring the book in"),
        _("A manager brings in accounts, then entries, contacts and protections."),
        url_name="accounts:import_list",
        order=50,
        is_done=lambda: Account.objects.exists(),
    )
    setup.register_step(
        "release",
        _("Release a creditor"),
        _("Nothing is sent to a creditor's debtors until a manager has seen who would get what."),
        url_name="accounts:creditor_list",
        order=60,
        is_done=lambda: Creditor.objects.filter(released_at__isnull=False).exists(),
    )
