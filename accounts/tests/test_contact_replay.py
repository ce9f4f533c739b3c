"""The proof: contacts decided again, and one changed moment found wherever it was changed."""

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.compliance.enums import Judgement
from accounts.compliance.models import ContactProfile, CountedContact, Permit
from accounts.compliance.queries import Asked, known_for
from accounts.compliance.renewing import renew_profiles
from accounts.compliance.replay import replay
from accounts.compliance.services import Happened, ask_permit, ask_permits, count_contacts
from accounts.compliance.versions import install_profiles
from accounts.contacts.models import ContactAttempt
from accounts.contacts.services.attempts import log_attempt
from accounts.contacts.services.calls import open_call
from accounts.contacts.services.outcomes import save_outcome
from accounts.holds.models import Hold
from accounts.policies.enums import PolicyStatus
from collections_app.core import clock
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

# Monday 23 November 2026, 10:42 in Berlin
MORNING = datetime(2026, 11, 23, 9, 42, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
WEEK = {"first": date(2026, 11, 16), "last": date(2026, 11, 30)}


@pytest.fixture
def account():
    made = makers.account(debtor=makers.debtor(country="DE"))
    makers.contact_point(debtor=made.debtor, value="+493012345678")
    return made


@pytest.fixture
def officer():
    return makers.user()


@pytest.fixture
def story(account, officer):
    """Two calls made here, a refusal, a call logged afterwards and one at night: a breach."""
    for days in (0, 1):
        call = open_call(account=account, officer=officer, at=MORNING + timedelta(days=days))
        save_outcome(call=call, outcome="no_answer", officer=officer, at=MORNING + timedelta(days=days))
    ask_permit(debtor=account.debtor, accounts=[account], channel="call", at=NIGHT, actor=officer)
    for at in (MORNING + timedelta(days=2), NIGHT + timedelta(days=2)):
        log_attempt(
            debtor=account.debtor, accounts=[account], channel="call", direction="out", at=at,
            outcome="no_answer", officer=officer,
        )  # fmt: skip
    return account


def change(sql, *values):
    """Write behind the product's back: no trigger fires."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


def shift(table, pk, column, by="1 minute"):
    change(f"UPDATE {table} SET {column} = {column} + %s::interval WHERE id = %s", by, pk)


def test_everything_agrees_and_breaches_are_listed_beside(story):
    found = replay(**WEEK)
    assert found.figures() == {
        "permits": 3,
        "contacts": 4,
        "judged": 5,
        "disagreements": 0,
        "breaches": 1,
        "learned_later": 0,
    }
    assert [row.what for row in found.breaches] == ["contact_hours"]
    assert replay(first=date(2026, 1, 1), last=date(2026, 1, 31)).figures()["contacts"] == 0


@pytest.mark.parametrize(
    ("model", "table", "column", "place"),
    [
        (Permit, "accounts_permit", "moment", 0),
        (Permit, "accounts_permit", "moment", 2),
        (Permit, "accounts_permit", "next_moment", 2),
        (CountedContact, "accounts_countedcontact", "at", 0),
        (CountedContact, "accounts_countedcontact", "at", 2),
        (ContactAttempt, "accounts_contactattempt", "at", 1),
        (ContactAttempt, "accounts_contactattempt", "at", 3),
    ],
)
def test_one_changed_moment_is_found(story, model, table, column, place):
    row = model.objects.order_by("pk")[place]
    shift(table, row.pk, column)
    found = replay(**WEEK)
    assert not found.agrees
    named = {(finding.subject, finding.pk) for finding in found.disagreements}
    counted = (CountedContact._meta.label_lower, row.pk)
    attempts = {("accounts.contactattempt", attempt.pk) for attempt in ContactAttempt.objects.all()}
    assert (model._meta.label_lower, row.pk) in named or (
        counted[0] == model._meta.label_lower and named & attempts
    )


def test_a_contact_that_was_changed_or_vanishes_is_found(account, officer):
    happened = Happened(account.debtor_id, (account.pk,), "call", MORNING - timedelta(days=1))
    (counted,) = count_contacts(contacts=[happened], actor=officer)
    ask_permit(debtor=account.debtor, accounts=[account], channel="call", at=MORNING, actor=officer)
    change("UPDATE accounts_countedcontact SET is_connected = FALSE WHERE id = %s", counted.pk)
    assert any("not as the ledger has it" in row.what for row in replay(**WEEK).disagreements)
    change("DELETE FROM accounts_countedcontact WHERE id = %s", counted.pk)
    assert any("not in the ledger" in row.what for row in replay(**WEEK).disagreements)


def test_a_permit_that_left_out_what_the_ledger_knew_is_found(account, officer):
    asked = Asked(account.debtor_id, (account.pk,), "call", MORNING)
    (permit,) = ask_permits(requests=[asked], actor=officer)
    CountedContact.objects.create(
        debtor=account.debtor, account_ids=[account.pk], channel="call", at=MORNING - timedelta(days=1),
        judgement=Judgement.LAWFUL, recorded_at=permit.recorded_at - timedelta(hours=1),
    )  # fmt: skip
    assert any("was not counted" in row.what for row in replay(**WEEK).disagreements)


def test_a_changed_profile_or_policy_is_found(account, officer):
    install_profiles()
    american = makers.account(
        debtor=makers.debtor(country="US", creditor=makers.creditor(kind="third_party"))
    )
    makers.contact_point(debtor=american.debtor, value="+13125550142")
    noon = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    permit = ask_permit(debtor=american.debtor, accounts=[american], channel="call", at=noon, actor=officer)
    assert permit.is_allowed
    assert permit.facts["laws"] == ["us_reg_f 2021-11-30"]
    assert replay(**WEEK).agrees
    version = ContactProfile.objects.get(code="us_reg_f")
    hours = next(row for row in version.clauses if row["key"] == "hours")
    hours["value"]["week"]["mon"] = "08:00-09:00"
    version.save(update_fields=["clauses"])
    assert [row.pk for row in replay(**WEEK).disagreements] == [permit.pk]


def test_a_contact_is_judged_by_the_version_of_its_day(account, officer):
    install_profiles()
    riyadh = makers.account(debtor=makers.debtor(country="SA"))
    makers.contact_point(debtor=riyadh.debtor, value="+966501234567")
    for year, laws in ((2024, "sa_sama 2018-01-01"), (2026, "sa_sama 2025-03-06")):
        (known,) = known_for(
            [Asked(riyadh.debtor_id, (riyadh.pk,), "call", datetime(year, 3, 10, 8, tzinfo=UTC))]
        )
        assert [law.name for law in known.profile.laws] == [laws]


def test_an_upgrade_renews_the_profiles_nobody_changed_and_offers_new_clauses_to_the_others(
    account, officer
):
    install_profiles()
    today = clock.today()
    american = makers.account(
        debtor=makers.debtor(country="US", creditor=makers.creditor(kind="third_party"))
    )
    makers.contact_point(debtor=american.debtor, value="+13125550142")
    # the installation is of a time when these clauses were not known
    new = {"who_calls", "overshadowing", "free_advice"}
    for row in ContactProfile.objects.all():
        row.clauses = [clause for clause in row.clauses if clause["key"] not in new]
        row.save(update_fields=["clauses"])
    own = ContactProfile.objects.get(code="uk_conc")
    own.pk, own.note, own.valid_from = None, "our own", date(2026, 11, 1)
    own.made_by, own.approved_by = officer, makers.user()
    own.save()
    texts = dict(ContactProfile.objects.values_list("pk", "clauses"))
    at = clock.now()
    ask_permit(debtor=american.debtor, accounts=[american], channel="call", at=at, actor=officer)
    renew_profiles(as_of=today)
    renewed = {row.code: row for row in ContactProfile.objects.exclude(pk__in=texts)}
    regulation = renewed["us_reg_f"]
    assert (regulation.status, regulation.valid_from) == ("approved", today)
    assert {"who_calls", "overshadowing"} <= {row["key"] for row in regulation.clauses}
    offered = renewed["uk_conc"]
    assert (offered.status, offered.clauses[: len(own.clauses)]) == ("draft", own.clauses)
    assert [row["key"] for row in offered.clauses[len(own.clauses) :]] == ["free_advice"]
    assert renewed.keys() == {"us_reg_f", "in_rbi", "uk_conc"}
    assert dict(ContactProfile.objects.filter(pk__in=texts).values_list("pk", "clauses")) == texts
    # what was decided this morning is judged by what was known this morning, what comes by the new text
    span = {"first": today - timedelta(days=1), "last": today + timedelta(days=1)}
    assert replay(**WEEK | span).agrees
    asked = Asked(american.debtor_id, (american.pk,), "call", at + timedelta(days=1))
    (known,) = known_for([asked])
    assert [law.name for law in known.profile.laws] == [f"us_reg_f {today}"]
    count = ContactProfile.objects.count()
    renew_profiles(as_of=today)
    renew_profiles(as_of=today + timedelta(days=9))
    assert ContactProfile.objects.count() == count, "nothing is said twice"


def test_a_version_approved_later_does_not_judge_what_was_decided_before(account, officer):
    install_profiles()
    permit = ask_permit(debtor=account.debtor, accounts=[account], channel="call", at=MORNING, actor=officer)
    base = ContactProfile.objects.get(code="uk_conc")
    hours = [
        {**row, "value": {**row["value"], "week": {"mon": "23:00-23:30"}}} if row["key"] == "hours" else row
        for row in base.clauses
    ]
    ContactProfile.objects.create(
        code="uk_conc", title="later", country="GB", valid_from=date(2026, 11, 20), clauses=hours, note="law",
        status=PolicyStatus.APPROVED, made_by=officer, approved_by=makers.user(),
        approved_at=permit.recorded_at + timedelta(hours=1),
    )  # fmt: skip
    assert replay(**WEEK).agrees
    assert not known_for([Asked(account.debtor_id, (account.pk,), "call", MORNING)])[0].verdict().allowed


def test_a_contact_before_we_were_told_is_listed_and_not_judged(account, officer):
    earlier = Happened(account.debtor_id, (account.pk,), "call", MORNING - timedelta(days=3))
    count_contacts(contacts=[earlier], actor=officer)
    Hold.objects.create(
        scopes=["contact"], reason="breathing_space", first_day=date(2026, 11, 18), account=account,
        placed_by=officer, recorded_at=MORNING,
    )  # fmt: skip
    (told_before,) = count_contacts(
        contacts=[Happened(account.debtor_id, (account.pk,), "call", MORNING + timedelta(hours=1))],
        actor=officer,
    )
    found = replay(**WEEK)
    assert found.agrees
    assert [row.what for row in found.learned_later] == ["breathing_space"]
    assert [row.pk for row in found.breaches] == [told_before.pk]


def test_the_command_says_so_and_ends_with_one_when_something_does_not_agree(story):
    out = StringIO()
    call_command("audit_contacts", "--from", "2026-11-16", "--to", "2026-11-30", stdout=out)
    assert "3 permits and 4 contacts decided again, 0 disagreements" in out.getvalue()
    assert "breach: accounts.countedcontact" in out.getvalue()
    shift("accounts_permit", Permit.objects.order_by("pk").first().pk, "moment")
    out = StringIO()
    with pytest.raises(CommandError) as failed:
        call_command("audit_contacts", "--from", "2026-11-16", "--to", "2026-11-30", "--json", stdout=out)
    assert failed.value.returncode == 1
    told = json.loads(out.getvalue())
    assert told["disagreements"] == len([row for row in told["rows"] if row["kind"] == "disagreement"]) > 0
    with pytest.raises(CommandError):
        call_command("audit_contacts", "--from", "yesterday")
