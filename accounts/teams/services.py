"""Teams, departments, absences, and the users of the office."""

from datetime import date
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from accounts.teams.models import Absence, Department, DepartmentMembership, Team, TeamMembership
from accounts.teams.open_work import open_work
from accounts.teams.rules import deputies_for, may_record_absence_of
from collections_app.core import audit, clock
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed, Refused


class NameTaken(Refused):
    """Another one has that name."""


class OpenWorkLeft(Refused):
    """The user still has work in hand; it must be handed over first."""


class AbsenceOverlaps(Refused):
    """The absence meets another, or the deputy is away himself."""


class OwnRole(Refused):
    """Nobody gives himself another role: whoever manages users could take every right alone."""


class LastAdministrator(Refused):
    """Somebody must remain who can manage users."""


@transaction.atomic
def save_team(*, name: str, actor, team: Team | None = None, is_active: bool = True) -> Team:
    """Make or rename a team. Raises NameTaken."""
    require(actor, "accounts.manage_team")
    if Team.objects.filter(name__iexact=name).exclude(pk=team.pk if team else None).exists():
        raise NameTaken(_("There is a team of that name."), field="name")
    before = {"name": team.name, "is_active": team.is_active} if team else {}
    team = team or Team()
    team.name, team.is_active = name, is_active
    team.save()
    audit.record("team.saved", team, actor=actor, before=before, after={"name": name, "is_active": is_active})
    return team


@transaction.atomic
def save_department(
    *, code: str, name: str, email: str, answer_days: int, actor, department: Department | None = None
) -> Department:
    """Make or change a department; `answer_days` is how long it has to answer a question.

    Raises NameTaken.
    """
    require(actor, "accounts.manage_team")
    if (
        Department.objects.filter(code__iexact=code)
        .exclude(pk=department.pk if department else None)
        .exists()
    ):
        raise NameTaken(_("There is a department with that code."), field="code")
    department = department or Department()
    department.code, department.name = code, name
    department.email, department.answer_days = email, answer_days
    department.save()
    audit.record(
        "department.saved", department, actor=actor, after={"code": code, "answer_days": answer_days}
    )
    return department


@transaction.atomic
def set_teams(*, user: User, teams, actor, as_of: date) -> None:
    """Put a user into exactly these teams from a day on; earlier memberships keep their days."""
    require(actor, "accounts.manage_team")
    _set_memberships(TeamMembership, "team", user, teams, as_of)
    audit.record("user.teams_set", user, actor=actor, after={"teams": [team.pk for team in teams]})


@transaction.atomic
def set_departments(*, user: User, departments, actor, as_of: date) -> None:
    """The same for departments."""
    require(actor, "accounts.manage_team")
    _set_memberships(DepartmentMembership, "department", user, departments, as_of)
    audit.record(
        "user.departments_set", user, actor=actor, after={"departments": [d.pk for d in departments]}
    )


def _set_memberships(model, noun: str, user: User, wanted, as_of: date) -> None:
    wanted_ids = {row.pk for row in wanted}
    current = model.objects.filter(user=user, valid_to__isnull=True)
    current.exclude(**{f"{noun}__in": wanted_ids}).update(valid_to=as_of)
    known = set(current.values_list(f"{noun}_id", flat=True))
    model.objects.bulk_create(
        model(user=user, valid_from=as_of, **{f"{noun}_id": pk}) for pk in sorted(wanted_ids - known)
    )


@transaction.atomic
def record_absence(
    *, user: User, deputy: User, first_day: date, last_day: date, actor, as_of: date
) -> Absence:
    """The user is away; the deputy sees his list and gets what falls due, and it comes back after.

    Raises NotAllowed, AbsenceOverlaps. Approvals go to the deputy but never back to their maker.
    """
    require(actor, "accounts.manage_absence")
    if not may_record_absence_of(actor, user, as_of=as_of):
        raise NotAllowed(_("Only your supervisor or you yourself may record that you are away."))
    if deputy.pk == user.pk:
        raise AbsenceOverlaps(_("Choose somebody else to stand in."), field="deputy")
    if last_day < max(first_day, as_of):
        raise AbsenceOverlaps(_("The last day lies before the first, or in the past."), field="last_day")
    if not deputies_for(user, actor=actor, as_of=as_of).filter(pk=deputy.pk).exists():
        raise AbsenceOverlaps(
            _(
                "A deputy has the same role or a senior one, and is of your own team. "
                "Your supervisor can choose somebody else."
            ),
            field="deputy",
        )
    meeting = Absence.objects.filter(
        cancelled_at__isnull=True, first_day__lte=last_day, last_day__gte=first_day
    )
    if meeting.filter(user=user).exists():
        raise AbsenceOverlaps(_("Another absence is recorded for these days."), field="first_day")
    if meeting.filter(user=deputy).exists():
        raise AbsenceOverlaps(_("The deputy is away on some of these days."), field="deputy")
    absence = Absence.objects.create(
        user=user, deputy=deputy, first_day=first_day, last_day=last_day, recorded_by=actor
    )
    audit.record(
        "absence.recorded",
        absence,
        actor=actor,
        after={"user": user.pk, "deputy": deputy.pk, "first_day": first_day, "last_day": last_day},
    )
    return absence


@transaction.atomic
def cancel_absence(*, absence: Absence, actor, as_of: date) -> Absence:
    """The user is back (or never left): work comes back at once. Raises NotAllowed."""
    if not may_record_absence_of(actor, absence.user, as_of=as_of):
        raise NotAllowed(_("Only your supervisor or you yourself may change this."))
    absence.cancelled_at = clock.now()
    absence.save(update_fields=["cancelled_at"])
    audit.record("absence.cancelled", absence, actor=actor, after={"as_of": as_of})
    return absence


def password_link(user: User) -> tuple[str, str]:
    """The two parts of the address under which the user sets a password, once."""
    return urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)


@transaction.atomic
def invite_user(
    *,
    username: str,
    full_name: str,
    email: str,
    role: str,
    teams,
    departments,
    actor,
    as_of: date,
    **fields: Any,
) -> User:
    """Make a user without a password; the caller mails or shows the link that sets one.

    Raises NameTaken, NotAllowed.
    """
    require(actor, "core.manage_user")
    if role == Role.SYSTEM:
        raise NotAllowed(_("Nobody can be the system."))
    if User.objects.filter(username__iexact=username).exists():
        raise NameTaken(_("That sign-in name is taken."), field="username")
    user = User.objects.create_user(username, role=role, full_name=full_name, email=email, **fields)
    audit.record("user.invited", user, actor=actor, after={"role": role})
    set_teams(user=user, teams=teams, actor=actor, as_of=as_of)
    set_departments(user=user, departments=departments, actor=actor, as_of=as_of)
    return user


@transaction.atomic
def change_user(
    *, user: User, full_name: str, email: str, role: str, teams, departments, actor, as_of: date
) -> User:
    """Change who a user is in the office. Raises NotAllowed, OwnRole, LastAdministrator, OpenWorkLeft."""
    require(actor, "core.manage_user")
    if role == Role.SYSTEM:
        raise NotAllowed(_("Nobody can be the system."))
    if role != user.role and user.pk == actor.pk:
        raise OwnRole(_("Nobody changes his own role. Ask another administrator."), field="role")
    if user.role == Role.ADMINISTRATOR and role != Role.ADMINISTRATOR:
        _keep_an_administrator(user)
    if role != user.role and role in (Role.ADMINISTRATOR, Role.AUDITOR) and open_work(user):
        raise OpenWorkLeft(_("Hand over the open work before this change of role."), field="role")
    after = {"role": role, "full_name": full_name, "email": email}
    before = {name: getattr(user, name) for name in after}
    for name, value in after.items():
        setattr(user, name, value)
    user.save(update_fields=list(after))
    audit.record("user.changed", user, actor=actor, before=before, after=after)
    set_teams(user=user, teams=teams, actor=actor, as_of=as_of)
    set_departments(user=user, departments=departments, actor=actor, as_of=as_of)
    return user


def _keep_an_administrator(user: User) -> None:
    others = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk)
    if not others.select_for_update().exists():
        raise LastAdministrator(_("This is the last administrator; name another one first."), field="role")


@transaction.atomic
def reset_password(*, user: User, actor) -> tuple[str, str]:
    """Take the password away and return the parts of a new link; old sessions end."""
    require(actor, "core.manage_user")
    user.set_unusable_password()
    user.save(update_fields=["password"])
    audit.record("user.password_reset", user, actor=actor)
    return password_link(user)


@transaction.atomic
def hand_over(*, user: User, to: User, actor, as_of: date) -> dict[str, int]:
    """Move everything the user has in hand to a colleague, in one action; counts by kind.

    Raises OpenWorkLeft.
    """
    require(actor, "core.manage_user")
    if to.pk == user.pk or not to.is_active:
        raise OpenWorkLeft(_("Choose a colleague who may sign in."), field="to")
    moved = {}
    for kind, number in open_work(user):
        kind.hand_over(user=user, to=to, actor=actor, as_of=as_of)
        moved[kind.name] = number
    audit.record("user.work_handed_over", user, actor=actor, after={"to": to.pk, **moved})
    return moved


@transaction.atomic
def deactivate_user(*, user: User, actor, as_of: date, to: User | None = None) -> User:
    """End a user's access. Refused with the list of open work unless a colleague takes it over.

    Raises NotAllowed, OpenWorkLeft.
    """
    require(actor, "core.manage_user")
    if user.pk == actor.pk:
        raise NotAllowed(_("You can't deactivate yourself."))
    if user.role == Role.ADMINISTRATOR:
        _keep_an_administrator(user)
    left = open_work(user)
    if left and to is None:
        named = ", ".join(f"{kind.label}: {number}" for kind, number in left)
        raise OpenWorkLeft(
            _("Still in hand: %(work)s. Choose who takes it over.") % {"work": named}, field="to"
        )
    if left:
        hand_over(user=user, to=to, actor=actor, as_of=as_of)
    user.is_active = False
    user.deactivated_at = clock.now()
    user.set_unusable_password()
    user.save(update_fields=["is_active", "deactivated_at", "password"])
    audit.record("user.deactivated", user, actor=actor, after={"as_of": as_of})
    return user


@transaction.atomic
def reactivate_user(*, user: User, actor) -> User:
    """Let a user sign in again; he sets a new password by a link."""
    require(actor, "core.manage_user")
    user.is_active, user.deactivated_at = True, None
    user.save(update_fields=["is_active", "deactivated_at"])
    audit.record("user.reactivated", user, actor=actor)
    return user
