"""The Collection Report: where the money of a month came from and went, row by row.

opening + charges + fees + interest + penalties + payments_returned + refunds + debit_adjustments
+ write_offs_reversed + prior_period + transferred_in − charges_reversed − credit_notes − collected
− credit_adjustments − discounts − written_off − transferred_out = closing

holds on every row by itself. One temporary table has a row for each account and owner of the
month; every level is a sum of it, so the levels cannot disagree.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from accounts.cheques.queries import uncleared
from accounts.ledger.enums import ReportLine
from accounts.ledger.queries import ageing
from accounts.parties.models import Creditor, Portfolio
from accounts.teams.models import Team
from collections_app.core.models import User
from reports.figures.activities import activities_of
from reports.figures.dataset import NOBODY, Labels, amount_text
from reports.figures.ledger_sums import write_accounts
from reports.figures.month import Month, SignedMonth
from reports.figures.month_rows import FIGURES, MINUS, ON_LINE, PLUS, make_month_rows


def collection_dataset(
    *,
    month: Month,
    known_at: datetime,
    previous: SignedMonth | None = None,
    labels: Labels | None = None,
    keep_accounts: Callable[[bytes], None] | None = None,
) -> dict[str, Any]:
    """The Collection Report of a month as known at a moment; amounts as text per currency.

    With `previous` the month opens at the balances signed then, and what was learned since with an
    earlier value date stands under `prior_period`. `keep_accounts` is given what the report says of
    each account (`ledger_sums.write_accounts`).
    """
    # before the transaction: a large book is aged in ranges of accounts at once, and what was known
    # at a moment that is over stays the same
    ages = _ages(month, known_at)
    return _collection_dataset(month, known_at, previous, labels or Labels(), ages, keep_accounts)


@transaction.atomic
def _collection_dataset(month, known_at, previous, labels, ages, keep_accounts) -> dict[str, Any]:
    make_month_rows(month=month, known_at=known_at, previous=previous)
    if keep_accounts is not None:
        keep_accounts(write_accounts())
    currencies = _house(month, known_at)
    rows = _rows(labels)
    return {
        "report": "collection",
        "month": str(month),
        "as_of": month.last_day,
        "known_at": known_at,
        "previous_build": previous.build_id if previous else None,
        "currencies": currencies,
        "rows": rows,
        "ageing": ages,
        "activities": activities_of(month=month, known_at=known_at, labels=labels),
        "trend": _trend(month, known_at),
        "labels": labels.frozen,
        "checks": _checks(currencies, rows, ages),
    }


def _sums() -> str:
    return ", ".join(f"sum({name})" for name in FIGURES)


def _house(month: Month, known_at: datetime) -> dict[str, dict]:
    cheques = uncleared(month.last_day, known_at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT currency, {_sums()}, sum(greatest(closing, 0)), sum(least(closing, 0)),
                   sum(recovered)
            FROM month_row GROUP BY currency ORDER BY currency
            """
        )
        found = {}
        for currency, *values in cursor.fetchall():
            *figures, debit, credit, recovered = values
            found[currency] = {
                **{name: amount_text(value, currency) for name, value in zip(FIGURES, figures, strict=True)},
                "closing_debit": amount_text(debit, currency),
                "closing_credit": amount_text(credit, currency),
                "memo": {
                    "cheques_received": amount_text(cheques.get(currency, 0), currency),
                    "recovered_after_write_off": amount_text(recovered, currency),
                    "written_off_stock": amount_text(0, currency),
                },
            }
        cursor.execute(
            f"""
            SELECT e.currency,
                   sum(CASE e.line WHEN '{ReportLine.WRITTEN_OFF}' THEN {ON_LINE} ELSE -({ON_LINE}) END)
            FROM accounts_ledgerentry e
            WHERE e.line IN ('{ReportLine.WRITTEN_OFF}', '{ReportLine.WRITE_OFFS_REVERSED}')
              AND e.value_date <= %s AND e.recorded_at <= %s
            GROUP BY e.currency
            """,
            [month.last_day, known_at],
        )
        for currency, stock in cursor.fetchall():
            if currency in found:
                found[currency]["memo"]["written_off_stock"] = amount_text(stock, currency)
    return found


LEVELS = {
    "creditor": ("creditor_id", Creditor, "name"),
    "portfolio": ("portfolio_id", Portfolio, "name"),
    "team": ("team_id", Team, "name"),
    "officer": ("officer_id", User, "full_name"),
}


def _rows(labels: Labels) -> list[dict]:
    """One row per creditor, portfolio, team and officer and currency; each holds by itself."""
    rows = []
    for level, (column, model, attribute) in LEVELS.items():
        columns = _sums()
        if level == "team":
            # Between two officers of one team nothing enters or leaves the team.
            columns = columns.replace(
                "sum(transferred_in)",
                "coalesce(sum(transferred_in) FILTER (WHERE from_other_team), 0)",
            ).replace(
                "sum(transferred_out)",
                "coalesce(sum(transferred_out) FILTER (WHERE to_other_team), 0)",
            )
        names = dict(model.objects.values_list("pk", attribute))
        if level == "portfolio":
            # Every creditor may have a "Residential"; its name alone would not say which.
            found_in = model.objects.values_list("pk", "creditor__name", "name")
            names = {pk: f"{creditor}: {name}" for pk, creditor, name in found_in}
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {column}, currency, {columns} FROM month_row GROUP BY 1, 2")
            found = cursor.fetchall()
        made = [
            {
                "level": level,
                "key": key,
                "name": labels.name(level, key, names.get(key) or NOBODY),
                "currency": currency,
                **{name: amount_text(value, currency) for name, value in zip(FIGURES, values, strict=True)},
            }
            for key, currency, *values in found
        ]
        rows += sorted(made, key=_in_order)
    return rows


def _in_order(row: dict) -> tuple:
    """By currency and name, the unassigned last."""
    return row["currency"], row["key"] is None, row["name"], row["key"] or 0


def _ages(month: Month, known_at: datetime) -> dict[str, dict]:
    # what is signed is reckoned from facts
    found = ageing(as_of=month.last_day, known_at=known_at, from_entries=True)
    return {
        currency: {
            **figures,
            "open_balance": amount_text(figures["open_balance"], currency),
            "credit_balance": amount_text(figures["credit_balance"], currency),
            "buckets": {
                label: {
                    "accounts": box["accounts"],
                    "balance": amount_text(box["balance"], currency),
                    "contested": amount_text(box["contested"], currency),
                }
                for label, box in figures["buckets"].items()
            },
        }
        for currency, figures in found.items()
    }


def _trend(month: Month, known_at: datetime) -> dict[str, list[dict]]:
    """Collected per month and currency over the twelve months to this one, returns not deducted."""
    first = month
    for _step in range(11):
        first = first.previous
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT e.currency, to_char(e.value_date, 'YYYY-MM'), sum({ON_LINE})
            FROM accounts_ledgerentry e
            WHERE e.line = 'collected' AND e.value_date BETWEEN %s AND %s AND e.recorded_at <= %s
            GROUP BY 1, 2
            """,
            [first.first_day, month.last_day, known_at],
        )
        sums = {(currency, label): amount for currency, label, amount in cursor.fetchall()}
    trend: dict[str, list[dict]] = {}
    for currency in sorted({currency for currency, _label in sums}):
        steps, step = [], month
        for _step in range(12):
            steps.append(
                {"month": str(step), "collected": amount_text(sums.get((currency, str(step))), currency)}
            )
            step = step.previous
        trend[currency] = steps[::-1]
    return trend


def holds(row: dict[str, str]) -> bool:
    """Whether the identity holds on one row of figures."""
    return difference(row) == 0


def difference(row: dict[str, str]) -> Decimal:
    """What is missing to the identity; zero where it holds."""
    total = Decimal(row["opening"])
    total += sum((Decimal(row[name]) for name in PLUS), Decimal(0))
    total -= sum((Decimal(row[name]) for name in MINUS), Decimal(0))
    return total - Decimal(row["closing"])


def _checks(currencies: dict, rows: list[dict], ages: dict) -> list[dict]:
    checks = []

    def check(name: str, faults: list[str]) -> None:
        checks.append({"name": name, "holds": not faults, "detail": "; ".join(faults[:5])})

    check(
        "identity_house",
        [f"{code}: {difference(row)}" for code, row in currencies.items() if not holds(row)],
    )
    check(
        "identity_rows",
        [
            f"{row['level']} {row['name'] or row['key']} {row['currency']}: {difference(row)}"
            for row in rows
            if not holds(row)
        ],
    )
    with connection.cursor() as cursor:
        plus, minus = " + ".join(PLUS), " - ".join(MINUS)
        cursor.execute(
            f"""
            SELECT a.number, sum(opening + {plus} - {minus} - closing) FROM month_row m
            JOIN accounts_account a ON a.id = m.account_id
            GROUP BY a.number HAVING sum(opening + {plus} - {minus} - closing) <> 0 LIMIT 5
            """
        )
        check("identity_accounts", [f"{number}: {gap}" for number, gap in cursor.fetchall()])
    for level in LEVELS:
        faults = []
        for code, house in currencies.items():
            for name in ("opening", "collected", "closing"):
                total = sum(
                    (Decimal(row[name]) for row in rows if row["level"] == level and row["currency"] == code),
                    Decimal(0),
                )
                if total != Decimal(house[name]):
                    faults.append(f"{code} {name}: {total} is not {house[name]}")
        check(f"{level}s_sum_to_house", faults)
    check(
        "transfers_cancel",
        [
            f"{code}: in {row['transferred_in']}, out {row['transferred_out']}"
            for code, row in currencies.items()
            if row["transferred_in"] != row["transferred_out"]
        ],
    )
    check(
        "ageing_ties",
        [
            f"{code}: items {ages.get(code, {}).get('open_balance', '0')},"
            f" debit balances {row['closing_debit']}"
            for code, row in currencies.items()
            if Decimal(ages.get(code, {}).get("open_balance", "0")) != Decimal(row["closing_debit"])
            or Decimal(ages.get(code, {}).get("credit_balance", "0")) != Decimal(row["closing_credit"])
        ],
    )
    return checks
