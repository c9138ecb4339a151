"""What an operator has of a running hub: figures that are true, a log without people in it, words to systemd and a watchdog."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from pathlib import Path
from typing import Self

import prometheus_text
import yaml
from hub_process import SECRET, HubProcess, a_hub, channel, json_bytes, registry
from ledger_publisher import Publisher
from parts import Broker, wait_until
from receiver import Receiver, Reply, receiving

ROOT = Path(__file__).resolve().parents[2]
FALL = "care/v1/lianhua/H0001-pendant/event"
TOKEN = "a-token-of-the-tests-0123456789"
JSON_LOG = '[log]\nformat = "json"\nlevel = "debug"\n'


class Manager:
    """What systemd is to a service: a socket that hears its words, at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.heard: list[str] = []
        self._thread = threading.Thread(target=self._hear, name="manager", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", str(self.path))
        self._thread.join(10)
        self.socket.close()

    def _hear(self) -> None:
        while words := self.socket.recv(65_536):
            self.heard += words.decode().splitlines()

    def words(self) -> list[str]:
        return list(self.heard)


def test_a_hub_tells_systemd_the_watchdog_the_figures_and_the_log_what_is_so(
    mosquitto: Broker, tmp_path: Path
) -> None:
    with (
        Manager(tmp_path / "notify") as manager,
        receiving(Reply(500)) as down,
        receiving() as taking,
        receiving() as outside,
        a_hub(
            tmp_path,
            mosquitto,
            environment={
                "NOTIFY_SOCKET": str(manager.path),
                "WATCHDOG_USEC": "600000",
                "PING": f"{outside.url}/{TOKEN}/up",
            },
            more=channel(taking.url) + channel(down.url, name="family") + JSON_LOG + watchdog(outside),
        ) as hub,
        Publisher(mosquitto) as publisher,
    ):
        wait_until(lambda: manager.words().count("READY=1") == 1, what="systemd hearing that it serves")
        wait_until(lambda: "STATUS=ready" in manager.words(), what="systemd hearing that it is ready")
        publisher.raw("care/v1/lianhua/nobody/telemetry", json_bytes(m={"contact": True}))
        publisher.raw("care/v1/lianhua/H0001-door/telemetry", b"{")
        publisher.raw(FALL, json_bytes(id="f1", type="fall", data={"confidence": 0.9}))
        wait_until(lambda: taking.requests and down.requests, what="both channels being asked")
        wait_until(lambda: hub.figures()["outbox_waiting_messages"] == 1, what="one message waiting")
        wait_until(hub.has_drained, what="everything being stored")

        page = hub.http.get("/metrics").text
        assert not set("王李陈张") & set(page)
        figures = prometheus_text.read(page)
        answers_the_questions(figures)
        is_documented(figures)
        manager.heard.clear()
        wait_until(lambda: manager.words().count("WATCHDOG=1") >= 2, what="signs of life")
        hears_of_trouble_only_by_silence(outside, hub, mosquitto, manager)
        began = time.monotonic()
        hub.stop()
        assert time.monotonic() - began < 10
        wait_until(lambda: "STOPPING=1" in manager.words(), what="systemd hearing that it stops")
        log = hub.log()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert len(lines) > 3
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d", line["time"]) for line in lines)
    stopped = next(line for line in lines if line["message"].startswith("stopped"))
    assert stopped["position"] > 0
    assert "the sign of life was not taken: HTTP 302" in log
    for secret in (*people(), SECRET, TOKEN, "13800000001", "2580#"):
        assert secret not in log


def watchdog(outside: Receiver) -> str:
    return f'[watchdog]\nurl = "env:PING"\nevery_s = 1\nfail_url = "{outside.url}/{TOKEN}/fail"\n'


def hears_of_trouble_only_by_silence(
    outside: Receiver, hub: HubProcess, broker: Broker, manager: Manager
) -> None:
    """The watchdog is asked while all is well, not while the broker is gone, and again when it is back."""

    def pings(what: str) -> int:
        return sum(request.path == f"/{TOKEN}/{what}" for request in list(outside.requests))

    wait_until(lambda: pings("up") >= 1, what="a sign of life")
    broker.stop()
    wait_until(
        lambda: any(word.startswith("STATUS=the broker") for word in manager.words()),
        what="systemd hearing why it is not ready",
    )
    wait_until(lambda: pings("fail") >= 1, what="the trouble being told")
    silent = pings("up")
    wait_until(lambda: pings("fail") >= 2, what="it being told again")
    assert pings("up") == silent
    outside.reply = Reply(302, headers={"Location": f"{outside.url}/elsewhere"})
    broker.start()
    wait_until(lambda: pings("up") > silent, within_s=20, what="signs of life again")
    wait_until(lambda: hub.figures()['watchdog_pings_total{outcome="failed"}'] >= 1, what="a refusal")
    assert all(TOKEN in request.path for request in outside.requests), "no redirect is followed"


def answers_the_questions(figures: dict[str, prometheus_text.Family]) -> None:
    """Is it keeping up, how far behind is it, what did it refuse."""
    one = {
        name: value
        for family in figures.values()
        for (name, labels), value in family.samples.items()
        if not labels
    }
    refused = figures["carehub_messages_refused_total"].samples
    reasons = {dict(labels)["reason"]: count for (_, labels), count in refused.items()}
    assert reasons == {"unknown_device": 1, "bad_json": 1}
    tries = figures["carehub_deliveries_total"].samples
    outcomes = {tuple(text for _, text in labels): count for (_, labels), count in tries.items()}
    assert outcomes["station", "delivered"] == 1
    assert outcomes["family", "waiting"] >= 1
    waiting = figures["carehub_outbox_waiting_messages"].samples
    assert [dict(labels)["channel"] for _, labels in waiting] == ["family"]
    taken = figures["carehub_alert_delivery_seconds"].samples
    labels = (("channel", "station"), ("kind", "life_safety"))
    assert taken["carehub_alert_delivery_seconds_count", labels] == 1
    assert one["carehub_ready"] == 1
    assert one["carehub_journal_commit_seconds_count"] >= 1
    assert one["carehub_loop_lag_seconds_count"] >= 1
    assert one["carehub_store_behind_seconds"] < 30
    assert one["carehub_journal_position"] >= one["carehub_store_position"] > 0
    assert one["carehub_snapshot_behind_events"] >= 0
    assert one["process_resident_memory_bytes"] > 20_000_000
    assert one["process_open_fds"] < one["process_max_fds"]
    assert 0 < one["carehub_disk_free_bytes"] <= one["carehub_disk_size_bytes"]


def is_documented(figures: dict[str, prometheus_text.Family]) -> None:
    """The operator's page says of each figure what to do about it; the example's rules ask for figures there are."""
    page = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`((?:carehub|process|python)_\w+)`", page))
    assert documented - {"carehub_disk_unanswered"} == figures.keys()
    rules = yaml.safe_load((ROOT / "deploy/prometheus/carehub.rules.yml").read_text(encoding="utf-8"))
    asked = {
        name for rule in rules["groups"][0]["rules"] for name in re.findall(r"\bcarehub_\w+", rule["expr"])
    }
    assert asked <= figures.keys() | {name + part for name in figures for part in prometheus_text.PARTS}


def people() -> list[str]:
    """Names, addresses, contacts of the registry."""
    fields = [line.split(",") for line in registry().splitlines()[1:]]
    return sorted({line[n] for line in fields for n in (4, 5, 7, 8, 11) if line[n]} - {""})
