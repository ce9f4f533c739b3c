"""Pages that do something: once, refused in words, and never by looking."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import HttpResponse
from django.urls import reverse

from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord, IdempotencyKey, User
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.core.web.forms import DayField, MoneyFormField, ReasonForm, adapt
from collections_app.core.web.read_only import WroteWhileReading
from collections_app.core.web.row_ids import row_ids
from collections_app.core.web.views import SIGNED_IN, ActionPage, PageView
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client):
    user = makers.user(role=Role.COLLECTION_OFFICER, full_name="Amal Haddad")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


class Note(ActionPage):
    permission = SIGNED_IN
    title = "Note"
    form_class = ReasonForm
    success_message = "Noted."

    def perform(self, form) -> User:
        if form.cleaned_data["reason"] == "no":
            raise Refused("Not today; try tomorrow.", field="reason")
        if form.cleaned_data["reason"] == "never":
            raise NotAllowed("Only a manager notes this.")
        return makers.user(full_name=form.cleaned_data["reason"])

    def get_success_url(self, result) -> str:
        return f"/made/{result.pk}/"


@pytest.fixture
def send(rf, officer, client):
    """Posts to Note as the officer, with his session and without the URL table."""

    def post(data: dict, *, htmx: bool = False) -> HttpResponse:
        request = rf.post("/note/", data, headers={"HX-Request": "true"} if htmx else {})
        request.user, request.htmx = officer, htmx
        request.session, request.organisation = client.session, None
        request._messages = _Messages()
        answer = Note.as_view()(request)
        return answer.render() if hasattr(answer, "render") else answer

    return post


class _Messages(list):
    def add(self, level, message, extra_tags=""):
        self.append(str(message))


def test_the_same_form_twice_is_answered_once(send):
    key = str(uuid4())
    first = send({"reason": "paid at the counter", "_key": key})
    second = send({"reason": "paid at the counter", "_key": key})
    assert first.status_code == second.status_code == 302
    assert first.url == second.url
    assert User.objects.filter(full_name="paid at the counter").count() == 1


def test_two_forms_are_two_deeds(send):
    for _form in range(2):
        send({"reason": "called", "_key": str(uuid4())})
    assert User.objects.filter(full_name="called").count() == 2


def test_a_refusal_stands_at_its_field_and_frees_the_key(send):
    key = str(uuid4())
    answer = send({"reason": "no", "_key": key})
    assert answer.status_code == 422
    assert "Not today; try tomorrow." in answer.content.decode()
    assert not IdempotencyKey.objects.filter(key=key).exists()
    assert send({"reason": "yes", "_key": key}).status_code == 302


def test_what_the_role_may_not_do_is_forbidden(send):
    with pytest.raises(Exception, match="Only a manager notes this."):
        send({"reason": "never", "_key": str(uuid4())})


def test_htmx_is_led_on_by_a_header(send):
    answer = send({"reason": "by htmx", "_key": str(uuid4())}, htmx=True)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/made/")


def test_a_page_without_a_permission_does_not_start():
    class Bare(PageView):
        template_name = "core/home.html"

    with pytest.raises(ImproperlyConfigured, match="declares no permission"):
        Bare.as_view()


def test_a_get_that_writes_raises(rf, officer):
    class Writes(PageView):
        permission = SIGNED_IN
        template_name = "core/home.html"

        def get(self, request, *args, **kwargs):
            officer.save()
            return HttpResponse()

    request = rf.get("/")
    request.user = officer
    with pytest.raises(WroteWhileReading, match="UPDATE"):
        Writes.as_view()(request)


def test_one_changes_ones_own_profile_and_it_is_recorded_without_the_values(client, officer):
    answer = client.post(
        reverse("core:profile"),
        {"full_name": "Amal H.", "email": "a@office.example", "phone": "", "language": "ar", "theme": "dark"},
    )
    assert answer.status_code == 302
    officer.refresh_from_db()
    assert (officer.full_name, officer.language, officer.theme) == ("Amal H.", "ar", "dark")
    record = AuditRecord.objects.get(code="user.profile_changed")
    assert record.after["language"] == "ar"
    assert "Amal" not in str(record.after)
    page = client.get(reverse("core:profile")).content.decode()
    assert 'dir="rtl"' in page
    assert "tabler.rtl.min.css" in page
    assert 'data-bs-theme="dark"' in page


@pytest.mark.parametrize(
    ("typed", "currency", "value"),
    [
        ("1240.50", "EUR", "1240.50"), ("1,240.50", "EUR", "1240.50"), ("1.240,50", "EUR", "1240.50"),
        ("1 240,50", "EUR", "1240.50"), ("1240,5", "EUR", "1240.5"), ("1,240", "EUR", "1240"),
        ("1'240.50", "CHF", "1240.50"), ("4120.750", "KWD", "4120.750"), ("1,234,567", "JPY", "1234567"),
        ("\u221231.60", "EUR", "-31.60"),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(typed, currency, value):
    assert str(MoneyFormField(currency=currency).clean(typed)) == value


@pytest.mark.parametrize(("typed", "currency"), [("1.234567", "EUR"), ("10.5", "JPY"), ("10.505", "EUR")])
def test_more_decimals_than_the_currency_has_are_an_error(typed, currency):
    with pytest.raises(Exception, match="decimal"):
        MoneyFormField(currency=currency).clean(typed)


@pytest.mark.parametrize("typed", ["1e400", "1e25", "9" * 40, "NaN", "sNaN", "Infinity"])
def test_what_cannot_be_an_amount_is_an_error_of_the_field(typed):
    with pytest.raises(ValidationError):
        MoneyFormField(currency="EUR").clean(typed)


def test_only_a_number_that_a_row_can_have_is_its_id():
    odd = ["", "-1", "1.0", "\u00b2", str(2**63), "9" * 5000, "x", "\0"]
    assert row_ids([*odd, "7", "\u0667", str(2**63 - 1)]) == [7, 7, 2**63 - 1]


def test_a_moment_of_any_form_is_of_a_year_that_can_be_meant():
    def of(text):
        return adapt(type("Asked", (forms.Form,), {"at": forms.DateTimeField()})({"at": text}))

    assert of("2026-11-22T10:00").is_valid()
    assert of("9999-12-31T23:59").errors == {"at": ["The year 9999 cannot be meant."]}


@pytest.mark.parametrize("typed", ["0", "-5"])
def test_an_amount_that_must_be_above_zero_says_so(typed):
    with pytest.raises(ValidationError, match="above zero"):
        MoneyFormField(currency="AED", min_value=Decimal("0.001")).clean(typed)


@pytest.mark.parametrize("typed", ["0026-11-22", "1899-12-31", "2626-11-22"])
def test_a_year_that_cannot_be_meant_is_refused(typed):
    """A browser makes the year 26 of who types two digits, and no day of it is still to come."""
    with pytest.raises(ValidationError, match="cannot be meant"):
        DayField().clean(typed)
