"""Permits, contacts and the count ledger as the replay reads them, and what it finds."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from accounts.compliance.decision import decide
from accounts.compliance.evidence import facts_of, where_of
from accounts.compliance.facts import Counted, Facts, Verdict
from accounts.compliance.profiles import Profile
from accounts.compliance.rulebook import Rulebook
from collections_app.core import clock

# A row of the ledger whose transaction ended within this time before a permit may not have been
# visible to it, so that the permit cannot be said to have left it out.
SETTLING = timedelta(minutes=10)


@dataclass(frozen=True)
class Finding:
    """One row of the result. `subject` and `pk` name the record, `contact_id` the attempt if any."""

    kind: str
    subject: str
    pk: int
    at: str
    channel: str
    debtor_id: int
    what: str
    contact_id: int | None = None

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


PERMITS = """
SELECT id, debtor_id, creditor_id, account_ids, channel, purpose, contact_point_id, moment, is_allowed,
       rule, rule_source, next_moment, profile, profile_version, facts::text, recorded_at
FROM accounts_permit WHERE moment >= %(start)s AND moment < %(end)s AND id > %(after)s
ORDER BY id LIMIT %(limit)s
"""
CONTACTS = """
SELECT counted.id, counted.debtor_id, counted.account_ids, counted.channel, counted.at, counted.judgement,
       counted.rule, counted.inputs::text, counted.is_inbound, counted.recorded_at, counted.permit_id,
       permit.moment, permit.channel, permit.is_allowed, counted.supersedes_id,
       EXISTS (SELECT 1 FROM accounts_countedcontact later WHERE later.supersedes_id = counted.id)
FROM accounts_countedcontact counted LEFT JOIN accounts_permit permit ON permit.id = counted.permit_id
WHERE counted.at >= %(start)s AND counted.at < %(end)s AND counted.id > %(after)s
ORDER BY counted.id LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Stored:
    """A verdict as it is stored, with the inputs it was made from."""

    id: int
    debtor_id: int
    creditor_id: int | None
    account_ids: list[int]
    channel: str
    purpose: str
    point_id: int | None
    moment: datetime
    recorded_at: datetime
    profile: str
    profile_version: int | None
    inputs: Mapping[str, Any]

    @classmethod
    def of_permit(cls, row: tuple) -> "Stored":
        (pk, debtor_id, creditor_id, accounts, channel, purpose, point, moment, _allowed, _rule, _source,
         _next, profile, version, facts, recorded_at) = row  # fmt: skip
        return cls(pk, debtor_id, creditor_id, accounts, channel, purpose, point, moment, recorded_at,
                   profile, version, json.loads(facts))  # fmt: skip

    @property
    def facts(self) -> Facts:
        return facts_of(
            self.inputs["inputs"],
            zones=tuple(self.inputs["zones"]),
            is_zone_known=self.inputs["zone_known"],
            account_ids=frozenset(self.account_ids),
            point_id=self.point_id,
            is_automatic=self.inputs["automatic"],
        )

    def rules(self, rulebook: Rulebook) -> Profile:
        """The rules in force on its day, as far as they were approved when it was decided."""
        where, portfolio_id = where_of(self.inputs["inputs"])
        zone = self.inputs["inputs"].get("business_zone", "UTC")
        day = clock.local_date(self.moment, zone)
        return rulebook.in_force(day, self.inputs["creditor"], portfolio_id, where, self.recorded_at)

    def again(self, rules: Profile, facts: Facts, moment: datetime | None = None) -> Verdict:
        return decide(rules, facts, moment or self.moment, self.channel, self.purpose)

    def what_differs(self, rules: Profile) -> str:
        """How its stored frame differs from the rules and the moment it is replayed with; else empty."""
        if datetime.fromisoformat(self.inputs["at"]) != self.moment:
            return f"decided for {self.inputs['at']}, stored for {self.moment.isoformat()}"
        if self.profile != rules.name[:40] or self.profile_version != rules.version:
            return f"decided by {self.profile}, in force was {rules.name}"
        laws = [law.name for law in rules.laws]
        if self.inputs["laws"] != laws:
            return f"decided by {', '.join(self.inputs['laws'])}, in force were {', '.join(laws)}"
        return ""


@dataclass(frozen=True)
class Contact:
    """One row of the count ledger with what its permit says."""

    id: int
    debtor_id: int
    account_ids: list[int]
    channel: str
    at: datetime
    judgement: str
    rule: str
    inputs: Mapping[str, Any]
    is_inbound: bool
    recorded_at: datetime
    permit_id: int | None
    permit_moment: datetime | None
    permit_channel: str | None
    permit_allowed: bool | None
    supersedes_id: int | None
    is_superseded: bool

    @classmethod
    def of(cls, row: tuple) -> "Contact":
        values = list(row)
        values[7] = json.loads(values[7])
        return cls(*values)

    @property
    def stored(self) -> Stored:
        """What it was judged by, when it had no permit."""
        return Stored(
            self.id, self.debtor_id, None, self.account_ids, self.channel, self.inputs["purpose"],
            self.inputs["point"], self.at, self.recorded_at, self.inputs["profile"],
            self.inputs["profile_version"], self.inputs,
        )  # fmt: skip


LEDGER = """
SELECT counted.id, counted.debtor_id, at, counted.channel, is_contact_made, is_inbound,
       counted.account_ids, is_connected, is_conversation, counted.recorded_at,
       (SELECT later.recorded_at FROM accounts_countedcontact later WHERE later.supersedes_id = counted.id)
FROM accounts_countedcontact counted
WHERE counted.id = ANY(%(ids)s) OR (counted.debtor_id = ANY(%(debtors)s) AND at > %(since)s
      AND at <= %(until)s)
"""


class Ledger:
    """The count ledger as it stands now, for the verdicts of one chunk."""

    def __init__(self, verdicts: Iterable[Stored], longest_window: int) -> None:
        rows = list(verdicts)
        ids = {counted[8] for row in rows for counted in row.inputs["inputs"].get("counted", ())}
        moments = [row.moment for row in rows]
        with connection.cursor() as cursor:
            cursor.execute(
                LEDGER,
                {
                    "ids": sorted(pk for pk in ids if pk is not None),
                    "debtors": sorted({row.debtor_id for row in rows}),
                    "since": min(moments) - timedelta(days=longest_window),
                    "until": max(moments),
                },
            )
            found = cursor.fetchall()
        self._rows = {row[0]: row for row in found}
        self._of_debtor: dict[int, list[tuple]] = {}
        for row in found:
            self._of_debtor.setdefault(row[1], []).append(row)

    def what_differs(self, stored: Stored, facts: Facts, window: int) -> str:
        """What of the counted contacts is not as the ledger has it; empty when all agrees."""
        for counted in facts.counted:
            if counted.id is not None and (difference := self._difference(counted)):
                return difference
        have = {counted.id for counted in facts.counted}
        since = stored.moment - timedelta(days=window)
        for row in self._of_debtor.get(stored.debtor_id, ()):
            pk, at, recorded_at, replaced = row[0], row[2], row[9], row[10]
            was_there = recorded_at < stored.recorded_at - SETTLING
            stood = replaced is None or replaced > stored.recorded_at
            if pk not in have and was_there and stood and since < at < stored.moment:
                return f"contact {pk} of {at.isoformat()} was not counted"
        return ""

    def _difference(self, counted: Counted) -> str:
        row = self._rows.get(counted.id)
        if row is None:
            return f"counted contact {counted.id} is not in the ledger"
        at, channel, made, inbound, accounts, connected, spoken = row[2:9]
        if at != counted.at:
            return (
                f"counted contact {counted.id} as of {counted.at.isoformat()}, the ledger has"
                f" {at.isoformat()}"
            )
        same = (channel, made, inbound, frozenset(accounts), connected, spoken) == (
            counted.channel,
            counted.is_contact_made,
            counted.is_inbound,
            counted.account_ids,
            counted.is_connected,
            counted.is_conversation,
        )
        return "" if same else f"counted contact {counted.id} is not as the ledger has it"
