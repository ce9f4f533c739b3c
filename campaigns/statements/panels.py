"""The verbs of papers on the pages of debtors and accounts; no query, so neither page gets slower."""

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.statements import rules
from collections_app.core import panels
from collections_app.core.web.parts import Action


def _verbs(noun: str):
    def verbs(ids, user, as_of) -> list[Action]:
        (pk,) = ids
        return [
            Action(
                _("Statement of account"),
                reverse(f"campaigns:{noun}_statement", args=[pk]),
                icon="file-text",
                permission=rules.VIEW,
            ),
            Action(
                _("Clearance letter"),
                reverse(f"campaigns:{noun}_clearance", args=[pk]),
                icon="shield-check",
                permission=rules.CLEAR,
            ),
        ]

    return verbs


panels.register("account.verbs", order=60, provider=_verbs("account"), name="statements.account_verbs")
panels.register("debtor.verbs", order=20, provider=_verbs("debtor"), name="statements.debtor_verbs")
