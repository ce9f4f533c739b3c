"""Lines find their accounts: facts gathered in SQL for the whole set, judged by `rules.judge`."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.bank.came_back import match_returns
from accounts.bank.cheques import cheques_behind, clear_by_line, sure_cheque
from accounts.bank.enums import LINE, LineStatus, Rule
from accounts.bank.models import BankLine, BankPosting
from accounts.bank.rules import (
    NAMING,
    ORDER,
    Candidate,
    bare_reference,
    is_short,
    judge,
    same_name,
    tokens_of,
)
from accounts.cheques.models import Cheque
from accounts.ledger.enums import EntryKind, EntrySource, PaymentMethod, Receiver
from accounts.ledger.models import LedgerEntry
from accounts.ledger.services import NewEntry, post_entries
from accounts.policies.queries import resolver
from collections_app.core.bulk import id_array
from collections_app.core.models import User
from collections_app.core.refusal import Refused

# How far the value date of a receipt posted by hand may lie from the bank's.
NEAR = timedelta(days=7)

# Documents are found by their reference first: joined in one go, accounts would be paired with keys by
# currency before anything narrows them. The index leaves out entries without a reference.
NUMBERS = """
WITH k AS (
    SELECT * FROM unnest(%(lines)s::bigint[], %(rules)s::text[], %(keys)s::text[], %(currencies)s::text[],
                         %(creditors)s::bigint[]) AS k(line_id, rule, key, currency, creditor_id)
), by_number AS MATERIALIZED (
    SELECT k.line_id, k.rule, k.key, k.currency, k.creditor_id, a.id AS account_id
    FROM k JOIN accounts_account a ON a.number = k.key
), by_document AS MATERIALIZED (
    SELECT k.line_id, k.rule, k.key, k.currency, k.creditor_id, e.account_id
    FROM k JOIN accounts_ledgerentry e ON e.reference = k.key AND e.reference <> ''
         AND e.direction = 'debit' AND e.kind <> 'reversal'
), named AS (
    SELECT *, 'account' AS kind FROM by_number UNION SELECT *, 'invoice' FROM by_document
)
SELECT n.line_id, n.rule, n.key, a.id, n.kind, coalesce(s.balance, 0), coalesce(s.overdue, 0), d.name
FROM named n
JOIN accounts_account a ON a.id = n.account_id AND a.currency = n.currency AND a.status <> 'void'
JOIN accounts_debtor d ON d.id = a.debtor_id
LEFT JOIN accounts_standing s ON s.account_id = a.id
WHERE n.creditor_id IS NULL OR a.creditor_id = n.creditor_id
"""
# A payer who paid for many (an agency, a salary office) says nothing about whom this one is for.
MOST_ACCOUNTS_OF_A_PAYER = 12
PAYERS = """
WITH wanted AS (
    SELECT l.id, l.counterparty_account, l.currency, b.creditor_id
    FROM accounts_bankline l JOIN accounts_ownbankaccount b ON b.id = l.bank_account_id
    WHERE l.id = ANY(%(lines)s) AND l.counterparty_account <> ''
), history AS (
    SELECT y.counterparty_account, y.currency, p.account_id, count(DISTINCT h.id) AS times
    FROM (SELECT DISTINCT counterparty_account, currency FROM wanted) y
    JOIN accounts_bankline h ON h.counterparty_account = y.counterparty_account
    JOIN accounts_bankposting p ON p.line_id = h.id AND p.undone_id IS NULL AND p.currency = y.currency
    GROUP BY y.counterparty_account, y.currency, p.account_id
), few AS (
    SELECT counterparty_account, currency FROM history
    GROUP BY counterparty_account, currency HAVING count(*) <= %(most)s
)
SELECT w.id, a.id, coalesce(s.balance, 0), h.times
FROM wanted w
JOIN few USING (counterparty_account, currency)
JOIN history h USING (counterparty_account, currency)
JOIN accounts_account a ON a.id = h.account_id AND a.status <> 'void'
LEFT JOIN accounts_standing s ON s.account_id = a.id
WHERE w.creditor_id IS NULL OR a.creditor_id = w.creditor_id
"""
AMOUNTS = """
WITH l AS (
    SELECT * FROM unnest(%(lines)s::bigint[], %(amounts)s::numeric[], %(currencies)s::text[],
                         %(words)s::text[], %(creditors)s::bigint[])
           AS l(line_id, amount, currency, word, creditor_id)
), owes AS (
    -- two equalities, not one OR: only an equality can be hashed
    SELECT l.*, s.account_id, s.balance FROM l
    JOIN accounts_standing s ON s.currency = l.currency AND s.balance = l.amount
    UNION
    SELECT l.*, s.account_id, s.balance FROM l
    JOIN accounts_standing s ON s.currency = l.currency AND s.overdue = l.amount
)
SELECT o.line_id, a.id, o.balance, d.name
FROM owes o
JOIN accounts_account a ON a.id = o.account_id
JOIN accounts_debtor d ON d.id = a.debtor_id AND position(o.word IN lower(d.name)) > 0
WHERE o.creditor_id IS NULL OR a.creditor_id = o.creditor_id
"""
# Accounts on which a receipt of a line's amount stands that no line became: near its day.
KNOWN_RECEIPTS = """
SELECT DISTINCT l.line_id, e.account_id
FROM unnest(%(lines)s::bigint[], %(accounts)s::bigint[], %(amounts)s::numeric[], %(days)s::date[])
     AS l(line_id, account_id, amount, day)
JOIN accounts_ledgerentry e ON e.account_id = l.account_id AND e.kind = 'payment' AND e.amount = l.amount
     AND e.value_date BETWEEN l.day - %(near)s AND l.day + %(near)s AND e.method <> 'cash'
WHERE NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id)
  AND NOT EXISTS (SELECT 1 FROM accounts_bankposting p WHERE p.entry_id = e.id)
"""


def candidates_of(lines: Iterable[BankLine], *, is_set: bool = False) -> dict[int, list[Candidate]]:
    """The accounts that lines of money in may mean, the strongest evidence first.

    A creditor's own bank account receives for its accounts alone; currencies never mix. Three
    statements for any number of lines. `lines` come with their bank account. Of a set (`is_set`) the
    weakest evidence, amount and name, is looked for only where no number of ours is named: it can't
    change the verdict, and many owe the same amount.
    """
    credits = [line for line in lines if line.amount > 0]
    found: dict[int, dict[tuple[int, str], Candidate]] = defaultdict(dict)
    if not credits:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(NUMBERS, _number_keys(credits))
        by_id = {line.pk: line for line in credits}
        for line_id, rule, key, account_id, kind, owed, overdue, name in cursor.fetchall():
            words = _("account number %(key)s") if kind == "account" else _("invoice %(key)s")
            line = by_id[line_id]
            is_weak = (
                is_short(rule, key)
                and line.amount not in (owed, overdue)
                and not same_name(line.counterparty_name, name)
            )
            known = found[line_id].get((account_id, rule))
            if known is None or (known.is_weak and not is_weak):
                found[line_id][account_id, rule] = Candidate(
                    account_id, rule, words % {"key": key}, owed, is_weak
                )
        cursor.execute(
            PAYERS, {"lines": id_array(line.pk for line in credits), "most": MOST_ACCOUNTS_OF_A_PAYER}
        )
        for line_id, account_id, owed, times in cursor.fetchall():
            words = _("paid from this account number before, %(n)s times") % {"n": times}
            found[line_id][account_id, Rule.PAYER] = Candidate(account_id, Rule.PAYER, words, owed)
        if is_set:
            credits = [line for line in credits if line.pk not in found]
        cursor.execute(AMOUNTS, _amount_keys(credits))
        names = {line.pk: line.counterparty_name for line in credits}
        for line_id, account_id, owed, name in cursor.fetchall():
            if same_name(names[line_id], name):
                found[line_id][account_id, Rule.AMOUNT_NAME] = Candidate(
                    account_id, Rule.AMOUNT_NAME, _("name %(name)s") % {"name": name}, owed
                )
    return {
        line_id: sorted(by_key.values(), key=lambda candidate: ORDER.index(Rule(candidate.rule)))
        for line_id, by_key in found.items()
    }


def _number_keys(lines: list[BankLine]) -> dict[str, list]:
    rows: dict[tuple, None] = {}
    for line in lines:
        keys = {
            Rule.STRUCTURED: bare_reference(line.structured_reference),
            Rule.END_TO_END: [line.end_to_end_id, *bare_reference(line.end_to_end_id)],
            Rule.TEXT: tokens_of(line.text),
        }
        for rule, found in keys.items():
            for key in found:
                if key:
                    rows[line.pk, rule.value, key, line.currency, line.bank_account.creditor_id] = None
    columns = list(zip(*rows, strict=True)) or [()] * 5
    names = ("lines", "rules", "keys", "currencies", "creditors")
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def _amount_keys(lines: list[BankLine]) -> dict[str, list]:
    rows = []
    for line in lines:
        words = re.findall(r"\w+", line.counterparty_name.lower())
        if words:
            rows.append(
                (line.pk, line.amount, line.currency, max(words, key=len), line.bank_account.creditor_id)
            )
    columns = list(zip(*rows, strict=True)) or [()] * 5
    names = ("lines", "amounts", "currencies", "words", "creditors")
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def unseen_near(lines: Iterable[BankLine]) -> QuerySet[LedgerEntry]:
    """Receipts in the ledger that may be these lines already: of the same amount, within a few days,
    standing, and no line's. Cash is not among them: it reaches the bank by a deposit. To be narrowed
    to a line's own account and amount."""
    found = Q(pk__in=[])
    for line in lines:
        found |= Q(
            currency=line.currency,
            amount=line.amount,
            value_date__range=(line.value_date - NEAR, line.value_date + NEAR),
        )
    return LedgerEntry.objects.filter(
        found,
        kind=EntryKind.PAYMENT,
        reversed_by__isnull=True,
        bank_posting__isnull=True,
    ).exclude(method=PaymentMethod.CASH)


def _known_receipts(
    lines: Iterable[BankLine], candidates: Mapping[int, list[Candidate]]
) -> set[tuple[int, int]]:
    """(line, account) where a receipt of that amount stands already; one statement for any number."""
    rows = {
        (line.pk, one.account_id, line.amount, line.value_date)
        for line in lines
        for one in candidates.get(line.pk, ())
    }
    if not rows:
        return set()
    columns = [list(column) for column in zip(*sorted(rows), strict=True)]
    names = ("lines", "accounts", "amounts", "days")
    with connection.cursor() as cursor:
        cursor.execute(KNOWN_RECEIPTS, dict(zip(names, columns, strict=True)) | {"near": NEAR.days})
        return set(cursor.fetchall())


def receiver_of(line: BankLine) -> str:
    return Receiver.OFFICE if line.bank_account.creditor_id is None else Receiver.CREDITOR


def new_entry(
    line: BankLine, account_id: int, amount: Decimal, *, source: str, as_of: date, belongs: str = ""
) -> NewEntry:
    return NewEntry(
        account_id=account_id,
        kind=EntryKind.PAYMENT,
        amount=amount,
        value_date=line.posting_day(as_of),
        method=PaymentMethod.TRANSFER,
        receiver=receiver_of(line),
        reference=line.reference[:80],
        description=line.text[:200],
        source=source,
        belongs=belongs,
    )


@transaction.atomic
def match_lines(*, line_ids: Iterable[int], as_of: date) -> dict[str, int]:
    """Post the lines that are sure, send returns on their way, put what nobody knows into the queue.

    Done as the system, in one set; asked lines stay to be matched. Returns how many of each:
    posted, returned, unidentified, asked.
    """
    actor = User.objects.system()
    lines = list(
        BankLine.objects.filter(pk__in=list(line_ids))
        .open()
        .select_related("bank_account")
        .order_by("booking_date", "id")
    )
    done = dict.fromkeys(("posted", "returned", "unidentified", "asked"), 0)
    candidates = candidates_of(lines, is_set=True)
    sure: list[tuple[BankLine, int, str]] = []
    nobody: list[int] = []
    used: dict[int, Decimal] = defaultdict(Decimal)
    known = _known_receipts(lines, candidates)
    by_cheque = cheques_behind(lines)
    paid: list[tuple[BankLine, Cheque]] = []
    rules_of = resolver("bank_matching", as_of=as_of)
    for line in lines:
        if line.amount <= 0:
            continue
        found, waiting = candidates.get(line.pk, []), by_cheque.get(line.pk, [])
        rules = rules_of(line.bank_account.creditor_id, None)["sure"]
        left = [replace(one, owed=one.owed - used[one.account_id]) for one in found]
        verdict = judge(line.amount, left, rules)
        cheque = sure_cheque(waiting) if Rule.CHEQUE in rules else None
        # A receipt of that account and amount may be this very payment, posted by hand, and a cheque that
        # is named, or is of that account and amount, may be what the bank paid: a person says.
        is_known = (line.pk, verdict.account_id) in known or any(
            one.is_named or verdict.account_id in {share.account_id for share in one.cheque.shares.all()}
            for one in waiting
        )
        if cheque is not None and not _names_another(cheque, found):
            paid.append((line, cheque))
        elif verdict.account_id is not None and not is_known and line.posting_day(as_of) <= as_of:
            used[verdict.account_id] += line.amount
            sure.append((line, verdict.account_id, verdict.rule))
        elif not found and not waiting:
            nobody.append(line.pk)
        else:
            done["asked"] += 1
    done["posted"] = _post_sure(sure, actor, as_of)
    done["posted"] += _clear_sure(paid, actor, as_of)
    done["asked"] += len(sure) + len(paid) - done["posted"]
    moved = LINE.advance_many(
        BankLine.objects.filter(pk__in=nobody, status=LineStatus.UNMATCHED),
        to=LineStatus.UNIDENTIFIED,
        actor=actor,
        as_of=as_of,
    )
    done["unidentified"] = len(moved)
    done["returned"] = match_returns([line for line in lines if line.amount < 0], actor, as_of)
    return done


def _names_another(cheque: Cheque, found: Iterable[Candidate]) -> bool:
    """Whether the line names an account that the cheque does not pay."""
    own = {share.account_id for share in cheque.shares.all()}
    return any(one.rule in NAMING and one.account_id not in own for one in found)


def _clear_sure(paid: list[tuple[BankLine, Cheque]], actor, as_of: date) -> int:
    """Clear the cheques that are surely these lines; one that can't be asks."""
    count = 0
    for line, cheque in paid:
        try:
            with transaction.atomic():
                clear_by_line(line=line, cheques=[cheque], actor=actor, as_of=as_of)
        except Refused:
            continue
        count += 1
    return count


def _post_sure(sure: list[tuple[BankLine, int, str]], actor, as_of: date) -> int:
    """Post the sure ones in one set; where one of them can't stand, one by one, and that one asks."""
    if not sure:
        return 0
    try:
        with transaction.atomic():
            return _post_set(sure, actor, as_of)
    except Refused:
        pass
    count = 0
    for one in sure:
        try:
            with transaction.atomic():
                count += _post_set([one], actor, as_of)
        except Refused:
            continue
    return count


def _post_set(sure: list[tuple[BankLine, int, str]], actor, as_of: date) -> int:
    entries = [
        new_entry(line, account_id, line.amount, source=EntrySource.RULE, as_of=as_of)
        for line, account_id, _rule in sure
    ]
    posted = post_entries(entries=entries, actor=actor, as_of=as_of, permission="accounts.post_payment")
    BankPosting.objects.bulk_create(
        BankPosting(
            line=line,
            account_id=account_id,
            entry=entry,
            amount=entry.amount,
            currency=line.currency,
            rule=rule,
        )
        for (line, account_id, rule), entry in zip(sure, posted, strict=True)
    )
    count = 0
    by_rule: dict[str, list[int]] = defaultdict(list)
    for line, _account_id, rule in sure:
        by_rule[rule].append(line.pk)
    for rule, ids in by_rule.items():
        moved = LINE.advance_many(ids, to=LineStatus.POSTED, actor=actor, as_of=as_of, rule=rule)
        if len(moved) != len(ids):
            raise Refused(_("Somebody else decided a line a moment ago."))
        count += len(moved)
    return count
