"""Whose accounts a role sees."""

from collections_app.core.enums import Role

SEES_EVERY_ACCOUNT = {Role.MANAGER, Role.AUDITOR, Role.SYSTEM}
SEES_TEAM_ACCOUNTS = {
    Role.COLLECTION_OFFICER,
    Role.FIELD_OFFICER,
    Role.SENIOR_OFFICER,
    Role.SUPERVISOR,
}
# Who may have accounts of his own and works down a list.
WORKS_ACCOUNTS = {Role.COLLECTION_OFFICER, Role.FIELD_OFFICER, Role.SENIOR_OFFICER}
