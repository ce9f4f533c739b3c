"""Statements of account: they balance for any ledger and period, and go out only through the gate."""

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.ledger.enums import EntryKind, ReportLine
from accounts.ledger.models import Account, AccountParty, LedgerEntry
from accounts.ledger.services import NewEntry, post_entries, reverse_entry
from accounts.ledger.write_offs import write_off
from accounts.tasks.models import Task
from campaigns.sending.gateways import SENT, Gateways
from campaigns.sending.printing import print_letters
from campaigns.sending.services import send_due
from campaigns.statements import rules, wording
from campaigns.statements.figures import PART_OF, DoesNotBalance, PeriodWrong, prove
from campaigns.statements.models import Statement
from campaigns.statements.papers import Sender, statement_context, statement_html
from campaigns.statements.queries import accounts_of, by_account, by_debtor, statements
from campaigns.statements.runs import build_run
from campaigns.statements.services import issue_statement, order_run
from campaigns.statements.workbook import statement_workbook
from campaigns.treatment.superseding import withhold_superseded
from collections_app.core import clock, documents
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

START = date(2026, 1, 1)
KINDS = [
    EntryKind.CHARGE, EntryKind.FEE, EntryKind.INTEREST, EntryKind.PENALTY, EntryKind.PAYMENT,
    EntryKind.CREDIT_NOTE, EntryKind.DISCOUNT, EntryKind.REFUND, EntryKind.ADJUSTMENT,
]  # fmt: skip
UNITS = {"JPY": Decimal(1), "EUR": Decimal("0.01"), "KWD": Decimal("0.001")}

movement = st.tuples(
    st.sampled_from(KINDS),
    st.integers(1, 99_999),
    st.integers(0, 60),
    st.booleans(),  # taken back later
    st.sampled_from(["debit", "credit"]),
)


def test_every_line_of_the_report_is_a_part_of_the_face():
    assert set(PART_OF) == set(ReportLine.values)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ledger=st.lists(movement, max_size=12),
    currency=st.sampled_from(sorted(UNITS)),
    days=st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)),
)
def test_any_ledger_and_any_period_balances_and_consecutive_ones_chain(ledger, currency, days):
    debtor = makers.debtor()
    rows = [makers.account(debtor=debtor, currency=code) for code in (currency, currency, "EUR")]
    entries = []
    for place, (kind, units, day, _back, way) in enumerate(ledger):
        account = rows[place % 3]
        entries.append(
            NewEntry(
                account_id=account.pk,
                kind=kind,
                amount=units * UNITS[account.currency],
                value_date=START + timedelta(days=day),
                direction=way if kind == EntryKind.ADJUSTMENT else None,
                due_date=START + timedelta(days=day + 10),
            )
        )
    posted = post_entries(entries=entries, actor=makers.system(), as_of=START + timedelta(days=70))
    for entry, (_kind, _units, day, back, _way) in zip(posted, ledger, strict=True):
        if back:
            reverse_entry(
                entry=entry, value_date=START + timedelta(days=day + 5), reason="taken back",
                actor=makers.system(), as_of=START + timedelta(days=70),
            )  # fmt: skip
    first, middle, last = (START + timedelta(days=day) for day in sorted(days))
    known_at = clock.now()
    accounts = list(accounts_of(Account.objects.filter(debtor=debtor)))
    for wanted in (by_debtor(accounts), by_account(accounts)):
        spans = [(first, middle), (middle + timedelta(days=1), last + timedelta(days=1))]
        early, late = (
            statements(wanted, first_day=begin, last_day=end, known_at=known_at) for begin, end in spans
        )
        for one, other in zip(early, late, strict=True):
            prove(one)
            prove(other)
            assert {table.currency for table in one.tables} <= {currency, "EUR"}
            for table, after in zip(one.tables, other.tables, strict=True):
                assert table.closing == after.opening
                assert table.opening + sum(table.parts().values()) == table.closing
    assert LedgerEntry.objects.filter(account__debtor=debtor).count() == len(posted) + sum(
        row[3] for row in ledger
    )


def test_a_figure_that_is_off_is_named_and_refused():
    account = makers.account()
    makers.entry(account=account, amount="100.00", value_date=START)
    (figures,) = statements(by_account([account]), first_day=START, last_day=START, known_at=clock.now())
    (table,) = figures.tables
    wrong = replace(figures, tables=(replace(table, lines=()),))
    with pytest.raises(DoesNotBalance, match=account.number):
        prove(wrong)
    hidden = replace(figures, tables=(replace(table, items=()),))
    with pytest.raises(DoesNotBalance, match="100.00"):
        prove(hidden)


# ---- papers and their way out ----

TODAY = date(2036, 9, 8)
NOW = datetime(2036, 9, 8, 10, tzinfo=UTC)


def debtor_with_a_past(*, language: str = "en", email: bool = True, **fields):
    """An account in EUR with tax, a payment and a dispute, one in KWD; one charge is overdue."""
    creditor = fields.pop("creditor", None) or makers.creditor(
        payment_instructions="Bank transfer to City Power\nDE00 1234 5678", sender_email="pay@city.example"
    )
    debtor = makers.debtor(creditor=creditor, language=language, **fields)
    if email:
        makers.contact_point(
            debtor=debtor, kind="email", value=f"d{debtor.pk}@example.com", time_zone="Europe/Berlin"
        )
    makers.contact_point(
        debtor=debtor, kind="address", value="Main Street 1, Berlin", street="Main Street 1", city="Berlin"
    )
    euro = makers.account(debtor=debtor)
    charge = makers.entry(
        account=euro, amount="119.00", value_date=date(2036, 6, 1), due_date=date(2036, 7, 1),
        tax_amount=Decimal("19.00"), tax_code="S", reference="INV-1", description="June bill",
    )  # fmt: skip
    makers.entry(
        account=euro, amount="40.00", value_date=date(2036, 7, 5), kind=EntryKind.PAYMENT, method="transfer"
    )
    makers.entry(account=euro, amount="60.00", value_date=date(2036, 8, 1), due_date=date(2036, 9, 30))
    makers.contested(charge, "10.00")
    dinar = makers.account(debtor=debtor, currency="KWD")
    makers.entry(account=dinar, amount="7.125", value_date=date(2036, 8, 2), due_date=date(2036, 12, 1))
    return debtor, [euro, dinar]


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def issue(accounts, **fields):
    fields = {"first_day": date(2036, 7, 1), "last_day": TODAY, "as_of": TODAY, "now": NOW} | fields
    fields.setdefault("actor", makers.user(role=Role.MANAGER))
    return issue_statement(accounts=accounts, **fields)


def test_the_paper_says_it_all_and_a_second_one_is_asked_for():
    _debtor, accounts = debtor_with_a_past()
    made = issue(accounts)
    text = text_of(documents.read(made.document))
    for words in (
        "Statement of account", "119.00", "79.00", "139.00", "7.125", "Payment, thank you (bank transfer)",
        "10.00 of it is disputed", "not yet due", "69 days", "DE00 1234 5678", "Main Street 1",
        accounts[0].number, "8 Sept 2036", "as recorded by",
    ):  # fmt: skip
        assert words in text, words
    sums = {row.currency: (row.opening, row.closing) for row in made.lines.all()}
    assert sums == {
        "EUR": (Decimal("119.00"), Decimal("139.00")), "KWD": (Decimal(0), Decimal("7.125")),
    }  # fmt: skip
    with pytest.raises(rules.StatedAlready):
        issue(accounts)
    assert issue(accounts, is_again=True).number == 2
    with pytest.raises(PeriodWrong):
        issue(accounts, last_day=TODAY + timedelta(days=1))
    june = issue(accounts[:1], account=accounts[0], first_day=date(2036, 6, 1), last_day=date(2036, 6, 30))
    assert "net 100.00, tax 19.00 (S)" in text_of(documents.read(june.document))


def test_a_paper_does_not_tell_the_debtor_why_the_office_wrote_off():
    _debtor, accounts = debtor_with_a_past()
    manager = makers.user(role=Role.MANAGER)
    write_off(account=accounts[0], amount=Decimal(119), reason="a swindler", actor=manager, as_of=TODAY)
    makers.entry(
        account=accounts[0], amount="60", value_date=TODAY, kind="payment", method="cash", as_of=TODAY
    )
    text = text_of(documents.read(issue(accounts).document))
    assert "swindler" not in text
    assert "Written off" in text
    assert "Of what was written off" in text


def test_an_arabic_paper_has_its_own_words_and_latin_figures():
    _debtor, accounts = debtor_with_a_past(language="ar", name="شركة نور التجارية")
    text = text_of(documents.read(issue(accounts).document))
    assert "139.00" in text
    assert "7.125" in text
    assert not any("\u0660" <= letter <= "\u0669" for letter in text)


@pytest.mark.parametrize("table", [wording.WORDS, wording.PARTS, wording.KINDS, wording.METHODS])
def test_every_language_says_the_same_things_with_the_same_figures_in_them(table):
    def gaps(text):
        return sorted(re.findall(r"%\(\w+\)s", text))

    for language, words in table.items():
        assert set(words) == set(table["en"]), language
        for key, text in words.items():
            assert text.strip(), (language, key)
            assert gaps(text) == gaps(table["en"][key]), (language, key)
    assert set(table) == set(wording.RETURNED_PAYMENT)


def test_a_paper_speaks_the_debtors_language_and_english_where_it_has_none():
    debtor, accounts = debtor_with_a_past(language="pt-BR")
    text = text_of(documents.read(issue(accounts).document))
    for words in ("Extrato de conta", "Saldo em", "Página 1 de", "EUR 139,00", "KWD 7,125"):
        assert words in text, words
    debtor.language = "fi"
    assert Sender(debtor, debtor.creditor, None).language == "en"


def as_number(text: str, currency: str) -> Decimal:
    """A figure as a reader takes it, whatever its language puts between the digits."""
    digits = Decimal("".join(letter for letter in text if letter.isdigit()))
    return (-digits if "-" in text or "\u2212" in text else digits) * UNITS[currency]


@pytest.mark.parametrize("language", sorted(wording.WORDS))
def test_the_face_the_lines_the_items_and_the_plan_add_up_as_they_are_read(language):
    debtor, accounts = debtor_with_a_past(language=language)
    makers.payment_plan(
        account=accounts[0], amount="90.00", as_of=date(2036, 8, 10), first_due=date(2036, 8, 20)
    )
    makers.entry(account=accounts[0], amount="45.00", value_date=date(2036, 8, 20), kind=EntryKind.PAYMENT)
    late = makers.entry(
        account=accounts[0], amount="30.00", value_date=date(2036, 8, 21), kind=EntryKind.PAYMENT
    )
    reverse_entry(
        entry=late, value_date=date(2036, 9, 12), reason="came back", actor=makers.system(),
        as_of=date(2036, 9, 12),
    )  # fmt: skip
    found = list(accounts_of(Account.objects.filter(debtor=debtor)))

    def shown(last_day):
        (figures,) = statements(
            by_debtor(found), first_day=date(2036, 6, 1), last_day=last_day, known_at=clock.now()
        )
        prove(figures)
        sender = Sender(debtor, debtor.creditor, None)
        return statement_context(figures, sender, reference="S-1"), figures

    context, _figures = shown(TODAY)
    assert [table["currency"] for table in context["tables"]] == ["EUR", "KWD"]
    for table in context["tables"]:

        def read(text, currency=table["currency"]):
            return as_number(text, currency) if text else Decimal(0)

        *parts, closing = [read(amount) for _label, amount, _kind in table["face"]]
        assert sum(parts) == closing == read(table["closing"])
        balance = read(table["opening"])
        for line in table["lines"]:
            balance += read(line["debit"]) - read(line["credit"])
            assert balance == read(line["balance"])
        assert balance == closing
        assert read(table["debits"]) - read(table["credits"]) == closing - read(table["opening"])
        assert sum(read(item["open"]) for item in table["items"]) == closing
        assert len(table["plans"]) == (table["currency"] == "EUR")
        for plan in table["plans"]:
            for column in ("amount", "received", "missing"):
                assert sum(read(row[column]) for row in plan["rows"]) == read(plan[column])
            assert [read(row["received"]) for row in plan["rows"]] == [30, 30, 15]
            words = wording.WORDS[language]
            assert [row["state"] for row in plan["rows"]] == [
                words["state_paid"], words["state_paid"], words["state_part"],
            ]  # fmt: skip
    later = shown(date(2036, 9, 20))[1]
    (plan,) = later.tables[0].plans
    assert [(row.received, row.is_paid) for row in plan.instalments] == [(30, True), (15, False), (0, False)]
    assert shown(date(2036, 8, 9))[1].tables[0].plans == ()
    html = statement_html(later, Sender(debtor, debtor.creditor, None), reference="S-1")
    assert wording.WORDS[language]["plan"] in html


def test_the_screen_shows_what_a_statement_would_have_said_by_another_knowledge(client):
    debtor, accounts = debtor_with_a_past()
    before = clock.now()
    makers.entry(account=accounts[0], amount="9.00", value_date=date(2036, 6, 20), kind=EntryKind.FEE)
    client.force_login(makers.user(role=Role.MANAGER))
    url = reverse("campaigns:debtor_statement", args=[debtor.pk])

    def shown(**query):
        page = client.get(url, {"first_day": "2026-01-01", "last_day": "2026-11-01", **query})
        return page.context["form"].errors, page

    # days to come are refused, so the statement is asked of the service where its figures are ahead
    assert shown()[0] == {}
    wanted = by_account([accounts[0]])
    closing = {
        moment: statements(wanted, first_day=START, last_day=TODAY, known_at=moment)[0].tables[0].closing
        for moment in (before, clock.now())
    }
    assert list(closing.values()) == [Decimal("139.00"), Decimal("148.00")]
    page = shown(known_at="2026-11-01 17:00")[1].content.decode()
    assert re.search("as known on <b>Sun 1 Nov( 2026)?, 17:00</b>", page)
    assert "known_at=2026-11-01+17%3A00" in page or "Excel" not in page


def test_what_was_promised_is_told_as_it_stood_on_the_last_day():
    debtor, accounts = debtor_with_a_past()
    makers.promise(account=accounts[0], amount="50.00", due_date=date(2036, 8, 20), as_of=date(2036, 8, 10))
    makers.entry(account=accounts[0], amount="20.00", value_date=date(2036, 8, 15), kind=EntryKind.PAYMENT)
    makers.entry(account=accounts[0], amount="30.00", value_date=date(2036, 8, 19), kind=EntryKind.PAYMENT)

    def missing(day):
        wanted = by_account([accounts[0]])
        (figures,) = statements(wanted, first_day=START, last_day=day, known_at=clock.now())
        return sum(row.missing for row in figures.tables[0].promised)

    days = [date(2036, 8, day) for day in (9, 10, 15, 19)]
    assert [missing(day) for day in days] == [0, 50, 30, 0]


def test_a_workbook_holds_typed_figures_that_add_up():
    _debtor, accounts = debtor_with_a_past()
    found = list(accounts_of(Account.objects.filter(pk__in=[row.pk for row in accounts])))
    (figures,) = statements(
        by_debtor(found), first_day=date(2036, 6, 1), last_day=TODAY, known_at=clock.now()
    )
    sender = Sender(accounts[0].debtor, accounts[0].creditor, None)
    book = load_workbook(io.BytesIO(statement_workbook(figures, sender)), data_only=True)
    movements, items, *_others = book.worksheets
    rows = list(movements.iter_rows(min_row=2, values_only=True))
    assert [row[4] for row in rows[:3]] == [119, None, 60]
    assert rows[-1][4] - rows[-1][5] == rows[2][6] == 139
    assert rows[0][7:10] == (100, 19, "S")
    assert list(items.iter_rows(min_row=2, values_only=True))[0][7:9] == (79, 10)


class Kept:
    """A gateway that keeps what it is handed."""

    def __init__(self):
        self.parcels = []

    def send(self, parcel):
        self.parcels.append(parcel)
        return SENT

    def close(self):
        """Nothing is open."""


def ordered(accounts, **fields):
    fields = {"first_day": date(2036, 7, 1), "last_day": TODAY, "as_of": TODAY, "now": NOW} | fields
    fields.setdefault("actor", makers.user(role=Role.MANAGER))
    return order_run(account_ids=[row.pk for row in accounts], creditor=accounts[0].creditor, **fields)


def build(run):
    said = []
    run = build_run(run, now=run.known_at, on_progress=lambda done, total: said.append((done, total)))
    assert said[-1][0] == said[-1][1]
    return run


def test_a_run_mails_whom_the_gate_lets_and_says_who_was_left_out():
    good, first = debtor_with_a_past()
    creditor = good.creditor
    held, second = debtor_with_a_past(creditor=creditor)
    makers.hold(debtor=held, scopes=("contact", "demand"), as_of=TODAY)
    homeless, third = debtor_with_a_past(creditor=creditor, email=False)
    idle = makers.account(debtor=makers.debtor(creditor=creditor))
    promised, fourth = debtor_with_a_past(creditor=creditor)
    makers.open_promise(fourth[0], due=TODAY + timedelta(days=5))
    stranger = makers.account()
    accounts = [*first, *second, *third, idle, *fourth, stranger]
    run = build(ordered(accounts, delivery="email"))
    assert run.counts == {"made": 1, "left_out": 4, "queued": 1}
    assert {(row[0], row[2]) for row in run.left_out} == {
        (held.pk, "hold"), (homeless.pk, "no_point"), (idle.debtor_id, "nothing"), (promised.pk, "promise"),
    }  # fmt: skip
    assert stranger.pk not in run.account_ids
    trace = Task.objects.get(kind="trace")
    assert (trace.subject_id, trace.status) == (homeless.pk, "open")
    assert "By e-mail" in trace.detail
    statement = Statement.objects.get(run=run)
    assert statement.message.purpose == "demand"
    # a reminder that is queued meanwhile takes no statement's place that somebody ordered
    assert withhold_superseded(account_ids=run.account_ids, as_of=TODAY, actor=makers.system()) == []
    kept = Kept()
    outcome = send_due(now=NOW, limit=10, actor=makers.system(), gateways=Gateways(email=kept, sms=Kept()))
    assert outcome == {"sent": 1}
    (parcel,) = kept.parcels
    (paper,) = parcel.attachments
    assert paper.content == documents.read(statement.document)
    assert "statement of your account" in parcel.body
    again = build(ordered(accounts, delivery="email"))
    assert again.counts["made"] == 0
    assert [good.pk, None, "done", ""] in again.left_out


def test_a_single_paper_that_reaches_nobody_asks_for_an_address(client):
    team, today = makers.team(), clock.today()
    officer = makers.teammate(team=team)
    account = makers.account(team=team, officer=officer)
    debtor = account.debtor
    makers.entry(account=account, amount="50.00", value_date=today - timedelta(days=9))
    client.force_login(officer)
    address = reverse("campaigns:account_statement_issue", args=[account.pk])
    sent = {
        "first_day": (today - timedelta(days=30)).isoformat(),
        "last_day": today.isoformat(),
        "delivery": "email",
    }
    answer = client.post(address, sent)
    assert answer.status_code == 422, answer.content.decode()
    assert "It may not be sent: No good address" in answer.content.decode()
    trace = Task.objects.get(kind="trace")
    assert (trace.subject_id, trace.assignee) == (debtor.pk, officer)
    assert not Statement.objects.exists()
    client.post(address, sent)
    assert Task.objects.filter(kind="trace").count() == 1, "the open one stays the one"


def test_a_run_of_letters_is_one_file_and_goes_through_the_print_queue():
    debtors = [debtor_with_a_past()]
    debtors.append(debtor_with_a_past(creditor=debtors[0][0].creditor))
    accounts = [row for _debtor, rows in debtors for row in rows]
    run = build(ordered(accounts, delivery="best", each="account"))
    assert run.counts == {"made": 4, "left_out": 0, "queued": 4}
    assert Statement.objects.filter(run=run, message__channel="email").count() == 4
    letters = build(ordered(accounts, delivery="letter"))
    assert letters.counts["queued"] == 2
    assert len(PdfReader(io.BytesIO(documents.read(letters.document))).pages) >= 2
    batch = print_letters(now=NOW, actor=makers.user(role=Role.MANAGER))
    assert batch.letters == 2
    papers = set(Statement.objects.filter(run=letters).values_list("document_id", flat=True))
    assert set(batch.messages.values_list("document_id", flat=True)) == papers


def test_a_paper_that_waits_is_withheld_once_a_hold_comes():
    debtor, accounts = debtor_with_a_past()
    made = issue(accounts, delivery="email")
    makers.hold(account=accounts[1], scopes=("demand",), as_of=TODAY)
    outcome = send_due(now=NOW, limit=10, actor=makers.system(), gateways=Gateways(email=Kept(), sms=Kept()))
    assert outcome == {"withheld": 1}
    made.message.refresh_from_db()
    assert made.message.spared == "hold"
    with pytest.raises(rules.NotSent, match="hold"):
        issue(accounts, delivery="email", is_again=True)
    asked = issue(accounts, delivery="email", is_again=True, is_requested=True)
    assert asked.message.purpose == "requested"
    makers.hold(debtor=debtor, scopes=("contact",), as_of=TODAY)
    with pytest.raises(rules.NotSent):
        issue(accounts, delivery="email", is_again=True, is_requested=True)


def test_a_statement_goes_to_who_represents_the_debtor_and_tells_nobody_of_anothers_account():
    debtor, accounts = debtor_with_a_past()
    lawyer = makers.debtor(creditor=debtor.creditor, name="Weber Law", language="de")
    makers.contact_point(debtor=lawyer, kind="email", value="law@example.com", time_zone="Europe/Berlin")
    makers.contact_point(debtor=lawyer, kind="address", value="Allee 9", street="Allee 9", city="Bonn")
    speaks = {"debtor": lawyer, "role": "representative", "valid_from": date(2036, 8, 1)}
    AccountParty.objects.create(account=accounts[0], **speaks)
    with pytest.raises(rules.SeveralStandFor):
        issue(accounts, delivery="email")
    assert build(ordered(accounts, delivery="email")).left_out == [[debtor.pk, None, "several", ""]]
    AccountParty.objects.create(account=accounts[1], **speaks)
    makers.hold(debtor=debtor, scopes=("contact",), reason="represented", as_of=TODAY)
    made = build(ordered(accounts, delivery="email")).statements.get()
    assert (made.debtor, made.message.debtor, made.language) == (debtor, lawyer, "de")
    text = text_of(documents.read(made.document))
    assert "Weber Law" in text
    assert "Allee 9" in text
    assert "Main Street 1" not in text
    assert f"Betrifft: {debtor.name}." in text
    kept = Kept()
    send_due(now=NOW, limit=10, actor=makers.system(), gateways=Gateways(email=kept, sms=Kept()))
    (parcel,) = kept.parcels
    assert debtor.name in parcel.body
    # the screen and the workbook speak his language too
    AccountParty.objects.update(valid_from=clock.today())
    client = Client()
    client.force_login(makers.user(role=Role.MANAGER))
    shown = client.get(reverse("campaigns:debtor_statement", args=[debtor.pk])).content.decode()
    assert "Kontoauszug" in shown
    assert parcel.attachments
