"""The release of a creditor shows everybody its first run would write to or spare, and writes nothing."""

import re
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.parties.models import Creditor
from campaigns.sending.enums import Spared
from campaigns.sending.models import Message
from campaigns.tests import making
from campaigns.tests.test_treatment import DUE, at, owing
from campaigns.treatment import kept_previews
from campaigns.treatment.models import Episode, StepRecord
from campaigns.treatment.preview_rows import PAGE, Wish
from campaigns.treatment.previewing import who_would_get_what
from campaigns.treatment.services import run_reminders
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
DAY = DUE + timedelta(days=1)
WRITES = re.compile(r"^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
TEMPORARY = {"treated", "due_step", "way", "led", "would"}


def signed_in(role: str, **fields) -> Client:
    client = Client()
    client.force_login(
        makers.user(role=role, **fields), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def book(number: int = 3, **fields) -> Creditor:
    """So many debtors who owe 100.00 each; then one on hold and one nobody can reach."""
    creditor = makers.creditor(released_at=None, **fields)
    for place in range(number):
        owing(debtor=makers.reachable(creditor=creditor, name=f"Debtor {place:03}"))
    held = owing("40.00", debtor=makers.reachable(creditor=creditor, name="Held"))
    makers.hold(account=held, scopes=("demand",))
    owing("60.00", debtor=makers.debtor(creditor=creditor, name="Nowhere"))
    return creditor


def preview(creditor: Creditor, **wish):
    return who_would_get_what(creditor, DAY, now=at(DAY), wish=Wish(**wish))


def test_everybody_with_a_due_step_is_in_one_row_and_the_sums_hold():
    found = preview(book())
    assert (found.due, found.messages, found.found) == (5, 3, 5)
    assert found.spared == {Spared.HOLD: 1, Spared.NO_CONTACT_POINT: 1}
    assert found.totals == {"EUR": Decimal("300.00")}
    assert found.spared_totals == {"EUR": Decimal("100.00")}
    assert found.found_totals == {"EUR": Decimal("400.00")}
    assert {row.debtor: row.reason for row in found.rows} == {
        "Debtor 000": "",
        "Debtor 001": "",
        "Debtor 002": "",
        "Held": Spared.HOLD,
        "Nowhere": Spared.NO_CONTACT_POINT,
    }


def test_the_preview_says_what_the_run_then_does():
    creditor = book()
    seen = preview(creditor)
    Creditor.objects.filter(pk=creditor.pk).update(released_at=at(DUE))
    creditor.refresh_from_db()
    (done,) = run_reminders(
        as_of=DAY, now=at(DAY), actor=makers.system(), creditor=creditor
    )
    assert done.counts["messages"] == seen.messages
    assert done.counts["due"] == seen.due
    assert {
        name.partition(".")[2]: number
        for name, number in done.counts.items()
        if name.startswith("spared.")
    } == seen.spared
    sent = {message.debtor.name: message.template_version_id for message in Message.objects.all()}
    assert sent == {row.debtor: row.text_id for row in seen.rows if not row.reason}


@pytest.mark.parametrize(
    ("wish", "names"),
    [
        ({"state": "gets", "text": "debtor 00"}, ["Debtor 000", "Debtor 001", "Debtor 002"]),
        ({"state": "spared"}, ["Held", "Nowhere"]),
        ({"reason": "hold"}, ["Held"]),
        ({"text": "nowh"}, ["Nowhere"]),
        ({"text": "100%"}, []),
        ({"channel": "sms"}, []),
        ({"currency": "USD"}, []),
        ({"currency": "EUR", "state": "spared"}, ["Held", "Nowhere"]),
    ],
)
def test_rows_are_chosen_and_the_sums_above_stay(wish, names):
    found = preview(book(), **wish)
    assert [row.debtor for row in found.rows] == names
    assert found.found == len(names)
    assert found.due == 5


def test_an_account_is_found_by_its_number():
    creditor = book(1)
    account = owing(debtor=makers.reachable(creditor=creditor), number="ZZ-4711")
    assert [row.numbers for row in preview(creditor, text="ZZ-47").rows] == [[account.number]]


def test_pages_follow_each_other_without_gap_or_repeat():
    creditor = book(PAGE + 3)
    first, second = preview(creditor), preview(creditor, page=2)
    assert (first.first, first.last, first.has_more) == (1, PAGE, True)
    assert (second.first, second.last, second.has_more) == (PAGE + 1, PAGE + 5, False)
    names = [row.debtor for row in [*first.rows, *second.rows]]
    assert len(set(names)) == PAGE + 5


def test_currencies_of_one_debtor_are_never_added():
    creditor = makers.creditor(released_at=None)
    debtor = makers.reachable(creditor=creditor)
    owing("10.00", debtor=debtor)
    owing("20.000", debtor=debtor, currency="KWD")
    found = preview(creditor)
    assert found.rows[0].totals == {"EUR": Decimal("10.00"), "KWD": Decimal("20.000")}
    assert found.totals == {"EUR": Decimal("10.00"), "KWD": Decimal("20.000")}
    assert found.messages == 1


def test_a_preview_writes_to_nothing_but_its_own_tables():
    creditor = book()
    with CaptureQueriesContext(connection) as asked:
        preview(creditor)
    written = {
        found[1] for query in asked.captured_queries if (found := WRITES.match(query["sql"]))
    }
    assert written <= TEMPORARY
    assert not Episode.objects.exists()
    assert not StepRecord.objects.exists()
    creditor.refresh_from_db()
    assert creditor.released_at is None


def test_a_preview_costs_the_same_for_three_debtors_and_thirty():
    costs = []
    for number in (3, 30):
        creditor = book(number)
        with CaptureQueriesContext(connection) as asked:
            preview(creditor)
        costs.append(len(asked))
    assert costs[0] == costs[1]


def test_rows_of_other_teams_are_counted_but_not_shown():
    creditor = makers.creditor(released_at=None)
    mine, others = makers.team(), makers.team()
    owing(debtor=makers.reachable(creditor=creditor, name="Mine"), team=mine)
    owing(debtor=makers.reachable(creditor=creditor, name="Theirs"), team=others)
    supervisor = makers.teammate(team=mine, role=Role.SUPERVISOR)
    found = who_would_get_what(creditor, DAY, now=at(DAY), user=supervisor)
    assert [row.debtor for row in found.rows] == ["Mine"]
    assert found.messages == 2


# ---- the page and the command ----


def due_today(creditor: Creditor, name: str = "Rahman, Layla", amount: str = "88.00"):
    return owing(
        amount,
        due=clock.today() - timedelta(days=2),
        debtor=makers.reachable(creditor=creditor, name=name),
    )


def test_the_release_page_shows_debtors_accounts_channel_and_amounts():
    creditor = makers.creditor(released_at=None)
    account = due_today(creditor)
    held = due_today(creditor, "Held, Hana", "12.50")
    makers.hold(account=held, scopes=("demand",), first_day=clock.today() - timedelta(days=1))
    page = signed_in(Role.MANAGER).get(reverse("accounts:creditor_release", args=[creditor.pk]))
    said = page.content.decode()
    for words in ("Rahman, Layla", account.number, "88.00", "Friendly", "E-mail", "Held, Hana", "On hold"):
        assert words in said
    assert not Message.objects.exists()


def test_the_release_needs_a_reason_and_keeps_it():
    creditor = makers.creditor(released_at=None)
    due_today(creditor)
    manager = signed_in(Role.MANAGER)
    url = reverse("accounts:creditor_release", args=[creditor.pk])
    assert manager.post(url, {"reason": ""}).status_code == 422
    creditor.refresh_from_db()
    assert creditor.released_at is None
    manager.post(url, {"reason": "Balances agree."})
    creditor.refresh_from_db()
    assert creditor.released_at is not None
    assert AuditRecord.objects.get(code="creditor.released").reason == "Balances agree."


def test_only_a_manager_opens_it():
    creditor = makers.creditor(released_at=None)
    url = reverse("accounts:creditor_release", args=[creditor.pk])
    assert signed_in(Role.SUPERVISOR).get(url).status_code == 403


def test_the_rows_alone_answer_a_filter():
    creditor = makers.creditor(released_at=None)
    due_today(creditor)
    due_today(creditor, "Aziz, Noor")
    answer = signed_in(Role.MANAGER).get(
        reverse("campaigns:reminder_preview"),
        {"creditor": creditor.pk, "day": clock.today(), "text": "rahman"},
        headers={"HX-Request": "true", "HX-Target": "who-rows"},
    )
    said = answer.content.decode()
    assert said.lstrip().startswith('<section class="panel list" id="who-rows">')
    assert "Rahman, Layla" in said
    assert "Aziz, Noor" not in said


def test_an_address_that_asks_nonsense_shows_everything():
    creditor = makers.creditor(released_at=None)
    due_today(creditor)
    answer = signed_in(Role.MANAGER).get(
        reverse("campaigns:reminder_preview"),
        {"creditor": creditor.pk, "day": clock.today(), "page": "x", "reason": "none"},
    )
    assert "Rahman, Layla" in answer.content.decode()


def test_the_command_prints_the_same_sums():
    creditor = makers.creditor(released_at=None)
    due_today(creditor)
    held = due_today(creditor, "Held, Hana", "12.50")
    makers.hold(account=held, scopes=("demand",), first_day=clock.today() - timedelta(days=1))
    said = StringIO()
    call_command("release_creditor", creditor.code, "--dry-run", stdout=said)
    assert "Friendly by e-mail: 1 (88.00 EUR)" in said.getvalue()
    assert "Spared: On hold: 1 (12.50 EUR)" in said.getvalue()
    assert "Messages a run of today would queue: 1 (1 accounts, 1 accounts spared)" in said.getvalue()
    creditor.refresh_from_db()
    assert creditor.released_at is None


def test_a_text_for_his_payer_type_is_named_in_the_row():
    creditor = makers.creditor(released_at=None)
    version = making.text_version(code="friendly", payer_type="insurer")
    type(version).objects.filter(pk=version.pk).update(status="approved")
    owing(debtor=makers.reachable(creditor=creditor, name="A", payer_type="insurer"))
    owing(debtor=makers.reachable(creditor=creditor, name="B", payer_type="consumer"))
    insurer, consumer = preview(creditor).rows
    assert (insurer.text, insurer.text_for) == (version, "Insurer")
    assert consumer.text_for == ""
    assert consumer.text_id != version.pk


def test_other_pages_of_a_large_book_are_read_from_what_was_judged(monkeypatch):
    monkeypatch.setattr(kept_previews, "WORTH_KEEPING", 5)
    creditor = book()
    fields = {"now": at(DAY), "keeps": True}
    first = who_would_get_what(creditor, DAY, **fields)
    assert (first.judged_at, bool(first.kept)) == (at(DAY), True)
    late = owing(debtor=makers.reachable(creditor=creditor, name="Late"))
    again = who_would_get_what(creditor, DAY, **fields, kept=first.kept)
    assert [vars(row) for row in again.rows] == [vars(row) for row in first.rows]
    assert (again.steps, again.spared_sums, again.found_totals) == (
        first.steps, first.spared_sums, first.found_totals
    )  # fmt: skip
    chosen = who_would_get_what(creditor, DAY, **fields, kept=first.kept, wish=Wish(text="debtor 001"))
    assert [row.debtor for row in chosen.rows] == ["Debtor 001"]
    for token, owner in (("", creditor), ("other", creditor), (first.kept, makers.creditor())):
        anew = who_would_get_what(owner, DAY, **fields, kept=token)
        assert anew.kept != first.kept
    assert late.debtor.name in {row.debtor for row in who_would_get_what(creditor, DAY, **fields).rows}
