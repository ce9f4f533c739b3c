"""Putting a paper into a debtor's folder."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.parties.models import Debtor
from campaigns.folder import rules
from campaigns.folder.models import FiledPaper
from collections_app.core import audit, documents
from collections_app.core.permissions import require


@transaction.atomic
def file_paper(
    *,
    debtor: Debtor,
    kind: str,
    received_on: date,
    title: str,
    content: bytes,
    filename: str,
    actor,
    as_of: date,
) -> FiledPaper:
    """File a scan as it came. Raises PaperRefused for a day to come, and what `documents.store` does."""
    require(actor, rules.FILE)
    if received_on > as_of:
        raise rules.PaperRefused(
            _("A paper can't have arrived on a day to come."), field="received_on"
        )
    document = documents.store(content=content, filename=filename, kind="scan", owner=actor)
    paper = FiledPaper.objects.create(
        debtor=debtor, kind=kind, received_on=received_on, title=title, document=document, actor=actor
    )
    document.subject_type, document.subject_id = FiledPaper._meta.label_lower, paper.pk
    document.save(update_fields=["subject_type", "subject_id"])
    audit.record("paper.filed", paper, actor=actor, after={"kind": kind, "title": title})
    return paper
