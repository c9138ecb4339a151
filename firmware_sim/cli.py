"""``carehub-sim``: the simulated town, situations, recordings, one device from the keyboard, and a synthetic load."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table

from firmware_sim.daytime import ZONE
from firmware_sim.devices import KINDS
from firmware_sim.faults import FAULTS, Fault, FaultError, parameters, parse, shown
from firmware_sim.interviews import interviews_csv
from firmware_sim.keyboard import converse, once
from firmware_sim.links import BrokerAddress, ProtocolVersion
from firmware_sim.lives.town import Lives
from firmware_sim.load import METRICS_MAX, Load, shortfalls
from firmware_sim.nature import NATURES, NatureName
from firmware_sim.performance import MAX, Performance
from firmware_sim.places import SITE, KitName, Layout, settle
from firmware_sim.replay.command import replay
from firmware_sim.scenario.command import scenario
from firmware_sim.score.command import score_command
from firmware_sim.tally import Tally
from firmware_sim.terminal import (
    CaFile,
    Host,
    Json,
    LedgerFile,
    Password,
    Port,
    Protocol,
    RegistryFile,
    Tls,
    Username,
    asked_speed,
    console,
)
from firmware_sim.terminal import asked_span_ms as _span_ms
from firmware_sim.terminal import run as _run
from firmware_sim.terminal import stop as _stop
from firmware_sim.terminal import sum_up as _sum_up
from firmware_sim.terminal import write_registry as _write_registry
from firmware_sim.transcript import transcribe
from firmware_sim.wire import Identity, encode
from firmware_sim.wired import CONNECTIONS_MAX, each_by_itself, homes_at_most

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.command()(scenario)
app.command()(replay)
app.command(name="score")(score_command)


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
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="What goes wrong: NAME[,PARAM=VALUE][:WHERE][@FROM+LENGTH], "
            "for example gateway_outage:GW-01@2h+30m; repeatable. carehub-sim faults lists them."
        ),
    ] = None,
    ledger: LedgerFile = None,
    own_connections: Annotated[
        bool,
        typer.Option("--own-connections", help="A connection and a last will for each device, no gateways."),
    ] = False,
    kit: Annotated[KitName, typer.Option(help="What the homes are fitted with.")] = KitName.MIXED,
    nature: Annotated[
        NatureName,
        typer.Option(help="show: all works, and something of each kind happens. lifelike: as life is."),
    ] = NatureName.SHOW,
    truth: Annotated[
        Path | None, typer.Option(help="Write what really happened, as JSON, at the end.")
    ] = None,
    interviews: Annotated[
        Path | None, typer.Option(help="Write when people said that they get up, as CSV.")
    ] = None,
    registry: RegistryFile = None,
    registry_only: Annotated[
        bool, typer.Option("--registry-only", help="Write the registry (and interviews) and end.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Play a whole town: homes with sensors, a station with radio gateways, an activity room."""
    layout = settle(homes=homes, seed=seed, kit=kit.value)
    _write_registry(registry, _each_by_itself(layout) if own_connections else layout, only=registry_only)
    if interviews is not None:
        lives = Lives(layout, seed=seed, calm=NATURES[nature.value].calm)
        _write("--interviews", interviews, interviews_csv(lives.households, seed=seed))
    if registry_only:
        return
    past_ms, history_ms, pace = _times(drive, history, speed)
    if truth is not None:
        _write(
            "--truth", truth, ""
        )  # a file that cannot be written is told of before the month, not after it
    broker = BrokerAddress(host, port, username, password, tls, ca_file, protocol)
    plan = Performance(
        broker,
        homes,
        seed,
        pace,
        past_ms,
        history_ms,
        until,
        ledger,
        faults=_faults(fault or []),
        own_connections=own_connections,
        kit=kit.value,
        nature=NATURES[nature.value],
        truth=truth,
    )
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
def faults(*, as_json: Json = False) -> None:
    """List what can go wrong, with the parameters of each and their defaults: for --fault and for scenario files."""
    listed = {
        name: {param: shown(of) for param, of in parameters(kind).items()} for name, kind in FAULTS.items()
    }
    if as_json:
        typer.echo(encode(listed))
        return
    table = Table("fault", "PARAM=VALUE", "", box=None, pad_edge=False)
    for name, params in listed.items():
        choices = [f"{param}: {', '.join(words)}" for param, words in FAULTS[name].choices.items()]
        said = "\n".join((FAULTS[name].zh, FAULTS[name].en, *choices))
        table.add_row(name, "\n".join(f"{param}={value}" for param, value in params.items()), said)
    Console(highlight=False).print(table, markup=False)


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
    connections: Annotated[int, typer.Option(min=1, max=CONNECTIONS_MAX)] = 4,
    metrics: Annotated[int, typer.Option(min=1, max=METRICS_MAX, help="Readings in a message.")] = 2,
    change_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share whose main reading changes.")
    ] = 0.2,
    event_every: Annotated[int, typer.Option(min=0, help="Every n-th message is a fall; 0: none.")] = 10_000,
    wills: Annotated[
        bool,
        typer.Option(
            "--wills",
            help="A last will and a birth for each connection: a device's own, or a radio gateway's.",
        ),
    ] = False,
    own_connections: Annotated[
        bool, typer.Option("--own-connections", help="A connection and a last will for each device.")
    ] = False,
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
    if own_connections:
        connections, wills = devices, True
    if devices < connections or connections > CONNECTIONS_MAX:
        most = min(devices, CONNECTIONS_MAX)
        _stop(
            2, f"{connections} connections: at most {most}, one for each device and {CONNECTIONS_MAX} in all"
        )
    plan = Load(
        broker, messages, devices, connections, rate, metrics, change_share, event_every, seed, ledger, wills
    )
    _write_registry(registry, plan.layout(), only=registry_only)
    if not registry_only:
        done = plan.run(
            connected=Tally(console, "connections", connections),
            answered=Tally(console, "messages", messages),
        )
        found = _run(done, broker)
        _sum_up(found, as_json=as_json)
        for line in shortfalls(found):
            console.print(line, style="yellow", markup=False, soft_wrap=True)


def _times(drive: str, history: str, speed: str) -> tuple[int, int, float]:
    """How long a past is lived, or told (ms), and how fast the present runs."""
    past_ms, history_ms = _span_ms("--drive", drive), _span_ms("--history", history)
    if past_ms and history_ms:
        _stop(2, "--drive and --history exclude each other: a past is lived with the hub, or told to it")
    pace = asked_speed(speed)
    if pace is None and not past_ms:
        _stop(
            2,
            "--speed max needs --drive: it lives through that long a past and ends, for example --drive 30d",
        )
    return past_ms, history_ms, MAX if pace is None else pace


def _faults(asked: list[str]) -> tuple[Fault, ...]:
    try:
        return tuple(parse(each) for each in asked)
    except FaultError as problem:
        _stop(2, str(problem))


def _each_by_itself(layout: Layout) -> Layout:
    fitting = homes_at_most(each_by_itself(layout))
    if fitting < len(layout.homes):
        _stop(
            2,
            f"--own-connections: at most {CONNECTIONS_MAX} from one process, that is --homes {fitting} with this seed",
        )
    return each_by_itself(layout)


def _write(option: str, path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        _stop(2, f"{option}: {problem}")
