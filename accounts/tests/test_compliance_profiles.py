"""The contact profiles: each clause of each place, and all of them against a plain reading of the data.

The plain reading (`allows`) goes through the clauses as they are shipped, minute by minute and event
by event, and shares nothing with the decision but the data.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import holidays
import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.compliance.clauses import Clause, ClauseWrong, line_of, with_line
from accounts.compliance.decision import Counted, Facts, Held, Point, Term, decide
from accounts.compliance.enums import ClauseKind, Purpose, Rule, Sureness
from accounts.compliance.gathering import calendars_of
from accounts.compliance.jurisdictions import SHIPPED
from accounts.compliance.laws import law_of, strict_clauses, strictest
from accounts.compliance.profiles import Calendars, Profile
from accounts.compliance.states import state_of, states_of, zones_of_state
from accounts.compliance.tables import document
from collections_app.core.clock import BusinessCalendar

WHOLE_WEEK = tuple([[(0, 24 * 60)]] * 7)
OPEN = {channel: WHOLE_WEEK for channel in ("call", "sms", "email", "visit")}
POINTS = (
    Point(1, "phone", "good", date(2026, 11, 1)),
    Point(2, "email", "good"),
    Point(3, "address", "good"),
)
IN_FORCE = {row.code: row for row in SHIPPED if not row.is_draft}  # the last version of each
ZONES = {
    "us_reg_f": ("America/New_York", "America/Los_Angeles"),
    "us_own": ("America/Chicago", "Pacific/Honolulu"),
    "au_rg96": ("Australia/Perth", "Australia/Sydney", "Australia/Lord_Howe"),
    "uk_conc": ("Europe/London",),
    "sa_sama": ("Asia/Riyadh",),
    "ae": ("Asia/Dubai",),
    "ae_dubai_service_charges": ("Asia/Dubai",),
    "in_rbi": ("Asia/Kolkata",),
    "strict": ("Europe/Berlin", "America/St_Johns"),
}
PLACES = {
    "us_reg_f": (("US", "TX"),),
    "us_own": (("US", ""),),
    "au_rg96": (("AU", "VIC"),),
    "strict": (("DE", ""),),
}
ACCOUNTS = frozenset({7})


def law(code, state="", since=None):
    shipped = (
        next(row for row in SHIPPED if row.code == code and (since is None or row.valid_from.year == since))
        if since
        else IN_FORCE[code]
    )
    return law_of(code, shipped.valid_from, shipped.clauses, state=state)


def strict():
    clauses = strict_clauses(row.clauses for row in IN_FORCE.values())
    return strictest(law_of("strict", date(2025, 3, 6), clauses))


def profile_of(*laws):
    return Profile(name="open", hours=OPEN, holidays_closed=False, source="test", laws=laws)


def facts_in(zone, **changes):
    facts = Facts(zones=(zone,), business_zone=zone, points=POINTS, account_ids=ACCOUNTS)
    return replace(facts, **changes)


def at(text, zone):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def ask(one_law, facts, moment, channel="call", purpose=Purpose.DEMAND):
    return decide(profile_of(one_law), facts, moment, channel, purpose)


def calls(last, number, apart=timedelta(hours=5), made=False, channel="call", about=ACCOUNTS):
    return tuple(Counted(last - apart * n, channel, made, False, about) for n in range(number))


# --- the data ---


def test_every_clause_says_its_source_how_sure_it_is_and_reads_back_as_typed():
    for shipped in SHIPPED:
        keys = [clause.key for clause in shipped.clauses]
        assert len(keys) == len(set(keys)), shipped.code
        for clause in shipped.clauses:
            assert clause.source, (shipped.code, clause.key)
            assert clause.says.endswith("."), clause.key
            assert clause.sure in Sureness.values
            assert Clause.from_data(clause.as_data()) == clause
            if clause.has_number:
                again = with_line(clause, line_of(clause))
                assert law_of("x", date(2026, 1, 1), [again]) == law_of("x", date(2026, 1, 1), [clause])


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("cap", "7 calls in 7 days"),
        ("cap", "7 attempts in 0 days"),
        ("hours", "mon-fri 21:00-07:30"),
        ("hours", "mon-xyz 08:00-09:00"),
        ("hours", "mon 08:00-09:00; mon 10:00-11:00"),
        ("hours", "08:00"),
        ("holidays", "sometimes"),
        ("pause", "a week"),
        ("notices", "two"),
    ],
)
def test_a_number_that_cannot_be_read_is_refused_by_its_clause(kind, line):
    clause = next(row for shipped in SHIPPED for row in shipped.clauses if row.kind == kind)
    with pytest.raises(ClauseWrong) as refused:
        with_line(clause, line)
    assert refused.value.field == clause.key


@pytest.mark.parametrize(
    ("country", "postcode", "state", "zone"),
    [
        ("US", "33101", "FL", "America/New_York"),
        ("US", "75001-1234", "TX", "America/Chicago"),
        ("US", "60601", "IL", "America/Chicago"),
        ("US", "98101", "WA", "America/Los_Angeles"),
        ("US", "02108", "MA", "America/New_York"),
        ("US", "123", "", None),
        ("AU", "6000", "WA", "Australia/Perth"),
        ("AU", "2600", "ACT", "Australia/Sydney"),
        ("AU", "2620", "NSW", "Australia/Sydney"),
        ("AU", "800", "NT", "Australia/Darwin"),
        ("DE", "10115", "", None),
    ],
)
def test_the_state_comes_from_the_postcode(country, postcode, state, zone):
    assert state_of(country, "", postcode) == state
    assert (zone in zones_of_state(country, state)) == (zone is not None)


def test_the_states_own_name_goes_before_its_postcode():
    assert state_of("AU", "Queensland", "2000") == "QLD"
    assert state_of("US", "us-tx", "33101") == "TX"
    assert len(states_of("US")) == 51


def test_the_page_in_docs_says_what_the_data_says():
    call_command("contact_profiles", "--check", stdout=StringIO())
    page = document()
    for shipped in SHIPPED:
        assert f"## {shipped.title}" in page
        assert all(clause.says in page and clause.source in page for clause in shipped.clauses)
    assert "(draft: binds nobody)" in page
    changed = replace(SHIPPED[0], title="Elsewhere")
    assert document((changed, *SHIPPED[1:])) != page


# --- place by place ---

NEW_YORK, PERTH, RIYADH, DUBAI = "America/New_York", "Australia/Perth", "Asia/Riyadh", "Asia/Dubai"
# Wednesday 18 November 2026
US_NOON = at("2026-11-18T12:00", NEW_YORK)


def test_the_eighth_call_about_a_debt_in_seven_days_waits_under_regulation_f():
    seven = calls(US_NOON - timedelta(hours=1), 7, timedelta(hours=20))
    refused = ask(law("us_reg_f", "NY"), facts_in(NEW_YORK, counted=seven), US_NOON)
    assert (refused.rule, refused.source) == (Rule.CAP, "12 CFR 1006.14(b)(2)(i)(A), (b)(3)")
    # the first of them was 121 hours before: seven days after it, at 11:00 on the 20th
    assert refused.next_moment == at("2026-11-20T11:00", NEW_YORK)
    assert ask(law("us_reg_f", "NY"), facts_in(NEW_YORK, counted=seven[:6]), US_NOON).allowed
    other_debt = calls(US_NOON - timedelta(hours=1), 7, about=frozenset({8}))
    assert ask(law("us_reg_f", "NY"), facts_in(NEW_YORK, counted=other_debt), US_NOON).allowed


def test_calls_he_asked_for_and_such_that_never_rang_do_not_count_under_regulation_f():
    asked = tuple(row._replace(purpose="requested") for row in calls(US_NOON, 4))
    dead = tuple(row._replace(is_connected=False) for row in calls(US_NOON, 4, timedelta(hours=3)))
    assert ask(law("us_reg_f", "NY"), facts_in(NEW_YORK, counted=asked + dead), US_NOON).allowed


def test_after_a_conversation_the_seventh_day_after_it_is_the_first_free_one():
    spoke = calls(at("2026-11-16T20:30", NEW_YORK), 1, made=True)
    refused = ask(law("us_reg_f", "NY"), facts_in(NEW_YORK, counted=spoke), US_NOON)
    assert (refused.rule, refused.next_moment) == (Rule.CONVERSATION, at("2026-11-23T08:00", NEW_YORK))
    his_own = tuple(row._replace(is_inbound=True) for row in spoke)
    assert ask(law("us_reg_f", "NY"), facts_in(NEW_YORK, counted=his_own), US_NOON).rule == Rule.CONVERSATION
    word_left = tuple(row._replace(is_conversation=False) for row in spoke)
    assert ask(law("us_reg_f", "NY"), facts_in(NEW_YORK, counted=word_left), US_NOON).allowed
    about_another = calls(at("2026-11-16T20:30", NEW_YORK), 1, made=True, about=frozenset({8}))
    assert ask(law("us_reg_f", "NY"), facts_in(NEW_YORK, counted=about_another), US_NOON).allowed
    assert ask(
        law("us_reg_f", "NY"), facts_in(NEW_YORK, counted=spoke), US_NOON, purpose=Purpose.REQUESTED
    ).allowed


@pytest.mark.parametrize(
    ("state", "hour", "allowed"),
    [("FL", "20:30", False), ("NY", "20:30", True), ("", "20:30", False), ("FL", "19:59", True)],
)
def test_a_state_ends_the_day_earlier_and_an_unknown_one_as_the_strictest(state, hour, allowed):
    moment = at(f"2026-11-18T{hour}", NEW_YORK)
    assert ask(law("us_reg_f", state), facts_in(NEW_YORK), moment).allowed == allowed


def test_a_texan_sunday_begins_at_noon():
    chicago = "America/Chicago"
    refused = ask(law("us_reg_f", "TX"), facts_in(chicago), at("2026-11-22T09:00", chicago))
    assert refused.next_moment == at("2026-11-22T12:00", chicago)
    assert "second" not in refused.source
    assert refused.source.startswith("State calling hours")


def test_texts_go_only_to_a_number_checked_within_sixty_days():
    reg_f, moment = law("us_reg_f", "NY"), US_NOON
    old = (Point(1, "phone", "good", date(2026, 9, 18)),)
    assert ask(reg_f, facts_in(NEW_YORK), moment, "sms").allowed
    assert ask(reg_f, facts_in(NEW_YORK, points=old), moment, "sms").rule == Rule.NOT_CHECKED
    assert ask(reg_f, facts_in(NEW_YORK, points=old), moment, "call").allowed
    agreed = (Term("consent", date(2026, 11, 1), None, "sms"),)
    assert ask(reg_f, facts_in(NEW_YORK, points=old, terms=agreed), moment, "sms").allowed
    over = (Term("consent", date(2026, 11, 1), date(2026, 11, 18), "sms"),)
    assert not ask(reg_f, facts_in(NEW_YORK, points=old, terms=over), moment, "sms").allowed
    of_another = (Term("checked", date(2026, 11, 1), None, "", 9),)
    assert not ask(reg_f, facts_in(NEW_YORK, points=old, terms=of_another), moment, "sms").allowed
    two = (*old, Point(9, "phone", "unverified"))
    assert ask(reg_f, facts_in(NEW_YORK, points=two, terms=of_another), moment, "sms").allowed


def test_a_work_address_needs_his_word_and_an_employer_may_forbid_it():
    work = (Point(2, "email", "good", is_workplace=True),)
    reg_f = law("us_reg_f", "NY")
    assert ask(reg_f, facts_in(NEW_YORK, points=work), US_NOON, "email").rule == Rule.WORKPLACE
    agreed = (Term("consent", date(2026, 11, 1), None, "email", 2),)
    assert ask(reg_f, facts_in(NEW_YORK, points=work, terms=agreed), US_NOON, "email").allowed
    forbids = (*agreed, Term("employer_forbids", date(2026, 11, 10), None, "", 2))
    facts = facts_in(NEW_YORK, points=work, terms=forbids)
    assert ask(reg_f, facts, US_NOON, "email").rule == Rule.EMPLOYER_FORBIDS
    both = replace(facts, points=(*work, Point(4, "email", "good")))
    assert ask(reg_f, both, US_NOON, "email").allowed


def test_after_a_request_to_cease_two_notices_may_go_and_no_third():
    hold = Held(frozenset({"contact"}), "requested", date(2026, 11, 1))
    reg_f = profile_of(law("us_reg_f", "NY"))
    passing = replace(reg_f, notices_pass=frozenset({"requested"}))
    assert ask(law("us_reg_f", "NY"), facts_in(NEW_YORK, holds=(hold,)), US_NOON).rule == Rule.HOLD
    sent = tuple(row._replace(purpose="legal_notice") for row in calls(US_NOON, 2, channel="letter"))
    for number, allowed in ((0, True), (1, True), (2, False)):
        facts = facts_in(NEW_YORK, holds=(hold,), counted=sent[:number])
        verdict = decide(passing, facts, US_NOON, "letter", Purpose.LEGAL_NOTICE)
        assert verdict.allowed == allowed
    assert (verdict.rule, verdict.source) == (Rule.CEASED, "12 CFR 1006.6(c) (to be checked)")


def test_a_time_barred_debt_is_asked_for_with_its_wording_only_and_never_threatened():
    barred = (Term("time_barred", date(2026, 1, 1), account_id=7),)
    facts = facts_in(NEW_YORK, terms=barred)
    reg_f = law("us_reg_f", "NY")
    assert ask(reg_f, facts, US_NOON, "letter").rule == Rule.TIME_BARRED
    worded = replace(facts, carries=frozenset({"time_barred"}))
    assert ask(reg_f, worded, US_NOON, "letter").allowed
    assert not ask(reg_f, worded, US_NOON, "letter", Purpose.LEGAL_NOTICE).allowed
    assert ask(reg_f, facts_in(NEW_YORK, terms=barred, account_ids=frozenset({8})), US_NOON).allowed


@pytest.mark.parametrize(
    ("carries", "day", "purpose", "free_from"),
    [
        ({"tone:firm"}, "2026-11-10", "demand", None),  # the notice has not gone out
        ({"tone:firm"}, "2026-11-13", "demand", "2026-12-20T00:00"),
        ({"tone:final"}, "2026-12-19", "legal_notice", "2026-12-20T00:00"),
        ({"tone:firm"}, "2026-12-20", "demand", ""),  # the period is over
        ({"tone:firm"}, "2026-11-13", "service", ""),
        (set(), "2026-11-13", "demand", ""),  # soft, or its tone is not said
    ],
)
def test_no_text_that_presses_goes_out_before_the_validation_period_is_over(carries, day, purpose, free_from):
    """Sent on Thursday the 12th, received by law five business days later: over on 19 December."""
    sent = None if free_from is None else date(2026, 11, 12)
    terms = (Term("validation", date(2026, 11, 9), sent, account_id=7),)
    facts = facts_in(
        NEW_YORK, terms=terms, carries=frozenset(carries), account_ids=frozenset({7}),
        calendar=BusinessCalendar("US"),
    )  # fmt: skip
    moment = at(f"{day}T12:00", NEW_YORK)
    verdict = ask(law("us_reg_f", "NY"), facts, moment, channel="letter", purpose=Purpose(purpose))
    if free_from == "":
        assert verdict.allowed
        return
    wanted = None if free_from is None else at(free_from, NEW_YORK)
    assert (verdict.rule, verdict.next_moment) == (Rule.OVERSHADOWS, wanted)


def test_a_demand_waits_for_the_validation_notice_after_five_days():
    due = (Term("validation", date(2026, 11, 12), account_id=7),)
    reg_f, facts = law("us_reg_f", "NY"), facts_in(NEW_YORK, terms=due)
    assert ask(reg_f, facts, at("2026-11-17T12:00", NEW_YORK)).allowed
    refused = ask(reg_f, facts, US_NOON)
    assert (refused.rule, refused.next_moment) == (Rule.VALIDATION_DUE, None)
    sent = (due[0]._replace(until=date(2026, 11, 20)),)
    later = ask(reg_f, replace(facts, terms=sent), US_NOON)
    assert later.next_moment == at("2026-11-20T08:00", NEW_YORK)


def test_the_fourth_contact_in_a_week_about_an_account_waits_in_australia():
    moment = at("2026-11-18T12:00", PERTH)
    spoken = (
        *calls(moment - timedelta(days=1), 1, made=True),
        *calls(moment - timedelta(days=2), 1, channel="sms"),  # a text is a contact by being sent
        Counted(moment - timedelta(days=3), "visit", True, False, ACCOUNTS, is_other=True),
    )
    facts = facts_in(PERTH, counted=spoken)
    refused = ask(law("au_rg96", "WA"), facts, moment)
    assert (refused.rule, refused.source) == (Rule.CAP, "RG 96 part 2, section 5: frequency of contact")
    assert refused.next_moment == moment + timedelta(days=4)
    assert ask(law("au_rg96", "WA"), replace(facts, counted=spoken[:2]), moment).allowed
    tried = calls(moment - timedelta(hours=1), 6)
    assert ask(law("au_rg96", "WA"), replace(facts, counted=tried), moment).allowed
    assert not ask(law("au_rg96", "WA"), replace(facts, counted=calls(moment, 7)), moment).allowed


@pytest.mark.parametrize(
    ("moment", "work", "opens"),
    [
        ("2026-11-18T07:29", False, "2026-11-18T07:30"),
        ("2026-11-21T08:00", False, "2026-11-21T09:00"),  # Saturday
        ("2026-11-18T17:00", True, "2026-11-19T09:00"),
        ("2026-11-20T17:30", True, "2026-11-23T09:00"),  # Friday evening at work
        ("2026-03-02T10:00", False, "2026-03-03T07:30"),  # Labour Day in Western Australia
        ("2026-12-25T10:00", False, "2026-12-27T09:00"),  # Christmas, Boxing Day, then Sunday
    ],
)
def test_australian_hours_and_holidays_of_the_state(moment, work, opens):
    facts = facts_in(
        PERTH,
        calendars=calendars_of((("AU", "WA"),)),
        points=(Point(1, "phone", "good", is_workplace=work),),
    )
    refused = ask(law("au_rg96", "WA"), facts, at(moment, PERTH))
    assert refused.rule in {Rule.CONTACT_HOURS, Rule.PUBLIC_HOLIDAY}
    assert refused.next_moment == at(opens, PERTH)


def test_another_states_holiday_is_a_working_day_and_an_unknown_state_keeps_them_all():
    labour_day = at("2026-03-02T10:00", "Australia/Sydney")
    rg96 = law("au_rg96")
    for places, allowed in (((("AU", "NSW"),), True), ((("AU", ""),), False)):
        facts = facts_in("Australia/Sydney", calendars=calendars_of(places))
        assert ask(rg96, facts, labour_day).allowed == allowed


def test_a_visit_in_australia_comes_last():
    moment = at("2026-11-18T12:00", PERTH)
    assert ask(law("au_rg96", "WA"), facts_in(PERTH), moment, "visit").rule == Rule.LAST_RESORT
    tried = calls(moment - timedelta(days=1), 3)
    assert ask(law("au_rg96", "WA"), facts_in(PERTH, counted=tried), moment, "visit").allowed


def test_a_breathing_space_stops_all_contact_in_britain_but_what_he_asks_for():
    london = "Europe/London"
    moment = at("2026-11-18T12:00", london)
    space = Held(frozenset({"demand"}), "breathing_space", date(2026, 11, 1), date(2026, 12, 30), 7)
    facts = facts_in(london, holds=(space,))
    for purpose in (Purpose.DEMAND, Purpose.SERVICE, Purpose.LEGAL_NOTICE):
        refused = ask(law("uk_conc"), facts, moment, "letter", purpose)
        assert (refused.rule, refused.source) == (Rule.BREATHING_SPACE, "Debt Respite Scheme, SI 2020/1311")
        assert refused.next_moment == at("2026-12-31T00:00", london)
    assert ask(law("uk_conc"), facts, moment, "call", Purpose.REQUESTED).allowed
    later_bill = replace(facts, account_ids=frozenset({8}))
    assert ask(law("uk_conc"), later_bill, moment, "letter").allowed


def test_the_eleventh_call_in_thirty_days_waits_in_saudi_arabia_whatever_the_debt():
    moment = at("2026-11-18T12:00", RIYADH)
    ten = calls(moment - timedelta(hours=1), 10, timedelta(days=2), about=frozenset({99}))
    refused = ask(law("sa_sama"), facts_in(RIYADH, counted=ten), moment)
    assert (refused.rule, refused.source) == (
        Rule.CAP,
        "SAMA 106889333; number of SAMA 391000083340 (unverified)",
    )
    assert refused.next_moment == at("2026-11-30T11:00", RIYADH)  # thirty days after the first of them
    assert ask(law("sa_sama"), facts_in(RIYADH, counted=ten[:9]), moment).allowed


def test_an_objection_stops_reminders_from_2025_on_whatever_the_debt_but_not_before():
    moment = at("2026-11-18T12:00", RIYADH)
    objection = Held(frozenset({"dispute"}), "objection", date(2026, 11, 1), account_id=8)
    facts = facts_in(RIYADH, holds=(objection,))
    assert ask(law("sa_sama"), facts, moment).rule == Rule.DISPUTE
    assert ask(law("sa_sama"), facts, moment, purpose=Purpose.SERVICE).allowed
    assert ask(law("sa_sama", since=2018), facts, moment).allowed


def test_no_visit_in_saudi_arabia_and_nobody_but_debtor_and_guarantor():
    moment = at("2026-11-18T12:00", RIYADH)
    assert ask(law("sa_sama"), facts_in(RIYADH), moment, "visit").rule == Rule.CHANNEL_NOT_LAWFUL
    tenant = facts_in(RIYADH, roles=frozenset({"tenant"}))
    assert ask(law("sa_sama"), tenant, moment).rule == Rule.THIRD_PARTY
    nobody = facts_in(RIYADH, roles=frozenset())
    assert ask(law("uk_conc"), nobody, moment).rule == Rule.THIRD_PARTY


def test_what_a_number_rests_on_is_said_with_the_refusal():
    refused = ask(law("ae"), facts_in(DUBAI), at("2026-11-18T20:30", DUBAI))
    assert refused.source.endswith("(unverified)")
    assert refused.next_moment == at("2026-11-19T09:00", DUBAI)


def test_a_draft_binds_nobody():
    drafts = [row for row in SHIPPED if row.is_draft]
    assert [row.code for row in drafts] == ["in_rbi"]
    assert IN_FORCE["in_rbi"].valid_from == date(2022, 8, 12)


def test_a_calendar_week_begins_on_monday_on_his_clock_and_a_month_on_the_first():
    weekly = Clause(
        "w", "cap", "x.", {"channels": ["call"], "counts": "attempts", "limit": 2, "days": 7,
                           "calendar": "week", "per": "person"}, "test", "F",
    )  # fmt: skip
    monthly = replace(weekly, value={**weekly.value, "calendar": "month", "days": 31})
    zone = "Pacific/Auckland"
    friday = at("2026-11-27T10:00", zone)
    tried = calls(friday - timedelta(hours=1), 2, timedelta(days=2))
    for clause, opens in ((weekly, "2026-11-30T00:00"), (monthly, "2026-12-01T00:00")):
        one = law_of("x", date(2026, 1, 1), [clause])
        refused = ask(one, facts_in(zone, counted=tried), friday)
        assert (refused.rule, refused.next_moment) == (Rule.CAP, at(opens, zone))
    last_week = calls(at("2026-11-22T23:00", zone), 2)
    assert ask(law_of("x", date(2026, 1, 1), [weekly]), facts_in(zone, counted=last_week), friday).allowed


def test_the_offices_policy_only_tightens_and_never_loosens():
    short = replace(profile_of(law("uk_conc")), hours={**OPEN, "call": tuple([[(600, 700)]] * 7)})
    facts = facts_in("Europe/London")
    assert not decide(short, facts, at("2026-11-18T09:00", "Europe/London"), "call").allowed
    assert not ask(law("uk_conc"), facts, at("2026-11-18T21:30", "Europe/London")).allowed


def test_where_address_and_phone_disagree_both_clocks_bind():
    facts = replace(facts_in(PERTH), zones=(PERTH, "Australia/Sydney"))
    evening = at("2026-11-18T19:00", PERTH)  # 22:00 in Sydney
    refused = ask(law("au_rg96", ""), facts, evening)
    assert refused.next_moment == at("2026-11-19T07:30", PERTH)


# --- every profile against a plain reading of its clauses ---


def minute_of(text):
    return int(text[:2]) * 60 + int(text[3:])


def is_within(clause, wall):
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[wall.weekday()]
    span = clause.value["week"].get(day)
    if span is None:
        return False
    start, end = span.split("-")
    return minute_of(start) <= wall.hour * 60 + wall.minute < minute_of(end)


def is_kept(country, state, day, level):
    if level == "national":
        return day in holidays.country_holidays(country)
    return day in holidays.country_holidays(country) or day in holidays.country_holidays(
        country, subdiv=state
    )


def allows(code, clauses, facts, moment, channel):
    """The plain reading: one clause after another, none of the product's code."""
    country, state = PLACES[code][0] if code in PLACES else (ZONE_COUNTRY[code], "")
    for clause in clauses:
        value = clause.value
        if value.get("states") and state and state not in value["states"]:
            continue
        if clause.kind == ClauseKind.CHANNELS:
            if channel not in value["channels"]:
                return False
            continue
        if channel not in value.get("channels", ()):
            continue
        if clause.kind in BY_CLOCK:
            for zone in facts.zones:
                wall = moment.astimezone(ZoneInfo(zone))
                if is_forbidden_by_clock(clause, wall, country, state, facts, moment, zone):
                    return False
        elif is_forbidden_by_number(clause, facts, moment, channel):
            return False
    return True


BY_CLOCK = {ClauseKind.HOURS, ClauseKind.HOLIDAYS, ClauseKind.PAUSE}


def is_forbidden_by_clock(clause, wall, country, state, facts, moment, zone):
    value = clause.value
    if clause.kind == ClauseKind.HOURS:
        return value.get("place") != "work" and not is_within(clause, wall)
    if clause.kind == ClauseKind.HOLIDAYS:
        return bool(country) and is_kept(country, state, wall.date(), value["level"])
    talks = [
        row
        for row in facts.counted
        if row.channel in value["channels"] and row.is_contact_made and 7 in row.account_ids
    ]
    return any(
        row.at <= moment and (wall.date() - row.at.astimezone(ZoneInfo(zone)).date()).days < value["days"]
        for row in talks
    )


def is_forbidden_by_number(clause, facts, moment, channel):
    value = clause.value
    if clause.kind not in (ClauseKind.LAST_RESORT, ClauseKind.CAP):
        return False
    since = moment - timedelta(days=value["days"])
    recent = [row for row in facts.counted if since < row.at <= moment]
    if clause.kind == ClauseKind.LAST_RESORT:
        return len([row for row in recent if row.channel != channel]) < value["after"]
    used = [
        row
        for row in recent
        if row.channel in value["channels"]
        and (value["per"] == "person" or 7 in row.account_ids)
        and (value["counts"] == "attempts" or row.is_contact_made or row.channel in value.get("always", ()))
    ]
    return len(used) >= value["limit"]


ZONE_COUNTRY = {
    "uk_conc": "GB",
    "sa_sama": "SA",
    "ae": "AE",
    "ae_dubai_service_charges": "AE",
    "in_rbi": "IN",
}
# days on which clocks change somewhere of these zones, and public holidays
SPECIAL = [
    date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 10, 25),
    date(2026, 11, 1), date(2026, 1, 26), date(2026, 4, 3), date(2026, 11, 3), date(2026, 12, 25),
]  # fmt: skip
some_days = st.one_of(st.sampled_from(SPECIAL), st.dates(date(2026, 1, 2), date(2026, 12, 20)))
moments = st.builds(
    lambda day, minutes: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes),
    some_days,
    st.integers(-600, 2000),
)


@st.composite
def situations(draw):
    code = draw(st.sampled_from(sorted(ZONES)))
    moment = draw(moments)
    channel = draw(st.sampled_from(["call", "sms", "email", "visit"]))
    counted = draw(
        st.lists(
            st.builds(
                lambda hours, by, made, account: Counted(
                    moment - timedelta(hours=hours), by, made, False, frozenset({account})
                ),
                st.integers(0, 900),
                st.sampled_from(["call", "call", "call", "sms", "visit"]),
                st.booleans(),
                st.sampled_from([7, 7, 8]),
            ),
            max_size=14,
        )
    )
    zones = draw(st.lists(st.sampled_from(ZONES[code]), min_size=1, max_size=2, unique=True))
    places = PLACES.get(code, ((ZONE_COUNTRY.get(code, ""), ""),))
    calendars = calendars_of(places) if places[0][0] else Calendars()
    facts = Facts(
        zones=tuple(zones),
        business_zone=zones[0],
        # checked on the very day, so that texts are judged by the clock and the counts alone
        points=(*POINTS[1:], Point(1, "phone", "good", moment.date() - timedelta(days=2))),
        account_ids=ACCOUNTS,
        counted=tuple(counted),
        calendars=calendars,
    )
    if code == "strict":
        clauses = strict_clauses(row.clauses for row in IN_FORCE.values())
        return code, clauses, strict(), facts, moment, channel
    return code, IN_FORCE[code].clauses, law(code, places[0][1]), facts, moment, channel


@settings(max_examples=200, deadline=None)
@given(situations())
def test_no_contact_outside_the_clauses_and_none_refused_without_one(situation):
    code, clauses, one, facts, moment, channel = situation
    verdict = decide(profile_of(one), facts, moment, channel)
    assert verdict.allowed == allows(code, clauses, facts, moment, channel)
    assert verdict.allowed == (verdict.rule == "")
    assert verdict.allowed or verdict.source


@settings(max_examples=200, deadline=None)
@given(situations(), st.lists(st.integers(1, 60 * 24 * 12), min_size=5, max_size=5))
def test_the_next_moment_is_legal_and_the_earliest(situation, minutes):
    code, clauses, one, facts, moment, channel = situation
    following = decide(profile_of(one), facts, moment, channel).next_moment
    if following is not None:
        assert allows(code, clauses, facts, following, channel)
        if following > moment:
            assert not allows(code, clauses, facts, following - timedelta(seconds=1), channel)
    for ahead in minutes:
        between = moment + timedelta(minutes=ahead)
        if following is None or between < following:
            assert not allows(code, clauses, facts, between, channel)


@settings(max_examples=80, deadline=None)
@given(situations())
def test_the_strict_profile_allows_nothing_another_refuses(situation):
    """But for what rests on one country alone, which says nothing about another."""
    code, clauses, _one, facts, moment, channel = situation
    strict_says = decide(profile_of(strict()), facts, moment, channel)
    general = law_of(code, date(2026, 1, 1), strict_clauses([clauses]))
    assert not strict_says.allowed or decide(profile_of(general), facts, moment, channel).allowed


@settings(max_examples=80, deadline=None)
@given(situations(), st.sampled_from(sorted(IN_FORCE)))
def test_one_more_law_never_allows(situation, other):
    _code, _clauses, one, facts, moment, channel = situation
    before = decide(profile_of(one), facts, moment, channel)
    after = decide(profile_of(one, law(other)), facts, moment, channel)
    assert before.allowed or not after.allowed
    if after.next_moment is not None:
        assert before.next_moment is not None
        assert after.next_moment >= before.next_moment
