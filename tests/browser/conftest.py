"""Debian's Chromium, one for all tests of this folder; without it they skip. Fixtures of the pages' own tests."""

from __future__ import annotations

import shutil

import pytest

from tests.arena.report.conftest import run_of  # noqa: F401
from tests.arena.report.panels.sweep.test_sweep_page import page_of  # noqa: F401
from tests.arena.report.panels.tournament.test_tournament_page import analysis  # noqa: F401

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a page of this text, as wide as a telephone; what its console says of errors is kept in `said`."""
    tabs = []

    def make(text, width=400, **how):
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        tab = browser.new_page(viewport={"width": width, "height": 800}, **how)
        tab.said = []
        tab.on("console", lambda message: tab.said.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: tab.said.append(str(error)))
        tab.goto(path.as_uri())
        tabs.append(tab)
        return tab

    yield make
    for tab in tabs:
        tab.close()
