"""Writes a planned book: one COPY of the plan, then a few statements over sets.

Everything follows from (accounts, seed, day), so that the same arguments give the same book. Each
account behaves in one way and, if it owes for long, is in one situation, so that money, promises
and contacts tell the same tale. What is past was recorded in the past, so that reports chain.
"""

import io
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from accounts.compliance.loaded import judge_loaded
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.services import refresh_standing
from accounts.parties.models import Creditor
from accounts.parties.queries import calendar_of
from campaigns.why_not.services import work_out_answers
from campaigns.worklists.services import refresh_worklist
from campaigns.worsening.services import spot_worsening
from collections_app.core import audit, clock
from collections_app.core.clock import add_business_days, business_day_on_or_before
from collections_app.core.models import Organisation, User
from reports.demonstration import names
from reports.demonstration.bank import make_bank_statements
from reports.demonstration.campaigns import make_campaigns
from reports.demonstration.cash import make_cash
from reports.demonstration.cheques import make_cheques
from reports.demonstration.dice import FUNCTION, Dice
from reports.demonstration.interest import make_interest
from reports.demonstration.loading import check_keys, loading
from reports.demonstration.money import make_recoveries
from reports.demonstration.notices import make_notices
from reports.demonstration.office import make_office
from reports.demonstration.papers import make_papers
from reports.demonstration.plan import BookPlan, make_plan
from reports.demonstration.plans import make_plans
from reports.demonstration.protections import make_breathing_spaces
from reports.demonstration.returns import make_returns
from reports.demonstration.totals import LATE_FEES, OTHER_FEE

STATEMENTS = Path(__file__).parent / "sql"
# In the order they run; each file says what it makes.
STEPS = ("parties", "accounts", "money", "promises", "disputes", "holds", "contacts", "finish")
# Steps that fill a table with millions of rows, and these tables.
LARGE = {
    "parties": ("accounts_debtor", "accounts_contactpoint"),
    "accounts": (
        "accounts_account", "accounts_accountassignment", "accounts_accountparty", "core_transition",
    ),  # fmt: skip
    "money": ("accounts_ledgerentry",),
    "promises": ("accounts_promise", "core_transition"),
    "contacts": ("accounts_countedcontact", "accounts_contactattempt", "accounts_attemptaccount"),
}
COUNTED = (
    ("debtors", "accounts_debtor"),
    ("accounts", "accounts_account"),
    ("entries", "accounts_ledgerentry"),
    ("promises", "accounts_promise"),
    ("disputes", "accounts_dispute"),
    ("holds", "accounts_hold"),
    ("contacts", "accounts_contactattempt"),
    ("follow-ups", "accounts_followup"),
    ("payment plans", "accounts_paymentplan"),
    ("cheques", "accounts_cheque"),
    ("worklist rows", "campaigns_worklistitem"),
)
DAYS_BACK, DAYS_AHEAD = 640, 60
GRACE_DAYS = 2  # business days, as the policy says where nothing else was approved


@dataclass(frozen=True)
class MadeBook:
    """What was made: the plan it came from and how many rows of each noun there are."""

    plan: BookPlan
    counts: dict[str, int]

# A larger book's reasons are worked out by the hourly job.
ANSWERED_AT_ONCE = 20_000


@transaction.atomic
def make_book(*, accounts: int, seed: int, as_of: date) -> MadeBook:
    """Make office and book of `accounts` accounts with `as_of` as their present day.

    Raises ImproperlyConfigured on a production setting: a demonstration sign-in may not exist there.
    """
    if settings.PRODUCTION:
        raise ImproperlyConfigured("A production installation takes no demonstration book.")
    office = make_office(as_of=as_of, accounts=accounts)
    plan = make_plan(accounts=accounts, seed=seed, last_day=as_of, officers=office.officers())
    dice = Dice(seed)
    with connection.cursor() as cursor:
        _prepare(cursor, as_of)
        _copy_plan(cursor, plan)
        for step in STEPS:
            with loading(cursor, *LARGE.get(step, ())):
                statements = (STATEMENTS / f"{step}.sql").read_text(encoding="utf-8")
                cursor.execute(dice.in_statement(statements))
        check_keys(cursor)
        judge_loaded()
        refresh_standing(as_of=as_of)
        cursor.execute("ANALYZE accounts_standing")
        _begin_episodes(cursor)
        refresh_worklist(as_of=as_of)
        make_campaigns(office=office, as_of=as_of)
        make_returns(office=office, as_of=as_of)
        make_papers(office=office, as_of=as_of)
        make_cheques(office=office, as_of=as_of)
        make_bank_statements(office=office, as_of=as_of)
        make_cash(office=office, as_of=as_of)
        make_plans(office=office, as_of=as_of)
        make_interest(office=office, as_of=as_of)
        make_recoveries(office=office, as_of=as_of)
        make_notices(office=office, as_of=as_of)
        make_breathing_spaces(office=office, as_of=as_of)
        if accounts <= ANSWERED_AT_ONCE:
            for creditor in office.creditors.values():
                work_out_answers(creditor, now=clock.now())
                spot_worsening(creditor, as_of=as_of)
        _record(cursor)
        counts = {}
        for noun, table in COUNTED:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counts[noun] = cursor.fetchone()[0]
    return MadeBook(plan, counts)


def _prepare(cursor, as_of: date) -> None:
    """Give the statements their parameters: chance, the day, the actor, moments on a local clock."""
    fees = " ".join(f"WHEN '{currency}' THEN {amount}" for currency, amount in LATE_FEES.items())
    cursor.execute(
        f"""
        SET LOCAL work_mem = '128MB'; SET LOCAL maintenance_work_mem = '512MB';
        {FUNCTION}
        CREATE FUNCTION pg_temp.last_day() RETURNS date LANGUAGE sql IMMUTABLE AS
            $$ SELECT DATE '{as_of.isoformat()}' $$;
        CREATE FUNCTION pg_temp.system() RETURNS bigint LANGUAGE sql IMMUTABLE AS
            $$ SELECT {int(User.objects.system().pk)}::bigint $$;
        CREATE FUNCTION pg_temp.fee(currency text) RETURNS numeric LANGUAGE sql IMMUTABLE AS
            $$ SELECT (CASE currency {fees} ELSE {OTHER_FEE} END)::numeric $$;
        -- So many minutes into a day of the zone; never later than now unless asked.
        CREATE FUNCTION pg_temp.moment(day date, minutes int, zone text, is_past boolean DEFAULT TRUE)
            RETURNS timestamptz LANGUAGE sql STABLE AS
            $$ SELECT LEAST((day::timestamp + minutes * INTERVAL '1 minute') AT TIME ZONE zone,
                            CASE WHEN is_past THEN now() END) $$;
        CREATE TEMP TABLE name_pool (pool int, language text, families text[], givens text[])
            ON COMMIT DROP;
        CREATE TEMP TABLE firm_words (firms text[], trades text[], areas text[], buildings text[])
            ON COMMIT DROP;
        """
    )
    cursor.executemany(
        "INSERT INTO name_pool VALUES (%s, %s, %s, %s)",
        [
            (pool, language, families.split(), givens.split())
            for pool, language, families, givens in names.PEOPLE
        ],
    )
    cursor.execute(
        "INSERT INTO firm_words VALUES (%s, %s, %s, %s)",
        [text.split("|") for text in (names.FIRMS, names.TRADES, names.AREAS, names.BUILDINGS)],
    )


def _copy_plan(cursor, plan: BookPlan) -> None:
    """Debtors, accounts and business days as temporary tables `who`, `plan` and `cal`."""
    creditors = {creditor.code: creditor for creditor in Creditor.objects.all()}
    keys = {
        code: (creditor.pk, code, creditor.country, creditor.currency, creditor.time_zone)
        for code, creditor in creditors.items()
    }
    _copy(
        cursor,
        "who",
        "i int, creditor_id bigint, code text, country text, currency text, time_zone text,"
        " is_firm boolean, pool int, person int",
        ((row.number, *keys[row.code], row.is_firm, row.pool, row.person) for row in plan.debtors),
    )
    _copy(
        cursor,
        "plan",
        "i int, debtor_id int, creditor_id bigint, code text, currency text, time_zone text, decimals int,"
        " is_firm boolean, behaviour text, bill_day int, months int, base int, opened_date date, team text,"
        " officer text, past_officer text, moved_on date, story text",
        (
            (
                row.number, row.debtor, creditors[row.code].pk, row.code, row.currency,
                creditors[row.code].time_zone, row.decimals, row.is_firm, row.behaviour, row.bill_day,
                row.months, row.base, row.opened_date, row.team, row.officer, row.past_officer,
                row.moved_on, row.story,
            )
            for row in plan.accounts
        ),
    )  # fmt: skip
    days = [plan.last_day + timedelta(days=n) for n in range(-DAYS_BACK, DAYS_AHEAD)]
    _copy(
        cursor,
        "cal",
        "creditor_id bigint, day date, worked_on date, grace_until date",
        (
            (creditor.pk, day, business_day_on_or_before(day, calendar),
             add_business_days(day, GRACE_DAYS, calendar))
            for creditor in creditors.values()
            for calendar in [calendar_of(creditor)]
            for day in days
        ),
    )  # fmt: skip
    cursor.execute(
        "CREATE UNIQUE INDEX ON who (i); CREATE UNIQUE INDEX ON plan (i);"
        " CREATE UNIQUE INDEX ON cal (creditor_id, day); ANALYZE who; ANALYZE plan; ANALYZE cal"
    )


def _copy(cursor, table: str, columns: str, rows) -> None:
    cursor.execute(f"CREATE TEMP TABLE {table} ({columns}) ON COMMIT DROP")
    text = io.StringIO()
    for row in rows:
        text.write("\t".join(r"\N" if value is None else str(value) for value in row) + "\n")
    text.seek(0)
    cursor.copy_expert(f"COPY {table} FROM STDIN", text)


def _begin_episodes(cursor) -> None:
    """Every overdue account of a consumer stands in an episode of the strategy in force."""
    cursor.execute(
        """
        INSERT INTO campaigns_episode (account_id, first_due_date, version_id, recorded_at)
        SELECT a.id, s.oldest_due_date, v.id, (s.oldest_due_date + 1)::timestamptz
        FROM accounts_account a JOIN accounts_standing s ON s.account_id = a.id
        JOIN accounts_debtor d ON d.id = a.debtor_id
        CROSS JOIN LATERAL (SELECT id FROM campaigns_strategyversion WHERE status = 'approved'
                            ORDER BY id LIMIT 1) v
        WHERE a.status = 'open' AND s.overdue > 0 AND d.payer_type = 'consumer' ORDER BY a.id
        """
    )
    cursor.execute("ANALYZE campaigns_episode")


def _record(cursor) -> None:
    """One audit record for the accounts and one for the entries, with the digest of their ids."""
    system = User.objects.system()
    for model in (Account, LedgerEntry):
        cursor.execute(f"SELECT id FROM {model._meta.db_table} ORDER BY id")
        audit.record_set(
            "book.seeded", model, ids=[row[0] for row in cursor.fetchall()], actor=system
        )
    audit.record("book.seeded", Organisation.objects.get(), actor=system)
