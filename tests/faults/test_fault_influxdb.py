"""InfluxDB fails in every way it knows, while readings flow: the alarm path does not notice, and nothing is missing afterwards.

A real InfluxDB behind the proxy of ``gateway.bench``, in whose place trouble can stand. Ten minutes of it on virtual time
are in ``tests/gateway/test_outages.py``; with CAREHUB_DEEP they are lived through here.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from hub_process import HubProcess, a_hub, channel
from ledger_publisher import Flow, Publisher, flowing
from parts import Broker, Influx, wait_until
from receiver import Receiver, receiving
from reckoning import reckon, told
from tcp_proxy import TcpProxy

from gateway.bench.influx_proxy import InfluxProxy
from gateway.store.influxdb import InfluxStore
from rules.effects import alert_id

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
HOMES = 3
TOLD_WITHIN_S = 2.0
Answer = tuple[int, list[tuple[str, str]], bytes]
Trouble = Callable[[bytes, Callable[[], Answer]], Answer]
TOKEN = "a-token-of-the-tests"
STORE = f'[store]\nkind = "influxdb"\nurl = "http://127.0.0.1:{{port}}"\ntoken = "{TOKEN}"\n'
TIMEOUT_S = 1.0
IMPATIENT = {
    "gateway.store.influxdb:InfluxStore.__init__.__kwdefaults__": {
        "timeout_s": TIMEOUT_S,
        "connect_timeout_s": TIMEOUT_S,
    }
}


class TroubledInflux(InfluxProxy):
    """An InfluxDB in which ``trouble`` may stand in the way of a write: it answers instead, or raises to break off."""

    trouble: Trouble | None = None
    troubled = 0

    def __init__(self, target: str, *, prefix: str, token: str) -> None:
        super().__init__(target, prefix=prefix, token=token)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # what breaks off is meant to

    def forward(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        write = partial(super().forward, method, path, body, headers)
        if self.trouble is None or not path.startswith("/write"):
            return write()
        self.troubled += 1
        return self.trouble(body, write)


def refuses(status: int, words: str) -> Trouble:
    return lambda _body, _write: (status, [], f'{{"message":"{words}"}}'.encode())


def answers_too_late(_body: bytes, write: Callable[[], Answer]) -> Answer:
    """It has written, and says so when nobody waits any more."""
    answer = write()
    threading.Event().wait(TIMEOUT_S * 1.5)  # the trouble itself
    return answer


def breaks_off(_body: bytes, write: Callable[[], Answer]) -> Answer:
    """It has written, and the connection is reset before it can say so."""
    write()
    raise ConnectionResetError


def refuses_a_row(body: bytes, write: Callable[[], Answer]) -> Answer:
    """Whatever holds that row is refused: all the rest must be written without it."""
    return (400, [], b'{"message":"field type conflict"}') if b"device=H0003-sos" in body else write()


TROUBLES = {
    "refuses the token": refuses(401, "unauthorized access"),
    "is starting": refuses(503, "not ready"),
    "answers too late": answers_too_late,
    "breaks off": breaks_off,
}
MORE_TROUBLES = {
    "forbids": refuses(403, "forbidden"),
    "has too much to do": refuses(429, "too many requests"),
}


def told_at_once(publisher: Publisher, receiver: Receiver, what: str) -> float:
    """A fall, and how long it took to the webhook."""
    device, boot, seq = publisher.fall("H0002-pendant")
    wanted = alert_id("fall", "H0002", device, f"{device}-{boot}-{seq}")
    began = time.monotonic()
    wait_until(lambda: wanted in told(receiver).values(), within_s=10, what=f"a fall being told while {what}")
    took = time.monotonic() - began
    print(f"InfluxDB {what}: a fall at the webhook after {took * 1000:.0f} ms")  # noqa: T201 a figure of the run
    assert took < TOLD_WITHIN_S, what
    return took


def caught_up(hub: HubProcess, flow: Flow) -> None:
    flow.paused = True
    wait_until(hub.has_drained, within_s=300 if DEEP else 60, what="the store having caught up")
    assert "store" not in hub.reasons()
    flow.paused = False


def trouble_it(proxy: TroubledInflux, hub: HubProcess, flow: Flow, falls: Callable[[str], float]) -> None:
    """One trouble after the other; between them it catches up."""
    for name, trouble in (TROUBLES | MORE_TROUBLES if DEEP else TROUBLES).items():
        seen = proxy.troubled
        proxy.trouble = trouble
        wait_until(lambda seen=seen: proxy.troubled > seen, within_s=30, what=f"a write while it {name}")  # type: ignore[misc]
        falls(name)
        wait_until(lambda: "InfluxDB" in hub.reasons(), what=f"readyz telling that it {name}")
        proxy.trouble = None
        caught_up(hub, flow)


def test_whatever_influxdb_does_falls_are_told_at_once_and_every_reading_is_there_once(
    mosquitto: Broker, influxd: Influx, tmp_path: Path
) -> None:
    with (
        receiving() as receiver,
        TroubledInflux(influxd.url, prefix="faults_", token=TOKEN) as influx,
        TcpProxy(urlsplit(influx.url).port or 0) as line,
        a_hub(
            tmp_path,
            mosquitto,
            homes=HOMES,
            more=STORE.format(port=line.port) + channel(receiver.url),
            constants=IMPATIENT,
            started=False,
        ) as hub,
        Publisher(mosquitto) as publisher,
    ):
        falls = partial(told_at_once, publisher, receiver)
        line.away = True
        hub.spawn()
        wait_until(
            lambda: hub.answers() and "broker" not in hub.reasons(), within_s=40, what="hearing the broker"
        )
        with flowing(publisher, homes=HOMES, fall_every=1 << 30) as flow:
            falls("is down since before the start")
            wait_until(lambda: "InfluxDB" in hub.reasons(), within_s=10, what="readyz naming it")
            line.away = False
            caught_up(hub, flow)
            trouble_it(influx, hub, flow, falls)
            influx.trouble = refuses_a_row
            refused = publisher.telemetry("H0003-sos", battery=55)
            wait_until(lambda: hub.figures()["rows_refused_total"] == 1, what="the one row being refused")
            influx.trouble = None
            line.away = True
            line.cut(reset=True)
            wait_until(lambda: "InfluxDB" in hub.reasons(), within_s=20, what="readyz naming it")
            falls("has gone")
            if DEEP:
                threading.Event().wait(600)  # ten real minutes
                falls("is gone for ten minutes")
            line.away = False
            caught_up(hub, flow)
        cursor = tmp_path / "own.cursor"
        open_store = partial(InfluxStore, url=influx.url, org="carehub", token=TOKEN, cursor_file=cursor)
        publisher.acknowledged.remove(refused)  # counted and told as refused
        reckon(publisher, hub, receiver=receiver, open_store=open_store)
