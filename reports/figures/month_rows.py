"""One row for each account and owner of a month: the table every level of the report is a sum of."""

from datetime import datetime

from django.db import connection

from accounts.ledger.enums import DEBIT_LINES
from reports.figures.month import Month, Period, SignedMonth

PLUS = [
    "charges", "fees", "interest", "penalties", "payments_returned", "refunds",
    "debit_adjustments", "write_offs_reversed", "prior_period", "transferred_in",
]  # fmt: skip
MINUS = [
    "charges_reversed", "credit_notes", "collected", "credit_adjustments", "discounts",
    "written_off", "transferred_out",
]  # fmt: skip
MOVEMENTS = [name for name in PLUS if name not in ("prior_period", "transferred_in")] + [
    name for name in MINUS if name != "transferred_out"
]
FIGURES = ["opening", *PLUS, *MINUS, "closing"]

_DEBIT_LINES = ", ".join(f"'{line}'" for line in sorted(DEBIT_LINES))
SIGNED = "CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END"
# Against the side of its line an entry counts negative: a credit note taken back lowers them.
ON_LINE = f"CASE WHEN (e.direction = 'debit') = (e.line IN ({_DEBIT_LINES})) THEN e.amount ELSE -e.amount END"

_OPENING_FRESH = f"""
opening AS (
    SELECT e.account_id, sum({SIGNED}) AS amount, NULL::bigint AS team_id, NULL::bigint AS officer_id,
           false AS is_signed
    FROM accounts_ledgerentry e
    WHERE /*scope*/ e.value_date < %(first)s AND e.recorded_at <= %(known_at)s GROUP BY e.account_id
),
prior AS (SELECT NULL::bigint AS account_id, 0::numeric AS amount WHERE false)
"""
_OPENING_SIGNED = f"""
opening AS (
    SELECT account_id, balance AS amount, team_id, officer_id, true AS is_signed
    FROM reports_signedbalance WHERE build_id = %(previous)s
),
prior AS (
    SELECT e.account_id, sum({SIGNED}) AS amount FROM accounts_ledgerentry e
    WHERE e.value_date < %(first)s AND e.recorded_at > %(previous_known_at)s
      AND e.recorded_at <= %(known_at)s
    GROUP BY e.account_id
)
"""

# `segment`: from which day to which day of the month an account had which owner. Where the signed
# owner is no longer the owner of the first day, an empty segment before it gives the opening over.
_TABLE = """
CREATE TEMPORARY TABLE month_row ON COMMIT DROP AS
WITH {opening},
moved AS (
    SELECT e.account_id, e.value_date, e.line, sum({on_line}) AS amount, sum({signed}) AS signed,
           sum(CASE WHEN e.line = 'write_offs_reversed' AND e.kind = 'adjustment'
                    THEN e.amount END) AS recovered
    FROM accounts_ledgerentry e
    WHERE /*scope*/ e.value_date BETWEEN %(first)s AND %(last)s AND e.recorded_at <= %(known_at)s
    GROUP BY 1, 2, 3
),
closing AS (
    SELECT e.account_id, sum({signed}) AS amount FROM accounts_ledgerentry e
    WHERE /*scope*/ e.value_date <= %(last)s AND e.recorded_at <= %(known_at)s GROUP BY e.account_id
),
touched AS (
    SELECT account_id FROM opening WHERE amount <> 0
    UNION SELECT account_id FROM prior UNION SELECT account_id FROM moved
),
owned AS (
    SELECT DISTINCT ON (s.account_id, greatest(s.effective_date, %(first)s))
           s.account_id, greatest(s.effective_date, %(first)s) AS from_day, s.team_id, s.officer_id
    FROM accounts_accountassignment s JOIN touched USING (account_id)
    WHERE s.effective_date <= %(last)s AND s.recorded_at <= %(known_at)s
    ORDER BY s.account_id, greatest(s.effective_date, %(first)s), s.effective_date DESC, s.id DESC
),
first_owner AS (
    SELECT t.account_id, o.team_id, o.officer_id
    FROM touched t LEFT JOIN owned o ON o.account_id = t.account_id AND o.from_day = %(first)s
),
spans AS (
    SELECT account_id, 0 AS rank, %(first)s::date AS from_day, team_id, officer_id FROM first_owner
    UNION ALL
    SELECT account_id, 1, from_day, team_id, officer_id FROM owned WHERE from_day > %(first)s
    UNION ALL
    SELECT f.account_id, -1, %(first)s::date, p.team_id, p.officer_id
    FROM first_owner f JOIN opening p ON p.account_id = f.account_id AND p.is_signed
    WHERE (p.team_id, p.officer_id) IS DISTINCT FROM (f.team_id, f.officer_id)
),
changes AS (
    SELECT *, lag(account_id) OVER w IS NULL AS is_first,
           (lag(team_id) OVER w, lag(officer_id) OVER w)
               IS NOT DISTINCT FROM (team_id, officer_id) AS is_same
    FROM spans WINDOW w AS (PARTITION BY account_id ORDER BY rank, from_day)
),
segment AS (
    SELECT account_id, team_id, officer_id, rank, from_day, is_first,
           CASE WHEN rank = -1 THEN from_day - 1
                ELSE coalesce(lead(from_day) OVER w - 1, %(last)s) END AS to_day,
           lead(account_id) OVER w IS NULL AS is_last,
           lag(team_id) OVER w IS DISTINCT FROM team_id AS from_other_team,
           lead(team_id) OVER w IS DISTINCT FROM team_id AS to_other_team
    FROM changes WHERE is_first OR NOT is_same
    WINDOW w AS (PARTITION BY account_id ORDER BY rank, from_day)
),
lines AS (
    SELECT s.account_id, s.from_day, s.rank, {pivot},
           coalesce(sum(m.amount) FILTER (WHERE m.line = 'opening'), 0) AS migrated,
           coalesce(sum(m.recovered), 0) AS recovered,
           coalesce(sum(m.signed), 0) AS net
    FROM segment s LEFT JOIN moved m
      ON m.account_id = s.account_id AND m.value_date BETWEEN s.from_day AND s.to_day
    GROUP BY s.account_id, s.from_day, s.rank
),
summed AS (
    SELECT s.*, l.*, coalesce(p.amount, 0) AS opened, coalesce(r.amount, 0) AS learned,
           coalesce(sum(l.net) OVER before, 0) AS net_before
    FROM (SELECT account_id AS key, team_id, officer_id, rank AS step, from_day AS since, is_first,
                 is_last, from_other_team, to_other_team, to_day FROM segment) s
    JOIN lines l ON l.account_id = s.key AND l.from_day = s.since AND l.rank = s.step
    LEFT JOIN opening p ON p.account_id = s.key
    LEFT JOIN prior r ON r.account_id = s.key
    WINDOW before AS (PARTITION BY s.key ORDER BY s.step, s.since
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT s.key AS account_id, a.currency, a.creditor_id, a.portfolio_id, s.team_id, s.officer_id,
       CASE WHEN s.is_first THEN s.opened ELSE 0 END + s.migrated AS opening,
       {movements},
       CASE WHEN s.step = 0 THEN s.learned ELSE 0 END AS prior_period,
       CASE WHEN s.is_first THEN 0
            WHEN s.step = 0 THEN s.opened
            ELSE s.opened + s.learned + s.net_before END AS transferred_in,
       CASE WHEN s.is_last THEN 0
            WHEN s.step = -1 THEN s.opened
            ELSE s.opened + s.learned + s.net_before + s.net END AS transferred_out,
       s.from_other_team, s.to_other_team,
       CASE WHEN s.is_last THEN coalesce(c.amount, 0) ELSE 0 END AS closing,
       s.recovered, s.is_last
FROM summed s
JOIN accounts_account a ON a.id = s.key
LEFT JOIN closing c ON c.account_id = s.key
"""


# Rows of an account do not depend on others: whom only one officer's are asked of, reads no more.
OF_OFFICER = """e.account_id IN (
        SELECT s.account_id FROM accounts_accountassignment s WHERE s.officer_id = %(officer)s) AND"""


def make_month_rows(
    *,
    month: Month | Period,
    known_at: datetime,
    previous: SignedMonth | None,
    officer_id: int | None = None,
) -> None:
    """Fill the temporary table `month_row`, which lives as long as the transaction.

    With an officer only the accounts that ever were his; without a signed month before.
    """
    pivot = ", ".join(
        f"coalesce(sum(m.amount) FILTER (WHERE m.line = '{name}'), 0) AS {name}" for name in MOVEMENTS
    )
    sql = _TABLE.format(
        opening=_OPENING_SIGNED if previous else _OPENING_FRESH,
        on_line=ON_LINE,
        signed=SIGNED,
        pivot=pivot,
        movements=", ".join(f"s.{name}" for name in MOVEMENTS),
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS month_row")
        cursor.execute(
            sql.replace("/*scope*/", OF_OFFICER if officer_id is not None else ""),
            {
                "officer": officer_id,
                "first": month.first_day,
                "last": month.last_day,
                "known_at": known_at,
                "previous": previous.build_id if previous else None,
                "previous_known_at": previous.known_at if previous else None,
            },
        )
        cursor.execute("ANALYZE month_row")
