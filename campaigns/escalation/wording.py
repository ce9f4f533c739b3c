"""The facts that put an account on the list, in words, for pages and files alike."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from collections_app.core.web.figures import amount_text, day_text


def facts_text(facts: Mapping[str, Any], *, told_on: date) -> str:
    """The facts that fired on a day, in words; nothing where none were kept."""
    if not facts:
        return ""
    parts = [
        _("%(days)s d past due") % {"days": facts["days_past_due"]},
        f"{facts['currency']} {amount_text(Decimal(facts['overdue']), facts['currency'])}",
    ]
    if number := facts["broken_promises"]:
        parts.append(ngettext("%(n)s broken promise", "%(n)s broken promises", number) % {"n": number})
    # rows of before plans were told of have no such fact
    if number := facts.get("broken_plans"):
        parts.append(ngettext("%(n)s broken plan", "%(n)s broken plans", number) % {"n": number})
    last = facts["last_reached"]
    if last:
        parts.append(_("last reached %(day)s") % {"day": day_text(date.fromisoformat(last), told_on)})
    else:
        parts.append(_("never reached"))
    return ", ".join(parts)
