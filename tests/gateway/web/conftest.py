"""The small hub the web is tested on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from web_desk import DEMO, Desk, free_port, served
from web_page import signed_in

from gateway.web.app import create_app
from gateway.web.settings import WebSettings

expect.set_options(timeout=5_000)


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a home, a hall and two people on duty, to be copied."""
    folder = tmp_path_factory.mktemp("settled")
    made = Desk(folder)
    made.settle_in()
    with made.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.engine.dispose()
    return folder / "operations.db"


@pytest.fixture
def desk(tmp_path: Path, settled: Path) -> Iterator[Desk]:
    """A home, a hall, two people on duty, no alert yet."""
    shutil.copy(settled, tmp_path / "operations.db")
    made = Desk(tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium_path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


@pytest.fixture
def settings() -> WebSettings:
    return WebSettings(port=free_port(), demo=DEMO)


@pytest.fixture
def url(desk: Desk, settings: WebSettings) -> Iterator[str]:
    with served(create_app(desk, settings), desk) as address:
        yield address


@pytest.fixture
def page(stranger: Page) -> Page:
    """The desk of 李敏, who is signed in."""
    signed_in(stranger)
    return stranger


@pytest.fixture
def stranger(browser: Browser, url: str) -> Iterator[Page]:
    """The desk on a phone, in Chinese, nobody signed in; an error in a script or a refused load fails the test."""
    with browser.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN") as context:
        opened = context.new_page()
        errors: list[str] = []
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on(
            "console", lambda said: errors.append(said.text) if "Content Security" in said.text else None
        )
        opened.goto(url + "/")
        expect(opened.locator("#clock")).to_have_text("15:03:00")  # the script runs
        yield opened
        assert errors == []
