"""What was learned about days that were reckoned already: of which accounts, from which day on.

One list of all that decides interest and can be recorded late: entries, disputed amounts, named money,
holds and their lifting, legal facts, the merging of debtors who have such, the days of payment plans.
Runs ask it by account, the days that are kept ask it for the earliest day.
"""

from datetime import date, datetime

from django.db import connection

from accounts.policies.enums import PolicyStatus
from accounts.policies.models import PolicyVersion

# Of one creditor's accounts, after the moment %(since_known)s, about days before %(first)s.
LEARNED = """
    WITH learned_holds AS MATERIALIZED (
        SELECT h.account_id, h.debtor_id,
               CASE WHEN h.recorded_at > %(since_known)s THEN h.first_day ELSE h.lifted_on END AS day
        FROM accounts_hold h
        WHERE %(scope)s = ANY(h.scopes) AND h.first_day < %(first)s
          AND (h.recorded_at > %(since_known)s OR (h.lifted_on < %(first)s AND EXISTS (
                SELECT 1 FROM core_transition t
                WHERE t.subject_type = 'accounts.hold' AND t.subject_id = h.id
                  AND t.to_status = 'lifted' AND t.recorded_at > %(since_known)s)))
    ),
    -- who was merged or taken apart since has, or has no longer, what stops interest for the other
    learned_merges AS MATERIALIZED (
        SELECT d.id AS stopped_id, p.debtor_id
        FROM accounts_debtormerge g
        JOIN accounts_debtor d ON d.id IN (g.debtor_id, g.root_id) OR d.merged_into_id = g.root_id
        CROSS JOIN LATERAL (VALUES (g.debtor_id), (g.root_id)) p(debtor_id)
        WHERE g.recorded_at > %(since_known)s
    ),
    learned_of_people AS MATERIALIZED (
        SELECT debtor_id, day FROM learned_holds WHERE debtor_id IS NOT NULL
        UNION ALL
        SELECT d.id, f.effective_date FROM accounts_legalfact f
        JOIN accounts_debtor d ON d.identity_id = f.identity_id
        WHERE f.recorded_at > %(since_known)s AND f.effective_date < %(first)s
        UNION ALL
        SELECT g.debtor_id, h.first_day FROM learned_merges g
        JOIN accounts_hold h ON h.debtor_id = g.stopped_id
        WHERE %(scope)s = ANY(h.scopes) AND h.first_day < %(first)s
        UNION ALL
        SELECT g.debtor_id, f.effective_date FROM learned_merges g
        JOIN accounts_debtor d ON d.id = g.stopped_id
        JOIN accounts_legalfact f ON f.identity_id = d.identity_id
        WHERE f.effective_date < %(first)s
    ),
    learned AS (
        SELECT e.account_id, e.value_date AS day FROM accounts_ledgerentry e
        JOIN accounts_account a ON a.id = e.account_id AND a.creditor_id = %(creditor)s
        WHERE e.recorded_at > %(since_known)s AND e.value_date < %(first)s
          {own}
        UNION ALL
        SELECT k.account_id, k.effective_date FROM accounts_contestedamount k
        JOIN accounts_account a ON a.id = k.account_id AND a.creditor_id = %(creditor)s
        WHERE k.recorded_at > %(since_known)s AND k.effective_date < %(first)s
        UNION ALL
        SELECT d.account_id, n.effective_date FROM accounts_namedallocation n
        JOIN accounts_ledgerentry d ON d.id = n.debit_id
        JOIN accounts_account a ON a.id = d.account_id AND a.creditor_id = %(creditor)s
        WHERE n.recorded_at > %(since_known)s AND n.effective_date < %(first)s
        UNION ALL
        SELECT a.id, l.day
        FROM learned_of_people l
        JOIN accounts_debtor d ON d.id = l.debtor_id
        JOIN accounts_debtor m ON m.id = coalesce(d.merged_into_id, d.id)
                               OR m.merged_into_id = coalesce(d.merged_into_id, d.id)
        JOIN accounts_account a ON a.debtor_id = m.id AND a.creditor_id = %(creditor)s
        UNION ALL
        SELECT h.account_id, h.day FROM learned_holds h
        JOIN accounts_account a ON a.id = h.account_id AND a.creditor_id = %(creditor)s
        UNION ALL
        SELECT s.account_id, least(CASE WHEN s.recorded_at > %(since_known)s THEN s.differs_from END,
                                   CASE WHEN s.superseded_at > %(since_known)s THEN s.superseded_from END)
        FROM accounts_planspan s
        JOIN accounts_account a ON a.id = s.account_id AND a.creditor_id = %(creditor)s
        WHERE %(scope)s = ANY(s.scopes)
          AND ((s.recorded_at > %(since_known)s AND s.differs_from < %(first)s)
            OR (s.superseded_at > %(since_known)s AND s.superseded_from < %(first)s))
    )
"""
NOT_OWN = """AND NOT EXISTS (SELECT 1 FROM accounts_interestposting p
                          WHERE p.entry_id = e.id OR p.reversal_id = e.id)"""


def learned_sql(*, without_own: bool = False) -> str:
    """`WITH` members up to `learned` (account_id, day); `without_own` leaves out what runs posted.

    Parameters: creditor, since_known, first, and scope, the kind of hold that stops it.
    """
    return LEARNED.format(own=NOT_OWN if without_own else "")


def learned_from(creditor_id: int, *, since_known: datetime, before: date) -> date | None:
    """The earliest day before a day whose interest changed by what was recorded after a moment.

    Entries of runs count too: they stand in the order in which money pays. None where nothing did.
    """
    params = {"creditor": creditor_id, "since_known": since_known, "first": before, "scope": "interest"}
    with connection.cursor() as cursor:
        cursor.execute(f"{learned_sql()} SELECT min(day) FROM learned", params)
        days = [cursor.fetchone()[0]]
    days += PolicyVersion.objects.filter(
        kind="allocation", status=PolicyStatus.APPROVED, approved_at__gt=since_known, valid_from__lt=before
    ).values_list("valid_from", flat=True)
    return min((day for day in days if day is not None), default=None)
