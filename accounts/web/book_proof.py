"""Under the sums of lists of accounts: how the book's totals compared with the ledger last."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from accounts.ledger.models import Account
from accounts.position.jobs import last_comparison
from accounts.teams.enums import SEES_EVERY_ACCOUNT
from collections_app.core.web.lists import ListPage

if TYPE_CHECKING:
    Page = ListPage
else:
    Page = object


class BookProof(Page):
    """Put before ListPage, for a list whose sums are of standings."""

    totals_template = "accounts/list_totals.html"
    has_proof = True

    def totals_context(self):
        return super().totals_context() | {"proof": self._proof()}

    def _proof(self) -> dict | None:
        """For the accounts the user may see: nothing tells of others'."""
        proof = last_comparison()
        if not proof:
            return None
        rows, more = proof["differing"], proof["differing_count"] - len(proof["differing"])
        if rows and self.request.user.role not in SEES_EVERY_ACCOUNT:
            visible = Account.objects.visible_to(self.request.user)
            seen = set(visible.filter(pk__in=[row["account"] for row in rows]).values_list("pk", flat=True))
            rows = [row for row in rows if row["account"] in seen]
            if more and not rows:
                return None
            more = 0
        return {
            "at": datetime.fromisoformat(proof["at"]),
            "holds": not rows,
            "more": more,
            "differing": [
                {**row, "listed": Decimal(row["listed"]), "ledger": Decimal(row["ledger"])} for row in rows
            ],
        }
