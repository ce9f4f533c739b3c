"""Money that was posted judges the promises of its accounts at once."""

from accounts.arrangements.queries import days_to_judge
from accounts.arrangements.services import review_days
from accounts.ledger.signals import CONCERNS, entries_posted, is_concerned
from collections_app.core.models import User

CONCERNS["promises"] = "EXISTS (SELECT FROM accounts_promise p WHERE p.account_id = a.id)"


def judge_what_money_changed(sender, *, account_ids, as_of, concerned=None, **news) -> None:
    """The rule judges, whoever posted: its actor is the system."""
    if not is_concerned("promises", concerned):
        return
    days = days_to_judge(account_ids, as_of=as_of)
    if days:
        review_days(days=days, actor=User.objects.system())


entries_posted.connect(judge_what_money_changed, dispatch_uid="arrangements.judge")
