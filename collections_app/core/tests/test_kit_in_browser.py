"""The kit in a real browser: keys, search, guards, themes, directions, a phone; axe-core on each."""

import pytest

from collections_app.core import audit, panels
from collections_app.core.enums import Role
from collections_app.core.web.own_pages import Hit
from collections_app.testing import makers
from collections_app.testing.browser import arrive

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def manager(page, sign_in):
    user = makers.user(role=Role.MANAGER, full_name="Samir Daher")
    sign_in(page, user)
    return user


def sideways(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize(
    ("theme", "language"), [("light", "en"), ("dark", "en"), ("light", "ar"), ("dark", "ar")]
)
def test_every_component_is_accessible_and_fits(page, manager, axe, theme, language):
    manager.theme, manager.language = theme, language
    manager.save()
    arrive(page, "/style/")
    assert page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")
    assert page.get_attribute("html", "data-bs-theme") == theme
    assert sideways(page) <= 0
    axe(page)


@pytest.mark.parametrize("address", ["/style/", "/audit/", "/jobs/", "/profile/"])
def test_a_phone_needs_no_scrolling_sideways(page, manager, address):
    page.set_viewport_size(PHONE)
    arrive(page, address)
    assert sideways(page) <= 0


@pytest.mark.parametrize(
    "address",
    [
        "/audit/",
        "/audit/?code=user",
        "/jobs/",
        "/profile/",
        "/password/change/",
        "/search/?q=zz",
        "/nothing/",
    ],
)
def test_generic_pages_are_accessible(page, manager, axe, address):
    audit.record("user.noted", manager, actor=manager)
    arrive(page, address)
    axe(page)
    if address == "/nothing/":
        page.complaints.lines.clear()  # the browser says aloud that the page is a 404


def test_rows_are_walked_and_opened_by_keys(page, manager):
    first, second = (audit.record(code, manager, actor=manager) for code in ("user.one", "user.two"))
    arrive(page, "/audit/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.inner_text("tr.cur a.lk") == "User one"
    page.keyboard.press("k")
    assert page.inner_text("tr.cur a.lk") == "User two"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/audit/{second.pk}/")
    page.keyboard.press("u")
    page.wait_for_url("**/audit/")
    assert first.pk < second.pk


def test_keys_rest_while_typing_and_when_switched_off(page, manager):
    audit.record("user.one", manager, actor=manager)
    arrive(page, "/audit/")
    page.keyboard.press("/")
    page.keyboard.type("j?")
    assert page.input_value("header input[name=q]") == "j?"
    assert page.query_selector("tr.cur") is None
    manager.shortcuts_enabled = False
    manager.save()
    arrive(page, "/audit/")
    page.keyboard.press("j")
    assert page.query_selector("tr.cur") is None


def test_help_opens_on_a_question_mark(page, manager, axe):
    arrive(page, "/audit/")
    page.keyboard.press("?")
    assert page.is_visible("#keys-help")
    axe(page)
    page.keyboard.press("Escape")
    assert not page.is_visible("#keys-help")


def test_g_and_a_letter_go_to_a_page(page, manager):
    arrive(page, "/profile/")
    page.keyboard.press("g")
    page.keyboard.press("z")
    page.wait_for_url("**/audit/")


def test_search_answers_as_you_type_and_enter_opens(page, manager, axe, monkeypatch):
    found = [
        Hit("Rahman, Layla", "/profile/", "44871, City Power", "Account", "users"),
        Hit("Rahim", "/jobs/"),
    ]
    monkeypatch.setattr(panels, "search", lambda words, user, limit: found if words == "rah" else [])
    arrive(page, "/audit/")
    page.keyboard.press("Control+k")
    page.keyboard.type("rah")
    page.wait_for_selector("#search-hits [role=option]")
    axe(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/profile/")


def test_a_search_without_a_chosen_hit_is_a_page_and_a_single_hit_opens(page, manager, monkeypatch):
    monkeypatch.setattr(
        panels, "search", lambda words, user, limit: [Hit("44871", "/jobs/", exact=True), Hit("44", "/")]
    )
    page.goto("/search/?q=44871")
    assert page.url.endswith("/jobs/")


def test_unsaved_words_are_not_lost_by_a_click(page, manager):
    arrive(page, "/profile/")
    page.fill("#id_phone", "+971 50 555 0142")
    page.click("a.brand")
    assert page.is_visible("#unsaved")
    page.click("#unsaved [data-keep]")
    assert page.input_value("#id_phone") == "+971 50 555 0142"
    page.click("a.brand")
    page.click("#unsaved [data-leave]")
    page.wait_for_url(lambda url: "profile" not in url)


def test_a_form_is_saved_and_says_so(page, manager, axe):
    arrive(page, "/profile/")
    page.fill("#id_phone", "+971 50 555 0142")
    page.click("main form .btn-primary")
    page.wait_for_selector(".toast-x.success")
    axe(page)
    manager.refresh_from_db()
    assert manager.phone == "+971 50 555 0142"


def test_a_wrong_form_names_what_is_wrong_and_leads_there(page, manager, axe):
    arrive(page, "/style/")
    page.click("main form .btn-primary")
    page.wait_for_selector(".summary")
    assert page.evaluate("document.activeElement.classList.contains('summary')")
    page.click(".summary a >> nth=0")
    assert page.evaluate("document.activeElement.id") == "id_amount"
    axe(page)
    page.complaints.lines.clear()  # 422 is how a form says no


def test_dark_is_chosen_from_the_menu_and_stays(page, manager):
    arrive(page, "/audit/")
    page.click(".user summary")
    page.click("button[name=theme][value=dark]")
    page.wait_for_selector("html[data-bs-theme=dark]")
    manager.refresh_from_db()
    assert manager.theme == "dark"


def test_the_end_of_the_session_is_announced_and_can_be_put_off(new_page, sign_in, settings):
    sign_in(new_page, makers.user(role=Role.MANAGER))
    new_page.clock.install()
    new_page.goto("/profile/")
    new_page.clock.fast_forward((settings.SESSION_IDLE_SECONDS - 100) * 1000)
    new_page.wait_for_selector("#session-end[open]")
    new_page.click("[data-stay]")
    new_page.wait_for_selector("#session-end", state="hidden")
