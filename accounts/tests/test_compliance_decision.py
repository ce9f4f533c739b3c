"""The gate's decision, rule by rule and by property."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.compliance.decision import Counted, Facts, Held, LegalState, Point, decide
from accounts.compliance.enums import Purpose, Rule, Source
from accounts.compliance.profiles import Cap, Profile
from collections_app.core.clock import BusinessCalendar

DUBAI = "Asia/Dubai"
POINTS = (
    Point(1, "phone", "good"),
    Point(2, "email", "good"),
    Point(3, "address", "unverified"),
)
DAY = [(8 * 60, 20 * 60)]
WEEK = (DAY, DAY, DAY, DAY, DAY, [(10 * 60, 16 * 60)], [])
STRICT = Profile(
    name="strict",
    hours={"call": WEEK, "sms": WEEK, "email": WEEK, "visit": WEEK},
    caps=(
        Cap(frozenset({"call"}), "attempts", 7, 7),
        Cap(frozenset({"call", "sms"}), "contacts", 3, 7),
    ),
    notices_pass=frozenset({"opt_out"}),
    unknown_zone_margin=60,
    source="test",
)
FACTS = Facts(zones=(DUBAI,), points=POINTS, business_zone=DUBAI, account_ids=frozenset({7}))


def at(text: str, zone: str = DUBAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


# Monday 23 November 2026, 10:42 in Dubai
MORNING = at("2026-11-23T10:42")


def test_an_open_hour_is_allowed_until_the_hours_end():
    verdict = decide(STRICT, FACTS, MORNING, "call")
    assert verdict.allowed
    assert verdict.until == at("2026-11-23T20:00")
    assert [(count.used, count.limit) for count in verdict.counts] == [(0, 7), (0, 3)]


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-23T07:59:59", "2026-11-23T08:00"),
        ("2026-11-23T20:00", "2026-11-24T08:00"),
        ("2026-11-28T16:00", "2026-11-30T08:00"),  # Saturday afternoon, Sunday is closed
    ],
)
def test_outside_hours_names_the_next_opening(moment, opens):
    verdict = decide(STRICT, FACTS, at(moment), "call")
    assert (verdict.allowed, verdict.rule) == (False, Rule.CONTACT_HOURS)
    assert verdict.next_moment == at(opens)


def test_the_debtors_zone_counts_not_the_offices():
    perth = replace(FACTS, zones=("Australia/Perth",))
    assert decide(STRICT, perth, at("2026-11-23T19:59", "Australia/Perth"), "sms").allowed
    sydney = replace(FACTS, zones=("Australia/Perth", "Australia/Sydney"))
    verdict = decide(STRICT, sydney, at("2026-11-23T19:59", "Australia/Perth"), "sms")
    assert not verdict.allowed
    assert verdict.next_moment == at("2026-11-24T08:00", "Australia/Perth")


def test_an_unknown_zone_is_guessed_with_a_margin():
    guessed = replace(FACTS, is_zone_known=False)
    assert not decide(STRICT, guessed, at("2026-11-23T08:59"), "call").allowed
    assert decide(STRICT, guessed, at("2026-11-23T09:00"), "call").allowed
    assert not decide(STRICT, guessed, at("2026-11-23T19:00"), "call").allowed


def test_own_hours_narrow_the_day_and_what_he_asked_for_is_outside_them():
    evenings = replace(FACTS, contact_from=time(17))
    verdict = decide(STRICT, evenings, MORNING, "call")
    assert (verdict.rule, verdict.next_moment) == (Rule.OWN_HOURS, at("2026-11-23T17:00"))
    assert decide(STRICT, evenings, MORNING, "call", Purpose.REQUESTED).allowed
    assert not decide(STRICT, evenings, at("2026-11-23T21:00"), "call", Purpose.REQUESTED).allowed


def test_a_channel_he_did_not_choose_is_never_allowed():
    mail_only = replace(FACTS, allowed_channels=frozenset({"email"}))
    verdict = decide(STRICT, mail_only, MORNING, "call")
    assert (verdict.rule, verdict.next_moment) == (Rule.CHANNEL_NOT_WANTED, None)
    assert decide(STRICT, mail_only, MORNING, "email").allowed


def test_the_eighth_try_waits_until_the_oldest_leaves_the_window():
    tries = tuple(Counted(MORNING - timedelta(days=6, hours=n), "call") for n in range(7))
    verdict = decide(STRICT, replace(FACTS, counted=tries), MORNING, "call")
    assert verdict.rule == Rule.CAP
    # the oldest was made 6 days and 6 hours ago: 18 hours later is 04:42, so the day's opening
    assert verdict.next_moment == at("2026-11-24T08:00")
    free = decide(STRICT, replace(FACTS, counted=tries[1:]), MORNING, "call")
    assert free.allowed


def test_of_several_accounts_asked_about_none_may_be_full():
    by_debt = replace(STRICT, caps=(Cap(frozenset({"call"}), "attempts", 2, 7, per="debt"),))
    about = [
        Counted(MORNING - timedelta(hours=n), "call", account_ids=frozenset({pk}))
        for n, pk in enumerate([7, 7, 8], start=1)
    ]
    both = replace(FACTS, account_ids=frozenset({7, 8}), counted=tuple(about))
    assert decide(by_debt, both, MORNING, "call").rule == Rule.CAP
    assert decide(by_debt, replace(both, account_ids=frozenset({8})), MORNING, "call").allowed


def test_a_calendar_week_begins_with_its_first_moment_on_the_debtors_clock():
    """What was tried at midnight on Monday stands in that week and leaves it with the next one."""
    monday = at("2026-11-23T00:00")
    weekly = replace(STRICT, caps=(Cap(frozenset({"call"}), "attempts", 1, 0, calendar="week"),))
    for tried, rule, free in (
        (monday, Rule.CAP, at("2026-11-30T08:00")),
        (monday - timedelta(minutes=1), "", None),
    ):
        verdict = decide(weekly, replace(FACTS, counted=(Counted(tried, "call"),)), MORNING, "call")
        assert (verdict.rule, verdict.next_moment if rule else None) == (rule, free)
    # where he may be in two zones the week begins with the first of them
    in_two = replace(FACTS, zones=(DUBAI, "Europe/London"), counted=(Counted(monday, "call"),))
    assert decide(weekly, in_two, at("2026-11-23T15:00"), "call").rule == Rule.CAP


def test_a_cap_of_contacts_counts_no_mere_tries_and_nothing_inbound():
    quiet = [Counted(MORNING - timedelta(hours=n), "sms") for n in (1, 2, 3)]
    inbound = [Counted(MORNING - timedelta(hours=n), "call", True, True) for n in (1, 2, 3)]
    assert decide(STRICT, replace(FACTS, counted=tuple(quiet + inbound)), MORNING, "sms").allowed
    reached = tuple(Counted(MORNING - timedelta(days=2, minutes=n), "sms", True) for n in (1, 2, 3))
    verdict = decide(STRICT, replace(FACTS, counted=reached), MORNING, "call")
    assert verdict.rule == Rule.CAP
    # the oldest, of Saturday 10:39, leaves the window on the Saturday after, within its hours
    assert verdict.next_moment == at("2026-11-28T10:39")


def test_letters_and_notices_are_outside_the_caps():
    tries = tuple(Counted(MORNING - timedelta(hours=n), "call", True) for n in range(9))
    facts = replace(FACTS, counted=tries)
    assert decide(STRICT, facts, at("2026-11-22T03:00"), "letter").allowed
    assert decide(STRICT, facts, MORNING, "call", Purpose.LEGAL_NOTICE).allowed
    assert not decide(STRICT, facts, MORNING, "call", Purpose.SERVICE).allowed


@pytest.mark.parametrize(
    ("scopes", "reason", "purpose", "rule"),
    [
        ({"contact"}, "requested", Purpose.DEMAND, Rule.HOLD),
        ({"contact"}, "requested", Purpose.SERVICE, Rule.HOLD),
        ({"contact"}, "represented", Purpose.DEMAND, Rule.REPRESENTED),
        ({"demand"}, "hardship", Purpose.DEMAND, Rule.HARDSHIP),
        ({"demand"}, "hardship", Purpose.SERVICE, ""),
        ({"interest", "fee"}, "hardship", Purpose.DEMAND, ""),
        ({"contact"}, "opt_out", Purpose.LEGAL_NOTICE, ""),
        ({"contact"}, "deceased", Purpose.LEGAL_NOTICE, Rule.DECEASED),
        ({"legal"}, "breathing_space", Purpose.LEGAL_NOTICE, Rule.HOLD),
    ],
)
def test_what_a_hold_stops(scopes, reason, purpose, rule):
    hold = Held(frozenset(scopes), reason, date(2026, 11, 1))
    verdict = decide(STRICT, replace(FACTS, holds=(hold,)), MORNING, "call", purpose)
    assert (verdict.allowed, verdict.rule) == (rule == "", rule)
    assert verdict.source == (Source.HOLD if rule else "")
    if rule:
        assert verdict.next_moment is None


def test_a_hold_with_an_end_gives_the_first_legal_moment_after_it():
    hold = Held(frozenset({"contact"}), "requested", date(2026, 11, 1), date(2026, 11, 27))
    verdict = decide(STRICT, replace(FACTS, holds=(hold,)), MORNING, "call")
    assert verdict.next_moment == at("2026-11-28T10:00")  # Saturday's opening


def test_a_hold_on_another_account_does_not_bind():
    hold = Held(frozenset({"contact"}), "requested", date(2026, 11, 1), account_id=8)
    assert decide(STRICT, replace(FACTS, holds=(hold,)), MORNING, "call").allowed
    own = replace(hold, account_id=7)
    assert not decide(STRICT, replace(FACTS, holds=(own,)), MORNING, "call").allowed


def test_a_legal_fact_outranks_all_and_ends_by_its_day():
    died = LegalState("deceased", date(2026, 11, 20))
    hold = Held(frozenset({"contact"}), "requested", date(2026, 11, 1))
    facts = replace(FACTS, legal_states=(died,), holds=(hold,))
    assert decide(STRICT, facts, MORNING, "call").rule == Rule.DECEASED
    discharged = LegalState("insolvent", date(2026, 1, 1), date(2026, 11, 23))
    assert decide(STRICT, replace(FACTS, legal_states=(discharged,)), MORNING, "call").allowed


@pytest.mark.parametrize(
    ("status", "rule"),
    [("wrong_party", Rule.WRONG_PARTY), ("bad", Rule.POINT_BAD), ("opted_out", Rule.OPTED_OUT)],
)
def test_a_stopped_number_is_not_used_but_another_may_be(status, rule):
    stopped = Point(9, "phone", status)
    both = replace(FACTS, points=(stopped, *POINTS))
    assert decide(STRICT, replace(both, point_id=9), MORNING, "call").rule == rule
    assert decide(STRICT, replace(both, point_id=1), MORNING, "call").allowed
    assert decide(STRICT, both, MORNING, "call").allowed
    assert decide(STRICT, replace(FACTS, points=(stopped,)), MORNING, "call").rule == rule
    assert decide(STRICT, replace(FACTS, points=()), MORNING, "call").rule == Rule.NO_POINT


def test_an_unreleased_creditor_stops_what_is_sent_by_itself():
    unreleased = replace(FACTS, is_released=False)
    assert decide(STRICT, unreleased, MORNING, "email").allowed
    verdict = decide(STRICT, replace(unreleased, is_automatic=True), MORNING, "email")
    assert (verdict.rule, verdict.next_moment) == (Rule.NOT_RELEASED, None)


def test_a_public_holiday_is_closed_where_the_profile_says_and_an_override_mends_it():
    london = replace(
        FACTS, zones=("Europe/London",), calendar=BusinessCalendar("GB"), business_zone="Europe/London"
    )
    christmas = at("2026-12-25T11:00", "Europe/London")
    verdict = decide(STRICT, london, christmas, "call")
    assert verdict.rule == Rule.PUBLIC_HOLIDAY
    # Boxing Day is a Saturday, its substitute the Monday
    assert verdict.next_moment == at("2026-12-29T08:00", "Europe/London")
    assert decide(replace(STRICT, holidays_closed=False), london, christmas, "call").allowed
    mended = replace(london, calendar=BusinessCalendar("GB", overrides={date(2026, 12, 25): True}))
    assert decide(STRICT, mended, christmas, "call").allowed


# how many steps of ten minutes are open: the lost hour shortens the hours, the doubled one lengthens them
@pytest.mark.parametrize(
    ("day", "span", "open_for"),
    [
        (date(2026, 3, 29), ("00:30", "03:30"), 12),
        (date(2026, 10, 25), ("00:30", "03:30"), 24),
        # beginning or ending within the hour that is lost or doubled
        (date(2026, 3, 29), ("02:30", "05:00"), 12),
        (date(2026, 10, 25), ("02:30", "05:00"), 18),
        (date(2026, 3, 29), ("00:30", "02:30"), 9),
        (date(2026, 10, 25), ("00:30", "02:30"), 15),
    ],
)
def test_clock_changes_keep_the_wall_clock(day, span, open_for):
    """On both Sundays of the change, hours at night are judged by the wall clock."""
    first, last = (time.fromisoformat(text) for text in span)
    night = [(first.hour * 60 + first.minute, last.hour * 60 + last.minute)]
    profile = replace(STRICT, hours={"call": tuple([night] * 7)}, caps=())
    facts = replace(FACTS, zones=("Europe/Berlin",), business_zone="Europe/Berlin")
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=3)
    moments = [start + timedelta(minutes=minutes) for minutes in range(0, 10 * 60, 10)]
    inside = [
        moment
        for moment in moments
        if first <= moment.astimezone(ZoneInfo("Europe/Berlin")).time() < last
    ]
    assert len(inside) == open_for
    for moment in moments:
        verdict = decide(profile, facts, moment, "call")
        assert verdict.allowed == (moment in inside)
        if moment <= inside[-1]:
            assert verdict.allowed or verdict.next_moment == min(row for row in inside if row > moment)


# --- properties ---

ZONES = ["Asia/Dubai", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
spans = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(
    lambda ends: [(min(ends), max(ends))] if ends[0] != ends[1] else []
)
profiles = st.builds(
    lambda days, limit, window, counts: replace(
        STRICT,
        hours={"call": tuple(days)},
        caps=(Cap(frozenset({"call"}), counts, limit, window),),
    ),
    st.lists(spans, min_size=7, max_size=7),
    st.integers(1, 4),
    st.integers(1, 10),
    st.sampled_from(["attempts", "contacts"]),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(date(2025, 12, 20), date(2027, 1, 10))


@st.composite
def cases(draw):
    moment = draw(moments)
    counted = draw(
        st.lists(
            st.builds(
                lambda hours, made: Counted(moment - timedelta(hours=hours), "call", made),
                st.integers(0, 300),
                st.booleans(),
            ),
            max_size=6,
        )
    )
    first = draw(days)
    holds = draw(
        st.lists(
            st.builds(
                lambda length: Held(
                    frozenset({"contact"}),
                    "requested",
                    first,
                    None if length is None else first + timedelta(days=length),
                ),
                st.one_of(st.none(), st.integers(0, 20)),
            ),
            max_size=1,
        )
    )
    facts = replace(
        FACTS,
        zones=tuple(draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True))),
        counted=tuple(counted),
        holds=tuple(holds),
        contact_from=draw(st.one_of(st.none(), st.times())),
        contact_until=draw(st.one_of(st.none(), st.times())),
        calendar=draw(st.sampled_from([None, BusinessCalendar("AE"), BusinessCalendar("GB")])),
    )
    return draw(profiles), facts, moment


@settings(max_examples=150, deadline=None)
@given(cases())
def test_nothing_is_allowed_inside_a_forbidden_window(case):
    profile, facts, moment = case
    if not decide(profile, facts, moment, "call").allowed:
        return
    for zone in facts.zones:
        wall = moment.astimezone(ZoneInfo(zone))
        minute = wall.hour * 60 + wall.minute
        assert any(start <= minute < end for start, end in profile.hours["call"][wall.weekday()])
        assert not profile.is_closed_holiday("call", wall.date(), facts.calendar)
    cap = profile.caps[0]
    recent = [
        counted
        for counted in facts.counted
        if moment - timedelta(days=cap.days) < counted.at <= moment
        and (cap.counts == "attempts" or counted.is_contact_made)
    ]
    assert len(recent) < cap.limit


@settings(max_examples=150, deadline=None)
@given(cases(), st.integers(1, 20_000))
def test_the_next_moment_is_allowed_and_nothing_before_it_is(case, minutes):
    profile, facts, moment = case
    verdict = decide(profile, facts, moment, "call")
    if verdict.next_moment is None:
        assert not verdict.allowed
        return
    assert verdict.next_moment >= moment
    assert decide(profile, facts, verdict.next_moment, "call").allowed
    between = moment + timedelta(minutes=minutes)
    if between < verdict.next_moment:
        assert not decide(profile, facts, between, "call").allowed


@settings(max_examples=100, deadline=None)
@given(cases(), days, st.one_of(st.none(), st.integers(0, 40)))
def test_one_more_hold_never_allows(case, first, length):
    profile, facts, moment = case
    last = None if length is None else first + timedelta(days=length)
    more = replace(facts, holds=(*facts.holds, Held(frozenset({"contact"}), "other", first, last)))
    before = decide(profile, facts, moment, "call")
    after = decide(profile, more, moment, "call")
    assert before.allowed or not after.allowed
    if before.next_moment is None:
        assert after.next_moment is None
    elif after.next_moment is not None:
        assert after.next_moment >= before.next_moment
