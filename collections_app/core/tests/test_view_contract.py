"""Every URL of the product, as nobody, as the wrong role, as the wrong team, and as the right user."""

import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from collections_app.core import setup
from collections_app.core.permissions import catalogue
from collections_app.core.web import errors
from collections_app.core.web.columns import LinkColumn
from collections_app.core.web.pages import PUBLIC, SIGNED_IN
from collections_app.core.web.tables import Table
from collections_app.testing.guards import nothing_written
from collections_app.testing.view_contract import ROLES, TEAM_ROLES, World, load_samples, pages

PAGES = pages()
SAMPLES = load_samples()
OPEN = {PUBLIC, SIGNED_IN}
# The set-up page exists only while nobody can sign in; test_setup.py opens it.
ONLY_AT_FIRST = {"core:setup"}
SAYS_NO = {403, 404}


def can_be_opened(page) -> bool:
    """A page without its sample fails once, in the test that asks for the sample."""
    return page.name in SAMPLES or not page.needs_arguments


def pages_where(condition, *, opened: bool = True):
    chosen = [page for page in PAGES if condition(page) and (can_be_opened(page) or not opened)]
    return pytest.mark.parametrize("page", chosen, ids=[page.name for page in chosen])


def pages_by_permission(condition):
    """Pages of one permission are opened by the same people and refused to the same, who sign in once."""
    chosen: dict[str, list] = {}
    for page in PAGES:
        if condition(page) and can_be_opened(page):
            chosen.setdefault(page.permission, []).append(page)
    return pytest.mark.parametrize("same", chosen.values(), ids=chosen.keys())


@contextmanager
def taken_back():
    """What is made inside is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def is_scoped(page) -> bool:
    sample = SAMPLES.get(page.name)
    return page.permission != PUBLIC and page.needs_arguments and sample is not None and sample.scoped


def address(page, world: World) -> str:
    sample = SAMPLES.get(page.name)
    kwargs = sample.maker(world) if sample else {}
    return reverse(page.name, kwargs=kwargs)


def right_user(page, world: World):
    """Whoever may open the page, and any other page of its permission without a user of its own."""
    return world.officer if page.permission in OPEN else world.user(page.holders()[0])


def client_of(user) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def send(client: Client, page, url: str):
    sample = SAMPLES.get(page.name)
    if page.is_post_only:
        return client.post(url)
    return client.get(url, sample.query if sample else {})


@pytest.fixture
def undrawn_errors(monkeypatch):
    """Thousands of refusals count by their status; what their one page says is tested by itself."""
    monkeypatch.setattr(errors, "render", lambda *_given, status: HttpResponse(status=status))


@pages_where(lambda page: True, opened=False)
def test_a_page_declares_a_known_permission(page):
    known = OPEN | {permission.code for permission in catalogue()}
    assert page.permission in known, f"{page.view} declares {page.permission!r}"


def test_only_these_pages_are_open_to_whoever_comes():
    """A page without a sign-in is chosen here by name; each says why it may be."""
    chosen = {
        "accounts:calendar_feed",  # its address is the secret
        "core:setup",  # while nobody can sign in
        "core:sign_in",
        "core:password_forgotten",
        "core:password_forgotten_sent",
        "core:password_new",
        "campaigns:sms_gateway",  # signed by the gateway's secret
        "campaigns:mail_gateway",  # signed by the mail system's secret
        "campaigns:letter_check",  # whoever is shown a clearance letter; discloses nothing else
    }
    assert {page.name for page in PAGES if page.permission == PUBLIC} == chosen


@pages_where(lambda page: page.needs_arguments, opened=False)
def test_a_page_with_arguments_has_a_sample(page):
    has_sample = page.name in SAMPLES
    assert has_sample, f"register_sample({page.name!r}, ...)"


def test_samples_name_pages_that_exist():
    assert set(SAMPLES) <= {page.name for page in PAGES}


def opens_and_writes_nothing(page, client: Client, url: str) -> None:
    if page.is_post_only:
        return
    with nothing_written():
        answer = send(client, page, url)
    assert answer.status_code in {200, 302}, answer.content[:600]


@pages_by_permission(lambda page: page.name not in ONLY_AT_FIRST)
@pytest.mark.django_db
@pytest.mark.usefixtures("undrawn_errors")
def test_who_may_sees_a_page_and_nobody_else(same, subtests):
    """The right user opens each page, those without a sample with nothing in the book yet; then those
    come who may not, to a page with a sample's book of its own."""
    permission, nobody, common = same[0].permission, Client(), World()
    assert common.officer.is_active, "with nobody at all the first page is the set-up"
    right = nobody if permission == PUBLIC else client_of(right_user(same[0], common))
    for page in same:
        if page.name not in SAMPLES:
            with subtests.test(page=page.name, with_nothing=True):
                opens_and_writes_nothing(page, right, address(page, common))

    outside = World()
    outsiders = [] if permission in OPEN else same[0].outsiders()
    wrong_roles = {role: client_of(outside.user(role)) for role in outsiders}
    holders = TEAM_ROLES if permission in OPEN else same[0].holders()
    scoped = any(is_scoped(page) for page in same)
    strangers = [role for role in holders if role in TEAM_ROLES and scoped]
    wrong_teams = {role: client_of(outside.stranger(role)) for role in strangers}
    for page in same:
        with subtests.test(page=page.name), taken_back():
            world = common.copy()
            url = address(page, world)
            if page.name in SAMPLES:
                user = SAMPLES[page.name].user
                client = client_of(user(world)) if user and permission != PUBLIC else right
                opens_and_writes_nothing(page, client, url)
            if permission != PUBLIC:
                answer = send(nobody, page, url)
                assert answer.status_code == 302, page.name
                assert answer.url.startswith(reverse("core:sign_in")), page.name
            for role, client in wrong_roles.items():
                answer = send(client, page, url)
                assert answer.status_code == 403, f"{role} got {answer.status_code} from {page.name}"
            for role, client in wrong_teams.items() if is_scoped(page) else ():
                answer = send(client, page, url)
                said = f"{role} of another team got {answer.status_code}: {url}"
                assert answer.status_code in SAYS_NO, said
            if wrong_teams and is_scoped(page) and not page.is_post_only and hasattr(page.view, "post"):
                # what may not be looked at may not be done, nor taken out as a file
                role, client = next(iter(wrong_teams.items()))
                answer = client.post(url, {"_verb": "export"})
                assert answer.status_code in {*SAYS_NO, 405}, f"{role} of another team posted to {url}"


@pytest.mark.django_db
def test_a_refusal_is_a_page_that_says_what_to_do():
    world = World()
    refused = [page for page in PAGES if page.permission not in OPEN and not page.needs_arguments]
    for role in ROLES:
        page = next(page for page in refused if role in page.outsiders())
        answer = send(client_of(world.user(role)), page, reverse(page.name))
        assert answer.status_code == 403
        assert "Ask a colleague who may" in answer.content.decode()


@pytest.mark.django_db
def test_the_set_up_page_is_gone_once_somebody_can_sign_in(client):
    assert setup.is_needed()
    assert client.get(reverse("core:setup")).status_code == 200
    _ = World().officer
    assert client.get(reverse("core:setup")).status_code == 404


def test_a_row_has_its_door_on_a_phone_too():
    tables, found = [Table], []
    while tables:
        tables += (table := tables.pop()).__subclasses__()
        shown = [column for column in table.base_columns.values() if getattr(column, "shown", True)]
        doors = [column for column in shown[:1] if isinstance(column, LinkColumn)]
        if doors and not any(column.phone for column in shown if isinstance(column, LinkColumn)):
            found.append(table.__name__)
    assert found == []


def test_every_template_is_used():
    """A template nobody names is dead. A name may have a part that is filled in (`f"pdf/{kind}.html"`)."""
    base = Path(settings.BASE_DIR)
    templates = {str(path.relative_to(base / "templates")) for path in (base / "templates").rglob("*.*")}
    folders = ("collections_app", "accounts", "campaigns", "reports", "templates")
    found = (path for folder in folders for path in (base / folder).rglob("*"))
    sources = [path.read_text() for path in found if path.suffix in {".py", ".html", ".txt", ".liquid"}]
    named: set[str] = set()
    for text in sources:
        for name in re.findall(r"""["']([\w/.-]+\.(?:html|txt|liquid|css))(?:#\w+)?["']""", text):
            named.add(name)
        for name in re.findall(r"""f"([\w/.-]*\{[^"\n]*\.(?:html|txt|css))\"""", text):
            wanted = re.compile(r"[\w-]+".join(re.escape(part) for part in re.split(r"\{[^}]*\}", name)))
            named.update(template for template in templates if wanted.fullmatch(template))
    assert sorted(templates - named) == []
