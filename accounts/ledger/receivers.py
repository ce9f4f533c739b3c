"""Tells approvals what the approval of an amount does; lets standings follow another allocation."""

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.approvals import acts
from accounts.ledger.models import Account
from accounts.ledger.proposals import KINDS, post_approved
from accounts.ledger.standing import refresh_standing
from accounts.ledger.write_off_sets import KIND, post_approved_set
from accounts.policies.signals import policy_approved

for kind, label in KINDS.items():
    acts.register(kind, label=label, perform=post_approved)
acts.register(KIND, label=_("Write-off of small balances"), perform=post_approved_set)


@receiver(policy_approved)
def follow_allocation(sender, version, as_of, **kwargs) -> None:
    """Another order of payment moves what is open of each item, from its day on."""
    if version.kind != "allocation":
        return
    if not version.scope_type:
        refresh_standing(as_of=as_of)
        return
    scope = {f"{version.scope_type}_id": version.scope_id}
    refresh_standing(
        as_of=as_of, account_ids=list(Account.objects.filter(**scope).values_list("pk", flat=True))
    )
