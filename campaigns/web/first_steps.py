"""What an empty office still needs once its book is in: a strategy in force, and the first reminder."""

from django.utils.translation import gettext_lazy as _

from campaigns.sending.enums import MessageStatus
from campaigns.sending.models import Message
from campaigns.strategies.enums import VersionStatus
from campaigns.strategies.models import StrategyVersion
from collections_app.core import setup


def register() -> None:
    """Called when the URLs are read, after every model exists."""
    setup.register_step(
        "strategy",
        _("Have a strategy in force"),
        _("Which day brings which message. One is installed and in force; look at it, and change it."),
        url_name="campaigns:strategy_list",
        permission="campaigns.edit_strategy",
        order=60,
        is_done=lambda: StrategyVersion.objects.filter(status=VersionStatus.APPROVED).exists(),
    )
    setup.register_step(
        "reminder",
        _("Send the first reminders"),
        _("They go by themselves every morning; the first day's can be started by hand."),
        url_name="campaigns:reminder_run_list",
        permission="campaigns.run_reminders",
        order=80,
        is_done=lambda: Message.objects.filter(status=MessageStatus.SENT).exists(),
    )
