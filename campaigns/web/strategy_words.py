"""Days, criteria and steps of a strategy in words."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from accounts.parties.enums import PayerType
from campaigns.strategies.enums import Risk
from collections_app.core.web.parts import Fact


def offset_text(days: int) -> str:
    """Days from the due date in words: "3 days before", "the due day", "7 days after"."""
    if days == 0:
        return _("on the due day")
    if days < 0:
        return ngettext_lazy("%(n)s day before", "%(n)s days before", "n") % {"n": -days}
    return ngettext_lazy("%(n)s day after", "%(n)s days after", "n") % {"n": days}


def days_text(first: int, until: int | None) -> str:
    """The days past due of a stage: "1 to 6 days past due"; `until` is the first day of the next."""
    if until is None:
        return _("from %(first)s days past due on") % {"first": first}
    return _("%(first)s to %(last)s days past due") % {"first": first, "last": until - 1}


def _words(criteria: Mapping, key: str, names) -> str:
    return ", ".join(str(names(word)) for word in criteria.get(key) or ())


def amounts_text(amounts: Mapping[str, str]) -> str:
    return ", ".join(f"{code} {amount}" for code, amount in sorted(amounts.items()))


def criteria_in_words(criteria: Mapping) -> list[Fact]:
    """Whom a version takes: payer type, segment, amount owed, risk."""
    amounts = []
    if criteria.get("amount_from"):
        amounts.append(_("from %(amounts)s") % {"amounts": amounts_text(criteria["amount_from"])})
    if criteria.get("amount_below"):
        amounts.append(_("below %(amounts)s") % {"amounts": amounts_text(criteria["amount_below"])})
    return [
        Fact(
            _("Payer types"),
            _words(criteria, "payer_types", lambda word: PayerType(word).label) or _("every one"),
        ),
        Fact(_("Segment (product)"), _words(criteria, "products", str) or _("every one")),
        Fact(_("Amount owed"), ", ".join(amounts) or _("any")),
        Fact(_("Risk"), _words(criteria, "risk", lambda word: Risk(word).label) or _("any")),
    ]
