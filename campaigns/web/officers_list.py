"""An officer's list on Today: which of its rows are shown, and the one to begin with."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property

from accounts.compliance.enums import Rule
from campaigns.web.may_call import from_text
from campaigns.worklists import queries
from campaigns.worklists.enums import QUIET_LOOK, REASON_LOOK
from campaigns.worklists.queries import QueueRow, queue, workers_of
from campaigns.worklists.wording import full_reason_text, step_text
from campaigns.worklists.workable import call_verdicts, is_workable
from collections_app.core import clock
from collections_app.core.web.row_ids import row_id

PAGE_ROWS = 50
# How far down the list those are looked for that may be called now, or must wait.
LIMITS = {"callable": 200, "later": queries.COMING_READ}


class OfficersList:
    """Mixed into a page: needs its `request` and its day `today`."""

    request: Any
    today: Any

    @cached_property
    def now(self) -> datetime:
        return clock.now()

    @cached_property
    def officers(self) -> list[int]:
        return workers_of(self.request.user, self.today)

    def rows(self) -> list[QueueRow]:
        user, shown = self.request.user, self.request.GET.get("show", "")
        limit = LIMITS.get(shown, PAGE_ROWS)
        rows = queue(
            user,
            as_of=self.today,
            limit=limit,
            after=self.after(),
            payer="firms" if shown == "commercial" else "",
            officers=self.officers,
        )
        found = call_verdicts([row.account_id for row in rows], self.now)
        for row in rows:
            row.verdict = found.get(row.account_id)
        if shown == "callable":
            rows = [row for row in rows if row.verdict is None or row.verdict.allowed][:PAGE_ROWS]
        if shown == "later":
            first, last = self.place("from") or (0, 0), self.place("until") or (queries.WAITING, 0)
            rows = [
                row
                for row in rows
                if not is_workable(row.next_action, row.verdict)
                and row.verdict.rule == (self.rule or row.verdict.rule)
                and first <= (row.rank, row.account_id) <= last
            ]
        return rows

    @property
    def rule(self) -> str:
        """The rule whose refusals alone are shown among those that must wait."""
        rule = self.request.GET.get("rule", "")
        return rule if rule in Rule.values else ""

    def after(self) -> tuple[int, int] | None:
        """The row above the page."""
        return self.place("after")

    def place(self, name: str) -> tuple[int, int] | None:
        """A row of the list, as "rank.account" in the address."""
        rank, _dot, account = self.request.GET.get(name, "").partition(".")
        found, number = row_id(rank), row_id(account)
        return None if found is None or number is None else (found, number)

    def more_url(self, rows: list[QueueRow], first_place: int) -> str:
        shown = self.request.GET.get("show", "")
        if len(rows) < PAGE_ROWS or shown == "later":
            return ""
        last = rows[-1]
        rest = f"after={last.rank}.{last.account_id}&place={first_place + len(rows)}"
        return f"?{rest}" + (f"&show={shown}" if shown else "")

    def next_band(self, rows: list[QueueRow]) -> dict[str, Any]:
        """The first row that can be worked now; the head of the list where none of those shown can."""
        workable = (n for n, row in enumerate(rows) if is_workable(row.next_action, row.verdict))
        above = next(workable, 0)
        row = rows[above]
        tone, icon = REASON_LOOK.get(row.reason, QUIET_LOOK)
        verdict = row.verdict
        return {
            "row": row,
            "place": above + 1,
            "step": step_text(row.next_action),
            "why": full_reason_text(row.reason, row.reason_values, currency=row.currency, today=self.today),
            "tone": tone,
            "icon": "heart-broken" if row.reason == "promise_broken" else icon,
            "days": (self.today - row.oldest_due_date).days,
            "may": None if verdict is None else verdict.allowed,
            "from": "" if verdict is None or verdict.allowed else from_text(verdict.next_moment, self.now),
            "url": reverse("accounts:account_detail", args=[row.account_id]) + "?from=today",
        }
