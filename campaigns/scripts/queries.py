"""Which script an account's call has, and its words on the figures of a day."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accounts.compliance.rulebook import Rulebook
from accounts.hardship.queries import in_hardship
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.position.queries import chaseable_items
from campaigns.correspondence import texts
from campaigns.correspondence.installed import CONSIDERATE, FINAL, FRIENDLY, PRE_LEGAL, REMINDER, WARNING
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.placeholders import AccountLine, DemandItem
from campaigns.correspondence.queries import TextBook, figures
from campaigns.strategies.enums import stage_words
from campaigns.strategies.models import StrategyStep
from campaigns.worklists.models import WorklistItem
from collections_app.core.models import Organisation

# Stages are numbered 1 to 5 everywhere; a strategy may name them as it likes.
OF_STAGE = {1: FRIENDLY, 2: REMINDER, 3: WARNING, 4: FINAL, 5: PRE_LEGAL}


@dataclass(frozen=True)
class Script:
    """What is said once the right party is on the line; empty `text` where nobody approved one."""

    stage: str
    text: str = ""
    language: str = ""


def script_of(account: Account, *, as_of: date) -> Script | None:
    """The script of the account's stage; None where it is in no stage of a strategy.

    A person in hardship hears the softer text, also where no stage is his; who lives where a contact
    profile binds, what was written for it. Six statements, and two more where texts are for one law.
    """
    item = WorklistItem.objects.filter(pk=account.pk).values_list("stage", "stage_name").first()
    number, name = item if item is not None and item[0] else (0, "")
    gentle = bool(in_hardship([account.debtor_id], as_of=as_of))
    if not number and not gentle:
        return None
    stage = f"{number} {stage_words(name)}".strip() if number else ""
    version = _text(account, number, gentle=gentle, as_of=as_of)
    if version is None:
        return Script(stage)
    language = version.template.language
    said = figures(
        debtor=account.debtor,
        creditor=account.creditor,
        lines=(_line(account, as_of),),
        language=language,
        as_of=as_of,
        office=Organisation.objects.first(),
        stage=number or 1,
        stage_name=name,
    )
    try:
        _heading, text = texts.render("", version.body, said)
    except texts.TextDidNotRender:
        return Script(stage)
    return Script(stage, text, language)


def _line(account: Account, as_of: date) -> AccountLine:
    """What may be asked for on the account, item by item."""
    items = chaseable_items([account.pk], as_of=as_of)[account.pk]
    return AccountLine(
        account.pk,
        account.number,
        account.currency,
        tuple(
            DemandItem(
                description=item.description or item.kind,
                reference=item.reference,
                due_date=item.due_date,
                billed=item.open,
                paid=Decimal(0),
                contested=item.contested,
                asked=item.demanded,
            )
            for item in items
        ),
        product=account.product,
    )


def _laws_of(account: Account, as_of: date) -> set[str]:
    """The contact profiles of where the debtor lives, and the one that his portfolio names."""
    home = account.debtor.country or account.creditor.country
    named = account.portfolio.contact_profile if account.portfolio else ""
    return Rulebook.read().codes(as_of, [home], account.creditor.kind, named)


def _text(account: Account, stage: int, *, gentle: bool, as_of: date) -> TemplateVersion | None:
    """The text for calls of a step of the stage, else of the stage, else for people in hardship."""
    steps = StrategyStep.objects.filter(
        version__episodes__account=account, version__episodes__cured_on=None, stage=stage
    ).exclude(template_code="")
    codes = [*steps.order_by("-day_offset").values_list("template_code", flat=True), OF_STAGE.get(stage, "")]
    if gentle:
        codes.append(CONSIDERATE)
    book = TextBook()
    profiles = _laws_of(account, as_of) if book.asks_for_law else set()
    for code in dict.fromkeys(filter(None, codes)):
        found = book.pick(
            code=code,
            channel=Channel.CALL,
            languages=[account.debtor.language, account.creditor.language],
            payer_type=account.debtor.payer_type,
            creditor_id=account.creditor_id,
            profiles=profiles,
            gentle=gentle,
        )
        if found is not None:
            return found
    return None
