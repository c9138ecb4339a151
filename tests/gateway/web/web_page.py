"""What a person does on the page, for the tests that look at it in a browser."""

from __future__ import annotations

from playwright.sync_api import Page
from web_desk import PIN


def signs_in(page: Page, name: str = "李敏", pin: str = PIN) -> None:
    page.locator(f'dialog [data-name="{name}"]').click()
    for digit in pin:
        page.locator(f'dialog [data-key="{digit}"]').click()
    page.locator('dialog [data-key="ok"]').click()
