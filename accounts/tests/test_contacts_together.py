"""Many small transactions tell of their contacts once."""

import pytest

from accounts.contacts.signals import contacts_recorded, tell_recorded, told_together
from collections_app.core import clock
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard():
    calls = []

    def hear(sender, **news):
        calls.append(news)

    contacts_recorded.connect(hear)
    yield calls
    contacts_recorded.disconnect(hear)


def tell(*account_ids, actor):
    tell_recorded(object, account_ids=account_ids, as_of=clock.today(), actor=actor)


def test_alone_it_is_told_at_once(heard):
    tell(3, 1, actor=makers.system())
    assert [news["account_ids"] for news in heard] == [[1, 3]]


def broken_round(heard, actor):
    with told_together():
        tell(3, 1, actor=actor)
        tell(2, 3, actor=actor)
        assert heard == []
        raise ZeroDivisionError


def test_together_it_is_told_once_at_the_end_even_when_the_round_breaks(heard):
    actor = makers.system()
    with pytest.raises(ZeroDivisionError):
        broken_round(heard, actor)
    assert [news["account_ids"] for news in heard] == [[1, 2, 3]]
    tell(5, actor=actor)
    assert heard[-1]["account_ids"] == [5]
