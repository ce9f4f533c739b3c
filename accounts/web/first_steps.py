"""What an empty office needs before its first reminder; shown by the kernel's page of first steps."""

from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.models import Creditor
from accounts.teams.models import Department, Team, TeamMembership
from collections_app.core import setup
from collections_app.core.enums import Role
from collections_app.core.models import User


def _has_people_in_teams() -> bool:
    """A supervisor to approve and an officer to work, each in a team."""
    roles = TeamMembership.objects.filter(valid_to=None, user__is_active=True).values_list(
        "user__role", flat=True
    )
    return {Role.SUPERVISOR, Role.COLLECTION_OFFICER} <= set(roles.distinct())


def register() -> None:
    """Called when the URLs are read, after every model exists."""
    setup.register_step(
        "teams",
        _("Make the teams"),
        _("An account belongs to a team, and only its team sees it."),
        url_name="accounts:team_list",
        permission="accounts.manage_team",
        order=10,
        is_done=lambda: Team.objects.exists(),
    )
    setup.register_step(
        "departments",
        _("Make the departments"),
        _("What a debtor disputes is put to a person of a department: Sales, Legal, Finance."),
        url_name="accounts:department_list",
        permission="accounts.manage_team",
        order=15,
        is_done=lambda: Department.objects.exists(),
    )
    setup.register_step(
        "manager",
        _("Invite a manager"),
        _("A manager releases creditors and signs reports. The password is set by a link."),
        url_name="accounts:user_new",
        permission="core.manage_user",
        order=20,
        is_done=lambda: User.objects.filter(role=Role.MANAGER, is_active=True).exists(),
    )
    setup.register_step(
        "people",
        _("Invite a supervisor and officers"),
        _("Into their teams: an officer sees the accounts of his teams. What one makes, another approves."),
        url_name="accounts:user_new",
        permission="core.manage_user",
        order=30,
        is_done=_has_people_in_teams,
    )
    setup.register_step(
        "creditors",
        _("Enter the creditors"),
        _("Currency, time zone, teams, and how its letters are signed: name, reply address, how to pay."),
        url_name="accounts:creditor_list",
        permission="accounts.manage_creditor",
        order=40,
        is_done=lambda: Creditor.objects.exclude(sender_email="").exists(),
    )
    setup.register_step(
        "accounts",
        _("Bring in the accounts"),
        _("A file with one row an account: who owes, in which currency, how to reach him."),
        url_name="accounts:import_new",
        permission="accounts.post_import",
        order=50,
        is_done=lambda: Account.objects.exists(),
    )
    setup.register_step(
        "entries",
        _("Bring in the entries"),
        _("A file with one row an invoice, fee or payment. Contacts and protections come the same way."),
        url_name="accounts:import_new",
        permission="accounts.post_import",
        order=55,
        is_done=lambda: LedgerEntry.objects.exists(),
    )
    setup.register_step(
        "release",
        _("Release a creditor"),
        _("Nothing is sent to a creditor's debtors until a manager has seen who would get what."),
        url_name="accounts:creditor_list",
        permission="accounts.release_creditor",
        order=70,
        is_done=lambda: Creditor.objects.filter(released_at__isnull=False).exists(),
    )
