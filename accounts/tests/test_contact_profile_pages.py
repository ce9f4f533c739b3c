"""The pages of the contact gate: profiles proposed and approved by two people, replays ordered and read."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.compliance.jobs import ReplayContacts
from accounts.compliance.models import ContactProfile, ContactReplay
from accounts.compliance.queries import Asked, known_for
from accounts.compliance.replays import ReplayPeriodWrong, order_replay
from accounts.compliance.services import ask_permit
from accounts.compliance.versions import install_profiles, profile_choices
from accounts.contacts.services.attempts import log_attempt
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord
from collections_app.core.said import retold
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def today():
    return clock.today()


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def enter(client, team):
    def sign_in(role):
        person = makers.teammate(team=team, role=role)
        client.force_login(person, backend=BACKEND)
        return person

    return sign_in


def text(answer) -> str:
    return answer.content.decode()


def profile(code):
    return ContactProfile.objects.filter(code=code, status="approved").latest("valid_from")


def test_every_profile_stands_there_with_what_is_not_verified(client, enter):
    install_profiles()
    install_profiles()  # a second time changes nothing
    enter(Role.COLLECTION_OFFICER)
    page = text(client.get(reverse("accounts:contact_profile_list")))
    assert ContactProfile.objects.count() == 10
    with translation.override("ar"):
        shown = {row.shown_title for row in ContactProfile.objects.all()}
        assert shown.isdisjoint(ContactProfile.objects.values_list("title", flat=True))
        assert dict(profile_choices())["us_reg_f"] in shown
        assert retold("Spoilt when printed") != "Spoilt when printed"  # as a notice keeps it
        assert retold("what somebody wrote") == "what somebody wrote"
    for title in ("United States, Regulation F", "Saudi Arabia, SAMA 2018", "India, RBI draft 2026"):
        assert title in page
    emirates = text(client.get(reverse("accounts:contact_profile_detail", args=[profile("ae").pk])))
    assert "mon-sun 09:00-20:00" in emirates
    assert "unverified" in emirates
    assert "Propose a change" not in emirates
    propose = reverse("accounts:contact_profile_new", args=[profile("ae").pk])
    assert client.get(propose).status_code == 403
    update = text(client.get(reverse("accounts:contact_profile_detail", args=[profile("sa_sama").pk])))
    assert "<ins" in update  # against the version of 2018


def test_a_version_is_proposed_compared_and_approved_by_another(client, enter, today):
    install_profiles()
    enter(Role.SUPERVISOR)
    propose = reverse("accounts:contact_profile_new", args=[profile("ae").pk])
    form = client.get(propose).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    sent |= {"valid_from": str(today), "note": "The regulator's circular"}
    wrong = client.post(propose, {**sent, "line_hours": "mon-sun 20:00-09:00"})
    assert wrong.status_code == 422
    assert "cannot be read" in text(wrong)
    changed = {
        **sent,
        "line_hours": "mon-thu 10:00-17:00",
        "source_hours": "CBUAE circular 12",
        "sure_hours": "F",
    }
    assert client.post(propose, changed).status_code == 302
    version = ContactProfile.objects.get(note="The regulator's circular")
    detail = reverse("accounts:contact_profile_detail", args=[version.pk])
    page = text(client.get(detail))
    assert "before: mon-sun 09:00-20:00" in page
    client.post(reverse("accounts:contact_profile_submit", args=[version.pk]))
    approve = reverse("accounts:contact_profile_approve", args=[version.pk])
    assert client.post(approve).status_code == 403
    assert _source_in_the_emirates() != "CBUAE circular 12"

    enter(Role.MANAGER)
    assert "Approve profile" in text(client.get(detail))
    client.post(approve)
    version.refresh_from_db()
    assert (version.status, version.approved_by.role) == ("approved", Role.MANAGER)
    assert _source_in_the_emirates() == "CBUAE circular 12"
    codes = set(
        AuditRecord.objects.filter(code__startswith="contact_profile.").values_list("code", flat=True)
    )
    assert {"contact_profile.proposed", "contact_profile.submitted", "contact_profile.approved"} <= codes


def _source_in_the_emirates():
    """Why nobody may be called on a Friday at noon in Dubai, by now."""
    account = makers.account(debtor=makers.debtor(country="AE"))
    makers.contact_point(debtor=account.debtor, value="+971505550142")
    noon = datetime.combine(clock.today(), datetime.min.time(), UTC) + timedelta(hours=8)
    friday = noon + timedelta(days=(4 - noon.weekday()) % 7)
    return known_for([Asked(account.debtor_id, (account.pk,), "sms", friday)])[0].verdict().source


def test_a_manager_does_not_approve_his_own_and_may_take_it_back(client, enter, today):
    install_profiles()
    enter(Role.MANAGER)
    propose = reverse("accounts:contact_profile_new", args=[profile("uk_conc").pk])
    form = client.get(propose).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields} | {
        "note": "mine",
        "valid_from": str(today),
    }
    client.post(propose, sent)
    version = ContactProfile.objects.get(note="mine")
    detail = reverse("accounts:contact_profile_detail", args=[version.pk])
    submit = reverse("accounts:contact_profile_submit", args=[version.pk])
    same = client.post(submit, follow=True, HTTP_REFERER=f"http://testserver{detail}")
    assert "These values hold already" in text(same)
    client.post(propose, {**sent, "line_hours": "mon-sun 09:00-18:00", "note": "shorter"})
    version = ContactProfile.objects.get(note="shorter")
    client.post(reverse("accounts:contact_profile_submit", args=[version.pk]))
    assert client.post(reverse("accounts:contact_profile_approve", args=[version.pk])).status_code == 403
    reject = reverse("accounts:contact_profile_reject", args=[version.pk])
    assert client.post(reject, {"reason": "Wrong day"}).status_code == 302
    version.refresh_from_db()
    assert version.status == "rejected"


def test_a_replay_is_ordered_followed_and_read(client, enter, today):
    account = makers.account(debtor=makers.debtor(country="DE"))
    makers.contact_point(debtor=account.debtor, value="+493012345678")
    officer = makers.user()
    night = datetime.combine(today - timedelta(days=2), datetime.min.time(), UTC) + timedelta(hours=2)
    ask_permit(debtor=account.debtor, accounts=[account], channel="call", at=night, actor=officer)
    breach = log_attempt(
        debtor=account.debtor, accounts=[account], channel="call", direction="out", at=night,
        outcome="no_answer", officer=officer,
    )  # fmt: skip
    auditor = enter(Role.AUDITOR)
    new = reverse("accounts:contact_replay_new")
    asked = {"first_day": str(today - timedelta(days=9)), "last_day": str(today)}
    assert client.post(new, {**asked, "last_day": str(today - timedelta(days=30))}).status_code == 422
    assert client.post(new, asked).status_code == 302
    ordered = ContactReplay.objects.get()
    job = ReplayContacts.run_now(scope=str(ordered.pk), actor=auditor)
    assert job.result["disagreements"] == 0
    assert job.total == job.done == 2
    ordered.refresh_from_db()
    assert ordered.status == "agrees"
    page = text(client.get(reverse("accounts:contact_replay_detail", args=[ordered.pk])))
    assert "Outside contact hours" in page
    assert reverse("accounts:contact_detail", args=[breach.pk]) in page
    assert auditor.full_name in text(client.get(reverse("accounts:contact_replay_list")))
    rows = reverse("accounts:contact_finding_list") + f"?replay={ordered.pk}"
    assert "Outside contact hours" in text(client.get(rows))


def test_who_is_no_auditor_supervisor_or_manager_sees_no_replay(client, enter):
    for role in (Role.COLLECTION_OFFICER, Role.ADMINISTRATOR):
        enter(role)
        assert client.get(reverse("accounts:contact_replay_list")).status_code == 403
        assert client.get(reverse("accounts:contact_replay_new")).status_code == 403


def test_a_replay_of_days_to_come_is_refused(today):
    manager = makers.user(role=Role.MANAGER)
    ahead = today + timedelta(days=1)
    with pytest.raises(ReplayPeriodWrong):
        order_replay(first_day=ahead, last_day=ahead, actor=manager, as_of=today)


def test_a_contact_fact_is_noted_heeded_and_ended(client, enter, team, today):
    account = makers.account(team=team, debtor=makers.debtor(country="DE"))
    makers.contact_point(debtor=account.debtor, value="+493012345678")
    enter(Role.COLLECTION_OFFICER)
    new = reverse("accounts:contact_fact_new", args=[account.debtor_id])
    asked = {"kind": "refused", "since": str(today), "source": "Said so on the phone"}
    assert client.post(new, asked).status_code == 422
    assert client.post(new, {**asked, "channel": "sms"}).status_code == 302
    (known,) = known_for([Asked(account.debtor_id, (account.pk,), "sms", clock.now())])
    assert known.verdict().rule == "medium_refused"
    assert known.verdict("call").rule != "medium_refused"
    listed = reverse("accounts:contact_fact_list", args=[account.debtor_id])
    assert "Refused this way of contact" in text(client.get(listed))
    assert listed in text(client.get(reverse("accounts:debtor_detail", args=[account.debtor_id])))
    fact = account.debtor.contact_facts.get()
    again = client.post(new, {**asked, "channel": "sms"})
    assert "noted already" in text(again)  # two of them would outlive the ending of one
    end = reverse("accounts:contact_fact_end", args=[fact.pk])
    assert end not in text(client.get(listed))
    assert "senior officer" in text(client.get(end))
    assert client.post(end, {"since": str(today), "source": "Changed his mind"}).status_code == 403
    enter(Role.SENIOR_OFFICER)
    assert end in text(client.get(listed))
    assert client.post(end, {"since": str(today), "source": "Changed his mind"}).status_code == 302
    assert "Changed his mind" in text(client.get(listed))
    (known,) = known_for([Asked(account.debtor_id, (account.pk,), "sms", clock.now())])
    assert known.verdict().rule != "medium_refused"
    assert client.post(end, {"since": str(today), "source": "again"}).status_code == 404
