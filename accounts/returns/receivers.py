"""Installs the reasons when an installation is prepared; ends retries of what is paid otherwise."""

from accounts.ledger.signals import CONCERNS, entries_posted, is_concerned
from accounts.returns.reasons import install_reasons
from accounts.returns.retries import give_up_paid
from collections_app.core import prepare, prepared
from collections_app.core.models import User

CONCERNS["retries"] = (
    "EXISTS (SELECT FROM accounts_retry t WHERE t.account_id = a.id AND t.status = 'planned')"
)


def end_what_is_paid(sender, *, account_ids, as_of, concerned=None, **news) -> None:
    """The rule gives up, whoever posted: its actor is the system."""
    if not is_concerned("retries", concerned):
        return
    planned = prepared.select_some(
        "SELECT 1 FROM accounts_retry"
        " WHERE account_id = ANY(%(ids)s::bigint[]) AND status = 'planned' LIMIT 1",
        account_ids,
    )
    if planned:
        give_up_paid(account_ids=account_ids, actor=User.objects.system(), as_of=as_of)


entries_posted.connect(end_what_is_paid, dispatch_uid="returns.end_what_is_paid")

prepare.register("return reasons", install_reasons)
