"""The figures of one account as a message would have them today, for trying a text."""

from datetime import date, datetime

from accounts.compliance.queries import Asked, known_for
from accounts.compliance.wordings import wordings_of
from accounts.ledger.models import Account
from accounts.ledger.queries import open_items
from accounts.parties.enums import ContactPointKind, ContactPointStatus
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.placeholders import Figures
from campaigns.correspondence.queries import figures, lines_of
from campaigns.correspondence.wordings import prints_in
from collections_app.core.models import Organisation


def figures_of_account(
    account: Account, *, text: TemplateVersion, as_of: date, now: datetime
) -> Figures:
    """What is overdue on the account less what is disputed; everything open where nothing is overdue.

    Nothing is judged: a text can be tried on an account that would be spared. What a law wants said is
    in it where this text would say it.
    """
    template = text.template
    items = open_items([account.pk], as_of=as_of)
    overdue = {pk: [row for row in rows if row.due_date < as_of] for pk, rows in items.items()}
    point = (
        account.debtor.contact_points.filter(
            kind=ContactPointKind.ADDRESS,
            status__in=[ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED],
        )
        .order_by("-is_primary", "-id")
        .first()
    )
    return figures(
        debtor=account.debtor,
        creditor=account.creditor,
        lines=lines_of([account], overdue if overdue[account.pk] else items),
        language=template.language,
        as_of=as_of,
        office=Organisation.objects.first(),
        point=point,
        wordings=_wordings(account, text, now),
        is_notice=bool(template.notice),
    )


def _wordings(account: Account, text: TemplateVersion, now: datetime) -> tuple[str, ...]:
    channel = text.template.channel
    asked = Asked(
        account.debtor_id, (account.pk,), channel, now, prints=prints_in(channel, text)
    )
    (known,) = known_for([asked])
    if not known.facts.carries:
        return ()
    return tuple(
        wording.text(asked.prints) for wording in wordings_of(known.profile, known.facts, now)
    )
