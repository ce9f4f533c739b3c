"""What the worklist puts on lower floors' pages: stage and next step, the way back, the next account."""

from functools import partial
from html import escape

import django_filters
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.queries import account_of_page
from campaigns.strategies.enums import stage_words
from campaigns.worklists.enums import NextAction
from campaigns.worklists.models import WorklistItem
from campaigns.worklists.queries import accounts_without_next_action, items_of, place_of
from campaigns.worklists.ranking import WAITING
from campaigns.worklists.rules import WORKERS
from campaigns.worklists.wording import full_reason_text, step_text
from collections_app.core import panels
from collections_app.core.web.figures import day_text, icon_html
from collections_app.core.web.parts import Crumb


def account_facts(ids, user, as_of) -> dict:
    """Where the account stands in the user's list, its stage, and the way to the next one."""
    item = WorklistItem.objects.filter(pk__in=ids).first()
    facts: dict = {}
    if item is not None and item.stage:
        facts["stage"] = f"{item.stage} {stage_words(item.stage_name)}"
    if user.role not in WORKERS:
        return facts
    facts["next_url"] = reverse("campaigns:next_account") + f"?after={ids[0]}"
    if item is not None and item.rank < WAITING:
        facts["next_url"] += f"&below={item.rank}"
    crumbs = [Crumb(_("Today"), reverse("campaigns:today"))]
    place = place_of(ids[0], user, as_of) if item is not None else None
    if place is not None:
        crumbs.append(Crumb(_("%(place)s of %(length)s") % {"place": place[0], "length": place[1]}))
    account = account_of_page(ids)
    if item is not None and account is not None:
        crumbs.append(
            Crumb(full_reason_text(item.reason, item.reason_values, currency=account.currency, today=as_of))
        )
    facts["crumbs"] = crumbs
    return facts


def stage_column(ids, user, as_of) -> dict:
    return {
        "title": _("Stage"),
        "width": 92,
        "values": {
            pk: escape(f"{item.stage} {stage_words(item.stage_name)}") if item.stage else ""
            for pk, item in items_of(ids).items()
        },
    }


def step_column(ids, user, as_of) -> dict:
    """The next step and its day in one cell: "Call, today"."""
    values = {}
    late = _("late")
    for pk, item in items_of(ids).items():
        step = escape(step_text(item.next_action))
        if item.next_action_on > as_of:
            values[pk] = mark_safe(
                f'{step} <span class="m">{escape(day_text(item.next_action_on, as_of))}</span>'
            )
        elif item.reason == "follow_up_late":
            values[pk] = mark_safe(
                f'{step} <span class="st attn">{icon_html("clock-exclamation")}{late}</span>'
            )
        else:
            values[pk] = mark_safe(f'{step} <span class="m">{escape(_("today"))}</span>')
    return {"title": _("Next action"), "width": 156, "values": values}


def _by_next_action(as_of, queryset, name, value):
    """Overdue and not held, so somebody ought to do something, and nobody is to."""
    missing = accounts_without_next_action(as_of)
    return queryset.filter(pk__in=missing) if value else queryset.exclude(pk__in=missing)


def account_filters(ids, user, as_of) -> dict:
    """Words the worklist adds to the account list: stage, next step, and none at all (D16)."""
    return {
        "stage": django_filters.RangeFilter(label=gettext_lazy("Stage"), field_name="work__stage"),
        "next_action": django_filters.ChoiceFilter(
            label=gettext_lazy("Next action"), field_name="work__next_action", choices=NextAction.choices
        ),
        "no_next_action": django_filters.BooleanFilter(
            label=gettext_lazy("No next action"), method=partial(_by_next_action, as_of)
        ),
    }


panels.register("account.facts", order=10, provider=account_facts, name="worklist.place")
panels.register("list.accounts.columns", order=10, provider=stage_column, name="worklist.stage")
panels.register("list.accounts.columns", order=20, provider=step_column, name="worklist.step")
panels.register("list.accounts.filters", order=10, provider=account_filters, name="worklist.filters")
