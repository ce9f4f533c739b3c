"""A return or a reversal withdraws the clearance letters that rested on the money."""

from django.dispatch import receiver

from accounts.ledger.signals import entries_posted
from campaigns.statements.clearance import withdraw_undone


@receiver(entries_posted)
def withdraw_letters(sender, *, account_ids, as_of, **_kwargs) -> None:
    withdraw_undone(account_ids=account_ids, as_of=as_of)
