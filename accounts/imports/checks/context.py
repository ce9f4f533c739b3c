"""What all checks share: the context of a file, faults, creditors and target accounts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from collections_app.core import passing
from collections_app.core.bulk import analyse_passing
from collections_app.core.money import COMMON_SCALE, other_scales

KINDS_WITH_TARGET = ("entries", "contacts", "protections")


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
    # what some row of the file is, where that takes a look at the ledger or a pass of its own
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
    """`imp_loose`: how many accounts have a number that rows name without any creditor, and which.

    A creditor has a number once; without a creditor several may have it.
    """
    if context.creditor_code:
        return
    wanted = " UNION ".join(
        f"SELECT DISTINCT account_number AS number FROM imp_{kind}"
        " WHERE account_number IS NOT NULL AND coalesce(creditor, '') = ''"
        for kind in context.kinds
        if kind in KINDS_WITH_TARGET
    )
    if not rows(f"SELECT 1 FROM ({wanted}) w LIMIT 1"):
        return
    make(
        "imp_loose",
        f"""
        SELECT w.number, count(*) AS matches, min(a.id) AS id
        FROM ({wanted}) w JOIN accounts_account a ON a.number = w.number AND a.status <> 'void'
        GROUP BY w.number
        """,
    )
    context.present.add("loose")


FRESH = """(
    SELECT f.creditor_key, f.account_number, f.currency, f.opened_date, k.code, k.time_zone
    FROM imp_account f LEFT JOIN imp_creditor k ON k.key = f.creditor_key
    WHERE NOT f.is_bad AND f.makes_account AND f.account_id IS NULL)"""
NO_FRESH = """(
    SELECT NULL::text AS creditor_key, NULL::text AS account_number, NULL::text AS currency,
           NULL::date AS opened_date, NULL::text AS code, NULL::text AS time_zone WHERE false)"""
NO_LOOSE = "(SELECT NULL::text AS number, NULL::bigint AS matches, NULL::bigint AS id WHERE false)"


def target_join(context: Context) -> str:
    """Joins to each row `s` the account `t` that it names by creditor and number, and the decimals `c` of
    its currency. Parameter: code.

    An account of the same file counts when it stands (`imp_account`, state new); then `id` stays NULL
    until it is made. `matches` above one: several creditors have that number.
    """
    scales = ", ".join(f"('{currency}', {scale})" for currency, scale in other_scales().items())
    return f"""
    LEFT JOIN imp_creditor tk
      ON tk.key = upper(coalesce(nullif(s.creditor, ''), nullif(%(code)s, '')))
    LEFT JOIN accounts_account ta
      ON ta.creditor_id = tk.id AND ta.number = s.account_number AND ta.status <> 'void'
    LEFT JOIN {"imp_loose" if "loose" in context.present else NO_LOOSE} tl
      ON coalesce(s.creditor, '') = '' AND tl.number = s.account_number
    LEFT JOIN accounts_account tn ON tn.id = tl.id
    LEFT JOIN accounts_creditor tc ON tc.id = coalesce(ta.creditor_id, tn.creditor_id)
    LEFT JOIN {FRESH if "accounts" in context.kinds else NO_FRESH} tf
      ON tf.account_number = s.account_number
         AND tf.creditor_key = coalesce(upper(coalesce(nullif(s.creditor, ''), nullif(%(code)s, ''))),
                                        tf.creditor_key)
    LEFT JOIN (VALUES {scales}) ts(currency, scale)
      ON ts.currency = coalesce(ta.currency, tn.currency, tf.currency)
    CROSS JOIN LATERAL (
        SELECT coalesce(ta.id, tn.id) AS id, coalesce(ta.debtor_id, tn.debtor_id) AS debtor_id,
               (ta.id IS NOT NULL)::int + coalesce(tl.matches, 0) + (tf.account_number IS NOT NULL)::int
               AS matches,
               coalesce(ta.currency, tn.currency, tf.currency) AS currency,
               coalesce(ta.opened_date, tn.opened_date, tf.opened_date) AS opened_date,
               coalesce(tc.code, tf.code) AS creditor_code,
               coalesce(tc.time_zone, tf.time_zone) AS time_zone,
               coalesce(upper(tc.code), tf.creditor_key) AS creditor_key) t
    CROSS JOIN LATERAL (
        SELECT CASE WHEN t.currency <> '' THEN coalesce(ts.scale, {COMMON_SCALE}) END AS scale) c
"""


def unfaulted(kind: str, table: str, field: str) -> str:
    """The table as `s` beside its faults `f` of that field: a cell that cannot be read is not missing."""
    return f"{table} s LEFT JOIN imp_fault f ON f.seq = s.seq AND f.kind = '{kind}' AND f.field = '{field}'"


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
    if "loose" in context.present:
        found += (
            " UNION SELECT a.creditor_id FROM imp_loose l JOIN accounts_account a ON a.id = l.id"
            " WHERE l.matches = 1"
        )
        if "accounts" in context.kinds:
            found += f" AND NOT EXISTS (SELECT FROM {FRESH} f WHERE f.account_number = l.number)"
    return sorted({pk for (pk,) in rows(found)})


def resolved_tables(context: Context) -> list[tuple[str, str]]:
    names = {
        "accounts": "imp_account",
        "entries": "imp_entry",
        "contacts": "imp_contact",
        "protections": "imp_protection",
    }
    return [(kind, names[kind]) for kind in context.kinds]
