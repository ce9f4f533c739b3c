"""The fixtures of this house: servers, database, mailbox, browser, real books."""

import gc
import os
import shutil
from collections.abc import Iterator
from itertools import chain, groupby
from pathlib import Path

import pytest
from django.conf import settings
from django.test import SimpleTestCase
from hypothesis import settings as hypothesis_settings

from collections_app.embedded import clients
from collections_app.embedded.places import Places
from collections_app.embedded.service_account import SHARED_BASE
from collections_app.testing.hang import HANG_SECONDS

# A busy machine is no fault of a rule: Hypothesis looks for wrong answers, not for slow ones.
hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.load_profile("house")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every worker begins with its part of the long tests: none is left alone with one at the end.

    Workers are given equal runs of the list (xdist's `worksteal`), so the long ones are spread to
    where those begin. What was shuffled stays shuffled otherwise.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    short = [item for item in items if not item.get_closest_marker("long")]
    # The tests of a marked class share what it sets up: they stay together.
    long = [
        list(group)
        for _key, group in groupby(
            (item for item in items if item.get_closest_marker("long")),
            key=lambda item: item.cls if issubclass(item.cls or object, SimpleTestCase) else item,
        )
    ]
    share = -(-len(short) // workers)
    items[:] = [
        item
        for worker in range(workers)
        for item in [*chain(*long[worker::workers]), *short[worker * share : (worker + 1) * share]]
    ]


def pytest_collection_finish() -> None:
    """What was loaded stays to the end: looking through it for garbage again and again was a tenth of a
    test's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def embedded_servers() -> None:
    """The servers of this run: found or started, without fsync; the last process stops them."""
    if settings.EMBEDDED_POSTGRES or settings.EMBEDDED_REDIS:
        clients.hold(
            settings.DATA_DIR,
            postgres=settings.EMBEDDED_POSTGRES,
            redis=settings.EMBEDDED_REDIS,
            durable=False,
        )


@pytest.fixture(scope="session")
def django_db_setup(
    embedded_servers: None, django_test_environment: None, django_db_blocker
) -> Iterator[None]:
    """In place of pytest-django's: a copy of a migrated and prepared database."""
    from django.test import TransactionTestCase  # noqa: PLC0415

    from collections_app.core import catalogues  # noqa: PLC0415
    from collections_app.testing.database import TestDatabase  # noqa: PLC0415

    catalogues.compile_all()
    database = TestDatabase(settings.TEST_SLOT.number, Path(settings.DATA_DIR))
    # A test that commits leaves rows that no trigger lets us delete: copy again, don't flush.
    original = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = lambda case: database.renew()
    with django_db_blocker.unblock():
        database.make()
    # Blocked again in between: a test without the mark would commit what it writes.
    try:
        yield
    finally:
        TransactionTestCase._fixture_teardown = original
        with django_db_blocker.unblock():
            database.remove()


@pytest.fixture(scope="session", autouse=True)
def _only_pages_tell_their_context(django_test_environment: None) -> None:
    """Django's test client copies the context of every template that is drawn; a page includes sixty,
    and tests ask for what the page itself was given."""
    from django.template.base import Template  # noqa: PLC0415

    telling = Template._render

    def render(template: Template, context):
        is_outermost = context.template is template
        return telling(template, context) if is_outermost else template.nodelist.render(context)

    Template._render = render


@pytest.fixture(autouse=True)
def _empty_redis(request: pytest.FixtureRequest) -> Iterator[None]:
    """Sessions, cache and queue of one test are not seen by the next."""
    yield
    if "embedded_servers" in request.fixturenames or "django_db_setup" in request.fixturenames:
        from django.core.cache import cache  # noqa: PLC0415

        cache._cache.get_client(None, write=True).flushdb()


class RealData:
    """Files of a real book outside the repository: `real_data / "road_fines" / "cases.csv.gz"`."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __truediv__(self, name: str) -> Path:
        path = self.folder / name
        if not path.exists():
            pytest.fail(f"REAL_DATA is set, but {path} is missing.")
        return path


@pytest.fixture(scope="session")
def real_data() -> RealData:
    folder = os.environ.get("REAL_DATA", "")
    if not folder:
        pytest.skip("REAL_DATA is not set; it names the folder with the real books to test on.")
    if not Path(folder).is_dir():
        pytest.fail(f"REAL_DATA={folder} is not a folder.")
    return RealData(Path(folder).resolve())


@pytest.fixture
def mailbox(settings):
    """A real SMTP server; what Django sends in this test arrives there."""
    from collections_app.testing.mailbox import Mailbox  # noqa: PLC0415

    box = Mailbox()
    box.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = box.host, box.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield box
    box.stop()


@pytest.fixture
def scratch_dir() -> Iterator[Path]:
    """A folder for servers of a test's own; what they keep elsewhere for it is removed with it."""
    folder = settings.DATA_DIR / f"scratch-{settings.TEST_SLOT.number}"
    places = Places.of(folder)
    elsewhere = SHARED_BASE / places.digest
    for left in (folder, elsewhere, places.runtime_dir):
        shutil.rmtree(left, ignore_errors=True)
    folder.mkdir(mode=0o711)
    yield folder
    shutil.rmtree(folder)
    shutil.rmtree(elsewhere, ignore_errors=True)


@pytest.fixture(scope="session")
def _windows() -> Iterator:
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415

    from collections_app.testing.browser import ARGUMENTS, chromium_path  # noqa: PLC0415
    from collections_app.testing.windows import Windows  # noqa: PLC0415

    expect.set_options(timeout=1000 * HANG_SECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        yield Windows(browser)
        browser.close()


@pytest.fixture
def page(_windows, live_server) -> Iterator:
    """A browser window of somebody at work; the test fails when the browser complained."""
    with _windows.lent("first", live_server.url) as window:
        yield window


@pytest.fixture
def second_page(_windows, live_server) -> Iterator:
    """The window of a colleague, with cookies of his own."""
    with _windows.lent("second", live_server.url) as window:
        yield window


@pytest.fixture
def new_page(_windows, live_server) -> Iterator:
    """A window that no other test gets: for what can't be undone, such as a clock of its own."""
    with _windows.new(live_server.url) as window:
        yield window


@pytest.fixture
def axe():
    """`axe(page)` fails on any serious or critical finding of axe-core."""
    from collections_app.testing.browser import axe_findings  # noqa: PLC0415

    def check(page) -> None:
        findings = axe_findings(page)
        assert findings == [], f"axe-core on {page.url}"

    return check


@pytest.fixture
def workers(scratch_dir, transactional_db) -> Iterator:
    """`workers.start(2)`: real Celery workers on this test's database and queue."""
    from collections_app.celery import app  # noqa: PLC0415
    from collections_app.testing.workers import Workers  # noqa: PLC0415

    crew = Workers(scratch_dir)
    app.conf.task_always_eager = False
    yield crew
    app.conf.task_always_eager = True
    crew.stop()


@pytest.fixture
def sign_in(live_server):
    """`sign_in(page, user)` gives the browser that user's session, without the sign-in page."""
    from django.test import Client  # noqa: PLC0415

    def give(page, user) -> None:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    return give
