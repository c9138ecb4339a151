"""Real parts for the tests: Mosquitto, InfluxDB and Chromium, started for a test and stopped after it.

A part that is not on this machine skips its tests and is named at the end of the run;
with ``CI=true`` it is a failure.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

MISSING: set[str] = set()
PARTS_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


MEMORY_FREE = 2 << 30  # bytes; a run uses a tenth of it


def real_part(name: str) -> str:
    """Path of a program; skips the test (fails it under ``CI=true``) when it is not installed."""
    found = shutil.which(name, path=PARTS_PATH)
    if found is None:
        MISSING.add(name)
        message = f"{name} is not installed: apt-get install {name}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


NPM = Path(__file__).parent / "npm"


def npm_part(name: str) -> Path:
    """The folder of a package that comes from npm; skips the test (fails it under ``CI=true``) when it is not installed."""
    found = NPM / "node_modules" / name
    if not found.is_dir():
        MISSING.add(name)
        message = f"{name} is not installed: npm install in {NPM}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


def _ports() -> Iterator[int]:
    """This worker's own ports over and over, from where it began; none that the system lends to outgoing connections."""
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = range(10_000 + worker, 32_000, count)
    began = os.getpid() * 31 % len(own)  # another run beside this one begins elsewhere
    return itertools.cycle([*own[began:], *own[:began]])


PORTS = _ports()


def free_port() -> int:
    """A TCP port on loopback that nobody listens on and no other test of this run is given.

    A part may be stopped and started on it: no connection of somebody else's takes it in between.
    """
    for port in PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as a server would
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("unreachable: the ports are gone through over and over")


def memory_folder() -> str | None:
    """A folder in memory with room for the whole run from which programs may be started; None where there is none."""
    folder = "/dev/shm"  # noqa: S108 the tests make folders of their own in it
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    has_room = found.f_bavail * found.f_frsize > MEMORY_FREE
    return folder if has_room and not found.f_flag & os.ST_NOEXEC and os.access(folder, os.W_OK) else None


def wait_until(
    condition: Callable[[], object], *, within_s: float = 10.0, what: str = "the condition"
) -> None:
    """Poll until the condition is true; fail with its name when the deadline passes."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not become true within {within_s} s")
        pause.wait(0.01)


async def until(
    condition: Callable[[], object], what: str = "the condition", *, within_s: float = 15.0
) -> None:
    """``wait_until`` on an event loop, for what has no event of its own."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not become true within {within_s} s")
        await asyncio.sleep(0.002)


def listens(port: int) -> bool:
    """Whether something accepts TCP connections on that loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


BROKER_CONF = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {data}/
max_queued_messages 0
max_queued_bytes 1073741824
max_inflight_messages 0
queue_qos0_messages false
set_tcp_nodelay true
"""


@dataclass
class Broker:
    """A Mosquitto of one's own; keeps its port and its persistence over stop and start."""

    program: str
    folder: Path
    port: int = field(default_factory=free_port)
    host: str = "127.0.0.1"
    conf: str = BROKER_CONF
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it listens."""
        conf = self.folder / "mosquitto.conf"
        conf.write_text(self.conf.format(port=self.port, data=self.folder))
        self.folder.chmod(0o777)
        self.process = subprocess.Popen(
            [self.program, "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(lambda: listens(self.port), what="mosquitto listening")

    def stop(self) -> None:
        """Stop gracefully: the queue is saved."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(10)
            self.process = None


@dataclass(frozen=True)
class Influx:
    """A running InfluxDB 1.x; ``url`` is its HTTP root."""

    url: str
    port: int


INFLUX_CONF = """\
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{data}/meta"
[data]
  dir = "{data}/data"
  wal-dir = "{data}/wal"
  query-log-enabled = false
  index-version = "inmem"
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
[logging]
  level = "error"
"""


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 a loopback address of our own
            return int(answer.status) < 300
    except (urllib.error.URLError, OSError):
        return False
