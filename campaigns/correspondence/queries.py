"""Which text a message takes, and the figures it may say, from the ledger of one day."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import TYPE_CHECKING

from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.parties.models import ContactPoint, Creditor, Debtor
from campaigns.correspondence.enums import SOFT
from campaigns.correspondence.installed import STATEMENT, THANKS, UPCOMING
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.placeholders import AccountLine, DemandItem, Figures
from campaigns.strategies.enums import VersionStatus
from collections_app.core.models import Organisation

if TYPE_CHECKING:
    from accounts.ledger.queries import Item


@dataclass(frozen=True)
class _Key:
    code: str
    channel: str
    language: str
    payer_type: str
    creditor_id: int | None
    profile: str = ""


class TextBook:
    """The approved texts, read once; `pick` answers without a query.

    A text for the law that binds the debtor goes before that for any, one of the creditor before
    everyone's, one for the payer type before the general one, the debtor's language before the
    creditor's, then English.
    """

    def __init__(self) -> None:
        self._by_key: dict[_Key, TemplateVersion] = {}
        versions = (
            TemplateVersion.objects.filter(status=VersionStatus.APPROVED)
            .select_related("template")
            .order_by("template_id", "number")
        )
        for version in versions:
            row = version.template
            key = _Key(row.code, row.channel, row.language, row.payer_type, row.creditor_id, row.profile)
            self._by_key[key] = version

    def pick(
        self,
        *,
        code: str,
        channel: str,
        languages: Sequence[str],
        payer_type: str = "",
        creditor_id: int | None = None,
        profiles: Collection[str] = (),
        gentle: bool = False,
    ) -> TemplateVersion | None:
        """The best text, or None when nobody approved one for this channel. `profiles` are the codes of
        the contact profiles that bind the debtor.

        `gentle`: for a person in hardship. A text that is not soft gives way to its softer one; without
        one there is none.
        """
        wish = {
            "channel": channel,
            "languages": languages,
            "payer_type": payer_type,
            "creditor_id": creditor_id,
            "profiles": profiles,
        }
        found = self._best(code=code, **wish)
        if not gentle or found is None or found.template.is_soft:
            return found
        softer = self._best(code=found.template.softer, **wish) if found.template.softer else None
        return softer if softer is not None and softer.template.is_soft else None

    def _best(
        self,
        *,
        code: str,
        channel: str,
        languages: Sequence[str],
        payer_type: str,
        creditor_id: int | None,
        profiles: Collection[str],
    ) -> TemplateVersion | None:
        choices = product(
            dict.fromkeys([*(name for name in languages if name), "en"]),
            dict.fromkeys([*sorted(profiles), ""]),
            dict.fromkeys([creditor_id, None]),
            dict.fromkeys([payer_type, ""]),
        )
        for language, profile, creditor, payer in choices:
            found = self._by_key.get(_Key(code, channel, language, payer, creditor, profile))
            if found is not None:
                return found
        return None

    @property
    def asks_for_law(self) -> bool:
        """Whether any text is for debtors whom one law binds."""
        return any(key.profile for key in self._by_key)

    def has(self, code: str, channel: str) -> bool:
        """Whether any text of this code and channel is in use, for checks of a strategy."""
        return any(key.code == code and key.channel == channel for key in self._by_key)

    def channels_by_code(self) -> dict[str, list[Channel]]:
        """What a strategy's step may say, and in which channels there is a text for it.

        Calls are left out, and the text that goes with a paper says nothing without it.
        """
        found: dict[str, set[str]] = {}
        for key in self._by_key:
            if key.channel != Channel.CALL and key.code != STATEMENT:
                found.setdefault(key.code, set()).add(key.channel)
        return {code: [row for row in Channel if row in found[code]] for code in sorted(found)}


def soft_codes() -> list[tuple[str, str]]:
    """Soft texts in use that may stand for a firm one, as (code, name)."""
    rows = (
        TemplateVersion.objects.filter(
            status=VersionStatus.APPROVED, template__tone__in=SOFT, template__notice=""
        )
        .exclude(template__code__in=[STATEMENT, THANKS, UPCOMING])
        .order_by("template__name", "template__code")
        .values_list("template__code", "template__name")
    )
    return list(dict(rows).items())


def demand_item(item: "Item") -> DemandItem:
    """A ledger item as a message shows it: asked is what is open less what is disputed."""
    return DemandItem(
        description=item.description or item.kind,
        reference=item.reference,
        due_date=item.due_date,
        billed=item.amount,
        paid=item.paid,
        contested=item.contested,
        asked=item.open - item.contested,
    )


def lines_of(
    accounts: Iterable[Account], items: Mapping[int, Sequence["Item"]]
) -> tuple[AccountLine, ...]:
    """The accounts of a message in order of their number, each with what is asked of it.

    Disputed parts stay in as items that ask for less; an account that asks for nothing drops out.
    """
    lines = []
    for account in sorted(accounts, key=lambda row: row.number):
        shown = tuple(demand_item(item) for item in items.get(account.pk, ()))
        if not any(item.asked > 0 for item in shown):
            continue
        lines.append(
            AccountLine(
                account.pk,
                account.number,
                account.currency,
                shown,
                officer_name=account.officer.get_full_name() if account.officer else "",
                product=account.product,
            )
        )
    return tuple(lines)


def postal_lines(point: ContactPoint | None) -> tuple[str, ...]:
    """An address as it stands in the window: unit and building, street, area, city, country."""
    if point is None:
        return ()
    place = " ".join(part for part in (point.unit, point.building) if part)
    city = " ".join(part for part in (point.postcode, point.city) if part)
    parts = [place, point.street, point.area, city]
    lines = [part for part in parts if part] or [
        part.strip() for part in point.value.replace("\n", ",").split(",") if part.strip()
    ]
    return tuple(dict.fromkeys(lines))[:5]


def figures(
    *,
    debtor: Debtor,
    creditor: Creditor,
    lines: Sequence[AccountLine],
    language: str,
    as_of: date,
    office: Organisation | None,
    pay_within_days: int = 14,
    stage: int = 1,
    stage_name: str = "",
    point: ContactPoint | None = None,
    about: str = "",
    wordings: Sequence[str] = (),
    is_notice: bool = False,
) -> Figures:
    """All a message may say. The creditor's own words first, the office's where he has none.

    `debtor` is who gets it; `about` names whose accounts they are when they are not his.
    """
    return Figures(
        language=language,
        as_of=as_of,
        debtor_name=debtor.name,
        creditor_name=creditor.sender_name or creditor.name,
        lines=tuple(lines),
        pay_within_days=pay_within_days,
        stage=stage,
        stage_name=stage_name,
        creditor_phone=creditor.sender_phone or (office.phone if office else ""),
        creditor_email=creditor.sender_email or (office.email if office else ""),
        creditor_address=creditor.sender_address or (office.address if office else ""),
        how_to_pay=creditor.payment_instructions,
        creditor_department=creditor.sender_department,
        creditor_hours=creditor.sender_hours,
        complaints_to=creditor.complaints_to,
        notice_approval=creditor.notice_approval,
        is_notice=is_notice,
        address=postal_lines(point),
        is_demonstration=bool(office and office.is_demonstration),
        about=about,
        wordings=tuple(wordings),
    )
