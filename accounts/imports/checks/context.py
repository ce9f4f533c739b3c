"""What all checks share: the context of a file, faults, creditors and target accounts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from collections_app.core import passing
from collections_app.core.bulk import analyse_passing
from collections_app.core.money import decimals

KINDS_WITH_TARGET = ("entries", "contacts", "protections")
UNKNOWN_CURRENCY = "XXX"


@dataclass
class Context:
    """The circumstances of one import. `creditor_code` is the creditor chosen for the whole file."""

    as_of: date
    kinds: list[str]
    creditor_code: str = ""
    references: str = "document"
    file_salt: str = ""
    is_cut_over: bool = False
    is_snapshot: bool = False
    amounts: str = ""
    default_currency: str = ""
    default_country: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    # what some entry of the file is, where that takes a look at the ledger or a pass of its own
    present: set[str] = field(default_factory=set)

    @property
    def params(self) -> dict:
        return {
            "code": self.creditor_code,
            "as_of": self.as_of,
            "currency": self.default_currency,
            "country": self.default_country,
            "salt": self.file_salt,
        }


def run(sql: str, params: dict | list | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def rows(sql: str, params: dict | list | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def sequence_of(table: str) -> str:
    """The sequence behind a table's key, quoted; asked once, for asking it per row costs seconds."""
    return "'" + rows("SELECT pg_get_serial_sequence(%s, 'id')", [table])[0][0] + "'"


def make(table: str, select: str, params: dict | None = None) -> None:
    """A passing table from a query, analysed so that the next join is planned on its size."""
    passing.drop(table)
    run(passing.table(table, f"AS {select}"), params)
    analyse_passing(table)


def fault(
    kind: str,
    source: str,
    *,
    field: str,
    code: str,
    where: str,
    value: str = "NULL",
    params: str = "'{}'::jsonb",
    given: dict | None = None,
) -> None:
    """Report every row of `source` (a FROM item called `s`) for which `where` holds."""
    run(
        "INSERT INTO imp_fault (kind, seq, row_number, field, value, code, params)"
        f" SELECT '{kind}', s.seq, s.row_number, '{field}', left(({value})::text, 300), '{code}',"
        f" {params} FROM {source} WHERE {where}",
        given,
    )


@dataclass(frozen=True)
class Check:
    """What is wrong with a row `s` for which `where` holds. `source` where it takes more to report it."""

    field: str
    code: str
    where: str
    value: str = "NULL"
    params: str = "'{}'::jsonb"
    source: str = ""
    and_where: str = ""


def fault_all(kind: str, table: str, checks: Sequence[Check], given: dict | None = None) -> None:
    """Report what each check finds. All are asked in one pass first: of most files nothing is wrong."""
    asked = ", ".join(f"bool_or({check.where})" for check in checks)
    [found] = rows(f"SELECT {asked} FROM {table} s", given)
    for check, is_found in zip(checks, found, strict=True):
        if is_found:
            fault(
                kind, check.source or f"{table} s", field=check.field, code=check.code, value=check.value,
                params=check.params, where=check.where + check.and_where, given=given,
            )  # fmt: skip


def find_creditors(context: Context) -> None:
    """`imp_creditor`: every creditor the file names, by its code or its name, known or new.

    Only an accounts file makes a new one, in the currency and country of its first row.
    """
    # By what was written first: a file has many rows and few creditors.
    named = " UNION ALL ".join(
        f"SELECT min(seq) AS seq, nullif(creditor, '') AS creditor, {_first(kind)} FROM imp_{kind}"
        " GROUP BY 2, 3, 4"
        for kind in context.kinds
    )
    make(
        "imp_creditor",
        f"""
        WITH named AS (
            SELECT DISTINCT ON (key) upper(coalesce(creditor, %(code)s)) AS key,
                   coalesce(creditor, %(code)s) AS code, upper(currency) AS currency,
                   upper(country) AS country, is_account
            FROM ({named}) n
            WHERE coalesce(creditor, %(code)s) <> ''
            ORDER BY key, is_account DESC, seq
        )
        SELECT n.key, c.id, coalesce(c.code, n.code) AS code,
               coalesce(c.currency, nullif(n.currency, ''), nullif(%(currency)s, '')) AS currency,
               coalesce(c.country, nullif(n.country, ''), nullif(%(country)s, '')) AS country,
               coalesce(c.time_zone, 'UTC') AS time_zone,
               c.id IS NULL AND n.is_account AS is_new
        FROM named n
        LEFT JOIN LATERAL (
            SELECT * FROM accounts_creditor c WHERE upper(c.code) = n.key OR upper(c.name) = n.key
            ORDER BY upper(c.code) = n.key DESC, c.id LIMIT 1
        ) c ON true
        """,
        context.params,
    )


def _first(kind: str) -> str:
    if kind == "accounts":
        return "currency, country, true AS is_account"
    return "NULL::text AS currency, NULL::text AS country, false AS is_account"


def find_targets(context: Context) -> None:
    """`imp_target`: the account behind every (creditor, number) that entries and others name.

    An account of the same file counts when it stands (`imp_account`, state new); then `id` stays
    NULL until it is made. `matches` above one: several creditors have that number.
    """
    kinds = [kind for kind in context.kinds if kind in KINDS_WITH_TARGET]
    wanted = " UNION ".join(
        "SELECT DISTINCT upper(coalesce(nullif(creditor, ''), nullif(%(code)s, ''))) AS key,"
        f" account_number AS number FROM imp_{kind} WHERE account_number IS NOT NULL"
        for kind in kinds
    )
    new_accounts = (
        "SELECT creditor_key, account_number, currency, opened_date FROM imp_account"
        " WHERE NOT is_bad AND makes_account AND account_id IS NULL"
        if "accounts" in context.kinds
        else "SELECT NULL::text AS creditor_key, NULL::text AS account_number, NULL::text AS currency,"
        " NULL::date AS opened_date WHERE false"
    )
    make("imp_wanted", wanted, context.params)
    make(
        "imp_target",
        f"""
        -- a creditor has a number once; without a creditor several may have it
        WITH loose AS (
            SELECT w.number, count(*) AS matches, min(a.id) AS id
            FROM imp_wanted w JOIN accounts_account a ON a.number = w.number AND a.status <> 'void'
            WHERE w.key IS NULL GROUP BY w.number
        ),
        fresh AS ({new_accounts})
        SELECT w.key, w.number, coalesce(a.id, o.id) AS id, coalesce(a.debtor_id, o.debtor_id) AS debtor_id,
               coalesce(a.creditor_id, o.creditor_id) AS creditor_id,
               (a.id IS NOT NULL)::int + coalesce(l.matches, 0) + (f.account_number IS NOT NULL)::int
               AS matches,
               coalesce(a.currency, o.currency, f.currency) AS currency,
               coalesce(a.opened_date, o.opened_date, f.opened_date) AS opened_date,
               coalesce(c.code, fc.code) AS creditor_code,
               coalesce(c.time_zone, fc.time_zone) AS time_zone,
               coalesce(upper(c.code), f.creditor_key) AS creditor_key
        FROM imp_wanted w
        LEFT JOIN imp_creditor k ON k.key = w.key
        LEFT JOIN accounts_account a
          ON a.creditor_id = k.id AND a.number = w.number AND a.status <> 'void'
        LEFT JOIN loose l ON w.key IS NULL AND l.number = w.number
        LEFT JOIN accounts_account o ON o.id = l.id
        LEFT JOIN accounts_creditor c ON c.id = coalesce(a.creditor_id, o.creditor_id)
        LEFT JOIN fresh f ON f.account_number = w.number AND (w.key IS NULL OR f.creditor_key = w.key)
        LEFT JOIN imp_creditor fc ON fc.key = f.creditor_key
        """,
        context.params,
    )
    passing.drop("imp_wanted")
    make_scales()


def make_scales() -> None:
    """`imp_scale`: the decimals of every currency in use."""
    codes = [code for (code,) in rows("SELECT DISTINCT currency FROM imp_target WHERE currency <> ''")]
    scales = {code: decimals(code) for code in codes if code.isalpha()} or {UNKNOWN_CURRENCY: 2}
    values = ", ".join(f"('{code}', {scale})" for code, scale in scales.items())
    make("imp_scale", f"SELECT * FROM (VALUES {values}) v(currency, scale)")


TARGET_JOIN = """
    LEFT JOIN imp_target t ON t.number = s.account_number
         AND coalesce(t.key, '') = upper(coalesce(nullif(s.creditor, ''), %(code)s))
    LEFT JOIN imp_scale c ON c.currency = t.currency
"""


def unfaulted(kind: str, table: str, field: str) -> str:
    """The table as `s` beside its faults `f` of that field: a cell that cannot be read is not missing."""
    return (
        f"{table} s LEFT JOIN imp_fault f ON f.seq = s.seq AND f.kind = '{kind}' AND f.field = '{field}'"
    )


def fault_targets(kind: str, table: str, context: Context) -> None:
    """Unknown and ambiguous account numbers, with the number that was probably meant."""
    fault_all(kind, table, target_checks(kind, table), context.params)


def target_checks(kind: str, table: str) -> list[Check]:
    """What can be wrong with the account a row names. Parameter: code."""
    own_key = "upper(coalesce(nullif(s.creditor, ''), nullif(%(code)s, '')))"
    is_any_unknown = rows("SELECT 1 FROM imp_creditor WHERE id IS NULL AND NOT is_new LIMIT 1")
    no_creditor = (
        f"EXISTS (SELECT 1 FROM imp_creditor k WHERE k.key = {own_key} AND k.id IS NULL AND NOT k.is_new)"
        if is_any_unknown
        else "false"
    )
    unknown = f"s.account_number <> '' AND coalesce(s.matches, 0) = 0 AND NOT {no_creditor}"
    # The wall: what was probably meant is looked for at the creditor of the row, and nowhere else.
    near = f"""{table} s LEFT JOIN LATERAL (
            SELECT a.number, d.name FROM accounts_account a
            JOIN accounts_debtor d ON d.id = a.debtor_id
            JOIN imp_creditor k ON k.id = a.creditor_id AND k.key = {own_key}
            WHERE a.status <> 'void' AND a.number IN (
                translate(upper(s.account_number), 'OIL', '011'), ltrim(s.account_number, '0'),
                upper(s.account_number), lower(s.account_number), replace(s.account_number, ' ', ''),
                lpad(s.account_number, 10, '0'))
            ORDER BY a.id LIMIT 1) near ON {unknown}"""
    return [
        Check(
            "account_number", "account_missing",
            "coalesce(s.account_number, '') = ''"
            + (" AND coalesce(s.debtor_reference, '') = ''" if kind == "protections" else ""),
            source=unfaulted(kind, table, "account_number"), and_where=" AND f.seq IS NULL",
        ),
        Check("account_number", "account_ambiguous", "s.matches > 1", "s.account_number"),
        Check("creditor", "creditor_unknown", no_creditor, "s.creditor"),
        Check(
            "account_number", "account_unknown", unknown, "s.account_number",
            "jsonb_strip_nulls(jsonb_build_object('near', near.number, 'name', near.name))", source=near,
        ),
    ]  # fmt: skip


def settle(context: Context) -> None:
    """Hold back every record of a row that has a fault, and what rests on an account held back."""
    for _round in range(10):
        passing.drop("imp_bad")
        run(passing.table("imp_bad", "AS SELECT DISTINCT row_number FROM imp_fault"))
        changed = 0
        for kind, table in resolved_tables(context):
            changed += run(
                f"UPDATE {table} s SET is_bad = true FROM imp_bad b"
                " WHERE b.row_number = s.row_number AND NOT s.is_bad"
            )
            if "accounts" in context.kinds and kind in KINDS_WITH_TARGET:
                fault(
                    kind,
                    f"{table} s JOIN imp_account a ON a.account_number = s.account_number"
                    " AND a.creditor_key = s.creditor_key AND a.is_bad AND a.account_id IS NULL"
                    " AND a.makes_account",
                    field="account_number",
                    code="account_held_back",
                    value="s.account_number",
                    params="jsonb_build_object('row', a.row_number)",
                    where="NOT s.is_bad AND s.account_id IS NULL",
                )
        if not changed:
            return


def touched_creditors(context: Context) -> list[int]:
    """Ids of the creditors that the file names or whose accounts it speaks of."""
    found = "SELECT id FROM imp_creditor WHERE id IS NOT NULL"
    if any(kind in KINDS_WITH_TARGET for kind in context.kinds):
        found += (
            " UNION SELECT creditor_id FROM imp_target WHERE matches = 1 AND creditor_id IS NOT NULL"
        )
    return sorted({pk for (pk,) in rows(found)})


def resolved_tables(context: Context) -> list[tuple[str, str]]:
    names = {
        "accounts": "imp_account",
        "entries": "imp_entry",
        "contacts": "imp_contact",
        "protections": "imp_protection",
    }
    return [(kind, names[kind]) for kind in context.kinds]
