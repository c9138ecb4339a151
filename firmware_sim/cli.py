"""``carehub-sim``: the simulated town, one device from the keyboard, and a synthetic load."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from firmware_sim.daytime import DAY, HOUR, MINUTE, SECOND, ZONE
from firmware_sim.devices import KINDS, UnknownWordError
from firmware_sim.driven import NoHubError
from firmware_sim.keyboard import SilentError, converse, once
from firmware_sim.links import BrokerAddress, BrokerRefusedError, ProtocolVersion
from firmware_sim.load import METRICS_MAX, Load, StalledError
from firmware_sim.performance import MAX, Performance
from firmware_sim.places import SITE, Layout, settle
from firmware_sim.registry import registry_csv
from firmware_sim.score.command import score_command
from firmware_sim.transcript import transcribe
from firmware_sim.wire import Identity, encode

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
console = Console(stderr=True, highlight=False)

app.command(name="score")(score_command)

Result = TypeVar("Result")
SPAN_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}

Host = Annotated[str, typer.Option(help="MQTT broker.")]
Port = Annotated[int, typer.Option(help="Its port.")]
Username = Annotated[str | None, typer.Option(envvar="CAREHUB_SIM_USERNAME")]
Password = Annotated[
    str | None, typer.Option(envvar="CAREHUB_SIM_PASSWORD", help="Better in the environment.")
]
Tls = Annotated[bool, typer.Option("--tls", help="Connect with TLS.")]
CaFile = Annotated[Path | None, typer.Option(help="Certificate authority of the broker.", exists=True)]
Protocol = Annotated[ProtocolVersion, typer.Option(help="MQTT version.")]
LedgerFile = Annotated[Path | None, typer.Option(help="Write one JSON line for each acknowledged message.")]
RegistryFile = Annotated[Path | None, typer.Option(help="Write the registry CSV of these devices.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object on stdout.")]


def main() -> None:
    """Entry point of the command ``carehub-sim``."""
    app()


@app.command()
def town(
    *,
    host: Host = "127.0.0.1",
    port: Port = 1883,
    username: Username = None,
    password: Password = None,
    tls: Tls = False,
    ca_file: CaFile = None,
    protocol: Protocol = ProtocolVersion.V5,
    homes: Annotated[int, typer.Option(min=1, max=9999)] = 40,
    seed: Annotated[int, typer.Option(help="The same seed lives the same lives.")] = 7,
    speed: Annotated[
        str,
        typer.Option(
            help="Town seconds per second once time runs by itself; max: it lives through --drive and ends."
        ),
    ] = "1",
    until: Annotated[float, typer.Option(help="Wall seconds to run after the past; 0: until stopped.")] = 0.0,
    drive: Annotated[str, typer.Option(help="Live through this long a past first, with the hub: 24h.")] = "0",
    history: Annotated[
        str, typer.Option(help="Publish this long a past's readings first, for any hub.")
    ] = "0",
    ledger: LedgerFile = None,
    registry: RegistryFile = None,
    registry_only: Annotated[
        bool, typer.Option("--registry-only", help="Write the registry and end.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Play a whole town: homes with sensors, a station with radio gateways, an activity room."""
    _write_registry(registry, settle(homes=homes, seed=seed), only=registry_only)
    if registry_only:
        return
    past_ms, history_ms = _span_ms("--drive", drive), _span_ms("--history", history)
    if past_ms and history_ms:
        _stop(2, "--drive and --history exclude each other: a past is lived with the hub, or told to it")
    pace = _speed(speed)
    if pace == MAX and not past_ms:
        _stop(
            2,
            "--speed max needs --drive: it lives through that long a past and ends, for example --drive 30d",
        )
    broker = BrokerAddress(host, port, username, password, tls, ca_file, protocol)
    plan = Performance(broker, homes, seed, pace, past_ms, history_ms, until, ledger)
    _sum_up(_run(plan.perform(console), broker), as_json=as_json)


@app.command()
def transcript(
    path: Annotated[Path, typer.Argument(help="The file to write: one JSON line for each message.")],
    *,
    homes: Annotated[int, typer.Option(min=1, max=9999)] = 40,
    seed: Annotated[int, typer.Option(help="The same seed lives the same lives.")] = 7,
    since: Annotated[str, typer.Option(help="When it begins, in the town's own time.")] = "2026-03-02T08:00",
    lasting: Annotated[str, typer.Option("--for", help="How long: 90m, 24h, 7d.")] = "24h",
    registry: RegistryFile = None,
    as_json: Json = False,
) -> None:
    """Write down what a town says, without a broker: for benchmarks, and to look at."""
    layout = settle(homes=homes, seed=seed)
    _write_registry(registry, layout, only=False)
    try:
        from_ms = int(datetime.fromisoformat(since).replace(tzinfo=ZONE).timestamp() * 1000)
    except ValueError:
        _stop(2, f"--since {since}: write a date and a time, for example 2026-03-02T08:00")
    to_ms = from_ms + _span_ms("--for", lasting)
    try:
        with Bar(transient=True, console=console) as bar:
            task = bar.add_task("writing", total=1.0)
            counts = transcribe(
                layout,
                path,
                seed=seed,
                from_ms=from_ms,
                to_ms=to_ms,
                progress=lambda done: bar.update(task, completed=done),
            )
    except OSError as problem:
        _stop(2, str(problem))
    _sum_up({"from_ms": from_ms, "to_ms": to_ms, **counts}, as_json=as_json)


@app.command()
def device(
    *,
    device_id: Annotated[str, typer.Option("--id", help="The device, for example H0001-pendant.")],
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")],
    site: Annotated[str, typer.Option()] = SITE,
    via: Annotated[str | None, typer.Option(help="Its radio gateway.")] = None,
    event: Annotated[
        list[str] | None, typer.Option(help="What it feels, for example fall; repeatable.")
    ] = None,
    readings: Annotated[
        list[str] | None, typer.Option("--set", help="contact=false, battery=5; repeatable.")
    ] = None,
    clock: Annotated[bool, typer.Option("--ts/--no-ts", help="Whether messages carry the time.")] = True,
    host: Host = "127.0.0.1",
    port: Port = 1883,
    username: Username = None,
    password: Password = None,
    tls: Tls = False,
    ca_file: CaFile = None,
    protocol: Protocol = ProtocolVersion.V5,
) -> None:
    """Be one device: say what touches it, once by --event and --set, or line by line from the keyboard."""
    if kind not in KINDS:
        _stop(2, f"--kind {kind}: no such kind of device; choose one of {', '.join(KINDS)}")
    for name, value in (("--id", device_id), ("--site", site), ("--via", via or "-")):
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
            _stop(2, f"{name} {value!r}: 1 to 64 letters, digits, - or _")
    broker = BrokerAddress(host, port, username, password, tls, ca_file, protocol)
    who = Identity(site, device_id, via)
    if event or readings:
        _run(once(broker, who, kind, clock=clock, events=event or [], readings=readings or []), broker)
    else:
        _run(converse(broker, who, kind, clock=clock, lines=sys.stdin), broker)


@app.command()
def load(
    *,
    host: Host = "127.0.0.1",
    port: Port = 1883,
    username: Username = None,
    password: Password = None,
    tls: Tls = False,
    ca_file: CaFile = None,
    protocol: Protocol = ProtocolVersion.V5,
    rate: Annotated[
        float, typer.Option(help="Messages a second; 0: as fast as the broker takes them.", min=0)
    ] = 0,
    messages: Annotated[int, typer.Option(min=1)] = 100_000,
    devices: Annotated[int, typer.Option(min=1)] = 1_000,
    connections: Annotated[int, typer.Option(min=1, max=5_000)] = 4,
    metrics: Annotated[int, typer.Option(min=1, max=METRICS_MAX, help="Readings in a message.")] = 2,
    change_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share whose main reading changes.")
    ] = 0.2,
    event_every: Annotated[int, typer.Option(min=0, help="Every n-th message is a fall; 0: none.")] = 10_000,
    seed: Annotated[int, typer.Option()] = 7,
    ledger: LedgerFile = None,
    registry: RegistryFile = None,
    registry_only: Annotated[
        bool, typer.Option("--registry-only", help="Write the registry and end.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Publish a synthetic stream with QoS 1 and say honestly what rate was achieved."""
    broker = BrokerAddress(host, port, username, password, tls, ca_file, protocol)
    plan = Load(
        broker, messages, devices, connections, rate, metrics, change_share, event_every, seed, ledger
    )
    _write_registry(registry, plan.layout(), only=registry_only)
    if not registry_only:
        _sum_up(_run(plan.run(), broker), as_json=as_json)


def _run(work: Coroutine[Any, Any, Result], broker: BrokerAddress) -> Result:
    """Run to the end; what goes wrong is said in one line: exit 2 for a wrong setting, 1 for a remote's fault."""
    try:
        return asyncio.run(work)
    except (BrokerRefusedError, UnknownWordError) as problem:
        _stop(2, str(problem))
    except (NoHubError, StalledError, SilentError) as problem:
        _stop(1, str(problem))
    except OSError as problem:
        if problem.filename:
            _stop(2, str(problem))
        _stop(1, f"no MQTT broker at {broker} ({problem}): start one, or name another with --host and --port")


def _write_registry(path: Path | None, layout: Layout, *, only: bool) -> None:
    if path is not None:
        try:
            path.write_text(registry_csv(layout), encoding="utf-8")
        except OSError as problem:
            _stop(2, f"--registry: {problem}")
    elif only:
        _stop(2, "--registry-only needs --registry FILE.csv")


def _sum_up(summary: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        typer.echo(encode(summary))
    else:
        for name, value in summary.items():
            console.print(f"{name}: {len(value) if isinstance(value, list) else value}", markup=False)


def _span_ms(option: str, text: str) -> int:
    found = re.fullmatch(r"(\d+)([smhd]?)", text)
    if found is None or (not found[2] and found[1] != "0"):
        _stop(2, f"{option} {text}: say a number and a unit, for example 24h, 90m or 2d")
    return int(found[1]) * SPAN_UNITS[found[2] or "s"]


def _speed(text: str) -> float:
    try:
        pace = MAX if text == "max" else float(text)
    except ValueError:
        _stop(2, f"--speed {text}: write a number of town seconds per second, or max")
    if not 0 < pace < MAX and text != "max":
        _stop(2, f"--speed {text}: must be more than 0; as fast as can be is written max")
    return pace


def _stop(code: int, why: str) -> NoReturn:
    console.print(why, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(code)
