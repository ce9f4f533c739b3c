from datetime import UTC, date, datetime
from decimal import Decimal
from json import dumps, loads

from django.utils.translation import gettext_lazy, gettext_noop, override

from collections_app.core.said import Amount, read, said


def test_a_kept_sentence_is_said_in_each_readers_language():
    inner = said(gettext_noop("Not found in %(step)s."), step=gettext_lazy("own records"))
    whole = said(
        "%(told)s %(note)s %(n)s %(money)s %(day)s %(at)s",
        told=inner,
        note="100 % Ahmad",
        n=3,
        money=Amount(Decimal("12.5"), "EUR"),
        day=date(2026, 3, 2),
        at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    )
    again = read(loads(dumps(whole.kept())))
    assert again == whole
    with override("en"):
        assert str(again).startswith("Not found in own records. 100 % Ahmad 3 ")
        assert "2 Mar 2026" in str(again)
        assert "12.50" in str(again)
    with override("ar"):
        assert "Not found" not in str(again)
        assert "\u2068100 % Ahmad\u2069" in str(again)
