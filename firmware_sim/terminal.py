"""What the commands share: the options of a broker, the terminal, and how a run ends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console

from firmware_sim.daytime import DAY, HOUR, MINUTE, SECOND
from firmware_sim.devices import UnknownWordError
from firmware_sim.driven import NoHubError
from firmware_sim.faults import FaultError
from firmware_sim.keyboard import SilentError
from firmware_sim.links import BrokerAddress, BrokerRefusedError, ProtocolVersion
from firmware_sim.links.files import TooFewFilesError
from firmware_sim.links.opening import NotAllOpenError
from firmware_sim.load import StalledError
from firmware_sim.places import Layout
from firmware_sim.registry import registry_csv
from firmware_sim.wire import encode

console = Console(stderr=True, highlight=False)

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


def run(work: Coroutine[Any, Any, Result], broker: BrokerAddress) -> Result:
    """Run to the end; what goes wrong is said in one line: exit 2 for a wrong setting, 1 for a remote's fault."""
    try:
        return asyncio.run(work)
    except (BrokerRefusedError, UnknownWordError, FaultError, TooFewFilesError) as problem:
        stop(2, str(problem))
    except (NoHubError, StalledError, SilentError, NotAllOpenError) as problem:
        stop(1, str(problem))
    except OSError as problem:
        if problem.filename:
            stop(2, str(problem))
        stop(1, f"no MQTT broker at {broker} ({problem}): start one, or name another with --host and --port")


def write_registry(path: Path | None, layout: Layout, *, only: bool) -> None:
    """Write the registry where one is asked for; ``only`` without a file is a wrong setting."""
    if path is not None:
        try:
            path.write_text(registry_csv(layout), encoding="utf-8")
        except OSError as problem:
            stop(2, f"--registry: {problem}")
    elif only:
        stop(2, "--registry-only needs --registry FILE.csv")


def sum_up(summary: dict[str, object], *, as_json: bool) -> None:
    """One JSON object on stdout, or lines for people on stderr."""
    if as_json:
        typer.echo(encode(summary))
    else:
        for name, value in summary.items():
            console.print(f"{name}: {len(value) if isinstance(value, list) else value}", markup=False)


def asked_span_ms(option: str, text: str) -> int:
    """What an option says of a length of time, in milliseconds."""
    found = re.fullmatch(r"(\d+)([smhd]?)", text)
    if found is None or (not found[2] and found[1] != "0"):
        stop(2, f"{option} {text}: say a number and a unit, for example 24h, 90m or 2d")
    return int(found[1]) * SPAN_UNITS[found[2] or "s"]


def asked_speed(text: str) -> float | None:
    """How many times as fast ``--speed`` asks for; None for the word max."""
    if text == "max":
        return None
    try:
        ratio = float(text)
    except ValueError:
        ratio = 0.0
    if not 0 < ratio < float("inf"):
        stop(2, f"--speed {text}: write a number of more than 0, such as 60, or max")
    return ratio


def stop(code: int, why: str) -> NoReturn:
    """End with that code, saying why."""
    console.print(why, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(code)
