"""An InfluxDB of the bench's own: Debian's influxd 1.x in a folder that is thrown away, and the proxy before it.

InfluxDB before 1.8 has no ``/api/v2/write``, which the hub writes to. ``influx_proxy`` maps it to ``/write``; it is a process
of its own, so that its work counts for nobody.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from gateway.bench import process
from gateway.bench.station import BenchError, wait_until
from gateway.demo.broker import SBIN, free_port

PROXY = "gateway.bench.influx_proxy"
START_WITHIN_S = 30.0
ANSWER_WITHIN_S = 60.0

CONF = """\
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
[logging]
  level = "error"
"""


@dataclass(frozen=True, slots=True)
class LocalInflux:
    """A running one. ``port`` is its own, ``url`` that of the proxy, where an InfluxDB 2.x seems to be."""

    port: int
    url: str
    pid: int
    folder: Path

    def count(self, database: str) -> int:
        """How many readings a database holds, by its own count."""
        question = {"db": database, "q": 'SELECT count("value") FROM /.*/'}
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.port}/query?{urlencode(question)}", timeout=ANSWER_WITHIN_S
        ) as answer:
            found = json.load(answer)["results"][0].get("series", [])
        return sum(int(series["values"][0][1]) for series in found)

    def bytes_on_disk(self, database: str) -> int:
        """What a database takes, its write-ahead log included."""
        places = (self.folder / "data" / database, self.folder / "wal" / database)
        return sum(file.stat().st_size for place in places for file in place.rglob("*") if file.is_file())

    def cpu_s(self) -> float:
        """CPU seconds so far."""
        return process.cpu_s(self.pid)

    def memory_mb(self) -> float:
        """Its peak resident memory."""
        return process.memory_mb(self.pid)


def missing() -> str:
    """Why there can be no InfluxDB here; '' where there can."""
    if _program() is None:
        return "influxd is not installed (apt-get install influxdb)"
    return ""


@contextmanager
def local_influx(folder: Path) -> Iterator[LocalInflux]:
    """One for as long as the context, where ``missing`` says nothing; raises ``BenchError`` when it does not start."""
    folder.mkdir(parents=True)
    port, conf, log = free_port(), folder / "influxdb.conf", folder / "log"
    conf.write_text(CONF.format(port=port, rpc=free_port(), folder=folder), encoding="utf-8")
    with log.open("wb") as words:
        influxd = subprocess.Popen([str(_program()), "-config", str(conf)], stdout=words, stderr=words)
    proxy: subprocess.Popen[bytes] | None = None
    try:
        _wait_for(influxd, port, log)
        target = f"http://127.0.0.1:{port}"
        proxy = subprocess.Popen([sys.executable, "-m", PROXY, "--target", target], stdout=subprocess.PIPE)
        assert proxy.stdout is not None  # noqa: S101 it is a pipe
        said = proxy.stdout.readline()
        if not said:
            raise BenchError(f"{PROXY} did not start")
        yield LocalInflux(port, json.loads(said)["url"], influxd.pid, folder)
    finally:
        for each in (proxy, influxd):
            if each is not None:
                each.kill()
                each.communicate()


def _wait_for(influxd: subprocess.Popen[bytes], port: int, log: Path) -> None:
    def answers() -> bool:
        if influxd.poll() is not None:
            words = log.read_text(encoding="utf-8", errors="replace")
            raise BenchError(f"influxd does not start: {words.strip()[-500:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False

    wait_until(answers, within_s=START_WITHIN_S, what="an answer of influxd")


def _program() -> str | None:
    places = os.pathsep.join([os.environ.get("PATH", ""), *SBIN])
    return shutil.which("influxd", path=places)
