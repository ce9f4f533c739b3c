"""Papers on the pages of debtors and accounts: verbs without a query, and their place in the story,
which is read in the one statement of all stories."""

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.statements import rules
from campaigns.statements.enums import LetterStatus
from campaigns.treatment.panels import office_zone
from collections_app.core import panels
from collections_app.core.story import Story, day_of
from collections_app.core.web.figures import day_text
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


# Papers in the story of an account, each on the day it was issued.
STATEMENTS = """
SELECT s.made_at AS at, s.id, s.first_day, s.last_day
FROM campaigns_statementaccount l JOIN campaigns_statement s ON s.id = l.paper_id
WHERE l.account_id = ANY(%(ids)s) AND (s.made_at AT TIME ZONE %(office_zone)s)::date <= %(as_of)s
ORDER BY s.id DESC LIMIT 50
"""
LETTERS = """
SELECT p.made_at AS at, p.id, p.status, p.withdrawn_on
FROM campaigns_clearanceaccount l JOIN campaigns_clearanceletter p ON p.id = l.paper_id
WHERE l.account_id = ANY(%(ids)s) AND (p.made_at AT TIME ZONE %(office_zone)s)::date <= %(as_of)s
ORDER BY p.id DESC LIMIT 50
"""


def statement_event(row, as_of) -> dict:
    return {
        "kind": "letter",
        "icon": "file-text",
        "tone": "none",
        "title": _("Statement of account"),
        "detail": _("%(first)s to %(last)s")
        % {
            "first": day_text(day_of(row.first_day), as_of),
            "last": day_text(day_of(row.last_day), as_of),
        },
        "url": reverse("campaigns:statement_detail", args=[row.id]),
    }


def letter_event(row, as_of) -> dict:
    is_valid = row.status == LetterStatus.ISSUED or day_of(row.withdrawn_on) > as_of
    return {
        "kind": "letter",
        "icon": "shield-check",
        "tone": "good" if is_valid else "stop",
        "title": _("Clearance letter"),
        "detail": _("valid") if is_valid else _("withdrawn"),
        "url": reverse("campaigns:clearance_detail", args=[row.id]),
    }


for order, select, event, name in (
    (60, STATEMENTS, statement_event, "statements.statements"),
    (61, LETTERS, letter_event, "statements.letters"),
):
    panels.register(
        "account.timeline",
        order=order,
        provider=Story(select, event, office_zone),
        permission=rules.VIEW,
        name=name,
    )
