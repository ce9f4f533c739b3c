"""Door-to-door notices: one print-ready PDF in route order, a delivery sheet, and what came back.

Every door needs a permit for a visit; whom the gate refuses, who has paid or is held since the
freeze, and who has no address is left out and listed with the reason. The notice fits a window
envelope, so nothing on the outside shows a debt.
"""

import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.compliance.enums import Purpose, Rule
from accounts.compliance.queries import Asked
from accounts.compliance.services import ask_permits
from accounts.contacts.enums import ContactDirection, ContactSource, Outcome
from accounts.contacts.services import NewAttempt, log_attempts
from accounts.ledger.models import Account
from accounts.parties.enums import Channel, ContactPointKind, ContactPointStatus
from accounts.parties.models import ContactPoint
from accounts.position.queries import chaseable_items, positions
from campaigns.campaign.enums import CampaignStatus, NoticeResult, WhyNoNotice
from campaigns.campaign.models import Campaign, CampaignMember, Notice, NoticeRound
from campaigns.correspondence.letters import render_letter, words_of
from campaigns.correspondence.placeholders import AccountLine, DemandItem
from campaigns.correspondence.queries import figures, postal_lines
from collections_app.core import audit, documents, pdf
from collections_app.core.models import Organisation
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

OUTCOMES = {
    NoticeResult.DELIVERED: Outcome.DELIVERED,
    NoticeResult.REFUSED: Outcome.REFUSED_DELIVERY,
    NoticeResult.VACANT: Outcome.VACANT,
    NoticeResult.RETURNED: Outcome.OTHER,
}


class CampaignNotRunning(Refused):
    """Notices go out only while the campaign runs."""


class NobodyToVisit(Refused):
    """No member can be given a notice now."""


class ResultAlreadyKnown(Refused):
    """The notice has come back already."""


@dataclass(frozen=True)
class LeftOut:
    """A member who gets no notice in this round, and why: a WhyNoNotice or a rule of the gate."""

    account_id: int
    account: str
    reason: str

    @property
    def words(self) -> str:
        return reason_in_words(self.reason)


def reason_in_words(reason: str) -> str:
    """Why there is no notice, as a person reads it."""
    own = reason in WhyNoNotice.values
    return str(WhyNoNotice(reason).label if own else Rule(reason).label)


@dataclass(frozen=True)
class Door:
    """One notice to print: the member, his account and address, and what is asked for."""

    member: CampaignMember
    account: Account
    address: ContactPoint
    line: AccountLine

    @property
    def route(self) -> tuple:
        """City, area, building, unit (numbers by their value), street."""
        point = self.address
        return (
            point.city.lower(), point.area.lower(), point.building.lower(), point.street.lower(),
            point.unit.zfill(8), self.account.number,
        )  # fmt: skip


def _addresses(debtor_ids) -> dict[int, ContactPoint]:
    points = ContactPoint.objects.filter(
        debtor_id__in=debtor_ids,
        kind=ContactPointKind.ADDRESS,
        valid_to__isnull=True,
        status__in=[ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED],
    ).order_by("debtor_id", "is_primary", "-id")
    return {point.debtor_id: point for point in points}


def doors_of(campaign: Campaign, *, as_of: date) -> tuple[list[Door], list[LeftOut]]:
    """Who would get a notice today, in route order, and who would not. Asks no permit."""
    delivered = Notice.objects.filter(
        round__campaign=campaign, result__in=[NoticeResult.PENDING, NoticeResult.DELIVERED]
    ).values("member_id")
    members = list(
        CampaignMember.objects.filter(campaign=campaign)
        .exclude(pk__in=delivered)
        .select_related("account__debtor", "account__creditor", "account__officer")
        .order_by("pk")
    )
    ids = [member.account_id for member in members]
    stands, items = positions(ids, as_of=as_of), chaseable_items(ids, as_of=as_of)
    addresses = _addresses({member.account.debtor_id for member in members})
    doors, left_out = [], []
    for member in members:
        account, stand = member.account, stands[member.account_id]
        address = addresses.get(account.debtor_id)
        if not stand.chaseable:
            left_out.append(LeftOut(account.pk, account.number, WhyNoNotice.SETTLED))
        elif stand.has_open_promise:
            left_out.append(LeftOut(account.pk, account.number, WhyNoNotice.PROMISED))
        elif stand.has_plan:
            left_out.append(LeftOut(account.pk, account.number, WhyNoNotice.PLANNED))
        elif address is None:
            left_out.append(LeftOut(account.pk, account.number, WhyNoNotice.NO_ADDRESS))
        else:
            line = _line(account, items[account.pk])
            doors.append(Door(member, account, address, line))
    return sorted(doors, key=lambda door: door.route), left_out


def _line(account: Account, items) -> AccountLine:
    """What the notice asks for on the account, item by item."""
    return AccountLine(
        account.pk,
        account.number,
        account.currency,
        tuple(
            DemandItem(
                description=item.description or str(item.kind),
                reference=item.reference,
                due_date=item.due_date,
                billed=item.open,
                paid=Decimal(0),
                contested=item.contested,
                asked=item.demanded,
            )
            for item in items
        ),
    )


def _new_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _position in range(8))


def _counted(left_out: list[LeftOut]) -> str:
    """"3 Outside contact hours, 2 No good address"."""
    return ", ".join(f"{count} {words}" for words, count in Counter(row.words for row in left_out).items())


@transaction.atomic
def open_round(*, campaign: Campaign, actor, as_of: date, at: datetime) -> tuple[NoticeRound, list[LeftOut]]:
    """Make a round to be walked `at`: ask permits for then, fix route, codes and amounts.

    Raises CampaignNotRunning, NobodyToVisit.
    """
    require(actor, "campaigns.print_notices")
    locked = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    if locked.status != CampaignStatus.RUNNING:
        raise CampaignNotRunning(_("Start the campaign first."))
    doors, left_out = doors_of(locked, as_of=as_of)
    permits = ask_permits(
        requests=[
            Asked(
                door.account.debtor_id, (door.account.pk,), Channel.VISIT, at, Purpose.DEMAND,
                point_id=door.address.pk,
            )
            for door in doors
        ],
        actor=actor,
    )  # fmt: skip
    allowed = [(door, permit) for door, permit in zip(doors, permits, strict=True) if permit.is_allowed]
    left_out += [
        LeftOut(door.account.pk, door.account.number, permit.rule)
        for door, permit in zip(doors, permits, strict=True)
        if not permit.is_allowed
    ]
    if not allowed:
        raise NobodyToVisit(
            _(
                "Nobody can be given a notice then. Left out: %(why)s. Choose another time, or mend what"
                " the list below says."
            )
            % {"why": _counted(left_out) or _("no members")}
        )
    number = (campaign.notice_rounds.aggregate(last=Max("number"))["last"] or 0) + 1
    made = NoticeRound.objects.create(
        campaign=campaign,
        number=number,
        printed_by=actor,
        left_out=[[row.account_id, str(row.reason)] for row in left_out],
    )
    Notice.objects.bulk_create(
        Notice(
            round=made,
            member=door.member,
            debtor_id=door.account.debtor_id,
            address=door.address,
            route_order=order,
            code=_new_code(),
            demanded=door.line.asked,
            currency=door.account.currency,
            permit=permit,
        )
        for order, (door, permit) in enumerate(allowed, start=1)
    )
    audit.record(
        "notices.round_opened",
        made,
        actor=actor,
        after={"notices": len(allowed), "left_out": len(left_out)},
    )
    return made, left_out


def print_round(*, notice_round: NoticeRound, actor, as_of: date, progress=None) -> NoticeRound:
    """Render the notices in route order into one PDF, and the delivery sheet; keeps both."""
    require(actor, "campaigns.print_notices")
    notices = list(
        notice_round.notices.select_related(
            "member__account__debtor", "member__account__creditor", "member__account__officer", "address"
        ).order_by("route_order")
    )
    items = chaseable_items([notice.member.account_id for notice in notices], as_of=as_of)
    office = Organisation.objects.first()
    pages = []
    for notice in notices:
        pages.append(_letter(notice, items[notice.member.account_id], office, as_of))
        if progress is not None:
            progress.advance(1)
    stem = f"campaign-{notice_round.campaign_id}-round-{notice_round.number}"
    sheet = pdf.render(
        "pdf/delivery_sheet.html",
        {"round": notice_round, "campaign": notice_round.campaign,
         "rows": [(notice, postal_lines(notice.address)) for notice in notices], "as_of": as_of},
        language="en",
    )  # fmt: skip
    with transaction.atomic():
        notice_round.notices_file = documents.store(
            content=pdf.merge(pages), filename=f"{stem}.pdf", kind="notices", owner=actor,
            subject=notice_round, size_limit=200_000_000,
        )  # fmt: skip
        notice_round.sheet_file = documents.store(
            content=sheet, filename=f"{stem}-delivery.pdf", kind="delivery_sheet", owner=actor,
            subject=notice_round,
        )  # fmt: skip
        notice_round.save(update_fields=["notices_file", "sheet_file"])
        audit.record("notices.printed", notice_round, actor=actor, after={"notices": len(notices)})
    return notice_round


def _letter(notice: Notice, items, office, as_of: date) -> bytes:
    account = notice.member.account
    language = account.debtor.language or account.creditor.language or "en"
    line = _line(account, items)
    shown = figures(
        debtor=account.debtor, creditor=account.creditor, lines=[line], language=language, as_of=as_of,
        office=office, point=notice.address,
    )  # fmt: skip
    words = words_of(language)
    return render_letter(
        shown,
        heading=words["notice_heading"],
        body=words["notice_body"],
        our_reference=notice.code,
    )


@transaction.atomic
def record_result(*, notice: Notice, result: str, actor, at: datetime) -> Notice:
    """Say what became of a notice; a visit that was made counts as a contact attempt."""
    require(actor, "campaigns.record_delivery")
    locked = (
        Notice.objects.select_for_update(of=("self",)).select_related("member__account").get(pk=notice.pk)
    )
    if locked.result:
        raise ResultAlreadyKnown(
            _("%(code)s came back as «%(result)s» already.")
            % {"code": locked.code, "result": locked.get_result_display()}
        )
    account = locked.member.account
    [attempt] = log_attempts(
        attempts=[
            NewAttempt(
                debtor_id=account.debtor_id,
                creditor_id=account.creditor_id,
                account_ids=(account.pk,),
                channel=Channel.VISIT,
                direction=ContactDirection.OUT,
                at=at,
                outcome=OUTCOMES[NoticeResult(result)],
                officer_id=actor.pk,
                source=ContactSource.PRODUCT,
                permit=locked.permit,
                contact_point_id=locked.address_id,
                note=_("Notice %(code)s") % {"code": locked.code},
            )
        ],
        actor=actor,
    )
    locked.result, locked.result_at, locked.contact = result, at, attempt
    locked.save(update_fields=["result", "result_at", "contact"])
    audit.record("notice.result", locked, actor=actor, after={"result": result, "code": locked.code})
    return locked
