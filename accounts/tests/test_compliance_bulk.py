"""Rows by COPY: the same as the ORM would have written, whatever stands in them."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.compliance.models import Permit
from collections_app.core import bulk
from collections_app.core.models import Job
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
HOSTILE = 'tab\there, line\nbreak, back\\slash \\N, "quotes", \u200fعربي, {brace}'


def permit_values(**changes):
    debtor = makers.debtor()
    values = {
        "debtor_id": debtor.pk,
        "creditor_id": debtor.creditor_id,
        "account_ids": [3, 1, 2],
        "channel": "email",
        "moment": datetime(2026, 9, 8, 10, 0, 0, 123456, tzinfo=UTC),
        "is_allowed": True,
        "next_moment": None,
        "profile": "default",
        "rule_source": HOSTILE[:120],
        "facts": {"counts": {HOSTILE: 1}, "until": None, "zones": ["Europe/Berlin"]},
        "actor_id": makers.system().pk,
    }
    return values | changes


def test_what_was_written_comes_back_as_it_was_given():
    values = permit_values()
    (key,) = bulk.draw_keys(Permit, 1)
    bulk.copy_rows(Permit, ["id", *values], [[key, *values.values()]])
    stored = Permit.objects.get(pk=key)
    assert {name: getattr(stored, name) for name in values} == values
    assert (stored.purpose, stored.rule, stored.contact_point_id) == ("demand", "", None)
    assert stored.recorded_at is not None


def test_keys_are_fresh_and_the_next_row_of_the_orm_does_not_meet_them():
    keys = bulk.draw_keys(Permit, 3)
    values = permit_values()
    bulk.copy_rows(Permit, ["id", *values], [[key, *values.values()] for key in keys])
    assert len(set(keys)) == 3
    assert Permit.objects.create(**values).pk not in keys
    assert bulk.draw_keys(Permit, 0) == []


@transaction.atomic
def write_and_check(values):
    bulk.copy_rows(Permit, list(values), [list(values.values())])
    connection.check_constraints()


def test_a_foreign_key_that_is_not_there_is_refused():
    with pytest.raises(IntegrityError):
        write_and_check(permit_values(debtor_id=-5))


def test_a_name_that_is_no_field_is_an_error():
    with pytest.raises(KeyError):
        bulk.copy_rows(Job, ["nothing"], [[1]])
