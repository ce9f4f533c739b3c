import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.contacts.enums import Outcome
from accounts.ledger.enums import EntryKind
from accounts.parties.enums import Channel
from accounts.policies import wording
from accounts.policies.enums import PolicyStatus
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion
from accounts.policies.queries import amount_in, policy, reaches, resolver, version_before
from accounts.policies.services import (
    approve_policy,
    install_defaults,
    propose_policy,
    reject_policy,
    submit_policy,
)
from accounts.policies.values import PolicyValueWrong
from accounts.policies.versions import (
    VersionDayTaken,
    VersionInThePast,
    VersionMakerApproves,
    VersionNotDifferent,
)
from collections_app.core.enums import Role
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.testing import makers

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_defaults_are_valid_and_survive_being_typed(kind):
    stored = kind.defaults()
    assert kind.clean(stored) == stored
    for field in kind.fields:
        assert field.clean(field.from_lines(field.lines(stored[field.key]))) == stored[field.key]


@pytest.mark.parametrize(
    "kind, values, field",
    [
        ("promise_grace", {"days": "two"}, "days"),
        ("promise_grace", {"days": -1}, "days"),
        ("promise_grace", {"days": 1, "unit": "lunar"}, "unit"),
        ("promise_grace", {"dayz": 1}, "dayz"),
        ("tolerance", {"table": {"EUX": "1"}}, "table"),
        ("tolerance", {"table": {"EUR": "1.234"}}, "table"),
        ("tolerance", {"table": {"EUR": 1.5}}, "table"),
        ("tolerance", {"table": {"EUR": "NaN"}}, "table"),
        ("authority", {"write_off": {"king": {"EUR": "1"}}}, "write_off"),
        ("export_limit", {"table": {"manager": "many"}}, "table"),
        ("contact_rules", {"hours": {"call": {"mon": "20:00-08:00"}}}, "hours"),
        ("contact_rules", {"hours": {"telex": {"mon": "08:00-20:00"}}}, "hours"),
        (
            "contact_rules",
            {"caps": [{"channels": ["call"], "count": "sighs", "limit": 1, "days": 1}]},
            "caps",
        ),
        ("hardship_clock", {"scopes": ["breathing"]}, "scopes"),
    ],
)
def test_a_wrong_value_is_refused_and_its_field_named(kind, values, field):
    with pytest.raises(PolicyValueWrong) as refusal:
        KINDS[kind].clean(values)
    assert refusal.value.field == field


def test_values_come_back_as_what_code_reckons_with():
    hours = KINDS["contact_rules"].python(KINDS["contact_rules"].defaults())["hours"]
    assert hours["call"]["sun"] is None
    assert hours["call"]["mon"][0].hour == 8
    assert KINDS["authority"].python(KINDS["authority"].defaults())["write_off"]["manager"] == {"*": None}


@pytest.mark.django_db
class TestInForce:
    def test_defaults_hold_after_prepare_and_are_installed_once(self):
        assert policy("promise_grace", as_of=TODAY)["days"] == 2
        before = PolicyVersion.objects.count()
        install_defaults()
        assert PolicyVersion.objects.count() == before == len(KINDS)

    def test_default_without_any_row(self):
        PolicyVersion.objects.filter(kind="tolerance").delete()
        assert policy("tolerance", as_of=TODAY)["EUR"] == Decimal("5.00")
        assert resolver("tolerance", as_of=TODAY)(1, 2)["EUR"] == Decimal("5.00")

    def test_narrower_goes_first_and_dates_count(self):
        makers.policy("after_rejection", {"days": 3}, valid_from=TODAY)
        makers.policy("after_rejection", {"days": 9}, scope_type="creditor", scope_id=5)
        makers.policy("after_rejection", {"days": 1}, scope_type="portfolio", scope_id=7)
        ask = {
            (None, None): 3,
            (4, None): 3,
            (5, None): 9,
            (5, 6): 9,
            (5, 7): 1,
        }
        resolve = resolver("after_rejection", as_of=TODAY)
        for (creditor, portfolio), days in ask.items():
            values = policy("after_rejection", as_of=TODAY, creditor_id=creditor, portfolio_id=portfolio)
            assert values["days"] == days == resolve(creditor, portfolio)["days"]
        assert policy("after_rejection", as_of=TODAY - timedelta(days=1))["days"] == 7

    def test_what_would_hold_without_a_version(self):
        wide = makers.policy("feed", {"max_age_hours": 10}, valid_from=TODAY)
        own = makers.policy("feed", {"max_age_hours": 11}, scope_type="creditor", scope_id=5)
        narrow = makers.policy("feed", {}, scope_type="portfolio", scope_id=7, valid_from=TODAY)
        assert version_before(narrow, creditor_id=5) == own
        assert version_before(narrow, creditor_id=6) == wide
        assert version_before(own).note == "installed"
        assert version_before(wide).note == "installed"

    def test_one_statement(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            policy("ranking", as_of=TODAY, creditor_id=1, portfolio_id=2)
        with django_assert_num_queries(1):
            resolve = resolver("ranking", as_of=TODAY)
            resolve(1, 2)
            resolve(2, 3)

    def test_unknown_kind_is_a_mistake(self):
        with pytest.raises(KeyError):
            policy("promise_grease", as_of=TODAY)

    def test_authority(self):
        makers.policy(
            "authority", {"write_off": {"supervisor": {"EUR": "10"}, "manager": {"*": "unlimited"}}}
        )
        can = {
            ("supervisor", "10.00", "EUR"): True,
            ("supervisor", "10.01", "EUR"): False,
            ("supervisor", "1", "USD"): False,
            ("manager", "99999999", "USD"): True,
            ("collection_officer", "0.01", "EUR"): False,
        }
        limits = policy("authority", as_of=TODAY)["write_off"]
        for (role, amount, currency), expected in can.items():
            assert reaches(limits.get(role), Decimal(amount), currency) is expected

    def test_amount_of_a_currency_without_its_own_row(self):
        assert amount_in({"EUR": Decimal(5)}, "USD") == 0
        assert amount_in({"EUR": Decimal(5), "*": Decimal(1)}, "USD") == 1


@pytest.mark.django_db
class TestChange:
    def propose(self, maker, days=4, valid_from=TODAY):
        return propose_policy(
            kind="after_rejection",
            values={"days": days},
            valid_from=valid_from,
            note="Fewer complaints",
            actor=maker,
            as_of=TODAY,
        )

    def test_a_second_manager_puts_it_in_force(self):
        maker, other = makers.user(role=Role.MANAGER), makers.user(role=Role.MANAGER)
        version = self.propose(maker)
        submit_policy(version=version, actor=maker, as_of=TODAY)
        with pytest.raises(VersionMakerApproves):
            approve_policy(version=version, actor=maker, as_of=TODAY)
        assert policy("after_rejection", as_of=TODAY)["days"] == 7
        approve_policy(version=version, actor=other, as_of=TODAY)
        assert policy("after_rejection", as_of=TODAY)["days"] == 4
        codes = AuditRecord.objects.filter(subject_id=version.pk, code__startswith="policy.")
        assert list(codes.order_by("id").values_list("code", flat=True)) == [
            "policy.proposed",
            "policy.submitted",
            "policy.approved",
        ]

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.MANAGER, Role.SUPERVISOR, Role.SYSTEM}))
    def test_who_may_not_propose(self, role):
        with pytest.raises(NotAllowed):
            self.propose(makers.user(role=role))

    def test_a_supervisor_proposes_but_does_not_approve(self):
        maker, other = makers.user(role=Role.SUPERVISOR), makers.user(role=Role.SUPERVISOR)
        version = submit_policy(version=self.propose(maker), actor=maker, as_of=TODAY)
        with pytest.raises(NotAllowed):
            approve_policy(version=version, actor=other, as_of=TODAY)

    def test_not_in_the_past_neither_proposed_nor_approved(self):
        maker, manager = makers.user(role=Role.SUPERVISOR), makers.user(role=Role.MANAGER)
        with pytest.raises(VersionInThePast):
            self.propose(maker, valid_from=TODAY - timedelta(days=1))
        version = submit_policy(version=self.propose(maker), actor=maker, as_of=TODAY)
        with pytest.raises(VersionInThePast):
            approve_policy(version=version, actor=manager, as_of=TODAY + timedelta(days=1))

    def test_the_same_again_is_not_a_change(self):
        maker = makers.user(role=Role.SUPERVISOR)
        with pytest.raises(VersionNotDifferent):
            submit_policy(version=self.propose(maker, days=7), actor=maker, as_of=TODAY)

    def test_one_version_a_day(self):
        maker, manager = makers.user(role=Role.SUPERVISOR), makers.user(role=Role.MANAGER)
        first, second = self.propose(maker, days=1), self.propose(maker, days=2)
        for version in (first, second):
            submit_policy(version=version, actor=maker, as_of=TODAY)
        approve_policy(version=first, actor=manager, as_of=TODAY)
        with pytest.raises(VersionDayTaken):
            approve_policy(version=second, actor=manager, as_of=TODAY)

    def test_rejection_says_why_and_is_final(self):
        maker, manager = makers.user(role=Role.SUPERVISOR), makers.user(role=Role.MANAGER)
        version = submit_policy(version=self.propose(maker), actor=maker, as_of=TODAY)
        with pytest.raises(Refused):
            reject_policy(version=version, comment=" ", actor=manager, as_of=TODAY)
        reject_policy(version=version, comment="Too short", actor=manager, as_of=TODAY)
        assert PolicyVersion.objects.get(pk=version.pk).status == PolicyStatus.REJECTED
        with pytest.raises(StatusHasMoved):
            approve_policy(version=version, actor=manager, as_of=TODAY)


@pytest.mark.parametrize(
    ("names", "choices"),
    [
        (wording.CHANNELS, Channel),
        (wording.OUTCOMES, Outcome),
        (wording.ENTRIES, EntryKind),
    ],
)
def test_the_words_of_a_policy_are_those_of_the_pages(names, choices):
    assert {word: str(choices(word).label) for word in names} == {
        word: str(label) for word, label in names.items()
    }


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_a_reader_of_a_policy_sees_words_and_no_codes(kind):
    for field in kind.fields:
        for row in field.shown(field.clean(field.default)):
            codes = [cell for cell in row if re.search(r"[a-z]_[a-z]|^(mon|sun|call|sms)\b", cell)]
            assert not codes, f"{field.label}: {codes}"
