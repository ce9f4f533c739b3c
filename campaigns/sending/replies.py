"""What debtors write back, by text message or e-mail: filed with their accounts, and STOP obeyed (D3).

An answer is an inbound contact with its words in the story of the accounts it is about, and a task
for their officer to read it. Nothing else is done by itself: only a person knows what it means.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_noop

from accounts.contacts.enums import ContactDirection, ContactSource, Outcome
from accounts.contacts.incoming import points_with
from accounts.contacts.services import opt_out
from accounts.contacts.services.attempts import NewAttempt, log_attempts
from accounts.ledger.enums import AccountStatus
from accounts.ledger.models import Account
from accounts.parties.enums import Channel, ContactPointKind
from accounts.parties.models import Debtor
from accounts.tasks.services import raise_task
from campaigns.sending.models import Message
from collections_app.core.enums import Role
from collections_app.core.said import said

STOP_WORDS = {
    "stop", "stopall", "stop all", "unsubscribe", "end", "quit", "cancel", "stopp", "abmelden", "arret",
    "arrêt", "désabonner", "baja", "alto", "parar", "ايقاف", "إيقاف", "الغاء", "إلغاء",
    "revoke", "opt out", "opt-out", "optout", "قف", "توقف", "أوقف", "اوقف", "الغاء الاشتراك",
    "إلغاء الاشتراك",
}  # fmt: skip
# "Stop texting me": a wish in a few words that begins so, which a person reads too
BEGINNINGS = ("stop", "stopall", "unsubscribe", "opt out", "opt-out")
FEW_WORDS = 6
_BEGUN = tuple(f"{words} " for words in BEGINNINGS)
KIND_OF = {Channel.SMS: ContactPointKind.PHONE, Channel.EMAIL: ContactPointKind.EMAIL}
REPLY = "reply"
READ_WITHIN = timedelta(days=1)
MOST_NOTE = 2_000  # characters of an answer in the story


def _first_line(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else ""
    return first.strip(" .!\"'").lower()


def is_stop(text: str) -> bool:
    """Whether the words wish to hear no more: the word alone, or a few words that begin with it.

    United States: any reasonable means of saying so counts, the words alone always (47 CFR
    64.1200(a)(10)).
    """
    words = re.split(r"[\s,.;:!]+", _first_line(text))
    return is_bare_stop(text) or (len(words) <= FEW_WORDS and " ".join(words).startswith(_BEGUN))


def is_bare_stop(text: str) -> bool:
    """Whether the words are nothing but that wish."""
    return _first_line(text) in STOP_WORDS


def obey_stop(*, address: str, channel: str, actor, as_of: date) -> int:
    """End messages of the channel to whoever has this number or address, for every creditor; how many
    people that was."""
    owners = _owners(address, channel)
    for debtor in owners:
        opt_out(debtor=debtor, channel=channel, source="STOP", actor=actor, as_of=as_of)
    return len(owners)


def _values(address: str, channel: str) -> list[str]:
    """How the number or address stands on our records: a gateway writes a number in its own way, and of
    an e-mail the letter case does not matter."""
    if channel == Channel.SMS:
        return sorted({point.value for point in points_with(address, most=None)})
    return [address, address.lower()]


def _owners(address: str, channel: str) -> list[Debtor]:
    """The debtors with this number or address."""
    owners = Debtor.objects.filter(
        contact_points__kind=KIND_OF[Channel(channel)],
        contact_points__value__in=_values(address, channel),
    )
    return list(owners.distinct().order_by("id"))


def file_reply(
    *, message: Message | None, address: str, channel: str, text: str, now: datetime, as_of: date, actor
) -> str:
    """File an answer with the message it answers, else with the one debtor who has the address.

    Where several have it, or a text message comes from a number nobody has, a senior officer is asked
    whose it is. Returns what was done: "filed", "asked" or "nobody's".
    """
    message = message or _last_sent_to(address, channel)
    if message is not None:
        debtor = message.debtor
        accounts = list(
            Account.objects.filter(message_lines__message=message).select_related("officer", "team")
        )
    else:
        owners = _owners(address, channel)
        if not owners and channel == Channel.EMAIL:
            return "nobody's"  # an inbox gets mail of all the world
        debtor = owners[0] if len(owners) == 1 else None
        accounts = _open_accounts(debtor) if debtor else []
    if debtor is None or not accounts:
        _ask_whose(address, text, now, actor)
        return "asked"
    point_id = message.contact_point_id if message else None
    received = _received(debtor, accounts, channel, point_id, text, now)
    log_attempts(attempts=[received], actor=actor)
    _ask_to_read(debtor, accounts, text, now, actor)
    return "filed"


def file_stop(*, address: str, channel: str, text: str, now: datetime, actor) -> None:
    """Put the word into the story of everybody for whom it was obeyed; nobody is asked to read it."""
    accounts: dict[int, list[Account]] = {}
    owners = {debtor.pk: debtor for debtor in _owners(address, channel)}
    for account in Account.objects.filter(debtor__in=owners, status=AccountStatus.OPEN).order_by("pk"):
        accounts.setdefault(account.debtor_id, []).append(account)
    log_attempts(
        attempts=[
            _received(owners[pk], theirs, channel, None, text, now) for pk, theirs in accounts.items()
        ],
        actor=actor,
    )


def _received(
    debtor: Debtor, accounts: Sequence[Account], channel: str, point_id: int | None, text: str, now: datetime
) -> NewAttempt:
    return NewAttempt(
        debtor_id=debtor.pk,
        creditor_id=debtor.creditor_id,
        account_ids=tuple(sorted(account.pk for account in accounts)),
        channel=channel,
        direction=ContactDirection.IN,
        at=now,
        outcome=Outcome.RECEIVED,
        source=ContactSource.PRODUCT,
        contact_point_id=point_id,
        note=text[:MOST_NOTE],
    )


def _last_sent_to(address: str, channel: str) -> Message | None:
    sent = Message.objects.filter(
        contact_point__kind=KIND_OF[Channel(channel)],
        contact_point__value__in=_values(address, channel),
        channel=channel,
        sent_at__isnull=False,
    ).select_related("debtor", "contact_point")
    return sent.order_by("-sent_at", "-pk").first()


def _open_accounts(debtor: Debtor) -> list[Account]:
    rows = Account.objects.filter(debtor=debtor, status=AccountStatus.OPEN)
    return list(rows.select_related("officer", "team").order_by("pk"))


def _ask_to_read(debtor: Debtor, accounts: Sequence[Account], text: str, now: datetime, actor) -> None:
    officer = next((row.officer for row in accounts if row.officer and row.officer.is_active), None)
    team = next((row.team for row in accounts if row.team), None)
    raise_task(
        kind=REPLY,
        title=said(gettext_noop("Read what %(debtor)s wrote back"), debtor=debtor.name),
        detail=text[:MOST_NOTE],
        subject=debtor,
        team=team,
        role="" if officer or team else Role.SENIOR_OFFICER,
        assignee=officer,
        due_at=now + READ_WITHIN,
        actor=actor,
    )


def _ask_whose(address: str, text: str, now: datetime, actor) -> None:
    raise_task(
        kind=REPLY,
        title=said(gettext_noop("Whose answer is this? It came from %(address)s"), address=address),
        detail=text[:MOST_NOTE],
        role=Role.SENIOR_OFFICER,
        due_at=now + READ_WITHIN,
        actor=actor,
    )
