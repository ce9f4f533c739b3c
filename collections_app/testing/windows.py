"""Browser windows that tests borrow one after another: opening one costs more than all it then shows."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Dialog, Error, Page, ViewportSize

from collections_app.testing.browser import Complaints
from collections_app.testing.hang import HANG_SECONDS

VIEWPORT: ViewportSize = {"width": 1366, "height": 768}
# a file of ours that runs nothing, on the address whose memory is to be emptied
BLANK_ADDRESS = "/static/favicon.svg"


class Windows:
    """Windows by name, each with cookies and memory of its own, given back as empty as a new one."""

    def __init__(self, browser: Browser):
        self._browser = browser
        self._kept: dict[str, Page] = {}

    @contextmanager
    def lent(self, name: str, address: str) -> Iterator[Page]:
        """Raises AssertionError at the end when the browser complained."""
        window = self._kept.pop(name, None) or self._open(address)
        with self._watched(window):
            yield window
            # before leaving its last page: what is lost by that is nobody's complaint
            window.complaints.stop()
            if self._is_emptied(window):
                self._kept[name] = window
            else:
                window.context.close()

    @contextmanager
    def new(self, address: str) -> Iterator[Page]:
        """A window for one test alone; raises as `lent` does."""
        window = self._open(address)
        with self._watched(window):
            yield window
            window.context.close()

    def _open(self, address: str) -> Page:
        context = self._browser.new_context(base_url=address, viewport=VIEWPORT, locale="en-GB")
        context.set_default_timeout(1000 * HANG_SECONDS)
        return context.new_page()

    @contextmanager
    def _watched(self, window: Page) -> Iterator[None]:
        complaints = window.complaints = Complaints(window)
        yield
        assert complaints.lines == [], "the browser complained"

    def _is_emptied(self, window: Page) -> bool:
        """Nothing is left of a test: page, routes, cookies, memory, other windows, size."""
        context = window.context
        try:
            window.unroute_all(behavior="ignoreErrors")
            for other in context.pages:
                if other is not window:
                    other.close()
            window.on("dialog", _leave)
            window.goto(BLANK_ADDRESS)
            window.remove_listener("dialog", _leave)
            window.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
            context.clear_cookies()
            context.clear_permissions()
            window.set_viewport_size(VIEWPORT)
        except Error:  # it crashed or hangs: the next test gets a new one
            return False
        return True


def _leave(dialog: Dialog) -> None:
    """A page that asks before it is left, is left."""
    dialog.accept()
