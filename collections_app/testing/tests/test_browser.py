"""The browser fixtures work, and the first page everybody sees is sound."""

import pytest

from collections_app.core import demonstration
from collections_app.core.enums import Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_signing_in_by_keyboard(page, axe):
    demonstration.make_user("tanaka", role=Role.MANAGER, full_name="Emi Tanaka")
    page.goto("/")
    assert "sign-in" in page.url
    axe(page)
    page.keyboard.type("tanaka")
    page.keyboard.press("Tab")
    page.keyboard.type(demonstration.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)


def test_a_session_can_be_given_to_the_browser(page, sign_in):
    sign_in(page, demonstration.make_user("tanaka", role=Role.MANAGER, full_name="Emi Tanaka"))
    page.goto("/")
    assert "sign-in" not in page.url


def test_the_browser_refuses_inline_script_and_that_is_heard(page):
    page.goto("/")
    with page.expect_console_message():
        page.evaluate(
            "() => { const s = document.createElement('script'); s.textContent = 'window.bad = 1';"
            " document.body.append(s); }"
        )
    assert page.evaluate("() => window.bad") is None
    assert any("Content Security Policy" in line for line in page.complaints.lines)
    page.complaints.lines.clear()
