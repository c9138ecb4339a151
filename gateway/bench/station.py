"""What the benches that need a running hub share: a Mosquitto, a registry, ``carehub run`` as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from gateway.bench import process
from gateway.demo.broker import BrokerError, DemoBroker, free_port, start_broker
from gateway.operations.database import open_database
from gateway.registry import apply as registry
from gateway.registry.csv_file import parse
from gateway.settings import SettingsError

SIMULATOR = Path(sys.executable).with_name("carehub-sim")
SITE = "load"  # of the registry that ``carehub-sim load`` writes
SECRET = "0123456789abcdef-of-the-bench"  # noqa: S105 of a receiver on loopback that lives for a minute
READY_WITHIN_S = 300.0
CHILD_WITHIN_S = 1_800
LOOK_EVERY_S = 0.05
KEEP_ALIVE_S = 2.0  # shorter than the hub's own five: who asks just then is reset


class BenchError(Exception):
    """What was measured is not what should have been measured; the message says what is missing."""


def machine() -> str:
    """A word on what it runs on."""
    return f"{os.cpu_count()} cores, Python {sys.version.split()[0]}"


@contextmanager
def bench_broker() -> Iterator[tuple[DemoBroker, Path]]:
    """A Mosquitto and a folder, for as long as the context; raises ``SettingsError`` where none is installed."""
    with tempfile.TemporaryDirectory(prefix="carehub-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # the broker becomes another user
        try:
            broker = start_broker(folder / "broker", port=free_port())
        except BrokerError as error:
            raise SettingsError(str(error)) from None
        try:
            if not broker.durable:
                raise SettingsError("this bench needs Mosquitto: install it (apt-get install mosquitto)")
            yield broker, folder
        finally:
            broker.stop()


def load_command(
    broker_port: int, *, messages: int, devices: int, rate: float = 0, more: tuple[str, ...] = ()
) -> list[str]:
    """``carehub-sim load`` with these figures."""
    command = [str(SIMULATOR), "load", "--port", str(broker_port), "--messages", str(messages), "--json"]
    return [*command, "--devices", str(devices), "--rate", str(rate), *more]


def relay_command(broker_port: int, url: str, folder: Path) -> list[str]:
    """The floor of latency beside a hub: what it keeps lies on the hub's disk."""
    return [
        sys.executable, "-m", "gateway.bench.relay", str(broker_port), url, str(folder / "relayed"),
    ]  # fmt: skip


def run_load(command: list[str]) -> dict[str, Any]:
    """Run it to its end and give its summary; raises ``SettingsError`` when not everything was published."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=CHILD_WITHIN_S)
    if done.returncode:
        raise SettingsError(f"the load was not published: {done.stderr.strip()[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout or "{}")
    return found


def bring_registry(broker_port: int, folder: Path, data: Path, devices: int) -> None:
    """Import the load's homes into a new data folder."""
    sheet = folder / "load.csv"
    run_load(
        load_command(
            broker_port, messages=1, devices=devices, more=("--registry", str(sheet), "--registry-only")
        )
    )
    database = open_database(data / "operations.sqlite")
    registry.apply(database, parse(sheet.read_text(encoding="utf-8"), source=sheet.name), source=sheet.name)
    database.dispose()


def run_child(module: str, *arguments: object) -> dict[str, Any]:
    """Run a module of the bench in a process of its own and give what it says; raises ``SettingsError`` when it fails."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=CHILD_WITHIN_S)
    if done.returncode:
        raise SettingsError(f"{module} failed: {done.stderr.strip()[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def spread(name: str, delays_s: Iterable[float]) -> dict[str, float]:
    """Median, 99th of a hundred and the longest in ms, each key beginning with ``name``; 0 where there is none."""
    delays = sorted(delay * 1000 for delay in delays_s) or [0.0]
    return {
        f"{name}p50_ms": round(statistics.median(delays), 2),
        f"{name}p99_ms": round(delays[min(len(delays) * 99 // 100, len(delays) - 1)], 2),
        f"{name}max_ms": round(delays[-1], 2),
    }


def wait_until(come: Callable[[], bool], *, within_s: float, what: str) -> None:
    """Look until it has come; raises ``BenchError``."""
    deadline = time.monotonic() + within_s
    while not come():
        if time.monotonic() > deadline:
            raise BenchError(f"{what} did not come within {within_s:.0f} s")
        time.sleep(LOOK_EVERY_S)


def noon_zone(hour_utc: int) -> str:
    """The zone in which it is about noon: at night every door of the load is an alert, and no two hours can be compared."""
    behind = hour_utc - 12
    return f"Etc/GMT{behind:+d}" if behind else "Etc/GMT"


class BenchHub:
    """A hub as a process of its own. ``module`` is what is run, given the path of its settings."""

    def __init__(self, folder: Path, broker_port: int, webhook: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.data, self.port = folder, folder / "data", free_port()
        self.config = folder / "carehub.toml"
        channel = (
            f'[[channels]]\nname = "station"\nkind = "webhook"\nurl = "{webhook}"\nsecret = "{SECRET}"\n'
        )
        zone = noon_zone(time.gmtime().tm_hour)
        self.config.write_text(
            f'[hub]\ndata = "{self.data}"\nzone = "{zone}"\n[mqtt]\nport = {broker_port}\n[http]\nport = {self.port}\n'
            + (channel if webhook else ""),
            encoding="utf-8",
        )
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            timeout=30,
            trust_env=False,
            limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_S),
        )
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(self, *command: str) -> None:
        """Start it, as ``carehub run`` unless another command is given, and wait for nothing."""
        words = command or ("-m", "gateway", "run", "-c", str(self.config))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CAREHUB_")}
        with (self.folder / "hub.log").open("ab") as log:
            self.process = subprocess.Popen([sys.executable, *words], stdout=log, stderr=log, env=environment)

    def wait_ready(self) -> None:
        """Wait until it says that it does its whole work."""
        wait_until(self._is_ready, within_s=READY_WITHIN_S, what="a ready hub")

    def _is_ready(self) -> bool:
        self._assert_alive()
        try:
            return self.http.get("/readyz").is_success
        except httpx.HTTPError:
            return False

    def _assert_alive(self) -> None:
        if self.process is not None and self.process.poll() is not None:
            log = (self.folder / "hub.log").read_text(encoding="utf-8", errors="replace")
            raise BenchError(f"the hub ended with {self.process.returncode}: {log[-2000:]}")

    def figures(self) -> dict[str, float]:
        """Its /metrics by name, without ``carehub_``; raises ``BenchError`` where it has ended or does not answer."""
        self._assert_alive()
        try:
            lines = self.http.get("/metrics").text.splitlines()
        except httpx.HTTPError as error:
            self._assert_alive()
            raise BenchError(f"the hub does not answer: {error!r}") from error
        pairs = (line.removeprefix("carehub_").rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def has_stored(self, position: float) -> bool:
        """Whether it has come that far and everything is stored."""
        figures = self.figures()
        return figures["journal_position"] >= position and figures["store_behind_events"] == 0

    @property
    def pid(self) -> int:
        """Of its process, while it runs."""
        self._assert_alive()
        assert self.process is not None  # noqa: S101 asked while it runs
        return self.process.pid

    def memory_mb(self, what: str = "VmHWM") -> float:
        """Its peak resident memory (``VmRSS``: the present one)."""
        return process.memory_mb(self.pid, what)

    def cpu_s(self) -> float:
        """CPU seconds so far."""
        return process.cpu_s(self.pid)

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process is not None  # noqa: S101 asked while it runs
        self.process.send_signal(number)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, if it still runs, and wait for that."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(120)
            self.process = None
