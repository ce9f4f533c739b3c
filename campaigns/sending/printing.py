"""The print queue: letters are judged, written and merged when they are printed, not before.

A letter waits in the outbox until somebody (or the morning's job) prints. Then each goes through the
same judgement as an e-mail, becomes a stored PDF of its own in the transaction that books it, and
all of the batch become one file for the printer (D4). So what lies in the printer's tray was true
minutes ago, and a worker's death loses nothing: what is not booked still waits.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.contacts.signals import told_together
from accounts.parties.models import Creditor
from accounts.policies.queries import read_once
from campaigns.correspondence.letters import render_letter
from campaigns.sending import rules
from campaigns.sending.claiming import Prepared, prepare_or_park
from campaigns.sending.enums import MessageStatus
from campaigns.sending.gateways import SENT
from campaigns.sending.models import LetterPrint, Message, PrintBatch, reference_of
from campaigns.sending.queries import due_ids
from campaigns.sending.settling import book_sent
from collections_app.core import audit, clock, documents, pdf
from collections_app.core.models import StoredFile, User
from collections_app.core.permissions import has_permission, require

BATCH_LIMIT = 500
MERGED_LIMIT = 200 * documents.MEGABYTE


def print_letters(
    *,
    now: datetime,
    actor: User,
    creditor: Creditor | None = None,
    limit: int = BATCH_LIMIT,
    on_progress: Callable[[int, int], None] | None = None,
) -> PrintBatch | None:
    """Print what waits, up to `limit` letters; None when nothing was printed.

    One transaction a letter; the merged file comes last. A batch that a dead worker left without
    its file is finished by `finish_batches`.
    """
    require(actor, rules.PRINT)
    waiting = due_ids(
        now=now,
        limit=limit,
        channels=("letter",),
        creditor_id=creditor.pk if creditor else None,
    )
    if not waiting:
        return None
    batch = PrintBatch.objects.create(creditor=creditor, actor=actor)
    system = User.objects.system()
    with told_together(), read_once():
        for place, message_id in enumerate(waiting, start=1):
            prepared = prepare_or_park(message_id=message_id, now=now, actor=system)
            if isinstance(prepared, Prepared):
                _book_letter(prepared, batch, now, system)
            if on_progress is not None:
                on_progress(place, len(waiting))
    return finish_batch(batch, considered=len(waiting), actor=actor)


def _letter(prepared: Prepared) -> bytes:
    return render_letter(
        prepared.figures,
        heading=prepared.parcel.subject,
        body=prepared.parcel.body,
        our_reference=reference_of(prepared.message.pk),
    )


@transaction.atomic
def _book_letter(prepared: Prepared, batch: PrintBatch, now: datetime, actor: User) -> None:
    file = prepared.message.document if prepared.message.encloses else None
    content = b"" if file else _letter(prepared)
    message = (
        Message.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "debtor", "creditor", "contact_point", "permit", "template_version__template"
        )
        .get(pk=prepared.message.pk)
    )
    if message.status != MessageStatus.SENDING or message.lease != prepared.lease:
        return
    file = file or documents.store(
        content=content,
        filename=f"letter-{message.pk}.pdf",
        kind="letter",
        owner=actor,
        subject=message,
    )
    as_of = clock.local_date(now, message.creditor.time_zone)
    book_sent(message, SENT, now, as_of, actor)
    Message.objects.filter(pk=message.pk).update(document=file, print_batch=batch)
    LetterPrint.objects.create(batch=batch, message=message, document=file)


@transaction.atomic
def finish_batch(batch: PrintBatch, *, considered: int, actor: User) -> PrintBatch | None:
    """Merge the prints of a batch into one file, in the order of postcode and address."""
    letters = list(
        batch.prints.select_related("document").order_by(
            "message__contact_point__country",
            "message__contact_point__postcode",
            "message__contact_point__area",
            "message",
        )
    )
    batch.letters = len(letters)
    batch.spared = max(considered - len(letters), 0)
    if letters:
        merged = pdf.merge(documents.read(row.document) for row in letters)
        batch.document = documents.store(
            content=merged,
            filename=f"letters-{batch.pk}.pdf",
            kind="letters",
            owner=actor,
            subject=batch,
            size_limit=MERGED_LIMIT,
        )
    batch.save(update_fields=["letters", "spared", "document"])
    audit.record(
        "letters.printed",
        batch,
        actor=actor,
        after={"letters": batch.letters, "spared": batch.spared},
    )
    return batch if letters else None


def finish_batches(*, actor: User) -> int:
    """Batches whose worker died before the merged file was written; returns how many there were."""
    open_batches = PrintBatch.objects.filter(document=None, prints__isnull=False).distinct()
    for batch in open_batches:
        finish_batch(batch, considered=batch.prints.count(), actor=actor)
    return len(open_batches)


def may_read_letter(user, file: StoredFile) -> bool:
    """Who sees the message sees its letter, and the copies printed of it."""
    mine = Q(document=file) | Q(prints__document=file)
    return Message.objects.visible_to(user).filter(mine).exists()


def may_read_batch(user, file: StoredFile) -> bool:
    """A whole batch holds letters of every team of its creditor: for those who print them."""
    return (
        has_permission(user, rules.PRINT)
        and PrintBatch.objects.visible_to(user).filter(pk=file.subject_id).exists()
    )


documents.register_reader("campaigns.message", may_read_letter)
documents.register_reader("campaigns.printbatch", may_read_batch)
