"""The script of the stage in the call form."""

from accounts.ledger.models import Account
from campaigns.scripts.queries import script_of
from collections_app.core import panels


def call_script(ids, user, as_of) -> dict | None:
    """`text`, `stage` and `language` of one account's script, asked once the right party is known."""
    account = Account.objects.select_related("debtor", "creditor").filter(pk__in=ids).first()
    found = script_of(account, as_of=as_of) if account is not None else None
    if found is None:
        return None
    return {"text": found.text, "stage": found.stage, "language": found.language}


panels.register("call.script", order=10, provider=call_script, name="scripts.of_stage")
