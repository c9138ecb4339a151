"""A hub under a steady load for as long as one likes: does it hold the rate, does anything grow, does anything get lost.

The hub is a process of its own with a real Mosquitto and DuckDB; the city's reports come from another; what lets people fall
and hears of it is a third, with one clock. Every few seconds the hub is looked at from outside. At the end every fall and every
row is counted, and what was seen is held against the bounds of ``gateway.bench.verdict``. The floor comes first and is short:
the same publisher at the same rate, with a bare reader and a bare relay in the hub's place.
"""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from gateway.bench import process, verdict
from gateway.bench.falls import Fall, Falls
from gateway.bench.station import (
    BenchError,
    BenchHub,
    bench_broker,
    bring_registry,
    load_command,
    machine,
    relay_command,
    run_child,
    spread,
    wait_until,
)
from gateway.bench.verdict import Outcome, Sample
from gateway.bench.whole import rows_in
from gateway.demo.broker import DemoBroker

METRICS = 2  # readings in a message
DEVICES_PER_HOME = 5
FALL_EVERY_S = 2.0  # or so seldom that each home falls once: its alert is one of its own
SAMPLE_EVERY_S = 5.0
SAMPLES_MIN = 6  # of a run that is shorter than that
PROGRESS_EVERY_S = 30.0
DRAIN_WITHIN_S = 120.0
HEARD_WITHIN_S = 60.0
LATE_S = 120.0  # after which a publisher that should have ended is given up
FLOOR_S, FLOOR_FALLS = 10.0, 20
SEED = 7
MB = 1_000_000


def bench(*, minutes: float, devices: int, rate: float, progress: Callable[[str], None]) -> dict[str, Any]:
    """Run it; the keys are those of ``carehub bench soak --json``, ``broken`` names the bounds that did not hold.

    Raises ``SettingsError`` without Mosquitto, ``BenchError`` when the hub ends or does not answer.
    """
    seconds = minutes * 60
    progress("the floor: a bare reader and a bare relay under the same load …")
    floor = _floor(devices=devices, rate=rate, for_s=min(FLOOR_S, seconds))
    with bench_broker() as (broker, folder):
        ends = Falls(broker.port)
        hub = BenchHub(folder / "hub", broker.port, ends.hub_url)
        try:
            progress(f"registering {devices:,} devices …")
            bring_registry(broker.port, folder, hub.data, devices)
            hub.spawn()
            hub.wait_ready()
            run = _Run(hub, ends, broker, devices=devices, rate=rate, for_s=seconds, progress=progress)
            found = run.measure()
            hub.end()
            outcome = run.outcome(rows_in(hub.data / "readings.duckdb"))
        finally:
            hub.end(signal.SIGKILL)
            ends.close()
    judged = verdict.judge(run.samples, outcome)
    return {
        "minutes": minutes,
        "devices": devices,
        "rate": rate,
        **found,
        "rss_mb_per_h": round(verdict.rss_mb_per_h(run.samples), 1)
        if "memory" not in judged.not_judged
        else None,
        **floor,
        **{name: value for name, value in asdict(outcome).items() if name != "rate"},
        "broken": list(judged.broken),
        "not_judged": list(judged.not_judged),
        "machine": machine(),
        "samples": [asdict(sample) for sample in run.samples],
    }


class _Run:
    """One load on one hub. ``samples`` are of the time of the load."""

    def __init__(
        self, hub: BenchHub, ends: Falls, broker: DemoBroker, *, devices: int, rate: float, for_s: float,
        progress: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.samples: list[Sample] = []
        self._hub, self._ends, self._broker, self._progress = hub, ends, broker, progress
        self._devices, self._rate, self._for_s = devices, rate, for_s
        self._messages = max(round(rate * for_s), 1)
        self._published_per_s = 0.0
        self._drained_s: float | None = None
        self._falling = _Falling(ends, homes=devices // DEVICES_PER_HOME, for_s=for_s)

    def measure(self) -> dict[str, Any]:
        """Let the load run to its end, and the hub come to the end of it."""
        hub = self._hub
        cpu = hub.cpu_s()
        load = subprocess.Popen(
            load_command(
                self._broker.port,
                messages=self._messages,
                devices=self._devices,
                rate=self._rate,
                more=("--event-every", "0"),
            ),
            stdout=subprocess.PIPE,
        )
        try:
            self._watch(load)
            ended = time.monotonic()
            said, _ = load.communicate(timeout=LATE_S)
        finally:
            self._falling.stop()
            load.kill()
            load.wait()
        if load.returncode:
            raise BenchError(f"the load ended with {load.returncode}")
        self._published_per_s = json.loads(said)["msgs_per_s"]
        cpu = hub.cpu_s() - cpu
        self._drain(ended)
        return self._figures(cpu)

    def outcome(self, rows: int) -> Outcome:
        """What is known once the hub has ended and its store was counted."""
        fallen = self._falling.fallen
        return Outcome(
            rate=self._rate,
            published_per_s=self._published_per_s,
            drained_s=self._drained_s,
            falls=len(fallen),
            lost=sum(not fall.told for fall in fallen),
            doubled=sum(fall.told > 1 for fall in fallen),
            rows=rows,
            rows_wanted=self._messages * METRICS + len(fallen),
        )

    def _watch(self, load: subprocess.Popen[bytes]) -> None:
        every_s = min(SAMPLE_EVERY_S, self._for_s / SAMPLES_MIN)
        wait_until(lambda: self._read() > 0, within_s=HEARD_WITHIN_S, what="the load")
        began, told_at = time.monotonic(), 0.0
        self._falling.start()
        while load.poll() is None:
            sample = self._sample(time.monotonic() - began)
            self.samples.append(sample)
            if sample.at_s - told_at >= PROGRESS_EVERY_S:
                told_at = sample.at_s
                self._tell(sample)
            if sample.at_s > self._for_s + LATE_S:
                raise BenchError(f"the load was not over {LATE_S:.0f} s after its time")
            with contextlib.suppress(subprocess.TimeoutExpired):  # its end is noted when it comes
                load.wait(max(began + len(self.samples) * every_s - time.monotonic(), 0))

    def _sample(self, at_s: float) -> Sample:
        figures, pid, data = self._hub.figures(), self._hub.pid, self._hub.data
        return Sample(
            at_s=round(at_s, 2),
            read=self._read(figures),
            rss_mb=round(process.memory_mb(pid, "VmRSS"), 1),
            fds=process.open_files(pid),
            threads=process.threads(pid),
            inbox=int(figures["inbox_messages"]),
            behind_events=int(figures["store_behind_events"]),
            cache_mb=round(figures["store_memory_bytes"] / MB, 1),
            behind_s=round(figures.get("store_behind_seconds", 0.0), 2),
            journal_mb=round(sum(file.stat().st_size for file in data.glob("journal.sqlite*")) / MB, 2),
            store_mb=round(sum(file.stat().st_size for file in data.glob("readings.duckdb*")) / MB, 2),
        )

    def _read(self, figures: dict[str, float] | None = None) -> int:
        """Messages of the load that the hub has read; falls are not counted."""
        figures = figures or self._hub.figures()
        return int(figures["messages_read_total"]) - len(self._falling.fallen)

    def _tell(self, sample: Sample) -> None:
        self._progress(
            f"{sample.at_s / 60:.1f} of {self._for_s / 60:g} min: {verdict.read_per_s(self.samples):,.0f} messages/s, "
            f"{sample.rss_mb:,.0f} MB, {sample.fds} files, {sample.threads} threads, {sample.behind_events:,} events behind"
        )

    def _drain(self, ended: float) -> None:
        """Wait until everything is read, stored and told; what does not come is left to the verdict."""

        def stored() -> bool:
            figures = self._hub.figures()
            return self._read(figures) >= self._messages and not figures["store_behind_events"]

        if _come(stored, DRAIN_WITHIN_S):
            self._drained_s = round(time.monotonic() - ended, 2)
        _come(lambda: all(fall.told for fall in self._falling.fallen), HEARD_WITHIN_S)

    def _figures(self, cpu_s: float) -> dict[str, Any]:
        samples, hub = self.samples, self._hub
        first, last = samples[0], samples[-1]
        read = max(last.read, 1)
        return {
            "read_per_s": round(verdict.read_per_s(samples), 1),
            **spread("fall_", (fall.heard_at - fall.sent_at for fall in self._falling.fallen if fall.told)),
            "other_webhooks": self._ends.others,
            "rss_first_mb": first.rss_mb,
            "rss_mb": last.rss_mb,
            "rss_peak_mb": round(hub.memory_mb(), 1),
            "pss_mb": round(process.shared_fairly_mb(hub.pid), 1),
            "fds": [first.fds, max(sample.fds for sample in samples), last.fds],
            "threads": [first.threads, max(sample.threads for sample in samples), last.threads],
            "behind_events_max": max(sample.behind_events for sample in samples),
            "behind_s_max": max(sample.behind_s for sample in samples),
            "inbox_max": max(sample.inbox for sample in samples),
            "lag_growth_events": round(verdict.lag_growth_events(samples)),
            "journal_bytes_per_msg": round(last.journal_mb * MB / read, 1),
            "store_bytes_per_msg": round(last.store_mb * MB / read, 1),
            "hub_cpu_share": round(cpu_s / max(last.at_s, 1), 3),
            "hub_cpu_us_per_msg": round(cpu_s / read * 1e6, 1),
        }


class _Falling:
    """Somebody falls from time to time, in a thread of its own, so that nobody waits for a look at the hub."""

    def __init__(self, ends: Falls, *, homes: int, for_s: float) -> None:
        draw = random.Random(SEED)  # noqa: S311 a benchmark's dice
        self.fallen: list[Fall] = []
        self._homes = draw.sample(range(1, homes + 1), homes)
        self._every_s = max(min(FALL_EVERY_S, for_s / SAMPLES_MIN), for_s / homes)
        self._ends = ends
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="falling", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Nobody falls any more once this returns."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        began = time.monotonic()
        for number, home in enumerate(self._homes, 1):
            if self._stop.wait(max(began + number * self._every_s - time.monotonic(), 0)):
                return
            self.fallen.append(self._ends.fall(f"L{home:04d}"))


def _come(come: Callable[[], bool], within_s: float) -> bool:
    """Whether it came in time."""
    try:
        wait_until(come, within_s=within_s, what="it")
    except BenchError:
        return False
    return True


def _floor(*, devices: int, rate: float, for_s: float) -> dict[str, Any]:
    """What reading at that rate costs one who does nothing else, and a fall's way through a bare relay beside it.

    At a broker of its own: the bare reader's session would go on to fill the hub's.
    """
    messages = max(round(rate * for_s), 1)
    with bench_broker() as (broker, folder):
        run_child("gateway.bench.bare", broker.port, 0)
        ends = Falls(broker.port)
        relay = subprocess.Popen(
            relay_command(broker.port, ends.relay_url, folder),
            stdout=subprocess.PIPE,
        )
        bare = subprocess.Popen(
            [sys.executable, "-m", "gateway.bench.bare", str(broker.port), str(messages + FLOOR_FALLS)],
            stdout=subprocess.PIPE,
        )
        load = subprocess.Popen(
            load_command(
                broker.port, messages=messages, devices=devices, rate=rate, more=("--event-every", "0")
            ),
            stdout=subprocess.PIPE,
        )
        try:
            assert relay.stdout is not None  # noqa: S101 it is a pipe
            relay.stdout.readline()
            fallen = []
            for number in range(FLOOR_FALLS):
                time.sleep(for_s / FLOOR_FALLS)
                fallen.append(ends.fall(f"L{number + 1:04d}"))
            said, _ = load.communicate(timeout=for_s + LATE_S)
            counted, _ = bare.communicate(timeout=LATE_S)
            _come(lambda: all(fall.relayed_at for fall in fallen), HEARD_WITHIN_S)
        except subprocess.TimeoutExpired as error:
            raise BenchError(f"the floor did not come to its end: {error}") from error
        finally:
            for child in (relay, bare, load):
                child.kill()
                child.communicate()
            ends.close()
    return {
        "floor_msgs_per_s": json.loads(said)["msgs_per_s"],
        "floor_cpu_us_per_msg": round(json.loads(counted)["cpu_s"] / messages * 1e6, 1),
        **spread("relay_", (fall.relayed_at - fall.sent_at for fall in fallen if fall.relayed_at)),
    }
