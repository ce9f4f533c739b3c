"""What happens in the office while the reminders go out: payments, holds and people who opt out.

Each is one committed transaction of the product. The moment at which the commit was known is kept
for its debtor; a message whose hand-over begins after it must not exist.
"""

import random
import threading
import time
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from accounts.contacts.services import opt_out
from accounts.holds.services import place_hold
from accounts.ledger.models import Account
from accounts.parties.models import Debtor
from accounts.payments.services import post_payment
from benchmarks.chaos.book import AMOUNT
from collections_app.core.models import User


@dataclass
class Stopped:
    """Debtors by number, with what stopped them and when it was committed."""

    kind: dict[int, str] = field(default_factory=dict)
    at: dict[int, float] = field(default_factory=dict)


class Office(threading.Thread):
    """Stops one debtor after the other, in a random order, until all of `wanted` are stopped."""

    def __init__(self, *, debtors: list[int], pace: float, dice: random.Random, today: date) -> None:
        super().__init__(name="office", daemon=True)
        self._debtors, self._pace, self._dice, self._today = debtors, pace, dice, today
        self._over = threading.Event()
        self.stopped = Stopped()

    def run(self) -> None:
        actor = User.objects.system()
        for place in self._debtors:
            if self._over.wait(self._pace):
                break
            kind = self._dice.choice(("payment", "hold", "opt_out"))
            try:
                close_old_connections()
                self._happens_to(place, kind, actor)
            except (DatabaseError, InterfaceError):
                # the database is being restarted: nobody knows whether it was committed
                connection.close()
                self._over.wait(1)
                continue
            self.stopped.at[place] = time.time()
            self.stopped.kind[place] = kind
        connection.close()

    def end(self) -> None:
        self._over.set()
        self.join()

    def _happens_to(self, place: int, kind: str, actor) -> None:
        if kind == "payment":
            post_payment(
                account=Account.objects.get(pk=place),
                amount=Decimal(AMOUNT),
                value_date=self._today,
                method="transfer",
                actor=actor,
                as_of=self._today,
            )
            return
        debtor = Debtor.objects.get(pk=place)
        if kind == "hold":
            place_hold(
                scopes=["demand"],
                reason="requested",
                first_day=self._today,
                debtor=debtor,
                actor=actor,
                as_of=self._today,
            )
            return
        channel = "sms" if place % 2 else "email"
        opt_out(debtor=debtor, channel=channel, source="chaos", actor=actor, as_of=self._today)
