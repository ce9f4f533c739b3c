"""One function a noun, with defaults a reader can guess; tests say only what matters to them."""

from datetime import date
from itertools import count

from accounts.policies.enums import PolicyStatus
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion
from accounts.tasks.models import Task
from accounts.tasks.services import raise_task
from accounts.teams.models import Absence, Department, DepartmentMembership, Team, TeamMembership
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
        **scope,
    )


def task(**fields) -> Task:
    """An open task, for a collection officer unless it says for whom."""
    if not {"assignee", "team", "department", "role"} & set(fields):
        fields["assignee"] = user()
    fields.setdefault("actor", system())
    return raise_task(**{"kind": "check", "title": "Look at this", **fields})
