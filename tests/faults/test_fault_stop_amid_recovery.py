"""SIGTERM while the hub replays: it ends at once as at any other time, and has written nothing that is not done again."""

from __future__ import annotations

import re
import signal
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
from hub_process import HubProcess, a_hub
from ledger_publisher import now_ms
from parts import Broker, wait_until

from gateway.journal.journal import Entry, Journal
from rules.events import AnyEvent, Occurrence, Telemetry

EVENTS = 50_000  # seconds of replay
A_PART = 5_000


def test_a_hub_told_to_stop_amid_its_recovery_stops_and_the_next_start_does_it_all(
    mosquitto: Broker, tmp_path: Path
) -> None:
    with a_hub(tmp_path, mosquitto) as hub:
        hub.stop()
        much_to_replay(hub)
        before = written(hub.data)
        code, took_s, far = stopped_amid(hub, [signal.SIGTERM, signal.SIGTERM, signal.SIGINT])
        assert code == 0, hub.log()[-3000:]
        assert "recovered at" not in hub.log(), "it ended when it was recovered"
        assert took_s < 4.0  # a second, and what a busy machine adds
        print(f"ended {took_s:.2f} s after it was told, at {far} %")  # noqa: T201 a figure of the run
        assert 0 < far < 95
        assert written(hub.data) == before
        assert hub.log().count("amid its recovery") == 1
        shown = percents_until_ready(hub)
        assert shown == sorted(shown), "it goes back"
        assert shown[-1] <= 99, "all is done, and it is not ready"
        assert len(set(shown)) > 5
        assert hub.rules_open() == ["fall"]
        assert written(hub.data) > before


def much_to_replay(hub: HubProcess) -> None:
    """What a hub has journalled and not yet saved the states of: readings, and at their end a fall."""
    journal, at = Journal(hub.data / "journal.sqlite"), now_ms() - 60_000
    for first in range(0, EVENTS, A_PART):
        events: list[AnyEvent] = [
            Telemetry(at, "H0001-pir", at, 0, "b", number, {"motion": float(number % 2)})
            for number in range(first, first + A_PART)
        ]
        journal.append(Entry(events=events))
    journal.append(Entry(events=[Occurrence(at, "H0001-pendant", at, 0, "b", 1, "f1", "fall", {})]))
    journal.close()


def written(data: Path) -> tuple[int, Sequence[tuple[object, ...]]]:
    """What the alarm path has written: the journal's end; cursors, alerts, states."""
    journal = Journal(data / "journal.sqlite")
    position = journal.position
    journal.close()
    with sqlite3.connect(data / "operations.sqlite") as operations:
        found = [
            *operations.execute("SELECT * FROM cursor ORDER BY consumer"),
            *operations.execute("SELECT id, state FROM alert ORDER BY id"),
            *operations.execute("SELECT * FROM snapshot ORDER BY 1"),
        ]
    return position, found


def stopped_amid(hub: HubProcess, signals: Sequence[signal.Signals]) -> tuple[int | None, float, int]:
    """Start it, tell it to stop when it is some way through its replay; how it ended, after how long, how far it was."""
    (hub.folder / "hub.log").unlink()
    hub.spawn()
    process = hub.process
    assert process is not None
    wait_until(lambda: (percent(hub) or 0) > 5, within_s=30, what="it being amid its recovery")
    far = percent(hub) or 0
    began = time.monotonic()
    for each in signals:
        process.send_signal(each)
    wait_until(hub.has_ended, within_s=30, what="it ending")
    took_s, code = time.monotonic() - began, process.poll()
    hub.process = None
    return code, took_s, far


def percents_until_ready(hub: HubProcess) -> list[int]:
    hub.spawn()
    shown: list[int] = []

    def ready() -> bool:
        found = percent(hub)
        if found is not None:
            shown.append(found)
        return hub.is_ready()

    wait_until(ready, within_s=40, what="it being ready")
    return shown


def percent(hub: HubProcess) -> int | None:
    """How far it says it is; None when it says nothing of it."""
    try:
        found = re.search(r"recovering, (\d+) %", hub.http.get("/readyz").text)
    except httpx.HTTPError:
        return None
    return int(found[1]) if found else None
