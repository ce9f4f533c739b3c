"""What pages about something of one account have in common: its column, its line, the way to it."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.models import Account
from collections_app.core.web.parts import Action
from collections_app.core.web.tables import LinkColumn


def debtor_column(url_name: str, **more) -> LinkColumn:
    """The debtor's name over the account's number, leading to the row's page."""
    given = {"text": "account.debtor.name", "note": "account.number", "verbose_name": gettext_lazy("Debtor")}
    return LinkColumn(url_name, **given, **more)


def debtor_line(account: Account) -> str:
    """The debtor and the account, under a title."""
    return f"{account.debtor.name}, {account.number}"


def account_action(account_id: int) -> Action:
    """The button to the account's page."""
    return Action(_("Open account"), reverse("accounts:account_detail", args=[account_id]), icon="user")
