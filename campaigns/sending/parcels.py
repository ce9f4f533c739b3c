"""What leaves: the figures a judged message speaks with, and the parcel its gateway is given."""

from accounts.policies.queries import kept
from campaigns.correspondence.placeholders import Figures
from campaigns.correspondence.queries import figures
from campaigns.sending.gateways import Attachment, Parcel, message_id_of
from campaigns.sending.judging import Judgement
from campaigns.sending.models import Message
from collections_app.core import documents
from collections_app.core.models import Organisation


def figures_of(row: Judgement) -> Figures:
    """What the words of a judged message say: its lines as they stand now."""
    message = row.message
    return figures(
        debtor=message.debtor,
        creditor=message.creditor,
        lines=row.judged.lines,
        language=message.language,
        as_of=row.as_of,
        office=kept("office", Organisation.objects.first),
        pay_within_days=message.pay_within_days,
        stage=message.stage,
        stage_name=message.stage_name,
        point=message.contact_point if message.channel == "letter" else None,
        about=_about(row),
        wordings=row.wordings,
        is_notice=bool(message.template_version and message.template_version.template.notice),
    )


def _about(row: Judgement) -> str:
    """Whose accounts they are, when they are not those of who gets the message."""
    owners = {line.account.debtor for line in row.lines} - {row.message.debtor}
    root = row.message.debtor.merged_into_id or row.message.debtor_id
    return ", ".join(
        sorted(owner.name for owner in owners if root not in (owner.pk, owner.merged_into_id))
    )


def parcel_of(message: Message, said: Figures, subject: str, body: str) -> Parcel:
    """What the gateway is given."""
    point = message.contact_point
    return Parcel(
        key=message.key,
        message_id=message_id_of(message.key),
        recipient=point.value if point else "",
        sender_name=said.creditor_name,
        reply_to=message.creditor.sender_email,
        subject=subject,
        body=body,
        language=message.language,
        attachments=_attachments(message),
    )


def _attachments(message: Message) -> tuple[Attachment, ...]:
    """The paper that goes with an e-mail; a letter is the paper, so nothing hangs on it."""
    if not message.encloses or message.document is None or message.channel != "email":
        return ()
    file = message.document
    return (Attachment(file.filename, documents.read(file), file.content_type),)
