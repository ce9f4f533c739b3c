"""The ageing of any day and knowledge, by every basis and part, held against plain Python."""

import random
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from accounts.arrangements.models import Promise
from accounts.cheques.queries import COVER_PARAMETERS, cover_sql
from accounts.holds.models import Hold
from accounts.holds.services import end_legal_fact, lift_hold, record_legal_fact
from accounts.ledger.models import LedgerEntry
from accounts.ledger.queries import bucket_labels, open_items
from accounts.ledger.services import contest, reverse_entry
from accounts.parties.models import LegalFact
from accounts.position.aged_accounts import accounts_not_summing, accounts_of_bucket
from accounts.position.ageing import EDGES, PARTS, AgeingQuestion, ageing_in_parts, ledger_of_day
from collections_app.core.models import Transition
from collections_app.core.money import quantise
from collections_app.core.refusal import Refused
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

FIRST = date(2026, 1, 5)
DAYS = 150
BASES = ("due", "invoice", "opened")


class Book:
    """Five accounts of two people and three currencies, on which anything may happen."""

    def __init__(self, seed: int):
        self.dice, self.day, self.actor = random.Random(seed), FIRST, makers.system()
        creditor = makers.creditor()
        self.people = [makers.debtor(creditor=creditor, identity=makers.identity()) for _n in range(2)]
        self.accounts = [
            makers.account(debtor=self.people[number % 2], currency=currency, opened_date=FIRST, as_of=FIRST)
            for number, currency in enumerate(("EUR", "EUR", "EUR", "JPY", "KWD"))
        ]

    def size(self, account) -> Decimal:
        return quantise(Decimal(self.dice.randint(1, 400_000)) / 1000 + 1, account.currency)

    def back(self, most: int = 40) -> date:
        return max(self.day - timedelta(days=self.dice.randint(0, most)), FIRST)

    def any_entry(self, account, **fields):
        found = LedgerEntry.objects.filter(account=account, **fields).exclude(kind="reversal")
        found = list(found.filter(reversed_by__isnull=True).order_by("pk"))
        return self.dice.choice(found) if found else None

    def happens(self) -> None:
        self.day = min(self.day + timedelta(days=self.dice.randint(0, 6)), FIRST + timedelta(days=DAYS))
        verbs = (self.bill, self.bill, self.pay, self.take_back, self.dispute, self.hold, self.lift,
                 self.promise, self.cheque, self.fact)  # fmt: skip
        with suppress(Refused), transaction.atomic():
            self.dice.choice(verbs)(self.dice.choice(self.accounts))

    def bill(self, account) -> None:
        day = self.back()
        due = day + timedelta(days=self.dice.randint(0, 45))
        makers.entry(account=account, amount=self.size(account), value_date=day, due_date=due, as_of=self.day)

    def pay(self, account) -> None:
        kind = self.dice.choice(["payment", "payment", "credit_note"])
        makers.entry(
            account=account, amount=self.size(account), kind=kind, value_date=self.back(10), as_of=self.day
        )

    def take_back(self, account) -> None:
        entry = self.any_entry(account)
        if entry:
            reverse_entry(
                entry=entry, value_date=max(entry.value_date, self.back(5)), reason="wrong",
                actor=self.actor, as_of=self.day,
            )  # fmt: skip

    def dispute(self, account) -> None:
        entry = self.any_entry(account, direction="debit")
        if entry:
            part = quantise(entry.amount * self.dice.randint(0, 100) / 100, account.currency)
            contest(entry=entry, amount=part, effective_date=self.back(9), actor=self.actor, as_of=self.day)

    def hold(self, account) -> None:
        entry = self.any_entry(account, direction="debit")
        on = [{"account": account}, {"debtor": account.debtor}]
        if entry:
            on.append({"account": account, "entry": entry})
        last = self.dice.choice([None, self.day + timedelta(days=self.dice.randint(0, 30))])
        scopes = [self.dice.choice(["demand", "demand", "fee"])]
        makers.hold(
            scopes=scopes, first_day=self.back(9), last_day=last, as_of=self.day, **self.dice.choice(on)
        )

    def lift(self, account) -> None:
        hold = Hold.objects.filter(status="active").order_by("pk").last()
        if hold:
            lift_hold(hold=hold, reason="over", actor=self.actor, as_of=self.day)

    def promise(self, account) -> None:
        due = self.day + timedelta(days=self.dice.randint(0, 20))
        makers.promise(account=account, amount=str(self.size(account)), due_date=due, as_of=self.day)

    def cheque(self, account) -> None:
        ahead = self.day + timedelta(days=self.dice.randint(0, 40))
        makers.cheque(
            account=account, amount=str(self.size(account)), cheque_date=ahead, received_on=self.day,
        )  # fmt: skip

    def fact(self, account) -> None:
        running = LegalFact.objects.filter(ends__isnull=True, ended_by__isnull=True).first()
        if running:
            end_legal_fact(
                fact=running, effective_date=self.day, source="court", actor=self.actor, as_of=self.day
            )
        else:
            record_legal_fact(
                debtor=account.debtor, kind="insolvent", effective_date=self.back(9), source="court",
                actor=self.actor, as_of=self.day,
            )  # fmt: skip

    # ---- the same in plain Python ----

    def held(self, day) -> tuple[set[int], set[int]]:
        accounts, entries = set(), set()
        for hold in Hold.objects.all():
            ended = hold.lifted_on is not None and hold.lifted_on <= day
            if "demand" not in hold.scopes or hold.first_day > day or ended:
                continue
            if hold.last_day is not None and hold.last_day < day:
                continue
            if hold.entry_id:
                entries.add(hold.entry_id)
            else:
                accounts |= {
                    account.pk for account in self.accounts
                    if account.pk == hold.account_id or account.debtor_id == hold.debtor_id
                }  # fmt: skip
        for fact in LegalFact.objects.filter(ends__isnull=True, effective_date__lte=day):
            if not fact.ended_by.filter(effective_date__lte=day).exists():
                accounts |= {a.pk for a in self.accounts if a.debtor.identity_id == fact.identity_id}
        return accounts, entries

    def promised(self, account, day) -> Decimal:
        total = Decimal(0)
        for promise in Promise.objects.filter(account=account, taken_on__lte=day, grace_until__gte=day):
            step = Transition.objects.filter(
                subject_type="accounts.promise", subject_id=promise.pk, effective_date__lte=day
            )
            if step.order_by("pk").last().to_status != "open":
                continue
            came = sum(
                (
                    entry.amount
                    for entry in LedgerEntry.objects.filter(
                        account=account, kind="payment", value_date__range=(promise.taken_on, day)
                    )
                    if not LedgerEntry.objects.filter(reverses=entry, value_date__lte=day).exists()
                ),
                Decimal(0),
            )
            total += max(promise.amount - came, Decimal(0))
        return total

    def covered(self, day) -> Counter:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT account_id, sum(amount) FROM ({cover_sql()}) c GROUP BY 1",
                {"as_of": day, "known_at": None, **COVER_PARAMETERS},
            )
            return Counter(dict(cursor.fetchall()))

    def expected(self, day, basis) -> dict:
        held_accounts, held_entries = self.held(day)
        covered = self.covered(day)
        found: Counter = Counter()
        for account in self.accounts:
            left = [self.promised(account, day), covered[account.pk]]
            for item in open_items([account.pk], as_of=day)[account.pk]:
                own = {
                    "due": item.due_date, "invoice": item.value_date, "opened": account.opened_date
                }[basis]  # fmt: skip
                box = sum(1 for edge in (0, *EDGES) if (day - own).days > edge)
                parts = dict.fromkeys(PARTS, Decimal(0))
                parts["disputed"], rest = item.contested, item.open - item.contested
                if account.pk in held_accounts or item.entry_id in held_entries:
                    parts["on_hold"], rest = rest, Decimal(0)
                for place, name in enumerate(("promised", "covered")):
                    parts[name] = min(rest, left[place])
                    left[place] -= parts[name]
                    rest -= parts[name]
                parts["free"] = rest
                for name, amount in (("balance", item.open), *parts.items()):
                    found[account.currency, box, name] += amount
        return {key: amount for key, amount in found.items() if amount}

    def sums(self, day) -> dict[str, Decimal]:
        found: Counter = Counter()
        for entry in LedgerEntry.objects.filter(account__in=self.accounts, value_date__lte=day):
            found[entry.currency] += entry.amount if entry.direction == "debit" else -entry.amount
        return found


def shown(answer) -> dict:
    return {
        (row.currency, box, name): getattr(bucket, name)
        for row in answer
        for box, bucket in enumerate(row.buckets)
        for name in ("balance", *PARTS)
        if getattr(bucket, name)
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_day_sums_to_the_ledger_in_every_part(seed):
    book, remembered = Book(seed), []
    for number in range(60):
        book.happens()
        if number % 20 == 10:
            with connection.cursor() as cursor:
                cursor.execute("SELECT clock_timestamp()")
                [moment] = cursor.fetchone()
            day = book.back(30)
            remembered.append((day, moment, ageing_in_parts(AgeingQuestion(as_of=day))))
    days = [book.day, *(FIRST + timedelta(days=book.dice.randint(5, DAYS)) for _n in range(3))]
    for day in days:
        for basis in BASES:
            question = AgeingQuestion(as_of=day, basis=basis)
            answer = ageing_in_parts(question)
            assert shown(answer) == book.expected(day, basis), (day, basis)
            assert len(answer[0].buckets) == len(bucket_labels(EDGES))
            sums, ledger = book.sums(day), ledger_of_day(question)
            for row in answer:
                assert row.holds
                assert row.ledger == sums[row.currency] == ledger[row.currency]["closing"]
                assert row.total.balance == ledger[row.currency]["open"]
                assert row.credit_balance == ledger[row.currency]["credit"]
            assert accounts_not_summing(question, limit=5) == ([], 0)
            narrow = replace(question, creditor_ids=(book.accounts[0].creditor_id,))
            assert ageing_in_parts(narrow) == answer
            for row in answer:
                rows = accounts_of_bucket(question, currency=row.currency, label="1-30", limit=9)[0]
                for name in ("balance", *PARTS):
                    assert sum(getattr(one, name) for one in rows) == getattr(row.buckets[1], name)
    for day, moment, answer in remembered:
        assert shown(ageing_in_parts(AgeingQuestion(as_of=day, known_at=moment))) == shown(answer)
