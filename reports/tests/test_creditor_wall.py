"""One person known to two creditors: whoever works for one finds no trace of the other, wherever he looks.

The walk opens every page a user may open without knowing a number, follows each address it finds
there, asks for the lists as files, searches, and opens the other creditor's rows by their numbers.
"""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

import pypdfium2
import pytest
import time_machine
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from accounts.contacts.services import add_note
from accounts.holds.services import record_legal_fact
from accounts.irregularities.services import open_irregularity
from accounts.parties.models import ContactPoint
from accounts.payments.bank_details import propose_bank_details
from accounts.returns.file_posting import post_return_file
from accounts.returns.files import load_return_file
from accounts.returns.formats import FoundReturn
from campaigns.tests import making
from campaigns.worklists.services import refresh_worklist
from collections_app.core.enums import Role
from collections_app.testing import makers
from collections_app.testing.view_contract import pages

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
TODAY = date(2026, 11, 23)
# Every word that only the other creditor's book knows.
TRACES = ("zorvax", "qz-", "qznote", "qzstate", "qzhold", "7777123", "7,321", "321.55", "qzperson", "qzcamp")
WORDS = ("zorvax", "QZ-1", "+49307777123", "Qzperson", "QZ-REF", "qzperson@example.com")
ADDRESS = re.compile(r"""(?:href|action|hx-get|data-url|data-href|data-open)="([^"]+)\"""")
# So many rows are opened by a page of one row, where one row is not as good as the other; else one.
ROWS = {
    "accounts:account_detail": 3,
    "accounts:debtor_detail": 3,
    "accounts:entry_detail": 9,
    "campaigns:debtor_statement": 3,
}
DETAILS = 2
# One form for each kind of policy: of these as many are opened.
POLICIES = {"accounts:policy_kind": 5, "accounts:policy_new": 5}
# Every list draws these alike: another order of the same rows, and the drawer of `fragment=filters`.
SAME_EVERYWHERE = {"sort", "show"}


@pytest.fixture
def monday():
    with time_machine.travel(MORNING, tick=True):
        yield


def book(*, creditor, team, identity, name, number, amount, phone):
    """A debtor of that creditor with an account of everything a book may hold."""
    officer = makers.teammate(team=team, full_name=f"Officer {makers.number()}")
    prefix = number[:2]
    debtor = makers.debtor(creditor=creditor, name=name, identity=identity, reference=f"{prefix}-REF")
    makers.contact_point(debtor=debtor, value=phone)
    makers.contact_point(debtor=debtor, kind="email", value=f"{prefix.lower()}person@example.com")
    account = makers.account(debtor=debtor, team=team, officer=officer, number=number)
    charge = makers.entry(
        account=account, amount=amount, value_date=TODAY - timedelta(days=90),
        due_date=TODAY - timedelta(days=60), description=f"{prefix}note bill", as_of=TODAY,
    )  # fmt: skip
    makers.entry(
        account=account, amount="1.00", kind="payment", value_date=TODAY - timedelta(days=9), as_of=TODAY
    )
    add_note(debtor=debtor, account=account, body=f"{prefix}note of the account", actor=officer)
    makers.promise(
        account=account, amount="20.00", due_date=TODAY + timedelta(days=3), as_of=TODAY, actor=officer
    )
    makers.dispute(
        account=account, items=[(charge, "30.00")], as_of=TODAY, actor=officer, statement=f"{prefix}state"
    )
    makers.hold(account=account, scopes=("interest",), note=f"{prefix}hold", as_of=TODAY, actor=officer)
    makers.attempt(account=account, at=MORNING - timedelta(days=2), officer=officer, note=f"{prefix}note")
    makers.follow_up(account=account, due_on=TODAY, owner=officer)
    money(account, prefix, officer)
    making.message(account=account)
    making.reminder_run(creditor=creditor)
    making.statement_run(account=account)
    making.clearance_letter(account=makers.account(debtor=debtor, team=team, number=f"{number}00"))
    makers.import_batch(creditor=creditor, status="posted")
    return officer, account


def money(account, prefix, officer):
    """A payment that came back by a bank's file, what is irregular, and from where the debtor pays."""
    makers.entry(
        account=account, amount="2.00", kind="payment", method="direct_debit", reference=f"{prefix}note-1",
        value_date=TODAY - timedelta(days=8), as_of=TODAY,
    )  # fmt: skip
    chief = makers.teammate(team=account.team, role=Role.SUPERVISOR)
    rows = [
        FoundReturn(number, "AM04", Decimal(2), account.currency, TODAY, reference, payer=f"{prefix}person")
        for number, reference in enumerate([f"{prefix}note-1", f"{prefix}note-2"], 1)
    ]
    file = load_return_file(
        content=prefix.encode(), filename=f"{prefix}note.txt", scheme="sepa", format="camt", found=rows,
        actor=chief, as_of=TODAY,
    )  # fmt: skip
    post_return_file(return_file=file, actor=chief, as_of=TODAY)
    open_irregularity(
        kind="short", amount=Decimal(3), currency=account.currency, account=account,
        note=f"{prefix}note short", actor=officer, as_of=TODAY,
    )  # fmt: skip
    open_irregularity(
        kind="unidentified", amount=Decimal(4), currency=account.currency, note=f"{prefix}note of nobody",
        actor=chief, as_of=TODAY,
    )  # fmt: skip
    propose_bank_details(
        debtor=account.debtor, holder=f"{prefix}person", number_kind="other", number=f"{prefix}-12345",
        valid_from=TODAY, source=f"{prefix}note", actor=chief, as_of=TODAY,
    )  # fmt: skip


@pytest.fixture
def books(monday):
    identity = makers.identity()
    here, there = makers.team(name="Team of water"), makers.team(name="Team of power")
    water = makers.creditor(code="WATER", name="Blue Water Works", teams=[here])
    other = makers.creditor(code="ZORVAX", name="Zorvax Utilities", sender_name="Zorvax", teams=[there])
    _own, account = book(
        creditor=water, team=here, identity=identity, name="Rahman, Layla", number="WA-1", amount="500.00",
        phone="+49301111123",
    )  # fmt: skip
    stranger, hidden = book(
        creditor=other, team=there, identity=identity, name="Qzperson, Layla", number="QZ-1",
        amount="7321.55", phone="+49307777123",
    )  # fmt: skip
    point = ContactPoint.objects.get(debtor=hidden.debtor, kind="phone")
    point.status = "wrong_party"
    point.save()
    record_legal_fact(
        debtor=hidden.debtor, kind="insolvent", effective_date=TODAY, source="district court", actor=stranger,
        as_of=TODAY,
    )  # fmt: skip
    making.campaign(account=hidden, name="Qzcamp")
    making.strategy_version(creditor=other)
    making.text_version(creditor=other, code="qznote-text")
    making.sending_pause(creditor=other)
    making.print_batch(creditor=other, letters=3)
    makers.policy("dispute_clock", {"days": 7}, scope_type="creditor", scope_id=other.pk)
    refresh_worklist(as_of=TODAY)
    return here, account, hidden


def words_of(paper: bytes) -> str:
    """What a PDF says: its bytes are packed, and any three letters may stand in packed bytes."""
    with pypdfium2.PdfDocument(paper) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def traces(answer) -> list[str]:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    said = words_of(content) if content.startswith(b"%PDF-") else content.decode("utf-8", "replace")
    text = unescape(said).lower().replace("\u00a0", " ")
    return [word for word in TRACES if word in text]


def addresses(answer, base: str):
    if "html" not in answer.headers.get("Content-Type", ""):
        return
    for found in ADDRESS.findall(answer.content.decode()):
        parts = urlsplit(unescape(found))
        if parts.scheme or parts.netloc or "sign-out" in parts.path or parts.path.startswith("/static/"):
            continue
        path = parts.path or base
        yield f"{path}?{parts.query}" if parts.query else path


@cache
def kinds_of(url: str) -> frozenset[tuple]:
    """What an address may show for the first time: the page, and each parameter by itself.

    A list of n parameters has 2**n addresses and they all ask the same scoped rows, so each parameter
    counts once. Another number (row, day, token) is the same kind of page, another word (a report, a
    kind of policy, what a history is of) is not.
    """
    parts = urlsplit(url)
    try:
        match = resolve(parts.path)
    except Resolver404:
        return frozenset({(parts.path,)})
    words = tuple(word for word in map(str, match.kwargs.values()) if not re.search(r"\d", word))
    query = parse_qs(parts.query, keep_blank_values=True)
    if not query:
        if match.view_name in POLICIES:
            words = ()
        return frozenset({(match.view_name, words)})
    return frozenset(
        ("any list", name)
        if name in SAME_EVERYWHERE
        else (match.view_name, name, query[name][0] if name == "fragment" else "")
        for name in query
    )


def few(kind: tuple) -> int:
    """So many addresses of that kind are opened; a parameter once."""
    name = kind[0]
    if len(kind) == 2 and name in ROWS | POLICIES:
        return (ROWS | POLICIES)[name]
    return DETAILS if len(kind) == 2 and name.endswith("_detail") else 1


class Walk:
    """Opens what can be reached, a `few` addresses of each kind, and keeps what was opened by URL name."""

    def __init__(self, client):
        self.client = client
        self.opened: dict[str, list[str]] = {}
        self.lists: dict[str, str] = {}
        self.taken: Counter[tuple] = Counter()
        self.waiting: list[str] = []
        self.known: set[str] = set()

    def offer(self, url: str) -> None:
        if url in self.known:
            return
        self.known.add(url)
        kinds = kinds_of(url)
        if any(self.taken[kind] < few(kind) for kind in kinds):
            self.taken.update(kinds)
            self.waiting.append(url)

    def __iter__(self):
        """(address, answer) of each page, and of each list as a file."""
        for page in pages():
            if not page.needs_arguments and not page.is_post_only:
                self.offer(reverse(page.name))
        self.waiting += [f"{reverse('core:search')}?q={word.replace('+', '%2B')}" for word in WORDS]
        for address in self.waiting:
            answer = self.client.get(address)
            name = answer.resolver_match.view_name
            self.opened.setdefault(name, []).append(address)
            if answer.status_code == 302 and answer.url.startswith("/"):
                self.offer(answer.url)
            if answer.status_code == 200:
                for url in addresses(answer, urlsplit(address).path):
                    self.offer(url)
                is_page = not answer.streaming and name not in self.lists
                if is_page and b'name="_verb" value="export"' in answer.content:
                    self.lists[name] = address
            yield address, answer
        for address in self.lists.values():
            yield f"{address} as a file", self.client.post(address, {"_verb": "export", "format": "csv"})


@pytest.mark.long
@pytest.mark.parametrize(("role", "names"), [(Role.COLLECTION_OFFICER, 194), (Role.SUPERVISOR, 229)])
def test_who_works_for_one_creditor_finds_no_trace_of_the_other(books, role, names):
    here, account, hidden = books
    client = Client(raise_request_exception=True)
    user = makers.teammate(team=here, role=role)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    found = {}
    walk = Walk(client)
    for address, answer in walk:
        assert answer.status_code in {200, 302, 400, 403, 404, 405}, address
        # A search repeats the words it was asked, nothing else.
        if told := [word for word in traces(answer) if word not in unquote(address).lower()]:
            found[address] = told
    assert found == {}
    # A walk that reaches less proves less: this floor rises with the product and never sinks unseen.
    assert len(walk.opened) >= names, sorted(walk.opened)
    assert reverse("accounts:account_detail", args=[account.pk]) in walk.opened["accounts:account_detail"]
    assert walk.lists.keys() >= {"accounts:account_list", "accounts:debtor_list", "accounts:payment_list"}

    # What is open by one's own number is shut by the other's.
    doors = {
        reverse("accounts:account_detail", args=[account.pk]): reverse(
            "accounts:account_detail", args=[hidden.pk]
        ),
        reverse("accounts:debtor_detail", args=[account.debtor_id]): reverse(
            "accounts:debtor_detail", args=[hidden.debtor_id]
        ),
    }
    tried = 0
    for address in {one for opened in walk.opened.values() for one in opened}:
        for own, others in doors.items():
            if address.startswith(own):
                answer = client.get(address.replace(own, others, 1))
                assert answer.status_code in {403, 404, 405}, (address, answer.status_code)
                assert traces(answer) == [], address
                tried += 1
    assert tried > len(doors)
