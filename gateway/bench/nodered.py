"""The peer of ``bench ingest``: a Node-RED flow that decodes, compares with a threshold and appends to a file.

Node-RED is installed by npm into a folder of the user's cache, once. It runs pinned to one core; its rate counts
the lines of its file from the first to the last, so that its slow start does not count.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import mqtt5

from gateway.demo.broker import free_port

FLOW = Path(__file__).parents[2] / "bench" / "peers" / "nodered"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "carehub" / "nodered"
PROGRAM = Path("node_modules") / "node-red" / "red.js"
INSTALL_WITHIN_S, START_WITHIN_S, DRAIN_WITHIN_S = 600, 120.0, 900.0
LOOK_EVERY_S = 0.01
BLOCK_BYTES = 1 << 20


class Peer:
    """Node-RED at a broker. ``why``: the reason it cannot be measured ('' where it can); ``msgs_per_s`` after ``drain``."""

    def __init__(self, broker_port: int, folder: Path) -> None:
        self.msgs_per_s: int | None = None
        self._port, self._folder, self._file = broker_port, folder, folder / "readings.jsonl"
        self._process: subprocess.Popen[bytes] | None = None
        self._read_to = self._count = 0
        self.why = _install()

    def subscribe(self) -> None:
        """Start it once, so that the broker keeps a session for it."""
        self._folder.mkdir(parents=True)
        for name in ("flow.json", "settings.js"):
            shutil.copy(FLOW / name, self._folder / name)
        self._start()
        self._wait(self._takes_a_message, START_WITHIN_S, "Node-RED at the broker")
        self.stop()

    def drain(self, messages: int) -> None:
        """Let it take that many messages from its session; sets ``msgs_per_s``, or ``why`` it could not be measured."""
        if self.why:
            return
        before = self._lines()
        self._start()
        self._wait(lambda: self._lines() > before, START_WITHIN_S, "the first line")
        first, began = self._lines() - before, time.monotonic()
        self._wait(lambda: self._lines() - before >= messages, DRAIN_WITHIN_S, f"line {messages}")
        if not self.why:
            self.msgs_per_s = round((messages - first) / (time.monotonic() - began))

    def stop(self) -> None:
        """End it, if it runs."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _start(self) -> None:
        command = [sys.executable, "-m", "gateway.bench.pinned", "node", str(CACHE / PROGRAM)]
        command += ["-u", str(self._folder), "-s", str(self._folder / "settings.js")]
        environment = os.environ | {
            "BENCH_PORT": str(self._port),
            "BENCH_FILE": str(self._file),
            "BENCH_UI_PORT": str(free_port()),
        }
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def _takes_a_message(self) -> bool:
        """Whether what is published comes to its file: then its subscription stands."""
        with socket.create_connection(("127.0.0.1", self._port)) as broker:
            broker.sendall(mqtt5.ConnectPacket("bench-probe", clean_start=True).write())
            broker.recv(BLOCK_BYTES)
            probe = mqtt5.PublishPacket("care/v1/bench/probe/telemetry", b'{"m":{"battery":9}}')
            broker.sendall(probe.write() + mqtt5.DisconnectPacket().write())
            while broker.recv(BLOCK_BYTES):
                pass
        return self._lines() > 0

    def _lines(self) -> int:
        if self._file.exists():
            with self._file.open("rb") as file:
                file.seek(self._read_to)
                while block := file.read(BLOCK_BYTES):
                    self._count += block.count(b"\n")
                    self._read_to += len(block)
        return self._count

    def _wait(self, come: Callable[[], bool], within_s: float, what: str) -> None:
        """Look until it has come; what did not come is said in ``why``."""
        deadline = time.monotonic() + within_s
        while not self.why and not come():
            if time.monotonic() > deadline or (
                self._process is not None and self._process.poll() is not None
            ):
                log = (self._folder / "log").read_text(encoding="utf-8", errors="replace")
                self.why = f"{what} did not come within {within_s:.0f} s: {log.strip()[-300:]}"
            time.sleep(LOOK_EVERY_S)


def _install() -> str:
    """Have Node-RED in the cache; why not, where it cannot be had."""
    if (CACHE / PROGRAM).exists():
        return ""
    if not shutil.which("npm") or not shutil.which("node"):
        return "npm is not installed"
    CACHE.mkdir(parents=True, exist_ok=True)
    shutil.copy(FLOW / "package.json", CACHE / "package.json")
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
    try:
        done = subprocess.run(
            command, cwd=CACHE, check=False, capture_output=True, text=True, timeout=INSTALL_WITHIN_S
        )
    except subprocess.TimeoutExpired:
        return f"npm did not install it within {INSTALL_WITHIN_S} s"
    return f"npm did not install it: {done.stderr.strip()[-300:]}" if done.returncode else ""
