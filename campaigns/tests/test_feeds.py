"""A feed that does not come: an alarm people see, reminders that wait, and how that ends."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts.imports.enums import FeedAlarmStatus
from accounts.imports.feeds import (
    FeedRefused,
    end_release,
    fed_after,
    oldest_feed,
    release_feed,
    watch_feeds,
)
from accounts.imports.models import FeedAlarm
from accounts.imports.services import reverse_import
from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from accounts.tasks.models import Task
from accounts.tests.imports.making import post as post_file
from accounts.tests.imports.making import table
from campaigns.sending.enums import MessageStatus, Spared
from campaigns.sending.gateways import Answer, Gateways
from campaigns.sending.models import Message
from campaigns.sending.services import send_due
from campaigns.tests.test_sending import Silent
from campaigns.tests.test_treatment import DUE, at, owing, run, step_of
from campaigns.treatment.enums import StepStatus
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
DAY = DUE + timedelta(days=1)


def make_late(creditor: Creditor, days: int = 5, now=None) -> None:
    moment = (now or clock.now()) - timedelta(days=days)
    Creditor.objects.filter(pk=creditor.pk).update(fed_until=moment)
    creditor.refresh_from_db()


def test_a_missed_feed_is_an_alarm_that_holds_the_run_until_it_is_released_or_arrives():
    account = owing()
    creditor = account.creditor
    team = makers.team()
    creditor.teams.add(team)
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    make_late(creditor, now=at(DAY))
    run(DAY)
    alarm = FeedAlarm.objects.get()
    assert (alarm.creditor, alarm.status, alarm.fed_until) == (
        creditor,
        FeedAlarmStatus.LATE,
        creditor.fed_until,
    )
    assert step_of(account).spared == Spared.FEED
    task = Task.objects.get(kind="late_feed")
    assert (task.assignee, task.status) == (supervisor, "open")
    assert creditor.name in task.title
    assert AuditRecord.objects.filter(code="feed_alarm.raised").count() == 1
    assert watch_feeds(now=at(DAY)) == {"raised": 0, "again": 0, "over": 0}
    given = {"alarm": alarm, "hours": 24, "as_of": DAY}
    with pytest.raises(NotAllowed):
        release_feed(**given, reason="x", actor=makers.user())
    with pytest.raises(NotAllowed):
        release_feed(**given, reason="x", actor=makers.user(role=Role.ADMINISTRATOR))
    with pytest.raises(FeedRefused, match="Say why"):
        release_feed(**given, reason=" ", actor=supervisor)
    stranger = makers.teammate(team=makers.team(), role=Role.SUPERVISOR)
    with pytest.raises(FeedRefused, match="do not work for"):
        release_feed(**given, reason="x", actor=stranger)
    release_feed(**given, reason="Their system is down", actor=supervisor)
    alarm.refresh_from_db()
    task.refresh_from_db()
    assert (alarm.status, alarm.reason, task.status) == ("released", "Their system is down", "done")
    run(DAY)
    assert step_of(account).status == StepStatus.QUEUED
    # a release is ended before its time, with a reason, and given again
    with pytest.raises(NotAllowed):
        end_release(alarm=alarm, reason="x", actor=makers.user(), as_of=DAY)
    with pytest.raises(FeedRefused, match="Say why"):
        end_release(alarm=alarm, reason=" ", actor=supervisor, as_of=DAY)
    with pytest.raises(FeedRefused, match="do not work for"):
        end_release(alarm=alarm, reason="x", actor=stranger, as_of=DAY)
    end_release(alarm=alarm, reason="It comes today after all", actor=supervisor, as_of=DAY)
    alarm.refresh_from_db()
    assert (alarm.status, alarm.released_until) == ("late", None)
    assert Task.objects.filter(kind="late_feed", status="open").count() == 1
    release_feed(**given, reason="It does not", actor=supervisor)
    alarm.refresh_from_db()
    # the release runs out and nothing came: an alarm again, with a task again
    later = alarm.released_until + timedelta(minutes=1)
    assert watch_feeds(now=later)["again"] == 1
    assert Task.objects.filter(kind="late_feed", status="open").count() == 1
    Creditor.objects.filter(pk=creditor.pk).update(fed_until=later)
    assert watch_feeds(now=later)["over"] == 1
    assert not Task.objects.filter(kind="late_feed", status="open").exists()
    alarm.refresh_from_db()
    assert (alarm.status, alarm.ended_at is None) == ("over", False)


def test_a_file_of_entries_ends_the_alarm_and_its_undo_brings_it_back():
    account = owing()
    creditor, number = account.creditor, account.number
    make_late(creditor)
    watch_feeds(now=clock.now())
    post_file(
        "contacts",
        table(
            "account_number,contacted_at,channel,direction,outcome",
            f"{number},2026-03-02 10:00,call,out,no_answer",
        ),
        creditor=creditor,
    )
    assert FeedAlarm.objects.get().status == "late", "contacts say nothing of what is owed"
    header = "account_number,entry_reference,kind,amount,value_date"
    first = post_file("entries", table(header, f"{number},F-1,charge,5.00,2026-03-01"), creditor=creditor)
    creditor.refresh_from_db()
    assert FeedAlarm.objects.get().status == "over"
    assert creditor.fed_until == first.posted_at
    second = post_file("entries", table(header, f"{number},F-2,charge,6.00,2026-03-01"), creditor=creditor)
    reverse_import(batch=second, reason="wrong file", actor=makers.system(), as_of=date(2026, 3, 9))
    creditor.refresh_from_db()
    assert creditor.fed_until == first.posted_at


def test_days_without_files_do_not_count_and_some_books_are_never_fed():
    creditor = makers.creditor(country="DE")
    monday = at(date(2026, 9, 7), 9)  # eleven o'clock in Berlin
    daily = makers.creditor(country="DE")
    makers.policy("feed", {"expected": "daily"}, scope_type="creditor", scope_id=daily.pk)
    assert fed_after(daily.pk, as_of=monday.date(), now=monday) == monday - timedelta(hours=30)
    # what nobody has decided for is counted on business days: weekends bring no files
    # eleven hours of Monday, the rest from the end of Friday back
    friday_end = at(date(2026, 9, 4), 22)
    assert fed_after(creditor.pk, as_of=monday.date(), now=monday) == friday_end - timedelta(hours=19)
    makers.policy("feed", {"expected": "never"}, scope_type="creditor", scope_id=creditor.pk)
    make_late(creditor, days=4000)
    assert watch_feeds(now=clock.now())["raised"] == 0
    # «Books fed until» is of the creditors that files are expected from
    assert oldest_feed(as_of=monday.date()) is None
    fed, other = makers.creditor(), makers.creditor()
    make_late(other, days=1)
    make_late(fed, days=2)
    assert oldest_feed(as_of=monday.date()) == fed.fed_until


def test_a_message_withheld_for_old_books_goes_once_they_are_fed():
    account = owing()
    run(DAY)
    make_late(account.creditor, now=at(DAY))
    gateway = Silent(Answer("sent"))

    def send(day):
        send_due(
            now=at(day, 12),
            limit=10,
            actor=makers.system(),
            gateways=Gateways(email=gateway, sms=gateway),
        )

    send(DAY)
    assert Message.objects.get().status == MessageStatus.WITHHELD
    next_day = DAY + timedelta(days=1)
    Creditor.objects.filter(pk=account.creditor_id).update(fed_until=at(next_day))
    for _again in range(2):
        run(next_day)
    send(next_day)
    assert list(Message.objects.order_by("id").values_list("status", flat=True)) == ["withheld", "sent"]
    assert len(gateway.parcels) == 1


def test_the_pages_show_it_to_who_may_act_and_refuse_others(
    client, django_assert_num_queries, django_capture_on_commit_callbacks
):
    account = owing()
    creditor = account.creditor
    team = makers.team()
    creditor.teams.add(team)
    Account.objects.filter(pk=account.pk).update(team=team)
    make_late(creditor)
    with django_capture_on_commit_callbacks(execute=True):
        watch_feeds(now=clock.now())
    alarm = FeedAlarm.objects.get()
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    administrator = makers.user(role=Role.ADMINISTRATOR)
    for user in (supervisor, administrator):
        client.force_login(user)
        today = client.get(reverse("campaigns:today")).content.decode()
        assert f"No feed from {creditor.name}" in today, user.role
        page = client.get(reverse("campaigns:feed_detail", args=[creditor.pk])).content.decode()
        assert "reminders wait" in page
        assert ("Release reminders" in page) == (user == supervisor)
    release = reverse("campaigns:feed_release", args=[alarm.pk])
    assert client.get(release).status_code == 403
    stranger = makers.teammate(team=makers.team(), role=Role.SUPERVISOR)
    client.force_login(stranger)
    assert creditor.name not in client.get(reverse("campaigns:today")).content.decode()
    assert client.get(release).status_code == 404
    client.force_login(makers.teammate(team=team))
    assert client.get(reverse("campaigns:feed_list")).status_code == 403
    assert "No feed from" not in client.get(reverse("campaigns:today")).content.decode()
    client.force_login(supervisor)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(release, {"hours": "24", "reason": "Told by telephone"})
    alarm.refresh_from_db()
    assert (alarm.status, alarm.released_by) == ("released", supervisor)
    page = client.get(reverse("campaigns:feed_detail", args=[creditor.pk])).content.decode()
    assert "Told by telephone" in page
    assert "&lt;" not in page.partition("<main")[2]
    assert "No feed from" not in client.get(reverse("campaigns:today")).content.decode()
    end = reverse("campaigns:feed_end_release", args=[alarm.pk])
    assert end in page
    client.force_login(stranger)
    assert client.get(end).status_code == 404
    client.force_login(administrator)
    assert client.get(end).status_code == 403
    client.force_login(supervisor)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(end, {"reason": "It comes"})
    assert "No feed from" in client.get(reverse("campaigns:today")).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(release, {"hours": "24", "reason": "Told by telephone"})
    for _row in range(30):
        more = makers.creditor()
        more.teams.add(team)
    address = reverse("campaigns:feed_list")
    client.get(address)
    with django_assert_num_queries(6, exact=False):
        shown = client.get(address).content.decode()
    assert "Late, reminders released" in shown
    assert shown.count(">Not late<") >= 30
    only = client.get(address, {"state": "not_late"}).content.decode()
    assert creditor.name not in only.partition("<table")[2]
