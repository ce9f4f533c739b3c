"""Registering, giving away, closing and reopening accounts; reached through `services`."""

from collections.abc import Iterable
from datetime import date

from django.db import connection, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.ledger.enums import ACCOUNT, AccountStatus, PartyRole
from accounts.ledger.models import Account, AccountAssignment, AccountParty
from accounts.ledger.signals import accounts_assigned
from accounts.ledger.standing import begin_standing, refresh_standing
from accounts.teams.models import TeamMembership
from collections_app.core import audit
from collections_app.core.money import format_amount
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

# A set of so many rows changes what the planner should believe of its table.
WORTH_ANALYSING = 10_000


class AccountNotSettled(Refused):
    """The account still has a balance."""


class AccountNumberTaken(Refused):
    """The creditor has an account of that number."""


class DebtorOfAnotherCreditor(Refused):
    """The wall: an account and its debtor belong to one creditor."""


class OfficerNotInTeam(Refused):
    """The officer does not belong to the team that is to work the account."""


class TeamNotForCreditor(Refused):
    """The team does not work for that creditor."""


@transaction.atomic
def open_account(
    *,
    creditor,
    number: str,
    debtor,
    currency: str,
    opened_date: date,
    actor,
    as_of: date,
    portfolio=None,
    team=None,
    officer=None,
    product: str = "",
    external_id: str = "",
    role: str = PartyRole.DEBTOR,
) -> Account:
    """Register one account with its debtor as a party, its owner and its (zero) standing."""
    require(actor, "accounts.open_account")
    if debtor.creditor_id != creditor.pk:
        raise DebtorOfAnotherCreditor(_("That debtor belongs to another creditor."), field="debtor")
    if Account.objects.filter(creditor=creditor, number=number).exists():
        raise AccountNumberTaken(
            _("%(creditor)s has an account %(number)s already.") % {"creditor": creditor, "number": number},
            field="number",
        )
    account = Account.objects.create(
        creditor=creditor,
        number=number,
        debtor=debtor,
        currency=currency,
        opened_date=opened_date,
        portfolio=portfolio,
        team=team,
        officer=officer,
        product=product,
        external_id=external_id,
    )
    AccountParty.objects.create(account=account, debtor=debtor, role=role, valid_from=opened_date)
    AccountAssignment.objects.create(
        account=account, team=team, officer=officer, effective_date=as_of, actor=actor
    )
    ACCOUNT.start(account, actor=actor, as_of=as_of)
    refresh_standing(as_of=as_of, account_ids=[account.pk])
    audit.record("account.opened", account, actor=actor, after={"number": number, "currency": currency})
    return account


@transaction.atomic
def open_account_set(*, table: str, actor, as_of: date) -> int:
    """Register the accounts of a (temporary) table as one set; returns how many were made.

    Columns: row_number, id (drawn here and written back where it is NULL), creditor_id, portfolio_id, number,
    debtor_id, currency, opened_date, product, external_id, team_id, officer_id, is_migrated,
    party_role, import_batch_id. The caller has checked that the numbers are new.
    """
    require(actor, "accounts.open_account")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} t SET id = drawn.id FROM (SELECT row_number,"
            " nextval(pg_get_serial_sequence('accounts_account', 'id')) AS id FROM"
            f" (SELECT row_number FROM {table} WHERE id IS NULL ORDER BY row_number) n) drawn"
            " WHERE drawn.row_number = t.row_number"
        )
        cursor.execute(
            f"""
            INSERT INTO accounts_account (id, creditor_id, portfolio_id, number, debtor_id, currency,
                opened_date, product, external_id, team_id, officer_id, is_migrated, status,
                import_batch_id)
            SELECT id, creditor_id, portfolio_id, number, debtor_id, currency, opened_date,
                   coalesce(product, ''), coalesce(external_id, ''), team_id, officer_id, is_migrated,
                   'open', import_batch_id FROM {table} ORDER BY row_number
            """
        )
        made = cursor.rowcount
        if made >= WORTH_ANALYSING:
            cursor.execute("ANALYZE accounts_account")
        cursor.execute(
            f"""
            INSERT INTO accounts_accountparty (account_id, debtor_id, role, valid_from)
            SELECT id, debtor_id, coalesce(nullif(party_role, ''), 'debtor'), opened_date FROM {table}
            """
        )
        cursor.execute(
            f"""
            INSERT INTO accounts_accountassignment (account_id, team_id, officer_id, effective_date,
                                                    reason, actor_id)
            SELECT id, team_id, officer_id, %s, '', %s FROM {table} ORDER BY row_number
            """,
            [as_of, actor.pk],
        )
        cursor.execute(f"SELECT id FROM {table} ORDER BY row_number")
        ids = [row[0] for row in cursor.fetchall()]
    ACCOUNT.start_many(ids, actor=actor, as_of=as_of)
    begin_standing(table, as_of=as_of)
    audit.record_set("account.opened", Account, ids=ids, actor=actor)
    return made


@transaction.atomic
def assign_accounts(
    *, account_ids: Iterable[int], team, officer, effective_date: date, reason: str, actor
) -> list[int]:
    """Give accounts to a team and an officer (or to the team alone); ids that really moved (D21).

    Raises OfficerNotInTeam, TeamNotForCreditor. History keeps who owned each account on each day.
    """
    require(actor, "accounts.assign_account")
    if (
        officer is not None
        and not TeamMembership.objects.on(effective_date).filter(team=team, user=officer).exists()
    ):
        raise OfficerNotInTeam(
            _("%(officer)s is not in %(team)s on that day.") % {"officer": officer, "team": team},
            field="officer",
        )
    ids = list(
        Account.objects.visible_to(actor)
        .filter(pk__in=list(account_ids))
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
        .values_list("pk", flat=True)
    )
    outside = (
        Account.objects.filter(pk__in=ids, creditor__teams__isnull=False)
        .exclude(creditor__teams=team)
        .values_list("creditor__name", flat=True)
        .first()
    )
    if outside:
        raise TeamNotForCreditor(
            _("%(team)s does not work for %(creditor)s.") % {"team": team, "creditor": outside},
            field="team",
        )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH moved AS (
                UPDATE accounts_account SET team_id = %(team)s, officer_id = %(officer)s
                WHERE id = ANY(%(ids)s) AND (team_id, officer_id)
                      IS DISTINCT FROM (%(team)s::bigint, %(officer)s::bigint)
                RETURNING id
            )
            INSERT INTO accounts_accountassignment (account_id, team_id, officer_id, effective_date,
                                                    reason, actor_id)
            SELECT id, %(team)s, %(officer)s, %(day)s, %(reason)s, %(actor)s FROM moved ORDER BY id
            RETURNING account_id
            """,
            {
                "team": team.pk,
                "officer": officer.pk if officer else None,
                "ids": ids,
                "day": effective_date,
                "reason": reason,
                "actor": actor.pk,
            },
        )
        moved = [row[0] for row in cursor.fetchall()]
    audit.record_set(
        "account.assigned",
        Account,
        ids=moved,
        actor=actor,
        after={"team": team.pk, "officer": officer.pk if officer else None},
        reason=reason,
    )
    accounts_assigned.send(sender=Account, account_ids=moved, as_of=effective_date, actor=actor)
    return moved


@transaction.atomic
def close_account(*, account: Account, reason: str, actor, as_of: date) -> Account:
    """Close a settled account. Raises AccountNotSettled while it has a balance either way."""
    locked = Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    balance = locked.standing.balance
    if balance != 0:
        raise AccountNotSettled(
            _("The balance is %(balance)s. Collect, credit, refund or write it off first.")
            % {"balance": format_amount(balance, account.currency, get_language() or "en")}
        )
    return ACCOUNT.advance(account, to=AccountStatus.CLOSED, actor=actor, as_of=as_of, reason=reason)


@transaction.atomic
def reopen_account(*, account: Account, reason: str, actor, as_of: date) -> Account:
    return ACCOUNT.advance(account, to=AccountStatus.OPEN, actor=actor, as_of=as_of, reason=reason)
