"""Giving a formal notice: to whom it goes, in which text, and what refuses it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.compliance.enums import Purpose
from accounts.compliance.queries import Asked
from accounts.compliance.services import give_permits
from accounts.compliance.wording import rule_words
from accounts.hardship.queries import in_hardship
from accounts.ledger.models import Account
from accounts.ledger.parties import joint_debtors, representatives
from accounts.parties.enums import ContactPointKind
from accounts.parties.models import Debtor
from campaigns.correspondence.enums import SOFT, NoticeKind
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.queries import TextBook
from campaigns.correspondence.wordings import carries_of, prints_in
from campaigns.notices import rules
from campaigns.notices.models import FormalNotice
from campaigns.notices.queries import Had
from campaigns.notices.services import check_not_premature
from campaigns.notices.under_way import refuse_second
from campaigns.sending.models import Message
from campaigns.sending.queries import Books, Judged
from campaigns.sending.services import LONGEST_WAIT, NewMessage, queue_messages
from campaigns.strategies.enums import VersionStatus
from collections_app.core.permissions import require

POINT_OF_METHOD = {"letter": ContactPointKind.ADDRESS, "email": ContactPointKind.EMAIL}


@transaction.atomic
def give_notice(
    *,
    accounts: Sequence[Account],
    kind: str,
    channel: str,
    pay_within_days: int,
    actor,
    as_of: date,
    now: datetime,
) -> Message:
    """Queue a formal notice about these accounts of one debtor, by letter or e-mail; returns the first
    message. It goes to his representative where he has one, else to him and to each joint debtor; where
    some of them had it already, to the others.

    Asks the gate, and asks for what is overdue and not disputed. Raises PrematureNotice with the
    day, NoticeRefused with what is missing or with the gate's words, NotAllowed.
    """
    require(actor, rules.GIVE)
    # one at a time, so that of two who give it the second is refused
    whose = Debtor.objects.select_for_update(no_key=True, of=("self",)).select_related("creditor").get(
        pk=accounts[0].debtor_id
    )
    addressees = _who_lacks_it(_addressees(whose, accounts, as_of), accounts, kind, as_of)
    texts = {
        debtor.pk: _text_within_hardship(debtor, whose, kind, channel, as_of) for debtor in addressees
    }
    check_not_premature(accounts, kind, on=as_of)
    judged = Books(accounts, creditor_id=whose.creditor_id, as_of=as_of, now=now).judge(accounts)
    if not judged.lines:
        raise rules.NoticeRefused(_("Nothing may be asked for on this account now."))
    key = _key(kind, judged, as_of)
    first, *_others = [
        _queue_to(
            debtor,
            texts[debtor.pk],
            judged,
            key + (f"-{debtor.pk}" if place else ""),
            kind=kind,
            channel=channel,
            pay_within_days=pay_within_days,
            actor=actor,
            as_of=as_of,
            now=now,
        )
        for place, debtor in enumerate(addressees)
    ]
    return first


def _key(kind: str, judged: Judged, as_of: date) -> str:
    """One that is given anew the same day, because the first was spoilt or cancelled, is another; one
    that is only asked for twice is refused before."""
    numbers = "-".join(str(line.account_id) for line in judged.lines)
    key = f"notice-{kind}-{as_of:%Y%m%d}-{numbers}"[:90]
    earlier = Message.objects.filter(key__startswith=key).count()
    return f"{key}.{earlier}" if earlier else key


def _addressees(whose: Debtor, accounts: Sequence[Account], as_of: date) -> list[Debtor]:
    """Raises NoticeRefused where the accounts are not represented, or owed, by the same people."""
    ids = [account.pk for account in accounts]
    spoken_for = representatives(ids, as_of=as_of)
    joint = joint_debtors(ids, as_of=as_of)
    each = {(spoken_for.get(pk), tuple(joint.get(pk, ()))) for pk in ids}
    if len(each) > 1:
        raise rules.NoticeRefused(_("Other people stand for these accounts. Give a notice on each."))
    ((representative, beside),) = each
    wanted = [representative] if representative else [whose.pk, *beside]
    found = Debtor.objects.select_related("creditor").in_bulk(wanted)
    return [found[pk] for pk in wanted]


def addressees_of(account: Account, *, as_of: date) -> list[Debtor]:
    """Who must have a notice about an account: its representative, else its debtor first and then each
    joint one."""
    return _addressees(account.debtor, [account], as_of)


def who_lacks(notice: FormalNotice, *, as_of: date) -> list[Debtor]:
    """Who must have a notice of this kind about its accounts, and had none that stands."""
    accounts = [line.account for line in notice.lines.select_related("account__debtor")]
    had = Had.read([account.pk for account in accounts], as_of=as_of)
    found = {
        debtor.pk: debtor
        for account in accounts
        for debtor in addressees_of(account, as_of=as_of)
        if not had.has(notice.kind, debtor.pk, [account.pk])
    }
    return list(found.values())


def _who_lacks_it(
    addressees: list[Debtor], accounts: Sequence[Account], kind: str, as_of: date
) -> list[Debtor]:
    """Those who had no such notice that stands; all of them where each had it and its time is over, to
    give it anew. Raises NoticeRefused while it runs or waits to leave."""
    ids = [account.pk for account in accounts]
    had = Had.read(ids, as_of=as_of)
    if lacking := [row for row in addressees if not had.has(kind, row.pk, ids)]:
        return lacking
    refuse_second(accounts, kind, to=[row.pk for row in addressees], on=as_of)
    return addressees


def _text_within_hardship(
    debtor: Debtor, whose: Debtor, kind: str, channel: str, as_of: date
) -> TemplateVersion:
    text = _text_for(debtor, kind, channel)
    if not text.template.is_soft and (hard := in_hardship([debtor.pk, whose.pk], as_of=as_of)):
        named = debtor if debtor.pk in hard else whose
        raise rules.NoticeRefused(
            _("%(debtor)s is in hardship, and this notice is %(tone)s. Speak with the debtor instead.")
            % {"debtor": named.name, "tone": text.template.get_tone_display().lower()},
            field="kind",
        )
    return text


def _queue_to(
    debtor: Debtor,
    text: TemplateVersion,
    judged: Judged,
    key: str,
    *,
    kind: str,
    channel: str,
    pay_within_days: int,
    actor,
    as_of: date,
    now: datetime,
) -> Message:
    point = (
        debtor.contact_points.filter(kind=POINT_OF_METHOD[channel], valid_to=None)
        .filter(status__in=["good", "unverified"])
        .order_by("-is_primary", "status", "-pk")
        .first()
    )
    if point is None:
        raise rules.NoticeRefused(
            _("No good address of %(debtor)s for this channel is known.") % {"debtor": debtor.name},
            field="channel",
        )
    asked = Asked(
        debtor_id=debtor.pk,
        account_ids=tuple(sorted(line.account_id for line in judged.lines)),
        channel=channel,
        moment=now,
        purpose=Purpose.DEMAND,
        point_id=point.pk,
        prints=prints_in(channel, text),
        carries=carries_of(text),
    )
    (permit,) = give_permits(requests=[asked], wait=LONGEST_WAIT, actor=actor)
    if not permit.is_allowed:
        raise rules.NoticeRefused(
            _("The contact rules refuse it: %(rule)s.") % {"rule": rule_words(permit.rule)},
            field="channel",
        )
    made = queue_messages(
        messages=[
            NewMessage(
                debtor_id=debtor.pk,
                creditor_id=debtor.creditor_id,
                channel=channel,
                language=text.template.language,
                key=key,
                permit_id=permit.pk,
                template_version_id=text.pk,
                contact_point_id=point.pk,
                lines=tuple((line.account_id, line.currency, line.asked) for line in judged.lines),
                stage_name=str(NoticeKind(kind).label)[:40],
                pay_within_days=pay_within_days,
                not_before=permit.moment if permit.moment > now else None,
                reason=permit.waits_for,
            )
        ],
        actor=actor,
        as_of=as_of,
    )
    if not made:
        raise rules.NoticeRefused(_("This notice was queued already today."))
    return Message.objects.get(pk=made[key])


def kinds_for(account: Account, *, as_of: date) -> list[tuple[str, Any]]:
    """The kinds of notice the account's debtor may be given at all: to a person in hardship only those
    that have a soft text."""
    if not in_hardship([account.debtor_id], as_of=as_of):
        return list(NoticeKind.choices)
    soft = set(
        TemplateVersion.objects.filter(status=VersionStatus.APPROVED, template__tone__in=SOFT)
        .exclude(template__notice="")
        .values_list("template__notice", flat=True)
    )
    return [(kind, label) for kind, label in NoticeKind.choices if kind in soft]


def _text_for(debtor: Debtor, kind: str, channel: str) -> TemplateVersion:
    codes = (
        TemplateVersion.objects.filter(
            status=VersionStatus.APPROVED, template__notice=kind, template__channel=channel
        )
        .order_by("template__creditor", "template__code")
        .values_list("template__code", flat=True)
    )
    book = TextBook()
    for code in codes:
        text = book.pick(
            code=code,
            channel=channel,
            languages=[debtor.language, debtor.creditor.language],
            payer_type=debtor.payer_type,
            creditor_id=debtor.creditor_id,
        )
        if text is not None:
            return text
    raise rules.NoticeRefused(_("Nobody has approved a text for this notice and channel."), field="channel")
