"""Who may change a strategy, and what one must be to go out."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.parties.enums import PayerType
from campaigns.strategies.enums import FIRST_OFFSET, LAST_OFFSET, MESSAGE_CHANNELS, Risk, StepKind
from collections_app.core import money
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare
from collections_app.core.refusal import Refused

VIEW = declare("campaigns.view_strategy", gettext_lazy("See the strategies"), OFFICE)
EDIT = declare(
    "campaigns.edit_strategy",
    gettext_lazy("Draft a strategy"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
APPROVE = declare(
    "campaigns.approve_strategy",
    gettext_lazy("Approve or retire a strategy another person drafted"),
    {Role.SUPERVISOR, Role.MANAGER},
)


class StrategyIncomplete(Refused):
    """The steps cannot go out as they stand."""


class SamePerson(Refused):
    """Who made it does not approve it."""


class NotADraft(Refused):
    """Only a draft can be changed."""


def check_two_people(version, actor) -> None:
    """Maker is not checker; the database holds the same rule."""
    if version.made_by_id == actor.pk:
        raise SamePerson(_("You made this version, so another person must approve it."))


def check_steps(steps: Sequence) -> None:
    """Steps in order of days, each with a channel that sends and a text; raises StrategyIncomplete."""
    if not steps:
        raise StrategyIncomplete(_("Add at least one step."))
    last = None
    for step in sorted(steps, key=lambda row: row.day_offset):
        if not FIRST_OFFSET <= step.day_offset <= LAST_OFFSET:
            raise StrategyIncomplete(
                _("%(title)s: days must lie between %(first)s and %(last)s.")
                % {"title": step.title, "first": FIRST_OFFSET, "last": LAST_OFFSET}
            )
        _check_what_it_does(step)
        if last is not None and step.day_offset == last.day_offset:
            raise StrategyIncomplete(
                _("%(one)s and %(two)s fall on the same day; one message a day is enough.")
                % {"one": last.title, "two": step.title}
            )
        if last is not None and step.stage < last.stage:
            raise StrategyIncomplete(
                _("%(two)s comes after %(one)s, so its stage may not be lower.")
                % {"one": last.title, "two": step.title}
            )
        last = step


def _check_what_it_does(step) -> None:
    if step.kind == StepKind.MESSAGE and step.channel not in MESSAGE_CHANNELS:
        raise StrategyIncomplete(
            _("%(title)s: choose e-mail, text message or letter.") % {"title": step.title}
        )
    if step.kind == StepKind.MESSAGE and not step.template_code:
        raise StrategyIncomplete(_("%(title)s: choose a text.") % {"title": step.title})
    if step.kind == StepKind.STATEMENT and not step.department_id:
        raise StrategyIncomplete(
            _("%(title)s: choose the department that gets the pack.") % {"title": step.title}
        )


def clean_criteria(criteria: Mapping) -> dict:
    """Whom a version takes, as stored: known words in order, amounts with their decimals; empty
    ones are left out. Raises StrategyIncomplete."""
    cleaned: dict = {}
    for name, known in (("payer_types", PayerType.values), ("risk", Risk.values), ("products", None)):
        words = sorted({str(word).strip() for word in criteria.get(name) or () if str(word).strip()})
        if known is not None and (strange := sorted(set(words) - set(known))):
            raise StrategyIncomplete(_("%(word)s is not known.") % {"word": strange[0]}, field=name)
        if words:
            cleaned[name] = words
    for name in ("amount_from", "amount_below"):
        if amounts := clean_amounts(criteria.get(name) or {}, field=name):
            cleaned[name] = amounts
    return cleaned


def clean_tolerances(tolerances: Mapping[str, str]) -> dict[str, str]:
    """Currency to smallest amount chased, as text with the currency's decimals."""
    return clean_amounts(tolerances or {}, field="tolerances")


def clean_amounts(amounts: Mapping[str, str], *, field: str) -> dict[str, str]:
    """Amounts by currency, as text with the currency's decimals. Raises StrategyIncomplete."""
    cleaned = {}
    for currency, amount in amounts.items():
        code = str(currency).upper()
        try:
            value = Decimal(str(amount))
        except InvalidOperation:
            value = Decimal(-1)
        if not money.is_known(code) or value < 0:
            raise StrategyIncomplete(
                _("%(currency)s %(amount)s is not an amount.")
                % {"currency": currency, "amount": amount},
                field=field,
            )
        cleaned[code] = str(money.quantise(value, code))
    return cleaned
