"""Makers of messages, strategies, texts and runs; everything below them is made by the shared ones."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from accounts.compliance.models import Permit
from accounts.imports.models import FeedAlarm
from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from campaigns.campaign.models import Campaign, CampaignActivity, Notice, NoticeRound
from campaigns.campaign.queries import audience_of
from campaigns.campaign.services import (
    approve_campaign,
    save_activity,
    save_campaign,
    start_campaign,
    submit_campaign,
)
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.services import create_template
from campaigns.escalation.models import Escalation
from campaigns.escalation.services import review_escalations
from campaigns.notices.models import FormalNotice
from campaigns.notices.services import enter_by_hand
from campaigns.sending.enums import MessageStatus
from campaigns.sending.models import Message, MessageAccount, PrintBatch, SendingPause
from campaigns.sending.settling import notices_among, tell_settled
from campaigns.simulation.models import WhatIf
from campaigns.statements.clearance import issue_letter
from campaigns.statements.models import ClearanceLetter, Statement, StatementRun
from campaigns.statements.runs import build_run
from campaigns.statements.services import issue_statement, order_run
from campaigns.strategies.models import StrategyVersion
from campaigns.strategies.services import (
    NewStep,
    approve_version,
    content_hash,
    create_strategy,
    draft_version,
    save_version,
    submit_version,
)
from campaigns.treatment.models import ReminderRun
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.testing import makers


def permit(*, account: Account, channel: str = "email", at: datetime | None = None) -> Permit:
    """A permit that allows this channel to the account's debtor."""
    return Permit.objects.create(
        debtor=account.debtor,
        creditor=account.creditor,
        account_ids=[account.pk],
        channel=channel,
        moment=at or datetime(2026, 9, 8, 10, tzinfo=UTC),
        is_allowed=True,
        profile="default",
        actor=makers.system(),
    )


def message(
    *, account: Account, status: str = "queued", channel: str = "email", **fields
) -> Message:
    """A message about one account, with its permit and the friendly text."""
    text = TemplateVersion.objects.filter(
        template__code="friendly",
        template__channel=channel,
        template__language="en",
        status="approved",
    ).first()
    made = Message.objects.create(
        debtor=account.debtor,
        creditor=account.creditor,
        channel=channel,
        language="en",
        key=f"made-{makers.number()}",
        permit=permit(account=account, channel=channel),
        template_version=text,
        status=status,
        actor=makers.system(),
        **fields,
    )
    MessageAccount.objects.create(
        message=made, account=account, currency=account.currency, demanded=Decimal("100.00")
    )
    return made


def strategy_version(*, steps: int = 2, maker: User | None = None, **fields) -> StrategyVersion:
    """A draft of a new strategy with e-mail steps on the first days."""
    maker = maker or makers.user(role=Role.SENIOR_OFFICER)
    day = date(2026, 1, 1)
    made = create_strategy(code=f"s{makers.number()}", name="A strategy", actor=maker, **fields)
    version = draft_version(strategy=made, actor=maker, as_of=day)
    return save_version(
        version=version,
        steps=[
            NewStep(f"s{place}", f"Step {place}", 1, place, "email", "friendly")
            for place in range(1, steps + 1)
        ],
        actor=maker,
    )


def approved(
    version: StrategyVersion, *, actor: User, as_of: date, in_flight: str = "move", **fields
) -> StrategyVersion:
    """The draft submitted by its maker and approved by another, who has seen what it would do."""
    submit_version(version=version, actor=version.made_by, as_of=as_of)
    tried = what_if(version=version, in_flight=in_flight)
    return approve_version(
        version=version,
        actor=actor,
        as_of=as_of,
        in_flight=in_flight,
        signed_result=tried.result_hash,
        **fields,
    )


def what_if(*, version: StrategyVersion, in_flight: str = "move", **fields) -> WhatIf:
    """A finished what-if over the next days, whose figures nobody looks at."""
    return WhatIf.objects.create(
        version=version,
        content_hash=content_hash(version),
        as_of=fields.pop("as_of", date(2026, 1, 1)),
        first_day=fields.pop("first_day", clock.today()),
        days=fields.pop("days", 30),
        in_flight=in_flight,
        result=fields.pop("result", {}),
        result_hash=f"{makers.number():064}",
        made_by=version.made_by,
        finished_at=clock.now(),
        **fields,
    )


def sent(message_ids: list[int]) -> None:
    """Messages as if a gateway had taken them."""
    Message.objects.filter(pk__in=message_ids).update(status=MessageStatus.SENT)
    messages = Message.objects.filter(pk__in=message_ids).select_related("template_version__template")
    notices = notices_among(messages)
    tell_settled(
        message_ids, MessageStatus.SENT, date(2026, 1, 1), makers.system(), notices=notices
    )


def text_version(*, maker: User | None = None, **fields) -> TemplateVersion:
    """A draft of a new e-mail text."""
    fields.setdefault("code", f"text-{makers.number()}")
    fields.setdefault("subject", "A message from {{ creditor_name }}")
    fields.setdefault("body", "Dear {{ debtor_name }}, please pay {{ total }}. {{ creditor_name }}")
    return create_template(
        name="A text",
        channel="email",
        language="en",
        actor=maker or makers.user(role=Role.SENIOR_OFFICER),
        as_of=date(2026, 1, 1),
        **fields,
    )


def reminder_run(
    *, as_of: date = date(2026, 9, 8), creditor: Creditor | None = None, **counts
) -> ReminderRun:
    """A finished run that queued nothing unless `counts` say otherwise."""
    creditor = creditor or makers.creditor()
    return ReminderRun.objects.create(
        as_of=as_of,
        creditor_code=creditor.code,
        actor=makers.system(),
        counts=counts,
        finished_at=datetime(2026, 9, 8, 7, tzinfo=UTC),
    )


def print_batch(*, letters: int = 0, creditor: Creditor | None = None) -> PrintBatch:
    return PrintBatch.objects.create(letters=letters, creditor=creditor, actor=makers.system())


def sending_pause(*, creditor: Creditor | None = None) -> SendingPause:
    return SendingPause.objects.create(
        creditor=creditor, reason="books being checked", paused_by=makers.system()
    )


def campaign(
    *, account: Account, status: str = "draft", maker: User | None = None, **fields
) -> Campaign:
    """A campaign over the account's team, brought to a status the way an office does it."""
    as_of = clock.today()
    makers.entry(
        account=account,
        amount="120",
        value_date=as_of - timedelta(days=60),
        due_date=as_of - timedelta(days=40),
        as_of=as_of,
    )
    maker = maker or makers.user(role=Role.MANAGER)
    made = save_campaign(
        actor=maker,
        as_of=as_of,
        name=fields.pop("name", f"Campaign {makers.number()}"),
        creditor=account.creditor,
        team=account.team,
        segment=fields.pop("segment", ""),
        starts_on=as_of,
        ends_on=as_of + timedelta(days=30),
        owner=maker,
        **fields,
    )
    other = makers.user(role=Role.MANAGER)
    steps = {
        "submitted": lambda: submit_campaign(campaign=made, actor=maker, as_of=as_of),
        "approved": lambda: approve_campaign(
            campaign=made,
            seen_hash=audience_of(made, as_of=as_of).content_hash,
            actor=other,
            as_of=as_of,
        ),
        "running": lambda: start_campaign(campaign=made, actor=maker, as_of=as_of),
    }
    for name, step in steps.items():
        if status in list(steps)[list(steps).index(name) :]:
            step()
    return made


def activity(*, campaign: Campaign, title: str = "Calls", **fields) -> CampaignActivity:
    return save_activity(
        campaign=campaign,
        actor=makers.system(),
        as_of=clock.today(),
        title=title,
        starts_on=fields.pop("starts_on", campaign.starts_on),
        ends_on=fields.pop("ends_on", campaign.starts_on),
        **fields,
    )


def notice(*, account: Account) -> Notice:
    """A printed notice that has not come back."""
    running = campaign(account=account, status="running")
    address = makers.contact_point(debtor=account.debtor, kind="address", value="Tower 3, flat 4")
    made = NoticeRound.objects.create(campaign=running, number=1, printed_by=makers.system())
    return Notice.objects.create(
        round=made,
        member=running.members.get(),
        debtor_id=account.debtor_id,
        address=address,
        route_order=1,
        code=f"N{makers.number()}",
        demanded=Decimal("120"),
        currency=account.currency,
        permit=permit(account=account, channel="visit"),
    )


def escalation(*, account: Account) -> Escalation:
    """An account that the rule put on the list today."""
    as_of = clock.today()
    makers.entry(
        account=account, amount="5000", value_date=as_of - timedelta(days=200),
        due_date=as_of - timedelta(days=180), as_of=as_of,
    )  # fmt: skip
    review_escalations(as_of=as_of, actor=makers.system())
    return Escalation.objects.filter(account=account).order_by("pk")[0]


def statement(*, account: Account, **fields) -> Statement:
    """An issued statement of the account's debtor over the last thirty days."""
    as_of = clock.today()
    makers.entry(
        account=account, amount="80", value_date=as_of - timedelta(days=9), due_date=as_of, as_of=as_of
    )
    fields.setdefault("is_again", True)
    return issue_statement(
        accounts=[account], first_day=as_of - timedelta(days=30), last_day=as_of,
        actor=makers.system(), as_of=as_of, now=clock.now(), **fields,
    )  # fmt: skip


def statement_run(*, account: Account, **fields) -> StatementRun:
    """A finished run about one account."""
    as_of = clock.today()
    makers.entry(
        account=account, amount="80", value_date=as_of - timedelta(days=9), due_date=as_of, as_of=as_of
    )
    fields.setdefault("is_again", True)
    run = order_run(
        account_ids=[account.pk], creditor=account.creditor, first_day=as_of - timedelta(days=30),
        last_day=as_of, actor=makers.system(), as_of=as_of, now=clock.now(), **fields,
    )  # fmt: skip
    return build_run(run, now=clock.now(), on_progress=lambda done, total: None)


def clearance_letter(*, account: Account, **fields) -> ClearanceLetter:
    """A letter for an account that was charged and paid in cash."""
    as_of = fields.setdefault("as_of", clock.today())
    day = as_of - timedelta(days=5)
    makers.entry(account=account, amount="80", value_date=day, due_date=day, as_of=as_of)
    makers.entry(
        account=account, amount="80", value_date=day, kind="payment", method="cash", as_of=as_of
    )
    return issue_letter(accounts=[account], actor=makers.system(), now=clock.now(), **fields)


def late_feed(*, creditor):
    """An alarm: the creditor's books were fed five days ago."""
    return FeedAlarm.objects.create(creditor=creditor, fed_until=clock.now() - timedelta(days=5))


def formal_notice(*, account: Account, as_of: date | None = None, **fields) -> FormalNotice:
    """A first notice handed over on a day."""
    day = as_of or clock.today()
    return enter_by_hand(
        accounts=[account],
        kind=fields.pop("kind", "first"),
        method=fields.pop("method", "hand"),
        sent_on=day,
        note="Handed over",
        actor=makers.system(),
        as_of=day,
        **fields,
    )
