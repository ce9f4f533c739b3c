"""The guides as pages: every mark they use is read, nothing of it is left over, links lead somewhere."""

import re

import pytest
from django.urls import reverse

from collections_app.core import guides
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", guides.GUIDES)
def test_no_mark_of_the_text_is_left_over(name):
    shown = re.sub(r"<pre.*?</pre>", "", guides.html_of(name), flags=re.DOTALL)
    words = re.sub(r"<code>.*?</code>|<[^>]+>", "", shown)
    assert "**" not in words
    assert "```" not in words
    assert ".md)" not in words
    assert shown.count("<b>") > 5 or name == "import-format"


def test_text_is_escaped_before_marks_are_read():
    assert list(guides._blocks(["**<script>** & `a < b`"])) == [
        "<p><b>&lt;script&gt;</b> &amp; <code>a &lt; b</code></p>"
    ]


def test_lists_tables_and_code_stand_apart():
    lines = ["- one", "  goes on", "- two", "", "| a | b |", "|---|---|", "| 1 | **2** |"]
    lines += ["```", "- raw **x**", "```"]
    assert list(guides._blocks(lines)) == [
        "<ul><li>one goes on</li><li>two</li></ul>",
        '<table class="t"><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead>'
        '<tbody><tr><td class="wrap">1</td><td class="wrap"><b>2</b></td></tr></tbody></table>',
        '<pre tabindex="0">- raw **x**</pre>',
    ]


@pytest.mark.parametrize(
    ("role", "title"),
    [
        (Role.COLLECTION_OFFICER, "An officer&#x27;s day"),
        (Role.SUPERVISOR, "A supervisor&#x27;s day"),
        (Role.MANAGER, "A manager&#x27;s month"),
        (Role.ADMINISTRATOR, "The first day"),
    ],
)
def test_everybody_is_led_to_his_own_guide(client, role, title):
    client.force_login(makers.user(role=role), backend="django.contrib.auth.backends.ModelBackend")
    assert f"<h1>{title}</h1>" in client.get(reverse("core:guides")).content.decode()
    assert client.get(reverse("core:guide", args=["secrets"])).status_code == 404
