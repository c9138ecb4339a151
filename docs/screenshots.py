"""Takes a picture of every page of the console: ``make screenshots``.

Needs Chromium and a Chinese font. Starts a demo of its own on free ports, lets it live through its day, settles a few of the
day's alerts as a person on duty would, lets 王女士 fall, and takes every page at the size of a phone and of a desk, in both
languages, opened by whoever works with it. What a demo does not have (links to families, a single sign-on that failed) comes
from the small hub that the tests look at. Ends with 1 when a page of the route table has no picture.

``--only NAME`` takes one page, ``--to DIR`` puts them elsewhere, ``--dark`` takes them dark, ``--whole`` down to their end;
``--at URL --pin PIN`` takes them from a demo that runs already.
"""
# ruff: noqa: INP001 a script, in no package

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from screenshots_list import PICTURES, Picture, missing
from screenshots_png import small

ROOT = Path(__file__).parents[1]
HERE = Path(__file__).parent / "screenshots"
CAREHUB = (sys.executable, "-c", "from gateway.cli import main; main()")
WITHIN_S = 120.0
SIZES: Final = {"desk": (1240, 900), "phone": (390, 844)}  # CSS pixels
LONGEST = 2_600  # CSS pixels of a page that is taken whole
PLACES: Final = {
    "home": "H0001",
    "away": "H0003",
    "asked": "H0006",
}  # the second's resident is at a daughter's
LANGUAGES: Final = {"zh": "zh-CN", "en": "en-GB"}
DUTY = "李敏"


@dataclass(frozen=True, slots=True)
class Source:
    """A hub to take pictures of: where, what signs somebody in (a PIN, or their cookie), addresses by page name."""

    url: str
    pin: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wish:
    """How the pictures are wanted."""

    to: Path
    dark: bool
    whole: bool


def main() -> None:
    """Take every picture; ends with 1 when there is no Chromium, or a page without a picture."""
    asked = arguments()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.stderr.write("chromium is not installed: apt-get install chromium fonts-noto-cjk\n")
        raise SystemExit(1)
    asked.to.mkdir(parents=True, exist_ok=True)
    wish = Wish(asked.to, asked.dark, asked.whole)
    pictures = [one for one in PICTURES if not asked.only or one.name in asked.only]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        with demo_of(asked) as demo:
            take_all(browser, demo, [one for one in pictures if one.address], wish)
        if any(not one.address for one in pictures):
            with small_hub() as hub:
                take_all(browser, hub, [one for one in pictures if not one.address], wish)
        browser.close()
    if missing():
        sys.stderr.write(f"no picture of {', '.join(sorted(missing()))}: see docs/screenshots_list.py\n")
        raise SystemExit(1)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--to", type=Path, default=HERE)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--at", default="", metavar="URL")
    parser.add_argument("--pin", default="")
    return parser.parse_args()


def demo_of(asked: argparse.Namespace) -> Any:  # noqa: ANN401 a context manager of Source
    """The demo that runs already, or one of our own."""
    if not asked.at:
        return running_demo()
    return found_running(Source(asked.at.rstrip("/"), asked.pin))


@contextmanager
def found_running(source: Source) -> Iterator[Source]:
    """Somebody else's demo: it goes on afterwards."""
    yield source


@contextmanager
def running_demo() -> Iterator[Source]:
    """Start a demo, wait until its day is over and time runs, and end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="carehub-pictures-") as folder:
        said = Path(folder) / "said"
        with said.open("wb") as words:
            command = [*CAREHUB, "demo", "--port", "0", "--keep", folder]
            process = subprocess.Popen(command, stdout=words, stderr=words, cwd=ROOT)
        try:
            console = wait_for(said, r"http://127\.0\.0\.1:\d+")[0]
            pin = wait_for(said, r"PIN (\d+)")[0]
            wait_until_live(console)
            demo = Source(console, pin)
            attend(demo)
            yield demo
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def small_hub() -> Iterator[Source]:
    """The hub that the tests look at, with links for everybody."""
    from web_pages import whole_town  # noqa: PLC0415 on the path since screenshots_list was read

    with tempfile.TemporaryDirectory(prefix="carehub-pictures-") as folder, whole_town(Path(folder)) as town:
        addresses = {one.route: one.address for one in reversed(town.pages)}
        yield Source(town.url, cookies=town.cookies, addresses=addresses)


def wait_for(file: Path, pattern: str) -> list[str]:
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


def attend(demo: Source) -> None:
    """Settle the day's falls and calls, send somebody away, open a hall to everybody, and let 王女士 fall."""
    with httpx.Client(base_url=f"{demo.url}/api/v1", timeout=20) as desk:
        desk.post("/signin", json={"name": DUTY, "pin": demo.pin}).raise_for_status()
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
        desk.post(f"/places/{PLACES['away']}/mode", json=away).raise_for_status()
        desk.post("/demo/fall_bathroom").raise_for_status()
        deadline = time.monotonic() + WITHIN_S
        while not any(
            alert["rule"] == "fall"
            for alert in desk.get("/alerts", params={"state": "open"}).json()["alerts"]
        ):
            if time.monotonic() > deadline:
                raise SystemExit("王女士's fall was not raised")
            time.sleep(0.2)
    with httpx.Client(base_url=f"{demo.url}/api/v1", timeout=20) as manager:
        manager.post("/signin", json={"name": "陈刚", "pin": demo.pin}).raise_for_status()
        hours = {
            "workdays": {"from_time": "08:30", "to_time": "21:00"},
            "weekends_and_holidays": {"from_time": "09:00", "to_time": "17:00"},
        }
        setting = {"public": True, "hours": hours}
        manager.post(f"/facilities/{hall_of(manager)}/setting", json=setting).raise_for_status()


def hall_of(client: httpx.Client) -> str:
    """A facility whose people are counted."""
    found = client.get("/facilities").raise_for_status().json()["facilities"]
    return str(next(one["id"] for one in found if one["people"] is not None))


def take_all(browser: Browser, source: Source, pictures: list[Picture], wish: Wish) -> None:
    """Each of these pages, in each size and language."""
    places = dict(PLACES)
    if source.pin:
        with httpx.Client(base_url=f"{source.url}/api/v1", timeout=20) as client:
            client.post("/signin", json={"name": DUTY, "pin": source.pin}).raise_for_status()
            places["facility"] = hall_of(client)
    for picture in pictures:
        address = (picture.address or source.addresses[picture.route]).format(**places)
        for size in picture.sizes:
            for language in LANGUAGES:
                with opened(browser, picture, size, language, wish) as context:
                    comes_in(context, source, picture.who)
                    png = take(context, source, picture, address, wish)
                    file = wish.to / picture.file(size, language)
                    file.write_bytes(small(context.new_page(), png))


@contextmanager
def opened(
    browser: Browser, picture: Picture, size: str, language: str, wish: Wish
) -> Iterator[BrowserContext]:
    """A browser of that size in that language; what a README shows is taken as sharp as phones are."""
    width, height = SIZES[size]
    with browser.new_context(
        viewport={"width": width, "height": height},
        locale=LANGUAGES[language],
        timezone_id="Asia/Shanghai",
        device_scale_factor=2 if picture.bare and size == "phone" else 1,
        is_mobile=size == "phone",
        color_scheme="dark" if wish.dark else "light",
        bypass_csp=True,  # the picture is made small by a script
    ) as context:
        yield context


def comes_in(context: BrowserContext, source: Source, name: str) -> None:
    """Signed in as that person, or as nobody."""
    if name in source.cookies:
        cookie, _, value = source.cookies[name].partition("=")
        context.add_cookies([{"name": cookie, "value": value, "url": source.url}])
    elif name:
        answer = context.request.post(f"{source.url}/api/v1/signin", data={"name": name, "pin": source.pin})
        if not answer.ok:
            raise SystemExit(f"{name} could not sign in: {answer.text()}")


def take(context: BrowserContext, source: Source, picture: Picture, address: str, wish: Wish) -> bytes:
    """One picture."""
    page = context.new_page()
    if picture.name == "enter":  # it asks whether the browser is known, and on this machine every one is
        page.route("**/api/v1/session", lambda route: route.abort())
    answer = page.goto(f"{source.url}{address}")
    if answer is None or answer.status != picture.status:
        raise SystemExit(f"{urlsplit(address).path}: {answer and answer.status}, not {picture.status}")
    for step in picture.steps:
        STEPS[step](page)
    size = page.viewport_size or {"width": 0, "height": 0}
    page.mouse.move(0, size["height"] - 1)
    if not (picture.whole or wish.whole):
        return page.screenshot()
    height = min(LONGEST, page.evaluate("document.documentElement.scrollHeight"))
    return page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": size["width"], "height": height})


def sound(page: Page) -> None:
    """Let it be heard."""
    page.locator("#deaf").click()
    page.locator("#heard").wait_for()


def accept(page: Page) -> None:
    """Accept the gravest alert, or find it accepted."""
    card = page.locator("article.critical").first
    button = card.locator('[data-act="accept"]')
    if button.count():
        button.click()
    card.locator(".attending").wait_for()


def hospital(page: Page) -> None:
    """Choose another mode for the home."""
    page.locator("#mode summary").click()
    page.locator('#mode input[value="hospital"]').check()


STEPS: Final[dict[str, Callable[[Page], None]]] = {"sound": sound, "accept": accept, "hospital": hospital}


if __name__ == "__main__":
    main()
