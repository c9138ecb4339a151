"""PUBLISH to seen: how long until a fall stands painted on an open page, with plain listeners beside it.

    .venv/bin/python bench/page.py [--falls 200] [--listeners 19] [--rate 4] [--json]

A real Mosquitto, ``carehub run`` as a process, one Chromium with a signed-in desk (phone size), and plain listeners of the live
stream. The floor of the same run is a plain listener: from PUBLISH to the event of that alert in its hands. Times are of one
clock, the machine's. Each fall is accepted and closed once it is seen. Then seven tabs of one browser: how many streams the hub
has for them, and whether each tab shows what comes.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import socket
import sys
import threading
import time
from typing import Any

from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.progress import track

from gateway.accounts.who import Grant
from gateway.bench.falls import Falls
from gateway.bench.station import BenchHub, bench_broker, bring_registry, machine
from gateway.operations.database import open_database
from gateway.operations.people import People

DEVICES, DEVICES_PER_HOME = 1_000, 5
TABS = 7
PIN = "8024"
SEEN_WITHIN_S = 10.0
WATCH = """() => {
  window.painted = {};
  const note = (card) => {
    const place = card.dataset.place;
    if (card.dataset.state !== "raised" || painted[place]) return;
    requestAnimationFrame(() => requestAnimationFrame(() => { painted[place] ??= Date.now(); }));
  };
  new MutationObserver(() => document.querySelectorAll("#open article").forEach(note))
    .observe(document.getElementById("open"), { childList: true, subtree: true });
}"""


class Listener(threading.Thread):
    """A plain listener of the stream; notes when the event of an alert was read."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.heard: dict[str, float] = {}  # wall clock s by home, of its first event
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.connection.sendall(
            b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
        )

    def run(self) -> None:
        """Read until the hub hangs up."""
        left = b""
        while more := self.connection.recv(65_536):
            now = time.time()
            *lines, left = (left + more).split(b"\n")
            for line in lines:
                if line.startswith(b"data: {") and b'"place_id"' in line:
                    alert = json.loads(line[6:])
                    self.heard.setdefault(alert["place_id"], now)


def main() -> None:
    """Measure, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--falls", type=int, default=200)
    parser.add_argument("--listeners", type=int, default=19)
    parser.add_argument("--rate", type=float, default=4.0, help="falls a second")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(falls=options.falls, listeners=options.listeners, rate=options.rate)
    if options.json:
        print(json.dumps(found))
        return
    Console().print(found)


def measure(*, falls: int, listeners: int, rate: float) -> dict[str, Any]:
    """Run it; raises ``SettingsError`` without Mosquitto."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("chromium is not installed: apt-get install chromium")
    with bench_broker() as (broker, folder):
        hub = BenchHub(folder / "hub", broker.port)
        publisher = Falls(broker.port)
        try:
            bring_registry(broker.port, folder, hub.data, DEVICES)
            database = open_database(hub.data / "operations.sqlite")
            People(database).add("李敏", PIN, grants=[Grant("duty")])
            database.dispose()
            hub.spawn()
            hub.wait_ready()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=chromium,
                    args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
                )
                context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
                page = opened(context.new_page(), hub.port)
                plain = [Listener(hub.port) for _ in range(listeners)]
                for each in plain:
                    each.start()
                delays, floor = let_fall(page, plain[0], publisher, falls, rate)
                tabs = live_tabs(context, hub, publisher)
                weight = weight_of(context, hub.port)
                browser.close()
            hub.end()
        finally:
            hub.end(signal.SIGKILL)
            publisher.close()
    return {
        "falls": len(delays), "listeners": listeners, "rate": rate, **spread("page_", delays), **spread("listener_", floor),
        **tabs, "desk_kb": weight, "machine": machine(),
    }  # fmt: skip


def opened(page: Page, port: int) -> Page:
    """The desk, signed in, its script at work."""
    url = f"http://127.0.0.1:{port}"
    page.request.post(f"{url}/api/v1/signin", data={"name": "李敏", "pin": PIN}, fail_on_status_code=True)
    page.goto(url + "/")
    page.wait_for_function("document.getElementById('person-name').textContent === '李敏'")
    page.evaluate(WATCH)
    return page


def let_fall(
    page: Page, plain: Listener, publisher: Falls, falls: int, rate: float
) -> tuple[list[float], list[float]]:
    """Falls at moments drawn by lot, one home each; ms until painted, ms until a plain listener had it."""
    draw = random.Random(7)  # noqa: S311 a benchmark's dice
    homes = [f"L{number:04d}" for number in draw.sample(range(1, DEVICES // DEVICES_PER_HOME + 1), falls)]
    sent: dict[str, float] = {}
    for home in track(homes, "falls …", console=Console(stderr=True), transient=True):
        time.sleep(draw.uniform(0.5, 1.5) / rate)
        sent[home] = time.time()
        publisher.fall(home)
        page.wait_for_function("(home) => painted[home]", arg=home, timeout=SEEN_WITHIN_S * 1000, polling=20)
        settle(page, home)
    painted: dict[str, float] = page.evaluate("painted")
    return (
        [painted[home] - sent[home] * 1000 for home in homes],
        [(plain.heard[home] - sent[home]) * 1000 for home in homes if home in plain.heard],
    )


def settle(page: Page, home: str) -> None:
    """Accept and close what is open there: an empty desk is what the next fall comes to."""
    page.evaluate(
        """async (home) => {
          const ids = [...document.querySelectorAll(`#open article[data-place="${home}"]`)].map((card) => card.dataset.id);
          const post = (path, body) =>
            fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
          for (const id of ids) {
            await post(`/api/v1/alerts/${id}/accept`, {});
            await post(`/api/v1/alerts/${id}/close`, { verdict: "test" });
          }
        }""",
        home,
    )


def live_tabs(context: Any, hub: BenchHub, publisher: Falls) -> dict[str, Any]:  # noqa: ANN401 a browser context
    """Seven tabs of one browser: the streams they need, and how many show a fall that comes."""
    before = hub.figures()["stream_readers"]
    tabs = [context.pages[0], *(context.new_page() for _ in range(TABS - 1))]
    for tab in tabs[1:]:
        tab.goto(context.pages[0].url)
        tab.wait_for_function("document.getElementById('clock').textContent.length === 8")
    home = "L0001"
    publisher.fall(home)
    live = 0
    for tab in tabs:
        tab.wait_for_selector("#open article", timeout=SEEN_WITHIN_S * 1000)
        live += 1
    return {
        "tabs": TABS,
        "tabs_live": live,
        "streams_of_the_tabs": hub.figures()["stream_readers"] - before + 1,
    }


def weight_of(context: Any, port: int) -> float:  # noqa: ANN401 a browser context
    """How many kB the desk takes, all in, as sent."""
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/")
    page.wait_for_function("document.getElementById('clock').textContent.length === 8")
    loaded = "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
    sizes = page.evaluate(f"{loaded}.map((one) => one.decodedBodySize)")
    return round(sum(sizes) / 1000, 1)


def spread(name: str, delays: list[float]) -> dict[str, float]:
    """Median, 95th of a hundred and longest."""
    ordered = sorted(delays)
    at = lambda share: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)  # noqa: E731
    return {f"{name}p50_ms": at(0.5), f"{name}p95_ms": at(0.95), f"{name}max_ms": round(ordered[-1], 1)}


if __name__ == "__main__":
    main()
