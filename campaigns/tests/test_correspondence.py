"""Texts: a closed list of placeholders, nothing that shows a debt outside, letters that add up."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from campaigns.correspondence import letters, rules, services, texts
from campaigns.correspondence.enums import SMS_SEGMENTS
from campaigns.correspondence.installed import installed_texts
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.placeholders import AccountLine, DemandItem, sample, values
from campaigns.correspondence.queries import TextBook
from campaigns.sending.models import Message
from campaigns.strategies.enums import VersionStatus
from campaigns.tests import making
from campaigns.tests.test_treatment import DUE, owing, run
from collections_app.core import money, pdf
from collections_app.core.enums import Role
from collections_app.testing import makers

DAY = date(2026, 9, 7)


def item(asked: str, *, contested: str = "0", paid: str = "0") -> DemandItem:
    parts = Decimal(asked), Decimal(contested), Decimal(paid)
    return DemandItem(
        "September bill", "INV-1", date(2026, 8, 1), sum(parts), parts[2], parts[1], parts[0]
    )


@pytest.mark.parametrize(
    "text", list(installed_texts()), ids=lambda row: f"{row.code}-{row.channel}-{row.language}"
)
def test_every_installed_text_is_fit_to_go_out(text):
    texts.check(channel=text.channel, language=text.language, subject=text.subject, body=text.body)
    subject, body = texts.render(text.subject, text.body, sample(text.language))
    assert "{" not in subject + body
    if text.channel == "sms":
        assert texts.segments(body) <= SMS_SEGMENTS


def test_every_stage_has_its_text_in_both_languages():
    keys = {(row.code, row.channel, row.language) for row in installed_texts()}
    for code in ("friendly", "reminder", "warning", "final", "pre-legal"):
        for channel in ("email", "sms", "letter"):
            assert {(code, channel, "en"), (code, channel, "ar")} <= keys


@pytest.mark.parametrize(
    "body",
    [
        "{{ creditor_name }} {{ birth_date }}",
        "{{ creditor_name }} {% include 'x' %}",
        "{{ creditor_name }} {% assign x = 1 %}",
        "{{ creditor_name | base64_encode }}",
        "{{ creditor_name }} {% for a in accounts %}{{ a.balance }}{% endfor %}",
        "{{ creditor_name }} {% for i in (1..999999) %}x{% endfor %}",
        "{{ creditor_name",
        "No sender in it",
        "  ",
        "{{ creditor_name }}" + "x" * 9_000,
    ],
)
def test_what_a_text_may_not_do(body):
    with pytest.raises(texts.TextNotAllowed):
        texts.check(channel="email", language="en", subject="A message", body=body)


@pytest.mark.parametrize(
    "subject",
    [
        "Your overdue account",
        "Payment reminder",
        "FINAL notice",
        "You owe us",
        "تذكير بالمستحقات",
        "{{ total }}",
        "",
    ],
)
def test_no_subject_line_shows_a_debt(subject):
    with pytest.raises(texts.TextNotAllowed):
        texts.check(channel="email", language="en", subject=subject, body="{{ creditor_name }}")


def test_a_text_message_stays_short():
    with pytest.raises(texts.TextNotAllowed):
        texts.check(
            channel="sms", language="en", subject="", body="{{ creditor_name }} " + "word " * 80
        )


@pytest.mark.parametrize(
    ("text", "number"),
    [("a" * 160, 1), ("a" * 161, 2), ("€" * 80, 1), ("ا" * 70, 1), ("ا" * 71, 2), ("", 1)],
)
def test_segments_follow_the_alphabet(text, number):
    assert texts.segments(text) == number


amounts = st.decimals(min_value="0.01", max_value="99999.99", places=2)


@given(st.lists(st.lists(amounts, min_size=1, max_size=5), min_size=1, max_size=4))
def test_the_items_of_a_letter_add_up_to_its_box(accounts):
    lines = tuple(
        AccountLine(place, f"A{place}", "AED", tuple(item(str(amount)) for amount in asked))
        for place, asked in enumerate(accounts)
    )
    figures = replace(sample(), lines=lines)
    (table,) = letters.tables(figures)
    printed = sum(
        Decimal(row.asked.replace(",", "")) for _name, rows in table.groups for row in rows
    )
    box = letters.context(figures, heading="", body="", our_reference="")["amounts"]
    assert Decimal(table.total.replace(",", "")) == printed
    assert box == [f"AED {money.format_amount(printed, 'AED', 'en')}"]


def test_currencies_never_add():
    figures = replace(
        sample(),
        lines=(
            AccountLine(1, "1", "AED", (item("10.00"),)),
            AccountLine(2, "2", "KWD", (item("5.125"),)),
        ),
    )
    assert values(figures)["total"] == "AED 10.00 and KWD 5.125"
    assert [table.total for table in letters.tables(figures)] == ["10.00", "5.125"]


def test_a_disputed_part_is_said_and_not_asked_for():
    figures = replace(
        sample(), lines=(AccountLine(1, "1", "AED", (item("180.00", contested="120.00"),)),)
    )
    (table,) = letters.tables(figures)
    assert "120.00" in table.groups[0][1][0].text
    assert table.total == "180.00"


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_letter_is_one_page_with_the_same_bytes_each_time(language):
    figures = replace(sample(language), address=("Flat 1204", "Dubai"))
    made = [
        letters.render_letter(figures, heading="H", body="B", our_reference="L1")
        for _turn in range(2)
    ]
    assert made[0] == made[1]
    assert pdf.page_count(made[0]) == 1


@pytest.mark.django_db
def test_who_wrote_it_does_not_approve_it():
    manager = makers.user(role=Role.MANAGER)
    version = making.text_version(maker=manager)
    services.submit_text(version=version, actor=manager, as_of=DAY)
    with pytest.raises(rules.SamePersonWrote):
        services.approve_text(version=version, actor=manager, as_of=DAY)


@pytest.mark.django_db
def test_a_new_version_takes_the_place_of_the_old_one():
    writer, manager = makers.user(role=Role.SENIOR_OFFICER), makers.user(role=Role.MANAGER)
    first = making.text_version(maker=writer, code="own")
    assert TextBook().pick(code="own", channel="email", languages=["en"]) is None
    for version in (first, None):
        version = version or services.draft_text(template=first.template, actor=writer, as_of=DAY)
        services.submit_text(version=version, actor=writer, as_of=DAY)
        services.approve_text(version=version, actor=manager, as_of=DAY)
    first.refresh_from_db()
    assert first.status == VersionStatus.RETIRED
    assert TextBook().pick(code="own", channel="email", languages=["en"]).number == 2


@pytest.mark.django_db
def test_the_creditors_own_text_goes_before_everyones_and_his_language_before_english():
    writer, manager = makers.user(role=Role.SENIOR_OFFICER), makers.user(role=Role.MANAGER)
    creditor = makers.creditor()
    version = making.text_version(maker=writer, code="friendly", creditor=creditor)
    services.submit_text(version=version, actor=writer, as_of=DAY + timedelta(days=1))
    services.approve_text(version=version, actor=manager, as_of=DAY + timedelta(days=1))
    book = TextBook()
    pick = {"code": "friendly", "channel": "email"}
    assert book.pick(**pick, languages=["en"], creditor_id=creditor.pk) == version
    assert book.pick(**pick, languages=["en"], creditor_id=creditor.pk + 1) != version
    assert book.pick(**pick, languages=["ar", "en"]).template.language == "ar"
    assert book.pick(**pick, languages=["fr"]).template.language == "en"


@pytest.mark.django_db
def test_a_text_for_a_payer_type_is_written_approved_and_taken_by_his_messages():
    """D112: an insurer reads his own words, everybody else the general ones; the message keeps which."""
    client = Client()
    client.force_login(
        makers.user(role=Role.SENIOR_OFFICER),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    client.post(
        reverse("campaigns:template_new"),
        {
            "name": "Friendly, insurers",
            "code": "friendly",
            "channel": "email",
            "language": "en",
            "payer_type": "insurer",
            "tone": "friendly",
            "creditor": "",
            "subject": "A message from {{ creditor_name }}",
            "body": "To the claims department. {{ total }}. {{ creditor_name }}",
        },
    )
    draft = TemplateVersion.objects.get(template__payer_type="insurer")
    creditor = makers.creditor()
    for payer_type in ("insurer", "bank"):
        owing(debtor=makers.reachable(creditor=creditor, payer_type=payer_type))
    manager = makers.user(role=Role.MANAGER)
    services.submit_text(version=draft, actor=draft.made_by, as_of=DUE)
    draft.refresh_from_db()
    services.approve_text(version=draft, actor=manager, as_of=DUE)
    run(DUE + timedelta(days=1))
    taken = {
        message.debtor.payer_type: message.template_version for message in Message.objects.all()
    }
    assert taken["insurer"] == draft
    assert taken["bank"].template.payer_type == ""
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    message = Message.objects.get(template_version=draft)
    page = client.get(reverse("campaigns:message_detail", args=[message.pk])).content.decode()
    assert "Friendly, insurers, version 1 (Insurer)" in page


def test_a_latin_address_keeps_its_order_in_an_arabic_letter():
    assert letters._own_way("14 Harbour Road", "ar") == "\u206814 Harbour Road\u2069"
    assert letters._own_way("14 Harbour Road", "en") == "14 Harbour Road"


def test_every_language_has_every_word_of_a_letter_and_a_notice():
    for language, words in letters.WORDS.items():
        assert words.keys() == letters.WORDS["en"].keys(), language
        assert language == "en" or words["notice_body"] != letters.WORDS["en"]["notice_body"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("country", "line", "is_approved"),
    [
        ("US", "", False),
        ("US", "\n\n{{ opt_out }}", True),
        ("US", "\n\nReply STOP to end these e-mails.", True),
        ("AE", "", True),
    ],
)
def test_an_email_without_an_opt_out_line_is_not_submitted_where_the_law_demands_one(
    country, line, is_approved
):
    creditor = makers.creditor(country=country, kind="third_party")
    version = services.create_template(
        code="own",
        name="Own",
        channel="email",
        language="en",
        creditor=creditor,
        subject="A message from {{ creditor_name }}",
        body="{{ creditor_name }}: please pay {{ total }}." + line,
        actor=makers.user(role=Role.SENIOR_OFFICER),
        as_of=date(2026, 11, 22),
    )
    if is_approved:
        submit = services.submit_text(
            version=version, actor=makers.user(role=Role.SENIOR_OFFICER), as_of=date(2026, 11, 22)
        )
        assert submit.status == "submitted"
    else:
        with pytest.raises(texts.TextNotAllowed, match="1006.6"):
            services.submit_text(
                version=version, actor=makers.user(role=Role.SENIOR_OFFICER), as_of=date(2026, 11, 22)
            )
