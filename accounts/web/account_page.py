"""The account page: who, how much, how old, what happened, what next, on one screen.

Composed of panels. Every slice puts its own into the slots `account.strip` (a list of Figure),
`account.who`, `account.main`, `account.now` (data for its template), `account.timeline` (events),
`account.verbs` (a list of Action) and `account.facts` (a dict: `crumbs`, `next_url`, `stage`).
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.ledger.enums import Direction
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.queries import open_items
from accounts.position.queries import positions
from accounts.web.account_who import Who, who
from collections_app.core import panels
from collections_app.core.templatetags import ui
from collections_app.core.web.parts import Action, Crumb, Figure
from collections_app.core.web.views import PageView

EVENTS_SHOWN = 9
ZERO = Decimal(0)
EVENTS_MOST = 400
# begins the key of an event that tells of a request that waits for a second person
WAITING_KEY = "waits-"
# tab of the timeline -> kinds of events in it
TIMELINE_TABS = {
    "": None,
    "calls": {"call", "visit"},
    "letters": {"email", "sms", "letter", "message"},
    "payments": {"payment", "payment_returned", "charge", "entry"},
    "promises": {"promise"},
    "disputes": {"dispute", "hold", "hardship"},
}


class AccountPage(PageView):
    """One account on a day. As of another day it is read-only and shows what was known to be so."""

    permission = "accounts.view_account"
    template_name = "accounts/account.html"
    menu = "accounts"
    offers_as_of = True
    offers_known_at = True
    fragments = {"timeline": "timeline", "open-items": "items"}

    def get(self, request, *args, **kwargs):
        self.account = self.get_account()
        pk, debtor = self.account.pk, self.account.debtor_id
        with panels.composing(**{f"account_{pk}": self.account, f"debtors_[{pk}]": {debtor}}):
            return self.render_to_response(self.get_context_data())

    def get_account(self) -> Account:
        found = (
            Account.objects.visible_to(self.request.user)
            .select_related("debtor", "creditor", "portfolio", "standing")
            .filter(**self.kwargs)
            .first()
        )
        if found is None:
            raise Http404(_("There is no such account, or it belongs to another team."))
        return found

    @property
    def from_today(self) -> bool:
        return self.request.GET.get("from") == "today"

    def get_title(self) -> str:
        return f"{self.account.debtor.name} · {self.account.number}"

    @property
    def past_knowledge(self) -> datetime | None:
        """The moment asked for; on another day now, so that its steps are asked and no status of today."""
        return self.known_until if self.is_past else None

    # ---- panels ----

    def panel(self, place: str) -> list[panels.FilledPanel]:
        return panels.collect(f"account.{place}", [self.account.pk], self.request.user, self.as_of)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What higher floors know of the page: the way back, the next account, the stage."""
        merged: dict[str, Any] = {}
        for panel in self.panel("facts"):
            merged |= panel.data
        return merged

    def get_crumbs(self) -> list[Crumb]:
        if self.from_today and "crumbs" in self.facts:
            return self.facts["crumbs"]
        return [Crumb(_("Accounts"), reverse("accounts:account_list"))]

    def next_action(self) -> Action | None:
        url = self.facts.get("next_url")
        return Action(_("Next account"), url, key="n") if url else None

    def verbs(self) -> list[Action]:
        if self.is_past:
            return []
        found = [verb for panel in self.panel("verbs") for verb in panel.data]
        return [verb for verb in found if verb.shown_to(self.request.user)]

    # ---- strip ----

    def strip(self) -> list[Figure]:
        account = self.account
        position = positions([account.pk], as_of=self.as_of, known_at=self.past_knowledge).get(account.pk)
        if position is None:
            return []
        code = account.currency
        figures = [
            Figure(
                _("Overdue"), ui.figure(position.overdue, code), size="xl", url="#open-items", currency=code
            ),
            Figure(_("Less disputed"), ui.money(position.contested_overdue, code), url="#open-items"),
            Figure(_("To ask for"), ui.figure(position.chaseable, code), size="ask", url="#open-items"),
            Figure(_("Not yet due"), ui.money(position.not_due, code), url="#open-items"),
            Figure(_("Balance"), ui.balance(position.balance, code), url="#open-items"),
        ]
        days = (self.as_of - position.oldest_due_date).days if position.oldest_due_date else None
        if days is not None:
            figures.append(Figure(_("Oldest unpaid"), "", age=days, note=ui.day(position.oldest_due_date)))
        else:
            figures.append(Figure(_("Oldest unpaid"), "–"))
        if self.known_at is not None:
            return figures
        if self.facts.get("stage") and not self.is_past:  # the worklist knows today's
            figures.append(Figure(_("Stage"), self.facts["stage"]))
        standing = getattr(account, "standing", None)
        if standing is not None and standing.written_off and not self.is_past:
            figures.append(Figure(_("Written off"), ui.money(standing.written_off, code)))
        for panel in self.panel("strip"):
            figures.extend(panel.data)
        return figures

    # ---- the middle ----

    def items(self) -> dict[str, Any]:
        rows = open_items([self.account.pk], as_of=self.as_of, known_at=self.known_at)[self.account.pk]
        return {
            "rows": [(item, (self.as_of - item.due_date).days) for item in rows],
            "billed": sum(item.amount for item in rows),
            "paid": sum(item.paid for item in rows),
            "open": sum(item.open for item in rows),
        }

    def timeline(self) -> dict[str, Any]:
        kind = self.request.GET.get("kind", "")
        kinds = TIMELINE_TABS.get(kind)
        found = panels.happenings("account.timeline", [self.account.pk], self.request.user, self.as_of)
        waiting = [row.event() for row in found if (row.key or "").startswith(WAITING_KEY)]
        if kinds is not None:
            found = [row for row in found if row.event()["kind"] in kinds]
        shown = found[: EVENTS_MOST if "all" in self.request.GET else EVENTS_SHOWN]
        return {
            "events": [row.event() for row in shown],
            "waiting": waiting,
            "older": len(found) - len(shown),
            "since": found[-1].at if found else None,
            "kind": kind,
            "tabs": [
                ("", _("All")),
                ("calls", _("Calls")),
                ("letters", _("Letters")),
                ("payments", _("Payments")),
                ("promises", _("Promises")),
                ("disputes", _("Disputes")),
            ],
        }

    def who(self) -> Who:
        return who(self.account, self.request.user, as_of=self.as_of, known_at=self.past_knowledge)

    def learned(self) -> dict[str, Any]:
        """The entries of the days shown that were recorded after the moment asked for."""
        if self.known_at is None:
            return {}
        later = LedgerEntry.objects.filter(
            account=self.account, value_date__lte=self.as_of, recorded_at__gt=self.known_at
        )
        rows = list(later.order_by("recorded_at", "id")[:EVENTS_MOST])
        change = sum((row.amount if row.direction == Direction.DEBIT else -row.amount for row in rows), ZERO)
        return {"rows": rows, "change": change}

    def get_context_data(self, **kwargs):
        fragment = self.fragment_name()
        if fragment == "timeline":
            return super().get_context_data(account=self.account, timeline=self.timeline(), **kwargs)
        verbs = self.verbs()
        told = self.known_at is None  # what panels tell is as known now
        return super().get_context_data(
            account=self.account,
            debtor=self.account.debtor,
            figures=self.strip(),
            items=self.items(),
            timeline=self.timeline() if told else {},
            learned=self.learned(),
            who=self.who(),
            who_panels=self.panel("who") if told else [],
            main_panels=self.panel("main") if told else [],
            now_panels=self.panel("now") if not self.is_past else [],
            verbs=verbs,
            next_action=self.next_action(),
            **kwargs,
        )
