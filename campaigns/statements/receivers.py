"""A return or a reversal withdraws the clearance letters that rested on the money."""

from django.dispatch import receiver

from accounts.ledger.signals import CONCERNS, entries_posted, is_concerned
from campaigns.statements.clearance import withdraw_undone

CONCERNS["letters"] = (
    "EXISTS (SELECT FROM campaigns_clearanceaccount c JOIN campaigns_clearanceletter l"
    " ON l.id = c.paper_id AND l.status = 'issued' WHERE c.account_id = a.id)"
)


@receiver(entries_posted)
def withdraw_letters(sender, *, account_ids, as_of, concerned=None, **_kwargs) -> None:
    if is_concerned("letters", concerned):
        withdraw_undone(account_ids=account_ids, as_of=as_of)
