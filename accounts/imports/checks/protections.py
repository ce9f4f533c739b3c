"""Checks of protections: whom not to chase, and why."""

from accounts.imports.checks.context import Context, fault, fault_targets, make, run, target_join


def check_protections(context: Context) -> None:
    """Leaves `imp_protection`; see the package. `debtor_id` may come from the account or by itself.

    `makes_debtor`: the debtor or account stands in the accounts of the same file.
    """
    make(
        "imp_protection",
        f"""
        SELECT s.seq, s.row_number, s.creditor, s.account_number, t.id AS account_id, t.matches,
               coalesce(t.creditor_key, k.key) AS creditor_key,
               coalesce(t.creditor_code, k.code) AS creditor_code, t.currency AS account_currency,
               s.debtor_reference, coalesce(d.id, t.debtor_id) AS debtor_id, s.kind,
               coalesce(s."from", %(as_of)s) AS first_day, s."to" AS last_day, s.detail,
               CASE WHEN s.is_float THEN round(s.amount, c.scale) ELSE s.amount END AS amount,
               s.entry_reference,
               decode(md5(concat_ws('|', 'protection', coalesce(t.creditor_code, k.code),
                   coalesce(s.account_number, ''), coalesce(s.debtor_reference, ''), s.kind,
                   s."from", coalesce(s.entry_reference, ''))), 'hex') AS fingerprint,
               decode(md5(concat_ws('|', s."to", coalesce(s.detail, ''), trim_scale(s.amount))), 'hex')
                   AS content,
               row_number() OVER (PARTITION BY coalesce(t.creditor_code, k.code), s.account_number,
                   s.debtor_reference, s.kind, s."from", s.entry_reference ORDER BY s.seq) AS occurrence,
               NULL::bigint AS record_id, 'new'::text AS state, false AS is_bad
        FROM imp_protections s {target_join(context)}
        LEFT JOIN imp_creditor k ON k.key = upper(coalesce(nullif(s.creditor, ''), %(code)s))
        LEFT JOIN LATERAL (
            SELECT d.id FROM accounts_debtor d
            WHERE d.reference = s.debtor_reference AND (k.id IS NULL OR d.creditor_id = k.id)
              AND s.debtor_reference <> '' ORDER BY d.id LIMIT 1
        ) d ON true
        """,
        context.params,
    )
    run(
        """
        UPDATE imp_protection s SET record_id = r.id, state = 'unchanged'
        FROM accounts_importedrecord r
        WHERE r.kind = 'protections' AND r.fingerprint = s.fingerprint AND NOT r.is_void
        """
    )
    run("UPDATE imp_protection SET state = 'unchanged' WHERE occurrence > 1")
    fault_targets("protections", "imp_protection", context)
    made_here = (
        "EXISTS (SELECT 1 FROM imp_account a WHERE a.debtor_reference = s.debtor_reference"
        " AND a.creditor_key = s.creditor_key)"
        if "accounts" in context.kinds
        else "false"
    )
    fault(
        "protections", "imp_protection s", field="debtor_reference", code="debtor_unknown",
        value="s.debtor_reference",
        where="coalesce(s.account_number, '') = '' AND s.debtor_reference <> ''"
        f" AND s.debtor_id IS NULL AND NOT {made_here}",
    )  # fmt: skip
    fault(
        "protections", "imp_protection s", field="to", code="ends_before_it_begins", value="s.last_day",
        where="s.last_day < s.first_day",
    )  # fmt: skip
    fault(
        "protections", "imp_protection s", field="account_number", code="dispute_needs_account",
        where="s.kind = 'dispute' AND coalesce(s.account_number, '') = ''",
    )  # fmt: skip
    fault(
        "protections", "imp_protection s", field="amount", code="amount_negative", value="s.amount",
        params="jsonb_build_object('kind', s.kind)", where="s.amount <= 0",
    )  # fmt: skip
    fault(
        "protections",
        "imp_protection s LEFT JOIN imp_fault f ON f.seq = s.seq AND f.kind = 'protections'"
        " AND f.field = 'kind'",
        field="kind", code="kind_missing", where="s.kind IS NULL AND f.seq IS NULL",
    )  # fmt: skip
