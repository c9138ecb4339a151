"""What a person does on the page, for the tests that look at it in a browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from web_desk import PIN


def signs_in(page: Page, name: str = "李敏", pin: str = PIN) -> None:
    page.locator(f'dialog [data-name="{name}"]').click()
    for digit in pin:
        page.locator(f'dialog [data-key="{digit}"]').click()
    page.locator('dialog [data-key="ok"]').click()


def signed_in(page: Page, name: str = "李敏", pin: str = PIN) -> None:
    """As if somebody had signed in on another tab of this browser."""
    answer = page.request.post(f"{page.url}api/v1/signin", data={"name": name, "pin": pin})
    assert answer.ok
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#person-name")).to_have_text(name)
