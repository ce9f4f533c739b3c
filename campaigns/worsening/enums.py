from django.db import models
from django.utils.translation import gettext_lazy as _


class Sign(models.TextChoices):
    """What worsened; in the order in which a row tells them."""

    PROMISE_BROKEN = "promise_broken", _("Promise broken")
    INSTALMENT_MISSED = "instalment_missed", _("Instalment missed")
    PAYMENT_RETURNED = "payment_returned", _("Payment returned")
    TAKES_LONGER = "takes_longer", _("Takes longer to pay")
    STOPPED_PAYING = "stopped_paying", _("Stopped paying")
    PAYS_LESS = "pays_less", _("Pays less than usual")


SIGN_LOOK = {
    Sign.PROMISE_BROKEN: ("stop", "heart-broken"),
    Sign.INSTALMENT_MISSED: ("stop", "calendar-x"),
    Sign.PAYMENT_RETURNED: ("stop", "receipt-refund"),
    Sign.TAKES_LONGER: ("attn", "hourglass"),
    Sign.STOPPED_PAYING: ("attn", "clock-exclamation"),
    Sign.PAYS_LESS: ("attn", "trending-up"),
}
