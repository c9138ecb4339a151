"""Makes the pictures of the console from a running demo: ``.venv/bin/python docs/screenshots.py``.

Needs Chromium and a Chinese font. Starts a demo of its own on free ports, lets it live through its day, settles a few of
the day's alerts as a person on duty would, lets 王女士 fall, and takes the page on a desk and on a phone, and the page of a
home whose resident is away, in both languages.
"""
# ruff: noqa: INP001 a script, in no package

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Locator, sync_playwright

HERE = Path(__file__).parent / "screenshots"
CAREHUB = Path(sys.executable).with_name("carehub")
WITHIN_S = 120.0
SIZES = {"console": (1240, 900), "phone": (390, 844)}  # CSS pixels; the file's name begins with it
AWAY = "H0003"  # whose resident is at a daughter's
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo that has lived through its day, and how to sign in."""

    url: str
    name: str
    pin: str


def main() -> None:
    """Take every picture; ends with 1 when there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.stderr.write("chromium is not installed: apt-get install chromium fonts-noto-cjk\n")
        raise SystemExit(1)
    HERE.mkdir(exist_ok=True)
    with running_demo() as demo, sync_playwright() as playwright:
        attend(demo)
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for size in SIZES:
            for language in LANGUAGES:
                take(browser, demo, size, language)
        for language in LANGUAGES:
            take_home(browser, demo, language)
        browser.close()


@contextmanager
def running_demo() -> Iterator[Demo]:
    """Start a demo, wait until its day is over and time runs, and end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="carehub-pictures-") as folder:
        said = Path(folder) / "said"
        with said.open("wb") as words:
            command = [str(CAREHUB), "demo", "--port", "0", "--keep", folder]
            process = subprocess.Popen(command, stdout=words, stderr=words)
        try:
            console = wait_for(said, r"http://127\.0\.0\.1:\d+")[0]
            name, pin = wait_for(said, r"(\S+) · PIN (\d+)")[0]
            wait_until_live(str(console))
            yield Demo(str(console), name, pin)
        finally:
            process.terminate()
            process.wait(60)


def wait_for(file: Path, pattern: str) -> list[Any]:
    """Everything that matches the pattern in what the demo has said, as soon as something does."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        found = re.findall(pattern, file.read_text(errors="replace"))
        if found:
            return found
        time.sleep(0.2)
    raise SystemExit(f"the demo did not say {pattern}:\n{file.read_text(errors='replace')}")


def wait_until_live(url: str) -> None:
    """Until the past day is over."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        with suppress(httpx.TimeoutException):  # busy living through its day
            if not httpx.get(f"{url}/readyz", timeout=10).json()["driven"]:
                return
        time.sleep(0.5)
    raise SystemExit("the demo's day did not end")


def attend(demo: Demo) -> None:
    """Settle the day's falls and calls, accept what is left, and let 王女士 fall: a desk in the middle of its work."""
    with httpx.Client(base_url=f"{demo.url}/api/v1", timeout=20) as desk:
        desk.post("/signin", json={"name": demo.name, "pin": demo.pin}).raise_for_status()
        closings = {
            "sos": {"verdict": "true", "outcome": "none_needed", "note": "已上门查看，身体无碍"},
            "fall": {"verdict": "false", "reason": "sat_down", "note": "坐下时动作太快"},
        }
        otherwise = {"verdict": "true", "outcome": "assisted", "note": "已扶起，无外伤"}
        for alert in desk.get("/alerts", params={"state": "open"}).json()["alerts"]:
            if alert["severity"] != "critical":
                continue
            desk.post(f"/alerts/{alert['id']}/accept").raise_for_status()
            closing = closings.get(alert["rule"], otherwise)
            desk.post(f"/alerts/{alert['id']}/close", json=closing).raise_for_status()
        away = {"kind": "away", "reason": "去女儿家"}
        desk.post(f"/places/{AWAY}/mode", json=away).raise_for_status()
        desk.post("/demo/fall_bathroom").raise_for_status()
        deadline = time.monotonic() + WITHIN_S
        while not any(
            alert["rule"] == "fall"
            for alert in desk.get("/alerts", params={"state": "open"}).json()["alerts"]
        ):
            if time.monotonic() > deadline:
                raise SystemExit("王女士's fall was not raised")
            time.sleep(0.2)


def take(browser: Browser, demo: Demo, size: str, language: str) -> None:
    """One picture: on a desk as it stands, on a phone after accepting, with whom to ring and how to get in."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=LANGUAGES[language],
        timezone_id="Asia/Shanghai",
        device_scale_factor=1 if size == "console" else 2,
        is_mobile=size == "phone",
    )
    page = context.new_page()
    page.goto(f"{demo.url}/?lang={language}")
    page.locator("#deaf").click()
    page.locator("#heard").wait_for()  # the sound is on
    if size == "phone":
        sign_in(page.locator("#signin-button"), page.locator("dialog#signin"), demo)
        card = page.locator("article.critical").first
        accept = card.locator('[data-act="accept"]')
        if accept.count():
            accept.click()
        card.locator(".attending").wait_for()
    page.mouse.move(0, height - 1)
    page.screenshot(path=HERE / f"{size}-{language}.png")
    context.close()


def take_home(browser: Browser, demo: Demo, language: str) -> None:
    """The page of a home on a phone: away, and what may be chosen instead."""
    width, height = SIZES["phone"]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=LANGUAGES[language],
        timezone_id="Asia/Shanghai",
        device_scale_factor=2,
        is_mobile=True,
    )
    page = context.new_page()
    page.goto(f"{demo.url}/places/{AWAY}?lang={language}")
    sign_in(page.locator("#signin-button"), page.locator("dialog#signin"), demo)
    page.locator("#mode summary").click()
    page.locator('#mode input[value="hospital"]').check()
    page.screenshot(path=HERE / f"home-{language}.png", full_page=True)
    context.close()


def sign_in(button: Locator, dialog: Locator, demo: Demo) -> None:
    """As a person does: the tile with the name, the PIN, OK."""
    button.click()
    dialog.locator(f'[data-name="{demo.name}"]').click()
    for digit in demo.pin:
        dialog.locator(f'[data-key="{digit}"]').click()
    dialog.locator('[data-key="ok"]').click()
    dialog.wait_for(state="hidden")


if __name__ == "__main__":
    main()
