"""The demonstration's office: organisation, people, teams, departments and creditors."""

from dataclasses import dataclass
from datetime import date, timedelta

from accounts.parties.models import Creditor, Portfolio
from accounts.teams.models import Department, DepartmentMembership, Team, TeamMembership
from collections_app.core import demonstration
from collections_app.core.clock import now
from collections_app.core.enums import Role
from collections_app.core.models import Organisation, User
from collections_app.core.prepare import make_system_user
from reports.demonstration.names import PEOPLE as PEOPLE_NAMES

TIME_ZONE = "Asia/Dubai"
TEAMS = ("Residential", "Commercial", "Abroad")
FIELD, SENIOR = "farid", "iyer"
# An officer looks after so many accounts at most; a larger book has more officers.
ACCOUNTS_AN_OFFICER = 2_500
SHARES = {"Residential": 44, "Commercial": 22, "Abroad": 34}

# sign-in name, full name, role, teams
PEOPLE = (
    ("amal", "Amal Haddad", Role.COLLECTION_OFFICER, ("Residential",)),
    ("osei", "Kwame Osei", Role.COLLECTION_OFFICER, ("Commercial",)),
    ("kowalska", "Zofia Kowalska", Role.COLLECTION_OFFICER, ("Abroad",)),
    ("rivera", "Lucía Rivera", Role.COLLECTION_OFFICER, ("Abroad",)),
    ("nasser", "Omar Nasser", Role.COLLECTION_OFFICER, ("Residential",)),
    ("farid", "Farid Saleh", Role.FIELD_OFFICER, ("Residential", "Commercial")),
    ("iyer", "Meera Iyer", Role.SENIOR_OFFICER, ("Residential", "Commercial", "Abroad")),
    ("delgado", "Ana Delgado", Role.SUPERVISOR, ("Residential", "Commercial")),
    ("bauer", "Jonas Bauer", Role.SUPERVISOR, ("Abroad",)),
    ("tanaka", "Emi Tanaka", Role.MANAGER, ()),
    ("lopez", "Marta Lopez", Role.MANAGER, ()),
    ("auditor", "Ruth Cohen", Role.AUDITOR, ()),
    ("admin", "Sam Porter", Role.ADMINISTRATOR, ()),
    ("sales", "Hana Novak", Role.DEPARTMENT_USER, ()),
    ("legal", "Igor Petrenko", Role.DEPARTMENT_USER, ()),
    ("finance", "Grace Mwangi", Role.DEPARTMENT_USER, ()),
    ("operations", "Tariq Aziz", Role.DEPARTMENT_USER, ()),
)

DEPARTMENTS = (
    ("sales", "Sales", 5),
    ("legal", "Legal", 10),
    ("finance", "Finance", 3),
    ("operations", "Operations", 5),
    ("credit", "Credit", 5),
    ("call_centre", "Call Centre", 2),
)

# code, name, country, subdivision, currency, zone, language, teams, contract
AT_HOME, ABROAD = ("Residential", "Commercial"), ("Abroad",)
CREDITORS = (
    ("CITYPOWER", "City Power", "AE", "DU", "AED", "Asia/Dubai", "en", AT_HOME, "own"),
    ("BLUEREEF", "Blue Reef Bank", "AE", "DU", "AED", "Asia/Dubai", "en", AT_HOME, "third_party"),
    ("HARBOUR", "Harbour Cooling", "KW", "", "KWD", "Asia/Kuwait", "en", AT_HOME, "third_party"),
    ("PORTO", "Porto Telecom", "PT", "", "EUR", "Europe/Lisbon", "pt", ABROAD, "third_party"),
    ("LAKESIDE", "Lakeside Insurance", "US", "IL", "USD", "America/Chicago", "en", ABROAD, "third_party"),
)


@dataclass(frozen=True)
class Office:
    """What the book is hung on: rows by their short names."""

    users: dict[str, User]
    teams: dict[str, Team]
    creditors: dict[str, Creditor]

    def officers(self) -> dict[str, list[str]]:
        """Sign-in names of the collection officers of each team."""
        names = set(
            User.objects.filter(role=Role.COLLECTION_OFFICER, is_demonstration=True).values_list(
                "username", flat=True
            )
        )
        found: dict[str, list[str]] = {team: [] for team in self.teams}
        for team, username in (
            TeamMembership.objects.filter(team__in=self.teams.values(), user__username__in=names)
            .order_by("user_id")
            .values_list("team__name", "user__username")
        ):
            found[team].append(username)
        return found


def make_office(*, as_of: date, accounts: int) -> Office:
    """Make the office of a book of so many accounts once; what is there is kept as it is."""
    Organisation.objects.get_or_create(
        pk=1,
        defaults={
            "name": "Meridian Collections",
            "country": "AE",
            "currency": "AED",
            "time_zone": TIME_ZONE,
            "address": "14 Harbour Road, Dubai",
            "phone": "+971 4 555 0100",
            "email": "office@meridian.example",
            "is_demonstration": True,
            "set_up_at": now(),
        },
    )
    make_system_user()
    began = as_of - timedelta(days=730)
    teams = {name: Team.objects.get_or_create(name=name)[0] for name in TEAMS}
    users = {}
    for username, full_name, role, member_of in PEOPLE:
        user = User.objects.filter(username=username).first()
        if user is None:
            user = demonstration.make_user(
                username, role=role, full_name=full_name, email=f"{username}@meridian.example"
            )
        users[username] = user
        for name in member_of:
            TeamMembership.objects.get_or_create(
                team=teams[name], user=user, valid_to=None, defaults={"valid_from": began}
            )
    _make_more_officers(teams, accounts, began)
    _make_departments(users, began)
    return Office(users, teams, _make_creditors(users, teams))


def _make_more_officers(teams: dict[str, Team], accounts: int, began: date) -> None:
    """Enough officers for the book. They share the first one's password, which is slow to make."""
    known = User.objects.get(username=PEOPLE[0][0]).password
    given = [name for _pool, _language, _families, givens in PEOPLE_NAMES[:4:2] for name in givens.split()]
    family = [name for _pool, _language, families, _givens in PEOPLE_NAMES[:4:2] for name in families.split()]
    number = 0
    for name, team in teams.items():
        have = sum(row[2] == Role.COLLECTION_OFFICER and name in row[3] for row in PEOPLE)
        for _one in range(have, -(-accounts * SHARES[name] // 100 // ACCOUNTS_AN_OFFICER)):
            number += 1
            user, made = User.objects.get_or_create(
                username=f"officer{number:02}",
                defaults={
                    "full_name": f"{given[number * 5 % len(given)]} {family[number * 7 % len(family)]}",
                    "role": Role.COLLECTION_OFFICER,
                    "email": f"officer{number:02}@meridian.example",
                    "password": known,
                    "is_demonstration": True,
                },
            )
            if made:
                TeamMembership.objects.create(team=team, user=user, valid_from=began)


def _make_departments(users: dict[str, User], began: date) -> None:
    for code, name, days in DEPARTMENTS:
        department, _made = Department.objects.get_or_create(
            code=code,
            defaults={"name": name, "answer_days": days, "email": f"{code}@meridian.example"},
        )
        if code in users:
            DepartmentMembership.objects.get_or_create(
                department=department, user=users[code], defaults={"valid_from": began}
            )


def _make_creditors(users: dict[str, User], teams: dict[str, Team]) -> dict[str, Creditor]:
    creditors = {}
    for code, name, country, subdivision, currency, zone, language, worked_by, contract in CREDITORS:
        creditor, made = Creditor.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "kind": contract,
                "country": country,
                "subdivision": subdivision,
                "currency": currency,
                "time_zone": zone,
                "language": language,
                "sender_name": name,
                "sender_email": f"accounts@{code.lower()}.example",
                "payment_instructions": "By bank transfer with your account number as reference.",
                "sender_department": "Customer accounts",
                "sender_hours": "Monday to Friday, 9:00 to 16:00",
                "complaints_to": f"Complaints: care@{code.lower()}.example",
                "released_at": now(),
                "released_by": users["tanaka"],
                "fed_until": now(),
            },
        )
        if made:
            creditor.teams.set(teams[team] for team in worked_by)
        for portfolio, title in (("RES", "Residential"), ("COM", "Commercial")):
            Portfolio.objects.get_or_create(creditor=creditor, code=portfolio, defaults={"name": title})
        creditors[code] = creditor
    return creditors
