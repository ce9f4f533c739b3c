"""Headless Chromium for browser tests, with an axe-core check of any page."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from re import Pattern

import pytest
from playwright.sync_api import Page, Route

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
SERIOUS = {"serious", "critical"}


def chromium_path() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("No Chromium: apt-get install --no-install-recommends chromium")
    return found


@cache
def axe_source() -> str:
    return AXE.read_text(encoding="utf-8")


@dataclass
class Complaints:
    """What the browser complained about: script errors, refused content, failed requests."""

    lines: list[str]

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.lines.append(f"script error: {error}"))
        page.on(
            "console",
            lambda message: (
                self.lines.append(f"console: {message.text}") if message.type == "error" else None
            ),
        )

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


def axe_findings(page: Page) -> list[str]:
    """Serious and critical findings of axe-core on the page as it stands, one line each."""
    page.evaluate(axe_source())
    # Without the elements that pass: telling of each of them takes longer than looking at it.
    violations = page.evaluate(
        "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
    )
    return [
        f"{found['id']} ({found['impact']}): {found['help']}: {node['html'][:160]}"
        for found in violations
        if found["impact"] in SERIOUS
        for node in found["nodes"]
    ]
