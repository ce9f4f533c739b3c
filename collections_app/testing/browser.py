"""Headless Chromium for browser tests, with an axe-core check of any page."""

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

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


def axe_findings(page: Page) -> list[str]:
    """Serious and critical findings of axe-core on the page as it stands, one line each."""
    page.evaluate(axe_source())
    violations = page.evaluate("async () => (await axe.run(document)).violations")
    return [
        f"{found['id']} ({found['impact']}): {found['help']}: {node['html'][:160]}"
        for found in violations
        if found["impact"] in SERIOUS
        for node in found["nodes"]
    ]
