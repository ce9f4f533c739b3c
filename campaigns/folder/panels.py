"""The door to the folder on the pages of debtors and accounts; drawn without a query."""

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.folder import rules
from collections_app.core import panels
from collections_app.core.web.parts import Action


def _verbs(noun: str):
    def verbs(ids, user, as_of) -> list[Action]:
        (pk,) = ids
        return [
            Action(
                _("Correspondence folder"),
                reverse(f"campaigns:{noun}_folder", args=[pk]),
                icon="folder",
                permission=rules.VIEW,
            )
        ]

    return verbs


panels.register("account.verbs", order=58, provider=_verbs("account"), name="folder.account_verbs")
panels.register("debtor.verbs", order=15, provider=_verbs("debtor"), name="folder.debtor_verbs")
