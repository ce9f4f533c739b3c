"""Headless Chromium for browser tests, with an axe-core check of any page."""

import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from re import Pattern

import pytest
from playwright.sync_api import ConsoleMessage, Error, Page, Route

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
# a file of ours that any page may fetch; answered by the server where nothing is intercepted yet
PROBE_ADDRESS = "/static/js/theme.js?intercepted"
PROBE = re.compile(r"/static/js/theme\.js\?intercepted$")
AT_REST = """() => document.readyState === 'complete'
    && !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added')"""
SERIOUS = {"serious", "critical"}
# Without the elements that pass (telling of each of them takes longer than looking at it), and without
# the rules whose findings are never serious: they'd be dropped.
AXE_RUN = """async serious => (await axe.run(document, {
    resultTypes: ['violations'],
    rules: Object.fromEntries(axe._audit.rules
        .filter(rule => rule.impact && !serious.includes(rule.impact))
        .map(rule => [rule.id, {enabled: false}])),
})).violations"""


def chromium_path() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("No Chromium: apt-get install --no-install-recommends chromium")
    return found


@cache
def axe_source() -> str:
    return AXE.read_text(encoding="utf-8")


class Complaints:
    """What the browser complained about: script errors, refused content, failed requests."""

    def __init__(self, page: Page):
        self.lines: list[str] = []
        self._page = page
        page.on("pageerror", self._hear_error)
        page.on("console", self._hear_line)

    def stop(self) -> None:
        self._page.remove_listener("pageerror", self._hear_error)
        self._page.remove_listener("console", self._hear_line)

    def _hear_error(self, error: Error) -> None:
        self.lines.append(f"script error: {error}")

    def _hear_line(self, message: ConsoleMessage) -> None:
        # the blank page between two tests names no icon, so Chromium asks for this one, and late
        is_of_blank_page = message.location["url"].endswith("/favicon.ico")
        if message.type == "error" and not is_of_blank_page:
            self.lines.append(f"console: {message.text}")

    def forget(self, words: str) -> None:
        """Drop the lines with these words: what the browser says of requests that a test has lost."""
        self.lines = [line for line in self.lines if words not in line]


def intercept(
    page: Page, address: str | Pattern[str], handler: Callable[[Route], object], *, times: int | None = None
) -> None:
    """`page.route` that is in force when it returns.

    Chromium tells the page of an interception on another way than the one keys and clicks come by: on a
    busy machine a key pressed at once sends its request past the route, and Playwright never tells of
    that request. So the page itself asks until its own request is intercepted.
    """
    page.route(address, handler, times=times)
    page.route(PROBE, lambda route: route.fulfill(status=204))
    while page.evaluate("address => fetch(address).then(answer => answer.status)", PROBE_ADDRESS) != 204:
        pass
    # the route of the probe stays: without any route Chromium would be told anew


class Held:
    """Requests of an address that do not reach the server until `release()`: answers come late."""

    def __init__(self, page: Page, address: str | Pattern[str]) -> None:
        self.routes: list[Route] = []
        self.is_released = False
        intercept(page, address, self._hold)

    def _hold(self, route: Route) -> None:
        if self.is_released:
            route.continue_()
        else:
            self.routes.append(route)

    def release(self) -> None:
        self.is_released = True
        for route in self.routes:
            route.continue_()


def arrive(page: Page, address: str) -> Page:
    """Go there, and wait until what the page asks for of itself has come and stands in its place."""
    page.goto(address)
    return rest(page)


def rest(page: Page) -> Page:
    """Wait until nothing that htmx asked for is on its way or being put in its place."""
    page.wait_for_function(AT_REST)
    return page


def axe_findings(page: Page) -> list[str]:
    """Serious and critical findings of axe-core on the page as it stands, one line each."""
    page.evaluate(axe_source())
    violations = page.evaluate(AXE_RUN, list(SERIOUS))
    return [
        f"{found['id']} ({found['impact']}): {found['help']}: {node['html'][:160]}"
        for found in violations
        if found["impact"] in SERIOUS
        for node in found["nodes"]
    ]
