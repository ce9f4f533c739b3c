"""The gate as a run asks it, for both sides of a what-if and all its days.

What is known of a person (holds, numbers, zone, legal facts, contacts so far) does not change on the
way, so it is read once, whichever side and day asks first; only the contacts foretold for him are
added. The same question is answered once for both sides. The decision is the gate's own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from threading import RLock

from accounts.compliance.decision import Counted
from accounts.compliance.enums import Purpose
from accounts.compliance.queries import Asked, Reading
from accounts.ledger.models import Account
from campaigns.sending.services import LONGEST_WAIT
from campaigns.treatment.book_pass import Group

CHUNK = 2_000
Answer = tuple[datetime | None, str]


class SharedGate:
    """`ask` answers groups with the moment at which each may go, or None and the rule that refuses."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._reads: dict[int, Reading] = {}
        self._answers: dict[tuple, Answer] = {}

    def ask(
        self, groups: Sequence[Group], now: datetime, counted: Mapping[int, Sequence[Counted]]
    ) -> Iterator[tuple[Group, datetime | None, str]]:
        """As the queue asks: for now, and where a legal moment is near enough, for that."""
        self._read(groups, now)
        for group in groups:
            asked = Asked(
                debtor_id=group.debtor_id,
                account_ids=tuple(sorted(group.account_ids)),
                channel=group.channel,
                moment=now,
                purpose=Purpose.DEMAND,
                point_id=group.point_id,
                is_automatic=True,
            )
            known = self._reads[group.debtor_id].known(asked)
            own = tuple(row for pk in known.person_ids for row in counted.get(pk, ()))
            key = (asked, own)
            answer = self._answers.get(key)
            if answer is None:
                answer = self._answers[key] = self._judge(asked, known.with_counted(own), own)
            yield group, *answer

    def _judge(self, asked: Asked, known, own: Sequence[Counted]) -> Answer:
        verdict = known.verdict()
        later = verdict.next_moment
        if not verdict.allowed and later is not None and later - asked.moment <= LONGEST_WAIT:
            later_asked = replace(asked, moment=later)
            again = self._reads[asked.debtor_id].known(later_asked).with_counted(own).verdict()
            return (later if again.allowed else None), again.rule
        return (asked.moment if verdict.allowed else None), verdict.rule

    def _read(self, groups: Sequence[Group], now: datetime) -> None:
        with self._lock:
            fresh = [group.debtor_id for group in groups if group.debtor_id not in self._reads]
            for start in range(0, len(fresh), CHUNK):
                chunk = fresh[start : start + CHUNK]
                accounts: dict[int, list[int]] = {pk: [] for pk in chunk}
                owned = Account.objects.filter(debtor__in=chunk, status="open")
                for debtor_id, account_id in owned.values_list("debtor_id", "pk"):
                    accounts[debtor_id].append(account_id)
                for group in groups:
                    if group.debtor_id in accounts:
                        accounts[group.debtor_id] += group.account_ids
                read = Reading(
                    [Asked(pk, tuple(sorted(set(ids))), "email", now) for pk, ids in accounts.items()]
                )
                self._reads |= dict.fromkeys(chunk, read)
