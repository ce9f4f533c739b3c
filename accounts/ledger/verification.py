"""The proof that the ledger is what it says it is."""

from dataclasses import dataclass, field
from datetime import date

from django.db import connection, transaction

from accounts.ledger.ageing import bucket_labels, reckoned_rows
from accounts.ledger.ageing_sql import EDGES
from accounts.ledger.kept import KEPT_BASES
from accounts.ledger.models import DayEnd
from accounts.ledger.plain_proof import plain_faults
from accounts.ledger.posting import DIRECTION, LINE
from accounts.ledger.standing import COLUMNS, computed_standing

NAMED_FAULTS = 20


@dataclass
class LedgerProof:
    accounts: int = 0
    entries: int = 0
    fault_count: int = 0
    faults: list[str] = field(default_factory=list)

    def note(self, rows: list[str]) -> None:
        self.fault_count += len(rows)
        self.faults += rows[: NAMED_FAULTS - len(self.faults)]


def verify_ledger(*, as_of: date) -> LedgerProof:
    """Check every entry, standing and kept day; faults name table, row and what is wrong.

    A kept day is held against the entries at the moment it speaks of. A standing is compared on
    `as_of`, or on its own `standing_as_of` while the nightly roll has yet to reach it: with the
    statement that writes it, and where that agrees, with plain sums.
    """
    proof = LedgerProof()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_ledgerentry")
        proof.entries = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM accounts_account")
        proof.accounts = cursor.fetchone()[0]
        proof.note(_entry_faults(cursor))
        proof.note(_named_faults(cursor))
        standings = _standing_faults(cursor, as_of)
        proof.note(standings)
        if not standings:
            # the same statement wrote them: plain sums tell whether it is the right one
            proof.note(plain_faults(as_of=as_of))
        for day_end in DayEnd.objects.order_by("day"):
            proof.note(_kept_balance_faults(cursor, day_end))
            proof.note(_kept_age_faults(cursor, day_end))
    return proof


def _entry_faults(cursor) -> list[str]:
    direction = DIRECTION.replace("s.direction", "e.direction").replace("s.kind", "e.kind")
    line = (
        LINE.replace("CASE WHEN s.line IS NOT NULL THEN s.line\n         WHEN", "CASE WHEN", 1)
        .replace("s.direction", "e.direction")
        .replace("s.kind", "e.kind")
    )
    # Only the faults leave the server: twelve million entries would be a gigabyte here.
    cursor.execute(
        f"""
        SELECT * FROM (
            SELECT e.id, a.number,
                   CASE WHEN e.direction IS DISTINCT FROM ({direction})
                        THEN 'its direction is not that of its kind'
                        WHEN e.line IS DISTINCT FROM ({line}) AND NOT (e.kind = 'adjustment'
                             AND e.direction = 'debit' AND e.line = 'write_offs_reversed')
                             AND NOT (e.source = 'import' AND e.line = 'opening')
                        THEN 'its report line is not that of its kind'
                        WHEN e.kind = 'reversal' AND e.amount <> r.amount
                        THEN 'its amount is not that of the entry it reverses'
                        WHEN e.kind = 'reversal' AND e.account_id <> r.account_id
                        THEN 'it reverses an entry of another account'
                        WHEN e.kind = 'reversal' AND e.value_date < r.value_date
                        THEN 'it is dated before the entry it reverses'
                        WHEN e.currency <> a.currency THEN 'its currency is not its account''s'
                   END AS fault
            FROM accounts_ledgerentry e
            JOIN accounts_account a ON a.id = e.account_id
            LEFT JOIN accounts_ledgerentry r ON r.id = e.reverses_id
        ) looked_at WHERE fault IS NOT NULL ORDER BY id
        """
    )
    return [f"ledger entry {pk} on account {number}: {fault}" for pk, number, fault in cursor.fetchall()]


def _named_faults(cursor) -> list[str]:
    """More named than there is, by allocations that stand: a reversed credit names nothing."""
    cursor.execute(
        """
        SELECT e.id, e.amount, sum(n.amount) FROM accounts_namedallocation n
        JOIN accounts_ledgerentry e ON e.id IN (n.debit_id, n.credit_id)
        WHERE n.undoes_id IS NULL AND NOT EXISTS (
            SELECT 1 FROM accounts_namedallocation u WHERE u.undoes_id = n.id)
          AND NOT EXISTS (
            SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id IN (n.credit_id, n.debit_id))
        GROUP BY e.id, e.amount HAVING sum(n.amount) > e.amount ORDER BY e.id
        """
    )
    return [
        f"ledger entry {pk}: {named} is named of an amount of {amount}"
        for pk, amount, named in cursor.fetchall()
    ]


def _standing_faults(cursor, as_of: date) -> list[str]:
    cursor.execute(
        "SELECT DISTINCT standing_as_of FROM accounts_standing"
        " WHERE next_change_date <= %s OR standing_as_of > %s",
        [as_of, as_of],
    )
    days = [row[0] for row in cursor.fetchall()]
    faults = _compare(
        cursor,
        as_of,
        "(s.next_change_date IS NULL OR s.next_change_date > %(as_of)s) AND s.standing_as_of <= %(as_of)s",
        "",
    )
    for day in days:
        behind = (
            "s.standing_as_of = %(as_of)s AND (s.next_change_date <= %(today)s"
            " OR s.standing_as_of > %(today)s)"
        )
        ids = "account_id IN (SELECT account_id FROM accounts_standing s WHERE " + behind + ")"
        faults += _compare(cursor, day, behind, ids, today=as_of)
    cursor.execute(
        "SELECT a.number FROM accounts_account a LEFT JOIN accounts_standing s ON s.account_id = a.id"
        " WHERE s.account_id IS NULL ORDER BY a.id"
    )
    return faults + [f"account {number}: it has no standing" for (number,) in cursor.fetchall()]


def _compare(cursor, day: date, condition: str, scope: str, today: date | None = None) -> list[str]:
    names = [name.strip() for name in COLUMNS.split(",")]
    old = ", ".join(f"s.{name}" for name in names)
    new = ", ".join(f"c.{name}" for name in names)
    with transaction.atomic():
        # Sets are joined as sets: a book without statistics, fresh from a load, would else be looked
        # through once per account, for hours.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(
            f"""
            SELECT a.number, s.balance, c.balance, s.overdue, c.overdue
            FROM accounts_standing s
            JOIN accounts_account a ON a.id = s.account_id
            JOIN ({computed_standing(scope)}) c ON c.account_id = s.account_id
            WHERE {condition} AND ({old}) IS DISTINCT FROM ({new})
            ORDER BY s.account_id
            """,
            {"as_of": day, "today": today or day},
        )
        told = cursor.fetchall()
        cursor.execute("SET LOCAL enable_nestloop = on")
    return [
        f"standing of account {number}: says balance {cached}, overdue {cached_overdue};"
        f" its entries say balance {balance}, overdue {overdue}"
        for number, cached, balance, cached_overdue, overdue in told
    ]


def _kept_balance_faults(cursor, day_end: DayEnd) -> list[str]:
    if not day_end.has_balances:
        return []
    cursor.execute(
        """
        SELECT a.number, coalesce(k.balance, 0), coalesce(e.balance, 0)
        FROM (SELECT account_id, balance FROM accounts_dayendbalance WHERE day_end_id = %(day_end)s) k
        FULL JOIN (SELECT account_id, sum(CASE direction WHEN 'debit' THEN amount ELSE -amount END) AS balance
                   FROM accounts_ledgerentry WHERE value_date <= %(day)s AND recorded_at <= %(known_at)s
                   GROUP BY account_id) e USING (account_id)
        JOIN accounts_account a ON a.id = account_id
        WHERE coalesce(k.balance, 0) <> coalesce(e.balance, 0) ORDER BY a.id
        """,
        {"day_end": day_end.pk, "day": day_end.day, "known_at": day_end.known_at},
    )
    return [
        f"kept balance of account {number} at the end of {day_end.day}: says {kept},"
        f" its entries say {balance}"
        for number, kept, balance in cursor.fetchall()
    ]


def _kept_age_faults(cursor, day_end: DayEnd) -> list[str]:
    """Ages kept under orders of payment that no longer hold are not used, so they are not faults."""
    cursor.execute(
        "SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM accounts_policyversion"
        " WHERE kind = 'allocation' AND status = 'approved' AND valid_from <= %s AND approved_at <= %s",
        [day_end.day, day_end.known_at],
    )
    if cursor.fetchone()[0] != list(day_end.orders):
        return []
    params = {
        "as_of": day_end.day,
        "known_at": day_end.known_at,
        "creditor": None,
        "ids": None,
        "edges": list(EDGES),
    }
    labels = [*bucket_labels(EDGES), "credit"]
    cursor.execute("SELECT id, code FROM accounts_creditor")
    codes = dict(cursor.fetchall())
    faults = []
    for basis in KEPT_BASES:
        sums: dict[tuple, list] = {}
        for creditor_id, currency, box, *figures in reckoned_rows(basis, params, by_creditor=True):
            row = sums.setdefault(
                (codes[creditor_id], currency, labels[-1 if box is None else box]), [0, 0, 0]
            )
            for place, value in enumerate(figures):
                row[place] += value
        kept = {
            (codes[row.creditor_id], row.currency, labels[-1 if row.box is None else row.box]): [
                row.balance,
                row.contested,
                row.accounts,
            ]
            for row in day_end.ages.filter(basis=basis)
        }
        for key in sorted(sums.keys() | kept.keys()):
            said, found = kept.get(key, [0, 0, 0]), sums.get(key, [0, 0, 0])
            if said != found:
                creditor, currency, label = key
                faults.append(
                    f"kept age of {creditor} at the end of {day_end.day}, {currency}, by {basis} date,"
                    f" {label}: says {said[0]} on {said[2]} accounts, the entries say {found[0]}"
                    f" on {found[2]}"
                )
    return faults
