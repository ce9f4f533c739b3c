"""Checks of accounts with their parties."""

from accounts.imports.checks.context import Context, fault, make, rows, run, unfaulted
from accounts.imports.phones import normalise_phones
from collections_app.core.money import decimals, is_known

CONTENT = ", ".join(
    f"s.{name}"
    for name in (
        "debtor_name", "debtor_type", "external_id", "email", "phone", "phone_2", "address", "building",
        "unit", "area", "city", "postcode", "country", "language", "time_zone", "product",
    )
)  # fmt: skip
ZONE = "SELECT 1 FROM pg_timezone_names z WHERE z.name = s.time_zone"


def check_accounts(context: Context) -> None:
    """Leaves `imp_account`; see the package."""
    normalise_phones(context)
    _resolve(context)
    _fault_keys()
    _fault_values(context)
    _fault_repeats()


def _resolve(context: Context) -> None:
    make(
        "imp_account",
        f"""
        SELECT s.seq, s.row_number, upper(coalesce(nullif(s.creditor, ''), %(code)s)) AS creditor_key,
               s.creditor, s.account_number, k.id AS creditor_id, k.is_new AS is_new_creditor,
               coalesce(nullif(s.debtor_reference, ''), s.account_number) AS debtor_reference,
               CASE WHEN named.is_named THEN s.debtor_name
                    ELSE coalesce(nullif(s.debtor_reference, ''), s.account_number) END AS debtor_name,
               s.debtor_type, coalesce(s.party_role, 'debtor') AS party_role, s.external_id,
               lower(s.email) AS email, s.phone, s.phone_2, s.address, s.building, s.unit, s.area,
               s.city, s.postcode, upper(s.country) AS country, lower(s.language) AS language,
               s.time_zone, coalesce(upper(nullif(s.currency, '')), k.currency) AS currency,
               coalesce(s.opened_date, %(as_of)s) AS opened_date,
               s.opened_date IS NULL AS is_opened_assumed, s.product, s.team, s.officer, s.portfolio,
               t.id AS team_id, o.id AS officer_id, p.id AS portfolio_id,
               a.id AS account_id, a.status AS account_status, a.currency AS account_currency,
               d.reference AS account_debtor,
               row_number() OVER same_account = 1 AS makes_account,
               first_value(s.row_number) OVER same_account AS first_row,
               decode(md5(concat_ws('|', 'account', k.code, s.account_number,
                   coalesce(s.party_role, 'debtor'),
                   coalesce(nullif(s.debtor_reference, ''), s.account_number))), 'hex') AS fingerprint,
               decode(md5(ROW({CONTENT})::text), 'hex') AS content,
               NULL::bigint AS record_id, 'new'::text AS state, false AS is_bad
        FROM imp_accounts s
        CROSS JOIN (SELECT bool_or(debtor_name <> '') AS is_named FROM imp_accounts) named
        LEFT JOIN imp_creditor k ON k.key = upper(coalesce(nullif(s.creditor, ''), %(code)s))
        LEFT JOIN accounts_team t ON lower(t.name) = lower(s.team)
        LEFT JOIN core_user o ON lower(o.username) = lower(s.officer)
        LEFT JOIN accounts_portfolio p ON p.creditor_id = k.id AND lower(p.code) = lower(s.portfolio)
        LEFT JOIN accounts_account a ON a.creditor_id = k.id AND a.number = s.account_number
        LEFT JOIN accounts_debtor d ON d.id = a.debtor_id
        WINDOW same_account AS (PARTITION BY upper(coalesce(nullif(s.creditor, ''), %(code)s)),
            s.account_number ORDER BY coalesce(s.party_role, 'debtor') <> 'debtor', s.seq)
        """,
        context.params,
    )
    run(
        """
        UPDATE imp_account s SET record_id = r.id,
            state = CASE WHEN s.account_status = 'void' THEN 'new'
                         WHEN r.content = s.content THEN 'unchanged' ELSE 'amended' END
        FROM accounts_importedrecord r
        WHERE r.kind = 'accounts' AND r.fingerprint = s.fingerprint AND NOT r.is_void
        """
    )
    run(
        "UPDATE imp_account SET state = 'unchanged' WHERE record_id IS NULL AND account_id IS NOT NULL"
        " AND makes_account AND account_status <> 'void'"
    )


def _fault_keys() -> None:
    source = "imp_account s"
    fault(
        "accounts", unfaulted("accounts", "imp_account", "account_number"),
        field="account_number", code="account_missing",
        where="coalesce(s.account_number, '') = '' AND f.seq IS NULL",
    )  # fmt: skip
    fault(
        "accounts", source, field="creditor", code="creditor_missing",
        where="coalesce(s.creditor_key, '') = ''",
    )  # fmt: skip
    fault(
        "accounts", source, field="debtor_name", code="name_missing",
        # A file without names registers accounts under their number; without that it says so already.
        where="coalesce(s.debtor_name, '') = '' AND s.account_number <> ''",
    )  # fmt: skip
    fault(
        "accounts", source, field="account_number", code="account_of_another", value="s.account_number",
        params="jsonb_build_object('debtor', s.account_debtor)",
        where="s.account_id IS NOT NULL AND s.makes_account AND s.account_status <> 'void'"
        " AND s.account_debtor <> s.debtor_reference",
    )  # fmt: skip
    fault(
        "accounts", source, field="currency", code="currency_fixed", value="s.currency",
        params="jsonb_build_object('currency', s.account_currency)",
        where="s.account_id IS NOT NULL AND s.currency <> s.account_currency",
    )  # fmt: skip


def _fault_values(context: Context) -> None:
    source = "imp_account s"
    codes = [code for (code,) in rows("SELECT DISTINCT currency FROM imp_account WHERE currency <> ''")]
    unknown = [code for code in codes if not (is_known(code) and decimals(code) <= 3)]
    fault(
        "accounts", source, field="currency", code="not_a_currency", value="s.currency",
        params="(SELECT jsonb_strip_nulls(jsonb_build_object('suggestion', k.currency))"
        " FROM imp_creditor k WHERE k.key = s.creditor_key AND NOT k.currency = ANY(%(unknown)s))",
        where="s.currency = ANY(%(unknown)s)", given={"unknown": unknown},
    )  # fmt: skip
    fault(
        "accounts", source, field="currency", code="currency_missing",
        where="s.currency IS NULL AND s.creditor_key <> ''",
    )  # fmt: skip
    fault(
        "accounts", source, field="country", code="not_a_country", value="s.country",
        where="s.country <> '' AND s.country !~ '^[A-Z]{2}$'",
    )  # fmt: skip
    fault(
        "accounts", source, field="opened_date", code="in_the_future", value="s.opened_date",
        params="jsonb_build_object('days', s.opened_date - %(as_of)s)",
        where="s.opened_date > %(as_of)s", given=context.params,
    )  # fmt: skip
    fault(
        "accounts", source, field="time_zone", code="not_a_time_zone", value="s.time_zone",
        where=f"s.time_zone <> '' AND NOT EXISTS ({ZONE})",
    )  # fmt: skip
    fault(
        "accounts", source, field="team", code="team_unknown", value="s.team",
        where="s.team <> '' AND s.team_id IS NULL",
    )  # fmt: skip
    fault(
        "accounts", source, field="officer", code="officer_unknown", value="s.officer",
        where="s.officer <> '' AND s.officer_id IS NULL",
    )  # fmt: skip
    fault(
        "accounts", source, field="portfolio", code="portfolio_unknown", value="s.portfolio",
        where="s.portfolio <> '' AND s.portfolio_id IS NULL",
    )  # fmt: skip


def _fault_repeats() -> None:
    """The same account twice: the same words are one account, other words cannot both be true."""
    run(
        """
        UPDATE imp_account s SET state = 'unchanged' FROM imp_account f
        WHERE NOT s.makes_account AND f.row_number = s.first_row AND f.makes_account
          AND f.creditor_key = s.creditor_key AND f.account_number = s.account_number
          AND f.fingerprint = s.fingerprint AND f.content = s.content
        """
    )
    fault(
        "accounts", "imp_account s", field="account_number", code="account_twice",
        value="s.account_number", params="jsonb_build_object('row', s.first_row)",
        where="NOT s.makes_account AND s.state <> 'unchanged' AND s.party_role = 'debtor'"
        " AND s.account_number <> ''",
    )  # fmt: skip
