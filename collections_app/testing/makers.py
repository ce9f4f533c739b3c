"""One function a noun, with defaults a reader can guess; tests say only what matters to them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

from accounts.arrangements.models import PaymentPlan, Promise
from accounts.arrangements.schedule import PlanTerms
from accounts.arrangements.services import propose_plan, take_promise
from accounts.cashdesk import change
from accounts.cheques.models import Cheque
from accounts.cheques.services import NewCheque, lodge_cheques, take_in_hand
from accounts.contacts.models import ContactAttempt, FollowUp
from accounts.contacts.services import log_attempt, plan_follow_up
from accounts.disputes.models import Dispute
from accounts.disputes.services import raise_dispute
from accounts.hardship.models import HardshipCase
from accounts.hardship.services import open_hardship_case
from accounts.holds.models import Hold
from accounts.holds.services import place_hold
from accounts.imports.reading.source import Source
from accounts.imports.services import check_import, post_import, upload
from accounts.ledger.enums import EntryKind
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.services import NewEntry, contest, open_account, post_entries
from accounts.parties.models import ContactPoint, Creditor, Debtor, Identity
from accounts.payments.enums import NumberKind
from accounts.payments.models import OwnBankAccount
from accounts.policies.enums import PolicyStatus
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion
from accounts.tasks.models import Task
from accounts.tasks.services import raise_task
from accounts.teams.models import Absence, Department, DepartmentMembership, Team, TeamMembership
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import User

_number = count(1)
LONG_AGO = date(2020, 1, 1)


def number() -> int:
    """A number not given out before in this process, for names that must be unique."""
    return next(_number)


def user(*, role: str = Role.COLLECTION_OFFICER, username: str = "", **fields) -> User:
    """A user of that role who may sign in; without a password unless one is given."""
    username = username or f"{Role(role).value}{number()}"
    fields.setdefault("full_name", username.replace("_", " ").title())
    fields.setdefault("email", f"{username}@office.example")
    return User.objects.create_user(username, role=role, **fields)


def system() -> User:
    """The actor of scheduled work."""
    known = User.objects.filter(username="system").first()
    return known or user(role=Role.SYSTEM, username="system", full_name="System")


def team(*, name: str = "") -> Team:
    return Team.objects.create(name=name or f"Team {number()}")


def member(user: User, team: Team, *, valid_from: date = LONG_AGO) -> User:
    """Puts a user into a team and returns the user."""
    TeamMembership.objects.create(user=user, team=team, valid_from=valid_from)
    return user


def department(*, name: str = "Sales", code: str = "", answer_days: int = 5) -> Department:
    return Department.objects.create(
        code=code or f"department-{number()}", name=name, answer_days=answer_days
    )


def department_user(department: Department, **fields) -> User:
    """A user who answers for a department."""
    made = user(role=Role.DEPARTMENT_USER, **fields)
    DepartmentMembership.objects.create(user=made, department=department, valid_from=LONG_AGO)
    return made


def absence(user: User, deputy: User, first_day: date, last_day: date) -> Absence:
    """The user is away and the deputy stands in."""
    return Absence.objects.create(
        user=user, deputy=deputy, first_day=first_day, last_day=last_day, recorded_by=deputy
    )


def policy(kind: str, values: dict, *, valid_from: date = LONG_AGO, **scope) -> PolicyVersion:
    """An approved version in force from `valid_from`; scope_type and scope_id narrow it."""
    return PolicyVersion.objects.create(
        kind=kind,
        values=KINDS[kind].clean(values),
        valid_from=valid_from,
        status=PolicyStatus.APPROVED,
        made_by=user(role=Role.SUPERVISOR),
        approved_by=user(role=Role.MANAGER),
        approved_at=datetime.combine(valid_from, datetime.min.time(), UTC),
        **scope,
    )


def task(**fields) -> Task:
    """An open task, for a collection officer unless it says for whom."""
    if not {"assignee", "team", "department", "role"} & set(fields):
        fields["assignee"] = user()
    fields.setdefault("actor", system())
    return raise_task(**{"kind": "check", "title": "Look at this", **fields})


def hold(
    *, scopes: tuple[str, ...] = ("demand",), reason: str = "requested", actor: User | None = None, **fields
) -> Hold:
    """An active hold: on an account unless `debtor`, `account` or `entry` says otherwise."""
    if not {"debtor", "account", "entry"} & set(fields):
        fields["account"] = account()
    fields.setdefault("as_of", date(2026, 1, 1))
    fields.setdefault("first_day", fields["as_of"])
    return place_hold(scopes=scopes, reason=reason, actor=actor or system(), **fields)


def dispute(
    *,
    account: Account,
    items: list[tuple[LedgerEntry, str]],
    asked: User | None = None,
    as_of: date,
    actor: User | None = None,
    **fields,
) -> Dispute:
    """An open dispute whose question is put to `asked`, by default a new user of a new department."""
    asked = asked or department_user(department())
    membership = asked.department_memberships.select_related("department").get()
    return raise_dispute(
        account=account,
        items=[(entry, Decimal(amount)) for entry, amount in items],
        department=membership.department,
        asked=asked,
        actor=actor or system(),
        as_of=as_of,
        **{"reason": "amount", "statement": "Too much", "question": "Is it right?", **fields},
    )


def hardship_case(*, debtor: Debtor, as_of: date, actor: User | None = None, **fields) -> HardshipCase:
    """An open case with its hold and its task."""
    fields.setdefault("marker", "income_lost")
    return open_hardship_case(debtor=debtor, actor=actor or user(), as_of=as_of, **fields)


def promise(
    *,
    account: Account,
    amount: str = "100.00",
    due_date: date,
    as_of: date,
    actor: User | None = None,
    **fields,
) -> Promise:
    """A promise taken on `as_of`; the account must owe it."""
    return take_promise(
        account=account,
        amount=Decimal(amount),
        due_date=due_date,
        actor=actor or system(),
        as_of=as_of,
        **fields,
    )


def payment_plan(
    *,
    account: Account,
    amount: str = "300.00",
    number: int = 3,
    first_due: date | None = None,
    rhythm: str = "monthly",
    terms: dict | None = None,
    as_of: date,
    actor: User | None = None,
    **fields,
) -> PaymentPlan:
    """A plan agreed on `as_of` and in force; `terms` are further terms, `fields` go to the service."""
    return propose_plan(
        accounts=fields.pop("accounts", [account]),
        terms=PlanTerms(
            amount=Decimal(amount),
            rhythm=rhythm,
            number=number,
            first_due=first_due or as_of,
            **(terms or {}),
        ),
        actor=actor or system(),
        as_of=as_of,
        **fields,
    )


def teammate(*, team: Team, role: str = Role.COLLECTION_OFFICER, since: date = LONG_AGO, **fields) -> User:
    """A user of that role who belongs to the team since long ago."""
    person = user(role=role, **fields)
    TeamMembership.objects.create(team=team, user=person, valid_from=since)
    return person


def creditor(*, code: str = "", currency: str = "EUR", country: str = "DE", **fields) -> Creditor:
    """A creditor that is released for contact, unless `released_at=None` is given."""
    code = code or f"C{number()}"
    fields.setdefault("name", f"Creditor {code}")
    fields.setdefault("time_zone", "Europe/Berlin")
    fields.setdefault("released_at", datetime(2020, 1, 1, tzinfo=UTC))
    teams = fields.pop("teams", [])
    made = Creditor.objects.create(code=code, currency=currency, country=country, **fields)
    made.teams.set(teams)
    return made


def bank_account(*, currency: str = "EUR", creditor: Creditor | None = None, **fields) -> OwnBankAccount:
    """An account on which money arrives; the office's own unless a creditor is given."""
    fields.setdefault("name", f"Bank account {number()}")
    fields.setdefault("number", f"ACCOUNT{number()}")
    fields.setdefault("number_kind", NumberKind.OTHER)
    return OwnBankAccount.objects.create(
        bank_name="First Bank", currency=currency, creditor=creditor, **fields
    )


def cheque(
    *,
    account: Account,
    amount: str = "100.00",
    cheque_date: date | None = None,
    received_on: date | None = None,
    actor: User | None = None,
    as_of: date | None = None,
    bank_account: OwnBankAccount | None = None,
    in_hand: bool = True,
    **fields,
) -> Cheque:
    """A cheque for one account (or for `shares`), complete and in hand unless said otherwise."""
    received_on = received_on or account.opened_date
    as_of = as_of or received_on
    actor = actor or system()
    new = NewCheque(
        number=fields.pop("number", f"{number():06}"),
        bank=fields.pop("bank", "First Bank"),
        amount=Decimal(amount),
        cheque_date=None if "date" in fields.get("missing", ()) else cheque_date or received_on,
        shares=fields.pop("shares", [(account, Decimal(amount), fields.pop("charge", None))]),
        **fields,
    )
    [made] = lodge_cheques(
        debtor=account.debtor,
        cheques=[new],
        received_on=received_on,
        bank_account=bank_account,
        actor=actor,
        as_of=as_of,
    )
    if in_hand and not made.missing:
        take_in_hand(cheques=[made], actor=actor, as_of=as_of)
        made.refresh_from_db()
    return made


def debtor(*, creditor: Creditor | None = None, name: str = "", **fields) -> Debtor:
    creditor = creditor or globals()["creditor"]()
    fields.setdefault("reference", f"D{number()}")
    return Debtor.objects.create(creditor=creditor, name=name or f"Debtor {number()}", **fields)


def account(
    *,
    debtor: Debtor | None = None,
    team: Team | None = None,
    officer: User | None = None,
    currency: str = "",
    opened_date: date = date(2026, 1, 1),
    number: str = "",
    as_of: date = date(2026, 1, 1),
    **fields,
) -> Account:
    """An open account with its party, its owner and a zero standing."""
    debtor = debtor or globals()["debtor"]()
    return open_account(
        creditor=debtor.creditor,
        number=number or f"A{globals()['number']()}",
        debtor=debtor,
        currency=currency or debtor.creditor.currency,
        opened_date=opened_date,
        team=team,
        officer=officer,
        actor=system(),
        as_of=as_of,
        **fields,
    )


def entry(
    *,
    account: Account,
    amount: str | Decimal,
    value_date: date,
    kind: str = EntryKind.CHARGE,
    due_date: date | None = None,
    as_of: date | None = None,
    **fields,
) -> LedgerEntry:
    """One posted entry; the standing is brought up to `as_of`, by default its value date."""
    [made] = post_entries(
        entries=[
            NewEntry(
                account_id=account.pk,
                kind=kind,
                amount=Decimal(amount),
                value_date=value_date,
                due_date=due_date,
                **fields,
            )
        ],
        actor=system(),
        as_of=as_of or value_date,
    )
    return made


def contact_point(
    *, debtor: Debtor, value: str = "", kind: str = "phone", status: str = "good", **fields
) -> ContactPoint:
    """A way to reach the debtor, by default a good phone number of its own."""
    fields.setdefault("noted_on", LONG_AGO)
    fields.setdefault("valid_from", LONG_AGO)
    return ContactPoint.objects.create(
        debtor=debtor, kind=kind, status=status, value=value or f"+4930{number():07}", **fields
    )


def identity() -> Identity:
    """One person or firm behind debtor records of several creditors."""
    return Identity.objects.create()


def reachable(*, email: str = "", **fields) -> Debtor:
    """A debtor with a good e-mail address."""
    person = debtor(**fields)
    contact_point(debtor=person, kind="email", value=email or f"debtor{number()}@example.com")
    return person


def contested(entry: LedgerEntry, amount: str) -> None:
    """So much of the entry is in dispute since its value date."""
    contest(
        entry=entry,
        amount=Decimal(amount),
        effective_date=entry.value_date,
        actor=system(),
        as_of=entry.value_date,
    )


def open_promise(account: Account, *, due: date, amount: str = "50.00") -> Promise:
    """A promise that is open and within its grace until its due day."""
    return Promise.objects.create(
        account=account,
        debtor=account.debtor,
        amount=Decimal(amount),
        currency=account.currency,
        due_date=due,
        grace_until=due,
        taken_on=due - timedelta(days=10),
        taken_by=system(),
    )


def import_batch(*, creditor=None, status: str = "checked", content: bytes | None = None, by=None):
    """An import of accounts, checked or posted by services; `content` is a file in the standard format."""
    creditor = creditor or globals()["creditor"]()
    row = f"account_number,debtor_name,opened_date\nI{number()},Imported,2026-01-05\n"
    batch = upload(
        kind="accounts",
        source=Source.from_bytes("accounts.csv", content or row.encode()),
        creditor=creditor,
        actor=by or system(),
        as_of=clock.today(),
    )
    if status == "checked":
        batch = check_import(batch=batch, actor=by or system(), as_of=clock.today())
    elif status == "posted":
        batch = post_import(batch=batch, actor=by or system(), as_of=clock.today())
    return batch


def attempt(*, account: Account, at: datetime, officer: User | None = None, **fields) -> ContactAttempt:
    """A contact logged afterwards: by default a call that nobody answered."""
    fields = {"channel": "call", "direction": "out", "outcome": "no_answer"} | fields
    return log_attempt(debtor=account.debtor, accounts=[account], at=at, officer=officer or user(), **fields)


def follow_up(*, account: Account, due_on: date, owner: User | None = None, **fields) -> FollowUp:
    """An open follow-up, planned on its own day unless `as_of` says earlier."""
    owner = owner or user()
    fields.setdefault("as_of", due_on)
    return plan_follow_up(account=account, owner=owner, due_on=due_on, actor=owner, **fields)


def change_money(holder: User, amount: str | Decimal, *, currency: str = "EUR", day: date = LONG_AGO) -> None:
    """Change money that the office gave somebody; nothing where the amount is none."""
    if Decimal(amount):
        change.give_out(
            holder=holder,
            amount=Decimal(amount),
            currency=currency,
            note="Drawn from the bank",
            actor=user(role=Role.MANAGER),
            as_of=day,
        )
