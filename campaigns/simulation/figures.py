"""The figures of a what-if, counted from its foretold steps, in a form whose hash anybody can reckon."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.hardship.enums import HardshipStatus
from accounts.parties.models import Creditor
from accounts.policies.queries import amount_in, policy
from campaigns.simulation.enums import Side
from campaigns.simulation.models import WhatIf

MOST_PRESSED = 100
LONGEST_TEXT = 400
# One row a contact of a what-if, of however many steps. Parameter: what_if.
CONTACTS = """
CREATE TEMP TABLE contact_made ON COMMIT DROP AS
SELECT f.side, f.contact, min(f.day) AS day, min(f.contact_day) AS contact_day,
       min(f.debtor_id) AS debtor_id, min(f.officer_id) AS officer_id, min(f.channel) AS channel,
       coalesce(nullif(min(f.channel), ''), min(f.kind)) AS what, min(f.outcome) = 'taken' AS is_taken,
       min(f.rule) AS rule, min(a.creditor_id) AS creditor_id
  FROM campaigns_foretoldstep f JOIN accounts_account a ON a.id = f.account_id
 WHERE f.what_if_id = %(what_if)s GROUP BY f.side, f.contact
"""
# Who has a hardship case that waits or was granted. Parameter: hardship.
HARD_PRESSED = "SELECT debtor_id FROM accounts_hardshipcase WHERE status = ANY(%(hardship)s)"
BY_DAY = """SELECT contact_day, what, count(*) FROM contact_made WHERE side = %(side)s AND is_taken
 GROUP BY 1, 2 ORDER BY 1, 2"""
PER_DEBTOR = """SELECT n, count(*) FROM (
    SELECT debtor_id, count(*) AS n FROM contact_made
     WHERE side = %(side)s AND is_taken AND channel <> '' GROUP BY 1) each GROUP BY 1 ORDER BY 1"""
OFFICERS = """SELECT officer_id, sum(n)::bigint, max(n) FROM (
    SELECT officer_id, day, count(*) AS n FROM contact_made
     WHERE side = %(side)s AND is_taken AND officer_id IS NOT NULL GROUP BY 1, 2) each
 GROUP BY 1 ORDER BY 1"""
REFUSED = """SELECT day, rule, count(*) FROM contact_made WHERE side = %(side)s AND NOT is_taken
 GROUP BY 1, 2 ORDER BY 1, 2"""
BY_CREDITOR = """SELECT creditor_id, channel, count(*) FROM contact_made
 WHERE side = %(side)s AND is_taken AND channel <> '' GROUP BY 1, 2 ORDER BY 1, 2"""
PRESSURE = f"""SELECT debtor_id, count(*) AS n, (debtor_id IN ({HARD_PRESSED}))::int AS is_hard
  FROM contact_made WHERE side = 'draft' AND is_taken AND channel <> ''
 GROUP BY 1 ORDER BY 3 DESC, 2 DESC, 1 LIMIT {MOST_PRESSED}"""
# What each account gets on either side, where that differs: "day|what|text" in order.
CHANGED = f"""
WITH each AS (
    SELECT f.account_id, f.side, min(f.debtor_id) AS debtor_id, count(*) AS n,
           string_agg(f.day || '|' || coalesce(nullif(s.channel, ''), s.kind) || '|'
                      || coalesce(nullif(s.template_code, ''), s.title), ';'
                      ORDER BY f.day, f.contact) AS steps
      FROM campaigns_foretoldstep f JOIN campaigns_strategystep s ON s.id = f.step_id
     WHERE f.what_if_id = %(what_if)s AND f.outcome = 'taken' GROUP BY 1, 2
),
both_sides AS (
    SELECT coalesce(l.account_id, d.account_id) AS account_id,
           coalesce(l.debtor_id, d.debtor_id) AS debtor_id, coalesce(l.steps, '') AS live,
           coalesce(d.steps, '') AS draft, coalesce(l.n, 0) AS live_steps, coalesce(d.n, 0) AS draft_steps
      FROM (SELECT * FROM each WHERE side = 'live') l
      FULL JOIN (SELECT * FROM each WHERE side = 'draft') d ON d.account_id = l.account_id
)
INSERT INTO campaigns_changedaccount (what_if_id, account_id, live, draft, live_contacts, draft_contacts,
                                      in_hardship)
SELECT %(what_if)s, account_id, {{live}}, {{draft}}, live_steps, draft_steps,
       debtor_id IN ({HARD_PRESSED})
  FROM both_sides WHERE live <> draft ORDER BY account_id
""".format(
    **{
        side: f"CASE WHEN length({side}) <= {LONGEST_TEXT} THEN {side}"
        f" ELSE left({side}, {LONGEST_TEXT - 1}) || '…' END"
        for side in Side.values
    }
)
ROWS = """
SELECT side, day, encode(sha256(convert_to(string_agg(
           concat_ws(E'\\t', account_id, step_id, coalesce(contact_day::text, ''), debtor_id,
                     coalesce(officer_id::text, ''), kind, channel, outcome, rule),
           E'\\n' ORDER BY account_id, step_id, debtor_id), 'UTF8')), 'hex')
  FROM campaigns_foretoldstep WHERE what_if_id = %(what_if)s GROUP BY 1, 2 ORDER BY 1, 2
"""


def count_up(
    what_if: WhatIf, spared: Mapping[str, Mapping[str, int]], creditors: Sequence[Creditor]
) -> dict[str, Any]:
    """The figures of both sides (`spared`: accounts by reason), how many accounts differ (their rows are
    written), who is contacted most, and a digest of every step, so that the lists are bound by the
    signature too."""
    given = {
        "what_if": what_if.pk,
        "hardship": [HardshipStatus.OPEN.value, HardshipStatus.GRANTED.value],
    }
    with connection.cursor() as cursor:
        cursor.execute(CONTACTS, given)
        cursor.execute("ANALYZE contact_made")
        sides = {
            side: _figures_of(cursor, side, reasons, creditors, as_of=what_if.as_of)
            for side, reasons in spared.items()
        }
        cursor.execute(PRESSURE, given)
        pressure = [list(row) for row in cursor.fetchall()]
        cursor.execute(CHANGED, given)
        changed = cursor.rowcount
        cursor.execute(ROWS, given)
        digest = hashlib.sha256()
        for row in cursor.fetchall():
            digest.update("\t".join(map(str, row)).encode() + b"\n")
        cursor.execute("DROP TABLE contact_made")
    return {**sides, "changed": changed, "pressure": pressure, "rows": digest.hexdigest()}


def _figures_of(
    cursor, side: str, spared: Mapping[str, int], creditors: Sequence[Creditor], *, as_of: date
) -> dict[str, Any]:
    """Counts of one side by day and channel, officer, rule and reason; cost by currency."""

    def rows(query: str) -> list[tuple]:
        cursor.execute(query, {"side": side})
        found: list[tuple] = cursor.fetchall()
        return found

    by_day: dict[str, dict[str, int]] = defaultdict(dict)
    totals: dict[str, int] = defaultdict(int)
    for day, what, number in rows(BY_DAY):
        by_day[day.isoformat()][what] = number
        totals[what] += number
    refused: dict[str, int] = defaultdict(int)
    refused_by_day: dict[str, int] = defaultdict(int)
    for day, rule, number in rows(REFUSED):
        refused[rule] += number
        refused_by_day[day.isoformat()] += number
    per_debtor = rows(PER_DEBTOR)
    return {
        "by_day": by_day,
        "totals": dict(sorted(totals.items())),
        "contacts": sum(times * debtors for times, debtors in per_debtor),
        "debtors": sum(debtors for _times, debtors in per_debtor),
        "per_debtor": {str(times): debtors for times, debtors in per_debtor},
        "officers": {
            str(pk): {"total": total, "busiest": busiest} for pk, total, busiest in rows(OFFICERS)
        },
        "refused": dict(sorted(refused.items())),
        "refused_by_day": dict(refused_by_day),
        "spared": dict(sorted(spared.items())),
        "cost": _cost(rows(BY_CREDITOR), creditors, as_of),
    }


def _cost(
    contacts: Sequence[tuple], creditors: Sequence[Creditor], as_of: date
) -> dict[str, dict[str, str]]:
    """What the contacts cost by currency and channel, at the creditor's own rates."""
    found: dict[str, dict[str, Decimal]] = {}
    for creditor in creditors:
        rates = policy("contact_cost", as_of=as_of, creditor_id=creditor.pk)
        for creditor_id, channel, number in contacts:
            if creditor_id == creditor.pk and channel in rates:
                sums = found.setdefault(creditor.currency, {})
                cost = amount_in(rates[channel], creditor.currency) * number
                sums[channel] = sums.get(channel, Decimal(0)) + cost
    return {
        currency: {channel: str(amount) for channel, amount in sorted(sums.items())}
        for currency, sums in sorted(found.items())
    }


def hash_of(result: Mapping[str, Any]) -> str:
    """sha256 of the figures as they are stored."""
    text = json.dumps(result, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
