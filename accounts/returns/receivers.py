"""Installs the reasons when an installation is prepared; ends retries of what is paid otherwise."""

from accounts.ledger.signals import entries_posted
from accounts.returns.reasons import install_reasons
from accounts.returns.retries import give_up_paid
from collections_app.core import prepare, prepared
from collections_app.core.models import User


def end_what_is_paid(sender, *, account_ids, as_of, **news) -> None:
    """The rule gives up, whoever posted: its actor is the system."""
    planned = prepared.select_some(
        "SELECT 1 FROM accounts_retry"
        " WHERE account_id = ANY(%(ids)s::bigint[]) AND status = 'planned' LIMIT 1",
        account_ids,
    )
    if planned:
        give_up_paid(account_ids=account_ids, actor=User.objects.system(), as_of=as_of)


entries_posted.connect(end_what_is_paid, dispatch_uid="returns.end_what_is_paid")

prepare.register("return reasons", install_reasons)
