"""``carehub-sim scenario``: play a situation to a hub, look at it without one, list the library."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from firmware_sim.daytime import SECOND, ZONE
from firmware_sim.links import BrokerAddress, ProtocolVersion
from firmware_sim.scenario.cast import cast
from firmware_sim.scenario.format import Scenario
from firmware_sim.scenario.library import found, library
from firmware_sim.scenario.play import Play
from firmware_sim.scenario.reading import ScenarioMistakes, read_scenario
from firmware_sim.scenario.run import Run, dry_begins, write_truth
from firmware_sim.scenario.schema import scenario_schema
from firmware_sim.scenario.show import head_lines, outcome, timeline
from firmware_sim.scenario.spans import span_ms
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
    run,
    stop,
    sum_up,
    write_registry,
)
from firmware_sim.wire import Message

ScenarioFile = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="A scenario file, or a name of the library.")
]
Speed = Annotated[
    str, typer.Option(help="Town seconds a second, or max: as fast as a hub in simulation confirms it.")
]
Truth = Annotated[
    Path | None, typer.Option(help="Write what should be raised, for carehub-sim score --truth.")
]
At = Annotated[str, typer.Option(help="When the story begins, in the town's own time: 2026-03-02T08:00.")]
Now = Annotated[
    bool, typer.Option("--now", help="Begin now, by the wall clock: for a hub that is not in simulation.")
]


def scenario(
    file: ScenarioFile = None,
    *,
    host: Host = "127.0.0.1",
    port: Port = 1883,
    username: Username = None,
    password: Password = None,
    tls: Tls = False,
    ca_file: CaFile = None,
    protocol: Protocol = ProtocolVersion.V5,
    speed: Speed = "",
    seed: Annotated[int | None, typer.Option(help="Instead of the file's.")] = None,
    at: At = "",
    now: Now = False,
    dry: Annotated[bool, typer.Option("--dry", help="Print what would be published, with times.")] = False,
    truth: Truth = None,
    ledger: LedgerFile = None,
    registry: RegistryFile = None,
    listing: Annotated[bool, typer.Option("--list", help="List the library.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the files.")] = False,
    as_json: Json = False,
) -> None:
    """Play a situation written down in a file: devices, steps, and what a hub should raise."""
    if schema:
        typer.echo(
            msgspec.json.format(msgspec.json.encode(scenario_schema(), order="deterministic"), indent=2)
        )
        return
    if listing:
        _list(as_json=as_json)
        return
    if file is None:
        stop(2, "say which: carehub-sim scenario FILE.yaml, or a name that carehub-sim scenario --list shows")
    asked = _read(found(file))
    write_registry(registry, cast(asked), only=False)
    seed = asked.seed if seed is None else seed
    start_ms = _start_ms(at)
    if dry:
        begins_ms = dry_begins(asked) if start_ms is None else start_ms - span_ms(asked.before or "")
        _written(lambda: _dry(Play(asked, start_ms=begins_ms, seed=seed), truth, as_json=as_json))
        return
    ratio = asked_speed(speed) if speed else asked.speed
    if now and (ratio is None or start_ms is not None):
        stop(2, "--now goes by the wall clock: it excludes --speed max and --at")
    for line in head_lines(asked):
        console.print(line, markup=False, soft_wrap=True)
    if now and asked.before:
        console.print(
            f"平时的 {asked.before} 略过 no usual life before: a hub by the wall clock must know it",
            style="yellow",
        )
    broker = BrokerAddress(host, port, username, password, tls, ca_file, protocol)
    plan = Run(asked, broker, seed, ratio, start_ms=start_ms, present=now, ledger=ledger, truth=truth)
    sum_up(run(plan.perform(console), broker), as_json=as_json)


def _read(path: Path) -> Scenario:
    try:
        return read_scenario(path)
    except ScenarioMistakes as problem:
        hint = "" if path.exists() else "; carehub-sim scenario --list shows those of the library"
        stop(2, f"{problem}{hint}")


def _list(*, as_json: bool) -> None:
    scenarios = [(file.stem, _read(file)) for file in library()]
    if as_json:
        rows = [
            {
                "name": name,
                "zh": each.name.zh,
                "en": each.name.en,
                "lasts": each.lasts,
                "expect": [list(one.words) for one in each.expect],
            }
            for name, each in scenarios
        ]
        typer.echo(msgspec.json.encode({"scenarios": rows}))
        return
    for name, each in scenarios:
        says = ", ".join(dict.fromkeys(word for one in each.expect for word in one.words)) or "nothing"
        typer.echo(f"{name}  {each.name.zh} · {each.name.en}")
        typer.echo(f"    {each.lasts}, raises {says}: {each.shows.en}")


def _dry(play: Play, truth: Path | None, *, as_json: bool) -> None:
    say: Callable[[str], None] = (
        (lambda line: console.print(line, markup=False, soft_wrap=True)) if as_json else typer.echo
    )
    events: list[Message] = []
    for line in head_lines(play.scenario):
        say(line)
    for line in timeline(play, events):
        say(line)
    write_truth(truth, play, events)
    if as_json:
        sum_up({**outcome(play), "events": len(events)}, as_json=True)


def _written(write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as problem:
        stop(2, str(problem))


def _start_ms(at: str) -> int | None:
    if not at:
        return None
    try:
        return int(datetime.fromisoformat(at).replace(tzinfo=ZONE).timestamp()) * SECOND
    except ValueError:
        stop(2, f"--at {at}: write a date and a time, for example 2026-03-02T08:00")
