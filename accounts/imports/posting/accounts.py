"""Creditors, debtors with their contact points, accounts and the parties to them."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.imports.checks.context import make, rows, run, sequence_of
from accounts.imports.posting.trail import Posting, remember
from accounts.imports.zones import zone_of_country
from accounts.ledger.enums import ACCOUNT, AccountStatus
from accounts.ledger.services import open_account_set
from accounts.parties.models import Creditor, Debtor
from collections_app.core import audit

GOOD = "NOT s.is_bad AND s.state IN ('new', 'amended')"
HAS_POINTS = (
    "(s.phone <> '' OR s.phone_2 <> '' OR s.email <> '' OR s.address <> '' OR s.building <> ''"
    " OR s.unit <> '' OR s.area <> '' OR s.city <> '' OR s.postcode <> '')"
)


def post_accounts(posting: Posting) -> dict[str, int]:
    """Make what is new, amend what changed (when confirmed); counts by name."""
    if not posting.batch.accepts_amended:
        run("UPDATE imp_account SET is_bad = true WHERE state = 'amended'")
    creditors = make_creditors(posting)
    _make_debtors(posting)
    restored = _restore_void(posting)
    opened = _open_accounts(posting)
    _add_parties()
    _add_contact_points(posting)
    amended = _amend(posting)
    remember(posting, "accounts", "imp_account s", "s.account_id", GOOD)
    return {
        "creditors": len(creditors),
        "accounts": opened,
        "accounts_restored": restored,
        "accounts_amended": amended,
    }


def make_creditors(posting: Posting) -> list[str]:
    """The creditors of good rows that are not known yet, unreleased; their codes."""
    made = []
    unknown = rows(
        "SELECT k.key, k.code, k.currency, k.country FROM imp_creditor k WHERE k.is_new AND EXISTS"
        " (SELECT 1 FROM imp_account s WHERE s.creditor_key = k.key AND NOT s.is_bad) ORDER BY k.key"
    )
    for key, code, currency, country in unknown:
        creditor = Creditor.objects.create(
            code=code,
            name=code,
            currency=currency,
            country=country or "",
            time_zone=zone_of_country(country or ""),
        )
        audit.record(
            "creditor.created",
            creditor,
            actor=posting.actor,
            after={"code": code, "currency": currency, "country": country, "import": posting.batch.pk},
        )
        run("UPDATE imp_creditor SET id = %s WHERE key = %s", [creditor.pk, key])
        run("UPDATE imp_account SET creditor_id = %s WHERE creditor_key = %s", [creditor.pk, key])
        made.append(code)
    return made


def _make_debtors(posting: Posting) -> None:
    kind = """CASE WHEN s.debtor_type IN ('organisation', 'corporate', 'insurer', 'bank', 'government')
                   THEN 'organisation' ELSE 'person' END"""
    payer = """CASE WHEN s.debtor_type IN ('corporate', 'insurer', 'bank', 'government')
                    THEN s.debtor_type WHEN s.debtor_type = 'organisation' THEN 'corporate'
                    ELSE 'consumer' END"""
    made = rows(
        f"""
        INSERT INTO accounts_debtor (creditor_id, reference, name, kind, payer_type, external_id,
            language, country, time_zone, preferred_channel, allowed_channels, payment_method)
        SELECT DISTINCT ON (s.creditor_id, s.debtor_reference) s.creditor_id, s.debtor_reference,
               s.debtor_name, {kind}, {payer}, coalesce(s.external_id, ''), coalesce(s.language, ''),
               coalesce(s.country, ''), coalesce(s.time_zone, ''), '', '{{}}', ''
        FROM imp_account s WHERE {GOOD} ORDER BY s.creditor_id, s.debtor_reference, s.seq
        ON CONFLICT (creditor_id, reference) DO NOTHING RETURNING id
        """
    )
    audit.record_set("debtor.registered", Debtor, ids=_ids(made), actor=posting.actor)
    make(
        "imp_debtor",
        "SELECT DISTINCT ON (s.creditor_id, s.debtor_reference) d.id, s.creditor_id,"
        " s.debtor_reference FROM imp_account s JOIN accounts_debtor d ON d.creditor_id = s.creditor_id"
        " AND d.reference = s.debtor_reference WHERE NOT s.is_bad",
    )


def _ids(found: Iterable[tuple]) -> list[int]:
    return [pk for (pk,) in found]


def _restore_void(posting: Posting) -> int:
    """A number that an undone import had left void comes back to life under this one."""
    void = rows(
        f"SELECT s.account_id FROM imp_account s WHERE {GOOD} AND s.makes_account"
        " AND s.account_status = 'void'"
    )
    if not void:
        return 0
    ids = ACCOUNT.advance_many(
        _ids(void),
        to=AccountStatus.OPEN,
        actor=posting.actor,
        as_of=posting.as_of,
        reason=_("Imported again"),
    )
    run(
        "UPDATE accounts_account a SET import_batch_id = %(batch)s, opened_date = s.opened_date,"
        " is_migrated = %(migrated)s FROM imp_account s WHERE a.id = s.account_id"
        " AND a.id = ANY(%(ids)s) AND s.makes_account AND NOT s.is_bad",
        {"batch": posting.batch.pk, "ids": ids, "migrated": posting.batch.is_cut_over},
    )
    return len(ids)


def _open_accounts(posting: Posting) -> int:
    """New accounts as one set. An account without a team goes to the creditor's only team."""
    make(
        "imp_opened",
        f"""
        SELECT s.seq AS row_number, nextval({sequence_of("accounts_account")}) AS id, s.creditor_id,
               s.portfolio_id,
               s.account_number AS number, d.id AS debtor_id, s.currency, s.opened_date, s.product,
               s.external_id, coalesce(s.team_id, sole.team_id) AS team_id, s.officer_id,
               %(migrated)s AS is_migrated, s.party_role, %(batch)s::bigint AS import_batch_id
        FROM imp_account s
        JOIN imp_debtor d ON d.creditor_id = s.creditor_id AND d.debtor_reference = s.debtor_reference
        LEFT JOIN (SELECT creditor_id, min(team_id) AS team_id FROM accounts_creditor_teams
                   GROUP BY creditor_id HAVING count(*) = 1) sole ON sole.creditor_id = s.creditor_id
        WHERE {GOOD} AND s.makes_account AND s.account_id IS NULL
        """,
        {"migrated": posting.batch.is_cut_over, "batch": posting.batch.pk},
    )
    opened = open_account_set(table="imp_opened", actor=posting.actor, as_of=posting.as_of)
    run(
        "UPDATE imp_account s SET account_id = a.id FROM imp_opened a"
        " WHERE a.creditor_id = s.creditor_id AND a.number = s.account_number"
    )
    return opened


def _add_parties() -> None:
    run(
        f"""
        INSERT INTO accounts_accountparty (account_id, debtor_id, role, valid_from)
        SELECT DISTINCT ON (s.account_id, d.id, s.party_role) s.account_id, d.id, s.party_role,
               s.opened_date
        FROM imp_account s
        JOIN imp_debtor d ON d.creditor_id = s.creditor_id AND d.debtor_reference = s.debtor_reference
        WHERE {GOOD} AND s.account_id IS NOT NULL
          AND (NOT s.makes_account OR s.record_id IS NOT NULL)
        ORDER BY s.account_id, d.id, s.party_role, s.seq
        ON CONFLICT (account_id, debtor_id, role) WHERE valid_to IS NULL DO NOTHING
        """
    )


def _add_contact_points(posting: Posting) -> None:
    """Numbers and addresses that the debtor does not have yet; bad ones kept as given."""
    if not rows(f"SELECT 1 FROM imp_account s WHERE {GOOD} AND {HAS_POINTS} LIMIT 1"):
        make("imp_point", "SELECT NULL::bigint AS debtor_id, ''::text AS kind, ''::text AS value WHERE false")
        return
    make(
        "imp_point",
        f"""
        SELECT DISTINCT ON (d.id, v.kind, v.value) d.id AS debtor_id, s.seq, v.kind, v.label, v.value,
               v.raw, v.is_good, v.time_zone, s.building, s.unit, s.area, s.address, s.city, s.postcode,
               s.country, v.place
        FROM imp_account s
        JOIN imp_debtor d ON d.creditor_id = s.creditor_id AND d.debtor_reference = s.debtor_reference
        LEFT JOIN imp_creditor k ON k.key = s.creditor_key
        LEFT JOIN imp_phone p ON p.raw = s.phone
             AND p.country = coalesce(nullif(s.country, ''), k.country, '')
        LEFT JOIN imp_phone q ON q.raw = s.phone_2
             AND q.country = coalesce(nullif(s.country, ''), k.country, '')
        CROSS JOIN LATERAL (VALUES
            ('phone', 1, '', p.e164, s.phone, p.is_good, p.time_zone),
            ('phone', 2, '', q.e164, s.phone_2, q.is_good, q.time_zone),
            ('email', 3, '', s.email, s.email, s.email ~ '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$', ''),
            ('address', 4, '', nullif(concat_ws(', ', nullif(s.address, ''), nullif(s.building, ''),
                nullif(s.unit, ''), nullif(s.area, ''), nullif(s.postcode, ''), nullif(s.city, '')), ''),
                '', true, '')
        ) v(kind, place, label, value, raw, is_good, time_zone)
        WHERE {GOOD} AND v.value <> ''
        ORDER BY d.id, v.kind, v.value, v.place, s.seq
        """,
    )
    run(
        """
        INSERT INTO accounts_contactpoint (debtor_id, kind, label, value, raw, status, source, noted_on,
            confidence, is_primary, is_workplace, time_zone, building, unit, area, street, city, postcode,
            country, valid_from)
        SELECT p.debtor_id, p.kind, p.label, left(p.value, 300), left(coalesce(p.raw, ''), 300),
               CASE WHEN p.is_good THEN 'unverified' ELSE 'bad' END, 'import', %(day)s, 50,
               row_number() OVER (PARTITION BY p.debtor_id, p.kind ORDER BY p.place, p.seq) = 1
                   AND NOT EXISTS (SELECT 1 FROM accounts_contactpoint o WHERE o.debtor_id = p.debtor_id
                                   AND o.kind = p.kind AND o.valid_to IS NULL),
               false, coalesce(p.time_zone, ''),
               CASE WHEN p.kind = 'address' THEN coalesce(p.building, '') ELSE '' END,
               CASE WHEN p.kind = 'address' THEN coalesce(p.unit, '') ELSE '' END,
               CASE WHEN p.kind = 'address' THEN coalesce(p.area, '') ELSE '' END,
               CASE WHEN p.kind = 'address' THEN coalesce(p.address, '') ELSE '' END,
               CASE WHEN p.kind = 'address' THEN coalesce(p.city, '') ELSE '' END,
               CASE WHEN p.kind = 'address' THEN coalesce(p.postcode, '') ELSE '' END,
               CASE WHEN p.kind = 'address' THEN coalesce(p.country, '') ELSE '' END, %(day)s
        FROM imp_point p
        WHERE NOT EXISTS (SELECT 1 FROM accounts_contactpoint o WHERE o.debtor_id = p.debtor_id
                          AND o.kind = p.kind AND o.value = p.value AND o.valid_to IS NULL)
        """,
        {"day": posting.as_of},
    )


def _amend(posting: Posting) -> int:
    """Carry changed particulars over; a number or address that left the file ends, it stays known."""
    amended = rows(
        "SELECT s.account_id FROM imp_account s"
        f" WHERE {GOOD} AND s.state = 'amended' AND s.account_id IS NOT NULL"
    )
    if not amended:
        return 0
    given = {"ids": _ids(amended), "day": posting.as_of}
    run(
        """
        UPDATE accounts_debtor d SET name = s.debtor_name,
            language = coalesce(nullif(s.language, ''), d.language),
            country = coalesce(nullif(s.country, ''), d.country),
            time_zone = coalesce(nullif(s.time_zone, ''), d.time_zone)
        FROM imp_account s JOIN imp_debtor i ON i.creditor_id = s.creditor_id
             AND i.debtor_reference = s.debtor_reference
        WHERE d.id = i.id AND s.state = 'amended' AND NOT s.is_bad
        """
    )
    run(
        "UPDATE accounts_account a SET product = coalesce(s.product, a.product),"
        " external_id = coalesce(s.external_id, a.external_id) FROM imp_account s"
        " WHERE a.id = s.account_id AND a.id = ANY(%(ids)s) AND s.makes_account AND s.state = 'amended'",
        given,
    )
    run(
        """
        UPDATE accounts_contactpoint o SET valid_to = %(day)s
        FROM imp_account s JOIN imp_debtor i ON i.creditor_id = s.creditor_id
             AND i.debtor_reference = s.debtor_reference
        WHERE o.debtor_id = i.id AND s.state = 'amended' AND NOT s.is_bad AND o.source = 'import'
          AND o.valid_to IS NULL
          AND EXISTS (SELECT 1 FROM imp_point p WHERE p.debtor_id = i.id AND p.kind = o.kind)
          AND NOT EXISTS (SELECT 1 FROM imp_point p WHERE p.debtor_id = i.id AND p.kind = o.kind
                          AND p.value = o.value)
        """,
        given,
    )
    audit.record_set(
        "debtor.amended_by_import",
        Debtor,
        ids=_ids(rows("SELECT id FROM imp_debtor i WHERE EXISTS (SELECT 1 FROM imp_account s"
                      " WHERE s.creditor_id = i.creditor_id AND s.state = 'amended' AND NOT s.is_bad"
                      " AND s.debtor_reference = i.debtor_reference)")),
        actor=posting.actor,
        after={"import": posting.batch.pk},
    )  # fmt: skip
    return len(amended)
