"""What contacts, follow-ups and notes put on the pages of accounts and debtors."""

from django.urls import reverse

from accounts.contacts.queries import attempt_event, attempts_about, follow_up_events, note_events
from collections_app.core import panels


def attempt_events(ids, user, as_of) -> list[dict]:
    """Every attempt about the account, as of the day."""
    return [
        attempt_event(attempt) | {"url": reverse("accounts:contact_detail", args=[attempt.pk])}
        for attempt in attempts_about(ids)
        if attempt.at.date() <= as_of
    ]


def follow_ups(ids, user, as_of) -> list[dict]:
    return [event for event in follow_up_events(ids) if event["at"].date() <= as_of]


def notes(ids, user, as_of) -> list[dict]:
    return [event for event in note_events(ids) if event["at"].date() <= as_of]


panels.register("account.timeline", order=20, permission="accounts.view_contact", provider=attempt_events)
panels.register("account.timeline", order=30, permission="accounts.view_follow_up", provider=follow_ups)
panels.register("account.timeline", order=40, permission="accounts.view_contact", provider=notes)
