"""The line that a newcomer pastes: the fall is in the API and on the open page within a second, without reloading."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from hub_process import HubProcess, a_hub
from ledger_publisher import now_ms
from parts import Broker, real_part, wait_until
from playwright.sync_api import Page, expect, sync_playwright

WITHIN_S = 1.0


@pytest.fixture
def hub(mosquitto: Broker, tmp_path: Path) -> Iterator[HubProcess]:
    with a_hub(tmp_path, mosquitto) as running:
        yield running


@pytest.fixture
def page(hub: HubProcess, chromium_path: str) -> Iterator[Page]:
    """The console, opened before anything happens."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        opened = browser.new_page(locale="zh-CN")
        opened.goto(hub.url + "/")
        opened.evaluate("window.untouched = true")
        yield opened
        assert opened.evaluate("window.untouched"), "the page was loaded anew"
        browser.close()


def pasted_lines(port: int) -> list[Sequence[str]]:
    """As the demo prints them, each for a device of its own."""
    simulator, publish = str(Path(sys.executable).with_name("carehub-sim")), real_part("mosquitto_pub")
    device = [simulator, "device", "--port", str(port), "--site", "lianhua", "--kind", "pendant"]
    topic = "care/v1/lianhua/{}/event"
    to_broker = [publish, "-p", str(port), "-q", "1", "-t"]
    timed = f'{{"ts":{now_ms()},"type":"fall","data":{{"confidence":0.9}}}}'
    return [
        [*device, "--id", "H0001-pendant", "--event", "fall"],
        [*device, "--id", "H0002-pendant", "--event", "fall", "--no-ts"],
        [*to_broker, topic.format("H0003-pendant"), "-m", '{"type":"fall","data":{"confidence":0.9}}'],
        [*to_broker, topic.format("H0003-radar"), "-m", timed],
    ]


def has_alerts(hub: HubProcess, number: int) -> bool:
    return len(hub.alerts()) == number


def test_a_pasted_fall_is_in_the_api_and_on_the_open_page_within_a_second(
    hub: HubProcess, page: Page, mosquitto: Broker
) -> None:
    known: set[str] = set()
    for number, line in enumerate(pasted_lines(mosquitto.port), 1):
        done = subprocess.run(line, check=False, capture_output=True, text=True)
        ended = time.monotonic()
        assert done.returncode == 0, done.stderr
        wait_until(partial(has_alerts, hub, number), within_s=WITHIN_S, what=" ".join(line))
        (alert,) = [alert for alert in hub.alerts() if alert["id"] not in known]
        known.add(alert["id"])
        left_ms = max((ended + WITHIN_S - time.monotonic()) * 1000, 1)
        expect(page.locator(".card.critical")).to_have_count(number, timeout=left_ms)
        assert alert["rule"] == "fall"
        assert alert["device_id"] in " ".join(line)
        assert alert["who"]["zh"]
        assert "莲花二村" in alert["where"]["zh"]
