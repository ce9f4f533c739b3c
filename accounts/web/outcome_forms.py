"""Where what an outcome speaks of is entered: a contact that is only written down makes none of it."""

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.contacts.enums import Outcome
from accounts.contacts.models import ContactAttempt

FORM_OF_ACCOUNT = {
    Outcome.PROMISE: "accounts:promise_new",
    Outcome.DISPUTES: "accounts:dispute_new",
    Outcome.CALL_BACK: "accounts:follow_up_plan",
}
FORM_OF_DEBTOR = {Outcome.CANNOT_PAY: "accounts:hardship_new"}


def lead_to_form(request: HttpRequest, attempt: ContactAttempt) -> None:
    """Say of a logged or corrected contact that it is no promise, dispute, case or call back yet."""
    outcome = Outcome(attempt.outcome)
    about = attempt.attempt_accounts.order_by("account__number").first()
    if outcome in FORM_OF_DEBTOR:
        url = reverse(FORM_OF_DEBTOR[outcome], args=[attempt.debtor_id])
    elif outcome in FORM_OF_ACCOUNT and about is not None:
        url = reverse(FORM_OF_ACCOUNT[outcome], args=[about.account_id])
    else:
        return
    said = _("Only the contact is written down. Enter what was said:")
    link = format_html('{} <a class="u" href="{}">{}</a>', said, url, outcome.label)
    messages.info(request, link)
