"""Permits in an officer's words."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from accounts.compliance.profiles import Cap
from accounts.compliance.wording import (
    clocks_words,
    laws_words,
    limit_of,
    limits_of,
    profile_words,
    rule_words,
)

TODAY = date(2026, 3, 10)
MOMENT = datetime(2026, 3, 11, 5, tzinfo=UTC)


def test_a_limit_of_a_profile_is_read_back_from_its_own_key():
    cap = Cap(frozenset({"email", "call"}), "attempts", 10, 7)
    found = limit_of(cap.name, 3)
    assert found.sentence == "Calls, e-mails: 3 used of 10 attempts in 7 days"
    assert not found.is_full
    assert limit_of(cap.name, 10).is_full


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("call contacts 1/7d", "Calls: 0 used of 1 contact in 7 days"),
        ("visit attempts 2/1d", "Visits: 0 used of 2 attempts a day"),
        ("call attempts 7/7d debt", "Calls: 0 used of 7 attempts in 7 days about the debt"),
        (
            "call+sms contacts 3/week account",
            "Calls, text messages: 0 used of 3 contacts a week about the account",
        ),
        ("call attempts 10/month", "Calls: 0 used of 10 attempts a month"),
        ("something old", "something old: 0"),
    ],
)
def test_every_key_that_a_permit_may_hold_is_said(key, words):
    assert limits_of({"counts": {key: 0}})[0].sentence == words


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("office 2026-03-01", "Company policy of 1 March 2026"),
        ("office 1900-01-01", "Company policy"),
        ("creditor 2026-03-01", "The creditor's policy of 1 March 2026"),
        ("default", "The built-in contact rules"),
        ("Regulation F", "Regulation F"),
    ],
)
def test_a_rule_book_has_a_name_people_know(profile, words):
    assert profile_words(profile) == words


def test_the_laws_of_a_permit_have_their_titles():
    laws = ["au_rg96 2021-04-01 WA", "sa_sama 2018-01-01", "strict 2025-03-06", "elsewhere 2026-01-01"]
    assert laws_words({"laws": laws}) == (
        "Australia, RG 96 (WA), Saudi Arabia, SAMA 2018, the strictest of all contact profiles, elsewhere"
    )
    assert laws_words({}) == ""


def test_a_moment_is_said_on_both_clocks_and_once_where_they_agree():
    with timezone.override("Asia/Dubai"):
        there = clocks_words(MOMENT, zones=["Europe/Lisbon"], today=TODAY)
        same = clocks_words(MOMENT, zones=["Asia/Muscat"], today=TODAY)
        neither = clocks_words(MOMENT, zones=[], today=TODAY)
    assert there == ["11 Mar, 05:00 in Lisbon", "11 Mar, 09:00 here"]
    assert same == ["11 Mar, 09:00 there and here"]
    assert neither == ["11 Mar, 09:00 here"]


def test_a_note_that_is_no_rule_has_no_sentence():
    assert rule_words("contact_hours") == "Outside contact hours"
    assert rule_words("550 no such mailbox") == ""
