"""A form's cells by keys on a phone: moved to, a figure found by a few letters, kept; then checked and handed in."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from an_office import by_openpyxl
from playwright.sync_api import Browser, Page, expect
from web_attacks import HERE, as_somebody, cookie_of, settled
from web_desk import NOW, Desk, free_port, served

from gateway.operations import report_forms
from gateway.web.app import create_app
from gateway.web.settings import WebSettings


@pytest.fixture
def head(browser: Browser, tmp_path: Path) -> Iterator[tuple[Desk, Page, dict[str, str]]]:
    """The head of a station on a phone, with a form that has come in and a report that somebody on duty has made."""

    def furnished() -> tuple[Desk, dict[str, str], str]:
        desk, _ = settled(tmp_path)
        of = {"kind": "station", "at": HERE}
        ids = {
            "form": as_somebody(desk, "head here").post(
                "/api/v1/report-forms", params={"name": "月报表", **of}, content=by_openpyxl()
            ),
            "report": as_somebody(desk, "duty here").post(
                "/api/v1/filed-reports", json={**of, "period": "2025-10"}
            ),
        }
        return desk, {name: answer.json()["id"] for name, answer in ids.items()}, cookie_of(desk, "head here")

    with ThreadPoolExecutor(1) as beside:  # Playwright's loop runs in this thread
        desk, ids, cookie = beside.submit(furnished).result()
    settings = WebSettings(port=free_port())
    with (
        served(create_app(desk, settings, wall_ms=lambda: NOW), desk) as url,
        browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", base_url=url) as context,
    ):
        context.add_cookies([{"name": settings.cookie("person"), "value": cookie, "url": url}])
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield desk, page, ids
        assert errors == []
    desk.engine.dispose()


def test_a_cell_is_mapped_by_keys_alone_and_a_report_goes_its_way(
    head: tuple[Desk, Page, dict[str, str]],
) -> None:
    desk, page, ids = head
    page.goto(f"/reports/forms/{ids['form']}")
    page.locator('[data-sheet="月报"] [data-cell="A1"]').focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator(":focus")).to_have_attribute("data-cell", "C5")
    page.keyboard.press("Enter")
    expect(page.locator("#choose-title")).to_have_text("C5 填什么")
    page.keyboard.type("没有这样的指标")
    expect(page.locator("#choose-none")).to_be_visible()
    page.locator("#choose-search").fill("报表期间")
    page.keyboard.press("Enter")
    expect(page.locator('[data-sheet="月报"] [data-cell="C5"]')).to_contain_text("报表期间")
    form = report_forms.form(desk.engine, ids["form"])
    assert form is not None
    assert form.mapping == {"月报!C5": "about.period"}

    page.goto(f"/reports/filed/{ids['report']}")
    page.get_by_role("button", name="退回").click()
    expect(page.get_by_text("退回要写原因")).to_be_visible()
    page.get_by_role("button", name="审核通过").click()
    expect(page.locator(".lead")).to_contain_text("待上报")
    page.get_by_label("报给谁").fill("区民政局")
    page.get_by_role("button", name="上报", exact=True).click()
    expect(page.locator(".lead")).to_contain_text("已上报")
    expect(page.locator(".way-of-report")).to_contain_text("区民政局")
