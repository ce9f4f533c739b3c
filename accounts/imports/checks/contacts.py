"""Checks of contacts that happened before the product was there, or outside it."""

from accounts.imports.checks.context import Context, fault, fault_targets, make, run, target_join


def check_contacts(context: Context) -> None:
    """Leaves `imp_contact`; see the package. A time without a zone is the creditor's own."""
    make(
        "imp_contact",
        f"""
        WITH resolved AS (
            SELECT s.seq, s.row_number, s.creditor, s.account_number, t.id AS account_id, t.debtor_id,
                   t.matches, t.creditor_key, t.creditor_code,
                   CASE WHEN s.contacted_at ~ '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'
                             AND position('T' in s.contacted_at) > 0
                        THEN s.contacted_at::timestamptz
                        ELSE s.contacted_at::timestamp AT TIME ZONE coalesce(t.time_zone, 'UTC')
                   END AS contacted_at,
                   s.channel, coalesce(s.direction, 'out') AS direction,
                   coalesce(s.outcome, CASE s.channel WHEN 'call' THEN 'other' WHEN 'visit' THEN 'other'
                                       ELSE 'sent' END) AS outcome,
                   s.note, s.officer, o.id AS officer_id
            FROM imp_contacts s {target_join(context)}
            LEFT JOIN core_user o ON lower(o.username) = lower(s.officer)
                 OR (lower(o.full_name) = lower(s.officer))
        ),
        keyed AS (
            SELECT r.*, md5(concat_ws('|', 'contact', r.creditor_code, r.account_number, r.contacted_at,
                   r.channel, r.direction, r.outcome, coalesce(r.note, ''))) AS base
            FROM (SELECT DISTINCT ON (seq) * FROM resolved ORDER BY seq) r
        )
        SELECT k.*, decode(md5(concat_ws('|', k.base, row_number() OVER (PARTITION BY k.base
                   ORDER BY k.seq))), 'hex') AS fingerprint,
               NULL::bytea AS content, NULL::bigint AS record_id, 'new'::text AS state, false AS is_bad
        FROM keyed k
        """,
        context.params,
    )
    run(
        """
        UPDATE imp_contact s SET record_id = r.id, state = 'unchanged' FROM accounts_importedrecord r
        WHERE r.kind = 'contacts' AND r.fingerprint = s.fingerprint AND NOT r.is_void
        """
    )
    fault_targets("contacts", "imp_contact", context)
    fault(
        "contacts", "imp_contact s", field="contacted_at", code="in_the_future", value="s.contacted_at",
        params="jsonb_build_object('days', s.contacted_at::date - %(as_of)s)",
        where="s.contacted_at::date > %(as_of)s + 1", given=context.params,
    )  # fmt: skip
    for name in ("contacted_at", "channel"):
        fault(
            "contacts",
            "imp_contact s LEFT JOIN imp_fault f ON f.seq = s.seq AND f.kind = 'contacts'"
            f" AND f.field = '{name}'",
            field=name, code="value_missing", where=f"s.{name} IS NULL AND f.seq IS NULL",
        )  # fmt: skip
    fault(
        "contacts", "imp_contact s", field="officer", code="officer_unknown", value="s.officer",
        where="s.officer <> '' AND s.officer_id IS NULL",
    )  # fmt: skip
