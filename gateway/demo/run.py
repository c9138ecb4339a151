"""``carehub demo``: a broker, a hub and a simulated town as processes of their own, and what came of it."""

from __future__ import annotations

import contextlib
import math
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.panel import Panel

from gateway.accounts.roles import ROLES
from gateway.accounts.who import Grant
from gateway.backtest.asked import BacktestError
from gateway.backtest.show import bar
from gateway.demo.broker import BrokerError, DemoBroker, free_port, start_broker
from gateway.demo.interviews import homes_yaml
from gateway.demo.receiver import Receiver
from gateway.demo.score import read_ledger, score
from gateway.demo.truth_score import ScoreError, score_by_truth
from gateway.operations.database import open_database
from gateway.operations.people import People, weakness_of
from gateway.registry import apply as registry
from gateway.registry.csv_file import parse
from gateway.store.readings import StoreUnavailable

say = Console(stderr=True, highlight=False)
STAFF = "李敏"
STAFF_BY_ROLE = {
    STAFF: "duty", "王芳": "head", "陈刚": "property", "赵琳": "area", "孙强": "installer", "周平": "admin",
}  # fmt: skip
SIMULATOR = Path(sys.executable).with_name("carehub-sim")
START_WITHIN_S = 60.0
DRAIN_WITHIN_S = 120.0
LOOK_EVERY_S = 0.1
LOOK_AT_DRIVEN_EVERY_S = 0.5  # each look costs the hub a little of what a month takes
TROUBLE_AFTER_S = 8.0
SCORED_TOWN = ("--kit", "full", "--nature", "lifelike")

SETTINGS = """\
# Made by carehub demo. A real station's settings look the same, without [simulation].
[hub]
data = "{data}"
{overrides}

[mqtt]
host = "127.0.0.1"
port = {broker_port}
protocol = "{protocol}"

[http]
port = {port}

# Two receivers on this machine stand for a station's and a street centre's own systems.
[[channels]]
name = "station"
kind = "webhook"
url = "{receiver}/station"
secret = "env:CAREHUB_DEMO_SECRET"

[[channels]]
name = "street-centre"
kind = "webhook"
url = "{receiver}/street-centre"
secret = "env:CAREHUB_DEMO_SECRET"

[[ladder]]
after_s = 0
channels = ["station"]

[[ladder]]
after_s = 60
channels = ["street-centre"]

[simulation]
enabled = true
"""


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What ``carehub demo`` was asked for; ``for_s`` None means until interrupted.

    With an infinite ``speed`` the days are all there is: the demo ends with them, whatever ``for_s``.
    """

    homes: int
    speed: float
    for_s: float | None
    seed: int
    days: int
    port: int
    broker_port: int
    keep: Path | None
    mosquitto: bool = True
    score: bool = False


def run_demo(options: DemoOptions) -> dict[str, Any]:
    """Run it to its end and say what came of it; raises ``DemoError``."""
    began = time.monotonic()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="carehub-demo-"))
    try:
        with contextlib.ExitStack() as stack:
            demo = _Demo(options, folder.resolve(), stack)
            demo.start()
            demo.wait(began)
            result = demo.finish()
    except BrokerError as error:
        raise DemoError(str(error)) from None
    except (ScoreError, BacktestError, StoreUnavailable) as error:
        raise DemoError(f"no score: {error}") from None
    else:
        return result
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


class _Demo:
    """The processes of one demo. What is started is ended by the stack, whatever happens."""

    def __init__(self, options: DemoOptions, folder: Path, stack: contextlib.ExitStack) -> None:
        self._options = options
        self._folder = folder
        self._data = folder / "data"
        self._ledger = folder / "ledger.jsonl"
        self._truth = folder / "truth.json"
        self._homes = folder / "homes.yaml"
        self._stack = stack
        self._secret = secrets.token_hex(16)
        self._pin = _new_pin()
        self._port = options.port if options.port and not _taken(options.port) else free_port()
        self._receiver = Receiver(self._secret)
        stack.callback(self._receiver.close)
        self._ready: dict[str, Any] = {}
        self._well_at = time.monotonic()
        self._hub: subprocess.Popen[bytes]
        self._town: subprocess.Popen[bytes]

    def start(self) -> None:
        """Broker, registry, hub, town."""
        say.print("[bold]Carehub[/] · 示范社区准备中 · setting up the demo …")
        broker = start_broker(
            self._folder / "broker", self._options.broker_port, mosquitto=self._options.mosquitto
        )
        self._stack.callback(broker.stop)
        self._register()
        config = self._folder / "carehub.toml"
        config.write_text(
            SETTINGS.format(
                data=self._data,
                broker_port=broker.port,
                protocol=broker.protocol,
                port=self._port,
                receiver=self._receiver.address,
                overrides=f'overrides = "{self._homes}"' if self._options.score else "",
            ),
            encoding="utf-8",
        )
        self._hub = self._spawn(
            "hub", [sys.executable, "-P", "-m", "gateway", "run", "-c", str(config)], self._folder / "hub.log"
        )
        self._await_hub()
        self._introduce(broker)
        self._town = self._spawn("town", self._town_command(broker), None)

    def _register(self) -> None:
        sheet = self._folder / "town.csv"
        command = [str(SIMULATOR), "town", "--registry", str(sheet), "--registry-only"]
        command += ["--homes", str(self._options.homes), "--seed", str(self._options.seed)]
        if self._options.score:
            command += (*SCORED_TOWN, "--interviews", str(self._folder / "interviews.csv"))
        made = subprocess.run(command, check=False, capture_output=True, text=True)
        if made.returncode:
            raise DemoError(f"the town gave no registry: {made.stderr.strip()}")
        if self._options.score:
            said = (self._folder / "interviews.csv").read_text(encoding="utf-8")
            self._homes.write_text(homes_yaml(said), encoding="utf-8")
        database = open_database(self._data / "operations.sqlite")
        registry.apply(
            database, parse(sheet.read_text(encoding="utf-8"), source=sheet.name), source=sheet.name
        )
        people = People(database)
        for name, role in STAFF_BY_ROLE.items():
            if name not in people.names():
                people.add(name, self._pin, grants=[Grant(role)])
        database.dispose()

    def _town_command(self, broker: DemoBroker) -> list[str]:
        options = self._options
        return [
            str(SIMULATOR), "town", "--port", str(broker.port), "--protocol", broker.protocol,
            "--homes", str(options.homes), "--seed", str(options.seed), "--speed", _said(options.speed),
            "--drive", f"{24 * options.days}h", "--ledger", str(self._ledger),
            *((*SCORED_TOWN, "--truth", str(self._truth)) if options.score else ()),
        ]  # fmt: skip

    def _spawn(self, name: str, command: list[str], log: Path | None) -> subprocess.Popen[bytes]:
        environment = os.environ | {"CAREHUB_DEMO_SECRET": self._secret, "CAREHUB_LOG__LEVEL": "warning"}
        output: Any = log.open("wb") if log else sys.stderr
        # A session of its own: Ctrl-C reaches the demo, which ends the others in the right order.
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, start_new_session=True
        )
        self._stack.callback(_end, process, name)
        return process

    def _await_hub(self) -> None:
        for _ in _until(START_WITHIN_S):
            if self._hub.poll() is not None:
                break
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(self._url("/healthz"), timeout=1).is_success:
                    return
        raise DemoError(
            f"the hub does not start: {(self._folder / 'hub.log').read_text(errors='replace')[-2000:]}"
        )

    def _introduce(self, broker: DemoBroker) -> None:
        durable = (
            ""
            if broker.durable
            else "（断电不保留，需要 Mosquitto 才能承诺不丢失 · the kill promise needs Mosquitto）"
        )
        tool = _relative(SIMULATOR)
        version = "" if broker.protocol == "5" else " --protocol 3.1.1"
        device = f"{tool} device --port {broker.port}{version} --site lianhua --id H0002-pendant --kind pendant --event fall"
        publish = (
            f"mosquitto_pub -p {broker.port} -q 1 -t care/v1/lianhua/H0002-pendant/event "
            """-m '{"type":"fall","data":{"confidence":0.9}}'"""
        )
        others = "、".join(
            f"{name} {ROLES[role].zh}" for name, role in STAFF_BY_ROLE.items() if name != STAFF
        )
        lines = [
            f"值班台 console   [bold]http://127.0.0.1:{self._port}/[/]",
            f"登录 sign in     {STAFF} · PIN {self._pin}",
            f"其他角色 others  {others}",
            f"消息代理 broker  {broker.name}, 127.0.0.1:{broker.port} {durable}",
            f"存储 store       DuckDB, {_relative(self._data)}",
        ]
        if self._ends_by_itself:
            say.print(Panel("\n".join(lines), title="Carehub demo", expand=False))
            say.print(
                f"全速度过 {self._options.days} 天 · living through {self._options.days} days, then it ends",
                markup=False,
            )
            return
        if self._options.speed != 1:
            lines.append(f"时间 time        ×{self._options.speed:g}，升级暂停 · escalation is held")
        say.print(Panel("\n".join(lines), title="Carehub demo", expand=False))
        say.print("再添一次跌倒 · one more fall, to paste once time runs:")
        say.print(f"  {device}", soft_wrap=True, markup=False)
        say.print(f"  {publish}", soft_wrap=True, markup=False)
        say.print("先以全速度过昨天 · living through the last day first (Ctrl-C ends)", markup=False)

    def wait(self, began: float) -> None:
        """Until the time is up, Ctrl-C, or a process ends by itself. The day is always lived to its end first."""
        stopped = _Interrupt()
        lived = False
        while not stopped.seen:
            if self._ends_by_itself and self._town.poll() == 0:
                return
            for process, name in ((self._hub, "hub"), (self._town, "town")):
                if process.poll() is not None:
                    raise DemoError(f"the {name} ended with {process.returncode}; {self._words()}")
            lived = lived or self._lived()
            # A score is of the days that were lived: it does not wait for anybody to look on.
            for_s = 0.0 if self._options.score and self._options.for_s is None else self._options.for_s
            over = for_s is not None and time.monotonic() - began >= for_s
            if lived and over and not self._ends_by_itself:
                return
            if not lived:
                self._say_trouble()
            time.sleep(LOOK_AT_DRIVEN_EVERY_S if self._ends_by_itself else LOOK_EVERY_S)
        say.print("结束中 · ending …")

    @property
    def _ends_by_itself(self) -> bool:
        return math.isinf(self._options.speed)

    def _lived(self) -> bool:
        try:
            self._ready = httpx.get(self._url("/readyz"), timeout=5).json()
        except httpx.HTTPError:
            return False
        return self._ready.get("driven") is False  # while it recovers it does not say

    def _say_trouble(self) -> None:
        """If the hub has been unable to work for a while, say why, once."""
        reasons = self._ready.get("reasons") or []
        self._well_at = self._well_at if reasons else time.monotonic()
        if time.monotonic() - self._well_at > TROUBLE_AFTER_S:
            say.print("hub: " + "; ".join(reasons), markup=False, style="yellow")
            self._well_at = float("inf")

    def finish(self) -> dict[str, Any]:
        """Let the town end, the hub drain and end, and count."""
        _end(self._town, "town")
        received = self._drain()
        _end(self._hub, "hub")
        counted = score(self._data, read_ledger(self._ledger), self._receiver.receipts, received=received)
        say.print_json(data=counted)
        return counted | self._score() if self._options.score else counted

    def _score(self) -> dict[str, Any]:
        with bar(say) as progress:
            return score_by_truth(
                self._data, self._truth, self._homes, self._folder / "score", SIMULATOR, progress
            )

    def _drain(self) -> int:
        before = -1.0
        for _ in _until(DRAIN_WITHIN_S, every_s=0.5):
            figures = self._figures()
            waiting = figures["carehub_outbox_waiting_messages"] or figures["carehub_store_behind_events"]
            if figures["carehub_journal_messages"] == before and not waiting:
                return int(figures["carehub_messages_read_total"])
            before = figures["carehub_journal_messages"]
        raise DemoError(f"the hub did not drain within {DRAIN_WITHIN_S:.0f} s; {self._words()}")

    def _figures(self) -> dict[str, float]:
        lines = httpx.get(self._url("/metrics"), timeout=10).text.splitlines()
        found: defaultdict[str, float] = defaultdict(float)
        for line in lines:
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                found[name.partition("{")[0]] += float(value)  # all labels together
        read, refused = found["carehub_messages_read_total"], found["carehub_messages_refused_total"]
        return found | {"carehub_journal_messages": read + refused}

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._port}{path}"

    def _words(self) -> str:
        return (self._folder / "hub.log").read_text(errors="replace")[-1000:].strip() or "its log is empty"


class _Interrupt:
    """Notes Ctrl-C and SIGTERM instead of breaking off in the middle of something."""

    def __init__(self) -> None:
        self.seen = False
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._note)

    def _note(self, _signal: int, _frame: object) -> None:
        self.seen = True


def _until(within_s: float, *, every_s: float = LOOK_EVERY_S) -> Iterator[None]:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        yield
        time.sleep(every_s)


def _end(process: subprocess.Popen[bytes], name: str) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            say.print(f"the {name} did not end by itself; killed")
            process.kill()
            process.wait()


def _new_pin() -> str:
    while True:
        pin = f"{secrets.randbelow(10_000):04d}"
        if weakness_of(pin) is None:
            return pin


def _said(speed: float) -> str:
    return "max" if math.isinf(speed) else f"{speed:g}"


def _taken(port: int) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        httpx.get(f"http://127.0.0.1:{port}/", timeout=0.5)
        return True
    return False


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
