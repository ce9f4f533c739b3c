"""What a statement is about, how it goes out, why somebody is left out, the life of a letter."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class Each(models.TextChoices):
    """What one statement of a run is about."""

    DEBTOR = "debtor", _("One for each debtor, all his accounts")
    ACCOUNT = "account", _("One for each account")


class Delivery(models.TextChoices):
    NONE = "none", _("Make the papers only")
    EMAIL = "email", _("By e-mail, the paper attached")
    LETTER = "letter", _("By letter")
    BEST = "best", _("By e-mail where the address is good, else by letter")


class LeftOut(models.TextChoices):
    """Why a run made no statement; what the gate refused stands under the gate's own rule."""

    NOTHING = "nothing", _("Nothing to state in this period")
    DONE = "done", _("Stated for this period already")
    UNBALANCED = "unbalanced", _("Does not balance")
    NO_POINT = "no_point", _("No good address")
    NO_TEXT = "no_text", _("No approved text")
    SEVERAL = "several", _("Other people stand for some of the accounts")


class LetterStatus(StatusChoices):
    ISSUED = "issued", Tone.GOOD, "shield-check", _("Valid")
    WITHDRAWN = "withdrawn", Tone.STOP, "ban", _("Withdrawn")


CLEARANCE_LETTER = Lifecycle(
    "campaigns.clearanceletter",
    initial=LetterStatus.ISSUED,
    edges=[
        Edge(
            LetterStatus.ISSUED,
            LetterStatus.WITHDRAWN,
            verb=_("Withdraw letter"),
            permission="campaigns.withdraw_letter",
            audit="clearance_letter.withdrawn",
            url_name="campaigns:clearance_withdraw",
        ),
    ],
)
