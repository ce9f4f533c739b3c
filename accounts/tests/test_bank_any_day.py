"""The reconciliation of a bank account by what was known at an earlier moment."""

import io
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.bank.as_known import Then
from accounts.bank.models import BankLine
from accounts.bank.queries import cash_bridge, lines_told, waiting_by_age
from accounts.bank.services import unmatch_line
from accounts.bank.tying import link_line
from accounts.ledger.models import LedgerEntry
from accounts.ledger.services import reverse_entry
from accounts.payments.services import post_payment
from accounts.returns.services import record_return
from accounts.tests.bank_making import DAY, TODAY, mt940, taken, told_back
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.web.moments import moment_text
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


def test_the_reconciliation_of_any_moment_is_what_it_was_then(client):
    """After each step what the bridge says; at the end the same is asked of each moment again."""
    makers.system()
    supervisor = makers.user(role=Role.MANAGER)
    bank = makers.bank_account(number="DE89370400440532013000")
    account = makers.account(debtor=makers.debtor(name="Anna Muster Berg"), number="A-1001")
    makers.entry(account=account, amount="300.50", value_date=date(2026, 1, 5), due_date=date(2026, 2, 4))
    next_day = DAY + timedelta(days=1)
    seen = []

    def told(then=None):
        bridge = cash_bridge(bank, DAY, next_day, then=then)
        lines = lines_told(bank, DAY, next_day, then)
        waits = waiting_by_age(lines, TODAY, "status_told")
        statuses = sorted(lines.values_list("amount", "status_told"))
        return {**vars(bridge), "gap": bridge.gap, "sound": bridge.is_sound, "waits": waits}, statuses

    def step(made):
        seen.append((made, clock.now(), told()))
        return made

    paid = {"account": account, "method": "transfer", "actor": supervisor, "as_of": TODAY}
    by_hand = step(post_payment(amount=Decimal("40.00"), value_date=DAY, **paid))
    rows = [(a, r, t, "ANNA", "") for a, r, t in (
        ("40.00", "H", "who"), ("50.00", "A-1001", "x"), ("60.00", "A-1001", "y"), ("7.00", "Z", "?"),
        ("-2.00", "F", "fee"),
    )]  # fmt: skip
    step(taken(mt940(bank.number, "0.00", rows), supervisor))
    lines = {line.amount: line for line in BankLine.objects.all()}
    tied, posted, mistaken = (lines[Decimal(amount)] for amount in (40, 50, 60))
    step(link_line(line=tied, entry=by_hand, actor=supervisor, as_of=TODAY))
    step(unmatch_line(line=tied, reason="Another's", actor=supervisor, as_of=TODAY))
    step(unmatch_line(line=mistaken, reason="Not his", actor=supervisor, as_of=TODAY))
    entry = LedgerEntry.objects.get(bank_posting__line=posted)
    step(
        record_return(
            entry=entry, scheme="sepa", code="AM04", return_date=next_day, actor=supervisor, as_of=TODAY
        )
    )
    step(taken(told_back(bank.number, "50.00", "A-1001", next_day), supervisor, filename="r.xml"))
    step(reverse_entry(entry=by_hand, value_date=DAY, reason="twice", actor=supervisor, as_of=TODAY))
    assert [len({str(figures) for _made, _at, figures in seen}), len(seen)] == [7, 8]
    for _made, at, figures in seen:
        assert told(Then(TODAY, at)) == figures
    # the page and its file say the moment; the return that was learned later is in neither
    client.force_login(supervisor)
    known = moment_text(seen[1][1])
    asked = {"bank_account": bank.pk, "first": DAY, "last": next_day, "known_at": known}
    address = reverse("accounts:bank_reconciliation")
    page = client.get(address, asked)
    assert "as known on" in page.content.decode()
    assert f'name="known_at" value="{known}"' in page.content.decode()
    assert [row["share"].status for row in page.context["went_out"]] == ["unmatched"]
    made = client.get(address, asked | {"file": "xlsx"})
    book = load_workbook(io.BytesIO(b"".join(made.streaming_content)))
    facts = dict(row[:2] for row in book.worksheets[-1].iter_rows(values_only=True) if row[0])
    assert facts["As known on (UTC)"] == known
    assert book["Lines"].max_row == 1 + 5 + 1
    # no file is made for a moment that is none
    led = client.get(address, asked | {"known_at": "soon", "file": "xlsx"})
    kept = {key: value for key, value in asked.items() if key != "known_at"}
    assert (led.status_code, led["Location"]) == (302, f"{address}?{urlencode(kept)}")
