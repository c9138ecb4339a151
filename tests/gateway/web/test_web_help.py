"""The sheets to pin up: one A4 a role in each language, its numbers large enough to dial from."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page
from web_desk import Desk, Visitor, free_port

from gateway.web.app import create_app
from gateway.web.help_pages import SHEETS
from gateway.web.settings import WebSettings


@pytest.fixture
def settings() -> WebSettings:
    return WebSettings(port=free_port(), phone="0755-8300 1234")


def test_a_sheet_has_the_communitys_number_or_a_line_to_write_it_on(desk: Desk) -> None:
    with_number = Visitor(create_app(desk, WebSettings(phone="0755-8300 1234")))
    assert 'href="tel:0755-83001234"' in with_number.get("/help/duty?lang=zh").text
    without = Visitor(create_app(desk, WebSettings()))
    assert "（手写）" in without.get("/help/duty?lang=zh").text
    for client in (with_number, without):
        text = client.get("/help/property?lang=zh").text
        assert 'href="tel:120"' in text
        assert 'href="/help/install"' in text, "linked from the foot of every page"


def test_there_is_no_other_sheet(desk: Desk) -> None:
    app: FastAPI = create_app(desk, WebSettings())
    assert Visitor(app).get("/help/nurse").status_code == 404


def test_each_sheet_is_one_a4_in_each_language(page: Page, url: str) -> None:
    for sheet in SHEETS:
        for language in ("zh", "en"):
            page.goto(f"{url}/help/{sheet}?lang={language}")
            page.wait_for_load_state("networkidle")
            paper = page.pdf(format="A4", print_background=True, prefer_css_page_size=True)
            pages = re.findall(rb"/Type\s*/Page\b(?!s)", paper)
            assert len(pages) == 1, (sheet, language)
            assert re.search(rb"/MediaBox \[0 0 59[45][.\d]* 84[12]", paper), "it is no A4"
