"""Free notes: dated, with their author, never edited and never a contact."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.contacts.models import Note
from accounts.contacts.rules import ADD_NOTE
from collections_app.core import audit
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class NoteIsEmpty(Refused):
    """A note says something."""


@transaction.atomic
def add_note(*, debtor, account=None, body: str, actor) -> Note:
    """Write a note on a debtor, or on one account of his. Raises NoteIsEmpty."""
    require(actor, ADD_NOTE)
    if not body.strip():
        raise NoteIsEmpty(_("Write something."), field="body")
    note = Note.objects.create(debtor=debtor, account=account, body=body.strip(), author=actor)
    audit.record("note.added", note, actor=actor, after={"account": account})
    return note
