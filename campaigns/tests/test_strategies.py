"""Versions: drafted, checked, submitted, approved by another, in force from a day, retired."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from campaigns.correspondence.rules import TemplateMissing
from campaigns.strategies import rules, services
from campaigns.strategies.enums import VersionStatus
from campaigns.strategies.models import Strategy, StrategyVersion
from campaigns.strategies.queries import versions_in_force
from campaigns.strategies.services import NewStep
from campaigns.tests import making
from collections_app.core.enums import Role
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.core.models import Transition
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

DAY = date(2026, 9, 7)
pytestmark = pytest.mark.django_db


def step(offset: int = 1, **fields) -> NewStep:
    given = {
        "code": f"d{offset}",
        "title": f"Day {offset}",
        "stage": 1,
        "day_offset": offset,
        "channel": "email",
        "template_code": "friendly",
    }
    return NewStep(**{**given, **fields})


@pytest.fixture
def maker():
    return makers.user(role=Role.SENIOR_OFFICER)


@pytest.fixture
def manager():
    return makers.user(role=Role.MANAGER)


def approved(maker, manager, *, valid_from: date = DAY, steps=None, **fields) -> StrategyVersion:
    version = making.strategy_version(maker=maker, **fields)
    if steps:
        version = services.save_version(version=version, steps=steps, actor=maker)
    return making.approved(version, actor=manager, as_of=DAY, valid_from=valid_from)


def test_the_installed_strategy_is_the_one_that_was_promised():
    (version,) = versions_in_force(DAY)
    assert [(row.day_offset, row.stage) for row in version.steps.order_by("day_offset")] == [
        (-3, 1),
        (1, 1),
        (7, 2),
        (15, 3),
        (30, 4),
        (45, 5),
    ]
    assert version.note == "installed"
    assert services.content_hash(version) == version.content_hash


def test_who_made_it_does_not_approve_it():
    manager = makers.user(role=Role.MANAGER)
    version = making.strategy_version(maker=manager)
    services.submit_version(version=version, actor=manager, as_of=DAY)
    with pytest.raises(rules.SamePerson):
        services.approve_version(version=version, actor=manager, as_of=DAY)


def test_the_database_keeps_two_people_apart(maker, manager):
    version = approved(maker, manager)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_strategyversion SET made_by_id = approved_by_id WHERE id = %s",
            [version.pk],
        )


def test_an_officer_drafts_nothing():
    with pytest.raises(NotAllowed):
        making.strategy_version(maker=makers.user())


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [step(1), step(1, code="again")],
        [step(1, stage=2), step(7, stage=1)],
        [step(1, channel="call")],
        [step(1, template_code="")],
        [step(1000)],
    ],
)
def test_steps_that_cannot_go_out_are_refused(maker, steps):
    version = making.strategy_version(maker=maker)
    with pytest.raises(rules.StrategyIncomplete):
        services.save_version(version=version, steps=steps, actor=maker)


def test_a_step_needs_an_approved_text(maker):
    version = making.strategy_version(maker=maker)
    services.save_version(
        version=version, steps=[step(1, template_code="no-such-text")], actor=maker
    )
    with pytest.raises(TemplateMissing):
        services.submit_version(version=version, actor=maker, as_of=DAY)
    version.refresh_from_db()
    assert version.status == VersionStatus.DRAFT


def test_an_approved_version_is_never_changed(maker, manager):
    version = approved(maker, manager)
    with pytest.raises(rules.NotADraft):
        services.save_version(version=version, steps=[step(2)], actor=maker)
    with pytest.raises(StatusHasMoved):
        services.submit_version(version=version, actor=maker, as_of=DAY)


def test_what_was_submitted_is_what_is_approved(maker, manager):
    version = making.strategy_version(maker=maker)
    services.submit_version(version=version, actor=maker, as_of=DAY)
    version.steps.update(day_offset=9)
    with pytest.raises(services.ContentHasChanged):
        services.approve_version(version=version, actor=manager, as_of=DAY)


def test_a_version_binds_from_its_day_and_the_one_before_until_then(maker, manager):
    first = approved(maker, manager)
    with pytest.raises(rules.NotADraft):
        services.discard_version(version=first, actor=maker, as_of=DAY)
    slip = services.draft_version(strategy=first.strategy, actor=maker, as_of=DAY)
    slip.steps.all().delete()
    services.discard_version(version=slip, actor=maker, as_of=DAY)
    assert first in versions_in_force(DAY)
    second = services.draft_version(strategy=first.strategy, actor=maker, as_of=DAY)
    assert second.steps.count() == first.steps.count() > 0, "it begins from what binds, not from the slip"
    later = DAY + timedelta(days=10)
    making.approved(second, actor=manager, as_of=DAY, valid_from=later)
    assert first in versions_in_force(later - timedelta(days=1))
    assert second in versions_in_force(later)
    services.retire_version(version=second, reason="too soft", actor=manager, as_of=later)
    assert first in versions_in_force(later)


def test_the_most_particular_strategy_comes_first(maker, manager):
    creditor = makers.creditor()
    general = approved(maker, manager)
    particular = approved(maker, manager, creditor=creditor)
    corporate = approved(maker, manager, creditor=creditor, payer_types=["corporate"])
    ours = [row for row in versions_in_force(DAY) if row in (general, particular, corporate)]
    assert ours == [corporate, particular, general]


def test_every_step_of_a_version_stands_in_its_history(maker, manager):
    version = approved(maker, manager)
    walked = Transition.objects.filter(
        subject_type="campaigns.strategyversion", subject_id=version.pk
    )
    assert list(walked.order_by("id").values_list("to_status", flat=True)) == [
        "draft",
        "submitted",
        "approved",
    ]


def test_amounts_are_written_with_their_currencys_decimals(maker):
    version = making.strategy_version(maker=maker)
    services.save_version(
        version=version, steps=[step(1)], tolerances={"kwd": "1.5", "JPY": "100"}, actor=maker
    )
    version.refresh_from_db()
    assert version.tolerances == {"KWD": "1.500", "JPY": "100"}
    with pytest.raises(rules.StrategyIncomplete):
        services.save_version(
            version=version, steps=[step(1)], tolerances={"EUR": "x"}, actor=maker
        )


def test_a_product_that_no_account_has_is_refused_by_name(maker):
    version = making.strategy_version(maker=maker)

    def save(*products):
        criteria = {"products": products}
        return services.save_version(version=version, steps=[step(1)], criteria=criteria, actor=maker)

    assert save("gas").criteria == {"products": ["gas"]}
    makers.account(product="water")
    assert save("water").criteria == {"products": ["water"]}
    with pytest.raises(rules.StrategyIncomplete, match="product gas.*: water") as refused:
        save("water", "gas")
    assert refused.value.field == "products"


def test_a_code_is_given_once(maker):
    services.create_strategy(code="one", name="One", actor=maker)
    with pytest.raises(services.StrategyCodeTaken):
        services.create_strategy(code="one", name="Two", actor=maker)
    assert Strategy.objects.filter(code="one").count() == 1
