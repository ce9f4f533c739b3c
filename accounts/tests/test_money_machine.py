"""Every money verb in any order, back-dated at random: on every day the figures are one and the same.

The machine holds the SQL against the plain Python rule, both against the sum of the entries, and the
standings against all three. `MONEY_MACHINE_EXAMPLES` and `MONEY_MACHINE_STEPS` make it look longer.
"""

import os
import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from accounts.bank.models import BankFile, BankLine, BankStatement
from accounts.bank.services import post_line, unmatch_line
from accounts.cheques.answers import clear_cheque, return_cheque
from accounts.cheques.presenting import submit
from accounts.disputes.services import answer_dispute
from accounts.interest.services import approve_run, month_end, post_run, prepare_run, reckon_run
from accounts.ledger.allocation import RANK_OF_KIND
from accounts.ledger.enums import KIND_DIRECTION, Direction, EntryKind
from accounts.ledger.models import ContestedAmount, LedgerEntry, NamedAllocation, Standing
from accounts.ledger.naming import name_allocation, reallocate
from accounts.ledger.queries import ageing, balances, open_items
from accounts.ledger.services import NewEntry, contest, post_entries, reverse_entry
from accounts.ledger.tracing import facts_of
from accounts.ledger.verification import verify_ledger
from accounts.ledger.write_offs import reinstate, write_off
from accounts.payments.credits import move_credit, refund_credit
from accounts.payments.services import post_payment
from accounts.payments.splitting import accounts_beside, post_split_payment, proposed_split
from accounts.returns.services import record_return
from collections_app.core import documents
from collections_app.core.money import quantise
from collections_app.core.refusal import Refused
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("MONEY_MACHINE_EXAMPLES", "6"))
STEPS = int(os.environ.get("MONEY_MACHINE_STEPS", "12"))
TODAY = date(2026, 6, 30)
# making a failing run shorter takes minutes; whoever looks for its cause asks for it
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
PHASES = tuple(Phase) if os.environ.get("MONEY_MACHINE_SHRINK") else UNSHRUNK
SPAN = 730
ORDERS = [[], ["fees", "interest", "penalties", "charges"], ["charges", "penalties", "fees", "interest"]]
BASES = ("due", "invoice", "opened")

# what was done, and what was refused: whoever makes it look longer sees that no verb only says no
TAKEN: Counter = Counter()
REFUSED: Counter = Counter()

days = st.integers(0, SPAN).map(lambda back: TODAY - timedelta(days=back))
sizes = st.integers(1, 99_999).map(lambda number: Decimal(number) / 1000 + number % 400)
which = st.integers(0, 3)
picks = st.integers(0, 10_000)
debits = st.sampled_from(["charge", "fee", "interest", "penalty", "opening_balance"])
credits = st.sampled_from(["payment", "credit_note", "discount"])


def sums_by_date(items) -> Counter:
    """What is open by rank and dates: which of two equal items came first says nothing."""
    open_by_date: Counter = Counter()
    for item in items:
        rank = RANK_OF_KIND.get(item.kind, "charges")
        open_by_date[rank, item.due_date, item.value_date] += item.open
    return Counter({key: amount for key, amount in open_by_date.items() if amount})


def bank_line(bank_account, amount, day, actor) -> BankLine:
    """A credit on a statement that nobody knows."""
    mark = f"{makers.number()}"
    file = BankFile.objects.create(
        file=documents.store(content=mark.encode(), filename="b.csv", kind="bank", owner=actor),
        sha256=mark, name="b.csv", format="csv", bank_account=bank_account, loaded_by=actor,
    )  # fmt: skip
    of_account = {"bank_account": bank_account, "currency": bank_account.currency}
    statement = BankStatement.objects.create(
        bank_file=file, first_day=day, last_day=day, lines_stated=1, lines_added=1, **of_account
    )
    return BankLine.objects.create(
        statement=statement, booking_date=day, value_date=day, amount=amount, fingerprint=mark, **of_account
    )


class MoneyMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.remembered = []
        self.wrote_off = False

    def teardown(self):
        try:
            self.final_check()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # ---- the office ----

    @initialize(order=st.sampled_from(ORDERS), later=st.sampled_from(ORDERS), day=days)
    def begin(self, order, later, day):
        creditor = makers.creditor()
        self.person = makers.debtor(creditor=creditor)
        self.accounts = [
            makers.account(debtor=self.person, currency=currency, opened_date=TODAY - timedelta(days=SPAN))
            for currency in ("EUR", "EUR", "JPY", "KWD")
        ]
        self.actor = makers.system()
        self.department_user = makers.department_user(makers.department())
        since = TODAY - timedelta(days=SPAN)
        bears = {"rates": {f"{since}": "9"}, "posting": "demand", "second_person": False}
        makers.policy("interest", bears, scope_type="creditor", scope_id=creditor.pk)
        agreed = {"across_accounts": True, "across_order": "oldest"}
        makers.policy("allocation", {"order": order, **agreed})
        if later != order:
            makers.policy(
                "allocation", {"order": later, **agreed}, valid_from=day, scope_type="creditor",
                scope_id=creditor.pk,
            )  # fmt: skip

        for account in self.accounts:
            self.post(account, "charge", Decimal(700), since, due_date=since)

    @property
    def ids(self):
        return [account.pk for account in self.accounts]

    def entries(self, account=None, **fields):
        chosen = [account.pk] if account else self.ids
        return list(LedgerEntry.objects.filter(account__in=chosen, **fields).order_by("id"))

    def live(self, account, direction):
        return self.entries(account, direction=direction, reversed_by__isnull=True, reverses__isnull=True)

    def at_most(self, account, amount, figure):
        """An amount in the account's currency, no more than a figure of its standing."""
        known = getattr(Standing.objects.get(pk=account.pk), figure)
        return max(min(quantise(amount, account.currency), known), Decimal(0))

    def post(self, account, kind, amount, day, **fields):
        entry = NewEntry(
            account_id=account.pk, kind=kind, amount=quantise(amount, account.currency), value_date=day,
            **fields,
        )  # fmt: skip
        return post_entries(entries=[entry], actor=self.actor, as_of=TODAY)

    # ---- the verbs ----

    @rule(number=which, kind=debits, amount=sizes, day=days, terms=st.integers(0, 60))
    def bill(self, number, kind, amount, day, terms):
        """One bill stands against several ways to pay, or nobody would ever owe anything."""
        self.post(self.accounts[number], kind, amount * 4, day, due_date=day + timedelta(days=terms))

    @rule(number=which, kind=credits, amount=sizes, day=days)
    def credit(self, number, kind, amount, day):
        self.post(self.accounts[number], kind, amount, day)

    @rule(number=which, amount=sizes, day=days, pick=picks)
    def pay_by_name(self, number, amount, day, pick):
        account = self.accounts[number]
        items = self.live(account, Direction.DEBIT)
        charge = items[pick % len(items)] if items else None
        self.attempt(
            post_payment, account=account, amount=amount, value_date=day, method="cash", charge=charge
        )

    @rule(amount=sizes, day=days)
    def pay_two_accounts(self, amount, day):
        first = self.accounts[0]
        parts = proposed_split(accounts_beside(first), amount, as_of=TODAY)
        assert sum(parts.values()) == quantise(amount, "EUR")
        self.attempt(post_split_payment, account=first, parts=parts, value_date=day, method="transfer")

    @rule(number=which, pick=picks, later=st.integers(0, 90))
    def take_back(self, number, pick, later):
        entries = self.entries(self.accounts[number], reversed_by__isnull=True, reverses__isnull=True)
        if entries:
            entry = entries[pick % len(entries)]
            day = min(entry.value_date + timedelta(days=later), TODAY)
            self.attempt(reverse_entry, entry=entry, value_date=day, reason="wrong")

    @rule(number=which, pick=picks, later=st.integers(0, 90), part=st.sampled_from([None, 2]))
    def come_back(self, number, pick, later, part):
        found = [entry for entry in self.live(self.accounts[number], "credit") if entry.kind == "payment"]
        if found:
            entry = found[pick % len(found)]
            amount = part and quantise(entry.amount / part, entry.currency)
            self.attempt(
                record_return, entry=entry, scheme="sepa", code="AM04", amount=amount,
                return_date=min(entry.value_date + timedelta(days=later), TODAY),
            )  # fmt: skip

    @rule(number=which, amount=sizes)
    def give_up(self, number, amount):
        account = self.accounts[number]
        amount = self.at_most(account, amount, "balance")
        if amount and self.attempt(write_off, account=account, amount=amount, reason="gone"):
            self.wrote_off = True

    @rule(number=which, amount=sizes)
    def put_back(self, number, amount):
        account = self.accounts[number]
        amount = self.at_most(account, amount, "written_off")
        self.attempt(reinstate, account=account, amount=amount, reason="found")

    @rule(number=which)
    def pay_credit_back(self, number):
        account = self.accounts[number]
        amount = Standing.objects.get(pk=account.pk).credit
        self.attempt(refund_credit, account=account, amount=amount, reason="overpaid")

    @rule()
    def move_credit(self):
        account, to = self.accounts[:2]
        amount = Standing.objects.get(pk=account.pk).credit
        if not amount:
            return
        self.attempt(move_credit, account=account, to=to, amount=amount, reason="asked")

    @rule(number=which, amount=sizes, day=days, later=st.integers(0, 40), comes_back=st.booleans())
    def pay_by_cheque(self, number, amount, day, later, comes_back):
        """The debt falls when the bank pays the paper, and rises again when the bank takes it back."""
        account = self.accounts[number]

        def through_the_bank(*, actor, as_of):
            told = {"actor": actor, "as_of": as_of}
            paper = makers.cheque(
                account=account, amount=str(quantise(amount, account.currency)), cheque_date=day
            )
            [paper] = submit(cheques=[paper], date=day, **told)
            clear_cheque(cheque=paper, bank_value_date=day, **told)
            if comes_back:
                paper.refresh_from_db()
                back = min(day + timedelta(days=later), TODAY)
                return_cheque(cheque=paper, code="insufficient_funds", return_date=back, **told)

        self.attempt(through_the_bank)

    @rule(number=which, amount=sizes, day=days, comes_back=st.booleans())
    def pay_by_bank_line(self, number, amount, day, comes_back):
        """A line of a statement becomes a payment; matched wrongly, it is taken back where it stood."""
        account = self.accounts[number]
        amount = quantise(amount, account.currency)
        if not amount:
            return

        def matched(*, actor, as_of):
            line = bank_line(makers.bank_account(currency=account.currency), amount, day, actor)
            post_line(line=line, parts=[(account, amount)], actor=actor, as_of=as_of)
            if comes_back:
                line.refresh_from_db()
                unmatch_line(line=line, reason="wrong", actor=actor, as_of=as_of)

        self.attempt(matched)

    @rule(number=which, pick=picks, share=st.integers(0, 100))
    def uphold(self, number, pick, share):
        """A department says the debtor is right: a credit note on what he disputed."""
        items = self.live(self.accounts[number], Direction.DEBIT)
        if items:
            entry = items[pick % len(items)]

            def answered(*, actor, as_of):
                amount = quantise(entry.amount * share / 100, entry.currency)
                made = makers.dispute(
                    account=self.accounts[number], items=[(entry, str(amount))], as_of=as_of,
                    asked=self.department_user,
                )  # fmt: skip
                answer_dispute(
                    dispute=made, answer="He is right", upheld_amount=amount, actor=made.asked, as_of=as_of
                )

            self.attempt(answered)

    @rule(number=which, amount=sizes)
    def plan(self, number, amount):
        account = self.accounts[number]
        amount = self.at_most(account, amount, "balance")

        def agreed(*, actor, as_of):
            makers.payment_plan(
                account=account, amount=str(amount), as_of=as_of, freezes=["interest"], actor=actor
            )

        self.attempt(agreed)

    @rule(months=st.integers(1, 24))
    def charge_interest(self, months):
        """A month's run: what it charges, what it puts right of months before."""
        month = TODAY.replace(day=1)
        for _step in range(months):
            month = (month - timedelta(days=1)).replace(day=1)

        def run(*, actor, as_of):
            made = prepare_run(
                creditor=self.person.creditor, kind="interest", last_day=month_end(month), actor=actor,
                as_of=as_of,
            )  # fmt: skip
            made = approve_run(run=reckon_run(run=made, actor=actor, as_of=as_of), actor=actor, as_of=as_of)
            post_run(run=made, actor=actor, as_of=as_of)

        self.attempt(run)

    @rule(number=which, pick=picks, share=st.integers(0, 100), day=days)
    def dispute(self, number, pick, share, day):
        items = self.live(self.accounts[number], Direction.DEBIT)
        if items:
            entry = items[pick % len(items)]
            amount = quantise(entry.amount * share / 100, entry.currency)
            self.attempt(contest, entry=entry, amount=amount, effective_date=day)

    @rule(number=which, pick=picks, other=picks, later=st.integers(0, 200))
    def allocate_anew(self, number, pick, other, later):
        account = self.accounts[number]
        money, items = self.live(account, "credit"), self.live(account, "debit")
        if money and items:
            credit, debit = money[pick % len(money)], items[other % len(items)]
            self.attempt(
                reallocate, credit=credit, parts=[(debit, min(credit.amount, debit.amount))], reason="asked",
                effective_date=min(credit.value_date + timedelta(days=later), TODAY),
            )  # fmt: skip

    @rule(number=which, kind=st.one_of(debits, credits), amount=sizes, day=days, look=days)
    def post_and_take_back(self, number, kind, amount, day, look):
        """A reversal on the entry's own day restores every figure of every day."""
        looked = (look, day, TODAY)
        before = [self.figures(seen) for seen in looked]
        [entry] = self.post(self.accounts[number], kind, amount, day)
        reverse_entry(entry=entry, value_date=day, reason="wrong", actor=self.actor, as_of=TODAY)
        assert [self.figures(seen) for seen in looked] == before

    @rule(number=which, amount=sizes, day=days, pick=picks, look=days, is_split=st.booleans())
    def say_what_is_paid_and_take_back(self, number, amount, day, pick, look, is_split):
        """A payment that names its charge, is allocated anew or split leaves no trace once reversed."""
        looked = (look, day, TODAY)
        before = [self.figures(seen) for seen in looked]
        account = self.accounts[0 if is_split else number]
        if is_split:
            parts = proposed_split(accounts_beside(account), amount, as_of=TODAY)
            made = self.attempt(
                post_split_payment, account=account, parts=parts, value_date=day, method="transfer"
            )
            entry = made[pick % len(made)] if made else None
        else:
            items = self.live(account, Direction.DEBIT)
            charge = items[pick % len(items)] if items else None
            entry = self.attempt(
                post_payment, account=account, amount=amount, value_date=day, method="cash", charge=charge
            )
            if entry and items:
                other = items[(pick + 1) % len(items)]
                self.attempt(
                    reallocate, credit=entry, parts=[(other, min(entry.amount, other.amount))], reason="his",
                    effective_date=day,
                )  # fmt: skip
        if entry:
            reverse_entry(entry=entry, value_date=day, reason="wrong", actor=self.actor, as_of=TODAY)
            assert [self.figures(seen) for seen in looked] == before

    @rule(day=days)
    def remember(self, day):
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            moment = cursor.fetchone()[0]
        self.remembered.append((day, moment, self.figures(day)))

    @rule(day=days)
    def look(self, day):
        self.check(day)

    def attempt(self, verb, **fields):
        """A business "no" is an answer too; it must leave no trace."""
        try:
            with transaction.atomic():
                done = verb(actor=self.actor, as_of=TODAY, **fields)
        except Refused as refusal:
            REFUSED[verb.__name__, type(refusal).__name__] += 1
            return None
        TAKEN[verb.__name__] += 1
        return done

    # ---- what must hold ----

    def figures(self, day, known_at=None, ids=None):
        chosen = ids or self.ids
        items = open_items(chosen, as_of=day, known_at=known_at)
        owed = balances(chosen, as_of=day, known_at=known_at)
        return (
            [owed.get(pk, Decimal(0)) for pk in chosen],
            [sums_by_date(items[pk]) for pk in chosen],
            ageing(as_of=day, known_at=known_at, account_ids=chosen),
        )

    def check(self, day):
        plain = dict.fromkeys(self.ids, Decimal(0))
        for entry in self.entries(value_date__lte=day):
            plain[entry.account_id] += entry.amount if entry.direction == "debit" else -entry.amount
        found = balances(self.ids, as_of=day)
        assert {pk: found.get(pk, Decimal(0)) for pk in self.ids} == plain
        by_currency: Counter = Counter()
        for account in self.accounts:
            by_currency[account.currency] += plain[account.pk]
        for basis in BASES:
            figures = ageing(as_of=day, account_ids=self.ids, basis=basis)
            # the statement for a whole book, where only special accounts go through the rule in full
            assert ageing(as_of=day, basis=basis) == figures
            for currency, total in by_currency.items():
                row = figures.get(currency)
                buckets = sum(box["balance"] for box in row["buckets"].values()) if row else 0
                assert (buckets + row["credit_balance"] if row else 0) == total, (day, basis, currency)
        rows = open_items(self.ids, as_of=day, include_paid=True)
        for account in self.accounts:
            facts = facts_of(account.pk, as_of=day)
            allocated, left = facts.items()
            by_rule = {item.entry_id: (item.paid, item.open, item.contested_open) for item in allocated}
            assert by_rule == {
                item.entry_id: (item.paid, item.open, item.contested) for item in rows[account.pk]
            }
            assert left == max(left, 0)
            shares = facts.shares()
            paid_by_share: Counter = Counter()
            for share in shares:
                paid_by_share[share.debit_id] += share.amount
            assert {pk: paid for pk, (paid, _open, _contested) in by_rule.items() if paid} == {
                pk: paid for pk, paid in paid_by_share.items() if paid
            }

    def final_check(self):
        if not hasattr(self, "accounts"):
            return
        entries = self.entries()
        turning = {day for entry in entries for day in (entry.value_date, entry.due_date) if day}
        for day in sorted(turning)[:: max(len(turning) // 4, 1)]:
            self.check(min(day, TODAY))
        self.check(TODAY)
        proof = verify_ledger(as_of=TODAY)
        assert proof.fault_count == 0, proof.faults
        for day, moment, figures in self.remembered:
            assert self.figures(day, known_at=moment) == figures
        for pk, amount in zip(self.ids, self.figures(TODAY)[0], strict=True):
            assert quantise(amount, Standing.objects.get(pk=pk).currency) == amount
        if entries and not self.wrote_off:
            self.replay(entries, random.Random(len(entries)))

    def replay(self, entries, dice):
        """The same facts in another order on fresh accounts: the same figures on every day."""
        twins = {
            account.pk: makers.account(
                debtor=self.person, currency=account.currency, opened_date=account.opened_date
            )
            for account in self.accounts
        }
        made = {}
        waiting = list(entries)
        while waiting:
            ready = [entry for entry in waiting if not entry.reverses_id or entry.reverses_id in made]
            entry = dice.choice(ready)
            waiting.remove(entry)
            stated = KIND_DIRECTION[entry.kind] is None and entry.kind != EntryKind.REVERSAL
            [made[entry.pk]] = post_entries(
                entries=[
                    NewEntry(
                        account_id=twins[entry.account_id].pk,
                        kind=entry.kind,
                        amount=entry.amount,
                        value_date=entry.value_date,
                        due_date=entry.due_date,
                        direction=entry.direction if stated else None,
                        reverses_id=made[entry.reverses_id].pk if entry.reverses_id else None,
                        reason=entry.reason,
                    )
                ],
                actor=self.actor,
                as_of=TODAY,
            )
        rows = {}
        for row in NamedAllocation.objects.filter(credit__in=[entry.pk for entry in entries]).order_by("id"):
            rows[row.pk] = NamedAllocation.objects.create(
                credit=made[row.credit_id], debit=made[row.debit_id], amount=row.amount,
                currency=row.currency, effective_date=row.effective_date, reason=row.reason,
                undoes=rows.get(row.undoes_id), actor=self.actor,
            )  # fmt: skip
        for row in ContestedAmount.objects.filter(entry__in=[entry.pk for entry in entries]).order_by("id"):
            contest(
                entry=made[row.entry_id], amount=row.amount, effective_date=row.effective_date,
                actor=self.actor, as_of=TODAY,
            )  # fmt: skip
        ids = [twins[account.pk].pk for account in self.accounts]
        for day in {TODAY, *(dice.choice(entries).value_date for _try in range(3))}:
            assert self.figures(day, ids=ids) == self.figures(day)


def test_any_verb_in_any_order_on_any_day():
    run_state_machine_as_test(
        MoneyMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_name_can_be_given_again_after_it_was_taken_away():
    account = makers.account()
    first = makers.entry(account=account, amount="100", value_date=date(2026, 1, 1))
    second = makers.entry(account=account, amount="100", value_date=date(2026, 2, 1))
    payment = makers.entry(account=account, amount="60", kind="payment", value_date=date(2026, 3, 1))
    actor = makers.system()
    name_allocation(
        credit=payment, debit=second, amount=Decimal(60), reason="his", actor=actor, as_of=TODAY
    )
    reallocate(
        credit=payment, parts=[(first, Decimal(50))], reason="his mistake", actor=actor, as_of=TODAY,
        effective_date=date(2026, 4, 1),
    )  # fmt: skip

    def on(day: date) -> list[Decimal]:
        return [item.open for item in open_items([account.pk], as_of=day)[account.pk]]

    assert on(date(2026, 3, 31)) == [Decimal(100), Decimal(40)]
    assert on(date(2026, 4, 1)) == [Decimal(40), Decimal(100)]
    assert verify_ledger(as_of=TODAY).fault_count == 0
