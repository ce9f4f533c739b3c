"""Money that was posted judges the promises of its accounts at once."""

from accounts.arrangements.services import review_promises
from accounts.ledger.signals import entries_posted
from collections_app.core.models import User


def judge_what_money_changed(sender, *, account_ids, as_of, **news) -> None:
    """The rule judges, whoever posted: its actor is the system."""
    review_promises(as_of=as_of, account_ids=account_ids, actor=User.objects.system())


entries_posted.connect(judge_what_money_changed, dispatch_uid="arrangements.judge")
