"""A time-barred debt is asked for only in a text that says nobody will sue; never by one that threatens."""

from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from accounts.compliance.clauses import TIME_BARRED_WORDS
from accounts.compliance.enums import ContactFactKind
from accounts.compliance.standing import note_contact_fact
from accounts.compliance.wordings import Wording, carried
from campaigns.correspondence.enums import TextTone
from campaigns.correspondence.mandatory import mandatory_fields
from campaigns.correspondence.models import Template, TemplateVersion
from campaigns.correspondence.wordings import prints_in
from campaigns.notices.giving import give_notice
from campaigns.notices.rules import NoticeRefused
from campaigns.notices.services import enter_by_hand
from campaigns.sending.enums import MessageStatus
from campaigns.sending.models import Message
from campaigns.sending.printing import print_letters
from collections_app.core import documents
from collections_app.core.enums import Role
from collections_app.testing import makers

DUE, DAY = date(2019, 8, 3), date(2026, 9, 8)
NOON = datetime(2026, 9, 8, 12, tzinfo=UTC)
SENTENCE = TIME_BARRED_WORDS["en"]

words = st.dictionaries(st.sampled_from(["en", "ar", "fr"]), st.text(min_size=1, max_size=20), min_size=1)


@given(st.lists(words, max_size=3), st.sampled_from(["en", "ar", "fr"]))
def test_a_text_carries_every_sentence_in_its_language_or_nothing(laws, language):
    wordings = tuple(Wording("time_barred", tuple(sorted(row.items())), "") for row in laws)
    expected = {"time_barred"} if laws and all(language in row for row in laws) else set()
    assert carried(wordings, language) == expected


@pytest.mark.parametrize("tone", TextTone.values)
@pytest.mark.parametrize("channel", ["letter", "email", "sms"])
def test_what_threatens_or_has_no_room_prints_nothing(channel, tone):
    text = TemplateVersion(template=Template(language="ar", tone=tone))
    expected = "ar" if channel != "sms" and tone != TextTone.LEGAL else ""
    assert prints_in(channel, text) == expected
    assert prints_in(channel, None) == ""


@pytest.fixture
def account(db):
    house = makers.creditor(
        released_at=NOON, released_by=makers.system(), sender_phone="+1 212 555 0100",
        payment_instructions="Bank transfer",
    )  # fmt: skip
    debtor = makers.debtor(creditor=house, country="US")
    makers.contact_point(debtor=debtor, kind="address", value="1 Harbor Road, New York", country="US",
                         subdivision="NY")  # fmt: skip
    account = makers.account(debtor=debtor)
    makers.entry(account=account, amount="100.00", value_date=DUE, due_date=DUE, as_of=DAY)
    return account


def give(account, kind="first"):
    return give_notice(
        accounts=[account], kind=kind, channel="letter", pay_within_days=14,
        actor=makers.user(role=Role.MANAGER), as_of=DAY, now=NOON,
    )  # fmt: skip


def bar(account):
    return note_contact_fact(
        kind=ContactFactKind.TIME_BARRED, account=account, since=date(2025, 8, 3), source="Six years",
        actor=makers.user(role=Role.SUPERVISOR),
    )  # fmt: skip


def test_the_letter_prints_the_sentence_and_the_gate_is_told_so(account):
    bar(account)
    message = give(account)
    assert message.permit.carries == ["time_barred"]
    print_letters(now=NOON, actor=makers.user(role=Role.SUPERVISOR))
    message.refresh_from_db()
    assert SENTENCE in message.body
    assert message.permit.carries == ["time_barred"]
    (page,) = PdfReader(BytesIO(documents.read(message.document))).pages
    assert "we will not sue you for it" in " ".join(page.extract_text().split())


def test_a_debt_that_is_not_barred_says_nothing_of_it(account):
    message = give(account)
    assert message.permit.carries == []
    print_letters(now=NOON, actor=makers.user(role=Role.SUPERVISOR))
    assert SENTENCE not in Message.objects.get().body


def test_one_that_is_barred_after_it_was_queued_prints_it_too(account):
    give(account)
    bar(account)
    print_letters(now=NOON, actor=makers.user(role=Role.SUPERVISOR))
    assert SENTENCE in Message.objects.get().body


def served(account, **months):
    for kind, month in months.items():
        enter_by_hand(
            accounts=[account], kind=kind, method="hand", sent_on=date(2026, month, 1), note="At the door",
            actor=makers.system(), as_of=DAY,
        )  # fmt: skip


def test_no_notice_before_legal_steps_for_a_barred_debt(account):
    bar(account)
    served(account, first=2, second=4, final=6)
    with pytest.raises(NoticeRefused, match="Time-barred"):
        give(account, "pre_legal")


def test_a_notice_into_the_united_states_says_what_regulation_f_wants(account):
    """D76: the mandatory fields are the jurisdiction's, beside the policy's."""
    type(account.creditor).objects.filter(pk=account.creditor_id).update(kind="third_party")
    message = give(account)
    print_letters(now=NOON, actor=makers.user(role=Role.SUPERVISOR))
    message.refresh_from_db()
    assert message.status == MessageStatus.FAILED
    assert "creditor_address" in message.reason
    assert "12 CFR 1006.34" in message.reason
    own = mandatory_fields(creditor=account.creditor, countries={"US"}, as_of=DAY)
    account.creditor.refresh_from_db()
    theirs = mandatory_fields(creditor=account.creditor, countries={"US"}, as_of=DAY)
    assert set(theirs) - set(own) == {"creditor_address"}
    assert theirs == own | {"creditor_address": "12 CFR 1006.34(c)(2) (to be checked)"}


@pytest.mark.parametrize(
    ("country", "fields"),
    [
        ("SA", {"creditor_department", "creditor_hours", "officer_name"}),
        ("AE", {"complaints_to"}),
        ("GB", {"confidential"}),
        ("AU", set()),  # what the guide wants is what the policy wants anyhow
        ("IN", {"officer_name"}),
    ],
)
def test_each_place_says_what_a_notice_needs_beside_the_policy(account, country, fields):
    own = mandatory_fields(creditor=account.creditor, countries=(), as_of=DAY)
    wanted = mandatory_fields(creditor=account.creditor, countries={country}, as_of=DAY)
    assert set(wanted) - set(own) == fields
    assert all(wanted[name] for name in fields)  # each with its source


def test_a_notice_that_lacks_what_saudi_rules_want_is_not_issued(account):
    """Nor one of a portfolio whose own profile gives more days; with everything it is, and says so."""
    type(account.debtor).objects.filter(pk=account.debtor_id).update(country="SA")
    message = give(account)
    supervisor = makers.user(role=Role.SUPERVISOR)
    print_letters(now=NOON, actor=supervisor)
    message.refresh_from_db()
    assert message.status == MessageStatus.FAILED
    for name in ("creditor_department", "creditor_hours", "officer_name", "SAMA 391000083340"):
        assert name in message.reason
    type(account.creditor).objects.filter(pk=account.creditor_id).update(
        sender_department="Customer accounts", sender_hours="Sunday to Thursday, 9:00 to 16:00",
        notice_approval="RERA 4711",
    )  # fmt: skip
    dubai = account.creditor.portfolios.create(
        code="towers", name="Towers", contact_profile="ae_dubai_service_charges"
    )
    served(account, first=2, second=4)
    officer = makers.user(full_name="Amal Haddad")
    type(account).objects.filter(pk=account.pk).update(officer=officer, portfolio=dubai)
    account.refresh_from_db()
    short = give(account, "second")
    print_letters(now=NOON, actor=supervisor)
    short.refresh_from_db()
    assert "30 days" in short.reason
    type(account).objects.filter(pk=account.pk).update(portfolio=None)
    account.refresh_from_db()
    good = give(account, "final")
    print_letters(now=NOON, actor=supervisor)
    good.refresh_from_db()
    (page,) = PdfReader(BytesIO(documents.read(good.document))).pages
    text = " ".join(page.extract_text().split())
    for words in ("Customer accounts", "9:00 to 16:00", "Amal Haddad", "Private and confidential"):
        assert words in text
